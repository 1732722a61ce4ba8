"""What the readers share: text of a file, columns by their usual names, where rates come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import FileError
from paraneo.gate import delimited
from paraneo.gate.files import present
from paraneo.gate.written_numbers import Decimal, read_numbers
from paraneo.numerics.arrays import Vector


def text_of(path: str | Path) -> str:
    """Return the text of a file, packed or not, whichever of the usual encodings it has."""
    return delimited.text_of(present(path))


def words_of(path: str | Path) -> pd.DataFrame:
    """Read delimited text as words; the header tells how it is separated."""
    return delimited.read_words(present(path))


def as_numbers(
    words: pd.Series[Any], *, decimal: Decimal | None = None, whole: bool = False
) -> pd.Series[Any]:
    """Return printed numbers as floats; marks of missing and suppressed values are NaN.

    A column that holds anything else, or can be read in two ways, stays as it is, to be
    refused by the rate table. In counts of people, which are ``whole``, neither comma nor
    point can be a decimal mark.
    """
    read = read_numbers(words.to_numpy(dtype=object), decimal=decimal)
    if read.doubtful is not None and whole:
        other: Decimal = "," if "." in read.doubtful.written else "."
        read = read_numbers(words.to_numpy(dtype=object), decimal=other)
    if read.unread.any() or read.doubtful is not None:
        return words
    return pd.Series(read.numbers, index=words.index, name=words.name)


def is_numeric(words: pd.Series[Any]) -> bool:
    """Return whether all of a column can be read as numbers."""
    return not read_numbers(words.to_numpy(dtype=object)).unread.any()


def column_named(frame: pd.DataFrame, names: Iterable[str]) -> str | None:
    """Return the first column with one of these names, whatever its case and blanks."""
    plain = {_plain(column): column for column in reversed(list(frame.columns))}
    return next((plain[_plain(name)] for name in names if _plain(name) in plain), None)


def required(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]], path: str | Path) -> None:
    """Raise one error for the roles that no column of the file plays."""
    absent = [role for role, names in roles.items() if column_named(frame, names) is None]
    if absent:
        wanted = "; ".join(f"{role} (one of {', '.join(map(str, roles[role]))})" for role in absent)
        shown = ", ".join(map(str, frame.columns[:20]))
        raise FileError(f"'{path}' has no column of {wanted}. It has: {shown}.")


def described(given: Mapping[str, str] | None, path: str | Path, **known: str) -> dict[str, str]:
    """Return where rates come from: what the reader knows, overruled by what is given."""
    found = {name: value for name, value in known.items() if value}
    return {**found, "file": Path(path).name, **(given or {})}


def total(values: Vector) -> str:
    """Return a sum of counts as a reader would print it."""
    return f"{float(np.nansum(values)):,.0f}"


def _plain(name: object) -> str:
    return "".join(letter for letter in str(name).casefold() if letter.isalnum())
