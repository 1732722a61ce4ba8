"""Groups: the columns named in ``by``, read in one way by every verb, and labels matched.

A doubled name, a missing column, a name that the result itself uses and a missing label are
reported in the same words wherever `by` stands.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults

from .tables import Columns, as_names
from .written_codes import as_written

Codes = NDArray[np.intp]

#: So many labels are numbered more quickly one by one than by pandas.
_SHORT = 64
#: Combinations of labels are found by counting where there are at most this many per row.
_COUNTED = 4
#: Words for the same sex. Numbers are not among them: 1 is a man in one register and a
#: woman in the next.
SEXES: tuple[frozenset[str], ...] = (
    frozenset({"m", "male", "males", "man", "men"}),
    frozenset({"f", "female", "females", "woman", "women", "w"}),
)


#: Columns that results make, and that no column in ``by`` may therefore be called.
RESERVED = frozenset(
    (
        *("estimate", "lower", "upper", "std_error", "p_value", "statistic", "df"),
        *("time", "cause", "at_risk", "events", "until", "term", "ratio"),
        *("n", "observed", "expected", "person_years", "cases", "rate", "crude_rate"),
        *("excess_rate", "excess_lower", "excess_upper"),
    )
)


def by_names(
    by: str | Sequence[str] | None, faults: Faults, taken: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the names in ``by``, each once, noting those that cannot name a group.

    Parameters
    ----------
    taken
        Further columns of the verb's own result or argument, beside `RESERVED`.
    """
    names = as_names(by)
    for name in dict.fromkeys(names):
        if name in RESERVED or name in taken:
            faults.add(name, "it is named in by and is a column of the result", "Rename the column")
        if names.count(name) > 1:
            faults.add(name, "it is named twice in by", "Name it once")
    return tuple(dict.fromkeys(names))


def read_groups(
    source: Columns, by: str | Sequence[str] | None, taken: Collection[str] = ()
) -> tuple[pd.DataFrame, Codes]:
    """Return one row of labels a group, in their order, and the group of each row.

    Without ``by``, or where faults were noted, everybody is in one group without a label.
    """
    told = len(source.faults.found)
    columns: dict[str, pd.Series[Any]] = {}
    group = np.zeros(source.length, dtype=np.intp)
    count = 1
    for name in by_names(by, source.faults, taken):
        column, coded = source.native(name), read_labels(source, name)
        if column is not None and coded is not None and len(source.faults.found) == told:
            code, labels = coded
            columns[name] = column
            met, group = renumbered(group * len(labels) + code, count * len(labels))
            count = len(met)
    if not columns or len(source.faults.found) > told:
        return pd.DataFrame(index=range(1)), np.zeros(source.length, dtype=np.intp)
    first = np.empty(count, dtype=np.intp)
    first[group[::-1]] = np.arange(source.length)[::-1]  # the earliest row is written last
    shown = {name: column.iloc[first].reset_index(drop=True) for name, column in columns.items()}
    return pd.DataFrame(shown), group


def read_labels(source: Columns, name: str) -> tuple[NDArray[Any], pd.Index[Any]] | None:
    """Return the number of each row's label, -1 where it is missing, and the labels in order.

    A missing label is noted; None where the column is absent or holds no labels.
    """
    series = source.native(name)
    if series is None:
        return None
    if isinstance(series.dtype, pd.CategoricalDtype):
        code, labels = series.array.codes, pd.Index(series.array.categories)
    else:
        try:
            code, labels = _in_order(*pd.factorize(series))
        except TypeError:
            kinds = (type(value).__name__ for value in series if not isinstance(value, Hashable))
            _note_no_labels(next(kinds), name, source)
            return None
    missing = code < 0
    source.rows_where(missing, name, "label is missing", "Fill it in or leave the row out")
    return code, labels


def one_each(source: Columns, name: str) -> pd.Series[Any] | None:
    """Return a column of words or numbers; None where it is absent or holds other things."""
    series = source.native(name)
    return series if series is not None and label_like(series, name, source) else None


def label_like(series: pd.Series[Any], name: str, source: Columns) -> bool:
    """Return whether the values of a column, by its first, can be labels; note it if not."""
    if series.dtype != object:
        return True
    first = next((value for value in series if value is not None), None)
    if isinstance(first, Hashable):
        return True
    _note_no_labels(type(first).__name__, name, source)
    return False


def _note_no_labels(kind: str, name: str, source: Columns) -> None:
    said = f"it holds values of type {kind}, which cannot be labels"
    source.faults.add(name, said, "Give one word or number a row")


def renumbered(code: NDArray[Any], size: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return which of ``size`` codes are met, rising, and the place of each among these."""
    if size > _COUNTED * len(code) + 1024:
        met, place = np.unique(code, return_inverse=True)
        return met, place
    seen = np.bincount(code, minlength=size) > 0
    met = np.flatnonzero(seen)
    return met, code if len(met) == size else (np.cumsum(seen) - 1)[code]


def _in_order(code: NDArray[Any], labels: Any) -> tuple[NDArray[Any], pd.Index[Any]]:
    """Return labels and their numbers sorted, or as they are met where they cannot be."""
    index = pd.Index(labels)
    try:
        order = index.argsort()
    except TypeError:  # words beside numbers
        return code, index
    rank = np.empty(len(order) + 1, dtype=np.intp)
    rank[order], rank[-1] = np.arange(len(order)), -1
    return rank[code], index[order]


def match_labels(labels: ArrayLike, known: Sequence[Any]) -> Codes:
    """Return the place of each label among those known, -1 where it is none of them.

    A label matches when it is the same value (1 and 1.0 and "1" are), the same word in
    other case or with blanks around it, or another word for the same sex.
    """
    if isinstance(labels, list) and len(labels) <= _SHORT:
        code, distinct = _numbered(labels)
    else:
        code, distinct = pd.factorize(_flat(labels))
    places = {plain_word(value): place for place, value in enumerate(known)}
    sexes = _sexes(places)
    found = [_place(plain_word(value), places, sexes) for value in distinct]
    return np.array([*found, -1], dtype=np.intp)[code]


def match_groups(columns: Sequence[ArrayLike], groups: pd.DataFrame) -> Codes:
    """Return the row of ``groups`` each person belongs to, -1 where there is none."""
    parts, sizes, own = [], [], []
    for labels, name in zip(columns, groups.columns, strict=True):
        place, known = _numbered(groups[name].tolist())
        own.append(place)
        sizes.append(len(known))
        parts.append(match_labels(labels, known))
    row_of = np.full(sizes, -1, dtype=np.intp)
    row_of[tuple(own)] = np.arange(len(groups))
    unknown = np.any([part < 0 for part in parts], axis=0)
    return np.where(unknown, -1, row_of[tuple(parts)])


def _numbered(labels: Sequence[Any]) -> tuple[Codes, list[Any]]:
    """Return the number of each label, -1 where it is missing, and the distinct labels."""
    given = [label for label in labels if not pd.isna(label)]
    places = {label: place for place, label in enumerate(dict.fromkeys(given))}
    return np.array([places.get(label, -1) for label in labels], dtype=np.intp), list(places)


def _flat(labels: ArrayLike) -> Any:
    if isinstance(labels, pd.Series | pd.Index):
        return labels
    if hasattr(labels, "to_pandas") and not hasattr(labels, "columns"):
        return labels.to_pandas()
    several = list(labels) if isinstance(labels, set | frozenset) else labels
    array = np.ravel(np.asarray(several))
    return np.atleast_1d(array.astype(object) if array.dtype.kind in "US" else array)


def plain_word(value: Any) -> str:
    """Return a label as the word it is matched by."""
    return as_written(value).strip().casefold()


def _sexes(places: dict[str, int]) -> dict[str, int]:
    """Return further words for the sexes, where exactly one known label means each."""
    words: dict[str, int] = {}
    for same in SEXES:
        named = [place for word, place in places.items() if word in same]
        if len(named) == 1:
            words |= dict.fromkeys(same, named[0])
    return words


def _place(word: str, places: dict[str, int], sexes: dict[str, int]) -> int:
    return places.get(word, sexes.get(word, -1))


def group_named(reference: Any, groups: pd.DataFrame, faults: Faults) -> int:
    """Return the row of a frame of groups that a label, or a tuple of labels, names; else 0."""
    wanted = reference if isinstance(reference, tuple) else (reference,)
    labels = list(groups.itertuples(index=False, name=None))
    plain = all(pd.api.types.is_scalar(one) and not _is_missing(one) for one in wanted)
    if plain and wanted in labels:
        return labels.index(wanted)
    shown = ", ".join(str(x[0] if len(x) == 1 else x) for x in labels[:12])
    said = f"there is no group {reference!r}" if plain else "it is not the label of a group"
    faults.add("reference", said, f"Choose from: {shown}")
    return 0


def _is_missing(value: Any) -> bool:
    return bool(pd.isna(value))
