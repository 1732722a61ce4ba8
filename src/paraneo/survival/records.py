"""Reading tables of follow-up: times, events and groups, every fault reported at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.follow_up.moments import read_points
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE
from paraneo.gate.events import Events, read_events
from paraneo.gate.groups import read_groups
from paraneo.gate.guards import warn_of_same_people
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.numerics.calendar import DAYS_PER_YEAR

from .left_out import ZeroTime, with_time
from .risk_sets import TIE, Index, People, merge_near_ties


@dataclass(frozen=True, slots=True)
class Records:
    """A table of follow-up as arrays, group by group.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, one row a group.
    people : tuple of People
        One entry a group.
    causes : int
        How many causes there are, those of interest first.
    left_out : DataFrame or None
        Rows without follow-up time, where they were looked for.
    """

    groups: pd.DataFrame
    people: tuple[People, ...]
    causes: int
    left_out: pd.DataFrame | None = None


def read_records(
    source: Columns,
    *,
    exit_column: str,
    event_column: str,
    entry_column: str | None,
    id_column: str | None,
    events: Events,
    by: str | Sequence[str],
    origin_column: str | None = None,
    clusters: Sequence[str] = (),
    weights_column: str | None = None,
    zero_time: ZeroTime | None = None,
) -> Records | None:
    """Return the follow-up in a table; None where faults were noted.

    ``clusters`` are the columns whose rows are known to belong together. Rows without time are
    dealt with here where ``zero_time`` is given.
    """
    left: pd.DataFrame | None = None
    if zero_time is not None:
        source, left = with_time(
            source, zero_time, begin=entry_column or origin_column, exit_column=exit_column,
            event=event_column, events=events, at_zero=entry_column is None,
        )  # fmt: skip
    warn_of_same_people(source, (id_column, *clusters), by)
    entry, end = read_times(source, exit_column, entry_column, origin_column)
    code, causes = read_events(source, event_column, events)
    groups, group = read_groups(source, by)
    weight = None if weights_column is None else source.numbers(weights_column, POSITIVE)
    who = None if id_column is None else read_ids(source, id_column)
    if source.faults.found:
        return None
    if entry is None:
        (end,) = merge_near_ties(end)
    else:
        entry, end = merge_near_ties(entry, end)
        if who is not None:
            if weight is not None:
                source.faults.add("weights", "they do not go with id", "Give a row a person")
                return None
            entry, end, code, group = _joined(source, who, entry, end, code, group)
            if source.faults.found:
                return None
    counted = weight is None or not (weight % 1.0).any()
    everybody = People(entry, end, code, weight, bool(counted))
    if len(groups) == 1:
        return Records(groups, (everybody,), causes, left)
    rows = _rows_of_groups(group, len(groups))
    return Records(groups, tuple(everybody.chosen(i) for i in rows), causes, left)


def read_ids(source: Columns, name: str) -> Index:
    """Return the number of the person of each row."""
    series = source.native(name)
    if series is None:
        return np.zeros(source.length, dtype=np.intp)
    missing = series.isna().to_numpy()
    source.rows_where(missing, name, "id is missing", "Fill it in")
    return np.asarray(pd.factorize(series)[0], dtype=np.intp)


def _rows_of_groups(group: Index, count: int) -> list[Index]:
    """Return the rows of each group, rising."""
    if count == 1:
        return [np.arange(len(group))]
    order = np.argsort(group, kind="stable")
    return np.split(order, np.searchsorted(group[order], np.arange(1, count)))


def _joined(
    source: Columns, who: Index, entry: Vector, end: Vector, code: Index, group: Index
) -> tuple[Vector, Vector, Index, Index]:
    """Return one record for rows of a person that follow on each other in one group."""
    order = check_rows_of_people(source, who, entry, end, code)
    who, entry, end = who[order], entry[order], end[order]
    code, group = code[order], group[order]
    same = who[1:] == who[:-1]
    goes_on = same & (entry[1:] == end[:-1]) & (group[1:] == group[:-1])
    opens, closes = np.concatenate(([True], ~goes_on)), np.concatenate((~goes_on, [True]))
    return entry[opens], end[closes], code[closes], group[closes]


def check_rows_of_people(
    source: Columns, who: Index, entry: Vector, end: Vector, code: Index
) -> Index:
    """Return the order of the rows by person and time, noting rows that cannot be one person's."""
    order = np.lexsort((entry, who))
    who, entry, end, code = who[order], entry[order], end[order], code[order]
    same = who[1:] == who[:-1]
    for wrong, problem, remedy in (
        (same & (entry[1:] < end[:-1]), "rows of one person overlap", "Correct their times"),
        (same & (code[:-1] > 0), "a row comes after the person's event", "Leave it out"),
    ):
        rows = np.sort(order[1:][wrong])
        if len(rows):
            source.faults.add(None, f"{problem} (rows {_some(rows.tolist())})", remedy)
    return order


def read_times(
    source: Columns, exit_column: str, entry_column: str | None, origin_column: str | None = None
) -> tuple[Vector | None, Vector]:
    """Return times of entry and exit, noting those that are out of order."""
    end = _read_time(source, exit_column, origin_column)
    if entry_column is None:
        return None, end
    entry = _read_time(source, entry_column, origin_column)
    room = TIE * np.nanmax(np.abs(end), initial=0.0)
    source.rows_where(
        end <= entry + room,
        entry_column,
        f"entry is at or after '{exit_column}'",
        "Leave out people without follow-up, or correct the times",
    )
    return entry, end


def _read_time(source: Columns, name: str, origin: str | None) -> Vector:
    """Return a column of times since the origin, in years where the columns hold dates."""
    if origin is None:
        series = source.native(name)
        if series is not None and pd.api.types.is_datetime64_any_dtype(series.dtype):
            cure = "Name the column with the date of time zero in origin"
            source.faults.add(name, "it holds dates", cure)
            return np.zeros(source.length)
        return source.numbers(name, NONNEGATIVE)
    points = read_points(source, (origin, name))
    if points is None:
        return np.zeros(source.length)
    civil, at = points
    time = (at[name] - at[origin]) / (DAYS_PER_YEAR if civil else 1.0)
    source.rows_where(time < 0, name, f"it lies before '{origin}'", "Correct the two")
    return np.asarray(time, dtype=np.float64)


def group_names(groups: pd.DataFrame) -> list[str]:
    """Return one text a group, "all" where there is but one without a name."""
    if not groups.shape[1]:
        return ["all"]
    return [" / ".join(map(str, row)) for row in groups.itertuples(index=False)]


def row_names(at: Any, groups: pd.DataFrame) -> list[str]:
    """Return one text a row of covariates: those columns that differ, or the groups."""
    if at is None:
        return group_names(groups)
    if isinstance(at, Mapping):
        wide = max((np.size(value) for value in at.values()), default=1)
        at = {name: np.broadcast_to(value, wide) for name, value in at.items()}
    source = Columns(at, Faults("the covariates in at"))
    columns = {name: source.text(name) for name in source.names}
    shown = [name for name, column in columns.items() if len(set(column)) > 1] or [*columns]
    return [
        ", ".join(f"{name} = {columns[name][row]}" for name in shown)
        for row in range(source.length)
    ]


def _some(found: Any) -> str:
    shown = ", ".join(repr(value) for value in list(found)[:8])
    return f"{shown} …" if len(found) > 8 else shown
