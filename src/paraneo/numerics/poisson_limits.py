"""Limits of a Poisson mean from its count, and the p-values they belong to: arrays only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from .arrays import Limits, Vector, normal_quantile
from .roots import roots


def _tail(level: float) -> float:
    return (1.0 - level) / 2.0


#: From this count on, series in 1 / √count are right to the last digits, and the inverse
#: gamma functions no longer are: at a level of 1 - 1e-12 they lose the lower tail.
LARGE = 1e6


def gamma_lower(shape: Vector, tail: float) -> Vector:
    """Return what a gamma variable of scale 1 stays below with probability ``tail``."""
    found = special.gammaincinv(np.minimum(shape, LARGE), tail)
    return np.where(shape < LARGE, found, _gamma_series(shape, float(special.ndtri(tail))))


def gamma_upper(shape: Vector, tail: float) -> Vector:
    """Return what a gamma variable of scale 1 exceeds with probability ``tail``."""
    found = special.gammainccinv(np.minimum(shape, LARGE), tail)
    return np.where(shape < LARGE, found, _gamma_series(shape, -float(special.ndtri(tail))))


def _gamma_series(shape: Vector, z: float) -> Vector:
    """Cornish and Fisher's expansion of the quantile at the normal deviate z."""
    root = np.sqrt(np.maximum(shape, LARGE))
    terms = (
        (z**2 - 1) / 3,
        (z**3 - 7 * z) / 36,
        -(3 * z**4 + 7 * z**2 - 16) / 810,
        (9 * z**5 + 256 * z**3 - 433 * z) / 38880,
    )
    rest = sum(term / root**k for k, term in enumerate(terms))
    return np.asarray(shape + (z * root + rest), dtype=np.float64)


def exact(count: Vector, level: float) -> Limits:
    """Garwood: each limit's one-sided exact test just rejects."""
    tail = _tail(level)
    lower = np.where(count > 0, gamma_lower(np.maximum(count, 1.0), tail), 0.0)
    return Limits(lower, gamma_upper(count + 1.0, tail))


def _mid_above(mean: Vector, count: Vector) -> Vector:
    """P(X > count) + P(X = count) / 2."""
    return 0.5 * (special.gammainc(count, mean) + special.gammainc(count + 1.0, mean))


def _mid_below(mean: Vector, count: Vector) -> Vector:
    """P(X < count) + P(X = count) / 2."""
    return 0.5 * (special.gammaincc(count, mean) + special.gammaincc(count + 1.0, mean))


def mid_p(count: Vector, level: float) -> Limits:
    """Solve for the means at which a mid-P tail equals half of 1 - level.

    A mid-P tail is the mean of two gamma tails, so that the root lies between the
    quantiles of the two; of large counts in their middle, but for z / (8 √count).
    """
    tail = _tail(level)
    z = normal_quantile(level)
    middle = z / (8.0 * np.sqrt(np.maximum(count, LARGE)))
    lower = (gamma_lower(np.maximum(count, 1.0), tail) + gamma_lower(count + 1.0, tail)) / 2.0
    upper = (gamma_upper(np.maximum(count, 1.0), tail) + gamma_upper(count + 1.0, tail)) / 2.0
    lower, upper = np.where(count > 0, lower - middle, 0.0), upper + middle
    some = (count > 0) & (count < LARGE)
    o = count[some]
    lower[some] = roots(
        lambda m, o: _mid_above(m, o) - tail,
        gamma_lower(o, tail),
        gamma_lower(o + 1.0, tail),
        o,
    )
    upper[some] = roots(
        lambda m, o: _mid_below(m, o) - tail,
        gamma_upper(o, tail),
        gamma_upper(o + 1.0, tail),
        o,
    )
    upper[count == 0] = -np.log1p(-level)
    return Limits(lower, upper)


def byar(count: Vector, level: float) -> Limits:
    """Wilson and Hilferty's cube root, with count + 1 in the upper limit."""
    z = normal_quantile(level)
    o, more = np.maximum(count, 1.0), count + 1.0
    root = np.maximum(1.0 - 1.0 / (9.0 * o) - z / (3.0 * np.sqrt(o)), 0.0)
    upper = more * (1.0 - 1.0 / (9.0 * more) + z / (3.0 * np.sqrt(more))) ** 3
    return Limits(np.where(count > 0, o * root**3, 0.0), upper)


def vandenbroucke(count: Vector, level: float) -> Limits:
    """Square root of the count, with standard deviation one half."""
    z = normal_quantile(level)
    root = np.sqrt(count)
    return Limits(np.maximum(root - z / 2.0, 0.0) ** 2, (root + z / 2.0) ** 2)


def score(count: Vector, level: float) -> Limits:
    """Means m with (count - m)² / m below the squared normal deviate."""
    z = normal_quantile(level)
    upper = count + z**2 / 2.0 + z * np.sqrt(count + z**2 / 4.0)
    return Limits(count**2 / upper, upper)


def wald(count: Vector, level: float) -> Limits:
    """Count ± z √count, cut off at 0; nothing is known at a count of 0."""
    reach = normal_quantile(level) * np.sqrt(count)
    return Limits(np.maximum(count - reach, 0.0), np.where(count > 0, count + reach, np.inf))


def log_wald(count: Vector, level: float) -> Limits:
    """Count times or over exp(z / √count); nothing is known at a count of 0."""
    with np.errstate(divide="ignore", over="ignore"):
        reach = normal_quantile(level) / np.sqrt(count)
    factor = np.exp(reach)
    safe = np.where(count > 0, factor, 1.0)
    return Limits(count / safe, np.where(count > 0, count * safe, np.inf))


def _drop(t: Vector, q: Vector) -> Vector:
    return np.expm1(t) - t - q


def profile(count: Vector, level: float) -> Limits:
    """Means whose likelihood-ratio statistic against the count is z².

    With mean = count·exp(t) the equation is exp(t) - 1 - t = z²/(2 count).
    """
    half = normal_quantile(level) ** 2 / 2.0
    lower, upper = np.zeros(count.shape), np.full(count.shape, half)
    some = count > 0
    o = count[some]
    q = half / o
    zero, slack = np.zeros(o.shape), 1.0 + 1e-6
    lower[some] = o * np.exp(roots(_drop, -(1.0 + q + np.sqrt(2.0 * q)), zero, q))
    upper[some] = o * np.exp(roots(_drop, zero, np.sqrt(2.0 * q) * slack, q))
    return Limits(lower, upper)


LIMITS: dict[str, Callable[[Vector, float], Limits]] = {
    "exact": exact,
    "mid-p": mid_p,
    "byar": byar,
    "vandenbroucke": vandenbroucke,
    "score": score,
    "wald": wald,
    "log-wald": log_wald,
    "profile": profile,
}


def limits_of_counts(count: Vector, interval: str, level: float) -> Limits:
    """Return the limits, each distinct count worked out once."""
    distinct, place = np.unique(count, return_inverse=True)
    lower, upper = LIMITS[interval](distinct, level)
    place = place.reshape(count.shape)
    return Limits(lower[place], upper[place])


def _two_sided(deviate: Vector) -> Vector:
    return np.asarray(np.minimum(1.0, 2.0 * special.ndtr(-deviate)), dtype=np.float64)


def _p_exact(o: Vector, e: Vector) -> Vector:
    smaller = np.minimum(special.gammainc(o, e), special.gammaincc(o + 1.0, e))
    return np.asarray(2.0 * smaller, dtype=np.float64)


def _p_mid(o: Vector, e: Vector) -> Vector:
    return np.minimum(_mid_above(e, o), _mid_below(e, o)) * 2.0


def _p_byar(o: Vector, e: Vector) -> Vector:
    some, more = np.maximum(o, 1.0), o + 1.0
    above = 3.0 * np.sqrt(some) * (1.0 - 1.0 / (9.0 * some) - np.cbrt(e / some))
    below = 3.0 * np.sqrt(more) * (np.cbrt(e / more) - 1.0 + 1.0 / (9.0 * more))
    return _two_sided(np.maximum(np.where(o > 0, above, -np.inf), below))


def _p_wald(o: Vector, e: Vector) -> Vector:
    root = np.sqrt(np.maximum(o, 1.0))
    return np.where(o > 0, _two_sided(np.abs(o - e) / root), 1.0)


def _p_log_wald(o: Vector, e: Vector) -> Vector:
    some = np.maximum(o, 1.0)
    return np.where(o > 0, _two_sided(np.sqrt(some) * np.abs(np.log(some / e))), 1.0)


P_VALUES: dict[str, Callable[[Vector, Vector], Vector]] = {
    "exact": _p_exact,
    "mid-p": _p_mid,
    "byar": _p_byar,
    "vandenbroucke": lambda o, e: _two_sided(2.0 * np.abs(np.sqrt(o) - np.sqrt(e))),
    "score": lambda o, e: _two_sided(np.abs(o - e) / np.sqrt(e)),
    "wald": _p_wald,
    "log-wald": _p_log_wald,
    "profile": lambda o, e: np.asarray(
        special.chdtrc(1.0, 2.0 * special.kl_div(o, e)), dtype=np.float64
    ),
}


def p_values(observed: Vector, expected: Vector, interval: str) -> Vector:
    """Return two-sided p-values of observed = expected that invert the interval."""
    return np.minimum(P_VALUES[interval](observed, expected), 1.0)
