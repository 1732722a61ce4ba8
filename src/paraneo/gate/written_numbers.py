"""Numbers as people write them, a column read as a whole.

Decimals stand behind a point or a comma; thousands are set apart by the other of the two, by a
blank or by an apostrophe. Which of the two it is shows in the column as a whole. Where all its
values can be read in either way, as in "1,234" and "12,345", nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from .missing_marks import is_missing

Decimal = Literal[".", ","]

_BLANKS = str.maketrans({"\xa0": " ", "\u202f": " ", "\u2009": " ", "−": "-", "’": "'"})
_NO_NUMBER = object()
_INFINITE = re.compile(r"([+-]?)(?:inf|infinity|∞)")


def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    grouped = rf"[1-9]\d{{0,2}}(?P<mark>[ '{thousands}])\d{{3}}(?:(?P=mark)\d{{3}})*"
    return re.compile(
        rf"[+-]?(?:(?:\d+|{grouped})(?:[{decimal}]\d*)?|[{decimal}]\d+)(?:e[+-]?\d+)?"
    )


_WRITTEN: dict[Decimal, re.Pattern[str]] = {".": _pattern(".", ","), ",": _pattern(",", ".")}


class Doubt(NamedTuple):
    """A written number that can be two numbers, with both."""

    written: str
    one: str
    other: str

    def __str__(self) -> str:
        return f"{self.written!r} can be read in two ways, as {self.one} or as {self.other}"


class Numbers(NamedTuple):
    """A column of numbers.

    Attributes
    ----------
    numbers : array
        NaN where a value is missing or could not be read.
    unread : array of bool
        Where something stands that is neither a number nor a mark of a missing value.
    doubtful : Doubt or None
        A value that can be read in two ways.
    """

    numbers: Vector
    unread: NDArray[np.bool_]
    doubtful: Doubt | None


def read_numbers(
    column: Sequence[Any] | NDArray[Any],
    *,
    decimal: Decimal | None = None,
    likely: Decimal | None = None,
    missing: Collection[Any] = (),
) -> Numbers:
    """Return a column of numbers and written numbers as floats.

    Parameters
    ----------
    column : array of objects
    decimal : {".", ","}, optional
        The decimal mark; left out, the column itself tells.
    likely : {".", ","}, optional
        The decimal mark where the column can be read in two ways.
    missing : collection, optional
        Further values that mean a missing one, such as 999.

    Examples
    --------
    >>> read_numbers(["1 234,5", "~", "<5", "17"]).numbers
    array([1234.5,    nan,    nan,   17. ])
    >>> read_numbers(["1,234", "12,345"]).doubtful
    Doubt(written='1,234', one='1234', other='1.234')
    """
    place, distinct = _distinct(np.asarray(column, dtype=object))
    values = np.full(len(distinct) + 1, np.nan)
    unread = np.zeros(len(distinct) + 1, dtype=bool)
    words: dict[int, str] = {}
    for number, value in enumerate(distinct):
        if isinstance(value, str):
            words[number] = value.translate(_BLANKS).strip().strip("\"'").casefold()
        elif (plain := _as_float(value)) is not None:
            values[number] = plain
        else:
            unread[number] = not is_missing(value)
    if np.any(values[np.isfinite(values)] % 1):  # numbers beside the words have a point
        decimal = decimal or "."
    left_out = {str(value).casefold() for value in missing}
    words = {n: w for n, w in words.items() if not is_missing(w) and w not in left_out}
    doubtful = _read(words, (decimal, likely), values, unread)
    for value in missing:
        if isinstance(value, int | float):
            values[values == value] = np.nan
    return Numbers(values[place], unread[place], doubtful)


def _distinct(column: NDArray[np.object_]) -> tuple[NDArray[np.intp], Any]:
    """Return the place of each value, -1 where it is missing, and the values."""
    try:
        return pd.factorize(column, use_na_sentinel=True)
    except TypeError:  # lists and the like, of which none is a number
        plain = [value if isinstance(value, Hashable) else _NO_NUMBER for value in column]
        return pd.factorize(np.array([*plain, None], dtype=object)[:-1], use_na_sentinel=True)


def decimal_mark(written: Collection[str]) -> Decimal | None:
    """Return the decimal mark of numbers in writing; None where both are plausible.

    Examples
    --------
    >>> decimal_mark(["1,5", "12,345"]), decimal_mark(["1,234,567"]), decimal_mark(["1,234"])
    (',', '.', None)
    """
    words = [word for word in written if "," in word or "." in word]
    fitting = {
        mark: sum(pattern.fullmatch(word) is not None for word in words)
        for mark, pattern in _WRITTEN.items()
    }
    if not words or fitting["."] != fitting[","]:
        return "," if fitting[","] > fitting["."] else "."
    # both as often: either all can be read in both ways, or they contradict each other
    return None if fitting["."] == len(words) else "."


def is_written(word: str) -> bool:
    """Return whether a word is a number in writing, whichever its decimal mark."""
    plain = word.translate(_BLANKS).strip().casefold()
    return any(pattern.fullmatch(plain) for pattern in _WRITTEN.values())


def _read(
    words: dict[int, str],
    marks: tuple[Decimal | None, Decimal | None],
    values: Vector,
    unread: NDArray[np.bool_],
) -> Doubt | None:
    """Fill in the numbers that words mean; return a word that may mean two."""
    share = 1.0
    if words and all(word.endswith("%") for word in words.values()):
        share, words = 100.0, {number: word[:-1].rstrip() for number, word in words.items()}
    written = {}
    for number, word in words.items():
        if found := _INFINITE.fullmatch(word):
            values[number] = -np.inf if found[1] == "-" else np.inf
        elif any(pattern.fullmatch(word) for pattern in _WRITTEN.values()):
            written[number] = word
        else:
            unread[number] = True
    mark = marks[0] or decimal_mark(list(written.values())) or marks[1]
    if mark is None:
        word = next(word for word in written.values() if "," in word or "." in word)
        low, high = sorted(_float(word, way) for way in _WRITTEN)
        return Doubt(word, f"{high:g}", f"{low:g}")
    for number, word in written.items():
        if _WRITTEN[mark].fullmatch(word):
            values[number] = _float(word, mark) / share
        else:
            unread[number] = True
    return None


def _float(word: str, decimal: Decimal) -> float:
    other = "," if decimal == "." else "."
    plain = word.replace(other, "").replace(" ", "").replace("'", "")
    return float(plain.replace(decimal, "."))


def _as_float(value: Any) -> float | None:
    """Return a number as a float; None for what is none, or is larger than any float."""
    days = isinstance(value, pd.Timestamp | pd.Timedelta | np.datetime64 | np.timedelta64)
    if days or not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (OverflowError, TypeError, ValueError):
        return None
