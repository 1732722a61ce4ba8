"""The curves of each group, made, and asked at any times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import ParaneoWarning, warn
from paraneo.numerics.arrays import Limits, Vector
from paraneo.survival.curve_limits import step_values
from paraneo.survival.risk_sets import People, RiskSets, number_at_risk, risk_sets

if TYPE_CHECKING:
    from ._aalen_johansen import Curve


@dataclass(frozen=True, slots=True)
class Group:
    """One group's people and counts, and the curve of each cause of interest."""

    people: People
    sets: RiskSets
    curves: tuple[Curve, ...]

    @property
    def exit(self) -> Vector:
        """End of observation of each."""
        return self.people.exit

    @property
    def last(self) -> float:
        """The end of follow-up; infinite where nobody was left without an event."""
        survival = self.curves[0].survival
        emptied = len(survival) and survival[-1] == 0.0
        return np.inf if emptied else float(self.people.exit.max())


def make_curves(
    groups: Iterable[People], wanted: int, causes: int, std_error: str
) -> tuple[Group, ...]:
    """Return each group's curves of the first ``wanted`` causes."""
    from ._aalen_johansen import curve

    parts = []
    for people in groups:
        sets = risk_sets(people, causes)
        made = tuple(curve(sets, people, k + 1, std_error) for k in range(wanted))
        parts.append(Group(people, sets, made))
    return tuple(parts)


def warn_of_empty_risk_sets(names: Sequence[str], parts: tuple[Group, ...]) -> None:
    """Warn where delayed entry leaves nobody at risk early on, which ends a curve."""
    for name, part in zip(names, parts, strict=True):
        gone = np.flatnonzero(part.curves[0].survival == 0.0)
        if len(gone) and gone[0] < len(part.sets.time) - 1:
            time = part.sets.time[gone[0]]
            later = int(np.sum(part.people.exit > time))
            warn(
                f"In group '{name}' all those at risk at {time:g} had their event then, so that "
                f"the curve is flat from there on and {later} people observed later do not "
                "contribute. Ask for .given() from a time by which more have entered.",
                ParaneoWarning,
            )


def step_times(part: Group) -> Vector:
    """Return 0 and every time of an event."""
    time = part.sets.time
    return time if len(time) and time[0] == 0.0 else np.concatenate(([0.0], time))


def events_at(sets: RiskSets, k: int) -> NDArray[Any]:
    """Return the events of cause k at each of the ``step_times``."""
    events = sets.events[:, k]
    if not (events % 1.0).any():  # weights that are not whole make sums that are not
        events = events.astype(np.int64)
    return events if len(sets.time) and sets.time[0] == 0.0 else np.append(0, events)


def asked_of(
    part: Group, t: Vector, value: Vector, variance: Vector, *, first: float
) -> tuple[Vector, Vector]:
    """Return a step function and its standard error at some times; NaN where unknown."""
    known = t <= part.last
    estimate = np.where(known, step_values(part.sets.time, value, t, first), np.nan)
    spread = np.maximum(step_values(part.sets.time, variance, t, 0.0), 0.0)
    error = np.where(known, np.sqrt(spread), np.nan)
    return estimate, error


def area_until(time: Vector, curve: Curve, until: float) -> tuple[float, float]:
    """Return the area under a curve up to a time, and its standard error."""
    i = int(np.searchsorted(time, until, side="right")) - 1
    if i < 0:
        return 0.0, 0.0
    rest = until - time[i]
    area = curve.area[i] + rest * curve.incidence[i]
    error = curve.var_area[i] + rest * (2 * curve.cov_area[i] + rest * curve.var_incidence[i])
    return float(area), float(np.sqrt(max(error, 0.0)))


def tidied(
    part: Group, times: Vector, value: Vector, limits: Limits, error: Vector
) -> pd.DataFrame:
    """Return a curve at some times: time, at_risk, estimate, lower, upper, std_error."""
    columns = {"time": times, "at_risk": number_at_risk(part.people, times), "estimate": value}
    return pd.DataFrame(
        columns | {"lower": limits.lower, "upper": limits.upper, "std_error": error}
    )
