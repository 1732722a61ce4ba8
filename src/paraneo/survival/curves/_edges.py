"""Confidence intervals along a curve, its edges included: before the first event, after the last.

Where nobody has had the event the estimated variance is 0, and so it is where everybody has: the
interval is then an exact one-sided one, from the people at risk.
"""

from __future__ import annotations

import numpy as np

from paraneo.numerics.arrays import Limits, Vector
from paraneo.survival.curve_limits import COMPLEMENT, largest_risk, probability_limits, step_values
from paraneo.survival.risk_sets import People, RiskSets, knowing_at_risk, risk_without_events


def happened(time: Vector, events: Vector, at: Vector) -> Vector:
    """Return how many of some events there were by each of some times."""
    return step_values(time, np.cumsum(events), at, 0.0)


def survival_limits(
    people: People,
    sets: RiskSets,
    curve: tuple[Vector, Vector],
    asked: tuple[Vector, Vector, Vector],
    scale: str,
    level: float,
) -> Limits:
    """Bound the probability of no event yet.

    Parameters
    ----------
    curve
        Survival and its variance at the times of ``sets``.
    asked
        Times, survival then and its standard error; NaN where it is not known.
    """
    times, value, error = asked
    if scale == COMPLEMENT:  # of having had the event: of none it is the plain log-log scale
        scale = "log-log"
    lower, upper = probability_limits(value, error, scale, level)
    none = (happened(sets.time, sets.events.sum(axis=1), times) == 0.0) & np.isfinite(value)
    if none.any():
        risk = risk_without_events(people, times[none], level)
        lower[none], upper[none] = 1.0 - risk, 1.0 + 0.0 * risk
    gone = value == 0.0
    if gone.any():
        last = int(np.argmax(curve[0] == 0.0))
        before = 1.0
        if last:
            here = slice(last - 1, last)
            found = probability_limits(curve[0][here], np.sqrt(curve[1][here]), scale, level)
            before = float(found.upper[0])
        number = knowing_at_risk(people, sets.time[last : last + 1])
        lower[gone], upper[gone] = 0.0, before * largest_risk(number, level)[0]
    return Limits(lower, upper)


def incidence_limits(
    people: People,
    sets: RiskSets,
    cause: int,
    survival: tuple[Vector, Vector],
    asked: tuple[Vector, Vector, Vector],
    scale: str,
    level: float,
) -> Limits:
    """Bound the cumulative incidence of a cause (0, 1, …); arguments as in `survival_limits`."""
    times, value, error = asked
    lower, upper = probability_limits(value, error, scale, level)
    mine = happened(sets.time, sets.events[:, cause], times)
    none = (mine == 0.0) & np.isfinite(value)
    if none.any():
        risk = risk_without_events(people, times[none], level, sets.time, survival[0])
        lower[none], upper[none] = 0.0 * risk, risk
    free = step_values(sets.time, survival[0], times, 1.0)
    alone = happened(sets.time, sets.events.sum(axis=1), times) == mine
    everybody = (free == 0.0) & alone & ~none & np.isfinite(value)
    if everybody.any():
        at = times[everybody]
        zero = np.zeros(len(at))
        bound = survival_limits(people, sets, survival, (at, zero, zero), scale, level)
        lower[everybody], upper[everybody] = 1.0 - bound.upper, 1.0
    return Limits(lower, upper)


def time_lost_limits(people: People, value: Vector, until: float, level: float) -> Limits:
    """Bound the mean time lost up to a time where its variance is 0.

    From nobody's event: no more than all of it at the exact limit of the risk; from everybody's
    at one time: as much less than the estimate.
    """
    risk = risk_without_events(people, np.array([until]), level)
    if not np.isfinite(risk).all():
        return Limits(0.0 * value, np.full(len(value), until))
    none = value == 0.0
    few = largest_risk(knowing_at_risk(people, people.exit[:1])[0], level)
    lower, upper = np.where(none, 0.0, value * (1.0 - few)), np.where(none, risk * until, value)
    return Limits(lower, upper)
