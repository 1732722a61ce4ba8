"""What each rule of a screening window looks at, and where it ends: arrays only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from paraneo.numerics.arrays import Vector

from ._engine import GroupCurves

if TYPE_CHECKING:
    from .risk import CancerRisk

#: Pieces of a year in which curves are followed.
STEPS_A_YEAR = 48
#: An excess that is a smaller part of the risk is none but rounding.
NO_EXCESS = 1e-12
#: Part of the threshold below which curves count as they are, and above which by their logs.
PART = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """A rule's curve as a function of parameters, and its end.

    ``times`` (t,) belong to the curve; ``curves`` returns (n, t) for parameters (n, p) and
    ``end`` the end of one of them. A curve is ``rising`` towards the threshold or falls to it;
    in ``steps`` it keeps its value until the next time.
    """

    times: Vector
    curves: Callable[[Vector], Vector]
    end: Callable[[Vector], float]
    threshold: float
    rising: bool
    steps: bool

    def ends(self, parameters: Vector) -> tuple[Vector, Vector]:
        """Return the curves of parameters, a row each, and where they end."""
        found = self.curves(parameters)
        return found, np.array([self.end(row) for row in found])

    def scaled(self, curve: Vector) -> Vector:
        """Return the curve on a scale on which higher means a longer window."""
        if self.rising:
            return np.asarray(np.arcsinh(PART * (1.0 - curve) / (1.0 - self.threshold)))
        return np.asarray(np.arcsinh(PART * curve / self.threshold))


def followed_curve(risk: CancerRisk, rule: str, width: float, threshold: float) -> Followed:
    """Return a rule's curve and its end as functions of parameters."""
    times, rows = _times(risk, rule, width), risk.engine.rows
    p = rows.theta.shape[1]

    def curves(parameters: Vector) -> Vector:
        theta = parameters[:, :p]
        own = replace(rows, theta=theta, logits=parameters[:, p:])
        found = risk.engine.curves(own, risk.cancer_free_for, times)
        return _CURVE[rule](risk, GroupCurves(*(part[0] for part in found)), times, width, theta)

    shown = {"ratio": times[:-1], "excess": times[: len(times) - _ahead(width)]}.get(rule, times)
    return Followed(
        times=shown,
        curves=curves,
        end=lambda curve: _end(rule, shown, curve, threshold),
        threshold=threshold,
        rising=rule == "share",
        steps=rule == "ratio",
    )


def _times(risk: CancerRisk, rule: str, width: float) -> Vector:
    """Return the times at which curves are worked out."""
    start, end = risk.cancer_free_for, risk.horizon
    if rule == "excess":
        step = width / _ahead(width)
        many = int(np.floor((end - start) / step + 1e-9)) + 1
        return np.asarray(start + step * np.arange(many), dtype=np.float64)
    many = int(np.ceil((end - start) * STEPS_A_YEAR)) + 1
    even = np.asarray(np.linspace(start, end, many), dtype=np.float64)
    own = risk.engine.source.edges
    inside = own[(own > start) & (own < end)]
    # an even time next to one of the model's own adds nothing but rounding
    far = np.abs(even[:, None] - inside).min(axis=1, initial=np.inf) > 1e-9
    return np.asarray(np.unique(np.concatenate([even[far], inside])), dtype=np.float64)


def _ahead(width: float) -> int:
    """Return how many steps of time a width is cut into."""
    return int(np.ceil(width * STEPS_A_YEAR))


def _ratio(
    _risk: CancerRisk, found: GroupCurves, _times: Vector, _width: float, _theta: Vector
) -> Vector:
    with np.errstate(divide="ignore", invalid="ignore"):  # trial points may have a risk of 1
        return np.asarray(np.diff(found.cumulative, axis=1) / np.diff(found.background))


def _share(
    _risk: CancerRisk, found: GroupCurves, _times: Vector, _width: float, _theta: Vector
) -> Vector:
    total = found.excess[:, -1:]
    some = total > NO_EXCESS * found.risk[:, -1:]
    return np.where(some, found.excess / np.where(some, total, 1.0), np.nan)


def _excess(
    _risk: CancerRisk, found: GroupCurves, _times: Vector, width: float, _theta: Vector
) -> Vector:
    ahead = _ahead(width)
    more = found.excess[:, ahead:] - found.excess[:, :-ahead]
    return np.asarray(1000 * more / found.alive[:, :-ahead])


def _residual(
    risk: CancerRisk, found: GroupCurves, times: Vector, _width: float, theta: Vector
) -> Vector:
    if risk.engine.source.residual is not None and risk.engine.sign[0] == 0:
        return np.asarray(risk.engine.source.residual(theta, risk.engine.at, times)[0])
    return np.asarray((found.excess[:, -1:] - found.excess) / found.alive)


_CURVE: dict[str, Callable[..., Vector]] = {
    "ratio": _ratio,
    "share": _share,
    "excess": _excess,
    "residual": _residual,
}


def _end(rule: str, times: Vector, curve: Vector, threshold: float) -> float:
    """Return the first time from which the rule is met to the end; infinite where never."""
    met = curve >= threshold if rule == "share" else curve <= threshold * (1 + 1e-12)
    if rule == "ratio":
        met |= np.isnan(curve)  # no cancer at all there, with or without the disease
    elif np.isnan(curve).any():
        return np.inf
    if not met[-1]:
        return np.inf
    last = np.flatnonzero(~met)
    if len(last) == 0:
        return float(times[0])
    k = int(last[-1])
    if rule == "ratio":
        return float(times[k + 1])
    part = (threshold - curve[k]) / (curve[k + 1] - curve[k])
    return float(times[k] + part * (times[k + 1] - times[k]))


def no_excess(risk: CancerRisk, rule: str, times: Vector) -> bool:
    """Return whether the estimated hazard is nowhere above the population's."""
    engine = risk.engine
    found = engine.curves(engine.rows.first, risk.cancer_free_for, times)
    more = np.diff(found.cumulative[0, 0]) - np.diff(found.background[0, 0])
    return rule != "residual" and bool((more <= NO_EXCESS * found.background[0, 0, -1]).all())
