"""Two tests on the same people: arrays in, arrays out.

Cells stand in the last axis, in the order both positive, first only, second only, both
negative; ``ill`` are the people with the condition, ``well`` those without. Every contrast is
second against first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from paraneo.numerics.arrays import Limits, Vector, normal_quantile
from paraneo.numerics.roots import roots

#: Which cells are positive by the first and by the second test.
FIRST = np.array([1.0, 1.0, 0.0, 0.0])
SECOND = np.array([1.0, 0.0, 1.0, 0.0])


class Contrast(NamedTuple):
    """A test's statistic and p-value; the statistic is chi-squared with 1 df, or NaN."""

    statistic: Vector
    p_value: Vector


class Ratio(NamedTuple):
    """A ratio of two measures and the standard error of its logarithm."""

    value: Vector
    std_error: Vector


def _chi_squared(statistic: Vector) -> Contrast:
    return Contrast(statistic, np.asarray(special.chdtrc(1.0, statistic)))


def mcnemar(b: Vector, c: Vector) -> Contrast:
    """Return (b − c)²/(b + c); 0 where no pair disagrees."""
    return _chi_squared(np.asarray((b - c) ** 2 / np.maximum(b + c, 1.0)))


def exact_mcnemar(b: Vector, c: Vector) -> Contrast:
    """Return twice the smaller binomial tail of the pairs that disagree, at most 1."""
    tail = special.bdtr(np.minimum(b, c), (b + c).astype(np.int64), 0.5)
    return Contrast(np.full_like(tail, np.nan), np.minimum(2.0 * tail, 1.0))


def wald_difference(b: Vector, c: Vector, n: Vector, level: float) -> Limits:
    """Return (c − b)/n ± z·SE, cut at −1 and 1."""
    difference = (c - b) / n
    half = normal_quantile(level) * np.sqrt(np.maximum((b + c) / n - difference**2, 0.0) / n)
    return Limits(np.maximum(difference - half, -1.0), np.minimum(difference + half, 1.0))


def bonett_price(b: Vector, c: Vector, n: Vector, level: float) -> Limits:
    """Return Wald limits with one pair added to either disagreement (Laplace)."""
    return wald_difference(b + 1.0, c + 1.0, n + 2.0, level)


def _tango_statistic(delta: Vector, b: Vector, c: Vector, n: Vector) -> Vector:
    """Return the score statistic of p_second − p_first = delta; it falls as delta rises.

    The share of pairs with the first alone positive, given delta, solves the quadratic
    2n·q² + {(2n − c + b)·delta − b − c}·q − b·delta·(1 − delta) = 0.
    """
    half_b = ((2 * n - c + b) * delta - b - c) / 2
    product = b * delta * (1 - delta)
    root = np.sqrt(np.maximum(half_b**2 + 2 * n * product, 0.0))
    # the larger root, written for each sign of half_b so that no digits cancel
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.where(half_b <= 0, (root - half_b) / (2 * n), product / (root + half_b))
    q = np.maximum(np.nan_to_num(q), np.maximum(-delta, 0.0))
    variance = n * np.maximum(2 * q + delta * (1 - delta), 0.0)
    gap = c - b - n * delta
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gap == 0, 0.0, gap / np.sqrt(np.maximum(variance, 1e-300)))


def tango(b: Vector, c: Vector, n: Vector, level: float) -> Limits:
    """Invert the score test of the paired difference."""
    z, middle = normal_quantile(level), (c - b) / n
    one = np.ones_like(middle)

    def gap(delta: Vector, b: Vector, c: Vector, n: Vector, target: Vector) -> Vector:
        return _tango_statistic(delta, b, c, n) - target

    lower = roots(gap, -one, middle, b, c, n, z * one)
    upper = roots(gap, middle, one, b, c, n, -z * one)
    # where every pair disagrees one way there is nothing beyond
    return Limits(np.where(b == n, -1.0, lower), np.where(c == n, 1.0, upper))


def proportion_ratio(first: Vector, second: Vector, b: Vector, c: Vector) -> Ratio:
    """Return second/first of two counts of the same n people, b and c of them in one alone."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return Ratio(second / first, np.sqrt((b + c) / (first * second)))


def predictive(ill: Vector, well: Vector, *, positive: bool) -> tuple[Vector, Vector]:
    """Return both tests' predictive values, NaN where nobody had such a result."""
    values = []
    for marks in (FIRST, SECOND):
        shown = marks if positive else 1.0 - marks
        right = (ill if positive else well) @ shown
        with np.errstate(divide="ignore", invalid="ignore"):
            values.append(np.asarray(right / ((ill + well) @ shown)))
    return values[0], values[1]


def generalised_score(ill: Vector, well: Vector, *, positive: bool, weighted: bool) -> Contrast:
    """Test that both tests have one predictive value (Leisenring; weighted: Kosinski).

    Every person with such a result by either test is a cluster of one or two results, each
    right or wrong; the score is that of the test's indicator in a logistic model under
    working independence. Kosinski weighs its variance so that it is that of the pooled
    value.
    """
    x, y = (FIRST, SECOND) if positive else (1.0 - FIRST, 1.0 - SECOND)
    right, wrong = (ill, well) if positive else (well, ill)
    n_first, n_second = (right + wrong) @ x, (right + wrong) @ y
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.asarray(right @ (x + y) / (n_first + n_second))[..., None]
        if weighted:
            both = x * y
            shared = (right * (1 - pooled) ** 2 + wrong * pooled**2) @ both
            spread = (pooled * (1 - pooled))[..., 0] - 2 * shared / (n_first + n_second)
            difference = right @ y / n_second - right @ x / n_first
            statistic = difference**2 / (spread * (1 / n_first + 1 / n_second))
        else:
            mean = np.asarray(n_second / (n_first + n_second))[..., None]
            lean = y * (1 - mean) - x * mean
            score = (right * (1 - pooled) * lean - wrong * pooled * lean).sum(axis=-1)
            squares = right * ((1 - pooled) * lean) ** 2 + wrong * (pooled * lean) ** 2
            statistic = score**2 / squares.sum(axis=-1)
    return _chi_squared(np.asarray(statistic))


def predictive_ratio(ill: Vector, well: Vector, *, positive: bool) -> Ratio:
    """Return the ratio of predictive values after Moskowitz and Pepe.

    The variance of its logarithm is the sum over cells of count × gradient², since the
    logarithm does not change when all counts grow in proportion.
    """
    x, y = (FIRST, SECOND) if positive else (1.0 - FIRST, 1.0 - SECOND)
    right, wrong = (ill, well) if positive else (well, ill)
    with np.errstate(divide="ignore", invalid="ignore"):
        shown_x, shown_y = (np.asarray((right + wrong) @ m)[..., None] for m in (x, y))
        right_x, right_y = (np.asarray(right @ m)[..., None] for m in (x, y))
        value = ((right_y / shown_y) / (right_x / shown_x))[..., 0]
        of_wrong = x / shown_x - y / shown_y
        of_right = y / right_y - x / right_x + of_wrong
        variance = (right * of_right**2 + wrong * of_wrong**2).sum(axis=-1)
        return Ratio(value, np.sqrt(variance))


def likelihood_ratio_ratio(ill: Vector, well: Vector, *, positive: bool) -> Ratio:
    """Return the ratio of both tests' likelihood ratios after Gu and Pepe."""
    x, y = (FIRST, SECOND) if positive else (1.0 - FIRST, 1.0 - SECOND)
    above, below = (
        proportion_ratio(part @ x, part @ y, part[..., 1], part[..., 2]) for part in (ill, well)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return Ratio(above.value / below.value, np.sqrt(above.std_error**2 + below.std_error**2))
