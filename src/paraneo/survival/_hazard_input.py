"""Reading follow-up for excess hazards: times, intervals, events and groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from paraneo.follow_up.moments import check_lifespan, read_points
from paraneo.gate.events import Events, read_events
from paraneo.gate.guards import warn_of_same_people
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.numerics.calendar import DAYS_PER_YEAR

from ._spells import Flags

#: Ends of follow-up closer than this share of a time are at the same time.
CLOSE = 1e-12


@dataclass(frozen=True, slots=True)
class Where:
    """Which columns hold what; None where there is none."""

    birth: str | None
    entry: str | None
    exit: str
    event: str
    origin: str | None
    lower: str | None
    upper: str | None
    events: Events
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Times of each row.

    Attributes
    ----------
    civil : bool
        Given as dates.
    birth, origin : array
        Days or years, as they were given.
    entry, exit, upper : array of float
        Years since the origin; ``upper`` is NaN where there is no interval, and ``exit``
        the start of the interval where there is one.
    event : array of bool
        An event of the cause, observed exactly at ``exit``.
    """

    civil: bool
    birth: Vector
    origin: Vector
    entry: Vector
    exit: Vector
    upper: Vector
    event: Flags


def read_times(source: Columns, where: Where, by: str | Sequence[str] | None = ()) -> Times | None:
    """Return the times in a table; None where faults were noted."""
    warn_of_same_people(source, (where.cluster,), by)
    hit = read_events(source, where.event, where.events)[0] == 1
    nobody = np.zeros(source.length, dtype=bool)
    known_upper = _present(source, where.upper) & hit
    columns = (where.birth, where.origin, where.entry, where.exit, where.lower, where.upper)
    optional = {where.exit: known_upper, where.lower: ~nobody, where.upper: ~known_upper}
    points = read_points(
        source,
        [name for name in columns if name is not None],
        {name: rows for name, rows in optional.items() if name is not None},
    )
    if points is None:
        return None
    civil, values = points
    if where.origin is None and where.entry is None and civil:
        source.faults.add(
            "origin", "times are dates, and there is nothing to count them from", "Name a column"
        )
    if source.faults.found:
        return None
    return _arranged(source, where, values, hit, known_upper, civil=civil)


def _arranged(
    source: Columns,
    where: Where,
    values: dict[str, Vector],
    hit: Flags,
    known_upper: Flags,
    *,
    civil: bool,
) -> Times | None:
    """Count times from the origin, and check their order."""
    nothing = np.full(source.length, np.nan)

    def column(name: str | None) -> Vector:
        return nothing if name is None else values[name]

    birth, origin = column(where.birth), column(where.origin)
    if where.origin is None:
        counted = where.entry is not None and (where.birth is not None or civil)
        origin = column(where.entry) if counted else np.zeros(source.length)
    unit = DAYS_PER_YEAR if civil else 1.0

    def years(name: str | None) -> Vector:
        return (column(name) - origin) / unit

    entry = np.zeros(source.length) if where.entry is None else years(where.entry)
    begin, upper = years(where.lower), np.where(known_upper, years(where.upper), np.nan)
    begin = np.where(np.isnan(begin), entry, np.maximum(begin, entry))
    exact = ~known_upper | (years(where.lower) == upper)
    end = np.where(exact, np.where(known_upper, upper, years(where.exit)), begin)
    _check_order(source, where, entry, end, years(where.lower), upper, exact)
    if where.birth is not None:
        source.rows_where(birth > origin, where.birth, "it lies after the origin", "Correct it")
        check_lifespan(source, (where.birth, birth), (where.exit, column(where.exit)), civil=civil)
    upper = np.where(exact, np.nan, upper)
    if source.faults.found:
        return None
    return Times(civil, birth, origin, entry, end, upper, hit & exact)


def _check_order(
    source: Columns,
    where: Where,
    entry: Vector,
    end: Vector,
    lower: Vector,
    upper: Vector,
    exact: Flags,
) -> None:
    room = CLOSE * np.abs(np.where(exact, end, upper))
    name = where.entry or where.exit
    source.rows_where(
        entry < 0, name, "entry lies before the origin of time", "Count time from the origin on"
    )
    source.rows_where(
        exact & (end <= entry + room),
        name,
        f"entry is at or after '{where.exit}'" if where.entry else "there is no time at risk",
        "Leave out rows without follow-up, or correct the times",
    )
    if where.upper is not None:
        source.rows_where(
            lower > upper,
            where.lower or where.upper,
            f"lower end lies above '{where.upper}'",
            "Swap or correct the two",
        )
        source.rows_where(
            ~exact & (upper <= entry + room),
            where.upper,
            "the interval ends at or before entry",
            "Leave the row out, or correct the times",
        )


def _present(source: Columns, name: str | None) -> Flags:
    series = None if name is None else source.native(name)
    if series is None:
        return np.zeros(source.length, dtype=bool)
    return series.notna().to_numpy(dtype=bool)
