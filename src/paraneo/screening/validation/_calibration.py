"""Calibration beyond the mean: intercept, slope and the integrated calibration index: arrays only.

With logit r the predicted risk's, the intercept is a in logit P = a + logit r, the slope b in
logit P = a + b logit r, both by logistic regression of the outcomes with their weights. The
index (ICI) is the mean distance of predicted risks from a smooth curve of the observed ones.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from paraneo.numerics.arrays import Vector

from ._known_outcomes import Flags, Outcomes, mean_of
from ._measured import Measured

#: Newton steps at most, and the change at which they end.
STEPS, STILL = 50, 1e-12
#: Places at most at which the smooth curve is worked out, and the share of people each looks at.
PLACES, SPAN = 500, 0.75


def intercept_and_slope(outcomes: Outcomes, risk: Vector) -> tuple[Measured, Measured]:
    """Return the calibration intercept and slope; NaN where the data have none.

    That is where everybody or nobody is a case, where a risk is 0 or 1, and of the slope where
    all risks are the same or separate cases from others.
    """
    unknown = Measured(np.nan, np.full(len(risk), np.nan))
    cases, others = (outcomes.weight[one].sum() for one in (outcomes.case, ~outcomes.case))
    if not (cases > 0 and others > 0) or not ((risk > 0) & (risk < 1)).all():
        return unknown, unknown
    line, one = logit(risk), np.ones((len(risk), 1))
    first = _fitted(outcomes, one, line)
    both = None
    if np.ptp(line) > 0:
        both = _fitted(outcomes, np.column_stack([one, line]), np.zeros(len(risk)))
    return (
        unknown if first is None else Measured(float(first[0][0]), first[1][:, 0]),
        unknown if both is None else Measured(float(both[0][1]), both[1][:, 1]),
    )


def _fitted(outcomes: Outcomes, matrix: Vector, offset: Vector) -> tuple[Vector, Vector] | None:
    """Return coefficients of a weighted logistic regression, and everybody's influence on them."""
    weight, case = outcomes.weight, outcomes.case.astype(np.float64)
    beta = np.zeros(matrix.shape[1])
    for _ in range(STEPS):
        p = expit(offset + matrix @ beta)
        information = matrix.T @ ((weight * p * (1 - p))[:, None] * matrix)
        if not np.linalg.cond(information) < 1e12:
            return None
        step = np.linalg.solve(information, matrix.T @ (weight * (case - p)))
        beta = beta + np.clip(step, -5.0, 5.0)
        if np.abs(step).max() < STILL:
            moved = mean_of(outcomes, matrix * (case - p)[:, None])[1]
            return beta, moved @ np.linalg.inv(information)
    return None


def calibration_index(outcomes: Outcomes, risk: Vector) -> Measured:
    """Return the ICI of people with a known outcome, by their weights; it has no limits."""
    nothing = np.full(len(risk), np.nan)
    known = outcomes.weight > 0
    weight, case, risk = outcomes.weight[known], outcomes.case[known], risk[known]
    if not len(risk):
        return Measured(np.nan, nothing)
    at = np.unique(risk)
    if len(at) > PLACES:
        at = np.unique(np.quantile(risk, np.linspace(0, 1, PLACES), method="inverted_cdf"))
    curve = np.clip([_height(weight, case, risk, centre) for centre in at], 0.0, 1.0)
    off = np.abs(risk - np.interp(risk, at, curve))
    return Measured(float(weight @ off / weight.sum()), nothing)


def nearness(risk: Vector, centre: float, span: float) -> Vector:
    """Return the tricube weights of the nearest ``span`` of the people to a risk."""
    distance = np.abs(risk - centre)
    near = min(max(int(np.ceil(span * len(risk))), 2), len(risk))
    reach = np.partition(distance, near - 1)[near - 1]
    # an edge just outside, so that the farthest of them still count where all are tied
    return np.asarray(np.clip(1 - (distance / (reach * (1 + 1e-9) or 1.0)) ** 3, 0.0, None) ** 3)


def _height(weight: Vector, case: Flags, risk: Vector, centre: float) -> float:
    """Return the local line at its centre; the local mean where one risk is alone."""
    weight = weight * nearness(risk, centre, SPAN)
    total = weight.sum()
    if not total > 0:
        return np.nan
    x = risk - centre
    mean, height = (weight @ x) / total, (weight @ case) / total
    spread = weight @ (x - mean) ** 2
    if spread <= 1e-12 * (weight @ x**2):
        return float(height)
    return float(height - mean * (weight @ ((x - mean) * case)) / spread)
