"""What the compiled pass takes: cuts of the time scales, spells, bands and rates, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics import calendar as _calendar
from paraneo.numerics.ticks import TICKS_PER_DAY, ticks_of_years

Whole = NDArray[np.int64]

#: Later than any tick, and more years than anybody's follow-up.
FAR, NEVER = 2**61, 100_000


class Axes(NamedTuple):
    """The cuts of age, period and follow-up, a row for each, filled up by cuts never reached.

    Attributes
    ----------
    civil : bool
        Times are dates; age and follow-up are cut at anniversaries.
    whole, part : array of int, array of float
        Whole years and the fraction beyond them, for cuts at anniversaries.
    ticks : array of int
        Distance from the zero of the scale, where no anniversary is involved.
    passed : array of int
        How many cuts lie at or before a whole year, from the year ``lowest`` on.
    lowest : array of int
    zero : array of float
        The year at tick 0.
    """

    civil: bool
    whole: Whole
    part: NDArray[np.float64]
    ticks: Whole
    passed: Whole
    lowest: Whole
    zero: NDArray[np.float64]


class Spells(NamedTuple):
    """Spells of follow-up, times in ticks.

    Attributes
    ----------
    birth, origin, start, stop : array, shape (spells,)
    person : array, shape (spells,)
        From 1; the spells of one person stand together.
    kind : array, shape (spells,)
        People of one kind share a stratum and their rows of the rate tables.
    event : array, shape (spells, all events)
        0 or 1.
    ended : array of bool, shape (spells,)
        Whether there is any event; what is false has none.
    own : array of int, shape (types,)
        Which of all events are counted.
    group : array, shape (kinds,)
        Stratum of the table that is filled.
    rate_group : array, shape (tables, kinds)
        Row of each rate table, the number of its groups where there is none.
    """

    birth: Whole
    origin: Whole
    start: Whole
    stop: Whole
    person: Whole
    kind: Whole
    event: NDArray[np.uint8]
    ended: NDArray[np.bool_]
    own: Whole
    group: Whole
    rate_group: Whole

    def picked(self, order: Whole) -> Spells:
        """Return some of the spells, in the order asked."""
        return self._replace(
            birth=self.birth[order],
            origin=self.origin[order],
            start=self.start[order],
            stop=self.stop[order],
            person=self.person[order],
            kind=self.kind[order],
            event=self.event[order],
            ended=self.ended[order],
        )


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


def axes_of(*edges: NDArray[np.float64], civil: bool) -> Axes:
    """Return the cuts at the finite ones among ascending edges of the three scales."""
    cuts = [scale[np.isfinite(scale)] for scale in edges]
    years = [np.arange(np.floor(c[0]), c[-1] + 2) if len(c) else np.zeros(1) for c in cuts]
    passed = [np.searchsorted(c, y, side="right") for c, y in zip(cuts, years, strict=True)]
    ticks = [ticks_of_years(c) for c in cuts]
    if civil:
        ticks[1] = TICKS_PER_DAY * _calendar.first_of_january(cuts[1])
    return Axes(
        civil,
        whole=_rows([np.floor(c) for c in cuts], NEVER).astype(np.int64),
        part=_rows([c - np.floor(c) for c in cuts], 0.0).astype(np.float64),
        ticks=_rows(ticks, FAR).astype(np.int64),
        passed=_rows(passed, -1).astype(np.int64),
        lowest=np.array([y[0] for y in years]).astype(np.int64),
        zero=np.array([0.0, 1970.0 if civil else 0.0, 0.0]),
    )


def _rows(parts: Sequence[NDArray[Any]], fill: Any) -> NDArray[Any]:
    """Return arrays as rows, each with at least one more column than it fills."""
    rows = np.full((len(parts), max(map(len, parts)) + 1), fill, dtype=parts[0].dtype)
    for row, part in zip(rows, parts, strict=True):
        row[: len(part)] = part
    return rows
