"""The compiled pass: each person's walk from cut to cut through age, time and follow-up.

Bands are [a, b): a piece that starts at a cut lies after it. The last piece of a spell is
where its event belongs, so that an event exactly at b lies in the band that ends at b.

Compiled code calls no other file, since the cache of compiled code is renewed when the file
of a function changes, not when a file it calls does: `_lexis_grid`, which most tables are
counted by, holds its own. Compiled functions take plain
tuples and arrays: a class of ours in their signature would be named in the cache, and taking
an array out of a tuple costs a count of references each time, so that is done once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo.numerics import calendar as _calendar
from paraneo.numerics.ticks import PLAIN_SLACK, TICKS_PER_DAY, tick_years

from ._exact import BITS, EXPECTED_LIMBS, MASK
from ._lexis_inputs import Axes, Bands, Rates, Spells
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

#: Years in a tick.
DATED_TICK, PLAIN_TICK = tick_years(civil=True), tick_years(civil=False)

_year_start: Any = njit(cache=True, nogil=True)(_calendar.year_start)
_march_year: Any = njit(cache=True, nogil=True)(_calendar.march_year)


@njit(cache=True, nogil=True, forceinline=True)
def _cut_at(
    whole: Any, part: Any, ticks: Any, scale: int, j: int, civil: bool, year: int, place: int
) -> Any:
    """Return the tick of cut ``j`` of a scale.

    ``year`` and ``place`` are the year from 1 March and the day in it of its zero, if it is
    cut at anniversaries; otherwise ``place`` is the tick of its zero.
    """
    if not civil:
        return place + ticks[scale, j]
    begin = _year_start(year + whole[scale, j]) + place
    if part[scale, j] > 0.0:
        end = _year_start(year + whole[scale, j] + 1) + place
        begin += int(np.floor(part[scale, j] * (end - begin) + 0.5))
    return TICKS_PER_DAY * begin


@njit(cache=True, nogil=True, forceinline=True)
def _known(passed: Any, lowest: Any, scale: int, year: Any) -> Any:
    """Return how many cuts are surely passed a year before ``year``; few more can be."""
    k = int(np.floor(year)) - 1 - lowest[scale]
    if k < 0:
        return 0
    while k >= passed.shape[1] or passed[scale, k] < 0:
        k = min(k, passed.shape[1]) - 1
    return passed[scale, k]


@njit(cache=True, nogil=True, forceinline=True)
def _walk(
    civil: bool,
    whole: Any,
    part: Any,
    ticks: Any,
    passed: Any,
    lowest: Any,
    zero: Any,
    birth: int,
    origin: int,
    start: Any,
    stop: Any,
    until: Any,
    bands: Any,
) -> int:
    # Arrays come one by one: taken out of a tuple they are counted as references each time.
    slack, tick = (0, DATED_TICK) if civil else (PLAIN_SLACK, PLAIN_TICK)
    born, began = 0, 0
    age_place, follow_place = birth, origin
    if civil:
        born = _march_year(birth // TICKS_PER_DAY)
        age_place = birth // TICKS_PER_DAY - _year_start(born)
        began = _march_year(origin // TICKS_PER_DAY)
        follow_place = origin // TICKS_PER_DAY - _year_start(began)
    now = start
    a = _known(passed, lowest, 0, (now - birth) * tick)
    p = _known(passed, lowest, 1, now * tick + zero[1])
    f = _known(passed, lowest, 2, (now - origin) * tick)
    next_age = _cut_at(whole, part, ticks, 0, a, civil, born, age_place)
    next_period = ticks[1, p]
    next_follow = _cut_at(whole, part, ticks, 2, f, civil, began, follow_place)
    count = 0
    while True:
        while next_age <= now + slack:
            a += 1
            next_age = _cut_at(whole, part, ticks, 0, a, civil, born, age_place)
        while next_period <= now + slack:
            p += 1
            next_period = ticks[1, p]
        while next_follow <= now + slack:
            f += 1
            next_follow = _cut_at(whole, part, ticks, 2, f, civil, began, follow_place)
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
    return int(_walk(*axes, birth, origin, start, stop, until, bands))


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
def _row_of(
    age: int, period: int, follow: int, group: int, size: tuple[int, int, int], cells: int
) -> Any:
    """Return the row of sums of a piece; those from ``cells`` on say why it stays out."""
    if follow == OUTSIDE_WINDOW:
        return cells + WINDOW
    if age == OUTSIDE:
        return cells + AGE
    if period == OUTSIDE:
        return cells + PERIOD
    if follow == OUTSIDE:
        return cells + FOLLOW_UP
    return ((group * size[0] + age) * size[1] + period) * size[2] + follow


@njit(cache=True, nogil=True, forceinline=True)
def _count(sums: Any, row: int, person: int, ticks: int) -> None:
    if sums[row, STAMP] != person:
        sums[row, STAMP] = person
        sums[row, PEOPLE] += 1
    _add_time(sums, row, ticks)


@njit(cache=True, nogil=True, forceinline=True)
def _add_events(sums: Any, row: int, events: Any, own: Any, i: int) -> None:
    for kind in range(len(own)):
        sums[row, EVENTS + kind] += events[i, own[kind]]


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
    _tally(tuple(spells), tuple(axes), tuple(bands), tuple(rates), drop, cells, sums, missing)


@njit(cache=True, nogil=True)
def _tally(  # noqa: C901 - split up it is several times slower
    spells: Any,
    axes: Any,
    bands: Any,
    rates: Any,
    drop: bool,
    cells: int,
    sums: Any,
    missing: Any,
) -> None:
    birth, origin, start, stop, persons, kinds, event, ended, own, group_of, rate_group = spells
    civil, whole, part, cut_ticks, reached, lowest, zero = axes
    age_band, period_band, follow_band = bands[0], bands[1], bands[2]
    size = bands[3:]
    age_row, period_row, first, ages, periods, limbs, state, first_missing = rates
    tables, types = age_row.shape[0], len(own)
    longest = len(age_band) + len(period_band) + len(follow_band)
    until = np.empty(longest, dtype=np.int64)
    passed = np.empty((longest, 3), dtype=np.int64)
    at = np.empty(max(tables, 1), dtype=np.int64)
    for i in range(len(start)):
        person, kind, now = persons[i], kinds[i], start[i]
        pieces = _walk(
            civil, whole, part, cut_ticks, reached, lowest, zero,
            birth[i], origin[i], now, stop[i], until, passed,
        )  # fmt: skip
        row = 0
        for piece in range(pieces):
            a, p, f = passed[piece, 0], passed[piece, 1], passed[piece, 2]
            ticks = until[piece] - now
            now = until[piece]
            row = _row_of(age_band[a], period_band[p], follow_band[f], group_of[kind], size, cells)
            if row < cells:
                for k in range(tables):
                    group = rate_group[k, kind]
                    at[k] = first[k] + period_row[k, p]
                    at[k] += (group * ages[k] + age_row[k, a]) * periods[k]
                    if state[at[k]] == MISSING:
                        cell = (group * age_row.shape[1] + a) * period_row.shape[1] + p
                        missing[first_missing[k] + cell] += ticks
                        if drop:
                            row = cells + NO_RATE
            _count(sums, row, person, ticks)
            if row < cells:
                for k in range(tables):
                    column = EVENTS + types + k * EXPECTED_LIMBS
                    _add_product(sums, row, column, ticks, limbs, at[k])
                    if state[at[k]] == BORROWED:
                        _count(sums, cells + REASONS + k, person, ticks)
        if not ended[i]:
            continue
        _add_events(sums, row, event, own, i)
        if row < cells:
            for k in range(tables):
                if state[at[k]] == BORROWED:
                    _add_events(sums, cells + REASONS + k, event, own, i)


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
    """Return the integral of each person's rates from start to stop, and the rate at stop."""
    found: tuple[Any, Any] = _integrate(
        tuple(axes), age_of, period_of, rates, birth, start, stop, group
    )
    return found


@njit(cache=True, nogil=True)
def _integrate(
    axes: Any,
    age_of: Any,
    period_of: Any,
    rates: Any,
    birth: Any,
    start: Any,
    stop: Any,
    group: Any,
) -> tuple[Any, Any]:
    people = len(start)
    cumulative, last = np.zeros(people), np.empty(people)
    longest = len(age_of) + len(period_of) + 1
    until = np.empty(longest)
    passed = np.empty((longest, 3), dtype=np.int64)
    civil, whole, part, ticks, reached, lowest, zero = axes
    for i in range(people):
        now = start[i]
        row = group[i] if group[i] >= 0 else rates.shape[0] - 1
        pieces = _walk(
            civil, whole, part, ticks, reached, lowest, zero,
            birth[i], birth[i], now, stop[i], until, passed,
        )  # fmt: skip
        for piece in range(pieces):
            last[i] = rates[row, age_of[passed[piece, 0]], period_of[passed[piece, 1]]]
            cumulative[i] += last[i] * (until[piece] - now)
            now = until[piece]
    return cumulative, last


@njit(cache=True, nogil=True)
def count_pieces(axes: Any, longest: int, birth: Any, start: Any, stop: Any) -> Any:
    """Return into how many pieces each spell is cut, at most ``longest``.

    ``axes`` is an ``Axes`` as a plain tuple, here and in ``cut_pieces``.
    """
    civil, whole, part, ticks, reached, lowest, zero = axes
    until, passed = np.empty(longest), np.empty((longest, 3), dtype=np.int64)
    count = np.empty(len(start), dtype=np.int64)
    for i in range(len(start)):
        count[i] = _walk(
            civil, whole, part, ticks, reached, lowest, zero,
            birth[i], birth[i], start[i], stop[i], until, passed,
        )  # fmt: skip
    return count


@njit(cache=True, nogil=True)
def cut_pieces(
    axes: Any,
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
    civil, whole, part, ticks, reached, lowest, zero = axes
    for i in range(len(start)):
        pieces = _walk(
            civil, whole, part, ticks, reached, lowest, zero,
            birth[i], birth[i], start[i], stop[i], until, passed,
        )  # fmt: skip
        for k in range(pieces):
            ends[first[i] + k] = until[k]
            rate[first[i] + k] = rates[group[i], age_of[passed[k, 0]], period_of[passed[k, 1]]]
    return ends, rate
