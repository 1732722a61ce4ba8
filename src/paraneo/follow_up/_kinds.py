"""People of one kind: those who share a stratum of the table and their rows of the rate tables.

Labels are matched once for each kind, and every row only carries the number of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from paraneo.gate.groups import SEXES, plain_word, read_labels, renumbered
from paraneo.gate.tables import Columns
from paraneo.gate.written_codes import as_written

if TYPE_CHECKING:
    from paraneo.rates import RateTable

Whole = NDArray[np.int64]
Labels = list[tuple[Any, ...]]


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

    def without_rates(self, number: int, table: RateTable) -> NDArray[np.bool_]:
        """Return which kinds a rate table, the one of this number, has no group for."""
        return np.asarray(self.rate_group[number] == table.rates.shape[0])


def read_kinds(
    source: Columns,
    by: Sequence[str],
    tables: Mapping[str, RateTable],
    other_tables: Mapping[str, RateTable] | None = None,
    *,
    known: bool,
    together: bool = False,
) -> Kinds:
    """Read the labels that tell kinds apart.

    With ``known`` each kind needs a row of each table; with ``together`` a row of any of them,
    or of ``other_tables``, will do.
    """
    every = (*tables.values(), *(other_tables or {}).values())
    wanted = dict.fromkeys((*by, *(name for table in every for name in table.by)))
    columns: dict[str, list[Any]] = {}
    kind = np.zeros(source.length, dtype=np.int64)
    count = 1
    labelled = np.ones(source.length, dtype=bool)
    for name in wanted:
        coded = read_labels(source, name)
        if coded is None:
            continue
        part, values = coded[0], list(coded[1])
        missing = part < 0
        if missing.any():
            part = np.maximum(part, 0)
            labelled &= ~missing
        if not len(values):
            continue
        joint = part.astype(np.int64) if count == 1 else kind * len(values) + part
        met, kind = renumbered(joint, count * len(values))
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
            if known and not together:
                _note_unknown(source, name, table, theirs, found, np.where(labelled, kind, -1))
            rate_group[k] = np.where(found < 0, table.rates.shape[0], found)
    if known and together:
        _note_unknown_to_all(source, every, columns, np.where(labelled, kind, -1))
    return Kinds(kind, list(strata), np.array(group, dtype=np.int64), rate_group)


def _note_unknown_to_all(
    source: Columns, tables: Sequence[RateTable], columns: Mapping[str, list[Any]], kind: Whole
) -> None:
    """Note kinds of people that no table has a group for."""
    if not tables or not all(name in columns for table in tables for name in table.by):
        return
    found = []
    for table in tables:
        theirs = {column: columns[column] for column in table.by}
        if not theirs:
            return
        found.append(table.group_codes(theirs))
    best = np.max(found, axis=0)
    widest = max(tables, key=lambda table: len(table.groups))
    if (best < 0).any():
        labels = {column: columns[column] for column in widest.by}
        _note_unknown(source, "", widest, labels, np.asarray(best, dtype=np.int64), kind)


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
            f"It has {shown}{_unused(table, found)}. {_cure(table, columns, those[0])}",
        )


def _unused(table: RateTable, found: Whole) -> str:
    """Return which groups of the rates nobody is in, where others are in some."""
    idle = sorted(set(range(len(table.groups))) - set(found[found >= 0].tolist()))
    if len(idle) == len(table.groups) or not idle:
        return ""
    labels = table.groups.iloc[idle].astype(str).agg(", ".join, axis=1)
    more = " …" if len(labels) > 6 else ""
    return f", of which nobody here is in {'; '.join(labels.head(6))}{more}"


def _cure(table: RateTable, columns: Mapping[str, list[Any]], kind: int) -> str:
    """Return what to do with a label that the rates lack: for 1 and 2 the codes are suggested."""
    for name in table.by:
        here, known = as_written(columns[name][kind]).strip(), table.groups[name].map(plain_word)
        if here in ("1", "2") and known.isin(SEXES[0]).any() and known.isin(SEXES[1]).any():
            codes = f"recode={{'{name}': {{1: 'male', 2: 'female'}}}}"
            return f"If 1 means male and 2 female here, pass {codes}"
    return "Recode the people, such as by recode={column: {code: label}}, or leave them out"
