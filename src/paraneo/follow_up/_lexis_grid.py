"""The compiled pass over a grid: exact time first, rates afterwards.

Between neighbouring cuts of age, period and follow-up nothing changes for people of one
kind: neither the cell of the table nor any rate. So the pass adds a person's ticks to a grid
of all such places, one addition a piece, and each place is multiplied by its rates once, at
the end. Whole numbers add up to the same sums as those of `_lexis.tally` to the last digit.

A place is what lies between two cuts of follow-up in an area; an area is a kind of people
between two cuts of period and two of age. Place = (follow-up × kinds + kind) × periods × ages
+ period × ages + age. Where that makes too many places for the people there are,
`worthwhile` says no, and `_lexis.tally` does without.

Like `_lexis`, this file holds all compiled code that it calls, since the cache of compiled
code is renewed when the file of a function changes, not when a file it calls does.
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
    TIME,
    WINDOW,
)

#: Most places of a grid, 20 bytes each, and most places per spell beyond the first 65 536.
MOST_PLACES, PLACES_PER_SPELL = 2**20, 8
#: A place takes as much again for every so many rate tables.
TABLES = 4
#: Spells between two emptyings of the grid. So long, a place's low 40 bits have room for
#: the low 24 of each piece of time, and the bits above them for the number of people.
RUN, PACKED = 2**16, 40
#: More years of birth, or of origin, than any cohort spans.
MOST_YEARS = 1000
#: Ticks in the mean civil year, and years in a tick. By the mean year, anniversaries and
#: calendar years are less than ``STRAY`` years away from where they should be.
MEAN_YEAR = 365.2425 * TICKS_PER_DAY
DATED_YEAR, PLAIN_YEAR = 1.0 / MEAN_YEAR, tick_years(civil=False)
STRAY = 0.02

Whole = NDArray[np.int64]

#: An index that is known not to be negative. Others are first looked at for counting from
#: the end, which takes a quarter of the time of the pass.
_at = np.uint64


def worthwhile(spells: Spells, axes: Axes, bands: Bands) -> bool:
    """Return whether a grid is small enough to be quicker than going without."""
    gaps = len(bands.age) * len(bands.period) * len(bands.follow_up)
    places, count = gaps * len(spells.group), len(spells.start)
    most = MOST_PLACES // max(1, len(spells.rate_group) // TABLES)
    if not count or places > min(most, 2**16 + PLACES_PER_SPELL * count):
        return False
    return not axes.civil or max(_years(spells.birth)[1], _years(spells.origin)[1]) <= MOST_YEARS


def tally_on_grid(
    spells: Spells,
    axes: Axes,
    bands: Bands,
    rates: Rates,
    drop: bool,
    cells: int,
    sums: Whole,
    missing: NDArray[np.float64],
) -> None:
    """Walk every spell and add its pieces to ``sums``, in place, as `_lexis.tally` does."""
    at, missing_at = _by_area(spells, rates, (len(bands.age), len(bands.period)))
    state = rates.state[at]
    rows = _rows(spells.group, tuple(bands), state, drop, cells)
    born, began = (_years(spells.birth), _years(spells.origin)) if axes.civil else ((0, 1), (0, 1))
    march = (_march_starts(*born), _march_starts(*began))
    passed = tuple(row[row >= 0] for row in axes.passed)
    cuts = (
        _cut_ticks(axes, 0, born, len(bands.age)),
        axes.ticks[1],
        _cut_ticks(axes, 2, began, len(bands.follow_up)),
    )
    packed = np.zeros(rows.size, dtype=np.int64)
    high = np.zeros(0 if axes.civil else rows.size, dtype=np.int64)
    stamp = np.zeros(len(sums), dtype=np.int64)
    people, low = np.zeros(rows.size, dtype=np.int64), np.zeros(rows.size, dtype=np.int64)
    for first in range(0, len(spells.start), RUN):
        _pass(
            tuple(spells[:9]), first, tuple(axes), march, passed, cuts, len(bands.period),
            rows.ravel(), state, packed, high, stamp, cells, sums,
        )  # fmt: skip
        _empty(packed, people, low)
    _collect(
        rows.ravel(), state, at, rates.limbs, missing_at, len(spells.own),
        people, low, high, cells, sums, missing,
    )  # fmt: skip


def _years(ticks: Whole) -> tuple[int, int]:
    """Return the first of the years from 1 March that dates lie in, and how many there are."""
    first = _calendar.march_year(int(ticks.min()) // TICKS_PER_DAY)
    last = _calendar.march_year(int(ticks.max()) // TICKS_PER_DAY)
    return first, last - first + 1


def _cut_ticks(axes: Axes, scale: int, years: tuple[int, int], gaps: int) -> Whole:
    """Return the tick of each cut of age or follow-up, by year of birth or origin.

    A cut of somebody's lies as much after it as birth or origin after 1 March of its year,
    or after tick 0 between plain numbers.
    """
    if not axes.civil:
        return axes.ticks[[scale], :gaps]
    first, count = years
    march = _calendar.year_start(np.arange(first, first + count))[:, None]
    cuts = axes.whole[scale, :gaps] + axes.part[scale, :gaps]
    return TICKS_PER_DAY * _calendar.anniversary(march, cuts)


def _march_starts(first: int, count: int) -> Whole:
    """Return the tick of 1 March in so many years and the two after."""
    return TICKS_PER_DAY * _calendar.year_start(np.arange(first, first + count + 2))


def _by_area(spells: Spells, rates: Rates, shape: tuple[int, int]) -> tuple[Whole, Whole]:
    """Return, by table and area, where its rate is and where time without one is noted."""
    ages, periods = shape
    groups = spells.rate_group[:, :, None, None]
    first, high, wide = (
        each[:, None, None, None] for each in (rates.first[:-1], rates.ages, rates.periods)
    )
    at = (groups * high + rates.age[:, None, None, :]) * wide + rates.period[:, None, :, None]
    cell = (groups * ages + np.arange(ages)) * periods + np.arange(periods)[:, None]
    missing_at = rates.first_missing[:-1, None, None, None] + cell
    areas = (len(rates.age), len(spells.group) * ages * periods)
    return (first + at).reshape(areas), missing_at.reshape(areas)


@njit(cache=True, nogil=True)
def _rows(group: Any, bands: Any, state: Any, drop: bool, cells: int) -> Any:
    """Return the row of sums of each place, its complement where a rate is borrowed."""
    age_band, period_band, follow_band, sizes = bands[0], bands[1], bands[2], bands[3:]
    ages, periods, follows, tables = len(age_band), len(period_band), len(follow_band), len(state)
    rows = np.empty((follows, len(group) * periods * ages), dtype=np.int32)
    for area in range(rows.shape[1]):
        age, rest = age_band[area % ages], area // ages
        period, stratum = period_band[rest % periods], group[rest // periods]
        unknown = borrowed = False
        for table in range(tables):
            unknown |= drop and state[table, area] == MISSING
            borrowed |= state[table, area] == BORROWED
        outside = cells + AGE if age == OUTSIDE else cells + PERIOD
        first = ((stratum * sizes[0] + age) * sizes[1] + period) * sizes[2]
        for f in range(follows):
            follow = follow_band[f]
            if follow == OUTSIDE_WINDOW:
                row = cells + WINDOW
            elif age == OUTSIDE or period == OUTSIDE:
                row = outside
            elif follow == OUTSIDE:
                row = cells + FOLLOW_UP
            elif unknown:
                row = cells + NO_RATE
            else:
                row = ~(first + follow) if borrowed else first + follow
            rows[f, area] = row
    return rows


@njit(cache=True, nogil=True, forceinline=True)
def _surely_passed(passed: Any, lowest: int, year: float) -> Any:
    """Return how many cuts are surely passed at ``year``, which may be ``STRAY`` years off."""
    k = min(int(np.floor(year - STRAY)) - lowest, len(passed) - 1)
    return passed[_at(k)] if k >= 0 else 0


@njit(cache=True, nogil=True, forceinline=True)
def _within_year(ticks: int, march: Any) -> Any:
    """Return which year from 1 March a date lies in, and its ticks from there."""
    year = int((ticks - march[0]) / MEAN_YEAR)
    year += march[_at(year + 1)] <= ticks
    year -= march[_at(year)] > ticks
    return year, ticks - march[_at(year)]


@njit(cache=True, nogil=True)
def _pass(  # noqa: C901 - split up it is several times slower
    spells: Any,
    first: int,
    axes: Any,
    march: Any,
    passed: Any,
    cuts: Any,
    periods: int,
    rows: Any,
    state: Any,
    packed: Any,
    high: Any,
    stamp: Any,
    cells: int,
    sums: Any,
) -> None:
    """Walk a run of spells and add their pieces to the grid."""
    # Arrays are taken out of tuples once: each time they are counted as references.
    birth, origin, start, stop, persons, kinds, event, ended, own = spells
    civil, lowest, zero = axes[0], axes[5], axes[6][1]
    ages_passed, periods_passed, follows_passed = passed
    march_birth, march_origin = march
    age_cuts, period_cuts, follow_cuts = cuts[0].ravel(), cuts[1], cuts[2].ravel()
    ages, follows, areas = cuts[0].shape[1], cuts[2].shape[1], state.shape[1]
    slack, year = (0, DATED_YEAR) if civil else (PLAIN_SLACK, PLAIN_YEAR)
    for i in range(first, min(first + RUN, len(start))):
        person, now, last = persons[_at(i)], start[_at(i)], stop[_at(i)]
        aged, followed = birth[_at(i)], origin[_at(i)]
        a = _surely_passed(ages_passed, lowest[0], (now - aged) * year)
        p = _surely_passed(periods_passed, lowest[1], now * year + zero)
        f = _surely_passed(follows_passed, lowest[2], (now - followed) * year)
        place = f * areas + (kinds[_at(i)] * periods + p) * ages + a
        if civil:
            born, aged = _within_year(aged, march_birth)
            began, followed = _within_year(followed, march_origin)
            a, f = born * ages + a, began * follows + f
        next_age = age_cuts[_at(a)] + aged
        next_period = period_cuts[_at(p)]
        next_follow = follow_cuts[_at(f)] + followed
        while True:
            while next_follow <= now + slack:
                f += 1
                place += areas
                next_follow = follow_cuts[_at(f)] + followed
            limit = min(next_follow, last) - slack
            while True:
                while next_age <= now + slack:
                    a += 1
                    place += 1
                    next_age = age_cuts[_at(a)] + aged
                while next_period <= now + slack:
                    p += 1
                    place += ages
                    next_period = period_cuts[_at(p)]
                end = min(next_age, next_period)
                if end >= limit:
                    end = min(end, next_follow)
                    end = last if end >= last - slack else end
                row = rows[_at(place)]
                if row < 0:
                    row = ~row
                    _count_borrower(person, state, place % areas, stamp, cells, sums)
                new = stamp[_at(row)] != person
                stamp[_at(row)] = person
                ticks = end - now
                if not civil:
                    high[_at(place)] += ticks >> BITS
                    ticks &= MASK
                packed[_at(place)] += ticks + (new << PACKED)
                now = end
                if now >= limit:
                    break
            if now >= last:
                break
        if ended[_at(i)]:
            _add_events(event, own, i, rows[_at(place)], state, place % areas, cells, sums)


@njit(cache=True, nogil=True, forceinline=True)
def _count_borrower(person: int, state: Any, area: int, stamp: Any, cells: int, sums: Any) -> None:
    """Count a person among those with borrowed rates, once."""
    for table in range(len(state)):
        row = cells + REASONS + table
        if state[table, area] == BORROWED and stamp[row] != person:
            stamp[row] = person
            sums[row, PEOPLE] += 1


@njit(cache=True, nogil=True, forceinline=True)
def _add_events(
    event: Any, own: Any, i: int, row: int, state: Any, area: int, cells: int, sums: Any
) -> None:
    """Add the events with which a spell ends, also where a rate was borrowed."""
    for kind in range(len(own)):
        happened = event[_at(i), _at(own[_at(kind)])]
        if happened:
            sums[_at(max(row, ~row)), _at(EVENTS + kind)] += happened
            for table in range(len(state) if row < 0 else 0):
                if state[table, area] == BORROWED:
                    sums[cells + REASONS + table, EVENTS + kind] += happened


@njit(cache=True, nogil=True)
def _empty(packed: Any, people: Any, low: Any) -> None:
    """Move people and the low bits of time out of the places of a run."""
    for place in range(len(packed)):
        people[place] += packed[place] >> PACKED
        low[place] += packed[place] & (2**PACKED - 1)
        packed[place] = 0


@njit(cache=True, nogil=True)
def _collect(
    rows: Any,
    state: Any,
    at: Any,
    limbs: Any,
    missing_at: Any,
    types: int,
    people: Any,
    ticks: Any,
    high: Any,
    cells: int,
    sums: Any,
    missing: Any,
) -> None:
    """Add what stands in the grid to the sums."""
    areas, tables = state.shape[1], len(state)
    for begin in range(0, len(people), areas):
        for area in range(areas):
            place = begin + area
            low, above = ticks[_at(place)], high[_at(place)] if len(high) else 0
            if people[_at(place)] == 0 and low == 0 and above == 0:
                continue
            row = max(rows[_at(place)], ~rows[_at(place)])
            sums[row, PEOPLE] += people[_at(place)]
            above += low >> BITS
            low &= MASK
            _add(sums, row, low, above)
            for table in range(tables):
                known = state[table, area]
                if row < cells:
                    column = EVENTS + types + table * EXPECTED_LIMBS
                    _add_product(sums, row, column, low, above, limbs, at[table, area])
                    if known == BORROWED:
                        _add(sums, cells + REASONS + table, low, above)
                if known == MISSING and (row < cells or row == cells + NO_RATE):
                    missing[missing_at[table, area]] += low + 2.0**BITS * above


@njit(cache=True, nogil=True, forceinline=True)
def _add(sums: Any, row: int, low: int, above: int) -> None:
    """Add time, its low 24 bits and those above, to a row of sums."""
    sums[row, TIME] += low
    sums[row, TIME + 1] += above


@njit(cache=True, nogil=True, forceinline=True)
def _add_product(
    sums: Any, row: int, column: int, low: int, above: int, limbs: Any, at: int
) -> None:
    """Add rate × time to the sum that begins at a column."""
    r0, r1, r2 = limbs[at, 0], limbs[at, 1], limbs[at, 2]
    middle, high = above & MASK, above >> BITS
    product = low * r0
    sums[row, column] += product & MASK
    product = low * r1 + middle * r0 + (product >> BITS)
    sums[row, column + 1] += product & MASK
    product = low * r2 + middle * r1 + high * r0 + (product >> BITS)
    sums[row, column + 2] += product & MASK
    product = middle * r2 + high * r1 + (product >> BITS)
    sums[row, column + 3] += product & MASK
    sums[row, column + 4] += high * r2 + (product >> BITS)
