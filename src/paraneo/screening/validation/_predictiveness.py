"""How right predicted risks are, each measure with everybody's influence on it: arrays only."""

from __future__ import annotations

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.survival.risk_sets import Index

from ._calibration import calibration_index, intercept_and_slope, nearness
from ._known_outcomes import Flags, Outcomes, mean_of
from ._measured import Measured

#: Below it everybody or nobody is a case, and one risk for all is as good as can be.
ROUNDING = 1e-12
#: The two measures of a calibration line.
CALIBRATION = ("calibration_intercept", "calibration_slope")


def measures(outcomes: Outcomes, risk: Vector, *, delayed: bool) -> dict[str, Measured]:
    """Return every measure of one predicted risk of n people."""
    case = outcomes.case.astype(np.float64)
    each = np.stack([case, risk, (case - risk) ** 2], axis=1)
    mean, moved = mean_of(outcomes, each)
    observed, expected, brier = (Measured(float(mean[k]), moved[:, k]) for k in range(3))
    if not delayed:
        # everybody was there at the start: no weights are needed for the mean risk
        expected = Measured(float(risk.mean()), (risk - risk.mean()) / len(risk))
    controls = {"auc": ~outcomes.case, "auc_event_free": outcomes.free}
    found = {
        "observed": observed,
        "expected": expected,
        "observed/expected": _ratio(observed, expected),
        **dict(zip(CALIBRATION, intercept_and_slope(outcomes, risk), strict=True)),
        "ici": calibration_index(outcomes, risk),
        "brier": brier,
        "scaled_brier": _scaled(brier, observed),
    }
    return found | {name: concordance(outcomes, risk, others) for name, others in controls.items()}


def concordance(outcomes: Outcomes, risk: Vector, control: Flags) -> Measured:
    """Return the chance that a case had the higher risk than a control, ties counting half."""
    case = outcomes.case
    ours, theirs = outcomes.weight * case, outcomes.weight * control
    cases, controls = ours.sum(), theirs.sum()
    if not (cases > 0 and controls > 0):
        return Measured(np.nan, np.full(len(risk), np.nan))
    place: Index = np.unique(risk, return_inverse=True)[1].astype(np.intp)
    beaten = _below(place, theirs) / controls
    beating = 1 - _below(place, ours) / cases
    value = float(ours @ beaten / cases)
    part = case * (beaten - value) / cases + control * (beating - value) / controls
    return Measured(value, mean_of(outcomes, part[:, None])[1][:, 0])


def _below(place: Index, weight: Vector) -> Vector:
    """Return the weight of those with a lower value, and half of those with the same."""
    at = np.bincount(place, weight)
    return np.asarray((np.cumsum(at) - at / 2)[place])


def _ratio(top: Measured, bottom: Measured) -> Measured:
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.divide(top.value, bottom.value))
        moved = (top.influence - value * bottom.influence) / bottom.value
    return Measured(value, moved)


def _scaled(brier: Measured, observed: Measured) -> Measured:
    """Return the share of the Brier score of the same risk for all that is gone."""
    null = observed.value * (1 - observed.value)
    if not null > ROUNDING:
        return Measured(np.nan, np.full(len(brier.influence), np.nan))
    by = (1 - 2 * observed.value) * observed.influence
    left = _ratio(brier, Measured(null, by))
    return Measured(1 - left.value, -left.influence)


def net_benefits(outcomes: Outcomes, chosen: Vector, odds: Vector) -> tuple[Vector, Vector]:
    """Return net benefits (k,) and influences (n, k) of looking at the chosen, (n, k).

    A cancer looked for counts 1, anybody else screened the odds of the threshold, (k,).
    """
    each = np.where(outcomes.case[:, None], 1.0, -odds)
    return mean_of(outcomes, chosen * each)


def smoothed(outcomes: Outcomes, risk: Vector, at: Vector, span: float) -> tuple[Vector, Vector]:
    """Return a local line through the outcomes at each of some risks, and its standard error.

    Weighted least squares with the weights of the outcomes times the tricube of the distance, over
    the nearest ``span`` of the people, as in loess.
    """
    value, error = np.empty(len(at)), np.empty(len(at))
    for k, centre in enumerate(at):
        value[k], error[k] = _local_line(outcomes, risk - centre, nearness(risk, centre, span))
    return value, error


def _local_line(outcomes: Outcomes, x: Vector, kernel: Vector) -> tuple[float, float]:
    weight = outcomes.weight * kernel
    design = np.stack([np.ones(len(x)), x], axis=1)
    moments = design.T @ (weight[:, None] * design)
    if moments[0, 0] <= 0:
        return np.nan, np.nan
    scale = moments[1, 1] * moments[0, 0] - moments[0, 1] ** 2
    if scale <= 1e-12 * moments[1, 1] * moments[0, 0]:
        design, moments = design[:, :1], moments[:1, :1]  # one risk alone: its mean
    inverse = np.linalg.inv(moments)
    beta = inverse @ (design.T @ (weight * outcomes.case))
    residual = (outcomes.case - design @ beta) * kernel
    moved = mean_of(outcomes, residual[:, None] * (design @ inverse[0])[:, None])[1]
    return float(beta[0]), float(np.sqrt((moved**2).sum()))
