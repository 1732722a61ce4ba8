"""Measures of a pooled accuracy with their intervals, and those of a new setting."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from paraneo.accuracy._predictive import ratio_moments
from paraneo.accuracy._proportions import proportion_limits
from paraneo.accuracy._ratios import FROM_LIMITS, ratios_of_limits
from paraneo.numerics.arrays import Vector, t_quantile, two_sided_p
from paraneo.numerics.mover import Bounded
from paraneo.results.coefficients import coefficient_frame, covariance_frame
from paraneo.results.estimate import Estimate

from ._pooling import Fitted, Problem
from ._pooling_input import OUTCOMES

MEASURES = (
    "sensitivity",
    "specificity",
    "positive_likelihood_ratio",
    "negative_likelihood_ratio",
    "diagnostic_odds_ratio",
)
ENDS = ("value", "lower", "upper")
DELTA = "delta, log scale"


def measures(
    mean: Vector, covariance: Vector, counts: Vector, level: float, what: str, df: float
) -> dict[str, Estimate]:
    """Return the five measures by name.

    ``counts`` (tp, fp, fn, tn a study) give Clopper-Pearson limits to a proportion of 0 or 1, all
    people taken as one sample. ``df`` are those of t, infinite for normal limits.
    """
    z = t_quantile(level, df)
    tp, fp, fn, tn = counts.sum(axis=0)
    sensitivity = _proportion(mean[0], covariance[0, 0], (tp, tp + fn), level, what, z)
    specificity = _proportion(mean[1], covariance[1, 1], (tn, tn + fp), level, what, z)
    if np.isfinite(mean).all():
        plus, minus = ratio_moments(mean, covariance)
        derived = [
            _log_normal(plus.mean, plus.variance, level, z),
            _log_normal(minus.mean, minus.variance, level, z),
            _log_normal(np.asarray(mean.sum()), np.asarray(covariance.sum()), level, z),
        ]
    else:
        derived = _substituted(sensitivity, specificity, level)
    return dict(zip(MEASURES, (sensitivity, specificity, *derived), strict=True))


def _proportion(
    mean: float, variance: float, counted: tuple[float, float], level: float, what: str, z: float
) -> Estimate:
    if np.isfinite(mean):
        half = z * np.sqrt(variance)
        low, high = expit(mean - half), expit(mean + half)
        return Estimate(expit(mean), low, high, np.sqrt(variance), level, what)
    right, people = (np.asarray(x) for x in counted)
    limits = proportion_limits(right, people, interval="exact", level=level)
    how = "Clopper-Pearson, all people as one sample"
    return Estimate(float(mean > 0), *limits, level=level, method=how)


def _log_normal(centre: Vector, variance: Vector, level: float, z: float) -> Estimate:
    half = z * np.sqrt(variance)
    with np.errstate(over="ignore"):
        low, high = np.exp(centre - half), np.exp(centre + half)
    return Estimate(np.exp(centre), low, high, np.sqrt(variance), level, DELTA)


def _substituted(se: Estimate, sp: Estimate, level: float) -> list[Estimate]:
    """Return ratios where a proportion is 0 or 1, from the limits of both."""
    both = (Bounded(*(np.asarray(getattr(one, end)) for end in ENDS)) for one in (se, sp))
    return [Estimate(*part, level=level, method=FROM_LIMITS) for part in ratios_of_limits(*both)]


def coefficients(problem: Problem, fitted: Fitted, level: float, df: float) -> pd.DataFrame:
    """Return a row a coefficient of the two designs, on the logit scale."""
    names = _terms(problem)
    value, std_error = fitted.coefficients.copy(), np.sqrt(np.diag(fitted.covariance))
    place, gone = _without_estimate(problem, fitted)
    value[gone], std_error[gone] = fitted.mean[place][gone], np.inf
    half = t_quantile(level, df) * np.where(gone, 0.0, std_error)
    z = np.divide(value, std_error, out=np.full_like(value, np.inf), where=~gone)
    return coefficient_frame(
        [name[1] for name in names],
        estimate=value,
        std_error=std_error,
        lower=value - half,
        upper=value + half,
        p_value=two_sided_p(z, df),
        part={"outcome": [name[0] for name in names]},
    )


def coefficient_covariance(problem: Problem, fitted: Fitted) -> pd.DataFrame:
    """Return the covariance of all coefficients, labelled; infinite where there is no estimate."""
    gone = _without_estimate(problem, fitted)[1]
    matrix = fitted.covariance.copy()
    matrix[np.diag(gone)] = np.inf
    return covariance_frame([": ".join(name) for name in _terms(problem)], matrix)


def _terms(problem: Problem) -> list[tuple[str, str]]:
    """Return the outcome and the term of every coefficient."""
    return [
        (outcome, column)
        for outcome, design in zip(OUTCOMES, problem.studies.designs, strict=True)
        for column in design.columns
    ]


def _without_estimate(
    problem: Problem, fitted: Fitted
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return which outcome a coefficient is of, and whether that has no finite mean."""
    place = np.repeat([0, 1], [len(design.columns) for design in problem.studies.designs])
    return place, np.isinf(fitted.mean)[place]
