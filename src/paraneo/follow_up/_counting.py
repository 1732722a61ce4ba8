"""Follow-up counted batch by batch, here or spread over an executor's workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from paraneo.errors import Fault, Faults
from paraneo.gate.events import Unmet
from paraneo.gate.guards import warn_of_same_people
from paraneo.gate.tables import Columns

from ._batches import Batch, Door
from ._endpoints import parts_of
from ._exact import BITS, MASK
from ._lexis import tally
from ._lexis_grid import tally_on_grid, worthwhile
from ._lexis_inputs import Spells
from ._plan import Plan
from ._reading import Followed, Reading, civil_time, read_spells
from ._sums import EVENTS, NO_GROUP, NO_TIME, PEOPLE, REASONS, TIME, Tally, Totals
from ._ticks import half_a_day

if TYPE_CHECKING:
    from ._request import Request


@dataclass(frozen=True, slots=True)
class Part:
    """Endpoints that are counted together, since they share their time at risk.

    Attributes
    ----------
    plan : Plan
    exit : int
        Which of the columns of exit.
    events, tables : tuple of int
        Which of the events and of the rate tables that were read.
    at_risk : bool
        People of groups without rates are not at risk.
    """

    plan: Plan
    exit: int
    events: tuple[int, ...]
    tables: tuple[int, ...]
    at_risk: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """The sums of one batch for each part, or its faults."""

    tallies: tuple[Tally, ...]
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
    parts = [_part(asked, question, civil=civil) for question in questions]
    warn_of_same_people(Columns(first.table, Faults("")), (asked.id,), asked.by)
    totals, shared = count(chain([first], batches), reading, parts, faults, executor)
    door.faults(faults)
    every = zip(questions, parts, totals, strict=True)
    return [Sums(question, part.plan, sums) for question, part, sums in every], shared


def _part(asked: Request, question: Request, *, civil: bool) -> Part:
    events, tables = list(asked.events), list(asked.tables)
    return Part(
        question.plan(civil=civil),
        exit=asked.exits.index(question.exits[0]),
        events=tuple(map(events.index, question.events)),
        tables=tuple(map(tables.index, question.tables)),
        at_risk=asked.endpoints,
    )


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
    parts: Sequence[Part],
    faults: Faults,
    executor: Executor | None,
) -> tuple[list[Totals], int]:
    """Return the sums of each part over all batches, noting every fault of every batch."""
    totals = [
        Totals(int(np.prod(part.plan.shape)), part.plan.types, len(part.plan.groups))
        for part in parts
    ]
    found: dict[tuple[str | None, str, str], list[int]] = {}
    unmet: tuple[Unmet, ...] | None = None
    shared = 0
    for counted in _each(batches, reading, parts, executor):
        for fault in counted.faults:
            rows = found.setdefault((fault.column, fault.problem, fault.remedy), [])
            rows.extend(fault.rows)
        if not found:
            shared += counted.shared
            for sums, tally_ in zip(totals, counted.tallies, strict=False):
                sums.add(tally_)
        missed = counted.unmet
        unmet = missed if unmet is None else tuple(map(Unmet.both, unmet, missed))
    for (column, problem, remedy), rows in found.items():
        faults.add(column, problem, remedy, rows=sorted(set(rows)))
    for event, codes in zip(reading.events, unmet or (), strict=False):
        codes.note(event.column, faults)
    return [sums.with_labels_as_written() for sums in totals], shared


def count_batch(batch: Batch, reading: Reading, parts: Sequence[Part]) -> Counted:
    """Return the sums of one batch, or its faults by the rows of the whole."""
    faults = Faults("")
    civil = parts[0].plan.civil
    followed, unmet = read_spells(batch, reading, civil=civil, faults=faults)
    if followed is None:
        placed = tuple(
            Fault(f.column, tuple(int(batch.rows[r]) for r in f.rows), f.problem, f.remedy)
            for f in faults.found
        )
        return Counted((), 0, unmet, placed)
    tallies = tuple(_tally(followed, part) for part in parts)
    event = followed.spells.event
    several = int((event.sum(axis=1) > 1).sum()) if event.shape[1] > 1 else 0
    return Counted(tallies, several, unmet, ())


def _tally(followed: Followed, part: Part) -> Tally:
    plan = part.plan
    ages, periods, follow_ups = plan.shape
    size = ages * periods * follow_ups
    cells = size * len(followed.strata)
    sums = np.zeros((cells + REASONS + len(plan.groups), plan.columns), dtype=np.int64)
    missing = np.zeros(plan.missing_cells)
    spells = _at_risk(followed, part, sums[cells + NO_GROUP])
    spells = _with_time(spells, followed.zero_time, sums[cells + NO_TIME], civil=plan.civil)
    way = tally_on_grid if worthwhile(spells, plan.axes, plan.bands) else tally
    way(spells, plan.axes, plan.bands, plan.rates, plan.drop, cells, sums, missing)
    by_stratum = {}
    for number, stratum in enumerate(followed.strata):
        rows = sums[number * size : (number + 1) * size]
        here = np.flatnonzero(rows[:, PEOPLE])
        by_stratum[stratum] = (here, rows[here])
    return Tally(by_stratum, sums[cells:].copy(), missing)


def _at_risk(followed: Followed, part: Part, left_out: Whole) -> Spells:
    """Return the spells of a part, without people of groups that it has no rates for."""
    spells = followed.spells
    events, tables = list(part.events), list(part.tables)
    spells = spells._replace(
        stop=followed.stops[part.exit],
        event=spells.event if len(events) == spells.event.shape[1] else spells.event[:, events],
        rate_group=spells.rate_group[tables],
    )
    if not part.at_risk or not tables:
        return spells
    # the tables of a part hold rates for the same groups
    without = (spells.rate_group[0] == part.plan.groups[0])[spells.kind]
    if not without.any():
        return spells
    out = spells.picked(np.flatnonzero(without))
    ticks = out.stop - out.start
    left_out[PEOPLE] = len(np.unique(out.person))
    left_out[TIME], left_out[TIME + 1] = (ticks & MASK).sum(), (ticks >> BITS).sum()
    left_out[EVENTS : EVENTS + part.plan.types] = out.event.sum(axis=0)
    return spells.picked(np.flatnonzero(~without))


def _with_time(spells: Spells, zero_time: str, left_out: Whole, *, civil: bool) -> Spells:
    """Return the spells with what becomes of those of no length."""
    none = spells.start == spells.stop
    if zero_time == "include" or not none.any():
        return spells
    if zero_time == "half_day":
        return spells._replace(stop=spells.stop + none * half_a_day(civil=civil))
    left_out[PEOPLE] = none.sum()
    left_out[EVENTS : EVENTS + spells.event.shape[1]] = spells.event[none].sum(axis=0)
    return spells.picked(np.flatnonzero(~none))


def _workers(executor: Executor | None) -> int:
    """Return how many workers there are; 8 where an executor does not say."""
    return 1 if executor is None else int(getattr(executor, "_max_workers", 0) or 8)


def _each(
    batches: Iterator[Batch], reading: Reading, parts: Sequence[Part], executor: Executor | None
) -> Iterator[Counted]:
    if executor is None:
        for batch in batches:
            yield count_batch(batch, reading, parts)
        return
    most = _UNDER_WAY * _workers(executor)
    waiting: deque[Future[Any]] = deque()
    try:
        for batch in batches:
            waiting.append(executor.submit(count_batch, batch, reading, parts))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
