"""Person-time, people, events and expected events by cell, in one compiled pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ._exact import EXPECTED_LIMBS, TIME_LIMBS, add_product, add_time
from ._walk import Axes, walk

Whole = NDArray[np.int64]

#: The columns of a row of sums: who was counted last, people, time, then the events of each
#: type and the limbs of each expected sum.
STAMP, PEOPLE, TIME = 0, 1, 2
EVENTS = TIME + TIME_LIMBS
#: Rows of sums after the cells: what stays out of them, then a row per rate table for
#: person-time whose rate was borrowed from another cell of the table.
WINDOW, AGE, PERIOD, FOLLOW_UP, NO_RATE, NO_TIME = range(6)
REASONS = 6
#: What a rate is.
KNOWN, MISSING, BORROWED = range(3)
#: What a band map says beside the number of a band.
OUTSIDE, OUTSIDE_WINDOW = -1, -2


class Spells(NamedTuple):
    """Spells of follow-up, times in ticks.

    Attributes
    ----------
    birth, origin, start, stop : array, shape (spells,)
    person : array, shape (spells,)
        From 1; the spells of one person stand together.
    group : array, shape (spells,)
        Stratum of the table that is filled.
    rate_group : array, shape (tables, spells)
        Row of each rate table, the number of its groups where there is none.
    event : array, shape (spells, types)
        0 or 1.
    """

    birth: Whole
    origin: Whole
    start: Whole
    stop: Whole
    person: Whole
    group: Whole
    rate_group: Whole
    event: NDArray[np.uint8]


class Bands(NamedTuple):
    """Which band of the table a piece lies in, by how many cuts of a scale lie before it."""

    age: Whole
    period: Whole
    follow_up: Whole
    ages: int
    periods: int
    follow_ups: int


class Rates(NamedTuple):
    """Rate tables, one after another, each with a last group, age and period of no rate.

    Attributes
    ----------
    age, period : array, shape (tables, cuts + 1)
        Where in its table a piece lies, by how many cuts of a scale lie before it.
    first, ages, periods : array, shape (tables,)
        Where a table starts in ``limbs``, and its size.
    limbs : array, shape (rates, 3)
    state : array, shape (rates,)
        ``KNOWN``, ``MISSING`` or ``BORROWED``.
    first_missing : array, shape (tables,)
        Where a table's part of the list of missing person-time starts.
    """

    age: Whole
    period: Whole
    first: Whole
    ages: Whole
    periods: Whole
    limbs: Whole
    state: NDArray[np.uint8]
    first_missing: Whole


@njit(cache=True, nogil=True)
def _place(bands: Bands, group: int, a: int, p: int, f: int, cells: int) -> int:
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


@njit(cache=True, nogil=True)
def _count(row: NDArray[np.int64], person: int, ticks: int) -> None:
    if row[STAMP] != person:
        row[STAMP] = person
        row[PEOPLE] += 1
    add_time(row, TIME, ticks)


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
    expected = EVENTS + types
    longest = len(bands.age) + len(bands.period) + len(bands.follow_up)
    until = np.empty(longest, dtype=np.int64)
    passed = np.empty((longest, 3), dtype=np.int64)
    at = np.empty(max(tables, 1), dtype=np.int64)
    ages, periods = rates.age.shape[1], rates.period.shape[1]
    for i in range(len(spells.start)):
        pieces = walk(
            axes, spells.birth[i], spells.origin[i], spells.start[i], spells.stop[i], until, passed
        )
        now = spells.start[i]
        row = 0
        for piece in range(pieces):
            a, p, f = passed[piece, 0], passed[piece, 1], passed[piece, 2]
            ticks = until[piece] - now
            now = until[piece]
            row = _place(bands, spells.group[i], a, p, f, cells)
            if row < cells:
                for k in range(tables):
                    group = spells.rate_group[k, i]
                    at[k] = rates.first[k] + (
                        (group * rates.ages[k] + rates.age[k, a]) * rates.periods[k]
                        + rates.period[k, p]
                    )
                    if rates.state[at[k]] == MISSING:
                        missing[rates.first_missing[k] + (group * ages + a) * periods + p] += ticks
                        if drop:
                            row = cells + NO_RATE
            _count(sums[row], spells.person[i], ticks)
            if row < cells:
                for k in range(tables):
                    add_product(
                        sums[row], expected + k * EXPECTED_LIMBS, ticks, rates.limbs[at[k]]
                    )
                    if rates.state[at[k]] == BORROWED:
                        _count(sums[cells + REASONS + k], spells.person[i], ticks)
        for event in range(types):
            sums[row, EVENTS + event] += spells.event[i, event]
        if row < cells:
            for k in range(tables):
                if rates.state[at[k]] == BORROWED:
                    for event in range(types):
                        sums[cells + REASONS + k, EVENTS + event] += spells.event[i, event]
