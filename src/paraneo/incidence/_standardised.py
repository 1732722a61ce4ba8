"""Weighted sums of Poisson rates and their limits; groups along rows, age bands along columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paraneo.numerics.arrays import Limits, Vector, normal_quantile
from paraneo.numerics.mover import Bounded, mover_ratio, mover_sum
from paraneo.numerics.poisson_limits import exact, gamma_lower, gamma_upper
from paraneo.numerics.roots import close_roots

Codes = NDArray[np.intp]


class WeightedRates(NamedTuple):
    """Weighted sums of rates and what their limits need, one number a group.

    In units of ``unit``, the largest w / n of the group, so that no square leaves the
    range of numbers: ``rate`` is the sum of w c / n over bands, ``variance`` of w² c / n²;
    ``mean`` is that of w / n, ``mean_square`` of its square. ``cases`` are those of bands
    that weigh something.
    """

    unit: Vector
    rate: Vector
    variance: Vector
    cases: Vector
    mean: Vector
    mean_square: Vector


def weighted_rates(cases: Vector, person_years: Vector, weights: Vector) -> WeightedRates:
    """Return the weighted sums over the last axis."""
    each = weights / person_years
    unit = np.max(each, axis=-1, keepdims=True)
    share = each / unit
    return WeightedRates(
        unit[..., 0],
        np.sum(share * cases, axis=-1),
        np.sum(share**2 * cases, axis=-1),
        np.sum(np.where(each > 0, cases, 0.0), axis=-1),
        np.mean(share, axis=-1),
        np.mean(share**2, axis=-1),
    )


def rate_limits(sums: WeightedRates, interval: str, level: float) -> Limits:
    """Return limits of the weighted sums of rates."""
    return Limits(*(sums.unit * limit for limit in INTERVALS[interval](sums, level)))


def fay_feuer(sums: WeightedRates, level: float) -> Limits:
    """Gamma limits; the upper one as if one more case fell where it weighs most."""
    tail = (1.0 - level) / 2.0
    upper = _gamma_upper(sums.rate + 1.0, sums.variance + 1.0, tail)
    return Limits(_gamma_lower(sums.rate, sums.variance, tail), upper)


def tiwari(sums: WeightedRates, level: float) -> Limits:
    """Gamma limits; the upper one as if one more case were shared out over the bands."""
    tail = (1.0 - level) / 2.0
    upper = _gamma_upper(sums.rate + sums.mean, sums.variance + sums.mean_square, tail)
    return Limits(_gamma_lower(sums.rate, sums.variance, tail), upper)


def mid_p(sums: WeightedRates, level: float) -> Limits:
    """Limits from the even mixture of the two gamma distributions of Fay and Feuer.

    Each lies between the quantiles of the two. Without cases the first of them is a
    point at 0.
    """
    tail = (1.0 - level) / 2.0
    mean, spread = sums.rate + 1.0, sums.variance + 1.0
    lower = np.zeros(sums.rate.shape)
    upper = _gamma_upper(mean, spread, min(2.0 * tail, 1.0))
    some = sums.rate > 0
    first, second = _gamma(sums.rate[some], sums.variance[some]), _gamma(mean[some], spread[some])

    def below(x: Vector, a: Vector, b: Vector, c: Vector, d: Vector) -> Vector:
        return np.asarray(0.5 * (special.gammainc(a, x / b) + special.gammainc(c, x / d)) - tail)

    def above(x: Vector, a: Vector, b: Vector, c: Vector, d: Vector) -> Vector:
        return np.asarray(0.5 * (special.gammaincc(a, x / b) + special.gammaincc(c, x / d)) - tail)

    for f, limit, quantile in ((below, lower, _gamma_lower), (above, upper, _gamma_upper)):
        near = quantile(sums.rate[some], sums.variance[some], tail)
        far = quantile(mean[some], spread[some], tail)
        limit[some] = close_roots(f, near, far, *first, *second)
    return Limits(lower, upper)


def normal(sums: WeightedRates, level: float) -> Limits:
    """Symmetric limits, cut off at 0."""
    half = normal_quantile(level) * np.sqrt(sums.variance)
    upper = np.where(sums.cases > 0, sums.rate + half, np.inf)
    return Limits(np.maximum(sums.rate - half, 0.0), upper)


def log_normal(sums: WeightedRates, level: float) -> Limits:
    """Limits symmetric on the log scale."""
    rate = np.where(sums.cases > 0, sums.rate, 1.0)
    factor = np.exp(normal_quantile(level) * np.sqrt(sums.variance) / rate)
    none = sums.cases == 0
    return Limits(np.where(none, 0.0, rate / factor), np.where(none, np.inf, rate * factor))


def dobson(sums: WeightedRates, level: float) -> Limits:
    """Exact limits of all cases, scaled to the variance of the weighted rate."""
    low, high = exact(sums.cases, level)
    some = sums.cases > 0
    scale = np.sqrt(sums.variance / np.where(some, sums.cases, 1.0))
    lower = np.where(some, sums.rate + scale * (low - sums.cases), 0.0)
    upper = np.where(some, sums.rate + scale * (high - sums.cases), np.inf)
    return Limits(np.maximum(lower, 0.0), upper)


INTERVALS = {
    "fay-feuer": fay_feuer,
    "tiwari": tiwari,
    "mid-p": mid_p,
    "dobson": dobson,
    "normal": normal,
    "log-normal": log_normal,
}


def _gamma(mean: Vector, variance: Vector) -> tuple[Vector, Vector]:
    """Return shape and scale of a gamma distribution; both 1 where the mean is 0."""
    some = mean > 0
    scale = np.divide(variance, mean, out=np.ones(mean.shape), where=some)
    return np.where(some, mean / scale, 1.0), scale


def _gamma_lower(mean: Vector, variance: Vector, tail: float) -> Vector:
    shape, scale = _gamma(mean, variance)
    return np.where(mean > 0, gamma_lower(shape, tail) * scale, 0.0)


def _gamma_upper(mean: Vector, variance: Vector, tail: float) -> Vector:
    shape, scale = _gamma(mean, variance)
    return np.where(mean > 0, gamma_upper(shape, tail) * scale, 0.0)


def common_edges(data: Vector, standard: Vector) -> tuple[Vector, Vector]:
    """Return the edges both have within the data's range, and those that do not fit.

    A band between two common edges is whole where it is one band of the data or one of
    the standard; elsewhere bands cross, and the edges of the data within do not fit.
    """
    common = np.intersect1d(data, standard)
    if len(common) < 2:
        return common, data
    of_data = np.diff(np.searchsorted(data, common))
    of_standard = np.diff(np.searchsorted(standard, common))
    crossed = (of_data > 1) & (of_standard > 1)
    inside = np.searchsorted(common, data, side="right") - 1
    within = (inside >= 0) & (inside < len(crossed))
    bad = within & crossed[np.clip(inside, 0, len(crossed) - 1)] & ~np.isin(data, common)
    outer = ~within & ~np.isin(data, common)
    return common, data[bad | outer]


def sums_in_cells(cell: Codes, values: Vector, size: int) -> Vector:
    """Return the sum in each cell, added in the order of the values."""
    order = np.lexsort((values, cell))
    return np.asarray(np.bincount(cell[order], weights=values[order], minlength=size))


def compared(
    sums: WeightedRates, others: Vector, at: int, interval: str, level: float
) -> dict[str, Vector]:
    """Return ratios to and differences from one group's rate, with limits: columns by name.

    Wald's, or where one of the two has no cases by the limits of the two rates (MOVER).
    """
    z, rates, errors = normal_quantile(level), sums.unit * sums.rate, sums.unit * sums.variance**0.5
    ends = rate_limits(sums, interval, level)
    one, other = (Bounded(rates[k], ends.lower[k], ends.upper[k]) for k in (others, at))
    gap, wald = one.value - other.value, z * np.hypot(errors[others], errors[at])
    low, high = mover_sum(one, Bounded(-other.value, -other.upper, -other.lower))
    none, made = (sums.cases[others] == 0) | (sums.cases[at] == 0), mover_ratio(one, other)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.hypot(errors[others] / one.value, errors[at] / other.value)
        ratio = one.value / other.value
        return {
            "estimate": ratio,
            "lower": np.where(none, made.lower, ratio / np.exp(z * error)),
            "upper": np.where(none, made.upper, ratio * np.exp(z * error)),
            "p_value": 2 * special.ndtr(-np.abs(np.log(ratio)) / error),
            "difference": gap,
            "difference_lower": np.where(none, low, gap - wald),
            "difference_upper": np.where(none, high, gap + wald),
        }
