"""The layout of sums by cell, and their exact addition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
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
#: So many cells may wait in any case before they are added up.
FEW = 100_000
#: What a rate is.
KNOWN, MISSING, BORROWED = range(3)
#: What a band map says beside the number of a band.
OUTSIDE, OUTSIDE_WINDOW = -1, -2


@dataclass(frozen=True, slots=True)
class Tally:
    """The sums of one batch.

    Attributes
    ----------
    strata : sequence of tuple
        The labels of each group.
    group, cell : array, shape (k,)
        Stratum and number of each cell that somebody passed through.
    rows : array, shape (k, columns)
    others : array, shape (REASONS + tables, columns)
    missing : array
        Ticks without a rate, as `_lexis.tally` lists them.
    """

    strata: Sequence[Stratum]
    group: Whole
    cell: Whole
    rows: Whole
    others: Whole
    missing: Vector


def _none() -> Whole:
    return np.zeros(0, dtype=np.int64)


@dataclass(slots=True)
class Totals:
    """Sums over any number of batches; adding them in any order gives the same digits.

    Only cells that somebody passed through are held, so that ten thousand groups cost what
    their people need. What comes in waits until there is as much of it as of what is held.

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
    strata: dict[Stratum, int] = field(default_factory=dict)
    at: Whole = field(default_factory=_none)
    rows: Whole = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    others: Whole = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    missing: Vector = field(default_factory=lambda: np.zeros(0))
    waiting: list[tuple[Whole, Whole]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.others.size:
            self.others = np.zeros((REASONS + self.tables, self.columns), dtype=np.int64)
        if not self.rows.size:
            self.rows = np.zeros((0, self.columns), dtype=np.int64)

    @property
    def columns(self) -> int:
        """How many columns a row of sums has."""
        return EVENTS + self.types + EXPECTED_LIMBS * self.tables

    def add(self, tally: Tally) -> None:
        """Add the sums of a batch."""
        number = np.array(
            [self.strata.setdefault(one, len(self.strata)) for one in tally.strata], dtype=np.int64
        )
        self.waiting.append((number[tally.group] * self.size + tally.cell, tally.rows))
        if sum(len(at) for at, _ in self.waiting) > max(len(self.at), FEW):
            self._gather()
        self.others = self._carried(self.others + tally.others)
        self.missing = tally.missing + (self.missing if self.missing.size else 0.0)

    def _gather(self) -> None:
        """Add up what waits, cell by cell."""
        if not self.waiting:
            return
        at = np.concatenate([self.at, *(at for at, _ in self.waiting)])
        rows = np.concatenate([self.rows, *(rows for _, rows in self.waiting)])
        self.waiting = []
        if (at[1:] <= at[:-1]).any():
            order = np.argsort(at, kind="stable")
            at = at[order]
            first = np.flatnonzero(np.diff(at, prepend=-1))
            at, rows = at[first], np.add.reduceat(rows[order], first, axis=0)
        self.at, self.rows = at, self._carried(rows)

    def __add__(self, other: Totals) -> Totals:
        """Return the sum of two."""
        whole = Totals(self.size, self.types, self.tables)
        for one in (self, other):
            strata, group, cell, rows = one.occupied()
            whole.add(Tally(strata, group, cell, rows, one.others, np.zeros(0)))
        return whole.with_labels_as_written()

    def occupied(self) -> tuple[list[Stratum], Whole, Whole, Whole]:
        """Return all strata, and stratum, number and sums of every cell that is not empty."""
        self._gather()
        group, cell = np.divmod(self.at, self.size)
        return list(self.strata), group, cell, self.rows

    def with_labels_as_written(self) -> Totals:
        """Return the sums with strata joined whose labels are the same, number or text.

        A column of numbers and words may be numbers in one batch of a file and text in the
        next. Where both are met all its labels become text, and 1 and "1" one stratum.
        """
        columns = list(zip(*self.strata, strict=True))
        mixed = [len({isinstance(label, str) for label in column}) > 1 for column in columns]
        if not any(mixed):
            return self
        strata, group, cell, rows = self.occupied()
        named = [
            tuple(as_written(label) if both else label for label, both in pairs)
            for pairs in (zip(stratum, mixed, strict=True) for stratum in strata)
        ]
        joined = Totals(self.size, self.types, self.tables)
        joined.add(Tally(named, group, cell, rows, self.others, self.missing))
        joined._gather()
        return joined

    def whole(self) -> Whole:
        """Return the sums over all cells, as one row."""
        self._gather()
        return self._carried(self.rows.sum(axis=0, keepdims=True))

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
