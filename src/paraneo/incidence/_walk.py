"""One person's walk from cut to cut through age, calendar time and follow-up.

Bands are [a, b): a piece that starts at a cut lies after it. The last piece of a spell is
where its event belongs, so that an event exactly at b lies in the band that ends at b.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo import _calendar

from ._ticks import TICKS_PER_DAY, ticks_of_years

#: A cut this close to the ends of a spell is at it. Sums of numbers of years such as birth +
#: age are rounded to about 10 ticks; 64 ticks are a tenth of a millisecond.
SLACK = 64
#: Later than anything.
FAR = 2**62

_year_start: Any = njit(cache=True, nogil=True)(_calendar.year_start)
_march_year: Any = njit(cache=True, nogil=True)(_calendar.march_year)


class Axis(NamedTuple):
    """Finite cuts of one time scale, ascending.

    Attributes
    ----------
    whole, part : array of int, array of float
        Whole years and the fraction beyond them, for cuts at anniversaries.
    ticks : array of int
        Distance from the zero of the scale, where no calendar is involved.
    """

    whole: NDArray[np.int64]
    part: NDArray[np.float64]
    ticks: NDArray[np.int64]


class Axes(NamedTuple):
    """The three scales. ``civil``: times are dates, age and follow-up cut at anniversaries."""

    civil: bool
    age: Axis
    period: Axis
    follow_up: Axis


@njit(cache=True, nogil=True)
def _cut(
    axis: Axis, j: int, civil: bool, year: int, within: int, zero: int, start: Any, stop: Any
) -> Any:
    """Return the tick of cut ``j`` of a scale for one person."""
    if j >= len(axis.ticks):
        return FAR
    if civil:
        begin = _year_start(year + axis.whole[j]) + within
        if axis.part[j] > 0.0:
            end = _year_start(year + axis.whole[j] + 1) + within
            begin += int(np.floor(axis.part[j] * (end - begin) + 0.5))
        return TICKS_PER_DAY * begin
    at = zero + axis.ticks[j]
    if abs(at - start) <= SLACK:
        return start
    if abs(at - stop) <= SLACK:
        return stop
    return at


@njit(cache=True, nogil=True)
def _band(axis: Axis, civil: bool, year: int, within: int, zero: int, start: Any, stop: Any) -> int:
    """Return how many cuts lie at or before ``start``."""
    low, high = 0, len(axis.ticks)
    while low < high:
        middle = (low + high) // 2
        if _cut(axis, middle, civil, year, within, zero, start, stop) <= start:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def walk(axes: Axes, birth: int, origin: int, start: Any, stop: Any, until: Any, bands: Any) -> int:
    """Cut a spell into pieces within which no scale passes a cut.

    Parameters
    ----------
    axes : Axes
    birth, origin : int
        Ticks at which age and follow-up are 0.
    start, stop : int or float
        Ticks at which the spell begins and ends.
    until : array
        Filled with the tick at which each piece ends.
    bands : array, shape (pieces, 3)
        Filled with how many cuts of age, period and follow-up lie at or before the piece.

    Returns
    -------
    int
        The number of pieces; 1, of no length, for a spell of no length.
    """
    age, period, follow = axes.age, axes.period, axes.follow_up
    civil = axes.civil
    born, began = 0, 0
    birth_within, origin_within = 0, 0
    if civil:
        born = _march_year(birth // TICKS_PER_DAY)
        birth_within = birth // TICKS_PER_DAY - _year_start(born)
        began = _march_year(origin // TICKS_PER_DAY)
        origin_within = origin // TICKS_PER_DAY - _year_start(began)
    a = _band(age, civil, born, birth_within, birth, start, stop)
    p = _band(period, False, 0, 0, 0, start, stop)
    f = _band(follow, civil, began, origin_within, origin, start, stop)
    next_age = _cut(age, a, civil, born, birth_within, birth, start, stop)
    next_period = _cut(period, p, False, 0, 0, 0, start, stop)
    next_follow = _cut(follow, f, civil, began, origin_within, origin, start, stop)
    count = 0
    now = start
    while True:
        end = min(stop, next_age, next_period, next_follow)
        until[count] = end
        bands[count, 0] = a
        bands[count, 1] = p
        bands[count, 2] = f
        count += 1
        now = end
        if now >= stop:
            return count
        while next_age <= now:
            a += 1
            next_age = _cut(age, a, civil, born, birth_within, birth, start, stop)
        while next_period <= now:
            p += 1
            next_period = _cut(period, p, False, 0, 0, 0, start, stop)
        while next_follow <= now:
            f += 1
            next_follow = _cut(follow, f, civil, began, origin_within, origin, start, stop)


def axis(edges: NDArray[np.float64]) -> Axis:
    """Return the cuts at the finite ones among ascending edges in years."""
    finite = edges[np.isfinite(edges)]
    whole = np.floor(finite)
    return Axis(whole.astype(np.int64), finite - whole, ticks_of_years(finite))


def period_axis(edges: NDArray[np.float64], *, civil: bool) -> Axis:
    """Return the cuts at the finite ones among ascending edges in calendar years."""
    cuts = axis(edges)
    if not civil:
        return cuts
    days = _calendar.first_of_january(edges[np.isfinite(edges)])
    return cuts._replace(ticks=TICKS_PER_DAY * days)


def no_cuts() -> Axis:
    """Return a time scale that is not cut."""
    return axis(np.empty(0))
