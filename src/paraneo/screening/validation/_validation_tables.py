"""Rows of the tables of a validation: calibration by group, measures with limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtr

from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.survival.curve_limits import probability_limits

from ._known_outcomes import known_outcomes, mean_of, reaches
from ._measured import Measured
from ._validation_input import Cohort

#: The scale on which limits of each measure are made.
SCALES = {
    "observed": "log-log",
    "expected": "log-log",
    "observed/expected": "log",
    "calibration_intercept": "free",
    "calibration_slope": "free",
    "ici": "plain",
    "brier": "logit",
    "scaled_brier": "plain",
    "auc": "logit",
    "auc_event_free": "logit",
}


def by_group(
    cohort: Cohort, name: str, k: int, cuts: int | Vector, horizon: float, level: float
) -> pd.DataFrame:
    """Return mean predicted and observed risk of each group of risk that has somebody."""
    risk = cohort.risks[:, k]
    if isinstance(cuts, int):
        inner = np.unique(np.quantile(risk, np.arange(1, cuts) / cuts))
        inner = inner[inner > risk.min()]
    else:
        inner = cuts
    group = np.searchsorted(inner, risk, side="right")
    edges = np.concatenate([[0.0], inner, [1.0]])
    rows = []
    for number, one in enumerate(np.unique(group), start=1):
        who = np.flatnonzero(group == one)
        mean, value, error = _of_some(cohort, who, risk, horizon)
        lower, upper = probability_limits(value, error, "log-log", level)
        row = {"risk": name, "group": number, "from": edges[one], "to": edges[one + 1]}
        row |= {"n": len(who), "predicted": mean, "estimate": value[0]}
        rows.append(row | {"lower": lower[0], "upper": upper[0], "std_error": error[0]})
    return pd.DataFrame(rows)


def _of_some(
    cohort: Cohort, who: Any, risk: Vector, horizon: float
) -> tuple[float, Vector, Vector]:
    """Return mean predicted risk, observed risk and its standard error of some people."""
    outcomes = known_outcomes(cohort.people.chosen(who), horizon)
    if not reaches(outcomes):
        nothing = np.array([np.nan])
        return float(risk[who].mean()) if cohort.people.entry is None else np.nan, nothing, nothing
    each = np.stack([outcomes.case.astype(np.float64), risk[who]], axis=1)
    mean, moved = mean_of(outcomes, each)
    predicted = risk[who].mean() if cohort.people.entry is None else mean[1]
    return float(predicted), mean[:1], np.sqrt((moved[:, :1] ** 2).sum(axis=0))


def with_limits(measure: str, one: Measured, level: float) -> dict[str, float]:
    """Return a measure with its limits on its own scale, and the error on that scale."""
    value, error = one.value, float(np.sqrt((one.influence**2).sum()))
    z, scale = normal_quantile(level), SCALES[measure]
    lower, upper = value - z * error, value + z * error
    if scale == "plain":
        upper = min(upper, 1.0) if upper == upper else upper
    if scale == "log-log":
        bounds = probability_limits(np.array([value]), np.array([error]), scale, level)
        lower, upper = float(bounds.lower[0]), float(bounds.upper[0])
    elif scale == "log":
        error = error / value if value > 0 else np.nan
        lower, upper = value * np.exp(-z * error), value * np.exp(z * error)
    elif scale == "logit":
        inside = 0 < value < 1
        error = error / (value * (1 - value)) if inside else np.nan
        centre = float(logit(value)) if inside else np.nan
        lower, upper = float(expit(centre - z * error)), float(expit(centre + z * error))
    return {"estimate": value, "lower": lower, "upper": upper, "std_error": error}


def difference(one: Measured, other: Measured, level: float) -> dict[str, float]:
    """Return the difference of two measures in the same people, with plain limits."""
    value = one.value - other.value
    error = float(np.sqrt(((one.influence - other.influence) ** 2).sum()))
    wide = normal_quantile(level) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = float(2 * ndtr(-np.abs(np.divide(value, error))))
    return {
        "estimate": value,
        "lower": value - wide,
        "upper": value + wide,
        "std_error": error,
        "p_value": p_value,
    }
