"""Ratios of many sites drawn towards their mean: arrays only.

The ratios of the sites are a sample of a gamma or a log-normal distribution, whose mean and
spread are estimated from the same counts (empirical Bayes) or integrated over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, special

from paraneo.numerics.arrays import Vector
from paraneo.numerics.roots import root, roots

#: Coefficients of variation that are looked through for the highest likelihood.
_SPREADS = np.geomspace(1e-3, 30.0, 60)
#: Nodes over the spread and, for each, over the mean; a mean lies within so many standard errors.
_SPREAD_NODES, _MEAN_NODES, _WIDE = 60, 32, 7.0
#: A larger spread has no weight.
_WIDEST_SPREAD = 7.0
#: A mean further from the best, in log units, has no likelihood to speak of.
_WIDEST = 30.0
#: Weights below this share of the largest are left out.
_NEGLIGIBLE = 1e-14
#: Nodes along each site's own log ratio, and standard deviations that they reach.
_OWN_NODES, _OWN_REACH = 161, 9.0
#: Points of the distribution function that quantiles are read from.
_FINE = 8001


class Prior(NamedTuple):
    """Distributions of ratios over sites, with the weight of each.

    Attributes
    ----------
    mean, spread : array, shape (h,)
        Of a gamma its mean and coefficient of variation, of a log-normal the mean and the
        standard deviation of the logarithm.
    weight : array, shape (h,)
        They add up to 1.
    """

    mean: Vector
    spread: Vector
    weight: Vector


class Posterior(NamedTuple):
    """What is known of each site's ratio afterwards."""

    mean: Vector
    lower: Vector
    upper: Vector
    above_1: Vector


def moments(observed: Vector, expected: Vector) -> tuple[float, float]:
    """Return mean and variance of the ratios over sites by moments (Marshall 1991)."""
    mean = float(observed.sum() / expected.sum())
    ratio = observed / expected
    between = float(expected @ (ratio - mean) ** 2 / expected.sum())
    return mean, max(between - mean / float(expected.mean()), 0.0)


def gamma_log_likelihood(
    observed: Vector, expected: Vector, mean: Vector, spread: Vector
) -> Vector:
    """Return the log-likelihood of negative binomial counts, summed over the last axis.

    ``mean`` and ``spread`` have a last axis of 1; a spread of 0 is a Poisson distribution.
    """
    fitted = mean * expected
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = 1.0 / spread**2
        # each term stays exact where the shape is large
        term = (
            special.gammaln(observed + shape)
            - special.gammaln(shape)
            - observed * np.log(shape)
            - (observed + shape) * np.log1p(fitted / shape)
        )
        term = np.where(spread > 1e-5, term, -fitted) + special.xlogy(observed, fitted)
    return np.asarray((term - special.gammaln(observed + 1.0)).sum(axis=-1))


def gamma_mean(observed: Vector, expected: Vector, spread: float) -> float:
    """Return the mean of highest likelihood for a coefficient of variation."""
    pooled = float(observed.sum() / expected.sum())
    ratio = observed / expected

    def slope(log_mean: float) -> float:
        fitted = np.exp(log_mean) * expected
        return float(((observed - fitted) / (1.0 + fitted * spread**2)).sum())

    low, high = np.log(min(pooled, max(ratio.min(), 1e-12))), np.log(max(pooled, ratio.max()))
    if high - low < 1e-12 or slope(low) <= 0 or slope(high) >= 0:
        return pooled
    return float(np.exp(root(slope, low, high)))


def gamma_fit(observed: Vector, expected: Vector) -> tuple[float, float, float]:
    """Return mean and coefficient of variation of highest likelihood, and twice its gain.

    The gain is over ratios that are all the same.
    """

    def height(spread: float) -> float:
        at = np.array([gamma_mean(observed, expected, spread)]), np.array([spread])
        return float(gamma_log_likelihood(observed, expected, *at))

    none = height(0.0)
    heights = np.array([height(spread) for spread in _SPREADS])
    best = int(heights.argmax())
    if heights[best] <= none + 1e-10:
        return gamma_mean(observed, expected, 0.0), 0.0, 0.0
    low, high = _SPREADS[max(best - 1, 0)], _SPREADS[min(best + 1, len(_SPREADS) - 1)]
    search: Any = optimize.minimize_scalar
    ends = np.log([low, high]).tolist()
    found = search(
        lambda x: -height(float(np.exp(x))), bounds=ends, method="bounded", options={"xatol": 1e-10}
    )
    spread = float(np.exp(found.x))
    return gamma_mean(observed, expected, spread), spread, 2.0 * (height(spread) - none)


def gamma_priors(observed: Vector, expected: Vector) -> Prior:
    """Return gamma distributions over a grid, weighted by their likelihood.

    The logarithm of the mean has a flat prior, the coefficient of variation a half-normal one
    of scale 1, under which hardly any two sites differ more than tenfold.
    """
    spread, jacobian = _spreads()
    means, weights = [], []
    z, w = np.polynomial.legendre.leggauss(_MEAN_NODES)
    for one, change in zip(spread, jacobian, strict=True):
        centre = gamma_mean(observed, expected, one)
        fitted = centre * expected
        wide = min(_WIDE / np.sqrt((fitted / (1.0 + fitted * one**2)).sum()), _WIDEST)
        mean = centre * np.exp(wide * z)
        height = gamma_log_likelihood(observed, expected, mean[:, None], np.full((len(z), 1), one))
        means.append(mean)
        weights.append(height + np.log(w * wide * change))
    return _weighted(np.concatenate(means), np.repeat(spread, len(z)), np.concatenate(weights))


def gamma_posterior(observed: Vector, expected: Vector, prior: Prior, level: float) -> Posterior:
    """Return mean and limits of each site's ratio over a mixture of gamma distributions."""
    shape = 1.0 / prior.spread**2
    rate = shape / prior.mean
    a, b = observed[:, None] + shape, expected[:, None] + rate
    mean = (a / b) @ prior.weight
    tail = (1.0 - level) / 2.0

    def below(log_ratio: Vector, o: Vector, e: Vector) -> Vector:
        return np.asarray(
            special.gammainc(o[:, None] + shape, (e[:, None] + rate) * np.exp(log_ratio)[:, None])
            @ prior.weight
        )

    def above(log_ratio: Vector, o: Vector, e: Vector) -> Vector:
        return np.asarray(
            special.gammaincc(o[:, None] + shape, (e[:, None] + rate) * np.exp(log_ratio)[:, None])
            @ prior.weight
        )

    low, high = np.log(mean) - 60.0, np.log(mean) + 20.0
    lower = roots(lambda x, o, e: below(x, o, e) - tail, low, high, observed, expected)
    upper = roots(lambda x, o, e: above(x, o, e) - tail, low, high, observed, expected)
    zero = np.zeros(len(observed))
    return Posterior(mean, np.exp(lower), np.exp(upper), above(zero, observed, expected))


def log_normal_priors(observed: Vector, expected: Vector) -> Prior:
    """Return log-normal distributions over a grid, weighted by their likelihood.

    The mean of the log ratio has a flat prior, its standard deviation a half-normal one of
    scale 1, as in `gamma_priors`.
    """
    spread, jacobian = _spreads()
    z, w = np.polynomial.legendre.leggauss(_MEAN_NODES)
    y, v = np.log((observed + 0.5) / expected), 1.0 / (observed + 0.5)
    precision = 1.0 / (v + spread[:, None] ** 2)
    centre = (precision @ y) / precision.sum(axis=1)
    wide = _WIDE / np.sqrt(precision.sum(axis=1))
    mean = (centre[:, None] + wide[:, None] * z).ravel()
    spreads = np.repeat(spread, len(z))
    _, height = _own(observed, expected, mean, spreads)
    weight = np.log((wide * jacobian)[:, None] * w).ravel()
    return _weighted(mean, spreads, height[1].sum(axis=-1) + weight)


def log_normal_height(observed: Vector, expected: Vector, prior: Prior) -> float:
    """Return the log-likelihood of one log-normal distribution."""
    return float(_own(observed, expected, prior.mean, prior.spread)[1][1].sum())


def log_normal_posterior(
    observed: Vector, expected: Vector, prior: Prior, level: float
) -> Posterior:
    """Return mean and limits of each site's ratio over a mixture of log-normal distributions."""
    x, (mass, _) = _own(observed, expected, prior.mean, prior.spread)
    mass = mass * prior.weight[:, None, None]
    mean = (mass * np.exp(np.minimum(x, _WIDEST))).sum(axis=(0, 2))
    tail = (1.0 - level) / 2.0
    limits = np.empty((2, len(observed)))
    above = np.empty(len(observed))
    for i in range(len(observed)):
        grid, below = _distribution(x[:, i], mass[:, i])
        limits[:, i] = np.exp(np.interp([tail, 1.0 - tail], below, grid))
        above[i] = 1.0 - np.interp(0.0, grid, below)
    return Posterior(mean, limits[0], limits[1], above)


def _own(
    observed: Vector, expected: Vector, mean: Vector, spread: Vector
) -> tuple[Vector, tuple[Vector, Vector]]:
    """Return nodes of each site's log ratio under each prior, their masses, and the likelihood.

    Shapes (h, k, nodes), (h, k, nodes) and (h, k).
    """
    mu, tau2 = mean[:, None], spread[:, None] ** 2
    mode = np.log((observed + 0.5) / expected) + np.zeros_like(mu)
    mode = mode + (mu - mode) / (1.0 + tau2 * (observed + 0.5))
    for _ in range(60):  # the density is log-concave; steps are held to one unit
        fitted = expected * np.exp(mode)
        slope = observed - fitted - (mode - mu) / tau2
        step = np.clip(slope / (fitted + 1.0 / tau2), -1.0, 1.0)
        mode = mode + step
        if np.abs(step).max() < 1e-12:
            break
    width = 1.0 / np.sqrt(expected * np.exp(mode) + 1.0 / tau2)
    # the tail towards 0 of a site without cancers is wider than its curvature at the mode
    left = np.where(observed[None, :] > 0, width, np.maximum(width, spread[:, None]))
    z = np.linspace(-_OWN_REACH, _OWN_REACH, _OWN_NODES)
    scale = np.where(z < 0, left[..., None], np.maximum(width, np.minimum(left, 1.0))[..., None])
    x = mode[..., None] + scale * z
    o, e = observed[None, :, None], expected[None, :, None]
    fitted = e * np.exp(np.minimum(x, _WIDEST))
    density = o * x + special.xlogy(o, e) - fitted - special.gammaln(o + 1.0)
    density = density - (x - mu[..., None]) ** 2 / (2.0 * tau2[..., None])
    density = density - np.log(spread)[:, None, None] - 0.5 * np.log(2.0 * np.pi)
    gaps = np.diff(x, axis=-1)
    step_ = np.concatenate([gaps[..., :1], gaps[..., :-1] + gaps[..., 1:], gaps[..., -1:]], -1) / 2
    top = density.max(axis=-1, keepdims=True)
    mass = np.exp(density - top) * step_
    total = mass.sum(axis=-1, keepdims=True)
    return x, (mass / total, (top + np.log(total))[..., 0])


def _distribution(x: Vector, mass: Vector) -> tuple[Vector, Vector]:
    """Return points and the distribution function there of masses at any places."""
    grid = np.linspace(x.min(), x.max(), _FINE)
    place = (x - grid[0]) / (grid[1] - grid[0])
    left = np.clip(place.astype(np.int64), 0, _FINE - 2)
    share = place - left
    dense = np.bincount(left.ravel(), ((1.0 - share) * mass).ravel(), _FINE)
    dense += np.bincount(left.ravel() + 1, (share * mass).ravel(), _FINE)
    below = np.cumsum(dense) - dense / 2.0
    return grid, below / dense.sum()


def _spreads() -> tuple[Vector, Vector]:
    """Return spreads above 0, closest where they are small, and the prior weight of each."""
    u, w = np.polynomial.legendre.leggauss(_SPREAD_NODES)
    u, w = (u + 1.0) / 2.0, w / 2.0
    spread = _WIDEST_SPREAD * u**2
    return spread, w * u * np.exp(-(spread**2) / 2.0)


def _weighted(mean: Vector, spread: Vector, log_weight: Vector) -> Prior:
    weight = np.exp(log_weight - log_weight.max())
    kept = weight > _NEGLIGIBLE
    return Prior(mean[kept], spread[kept], weight[kept] / weight[kept].sum())


#: By the distribution: how priors are weighed, and what they make of the sites.
PRIORS: dict[str, Callable[[Vector, Vector], Prior]] = {
    "gamma": gamma_priors,
    "log-normal": log_normal_priors,
}
POSTERIORS: dict[str, Callable[[Vector, Vector, Prior, float], Posterior]] = {
    "gamma": gamma_posterior,
    "log-normal": log_normal_posterior,
}
