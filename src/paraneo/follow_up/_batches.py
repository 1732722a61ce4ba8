"""One door for follow-up: a table, a run of tables, or a file; a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.files import read_batches
from paraneo.gate.frames import Table, in_one, is_table, row_count, rows_of, stacked
from paraneo.gate.groups import label_like
from paraneo.gate.tables import Columns

#: No batch is made smaller than this only to give every worker one.
_WORTH_SENDING = 4096


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, and where they stood in the whole."""

    table: Table
    rows: range | NDArray[np.int64]


@dataclass(slots=True)
class Door:
    """Gives batches of rows, the rows of one person never in two of them.

    Parameters
    ----------
    data : frame, mapping, path, or iterable of frames or paths
    columns : collection of str
        What is read of a file.
    id : str, optional
        The column that tells people apart. The rows of a person may stand anywhere in
        one table; in a file or a run of tables they have to stand together, which
        ``faults`` checks once all is read.
    rows : int
        At most how many rows a batch holds, but for those of one person.
    workers : int
        One table is cut evenly into as many batches for each of these.
    """

    data: Any
    columns: Collection[str]
    id: str | None
    rows: int
    workers: int = 1
    _seen: list[NDArray[np.uint64]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Batch]:
        """Give the batches in turn."""
        data = self.data
        if is_table(data) or hasattr(data, "collect") or not isinstance(data, Iterable | Path):
            yield from self._of_table(data)
            return
        first = 0
        for table in self._whole_people():
            if not is_table(table):
                yield Batch(table, range(first, first))
                continue
            length = row_count(table)
            if length is None:
                yield Batch(table, range(first, first))
                continue
            step = self.rows if self.id is None else max(length, 1)
            for start in range(0, length, step):
                stop = min(start + step, length)
                part = rows_of(table, slice(start, stop))
                self._note(part)
                yield Batch(part, range(first + start, first + stop))
            first += length

    def faults(self, faults: Faults) -> None:
        """Note people whose rows were met in more than one batch."""
        if not self._seen or self.id is None:
            return
        count = np.unique_counts(np.concatenate(self._seen)).counts
        again = int((count > 1).sum())
        if again:
            who = "person's rows do" if again == 1 else "people's rows do"
            faults.add(self.id, f"{again} {who} not stand together", "Sort the data by it")

    def _of_table(self, table: Table) -> Iterator[Batch]:
        table = in_one(table)
        length = row_count(table) or 0
        series = self._ids(table)
        if series is None or not length:
            step = self._step(length)
            for start in range(0, max(length, 1), step):
                stop = min(start + step, length)
                yield Batch(rows_of(table, slice(start, stop)), range(start, stop))
            return
        code = pd.factorize(series)[0]
        order = np.argsort(code, kind="stable")
        begins = np.flatnonzero(np.diff(code[order], prepend=-2))
        cuts = begins[np.searchsorted(begins, np.arange(0, length, self._step(length)))]
        for start, stop in zip(cuts, [*cuts[1:], length], strict=True):
            if stop > start:
                yield Batch(rows_of(table, order[start:stop]), order[start:stop])

    def _step(self, length: int) -> int:
        """Return how many rows of one table make a batch."""
        batches = -(-length // self.rows)
        if length >= self.workers * _WORTH_SENDING:
            batches = self.workers * -(-batches // self.workers)
        return max(-(-length // max(batches, 1)), 1)

    def _whole_people(self) -> Iterator[Table]:
        held: Table | None = None
        for table in self._tables():
            if self.id is None or not is_table(table):
                yield table
                continue
            joined = table if held is None else stacked([held, table])
            series = self._ids(joined)
            if series is None or not len(series):
                yield joined
                held = None
                continue
            code = pd.factorize(series)[0]
            others = np.flatnonzero(code != code[-1])
            last = int(others[-1]) + 1 if len(others) else 0
            if last:
                yield rows_of(joined, slice(0, last))
            held = rows_of(joined, slice(last, len(code)))
        if held is not None:
            yield held

    def _tables(self) -> Iterator[Table]:
        parts = [self.data] if isinstance(self.data, str | Path) else self.data
        for part in parts:
            if isinstance(part, str | Path):
                ids = () if self.id is None else (self.id,)
                yield from read_batches(part, rows=self.rows, columns=self.columns, text=ids)
            else:
                yield part

    def _ids(self, table: Table) -> pd.Series[Any] | None:
        """Return the column that tells people apart; None where there is none that could."""
        source = Columns(table, Faults(""))
        series = None if self.id is None else source.native(self.id)
        return series if series is None or label_like(series, str(self.id), source) else None

    def _note(self, table: Table) -> None:
        series = self._ids(table)
        if series is not None:
            unique = pd.unique(series.dropna())
            self._seen.append(pd.util.hash_array(np.asarray(unique, dtype=_plain(unique))))


def _plain(values: Any) -> Any:
    return np.asarray(values).dtype if np.asarray(values).dtype.kind in "iuf" else object
