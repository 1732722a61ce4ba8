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
from paraneo.gate.events import Events, Found, Unmet, read_endpoints, read_some_events
from paraneo.gate.frames import Table
from paraneo.gate.groups import label_like
from paraneo.gate.tables import Columns
from paraneo.gate.written_codes import Recode
from paraneo.gate.written_dates import DateFormat
from paraneo.numerics.ticks import TICKS_PER_DAY, ticks_of_years

from ._dated_spells import dated_ticks
from ._endpoints import Event
from ._kinds import Kinds, read_kinds
from ._lexis_inputs import Spells
from .moments import Moments, check_kinds, check_lifespan, is_civil, moments, most_time

if TYPE_CHECKING:
    from paraneo.rates import RateTable

    from ._batches import Batch

Whole = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: What a column of events means for which no code is named.
_ZERO_ONE = Events(cause=1, competing=(), censored=0)


@dataclass(frozen=True, slots=True)
class Reading:
    """Which columns of follow-up hold what, and how rows without follow-up time are counted."""

    birth: str
    entry: str
    exits: tuple[str, ...]
    origin: str | None
    events: tuple[Event, ...]
    endpoints: bool
    by: tuple[str, ...]
    id: str | None
    zero_time: str
    tables: Mapping[str, RateTable]
    other_tables: Mapping[str, RateTable]
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
        names = [self.birth, self.entry, *self.exits, self.origin, self.id, *self.by]
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
        All of them, the spells of one person together, up to the first column of exit.
    stops : tuple of array
        Where spells end, for each column of exit.
    strata : list of tuple
        The labels of each group of the spells.
    zero_time : str
        What becomes of spells of no length.
    """

    spells: Spells
    stops: tuple[Whole, ...]
    strata: list[tuple[Any, ...]]
    zero_time: str


def civil_time(batch: Batch, reading: Reading) -> bool:
    """Return whether a batch gives time in dates."""
    return is_civil(reading.source(batch.table, Faults("")), reading.exits[0])


def read_spells(
    batch: Batch, reading: Reading, *, civil: bool, faults: Faults
) -> tuple[Followed | None, tuple[Unmet, ...]]:
    """Read a batch of follow-up: None where it is at fault, and codes of events not met."""
    source = reading.source(batch.table, faults)
    ticks = _times(source, reading, civil=civil)
    event, unmet = _events(source, reading.events)
    tables = reading.tables
    kinds = read_kinds(
        source,
        reading.by,
        tables,
        reading.other_tables,
        known=not reading.unknown_groups,
        together=reading.endpoints,
    )
    if reading.endpoints and not reading.unknown_groups:
        _check_risk(source, reading, event, kinds)
    if faults.found or ticks is None or not source.length:
        return None, unmet
    birth, start = ticks[:2]
    stops = tuple(ticks[2 : 2 + len(reading.exits)])
    origin = start if reading.origin is None else ticks[-1]
    person, order = _people(source, reading, birth, start, stops, civil=civil)
    if faults.found:
        return None, unmet
    ended = np.zeros(source.length, dtype=bool)
    for one in event.T:
        ended |= one > 0
    every = np.arange(event.shape[1])
    who = (birth, origin, start, stops[0], person, kinds.kind)
    spells = Spells(*who, event, ended, every, kinds.group, kinds.rate_group)
    if order is not None:
        spells, stops = spells.picked(order), tuple(stop[order] for stop in stops)
    return Followed(spells, stops, kinds.strata, reading.zero_time), unmet


def _check_risk(source: Columns, reading: Reading, event: NDArray[Any], kinds: Kinds) -> None:
    """Note events of people for whose group there are no rates of the endpoint."""
    places = {name: k for k, name in enumerate(reading.tables)}
    for k, what in enumerate(reading.events):
        if what.name not in places:
            continue
        without = kinds.without_rates(places[what.name], reading.tables[what.name])
        if without.any():
            source.rows_where(
                (event[:, k] > 0) & without[kinds.kind],
                what.column,
                f"an event of '{what.name}', of which there are no rates for the person's group",
                "Correct the code or the group, add the rates, or leave out such people and "
                'events by missing_rates="drop"',
            )


def _times(source: Columns, reading: Reading, *, civil: bool) -> Sequence[Whole] | None:
    """Return the ticks of birth, entry, exits and origin; None where one is at fault."""
    every = (reading.birth, reading.entry, *reading.exits, reading.origin)
    names = [name for name in every if name is not None]
    quick = None
    if civil and len(reading.exits) == 1:
        quick = dated_ticks(source, names, most_time(civil=True))
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
    birth, entry = times[reading.birth], times[reading.entry]
    known = birth.known & entry.known
    today = date.today()
    if civil or reading.calendar:
        end = (today - date(1970, 1, 1)).days if civil else today.year + 1
        for name, moment in times.items():
            late = moment.known & (moment.at > end)
            source.rows_where(late, name, "it lies in the future", "Correct it")
            known &= ~late
    source.rows_where(
        known & (entry.at < birth.at),
        reading.entry,
        f"it lies before '{reading.birth}'",
        "Correct the two, or leave the row out",
    )
    for name in reading.exits:
        leave = times[name]
        source.rows_where(
            known & leave.known & (leave.at < entry.at),
            name,
            f"it lies before '{reading.entry}'",
            "Correct the two, or leave the row out",
        )
        end_known = np.where(known & leave.known, leave.at, np.nan)
        check_lifespan(source, (reading.birth, birth.at), (name, end_known), civil=civil)


def _ticks(moment: Moments, *, civil: bool) -> Whole:
    """Return the ticks of moments, in the place of days, which nobody needs any more."""
    if not civil:
        return ticks_of_years(moment.at)
    return np.asarray(np.multiply(moment.at, TICKS_PER_DAY, out=moment.at), dtype=np.int64)


def _events(
    source: Columns, events: Sequence[Event]
) -> tuple[NDArray[np.uint8], tuple[Unmet, ...]]:
    """Return 0 or 1 for each row and event, and the codes that no row holds."""
    happened = np.empty((source.length, len(events)), dtype=np.uint8)
    unmet: list[Unmet] = []
    read: dict[tuple[str, int], Found] = {}
    for column in dict.fromkeys(event.column for event in events):
        own = [event.codes for event in events if event.column == column and event.codes]
        meanings = list({id(codes): codes for codes in own}.values())
        found = read_endpoints(source, column, meanings)
        read |= {(column, id(m)): one for m, one in zip(meanings, found, strict=True)}
    for k, event in enumerate(events):
        if event.codes is None:
            happened[:, k] = _zero_or_one(source, event.column)
            unmet.append(Unmet())
            continue
        found_here = read[event.column, id(event.codes)]
        happened[:, k] = found_here.number == event.number
        unmet.append(Unmet() if event.codes.separate else found_here.unmet)
    return happened, tuple(unmet)


def _zero_or_one(source: Columns, column: str) -> NDArray[Any]:
    """Return a column of 0 and 1."""
    plain = source.plain(column)
    if plain is not None and plain.dtype.kind != "f" and _all_0_or_1(plain):
        return plain
    cure = "For codes give cause=, such as cause=1"
    return np.asarray(read_some_events(source, column, _ZERO_ONE, cure=cure).number == 1)


def _all_0_or_1(values: NDArray[Any]) -> bool:
    return bool(values.size and values.min() >= 0 and values.max() <= 1)


def _people(
    source: Columns,
    reading: Reading,
    birth: Whole,
    start: Whole,
    stops: tuple[Whole, ...],
    *,
    civil: bool,
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
    order = np.lexsort((*stops[::-1], start, code))
    same = code[order][1:] == code[order][:-1]
    over = same & np.any([start[order][1:] < stop[order][:-1] for stop in stops], axis=0)
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
