"""Person-time, people, events and expected events by cell, in one compiled pass."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ._exact import BITS, EXPECTED_LIMBS, MASK
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
from ._walk import Axes, walk

Whole = NDArray[np.int64]


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
def _add_time(row: Any, at: int, ticks: int) -> None:
    """Add whole ticks to the sum that starts at ``row[at]``."""
    row[at] += ticks & MASK
    row[at + 1] += ticks >> BITS


@njit(cache=True, nogil=True)
def _add_product(row: Any, at: int, ticks: int, rate: Any) -> None:
    """Add rate × ticks to the sum that starts at ``row[at]``; ticks stay below 2**53."""
    low, high = ticks & MASK, ticks >> BITS
    product = low * rate[0]
    row[at] += product & MASK
    product = low * rate[1] + high * rate[0] + (product >> BITS)
    row[at + 1] += product & MASK
    product = low * rate[2] + high * rate[1] + (product >> BITS)
    row[at + 2] += product & MASK
    product = high * rate[2] + (product >> BITS)
    row[at + 3] += product & MASK
    row[at + 4] += product >> BITS


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _count(row: NDArray[np.int64], person: int, ticks: int) -> None:
    if row[STAMP] != person:
        row[STAMP] = person
        row[PEOPLE] += 1
    _add_time(row, TIME, ticks)


@njit(cache=True, nogil=True)
def _add_events(row: NDArray[np.int64], event: NDArray[np.uint8]) -> None:
    for kind in range(len(event)):
        row[EVENTS + kind] += event[kind]


@njit(cache=True, nogil=True)
def _find_rates(
    rates: Rates,
    groups: Any,
    a: int,
    p: int,
    ticks: int,
    at: Any,
    missing: Any,
) -> bool:
    """Fill ``at`` with where each table's rate is; False where one has none."""
    known = True
    ages, periods = rates.age.shape[1], rates.period.shape[1]
    for k in range(len(groups)):
        row = groups[k] * rates.ages[k] + rates.age[k, a]
        at[k] = rates.first[k] + row * rates.periods[k] + rates.period[k, p]
        if rates.state[at[k]] == MISSING:
            known = False
            missing[rates.first_missing[k] + (groups[k] * ages + a) * periods + p] += ticks
    return known


@njit(cache=True, nogil=True)
def _expect(
    rates: Rates, at: Any, sums: Any, row: int, cells: int, person: int, ticks: int, types: int
) -> None:
    """Add rate × time of each table, and note where the rate is borrowed."""
    for k in range(rates.age.shape[0]):
        _add_product(sums[row], EVENTS + types + k * EXPECTED_LIMBS, ticks, rates.limbs[at[k]])
        if rates.state[at[k]] == BORROWED:
            _count(sums[cells + REASONS + k], person, ticks)


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
    tables = rates.age.shape[0]
    longest = len(bands.age) + len(bands.period) + len(bands.follow_up)
    until = np.empty(longest, dtype=np.int64)
    passed = np.empty((longest, 3), dtype=np.int64)
    at = np.empty(max(tables, 1), dtype=np.int64)
    for i in range(len(spells.start)):
        person, event = spells.person[i], spells.event[i]
        now = spells.start[i]
        pieces = walk(axes, spells.birth[i], spells.origin[i], now, spells.stop[i], until, passed)
        row = 0
        for piece in range(pieces):
            a, p, f = passed[piece, 0], passed[piece, 1], passed[piece, 2]
            ticks = until[piece] - now
            now = until[piece]
            row = _place(bands, spells.group[i], a, p, f, cells)
            if row < cells and tables:
                known = _find_rates(rates, spells.rate_group[:, i], a, p, ticks, at, missing)
                if drop and not known:
                    row = cells + NO_RATE
            _count(sums[row], person, ticks)
            if row < cells:
                _expect(rates, at, sums, row, cells, person, ticks, len(event))
        _add_events(sums[row], event)
        if row < cells:
            for k in range(tables):
                if rates.state[at[k]] == BORROWED:
                    _add_events(sums[cells + REASONS + k], event)
