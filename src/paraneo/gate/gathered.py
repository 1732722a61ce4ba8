"""Tables that are not in memory yet, or not in a form narwhals knows, brought into one.

Plans (polars' LazyFrame, DuckDB's relations, Ibis), Arrow's record batches, readers and data
sets, and whatever else offers Arrow's stream of batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from .databases import Query


def is_gatherable(data: Any) -> bool:
    """Return whether ``data`` is one table, in memory or not."""
    return (
        isinstance(data, Mapping)
        or nw.dependencies.is_into_dataframe(data)
        or _is_plan(data)
        or _is_arrow(data)
    )


def gathered(data: Any) -> Any:
    """Return a table in memory; what is one already, or none at all, comes back as it is."""
    if isinstance(data, Query):
        return pd.concat(list(data), ignore_index=True)
    if isinstance(data, pd.DataFrame | Mapping) or nw.dependencies.is_into_dataframe(data):
        return data
    if _is_plan(data):
        return nw.from_native(data).lazy().collect().to_native()
    if not _is_arrow(data):
        return data
    if hasattr(data, "to_table"):  # a data set, or a scanner of one
        return data.to_table()
    try:
        import pyarrow
    except ImportError:
        return _by_polars(data)
    return pyarrow.table(data)


def to_pandas(frame: nw.DataFrame[Any]) -> pd.DataFrame:
    """Return a frame as pandas has it; polars' own way needs pyarrow, and this does not."""
    if frame.implementation.is_polars():
        return pd.DataFrame({name: series_to_pandas(frame[name]) for name in frame.columns})
    return frame.to_pandas()


def series_to_pandas(series: nw.Series[Any]) -> pd.Series[Any]:
    """Return a column as pandas has it, without pyarrow where it is of polars."""
    if not series.implementation.is_polars():
        return series.to_pandas()
    kind = series.dtype
    if kind == nw.Categorical or kind == nw.Enum:
        return pd.Series(pd.Categorical(series.to_list()), name=series.name)
    if kind.is_numeric() or kind == nw.Date or kind == nw.Datetime:
        values = series.to_numpy()
        dates = values.astype("datetime64[s]") if values.dtype == "datetime64[D]" else values
        return pd.Series(dates, name=series.name)
    if kind == nw.Boolean and not series.is_null().any():
        return pd.Series(series.to_numpy().astype(bool), name=series.name)
    held = np.empty(len(series), dtype=object)
    held[:] = series.to_list()
    return pd.Series(held, name=series.name)


def _is_plan(data: Any) -> bool:
    return bool(nw.dependencies.is_into_lazyframe(data)) if _knows_plans else _has_plan(data)


_knows_plans = hasattr(nw.dependencies, "is_into_lazyframe")


def _has_plan(data: Any) -> bool:
    try:
        return isinstance(nw.from_native(data), nw.LazyFrame)
    except TypeError:
        return False


def _is_arrow(data: Any) -> bool:
    if isinstance(data, type):
        return False
    dataset = hasattr(data, "to_table") and type(data).__module__.startswith("pyarrow")
    batch = hasattr(data, "__arrow_c_array__") and hasattr(data, "schema")
    return hasattr(data, "__arrow_c_stream__") or batch or dataset


def _by_polars(data: Any) -> Any:
    try:
        import polars
    except ImportError:
        return data
    return polars.DataFrame(data)
