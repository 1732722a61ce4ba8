"""Who is at risk, and who has which event, at each distinct time of an event.

Arrays in, arrays out. A person is at risk over (entry, exit]: not at the moment of
entry, still at the moment of exit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from .curve_limits import largest_risk

Index = NDArray[np.intp]

#: Times nearer to each other than this share of the largest are one time: what sums and
#: quotients of days leave behind is not a difference in time.
TIE = 1e-9
#: Stands for nobody's squared weight.
TINY = 1e-300
#: Bins in which times are looked up.
BINS = 1 << 16


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
    weight : array or None
        What each counts by; None where all count by 1.
    counted : bool
        Whether weights count people: all of the table are whole numbers.
    """

    entry: Vector | None
    exit: Vector
    cause: Index
    weight: Vector | None = None
    counted: bool = True

    def chosen(self, rows: Any) -> People:
        """Return some of the people."""
        entry = None if self.entry is None else self.entry[rows]
        weight = None if self.weight is None else self.weight[rows]
        return People(entry, self.exit[rows], self.cause[rows], weight, self.counted)

    @property
    def squares(self) -> Vector:
        """What a person's squared influence counts by in a variance.

        Weights that count people stand for so many influences; others make one larger.
        """
        weight = np.ones(len(self.exit)) if self.weight is None else self.weight
        return weight if self.counted else weight**2


class RiskSets(NamedTuple):
    """Counts at the m distinct times of events.

    Attributes
    ----------
    time : array, shape (m,)
    at_risk : array, shape (m,)
    events : array, shape (m, causes)
    """

    time: Vector
    at_risk: Vector
    events: Vector


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
    follows = np.flatnonzero((gap > 0) & (gap <= near)) + 1
    if not len(follows):
        return list(arrays)
    opens = np.concatenate(([0], np.flatnonzero(gap > near) + 1))
    heads = times[opens[np.searchsorted(opens, follows, side="right") - 1]]
    return [_replaced(part, times[follows], heads) for part in arrays]


def _replaced(values: Vector, old: Vector, new: Vector) -> Vector:
    """Return values with those that are in ``old``, which rises, replaced by their like in ``new``.

    Only values in the same of many bins as an old one are sought among them: these are few.
    """
    width = float(old[-1] - old[0]) / BINS or 1.0
    taken = np.zeros(BINS + 2, dtype=bool)
    taken[_bins(old, old[0], width)] = True
    maybe = np.flatnonzero(taken[_bins(values, old[0], width)])
    place = np.minimum(np.searchsorted(old, values[maybe]), len(old) - 1)
    same = old[place] == values[maybe]
    out = values.copy()
    out[maybe[same]] = new[place[same]]
    return out


def _bins(values: Vector, first: float, width: float) -> Index:
    return np.asarray(np.clip((values - first) / width + 1.0, 0.0, BINS + 1.0), dtype=np.intp)


def risk_sets(people: People, causes: int) -> RiskSets:
    """Count people at risk and events at each distinct time of an event."""
    if people.weight is not None:
        return _weighted_sets(people, causes)
    from ._event_counts import count_events  # here, since it loads the compiler

    order = np.argsort(people.exit)
    some = int(np.count_nonzero(people.cause))
    time, at_risk, events = count_events(people.exit[order], people.cause[order], some, causes)
    if people.entry is not None:
        came = np.searchsorted(np.sort(people.entry), time, side="left")
        at_risk -= len(people.entry) - came
    return RiskSets(time, at_risk, events)


def _weighted_sets(people: People, causes: int) -> RiskSets:
    had = np.flatnonzero(people.cause)
    time, place = np.unique(people.exit[had], return_inverse=True)
    weight = people.weight[had] if people.weight is not None else np.ones(len(had))
    cell = place * causes + people.cause[had] - 1
    events = np.bincount(cell, weight, len(time) * causes).astype(np.float64)
    events = events.reshape(len(time), causes)
    every, at_risk = events.sum(axis=1), sum_at_risk(people, time)
    last = np.abs(at_risk - every) <= TIE * every  # all have their event: what is left is rounding
    return RiskSets(time, np.where(last, every, at_risk), events)


def sum_at_risk(people: People, times: Vector, values: Vector | None = None) -> Vector:
    """Return the sum over those at risk at each time of their weights, or of other values."""
    if values is None:
        values = np.ones(len(people.exit)) if people.weight is None else people.weight
    still = _sums_from(people.exit, values, times)
    if people.entry is None:
        return still
    return np.asarray(np.maximum(still - _sums_from(people.entry, values, times), 0.0))


def _sums_from(points: Vector, values: Vector, times: Vector) -> Vector:
    """Return the sums of the values of those whose point lies at each time or later."""
    order = np.argsort(points)
    sums = np.append(np.cumsum(values[order][::-1])[::-1], 0.0)
    return np.asarray(sums[np.searchsorted(points[order], times, side="left")])


def spans(people: People, time: Vector) -> tuple[Index, Index]:
    """Return which of the times each is at risk at: those from ``first`` to ``last`` - 1."""
    last = _places(time, people.exit)
    if people.entry is None:
        return np.zeros(len(last), dtype=np.intp), last
    return _places(time, people.entry), last


def _places(sorted_times: Vector, values: Vector) -> Index:
    """Return how many of the times lie at or before each value.

    The values are sought in their order, several times faster than at random in memory.
    """
    order = np.argsort(values)
    places = np.empty(len(values), dtype=np.intp)
    places[order] = np.searchsorted(sorted_times, values[order], side="right")
    return places


def number_at_risk(people: People, times: Vector) -> NDArray[Any]:
    """Return how many are at risk at each of the times; who enters at 0 is so at 0.

    With weights it is their sum.
    """
    if people.weight is not None:
        found = sum_at_risk(people, times)
        if people.entry is not None:
            found[times == 0.0] = people.weight[people.entry == 0.0].sum()
        return np.rint(found).astype(np.intp) if people.counted else found
    gone = np.searchsorted(np.sort(people.exit), times, side="left")
    if people.entry is None:
        return np.asarray(len(people.exit) - gone, dtype=np.intp)
    entry = np.sort(people.entry)
    come = np.searchsorted(entry, times, side="left")
    return np.asarray(np.where(times == 0, np.searchsorted(entry, 0.0, side="right"), come) - gone)


def knowing_at_risk(people: People, times: Vector) -> Vector:
    """Return how many, each counting by 1, would know as much as those at risk.

    (sum of w)² / sum of w² where weights do not count people (Kish).
    """
    number = number_at_risk(people, times).astype(np.float64)
    if people.counted:
        return number
    return np.asarray(number**2 / np.maximum(sum_at_risk(people, times, people.squares), TINY))


def observed_from(people: People, start: float) -> People:
    """Return those still observed after ``start``, with time counted from there."""
    kept = people.exit > start
    entry = None
    if people.entry is not None:
        entry = np.maximum(people.entry[kept] - start, 0.0)
    return people.chosen(kept)._replace(entry=entry, exit=people.exit[kept] - start)


def risk_without_events(
    people: People, at: Vector, level: float, time: Vector | None = None, free: Vector | None = None
) -> Vector:
    """Return the upper limit of the risk by some times of an event that nobody had by then.

    The largest over u up to then of S(u-) (1 - (alpha/2)^(1/Y(u))), with Y at risk at u and S
    the probability of no other event yet, a step function that falls to ``free`` at each
    ``time``. No hazard that leaves a chance of alpha/2 to what was observed gives more. Without
    censoring and other events it is the exact limit of Clopper and Pearson. NaN where nobody was
    at risk yet.
    """
    entry = () if people.entry is None else people.entry
    moments = np.unique(np.concatenate([people.exit, entry, at]))
    moments = moments[moments > np.min(entry, initial=0.0 if people.entry is None else np.inf)]
    before = np.ones(len(moments))
    if time is not None and free is not None:
        before = np.concatenate(([1.0], free))[np.searchsorted(time, moments, side="left")]
    risk = before * largest_risk(knowing_at_risk(people, moments), level)
    highest = np.concatenate(([np.nan], np.maximum.accumulate(risk)))
    return highest[np.searchsorted(moments, at, side="right")]
