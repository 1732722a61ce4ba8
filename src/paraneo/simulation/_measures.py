"""Performance measures of simulation studies and their Monte Carlo errors: arrays only.

Morris, White & Crowther 2019, doi:10.1002/sim.8086, table 6. Every function takes the finished
replicates of one method in one scenario and returns (value, Monte Carlo error).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector


class Measured(NamedTuple):
    """A measure and its Monte Carlo standard error."""

    value: float
    mcse: float


UNKNOWN = Measured(np.nan, np.nan)


def proportion(hits: NDArray[np.bool_], n: int | None = None) -> Measured:
    """Return the share of hits among n, by default among those given."""
    n = len(hits) if n is None else n
    if n == 0:
        return UNKNOWN
    p = float(np.count_nonzero(hits)) / n
    return Measured(p, float(np.sqrt(p * (1 - p) / n)))


def mean(values: Vector) -> Measured:
    """Return the mean; the error needs two values."""
    n = len(values)
    if n == 0:
        return UNKNOWN
    spread = float(np.std(values, ddof=1)) if n > 1 else np.nan
    return Measured(float(np.mean(values)), spread / np.sqrt(n))


def empirical_se(values: Vector) -> Measured:
    """Return the standard deviation of the estimates."""
    n = len(values)
    if n < 2:
        return UNKNOWN
    spread = float(np.std(values, ddof=1))
    return Measured(spread, spread / np.sqrt(2 * (n - 1)))


def model_se(std_error: Vector) -> Measured:
    """Return the root of the mean variance that the method itself claims."""
    n = len(std_error)
    if n < 2:
        return UNKNOWN
    variance = std_error**2
    average = float(np.sqrt(np.mean(variance)))
    if average == 0:
        return Measured(0.0, 0.0)
    return Measured(average, float(np.sqrt(np.var(variance, ddof=1) / (4 * n))) / average)


def relative_error(values: Vector, std_error: Vector) -> Measured:
    """Return by what share the claimed standard error is off the empirical one."""
    n = len(values)
    if n < 2:
        return UNKNOWN
    empirical, model = empirical_se(values).value, model_se(std_error).value
    if empirical == 0 or model == 0:
        return UNKNOWN
    part = np.var(std_error**2, ddof=1) / (4 * n * model**4) + 1 / (2 * (n - 1))
    ratio = model / empirical
    return Measured(ratio - 1, ratio * float(np.sqrt(part)))


def relative_precision(values: Vector, reference: Vector) -> Measured:
    """Return the gain in precision over the reference, on the same replicates."""
    n = len(values)
    if n < 3:
        return UNKNOWN
    one, other = np.std(values, ddof=1), np.std(reference, ddof=1)
    if one == 0 or other == 0:
        return UNKNOWN
    ratio = float(other / one) ** 2
    correlation = float(np.corrcoef(values, reference)[0, 1])
    inner = max(1 - correlation**2, 0.0)
    return Measured(ratio - 1, 2 * ratio * float(np.sqrt(inner / (n - 1))))
