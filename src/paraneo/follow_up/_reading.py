"""The gate for follow-up: a batch of rows in, spells in ticks out, every fault named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.events import Events, Unmet, read_some_events
from paraneo.gate.groups import label_like
from paraneo.gate.tables import Columns, Table
from paraneo.gate.written_codes import Recode
from paraneo.gate.written_dates import DateFormat

from ._dated_spells import dated_ticks
from ._kinds import read_kinds
from ._lexis_inputs import Spells
from ._ticks import TICKS_PER_DAY, half_a_day, ticks_of_years
from .moments import Moments, check_kinds, check_lifespan, is_civil, moments, most_time

if TYPE_CHECKING:
    from paraneo.rates import RateTable

    from ._batches import Batch

Whole = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: What a column of events means for which no code is named.
_ZERO_ONE = Events(cause=1, competing=(), censored=0)


@dataclass(frozen=True, slots=True)
class Event:
    """A type of event: a 0/1 column, or a column and what its codes mean."""

    name: str
    column: str
    codes: Events | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Which columns of follow-up hold what, and how rows without follow-up time are counted."""

    birth: str
    entry: str
    exit: str
    origin: str | None
    events: tuple[Event, ...]
    by: tuple[str, ...]
    id: str | None
    zero_time: str
    tables: Mapping[str, RateTable]
    unknown_groups: bool
    calendar: bool
    recode: Recode
    date_format: DateFormat | None

    def source(self, table: Table, faults: Faults) -> Columns:
        """Return a table seen through the gate."""
        return Columns(table, faults, recode=self.recode, date_format=self.date_format)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        names = [self.birth, self.entry, self.exit, self.origin, self.id, *self.by]
        names += [event.column for event in self.events]
        names += [name for table in self.tables.values() for name in table.by]
        names += self.recode
        return tuple(dict.fromkeys(name for name in names if name is not None))


@dataclass(frozen=True, slots=True)
class Followed:
    """What one batch holds.

    Attributes
    ----------
    spells : Spells
        Those that are counted, the spells of one person together.
    strata : list of tuple
        The labels of each group of the spells.
    no_time : array of int
        Rows of no length that were left out, and their events of each type.
    """

    spells: Spells
    strata: list[tuple[Any, ...]]
    no_time: Whole


def civil_time(batch: Batch, reading: Reading) -> bool:
    """Return whether a batch gives time in dates."""
    return is_civil(reading.source(batch.table, Faults("")), reading.exit)


def read_spells(
    batch: Batch, reading: Reading, *, civil: bool, faults: Faults
) -> tuple[Followed | None, tuple[Unmet, ...]]:
    """Read a batch of follow-up: None where it is at fault, and codes of events not met."""
    source = reading.source(batch.table, faults)
    ticks = _times(source, reading, civil=civil)
    event = np.empty((source.length, len(reading.events)), dtype=np.uint8)
    unmet: tuple[Unmet, ...] = ()
    for k, what in enumerate(reading.events):
        event[:, k], missed = _events(source, what)
        unmet += (missed,)
    kinds = read_kinds(source, reading.by, reading.tables, known=not reading.unknown_groups)
    if faults.found or ticks is None or not source.length:
        return None, unmet
    birth, start, stop = ticks[:3]
    origin = start if reading.origin is None else ticks[3]
    person, order = _people(source, reading, birth, start, stop, civil=civil)
    if faults.found:
        return None, unmet
    kept, stop, no_time = _no_length(start, stop, event, reading.zero_time, civil=civil)
    spells = Spells(
        birth, origin, start, stop, person, kinds.kind, event, kinds.group, kinds.rate_group
    )
    if order is not None or not kept.all():
        spells = spells.picked(np.flatnonzero(kept) if order is None else order[kept[order]])
    return Followed(spells, kinds.strata, no_time), unmet


def _times(source: Columns, reading: Reading, *, civil: bool) -> Sequence[Whole] | None:
    """Return the ticks of birth, entry, exit and origin; None where one is at fault."""
    every = (reading.birth, reading.entry, reading.exit, reading.origin)
    names = [name for name in every if name is not None]
    quick = dated_ticks(source, names, most_time(civil=True)) if civil else None
    if quick is not None:
        return list(quick)
    times = {name: moments(source, name) for name in dict.fromkeys(names)}
    check_kinds(times, source.faults, civil)
    if all(moment.civil is civil for moment in times.values()):
        _check_order(source, reading, times, civil=civil)
    if source.faults.found:
        return None
    ticks = {name: _ticks(moment, civil=civil) for name, moment in times.items()}
    return [ticks[name] for name in names]


def _check_order(
    source: Columns, reading: Reading, times: dict[str, Moments], *, civil: bool
) -> None:
    birth, entry, leave = (times[n] for n in (reading.birth, reading.entry, reading.exit))
    known = birth.known & entry.known & leave.known
    today = date.today()
    if civil or reading.calendar:
        end = (today - date(1970, 1, 1)).days if civil else today.year + 1
        for name, moment in times.items():
            late = moment.known & (moment.at > end)
            source.rows_where(late, name, "it lies in the future", "Correct it")
            known &= ~late
    source.rows_where(
        known & (leave.at < entry.at),
        reading.exit,
        f"it lies before '{reading.entry}'",
        "Correct the two, or leave the row out",
    )
    source.rows_where(
        known & (entry.at < birth.at),
        reading.entry,
        f"it lies before '{reading.birth}'",
        "Correct the two, or leave the row out",
    )
    end_known = np.where(known, leave.at, np.nan)
    check_lifespan(source, (reading.birth, birth.at), (reading.exit, end_known), civil=civil)


def _ticks(moment: Moments, *, civil: bool) -> Whole:
    """Return the ticks of moments, in the place of days, which nobody needs any more."""
    if not civil:
        return ticks_of_years(moment.at)
    return np.asarray(np.multiply(moment.at, TICKS_PER_DAY, out=moment.at), dtype=np.int64)


def _events(source: Columns, event: Event) -> tuple[NDArray[Any], Unmet]:
    """Return 0 or 1 for each row, and the codes that no row holds."""
    if event.codes is not None:
        found = read_some_events(source, event.column, event.codes)
        return found.number == 1, found.unmet
    plain = source.plain(event.column)
    if plain is not None and plain.dtype.kind != "f" and _all_0_or_1(plain):
        return plain, Unmet()
    cure = "For codes give cause=, such as cause=1"
    found = read_some_events(source, event.column, _ZERO_ONE, cure=cure)
    return found.number == 1, Unmet()


def _all_0_or_1(values: NDArray[Any]) -> bool:
    return bool(values.size and values.min() >= 0 and values.max() <= 1)


def _people(
    source: Columns, reading: Reading, birth: Whole, start: Whole, stop: Whole, *, civil: bool
) -> tuple[Whole, Whole | None]:
    """Return numbers of people from 1, and an order in which each one's spells stand together.

    There is no order where every row is a person.
    """
    name = reading.id
    series = None if name is None else source.native(name)
    if name is None or series is None or not label_like(series, name, source):
        return np.arange(1, source.length + 1), None
    code = pd.factorize(series)[0].astype(np.int64)
    source.rows_where(code < 0, name, "id is missing", "Fill it in or leave the row out")
    order = np.lexsort((stop, start, code))
    same = code[order][1:] == code[order][:-1]
    over = same & (start[order][1:] < stop[order][:-1])
    if civil:  # numbers may differ by what they were rounded by
        source.rows_where(
            _marked(order[1:][same & (birth[order][1:] != birth[order][:-1])], source.length),
            reading.birth,
            "it differs from that of another row of the same person",
            f"Correct it, or '{name}'",
        )
    source.rows_where(
        _marked(order[1:][over], source.length),
        name,
        "the spell overlaps another of the same person",
        "Count each day of a person once: correct the dates or drop the repeated row",
    )
    return code + 1, order


def _marked(rows: Whole, length: int) -> Bools:
    """Return a mask of these rows, for so long a table."""
    marked = np.zeros(length, dtype=bool)
    marked[rows] = True
    return marked


def _no_length(
    start: Whole, stop: Whole, event: NDArray[np.uint8], zero_time: str, *, civil: bool
) -> tuple[Bools, Whole, Whole]:
    """Return which rows are kept, where they end, and what was left out."""
    none = start == stop
    left_out = np.zeros(1 + event.shape[1], dtype=np.int64)
    if not none.any():
        return ~none, stop, left_out
    if zero_time == "half_day":
        return np.ones(len(start), dtype=bool), stop + none * half_a_day(civil=civil), left_out
    if zero_time == "include":
        return np.ones(len(start), dtype=bool), stop, left_out
    left_out[0] = none.sum()
    left_out[1:] = event[none].sum(axis=0)
    return ~none, stop, left_out
