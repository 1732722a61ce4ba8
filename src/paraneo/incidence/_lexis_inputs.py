"""What the compiled pass takes: cuts of the time scales, spells, bands and rates, as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo import _calendar

from ._ticks import TICKS_PER_DAY, ticks_of_years

Whole = NDArray[np.int64]


class Axis(NamedTuple):
    """Finite cuts of one time scale, ascending.

    Attributes
    ----------
    whole, part : array of int, array of float
        Whole years and the fraction beyond them, for cuts at anniversaries.
    ticks : array of int
        Distance from the zero of the scale, where no calendar is involved.
    passed : array of int
        How many cuts lie at or before a whole year, from the year ``lowest`` on.
    lowest : int
    zero : float
        The year at tick 0.
    """

    whole: NDArray[np.int64]
    part: NDArray[np.float64]
    ticks: NDArray[np.int64]
    passed: NDArray[np.int64]
    lowest: int
    zero: float


class Axes(NamedTuple):
    """The three scales. ``civil``: times are dates, age and follow-up cut at anniversaries."""

    civil: bool
    age: Axis
    period: Axis
    follow_up: Axis


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


def axis(edges: NDArray[np.float64]) -> Axis:
    """Return the cuts at the finite ones among ascending edges in years."""
    finite = edges[np.isfinite(edges)]
    whole = np.floor(finite)
    lowest = int(whole[0]) if len(whole) else 0
    years = np.arange(lowest, int(whole[-1]) + 2 if len(whole) else 1)
    passed = np.searchsorted(finite, years, side="right").astype(np.int64)
    ticks = ticks_of_years(finite)
    return Axis(whole.astype(np.int64), finite - whole, ticks, passed, lowest, 0.0)


def period_axis(edges: NDArray[np.float64], *, civil: bool) -> Axis:
    """Return the cuts at the finite ones among ascending edges in calendar years."""
    cuts = axis(edges)
    if not civil:
        return cuts
    days = _calendar.first_of_january(edges[np.isfinite(edges)])
    return cuts._replace(ticks=TICKS_PER_DAY * days, zero=1970.0)


def no_cuts() -> Axis:
    """Return a time scale that is not cut."""
    return axis(np.empty(0))
