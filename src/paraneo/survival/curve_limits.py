"""Limits of probabilities along a curve, and the arithmetic of step functions."""

from __future__ import annotations

import numpy as np

from paraneo.numerics.arrays import Limits, Vector, normal_quantile

#: Scales on which limits of a probability may be made.
SCALES = ("log-log", "log", "plain")


def probability_limits(estimate: Vector, std_error: Vector, scale: str, level: float) -> Limits:
    """Bound probabilities; NaN on the log and log-log scales where they are 0 or 1.

    log-log: p^exp(±z se / (p ln p)); log: p exp(±z se / p), at most 1; plain: p ± z se,
    kept within [0, 1].
    """
    z = normal_quantile(level)
    if scale == "plain":
        wide = z * std_error
        return Limits(np.maximum(estimate - wide, 0.0), np.minimum(estimate + wide, 1.0))
    inside = (estimate > 0) & (estimate < 1)
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

    On the log-log scale they are NaN where the estimate is not between 0 and 1.
    """
    if scale == "log-log":
        return probability_limits(estimate, std_error, scale, level)
    z = normal_quantile(level)
    if scale == "plain":
        return Limits(estimate - z * std_error, estimate + z * std_error)
    some = np.where(estimate > 0, estimate, np.nan)
    wide = z * std_error / some
    return Limits(some * np.exp(-wide), some * np.exp(wide))


def step_values(times: Vector, values: Vector, at: Vector, first: float) -> Vector:
    """Return a right-continuous step function; ``first`` before its first step."""
    return np.concatenate(([first], values))[np.searchsorted(times, at, side="right")]
