"""Chi-squared tests of groups from gaps between what was observed and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc

from paraneo.numerics.arrays import Vector
from paraneo.survival.risk_sets import People, number_at_risk

#: What the covariance of all groups, whose gaps sum to 0, leaves of its last eigenvalue.
RANK = 1e-10
#: Weights of the times at which events happen, by the name of the test.
TESTS = ("log-rank", "gehan", "tarone-ware", "g-rho")


class Quadratic(NamedTuple):
    """A statistic, its degrees of freedom and its p-value, NaN where nothing is compared."""

    statistic: float
    df: int
    p_value: float


class Compared(NamedTuple):
    """Events observed and expected in each group, weighted gaps and their covariance."""

    observed: Vector
    expected: Vector
    gap: Vector
    covariance: Vector


def quadratic(gap: Vector, covariance: Vector) -> Quadratic:
    """Return the test that all gaps are 0, over as many of them as are known apart."""
    size = float(np.diag(covariance).max(initial=0.0))
    if not size > 0.0:
        return Quadratic(0.0, 0, np.nan)
    scaled = covariance / size
    df = int(np.linalg.matrix_rank(scaled, rtol=RANK, hermitian=True))
    statistic = float(gap @ np.linalg.pinv(scaled, rtol=RANK, hermitian=True) @ gap) / size
    return Quadratic(statistic, df, float(chdtrc(df, statistic)))


def compared(
    groups: Sequence[People],
    place: Sequence[int],
    count: int,
    test: str = "log-rank",
    rho: float = 0.0,
) -> Compared:
    """Compare the groups of one stratum; ``place`` says which of ``count`` each of them is.

    With K the weight of a time, d the events and Y those at risk, of group g d_g and Y_g, the gap
    is the sum of K (d_g - d Y_g / Y), with the hypergeometric covariance.
    """
    time = np.unique(np.concatenate([part.exit[part.cause == 1] for part in groups]))
    at_risk, events = np.zeros((len(time), count)), np.zeros((len(time), count))
    for part, g in zip(groups, place, strict=True):
        hit = np.searchsorted(time, part.exit[part.cause == 1])
        at_risk[:, g] = number_at_risk(part, time)
        events[:, g] = np.bincount(hit, minlength=len(time))
    total, died = at_risk @ np.ones(count), events @ np.ones(count)
    share = at_risk / total[:, None]
    weight = _weights(test, rho, total, died)
    spread = weight**2 * died * (total - died) / np.maximum(total - 1.0, 1.0)
    covariance = np.diag(spread @ share) - share.T @ (share * spread[:, None])
    gap = weight @ events - (weight * died) @ share
    return Compared(events.sum(axis=0), died @ share, gap, covariance)


def _weights(test: str, rho: float, total: Vector, died: Vector) -> Vector:
    """Return the weight of each time: of survival just before it, or of those at risk."""
    if test == "gehan":
        return total
    if test == "tarone-ware":
        return np.sqrt(total)
    if test == "g-rho":
        left: Vector = np.cumprod(1.0 - died / total, dtype=np.float64)
        return np.asarray(np.concatenate(([1.0], left[:-1])) ** rho)
    return np.ones(len(total))
