"""Performance measures of simulation studies and their Monte Carlo errors: arrays only.

Morris, White & Crowther 2019, doi:10.1002/sim.8086, table 6. Every function takes the finished
replicates of one method in one scenario and returns (value, Monte Carlo error).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Limits, Vector


class Measured(NamedTuple):
    """A measure and its Monte Carlo standard error."""

    value: float
    mcse: float


UNKNOWN = Measured(np.nan, np.nan)


def proportion(hits: NDArray[np.bool_], n: int | None = None) -> Measured:
    """Return the share of hits among n, by default among those given.

    Where all or none hit, √{p(1 − p)/n} is 0 and says nothing; the error is then that after two
    hits and two misses more (Agresti and Coull), and unknown with one replicate.
    """
    n = len(hits) if n is None else n
    if n == 0:
        return UNKNOWN
    count = int(np.count_nonzero(hits))
    x, size = (count, n) if 0 < count < n else (count + 2, n + 4)
    error = float(np.sqrt(x / size * (1 - x / size) / size)) if n > 1 else np.nan
    return Measured(count / n, error)


def wilson(share: Vector, n: Vector, z: float) -> Limits:
    """Return Wilson's limits of a share of n replicates, within [0, 1]; NaN where n is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)
    return Limits(np.where(share == 0, 0.0, low), np.where(share == 1, 1.0, high))


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
    """Return the root of the mean variance that the method itself claims, where it claims one."""
    std_error = std_error[~np.isnan(std_error)]
    n = len(std_error)
    if n < 2:
        return UNKNOWN
    variance = std_error**2
    average = float(np.sqrt(np.mean(variance)))
    if average == 0:
        return Measured(0.0, 0.0)
    return Measured(average, float(np.sqrt(np.var(variance, ddof=1) / (4 * n))) / average)


def relative_error(values: Vector, std_error: Vector) -> Measured:
    """Return by what share the claimed standard error is off the empirical one.

    Both over the replicates that have a standard error.
    """
    known = ~np.isnan(std_error)
    values, std_error = values[known], std_error[known]
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
