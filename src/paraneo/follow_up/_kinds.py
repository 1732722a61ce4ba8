"""People of one kind: those who share a stratum of the table and their rows of the rate tables.

Labels are matched once for each kind, and every row only carries the number of its kind.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.gate.groups import note_no_labels
from paraneo.gate.tables import Columns

if TYPE_CHECKING:
    from paraneo.rates import RateTable

Whole = NDArray[np.int64]
Labels = list[tuple[Any, ...]]
#: Combinations of labels are found by counting where there are at most this many per row.
_COUNTED = 4


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of people in a batch.

    Attributes
    ----------
    kind : array, shape (rows,)
    strata : list of tuple
        The labels of each stratum.
    group : array, shape (kinds,)
        The stratum of each kind.
    rate_group : array, shape (tables, kinds)
        Row of each rate table, the number of its groups where there is none.
    """

    kind: Whole
    strata: Labels
    group: Whole
    rate_group: Whole


def read_kinds(
    source: Columns, by: Sequence[str], tables: Mapping[str, RateTable], *, known: bool
) -> Kinds:
    """Read the labels that tell kinds apart; with ``known`` each needs a row of each table."""
    wanted = dict.fromkeys((*by, *(name for table in tables.values() for name in table.by)))
    columns: dict[str, list[Any]] = {}
    kind = np.zeros(source.length, dtype=np.int64)
    count = 1
    labelled = np.ones(source.length, dtype=bool)
    for name in wanted:
        series = source.native(name)
        if series is None:
            continue
        coded = _coded(source, name, series)
        if coded is None:
            continue
        part, values = coded
        missing = part < 0
        if missing.any():
            source.rows_where(missing, name, "label is missing", "Fill it in or leave the row out")
            part = np.maximum(part, 0)
            labelled &= ~missing
        if not len(values):
            continue
        joint = part.astype(np.int64) if count == 1 else kind * len(values) + part
        met, kind = _met(joint, count * len(values))
        columns = {n: [labels[c // len(values)] for c in met] for n, labels in columns.items()}
        columns[name] = [values[c % len(values)] for c in met]
        count = len(met)
    strata: dict[tuple[Any, ...], int] = {}
    own = [columns[name] for name in by if name in columns]
    labels = list(zip(*own, strict=True)) if own else [()] * count
    group = [strata.setdefault(label, len(strata)) for label in labels]
    rate_group = np.zeros((len(tables), count), dtype=np.int64)
    for k, (name, table) in enumerate(tables.items()):
        if table.by and all(column in columns for column in table.by):
            theirs = {column: columns[column] for column in table.by}
            found = np.asarray(table.group_codes(theirs), dtype=np.int64)
            if known:
                _note_unknown(source, name, table, theirs, found, np.where(labelled, kind, -1))
            rate_group[k] = np.where(found < 0, table.rates.shape[0], found)
    return Kinds(kind, list(strata), np.array(group, dtype=np.int64), rate_group)


def _coded(
    source: Columns, name: str, series: pd.Series[Any]
) -> tuple[NDArray[Any], list[Any]] | None:
    """Return the number of each label, -1 where it is missing, and the labels."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.array.codes, series.array.categories.tolist()
    try:
        code, values = pd.factorize(series)
    except TypeError:
        kinds = (type(value).__name__ for value in series if not isinstance(value, Hashable))
        note_no_labels(next(kinds), name, source)
        return None
    return code, list(pd.Index(values))


def _met(code: Whole, size: int) -> tuple[Whole, Whole]:
    """Return which of ``size`` codes are met, and the place of each among these."""
    if size > _COUNTED * len(code) + 1024:
        met, place = np.unique(code, return_inverse=True)
        return met, place
    seen = np.bincount(code, minlength=size) > 0
    met = np.flatnonzero(seen)
    return met, code if len(met) == size else (np.cumsum(seen) - 1)[code]


def _note_unknown(
    source: Columns,
    name: str,
    table: RateTable,
    columns: Mapping[str, list[Any]],
    found: Whole,
    kind: Whole,
) -> None:
    whose = f" '{name}'" if name else ""
    unknown: dict[str, list[int]] = {}
    for k in np.flatnonzero(found < 0):
        here = ", ".join(str(columns[column][k]) for column in table.by)
        unknown.setdefault(here, []).append(int(k))
    for here, those in unknown.items():
        groups = table.groups.drop_duplicates().astype(str).agg(", ".join, axis=1)
        shown = "; ".join(groups.head(6)) + (" …" if len(groups) > 6 else "")
        source.rows_where(
            np.isin(kind, those),
            " × ".join(table.by),
            f"the rate table{whose} has no group {here}",
            f"It has {shown}. Recode the people, or leave them out",
        )
