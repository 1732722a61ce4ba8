"""Confidence intervals of probabilities along a curve, and the arithmetic of step functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from paraneo.numerics.arrays import Limits, Vector, normal_quantile

#: Scales on which the interval of a probability may be made.
SCALES = ("log-log", "log", "plain")
#: That of a cumulative incidence which is the log-log scale of being free of the event.
COMPLEMENT = "complementary-log-log"


def probability_limits(estimate: Vector, std_error: Vector, scale: str, level: float) -> Limits:
    """Bound probabilities; NaN where the standard error is 0 and says nothing of uncertainty.

    log-log: p^exp(±z se / (p ln p)); log: p exp(±z se / p), at most 1; plain: p ± z se,
    kept within [0, 1]; complementary-log-log: log-log of 1 - p. On all but the plain scale they
    are NaN where the estimate is 0 or 1.
    """
    if scale == COMPLEMENT:
        low, high = probability_limits(1.0 - estimate, std_error, "log-log", level)
        return Limits(1.0 - high, 1.0 - low)
    z = normal_quantile(level)
    inside = std_error > 0
    if scale == "plain":
        wide = z * std_error
        lower, upper = np.maximum(estimate - wide, 0.0), np.minimum(estimate + wide, 1.0)
        return Limits(np.where(inside, lower, np.nan), np.where(inside, upper, np.nan))
    inside &= (estimate > 0) & (estimate < 1)
    p = np.where(inside, estimate, 0.5)
    if scale == "log":
        wide = z * std_error / p
        lower, upper = p * np.exp(-wide), np.minimum(p * np.exp(wide), 1.0)
    else:
        wide = z * std_error / (-p * np.log(p))
        with np.errstate(over="ignore"):
            lower, upper = p ** np.exp(wide), p ** np.exp(-wide)
    return Limits(np.where(inside, lower, np.nan), np.where(inside, upper, np.nan))


def ratio_limits(estimate: Vector, std_error: Vector, scale: str, level: float) -> Limits:
    """Bound net or relative survival, which may exceed 1: plain and log limits are not cut.

    Where the estimate is 1 or more the log-log scale does not exist: limits are on the log
    scale there. NaN where the standard error is 0.
    """
    z = normal_quantile(level)
    if scale == "plain":
        some = np.where(std_error > 0, estimate, np.nan)
        return Limits(some - z * std_error, some + z * std_error)
    some = np.where((estimate > 0) & (std_error > 0), estimate, np.nan)
    wide = z * std_error / some
    lower, upper = some * np.exp(-wide), some * np.exp(wide)
    if scale == "log":
        return Limits(lower, upper)
    below = estimate < 1
    low, high = probability_limits(estimate, std_error, scale, level)
    return Limits(np.where(below, low, lower), np.where(below, high, upper))


def largest_risk(at_risk: ArrayLike, level: float) -> Vector:
    """Return the exact upper limit of a probability when none of so many had the event.

    1 - (alpha/2)^(1/n) (Clopper and Pearson 1934); 1 where nobody was at risk.
    """
    n = np.asarray(at_risk, dtype=np.float64)
    tail = np.log((1.0 - level) / 2.0)
    return np.where(n > 0, -np.expm1(tail / np.where(n > 0, n, 1.0)), 1.0)


def where_all_have_gone(limits: Limits, estimate: Vector, at_risk: Vector, level: float) -> Limits:
    """Return limits along time with those where the estimate of survival is 0 filled in.

    Up to the upper limit just before, times the exact one of none left of those at risk.
    """
    gone = estimate == 0.0
    if not gone.any():
        return limits
    last = int(np.argmax(gone))
    before = np.append(limits.upper[:last], 1.0)
    known = np.flatnonzero(np.isfinite(before[:last]))
    bound = before[known[-1]] if len(known) else 1.0
    upper = np.where(gone, bound * largest_risk(at_risk[last], level), limits.upper)
    return Limits(np.where(gone, 0.0, limits.lower), upper)


def step_values(times: Vector, values: Vector, at: Vector, first: float) -> Vector:
    """Return a right-continuous step function; ``first`` before its first step."""
    return np.concatenate(([first], values))[np.searchsorted(times, at, side="right")]
