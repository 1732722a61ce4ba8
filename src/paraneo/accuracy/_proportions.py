"""Confidence limits of a binomial proportion: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.special import betainc, betaincc, betainccinv, betaincinv, expit

from paraneo.numerics.arrays import Limits, Vector, normal_quantile
from paraneo.numerics.roots import close_roots
from paraneo.results.estimate import Estimate


def _from_statsmodels(name: str) -> Callable[[Vector, Vector, float], Limits]:
    def limits(x: Vector, n: Vector, level: float) -> Limits:
        from statsmodels.stats.proportion import proportion_confint

        lower, upper = proportion_confint(x.ravel(), n.ravel(), alpha=1 - level, method=name)
        # at the ends rounding may leave the unit interval by a last digit
        lower = np.where(x.ravel() == 0, 0.0, np.clip(lower, 0, 1))
        upper = np.where(x.ravel() == n.ravel(), 1.0, np.clip(upper, 0, 1))
        return Limits(lower.reshape(x.shape), upper.reshape(x.shape))

    return limits


def _exact(x: Vector, n: Vector, level: float) -> Limits:
    tail = (1.0 - level) / 2.0
    lower = betaincinv(np.maximum(x, 1), n - x + 1, tail)
    upper = betainccinv(x + 1, np.maximum(n - x, 1), tail)
    return Limits(np.where(x > 0, lower, 0.0), np.where(x < n, upper, 1.0))


def _mid_p(x: Vector, n: Vector, level: float) -> Limits:
    """Solve P(X > x) + P(X = x)/2 = tail, and its mirror.

    Both are means of two beta tails, so that the root lies between the quantiles of the two.
    """
    tail = (1.0 - level) / 2.0
    outer = _exact(x, n, level)
    some, more = np.maximum(x, 1.0), np.maximum(n - x, 1.0)

    def above(q: Vector, x: Vector, n: Vector, some: Vector, more: Vector) -> Vector:
        strictly = np.where(x < n, betainc(x + 1, more, q), 0.0)
        return np.asarray(0.5 * (betainc(some, n - x + 1, q) + strictly) - tail)

    def below(q: Vector, x: Vector, n: Vector, some: Vector, more: Vector) -> Vector:
        strictly = np.where(x > 0, betaincc(some, n - x + 1, q), 0.0)
        return np.asarray(0.5 * (betaincc(x + 1, more, q) + strictly) - tail)

    given = (x, n, some, more)
    last, first = betaincinv(x + 1, more, tail), betainccinv(some, n - x + 1, tail)
    lower = close_roots(above, outer.lower, np.where(x < n, last, 1.0), *given)
    upper = close_roots(below, np.where(x > 0, first, 0.0), outer.upper, *given)
    return Limits(np.where(x > 0, lower, 0.0), np.where(x < n, upper, 1.0))


def _wilson_corrected(x: Vector, n: Vector, level: float) -> Limits:
    """Invert the score test with Yates' correction of 1/2 (at most the distance itself)."""
    z = normal_quantile(level)

    def lower(x: Vector) -> Vector:
        p = np.maximum(x - 0.5, 0.0) / n
        root = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return (p + z**2 / (2 * n) - root) / (1 + z**2 / n)

    low, high = np.where(x > 0, lower(x), 0.0), np.where(x < n, 1 - lower(n - x), 1.0)
    return Limits(np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0))


def _wald(x: Vector, n: Vector, level: float) -> Limits:
    p = x / n
    half = normal_quantile(level) * np.sqrt(p * (1 - p) / n)
    return Limits(np.maximum(p - half, 0.0), np.minimum(p + half, 1.0))


def _logit(x: Vector, n: Vector, level: float) -> Limits:
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(x) - np.log(n - x)
        half = normal_quantile(level) * np.sqrt(1 / x + 1 / (n - x))
        inside = (x > 0) & (x < n)
        return Limits(
            np.where(inside, expit(centre - half), np.nan),
            np.where(inside, expit(centre + half), np.nan),
        )


#: Every way of making confidence limits of a proportion, by the word that asks for it.
PROPORTION_INTERVALS: dict[str, Callable[[Vector, Vector, float], Limits]] = {
    "exact": _exact,
    "wilson": _from_statsmodels("wilson"),
    "wilson-cc": _wilson_corrected,
    "agresti-coull": _from_statsmodels("agresti_coull"),
    "jeffreys": _from_statsmodels("jeffreys"),
    "mid-p": _mid_p,
    "wald": _wald,
    "logit": _logit,
}
#: The same words as type checkers and editors read them.
ProportionInterval = Literal[
    "exact", "wilson", "wilson-cc", "agresti-coull", "jeffreys", "mid-p", "wald", "logit"
]
#: What the field calls them.
NAMES = {
    "exact": "Clopper-Pearson",
    "wilson": "Wilson",
    "wilson-cc": "Wilson, continuity-corrected",
    "agresti-coull": "Agresti-Coull",
    "jeffreys": "Jeffreys",
    "mid-p": "mid-p",
    "wald": "Wald",
    "logit": "logit",
}


def proportion_limits(x: Vector, n: Vector, *, interval: str, level: float) -> Limits:
    """Return limits of x/n; NaN where nobody was counted.

    At x = 0 the lower limit is 0 and at x = n the upper one 1, except for ``wald``
    (no width there) and ``logit`` (no limits there: NaN).
    """
    counted = n > 0
    limits = PROPORTION_INTERVALS[interval](x, np.where(counted, n, 1.0), level)
    return Limits(*(np.where(counted, limit, np.nan) for limit in limits))


def proportion(x: Vector, n: Vector, *, interval: str, level: float) -> Estimate:
    """Return x/n with its confidence interval; NaN where nobody was counted."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(n > 0, x / n, np.nan)
    limits = proportion_limits(x, n, interval=interval, level=level)
    return Estimate(value, *limits, proportion_error(x, n, interval), level, NAMES[interval])


def proportion_error(x: Vector, n: Vector, interval: str) -> Vector:
    """Return the standard error that limits were made of: of x/n, or of its logit."""
    if interval == "wald":
        return np.asarray(np.sqrt(x / n * (1 - x / n) / n))
    if interval == "logit":
        with np.errstate(divide="ignore"):
            return np.asarray(np.sqrt(1 / x + 1 / (n - x)))
    return np.full(np.shape(x), np.nan)
