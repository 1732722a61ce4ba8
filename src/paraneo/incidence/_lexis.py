"""The compiled pass: each person's walk from cut to cut through age, time and follow-up.

Bands are [a, b): a piece that starts at a cut lies after it. The last piece of a spell is
where its event belongs, so that an event exactly at b lies in the band that ends at b.

All compiled code stands in this one file, since the cache of compiled code is renewed when
the file of a function changes, not when a file it calls does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo import _calendar

from ._exact import BITS, EXPECTED_LIMBS, MASK
from ._lexis_inputs import Axes, Axis, Bands, Rates, Spells
from ._sums import (
    AGE,
    BORROWED,
    EVENTS,
    FOLLOW_UP,
    MISSING,
    NO_RATE,
    OUTSIDE,
    OUTSIDE_WINDOW,
    PEOPLE,
    PERIOD,
    REASONS,
    STAMP,
    TIME,
    WINDOW,
)
from ._ticks import TICKS_PER_DAY, tick_years

#: Between plain numbers, cuts this close to each other or to an end of a spell are at one
#: place. Sums of years such as birth + age are rounded to about 10 ticks; 64 are 0.1 ms.
SLACK = 64
#: Later than anything.
FAR = 2**62
#: Years in a tick.
DATED_TICK, PLAIN_TICK = tick_years(civil=True), tick_years(civil=False)

_year_start: Any = njit(cache=True, nogil=True)(_calendar.year_start)
_march_year: Any = njit(cache=True, nogil=True)(_calendar.march_year)


@njit(cache=True, nogil=True, forceinline=True)
def _cut(axis: Axis, j: int, civil: bool, year: int, within: int, zero: int) -> Any:
    """Return the tick of cut ``j`` of a scale for one person."""
    if j >= len(axis.ticks):
        return FAR
    if not civil:
        return zero + axis.ticks[j]
    begin = _year_start(year + axis.whole[j]) + within
    if axis.part[j] > 0.0:
        end = _year_start(year + axis.whole[j] + 1) + within
        begin += int(np.floor(axis.part[j] * (end - begin) + 0.5))
    return TICKS_PER_DAY * begin


@njit(cache=True, nogil=True, forceinline=True)
def _band(axis: Axis, civil: bool, dated: bool, year: int, within: int, zero: int, at: Any) -> Any:
    """Return how many cuts lie at or before a tick."""
    if len(axis.ticks) == 0:
        return 0
    tick = DATED_TICK if dated else PLAIN_TICK
    # A year less than it seems: certainly passed, so that a step or two forward suffice.
    known = int(np.floor((at - zero) * tick + axis.zero)) - 1 - axis.lowest
    j = 0 if known < 0 else axis.passed[min(known, len(axis.passed) - 1)]
    while _cut(axis, j, civil, year, within, zero) <= at:
        j += 1
    return j


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
    slack = 0 if civil else SLACK
    born, began = 0, 0
    birth_within, origin_within = 0, 0
    if civil:
        born = _march_year(birth // TICKS_PER_DAY)
        birth_within = birth // TICKS_PER_DAY - _year_start(born)
        began = _march_year(origin // TICKS_PER_DAY)
        origin_within = origin // TICKS_PER_DAY - _year_start(began)
    a = _band(age, civil, civil, born, birth_within, birth, start + slack)
    p = _band(period, False, civil, 0, 0, 0, start + slack)
    f = _band(follow, civil, civil, began, origin_within, origin, start + slack)
    next_age = _cut(age, a, civil, born, birth_within, birth)
    next_period = _cut(period, p, False, 0, 0, 0)
    next_follow = _cut(follow, f, civil, began, origin_within, origin)
    count = 0
    now = start
    while True:
        end = min(next_age, next_period, next_follow)
        if end >= stop - slack:
            end = stop
        until[count] = end
        bands[count, 0] = a
        bands[count, 1] = p
        bands[count, 2] = f
        count += 1
        now = end
        if now >= stop:
            return count
        while next_age <= now + slack:
            a += 1
            next_age = _cut(age, a, civil, born, birth_within, birth)
        while next_period <= now + slack:
            p += 1
            next_period = _cut(period, p, False, 0, 0, 0)
        while next_follow <= now + slack:
            f += 1
            next_follow = _cut(follow, f, civil, began, origin_within, origin)


@njit(cache=True, nogil=True, forceinline=True)
def _add_time(sums: Any, row: int, ticks: int) -> None:
    """Add whole ticks to the time of a row of sums."""
    sums[row, TIME] += ticks & MASK
    sums[row, TIME + 1] += ticks >> BITS


@njit(cache=True, nogil=True, forceinline=True)
def _add_product(sums: Any, row: int, at: int, ticks: int, limbs: Any, rate: int) -> None:
    """Add rate × ticks to the sum at column ``at``; ticks stay below 2**53."""
    low, high = ticks & MASK, ticks >> BITS
    r0, r1, r2 = limbs[rate, 0], limbs[rate, 1], limbs[rate, 2]
    product = low * r0
    sums[row, at] += product & MASK
    product = low * r1 + high * r0 + (product >> BITS)
    sums[row, at + 1] += product & MASK
    product = low * r2 + high * r1 + (product >> BITS)
    sums[row, at + 2] += product & MASK
    product = high * r2 + (product >> BITS)
    sums[row, at + 3] += product & MASK
    sums[row, at + 4] += product >> BITS


@njit(cache=True, nogil=True, forceinline=True)
def _place(bands: Bands, group: int, a: int, p: int, f: int, cells: int) -> Any:
    """Return the row of sums of a piece; those from ``cells`` on say why it stays out."""
    age, period, follow = bands.age[a], bands.period[p], bands.follow_up[f]
    if follow == OUTSIDE_WINDOW:
        return cells + WINDOW
    if age == OUTSIDE:
        return cells + AGE
    if period == OUTSIDE:
        return cells + PERIOD
    if follow == OUTSIDE:
        return cells + FOLLOW_UP
    return ((group * bands.ages + age) * bands.periods + period) * bands.follow_ups + follow


@njit(cache=True, nogil=True, forceinline=True)
def _count(sums: Any, row: int, person: int, ticks: int) -> None:
    if sums[row, STAMP] != person:
        sums[row, STAMP] = person
        sums[row, PEOPLE] += 1
    _add_time(sums, row, ticks)


@njit(cache=True, nogil=True, forceinline=True)
def _add_events(sums: Any, row: int, events: Any, i: int) -> None:
    for kind in range(events.shape[1]):
        sums[row, EVENTS + kind] += events[i, kind]


@njit(cache=True, nogil=True, forceinline=True)
def _find_rates(
    rates: Rates, groups: Any, i: int, a: int, p: int, ticks: int, at: Any, missing: Any
) -> bool:
    """Fill ``at`` with where each table's rate is; False where one has none."""
    known = True
    ages, periods = rates.age.shape[1], rates.period.shape[1]
    for k in range(groups.shape[0]):
        group = groups[k, i]
        row = group * rates.ages[k] + rates.age[k, a]
        at[k] = rates.first[k] + row * rates.periods[k] + rates.period[k, p]
        if rates.state[at[k]] == MISSING:
            known = False
            missing[rates.first_missing[k] + (group * ages + a) * periods + p] += ticks
    return known


@njit(cache=True, nogil=True, forceinline=True)
def _expect(
    rates: Rates, at: Any, sums: Any, row: int, cells: int, person: int, ticks: int, types: int
) -> None:
    """Add rate × time of each table, and note where the rate is borrowed."""
    for k in range(rates.age.shape[0]):
        first = EVENTS + types + k * EXPECTED_LIMBS
        _add_product(sums, row, first, ticks, rates.limbs, at[k])
        if rates.state[at[k]] == BORROWED:
            _count(sums, cells + REASONS + k, person, ticks)


@njit(cache=True, nogil=True)
def tally(
    spells: Spells,
    axes: Axes,
    bands: Bands,
    rates: Rates,
    drop: bool,
    cells: int,
    sums: NDArray[np.int64],
    missing: NDArray[np.float64],
) -> None:
    """Walk every spell and add its pieces to ``sums``, in place.

    Parameters
    ----------
    spells, axes, bands, rates
    drop : bool
        Keep person-time and events out where a table has no rate; otherwise they are
        counted with no expected events, and ``missing`` tells.
    cells : int
        Number of cells; the rows of ``sums`` from there on are those of the reasons.
    sums : array, shape (cells + REASONS + tables, columns)
    missing : array
        Ticks without a rate, by table, group, and cuts of age and period passed.
    """
    tables, types = rates.age.shape[0], spells.event.shape[1]
    longest = len(bands.age) + len(bands.period) + len(bands.follow_up)
    until = np.empty(longest, dtype=np.int64)
    passed = np.empty((longest, 3), dtype=np.int64)
    at = np.empty(max(tables, 1), dtype=np.int64)
    for i in range(len(spells.start)):
        person, group, now = spells.person[i], spells.group[i], spells.start[i]
        pieces = walk(axes, spells.birth[i], spells.origin[i], now, spells.stop[i], until, passed)
        row = 0
        for piece in range(pieces):
            a, p, f = passed[piece, 0], passed[piece, 1], passed[piece, 2]
            ticks = until[piece] - now
            now = until[piece]
            row = _place(bands, group, a, p, f, cells)
            if row < cells and tables:
                known = _find_rates(rates, spells.rate_group, i, a, p, ticks, at, missing)
                if drop and not known:
                    row = cells + NO_RATE
            _count(sums, row, person, ticks)
            if row < cells:
                _expect(rates, at, sums, row, cells, person, ticks, types)
        _add_events(sums, row, spells.event, i)
        if row < cells:
            for k in range(tables):
                if rates.state[at[k]] == BORROWED:
                    _add_events(sums, cells + REASONS + k, spells.event, i)


@njit(cache=True, nogil=True)
def integrate(
    axes: Axes,
    age_of: Any,
    period_of: Any,
    rates: Any,
    birth: Any,
    start: Any,
    stop: Any,
    group: Any,
) -> tuple[Any, Any]:
    """Return the integral of the rates from start to stop, and the rate at stop."""
    people = len(start)
    cumulative, last = np.zeros(people), np.empty(people)
    longest = len(age_of) + len(period_of) + 1
    until = np.empty(longest)
    passed = np.empty((longest, 3), dtype=np.int64)
    for i in range(people):
        now = start[i]
        row = group[i] if group[i] >= 0 else rates.shape[0] - 1
        for piece in range(walk(axes, birth[i], birth[i], now, stop[i], until, passed)):
            last[i] = rates[row, age_of[passed[piece, 0]], period_of[passed[piece, 1]]]
            cumulative[i] += last[i] * (until[piece] - now)
            now = until[piece]
    return cumulative, last


@njit(cache=True, nogil=True)
def count_pieces(axes: Axes, longest: int, birth: Any, start: Any, stop: Any) -> Any:
    """Return into how many pieces each spell is cut, at most ``longest``."""
    until, passed = np.empty(longest), np.empty((longest, 3), dtype=np.int64)
    count = np.empty(len(start), dtype=np.int64)
    for i in range(len(start)):
        count[i] = walk(axes, birth[i], birth[i], start[i], stop[i], until, passed)
    return count


@njit(cache=True, nogil=True)
def cut_pieces(
    axes: Axes,
    age_of: Any,
    period_of: Any,
    rates: Any,
    birth: Any,
    start: Any,
    stop: Any,
    group: Any,
    first: Any,
) -> Any:
    """Return where each piece ends and its rate; those of spell i begin at ``first[i]``."""
    longest = len(age_of) + len(period_of) + 1
    until, passed = np.empty(longest), np.empty((longest, 3), dtype=np.int64)
    ends, rate = np.empty(first[-1]), np.empty(first[-1])
    for i in range(len(start)):
        for k in range(walk(axes, birth[i], birth[i], start[i], stop[i], until, passed)):
            ends[first[i] + k] = until[k]
            rate[first[i] + k] = rates[group[i], age_of[passed[k, 0]], period_of[passed[k, 1]]]
    return ends, rate
