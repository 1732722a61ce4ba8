"""The layout of sums by cell, and their exact addition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paraneo.gate.written_codes import as_written

from ._exact import EXPECTED_LIMBS, TIME_LIMBS, carry, read_expected, read_time

Whole = NDArray[np.int64]
Vector = NDArray[np.float64]
Stratum = tuple[Any, ...]

#: The columns of a row of sums: who was counted last, people, time, then the events of each
#: type and the limbs of each expected sum.
STAMP, PEOPLE, TIME = 0, 1, 2
EVENTS = TIME + TIME_LIMBS
#: Rows of sums after the cells: what stays out of them, then a row per rate table for
#: person-time whose rate was borrowed from another cell of the table.
WINDOW, AGE, PERIOD, FOLLOW_UP, NO_RATE, NO_TIME, NO_GROUP = range(7)
REASONS = 7
REASON_NAMES = (
    "outside the window",
    "outside the age bands",
    "outside the period bands",
    "outside the follow-up bands",
    "no rate in the table",
    "no follow-up time",
    "no rates for the group",
)
#: What a rate is.
KNOWN, MISSING, BORROWED = range(3)
#: What a band map says beside the number of a band.
OUTSIDE, OUTSIDE_WINDOW = -1, -2


@dataclass(frozen=True, slots=True)
class Tally:
    """The sums of one batch.

    Attributes
    ----------
    cells : mapping
        For each stratum the numbers of its occupied cells and their rows of sums.
    others : array, shape (REASONS + tables, columns)
    missing : array
        Ticks without a rate, as `_lexis.tally` lists them.
    """

    cells: dict[Stratum, tuple[Whole, Whole]]
    others: Whole
    missing: Vector


@dataclass(slots=True)
class Totals:
    """Sums over any number of batches; adding them in any order gives the same digits.

    Parameters
    ----------
    size : int
        Cells of a stratum.
    types, tables : int
        Types of events and rate tables.
    """

    size: int
    types: int
    tables: int
    cells: dict[Stratum, Whole] = field(default_factory=dict)
    others: Whole = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    missing: Vector = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if not self.others.size:
            self.others = np.zeros((REASONS + self.tables, self.columns), dtype=np.int64)

    @property
    def columns(self) -> int:
        """How many columns a row of sums has."""
        return EVENTS + self.types + EXPECTED_LIMBS * self.tables

    def add(self, tally: Tally) -> None:
        """Add the sums of a batch."""
        for stratum, (cell, rows) in tally.cells.items():
            dense = self.cells.get(stratum)
            if dense is None:
                dense = np.zeros((self.size, self.columns), dtype=np.int64)
                self.cells[stratum] = dense
            dense[cell] = self._carried(dense[cell] + rows)
        self.others = self._carried(self.others + tally.others)
        self.missing = tally.missing + (self.missing if self.missing.size else 0.0)

    def __add__(self, other: Totals) -> Totals:
        """Return the sum of two."""
        whole = Totals(self.size, self.types, self.tables)
        for one in (self, other):
            every = np.arange(self.size)
            cells = {stratum: (every, rows) for stratum, rows in one.cells.items()}
            whole.add(Tally(cells, one.others, np.zeros(0)))
        return whole.with_labels_as_written()

    def occupied(self) -> tuple[list[Stratum], Whole, Whole]:
        """Return stratum, number and sums of every cell that somebody passed through."""
        strata: list[Stratum] = []
        numbers, rows = [np.zeros(0, dtype=np.int64)], [np.zeros((0, self.columns), np.int64)]
        for stratum, dense in self.cells.items():
            here = np.flatnonzero(dense[:, PEOPLE])
            strata += [stratum] * len(here)
            numbers.append(here)
            rows.append(dense[here])
        return strata, np.concatenate(numbers), np.concatenate(rows)

    def with_labels_as_written(self) -> Totals:
        """Return the sums with strata joined whose labels are the same, number or text.

        A column of numbers and words may be numbers in one batch of a file and text in the
        next. Where both are met all its labels become text, and 1 and "1" one stratum.
        """
        columns = list(zip(*self.cells, strict=True))
        mixed = [len({isinstance(label, str) for label in column}) > 1 for column in columns]
        if not any(mixed):
            return self
        joined = replace(self, cells={})
        for stratum, dense in self.cells.items():
            pairs = zip(stratum, mixed, strict=True)
            named = tuple(as_written(label) if both else label for label, both in pairs)
            other = joined.cells.get(named)
            joined.cells[named] = dense if other is None else self._carried(dense + other)
        return joined

    def whole(self) -> Whole:
        """Return the sums over all cells, as one row."""
        rows = np.zeros((1, self.columns), dtype=np.int64)
        for dense in self.cells.values():
            rows = self._carried(rows + dense.sum(axis=0))
        return rows

    def people(self, rows: Whole) -> Whole:
        """Return the number of people in rows of sums."""
        return rows[:, PEOPLE]

    def years(self, rows: Whole, tick: float) -> Vector:
        """Return the person-years in rows of sums."""
        return read_time(rows[:, TIME:EVENTS], tick)

    def events(self, rows: Whole, event: int) -> Whole:
        """Return the events of a type in rows of sums."""
        return rows[:, EVENTS + event]

    def expected(self, rows: Whole, table: int, tick: float) -> Vector:
        """Return the events that a rate table predicts in rows of sums."""
        return read_expected(rows[:, self._limbs(table)], tick)

    def _limbs(self, table: int) -> slice:
        first = EVENTS + self.types + EXPECTED_LIMBS * table
        return slice(first, first + EXPECTED_LIMBS)

    def _carried(self, rows: Whole) -> Whole:
        rows[:, STAMP] = 0
        for limbs in (slice(TIME, EVENTS), *map(self._limbs, range(self.tables))):
            carry(rows[:, limbs])
        return rows


def together(tallies: Iterable[Tally], size: int, types: int, tables: int) -> Totals:
    """Return the sum over batches."""
    totals = Totals(size, types, tables)
    for tally in tallies:
        totals.add(tally)
    return totals
