"""Follow-up counted batch by batch, here or spread over an executor's workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from paraneo.errors import Fault, Faults
from paraneo.gate.events import Unmet
from paraneo.gate.guards import warn_of_same_people
from paraneo.gate.tables import Columns

from ._batches import Batch, Door
from ._lexis import tally
from ._lexis_grid import tally_on_grid, worthwhile
from ._plan import Plan
from ._reading import Followed, Reading, civil_time, read_spells
from ._sums import EVENTS, NO_TIME, PEOPLE, REASONS, Tally, Totals

if TYPE_CHECKING:
    from ._request import Request

Counted = tuple[Tally | None, tuple[Unmet, ...], tuple[Fault, ...]]
#: Batches under way per worker, so that none waits and memory stays bounded.
_UNDER_WAY = 2
#: Bytes taken and given back at once before the first batch, untouched. The C library then
#: keeps about as much for what follows. Otherwise it returns what a batch gave up to the
#: system, and takes it anew for the next, page by page: a fifth of the time on one thread.
_KEPT = 2**22


def count_all(
    data: Any, asked: Request, batch_rows: int, executor: Executor | None, faults: Faults
) -> tuple[Totals, Plan]:
    """Return the sums over all of ``data``, and what they were made by."""
    _check_ways(batch_rows, executor)
    np.empty(_KEPT, dtype=np.uint8)
    reading = asked.reading()
    door = Door(data, reading.columns, asked.id, batch_rows, _workers(executor))
    batches = iter(door)
    first = next(batches, None)
    if first is None:
        faults.add(None, "it has no rows", "Pass follow-up of at least one person")
    first = faults.checked(first)
    plan = asked.plan(civil=civil_time(first, reading))
    warn_of_same_people(Columns(first.table, Faults("")), (asked.id,), asked.by)
    totals = count(chain([first], batches), reading, plan, faults, executor)
    door.faults(faults)
    return totals, plan


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
    plan: Plan,
    faults: Faults,
    executor: Executor | None,
) -> Totals:
    """Return the sums over all batches, noting every fault of every batch."""
    ages, periods, follow_ups = plan.shape
    totals = Totals(ages * periods * follow_ups, plan.types, len(plan.groups))
    found: dict[tuple[str | None, str, str], list[int]] = {}
    unmet: tuple[Unmet, ...] | None = None
    for sums, missed, wrong in _each(batches, reading, plan, executor):
        for fault in wrong:
            rows = found.setdefault((fault.column, fault.problem, fault.remedy), [])
            rows.extend(fault.rows)
        if sums is not None and not found:
            totals.add(sums)
        unmet = missed if unmet is None else tuple(map(Unmet.both, unmet, missed))
    for (column, problem, remedy), rows in found.items():
        faults.add(column, problem, remedy, rows=sorted(set(rows)))
    for event, codes in zip(reading.events, unmet or (), strict=False):
        codes.note(event.column, faults)
    return totals.with_labels_as_written()


def count_batch(batch: Batch, reading: Reading, plan: Plan) -> Counted:
    """Return the sums of one batch, or its faults by the rows of the whole."""
    faults = Faults("")
    followed, unmet = read_spells(batch, reading, civil=plan.civil, faults=faults)
    if followed is None:
        placed = tuple(
            Fault(f.column, tuple(int(batch.rows[r]) for r in f.rows), f.problem, f.remedy)
            for f in faults.found
        )
        return None, unmet, placed
    return _tally(followed, plan), unmet, ()


def _tally(followed: Followed, plan: Plan) -> Tally:
    ages, periods, follow_ups = plan.shape
    size = ages * periods * follow_ups
    cells = size * len(followed.strata)
    sums = np.zeros((cells + REASONS + len(plan.groups), plan.columns), dtype=np.int64)
    missing = np.zeros(plan.missing_cells)
    count = tally_on_grid if worthwhile(followed.spells, plan.axes, plan.bands) else tally
    count(followed.spells, plan.axes, plan.bands, plan.rates, plan.drop, cells, sums, missing)
    sums[cells + NO_TIME, PEOPLE] = followed.no_time[0]
    sums[cells + NO_TIME, EVENTS : EVENTS + plan.types] = followed.no_time[1:]
    by_stratum = {}
    for number, stratum in enumerate(followed.strata):
        rows = sums[number * size : (number + 1) * size]
        here = np.flatnonzero(rows[:, PEOPLE])
        by_stratum[stratum] = (here, rows[here])
    return Tally(by_stratum, sums[cells:].copy(), missing)


def _workers(executor: Executor | None) -> int:
    """Return how many workers there are; 8 where an executor does not say."""
    return 1 if executor is None else int(getattr(executor, "_max_workers", 0) or 8)


def _each(
    batches: Iterator[Batch], reading: Reading, plan: Plan, executor: Executor | None
) -> Iterator[Counted]:
    if executor is None:
        for batch in batches:
            yield count_batch(batch, reading, plan)
        return
    most = _UNDER_WAY * _workers(executor)
    waiting: deque[Future[Any]] = deque()
    try:
        for batch in batches:
            waiting.append(executor.submit(count_batch, batch, reading, plan))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
