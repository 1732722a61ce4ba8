"""Follow-up counted batch by batch, here or spread over an executor's workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from paraneo.errors import Fault, Faults
from paraneo.gate.events import Unmet
from paraneo.gate.files import first_rows, is_path
from paraneo.gate.guards import is_identifier, warn_of_same_people
from paraneo.gate.tables import Columns

from ._batches import Batch, Door
from ._endpoints import parts_of
from ._plan import Plan
from ._reading import Reading, civil_time, read_spells
from ._sums import Tally, Totals
from ._walks import Walks

if TYPE_CHECKING:
    from ._request import Request


@dataclass(frozen=True, slots=True)
class Counted:
    """The sums of one batch, each with the number of its part, or its faults."""

    tallies: tuple[tuple[int, Tally], ...]
    shared: int
    unmet: tuple[Unmet, ...]
    faults: tuple[Fault, ...]


Whole = NDArray[np.int64]

#: Batches under way per worker, so that none waits and memory stays bounded.
_UNDER_WAY = 2
#: Bytes taken and given back at once before the first batch, untouched. The C library then
#: keeps about as much for what follows. Otherwise it returns what a batch gave up to the
#: system, and takes it anew for the next, page by page: a fifth of the time on one thread.
_KEPT = 2**22


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of endpoints that are counted together, and what they are of.

    Attributes
    ----------
    asked : Request
    plan : Plan
    totals : Totals
    """

    asked: Request
    plan: Plan
    totals: Totals


def count_all(
    data: Any, asked: Request, batch_rows: int, executor: Executor | None, faults: Faults
) -> tuple[list[Sums], int]:
    """Return the sums over all of ``data``, and how many events are of several endpoints."""
    _check_ways(batch_rows, executor)
    np.empty(_KEPT, dtype=np.uint8)
    reading = asked.reading()
    door = Door(data, reading.columns, asked.id, batch_rows, _workers(executor))
    batches = iter(door)
    first = next(batches, None)
    if first is None:
        faults.add(None, "it has no rows", "Pass follow-up of at least one person")
    first = faults.checked(first)
    civil = civil_time(first, reading)
    questions = parts_of(asked)
    walks = Walks.of(asked, questions, civil=civil)
    _warn_of_same_people(data, first, asked, batch_rows)
    totals, shared = count(chain([first], batches), reading, walks, faults, executor)
    door.faults(faults)
    every = zip(questions, walks.parts, totals, strict=True)
    return [Sums(question, part.plan, sums) for question, part, sums in every], shared


def _warn_of_same_people(data: Any, first: Batch, asked: Request, rows: int) -> None:
    """Warn of people who have several of the first rows, of a file by its own columns."""
    table = first.table
    if is_path(data):
        names = set(asked.by)
        seen = first_rows(data, rows, lambda name: is_identifier(name) or name in names)
        table = table if seen is None else seen
    warn_of_same_people(Columns(table, Faults("")), (asked.id,), asked.by)


def _check_ways(batch_rows: Any, executor: Any) -> None:
    """Refuse what is not a size of batches, or not an executor."""
    faults = Faults("the arguments of person_years")
    if not isinstance(batch_rows, int | np.integer) or batch_rows < 1:
        faults.add("batch_rows", f"{batch_rows!r} must be a positive integer", "Give 1 or more")
    if executor is not None and not hasattr(executor, "submit"):
        cure = "Pass one of concurrent.futures, or of Dask or MPI"
        faults.add("executor", f"it is of type {type(executor).__name__}, not an executor", cure)
    faults.raise_any()


def count(
    batches: Iterator[Batch],
    reading: Reading,
    walks: Walks,
    faults: Faults,
    executor: Executor | None,
) -> tuple[list[Totals], int]:
    """Return the sums of each part over all batches, noting every fault of every batch."""
    totals = [
        Totals(int(np.prod(part.plan.shape)), part.plan.types, len(part.plan.groups))
        for part in walks.parts
    ]
    found: dict[tuple[str | None, str, str], list[int]] = {}
    unmet: tuple[Unmet, ...] | None = None
    shared = 0
    for counted in _each(batches, reading, walks, executor):
        for fault in counted.faults:
            rows = found.setdefault((fault.column, fault.problem, fault.remedy), [])
            rows.extend(fault.rows)
        if not found:
            shared += counted.shared
            for number, tally in counted.tallies:
                totals[number].add(tally)
        missed = counted.unmet
        unmet = missed if unmet is None else tuple(map(Unmet.both, unmet, missed))
    for (column, problem, remedy), rows in found.items():
        faults.add(column, problem, remedy, rows=sorted(set(rows)))
    for event, codes in zip(reading.events, unmet or (), strict=False):
        codes.note(event.column, faults)
    return [sums.with_labels_as_written() for sums in totals], shared


def count_batch(batch: Batch, reading: Reading, walks: Walks) -> Counted:
    """Return the sums of one batch, or its faults by the rows of the whole."""
    faults = Faults("")
    followed, unmet = read_spells(batch, reading, civil=walks.civil, faults=faults)
    if followed is None:
        placed = tuple(
            Fault(f.column, tuple(int(batch.rows[r]) for r in f.rows), f.problem, f.remedy)
            for f in faults.found
        )
        return Counted((), 0, unmet, placed)
    event = followed.spells.event
    several = 0
    if event.shape[1] > 1:
        several = int((event[followed.spells.ended].sum(axis=1) > 1).sum())
    return Counted(tuple(walks.tallies(followed)), several, unmet, ())


def _workers(executor: Executor | None) -> int:
    """Return how many workers there are; 8 where an executor does not say."""
    return 1 if executor is None else int(getattr(executor, "_max_workers", 0) or 8)


def _each(
    batches: Iterator[Batch], reading: Reading, walks: Walks, executor: Executor | None
) -> Iterator[Counted]:
    if executor is None:
        for batch in batches:
            yield count_batch(batch, reading, walks)
        return
    most = _UNDER_WAY * _workers(executor)
    waiting: deque[Future[Any]] = deque()
    try:
        for batch in batches:
            waiting.append(executor.submit(count_batch, batch, reading, walks))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
