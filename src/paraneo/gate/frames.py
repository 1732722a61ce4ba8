"""Whole tables of any kind: what is one, put together, cut and stacked.

No module outside the gate touches narwhals frames.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from narwhals.stable.v2.typing import IntoDataFrame
from numpy.typing import NDArray

from paraneo.errors import Faults

from .files import is_path, read_table
from .formula_words import first_line
from .gathered import gathered, is_gatherable, to_pandas

Table = IntoDataFrame | Mapping[str, Any]


def is_table(data: object) -> bool:
    """Return whether ``data`` is one table, not a path or a run of tables."""
    return is_gatherable(data)


def as_table(data: Any) -> Table:
    """Return a result as its tidy frame, a file as its table, and a table in memory."""
    summary = getattr(data, "summary", None)
    if callable(summary):
        table: Table = summary()
        return table
    return read_table(data) if is_path(data) else gathered(data)


def row_count(data: Table) -> int | None:
    """Return how many rows a table has; None for what cannot be read as a table."""
    if isinstance(data, pd.DataFrame):
        return len(data)
    frame = frame_of(data, Faults("the table"))
    return None if frame is None else len(frame)


def in_one(data: Table) -> Table:
    """Return a mapping of columns as one frame, so that it is put together but once."""
    frame = frame_of(data, Faults("the table")) if isinstance(data, Mapping) else None
    if frame is None:
        return data
    whole: Table = frame.to_native()
    return whole


def rows_of(data: Table, rows: slice | NDArray[np.intp]) -> Table:
    """Return some rows of a table, in the order asked; a slice copies nothing."""
    if isinstance(data, pd.DataFrame):
        return data.iloc[rows]
    frame = frame_of(data, Faults("the table"))
    if frame is None:
        return data
    picked: Table = frame[rows].to_native()
    return picked


def stacked(tables: Sequence[Table]) -> Table:
    """Return tables one below the other; a column that one of them lacks is missing there.

    Tables of several kinds, or of different columns, become a pandas frame.
    """
    frames = [frame_of(table, Faults("the table")) for table in tables]
    known = [frame for frame in frames if frame is not None]
    if len({(frame.implementation, *frame.schema.items()) for frame in known}) == 1:
        whole: Table = nw.concat(known, how="vertical").to_native()
        return whole
    return pd.concat([to_pandas(frame) for frame in known], ignore_index=True)


def frame_of(data: Table, faults: Faults) -> nw.DataFrame[Any] | None:
    """Return a table as one kind of frame, or nothing, noting why."""
    data = gathered(data)
    if isinstance(data, Mapping):
        try:
            data = pd.DataFrame(dict(data))
        except (ValueError, TypeError, OverflowError) as error:
            faults.add(
                None,
                f"its columns do not fit together ({first_line(error)})",
                "Give each column as a list, all of one length",
            )
            return None
    if not columns_differ(data, faults):
        return None
    try:
        return nw.from_native(data, eager_only=True)
    except TypeError:
        cure = "Pass a pandas, polars or pyarrow table, or the path of a file"
        faults.add(None, f"it is of type {type(data).__name__}, not a table", cure)
        return None


def columns_differ(data: Any, faults: Faults) -> bool:
    """Return whether no two columns have the same name, noting those that do."""
    names = Counter(map(str, _column_names(data)))
    doubled = [name for name, count in names.items() if count > 1]
    for name in doubled:
        faults.add(name, "there is more than one column of this name", "Rename or drop one")
    return not doubled


def _column_names(data: Any) -> Iterable[Any]:
    names = getattr(data, "columns", ())
    arrow = getattr(data, "column_names", None)  # where columns are the columns themselves
    return arrow if isinstance(arrow, list) else names
