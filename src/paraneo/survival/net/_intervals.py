"""Survival from counts and person-time by interval, hazards constant within each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector
from paraneo.survival.curve_limits import largest_risk
from paraneo.survival.risk_sets import Index

if TYPE_CHECKING:
    from ._table_background import Predicted


class Counts(NamedTuple):
    """What was observed in each interval (start, end], each of shape (intervals,).

    Attributes
    ----------
    at_risk : array
        Under observation at the start, or entering within the interval.
    censored, events, cause : array
        Left without an event; events of any cause; events of the one cause.
    time : array
        Person-time at risk.
    """

    at_risk: Vector
    censored: Vector
    events: Vector
    cause: Vector
    time: Vector


class Estimated(NamedTuple):
    """Estimates at the end of each interval and their standard errors."""

    value: Vector
    error: Vector


def counts(entry: Vector, exit_: Vector, code: Index, breaks: Vector) -> Counts:
    """Count people, events and time between the breaks; an event at a break is before it."""
    m = len(breaks) - 1
    low, high = breaks[:-1, None], breaks[1:, None]
    time = np.maximum(np.minimum(exit_, high) - np.maximum(entry, low), 0.0).sum(axis=1)
    band = np.searchsorted(breaks, exit_, side="left") - 1
    inside = (band >= 0) & (band < m)

    def number(which: NDArray[np.bool_]) -> Vector:
        return np.bincount(band[which & inside], minlength=m).astype(np.float64)

    at_risk = ((exit_ > low) & (entry < high)).sum(axis=1).astype(np.float64)
    return Counts(at_risk, number(code == 0), number(code > 0), number(code == 1), time)


def survival(events: Vector, at: Counts, width: Vector, form: str) -> Estimated:
    """Return survival of some events by the person-time, or by the actuarial method."""
    if form == "actuarial":
        exposed = at.at_risk - at.censored / 2.0
        value = np.cumprod(1.0 - events / exposed)
        left = exposed - events
        noise = np.where(left > 0, events / (exposed * np.where(left > 0, left, 1.0)), 0.0)
    else:
        value = np.exp(-np.cumsum(events / at.time * width))
        noise = events * (width / at.time) ** 2
    return Estimated(np.asarray(value), np.asarray(value * np.sqrt(np.cumsum(noise))))


def relative(at: Counts, expected: Vector, width: Vector, form: str) -> Estimated:
    """Return relative survival by Ederer's second method, from the expected deaths.

    The error is that of observed survival over expected survival.
    """
    observed = survival(at.events, at, width, form)
    if form == "actuarial":
        value = np.cumprod(1.0 - (at.events - expected) / (at.at_risk - at.censored / 2.0))
        alive = np.cumprod(1.0 - expected / at.at_risk)
    else:
        value = np.exp(-np.cumsum((at.events - expected) / at.time * width))
        alive = np.exp(-np.cumsum(expected / at.time * width))
    return Estimated(np.asarray(value), np.asarray(observed.error / alive))


def net(weighted: Predicted, width: Vector) -> Estimated:
    """Return net survival by the method of Pohar Perme, from weighted deaths and time."""
    excess = (weighted.events - weighted.hazard) / weighted.time * width
    noise = np.cumsum(weighted.squares * (width / weighted.time) ** 2)
    value = np.exp(-np.cumsum(excess))
    return Estimated(np.asarray(value), np.asarray(value * np.sqrt(noise)))


def incidence(at: Counts, width: Vector) -> Estimated:
    """Return the cumulative incidence of the cause under constant hazards, by the delta method."""
    total, mine = at.events / at.time, at.cause / at.time
    after = np.exp(-np.cumsum(total * width))
    before = np.concatenate(([1.0], after[:-1]))
    died = -np.expm1(-total * width)
    some = np.where(total > 0, total, 1.0)
    share = np.where(total > 0, mine / some, 0.0)
    value = np.cumsum(before * share * died)
    stay = np.exp(-total * width)
    mean = np.where(total > 0, died / some, width)
    other = before * (share * (width * stay - mean))
    later = width * (value[:, None] - value)
    own = np.tril(np.ones(later.shape))
    slope_other = own * (other - later)
    slope_mine = own * (other + before * mean - later)
    noise = np.square(slope_mine) @ (at.cause / at.time**2)
    noise += np.square(slope_other) @ ((at.events - at.cause) / at.time**2)
    return Estimated(np.asarray(value), np.asarray(np.sqrt(noise)))


def without_events(at: Counts, width: Vector, form: str, level: float) -> tuple[Vector, Vector]:
    """Return upper limits of risks by the end of each interval of an event that nobody had by then.

    The first is of an event of any kind, from the hazard that leaves a chance of alpha/2 to none
    in the person-time of the interval with the least, or to none of those exposed by the
    actuarial method. The second is of a cause while others end observation.
    """
    if form == "actuarial":
        risk = largest_risk(at.at_risk - at.censored / 2.0, level)
        before = np.cumprod(1.0 - at.events / (at.at_risk - at.censored / 2.0))
    else:
        risk = -np.expm1(np.log((1.0 - level) / 2.0) * width / at.time)
        before = np.exp(-np.cumsum(at.events / at.time * width))
    added = np.concatenate(([1.0], before[:-1])) * risk
    return np.maximum.accumulate(risk), np.maximum.accumulate(added)
