"""Limits of a ratio of two proportions, of an odds ratio and of Youden's index."""

from __future__ import annotations

import numpy as np

from paraneo.numerics.arrays import Limits, Vector, normal_quantile
from paraneo.numerics.mover import Bounded, mover_ratio, mover_sum
from paraneo.numerics.roots import roots

#: Where the search for the logarithm of a ratio ends on either side.
FARTHEST = 60.0
#: How ratios are made where a sensitivity or specificity is 0 or 1 and has limits.
FROM_LIMITS = "MOVER, from the limits of both proportions"


def log_limits(estimate: Vector, std_error: Vector, level: float) -> Limits:
    """Return exp(log estimate ± z·SE); NaN where that is ∞ − ∞."""
    with np.errstate(divide="ignore", invalid="ignore"):
        half = normal_quantile(level) * std_error
        centre = np.log(estimate)
        return Limits(np.exp(centre - half), np.exp(centre + half))


def ratio_std_error(x: Vector, n: Vector, y: Vector, m: Vector) -> Vector:
    """Return the standard error of log{(x/n)/(y/m)}, after Simel."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(1 / x - 1 / n + 1 / y - 1 / m)


def _score(log_ratio: Vector, x: Vector, n: Vector, y: Vector, m: Vector) -> Vector:
    """Return the score statistic of a given ratio; it falls as the ratio rises.

    The second proportion under that ratio solves a quadratic, written so that no
    digits are lost when the ratio is very large or very small.
    """
    ratio = np.exp(log_ratio)
    a, b, c = ratio * (n + m), ratio * (n + y) + x + m, x + y
    q = 2 * c / (b + np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)))
    p = np.minimum(ratio * q, 1.0)
    spread = p * (1 - p) / n + ratio**2 * q * np.maximum(1 - q, 0.0) / m
    gap = x / n - ratio * y / m
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gap == 0, 0.0, gap / np.sqrt(np.maximum(spread, 1e-300)))


def koopman_limits(x: Vector, n: Vector, y: Vector, m: Vector, level: float) -> Limits:
    """Invert the score test of (x/n)/(y/m).

    Nothing bounds the ratio from below where x = 0 (limit 0), nor from above where
    y = 0 (limit infinite).
    """
    z = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(x / n) - np.log(y / m)
    centre = np.clip(np.nan_to_num(centre, nan=0.0), -FARTHEST, FARTHEST)
    far = np.full(centre.shape, FARTHEST)

    def root(low: Vector, high: Vector, target: float) -> Vector:
        def gap(t: Vector, *given: Vector) -> Vector:
            return _score(t, *given) - target

        return np.asarray(np.exp(roots(gap, low, high, x, n, y, m)))

    lower = np.where(x > 0, root(-far, np.where(y > 0, centre, far), z), 0.0)
    upper = np.where(y > 0, root(np.where(x > 0, centre, -far), far, -z), np.inf)
    return Limits(lower, upper)


def odds_ratio(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> Vector:
    """Return tp·tn/(fp·fn)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (tp * tn) / (fp * fn)


def odds_ratio_std_error(tp: Vector, fp: Vector, fn: Vector, tn: Vector) -> Vector:
    """Return the standard error of the log odds ratio, after Woolf."""
    with np.errstate(divide="ignore"):
        return np.sqrt(1 / tp + 1 / fp + 1 / fn + 1 / tn)


def ratios_of_limits(sensitivity: Bounded, specificity: Bounded) -> tuple[Bounded, ...]:
    """Return LR+, LR− and the odds ratio, with limits made of those of two proportions.

    Where both are 0 or 1 the odds ratio has the worse limits of both.
    """
    wrong, missed = specificity.against_one, sensitivity.against_one
    positive, negative = mover_ratio(sensitivity, wrong), mover_ratio(missed, specificity)
    return positive, negative, _product(_odds(sensitivity), _odds(specificity))


def _odds(share: Bounded) -> Bounded:
    with np.errstate(divide="ignore"):
        return Bounded(*(np.divide(part, 1 - part) for part in share))


def _inverse(one: Bounded) -> Bounded:
    with np.errstate(divide="ignore"):
        return Bounded(*(np.divide(1.0, part) for part in (one.value, one.upper, one.lower)))


def _product(one: Bounded, other: Bounded) -> Bounded:
    """Return the product of two odds, of which one or both may be 0 or infinite."""
    if not 0 < other.value < np.inf:
        one, other = other, one
    if not 0 < other.value < np.inf:
        with np.errstate(invalid="ignore"):
            value, low, high = (a * b for a, b in zip(one, other, strict=True))
        return Bounded(value, np.nan_to_num(low, nan=0.0), np.where(np.isnan(high), np.inf, high))
    if np.isinf(one.value):
        return _inverse(mover_ratio(_inverse(one), other))
    return mover_ratio(one, _inverse(other))


def mover_difference(one: Bounded, other: Bounded, rho: float = 0.0) -> Bounded:
    """Return one + other − 1 within its bounds, ``rho`` the correlation of the two."""
    low, high = mover_sum(one, other, rho)
    value = one.value + other.value - 1
    return Bounded(value, np.maximum(low - 1, -1.0), np.minimum(high - 1, 1.0))
