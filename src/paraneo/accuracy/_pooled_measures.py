"""Measures of a pooled accuracy with limits, and those of a new setting."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from paraneo._estimate import Estimate, Vector, normal_quantile

from ._predictive import ratio_moments
from ._proportions import proportion_limits

MEASURES = (
    "sensitivity",
    "specificity",
    "positive_likelihood_ratio",
    "negative_likelihood_ratio",
    "diagnostic_odds_ratio",
)
ENDS = ("value", "lower", "upper")
DELTA = "delta, log scale"
SUBSTITUTED = "from the limits of both proportions (wide)"


def measures(
    mean: Vector, covariance: Vector, counts: Vector, level: float, what: str
) -> dict[str, Estimate]:
    """Return the five measures by name.

    ``counts`` (tp, fp, fn, tn a study) give exact limits to a proportion of 0 or 1, all
    people taken as one sample.
    """
    tp, fp, fn, tn = counts.sum(axis=0)
    sensitivity = _proportion(mean[0], covariance[0, 0], (tp, tp + fn), level, what)
    specificity = _proportion(mean[1], covariance[1, 1], (tn, tn + fp), level, what)
    if np.isfinite(mean).all():
        plus, minus = ratio_moments(mean, covariance)
        derived = [
            _log_normal(plus.mean, plus.variance, level),
            _log_normal(minus.mean, minus.variance, level),
            _log_normal(np.asarray(mean.sum()), np.asarray(covariance.sum()), level),
        ]
    else:
        derived = _substituted(sensitivity, specificity, level)
    return dict(zip(MEASURES, (sensitivity, specificity, *derived), strict=True))


def _proportion(
    mean: float, variance: float, counted: tuple[float, float], level: float, what: str
) -> Estimate:
    if np.isfinite(mean):
        half = normal_quantile(level) * np.sqrt(variance)
        low, high = expit(mean - half), expit(mean + half)
        return Estimate(expit(mean), low, high, np.sqrt(variance), level, what)
    right, people = (np.asarray(x) for x in counted)
    limits = proportion_limits(right, people, interval="exact", level=level)
    how = "exact, all people as one sample"
    return Estimate(float(mean > 0), *limits, level=level, method=how)


def _log_normal(centre: Vector, variance: Vector, level: float) -> Estimate:
    half = normal_quantile(level) * np.sqrt(variance)
    low, high = np.exp(centre - half), np.exp(centre + half)
    return Estimate(np.exp(centre), low, high, np.sqrt(variance), level, DELTA)


def _substituted(se: Estimate, sp: Estimate, level: float) -> list[Estimate]:
    """Return ratios where a proportion is 0 or 1, each limit at the worse ends of both."""
    value, low, high = ((np.float64(getattr(se, x)), np.float64(getattr(sp, x))) for x in ENDS)

    def positive(s: np.float64, c: np.float64) -> np.float64:
        return s / (1 - c)

    def negative(s: np.float64, c: np.float64) -> np.float64:
        return (1 - s) / c

    def odds(s: np.float64, c: np.float64) -> np.float64:
        return s * c / ((1 - s) * (1 - c))

    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [
            (positive(*value), positive(*low), positive(*high)),
            (negative(*value), negative(*high), negative(*low)),
            (odds(*value), odds(*low), odds(*high)),
        ]
    return [Estimate(*part, level=level, method=SUBSTITUTED) for part in parts]
