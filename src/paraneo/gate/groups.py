"""Whose rates are whose: labels of people matched to the labels of a rate table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .tables import Columns

Codes = NDArray[np.intp]

#: So many labels are numbered more quickly one by one than by pandas.
_SHORT = 64
#: Words for the same sex. Numbers are not among them: 1 is a man in one register and a
#: woman in the next.
SEXES: tuple[frozenset[str], ...] = (
    frozenset({"m", "male", "males", "man", "men"}),
    frozenset({"f", "female", "females", "woman", "women", "w"}),
)


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


def label_like(series: pd.Series[Any], name: str, source: Columns) -> bool:
    """Return whether the values of a column, by its first, can be labels; note it if not."""
    if series.dtype != object:
        return True
    first = next((value for value in series if value is not None), None)
    if isinstance(first, Hashable):
        return True
    note_no_labels(type(first).__name__, name, source)
    return False


def note_no_labels(kind: str, name: str, source: Columns) -> None:
    """Note a column whose values cannot be told apart as labels."""
    said = f"it holds values of type {kind}, which are no labels"
    source.faults.add(name, said, "Give one word or number a row")


def _numbered(labels: Sequence[Any]) -> tuple[Codes, list[Any]]:
    """Return the number of each label, -1 where it is missing, and the distinct labels."""
    given = [label for label in labels if not pd.isna(label)]
    places = {label: place for place, label in enumerate(dict.fromkeys(given))}
    return np.array([places.get(label, -1) for label in labels], dtype=np.intp), list(places)


def _flat(labels: ArrayLike) -> Any:
    if isinstance(labels, pd.Series | pd.Index):
        return labels
    if hasattr(labels, "to_pandas"):
        return labels.to_pandas()
    array = np.asarray(labels)
    return np.atleast_1d(array.astype(object) if array.dtype.kind in "US" else array)


def plain_word(value: Any) -> str:
    """Return a label as the word it is matched by."""
    return as_written(value).strip().casefold()


def as_written(value: Any) -> str:
    """Return a label as text; a whole number is written without its decimals."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value)


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
