"""Which rows have one of the codes that mean an event.

A column of codes is numbers to one reader of files and text to another, and, where numbers
stand among words, numbers in one batch and text in the next. A code therefore matches by what
is written: 162, 162.0 and "162" are one code, and blanks around it do not count. Letters count
as they are, since "D" and "d" may be two codes; where only the case differs, it is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .tables import Columns

_NUMBER = re.compile(r"\d+(\.\d+)?")


def read_codes(source: Columns, name: str, codes: Sequence[Any]) -> NDArray[np.bool_]:
    """Return where a column has one of the codes, noting what cannot be told."""
    series = source.native(name)
    if series is None:
        return np.zeros(source.length, dtype=bool)
    source.rows_where(
        np.asarray(series.isna()), name, "code is missing", "Write a code for no event"
    )
    if series.dtype.kind in "iufb" and all(map(_is_number, codes)):
        return np.asarray(series.isin(list(codes)), dtype=bool)
    if isinstance(series.dtype, pd.CategoricalDtype):
        place, values = series.cat.codes.to_numpy(), series.cat.categories.tolist()
    else:
        place, distinct = pd.factorize(series.astype(object))
        values = list(distinct)
    asked = _Codes(codes)
    hit = np.array([*(asked.match(value) for value in values), False], dtype=bool)
    for number, value in enumerate(values):
        code = asked.nearly(value)
        if code is not None and not hit[number]:
            source.rows_where(
                place == number,
                name,
                f"{value!r} is not the code {code!r}, but for its letters' case",
                "Give the code as it stands in the column, or both",
            )
    return np.asarray(hit[place], dtype=bool)


class _Codes:
    """The codes of an event as they may be met."""

    def __init__(self, codes: Sequence[Any]) -> None:
        words = [code.strip() for code in codes if isinstance(code, str)]
        self.words = set(words)
        self.numbers = {code for code in codes if _is_number(code)}
        self.written = {float(word) for word in words if _NUMBER.fullmatch(word)}
        self.others = [c for c in codes if not isinstance(c, str) and not _is_number(c)]
        self.folded = {word.casefold(): word for word in words}

    def match(self, value: Any) -> bool:
        """Return whether a value of the column is one of the codes."""
        if isinstance(value, str):
            word = value.strip()
            number = float(word) if _NUMBER.fullmatch(word) else None
            return word in self.words or number in self.numbers
        if _is_number(value):
            return value in self.numbers or value in self.written
        return value in self.others

    def nearly(self, value: Any) -> str | None:
        """Return the code that differs from a word by its letters' case alone."""
        return self.folded.get(value.strip().casefold()) if isinstance(value, str) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number | np.bool_)
