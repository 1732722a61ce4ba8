"""Who is at risk, and who has which event, at each distinct time of an event.

Arrays in, arrays out. A person is at risk over (entry, exit]: not at the moment of
entry, still at the moment of exit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo._estimate import Vector

Index = NDArray[np.intp]

#: Times nearer to each other than this share of the largest are one time: what sums and
#: quotients of days leave behind is not a difference in time.
TIE = 1e-9


class People(NamedTuple):
    """Times and events of one group.

    Attributes
    ----------
    entry : array or None
        Start of observation; None where everybody is observed from the beginning,
        so that an event at time zero counts.
    exit : array
        End of observation.
    cause : array of int
        0 for censored, 1, 2, … for the causes.
    """

    entry: Vector | None
    exit: Vector
    cause: Index


class RiskSets(NamedTuple):
    """Counts at the m distinct times of events.

    Attributes
    ----------
    time : array, shape (m,)
    at_risk : array, shape (m,)
    events : array, shape (m, causes)
    first, last : array of int, shape (n,)
        A person is at risk at the times with index first, …, last - 1.
    """

    time: Vector
    at_risk: Vector
    events: Vector
    first: Index
    last: Index


def merge_near_ties(*arrays: Vector) -> list[Vector]:
    """Return the arrays with times that differ by rounding alone made equal.

    The smallest of a run of near neighbours stands for all of them, so that the
    answer does not depend on the order of the people.
    """
    times = np.sort(np.concatenate(arrays))
    if not len(times):
        return list(arrays)
    gap = np.diff(times)
    near = TIE * max(abs(times[0]), abs(times[-1]))
    if not np.any((gap > 0) & (gap <= near)):
        return list(arrays)
    heads = times[np.concatenate(([True], gap > near))]
    return [heads[np.searchsorted(heads, part, side="right") - 1] for part in arrays]


def risk_sets(people: People, causes: int) -> RiskSets:
    """Count people at risk and events at each distinct time of an event."""
    happened = people.cause > 0
    when = people.exit[happened]
    time = np.unique(when)
    m = len(time)
    last = np.searchsorted(time, people.exit, side="right")
    if people.entry is None:
        first = np.zeros(len(last), dtype=np.intp)
    else:
        first = np.searchsorted(time, people.entry, side="right")
    came = np.bincount(first, minlength=m + 1)
    left = np.bincount(last, minlength=m + 1)
    cell = (last[happened] - 1) * causes + people.cause[happened] - 1
    events = np.bincount(cell, minlength=m * causes).reshape(m, causes)
    at_risk = np.cumsum(came - left)[:m]
    return RiskSets(time, at_risk.astype(np.float64), events.astype(np.float64), first, last)


def number_at_risk(people: People, times: Vector) -> Index:
    """Return how many are at risk at each of the times; who enters at 0 is so at 0."""
    gone = np.searchsorted(np.sort(people.exit), times, side="left")
    if people.entry is None:
        return np.asarray(len(people.exit) - gone, dtype=np.intp)
    entry = np.sort(people.entry)
    come = np.searchsorted(entry, times, side="left")
    return np.asarray(np.where(times == 0, np.searchsorted(entry, 0.0, side="right"), come) - gone)


def observed_from(people: People, start: float) -> People:
    """Return those still observed after ``start``, with time counted from there."""
    kept = people.exit > start
    entry = None
    if people.entry is not None:
        entry = np.maximum(people.entry[kept] - start, 0.0)
    return People(entry, people.exit[kept] - start, people.cause[kept])
