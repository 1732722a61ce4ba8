"""What the readers share: text of a file, columns by their usual names, where rates come from."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import FileError
from paraneo.gate.files import UTF_16, path_of
from paraneo.numerics.arrays import Vector

_DELIMITERS = "\t;,"
_PACKED = b"\x1f\x8b"
_MARKS_OF_MISSING = {"", ".", "..", "-", "^", "~", "*", "na", "nan", "n/a"}


def text_of(path: str | Path) -> str:
    """Return the text of a file, packed or not, whichever of the two usual encodings it has."""
    path = path_of(path)
    if not path.is_file():
        raise FileError(f"There is no file '{path}'. Check the name and the folder.")
    raw = path.read_bytes()
    try:
        raw = gzip.decompress(raw) if raw.startswith(_PACKED) else raw
    except (EOFError, OSError, zlib.error) as error:
        raise FileError(f"'{path}' cannot be unpacked ({error}). Download it again.") from error
    try:
        if raw.startswith(UTF_16):
            return raw.decode("utf-16")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def delimited(path: str | Path) -> pd.DataFrame:
    """Read tab, semicolon or comma separated text as words; the header tells which it is."""
    lines = text_of(path).splitlines()
    if not lines:
        raise FileError(f"'{path}' is empty. Export it again.")
    mark = max(_DELIMITERS, key=lines[0].count)
    rows = [row for row in csv.reader(lines, delimiter=mark) if any(map(str.strip, row))]
    wrong = [number for number, row in enumerate(rows) if len(row) != len(rows[0])]
    if wrong:
        raise FileError(
            f"'{path}' is no table: line {wrong[0] + 1} has {len(rows[wrong[0]])} fields and the "
            f"first {len(rows[0])}. Remove what is not part of the table."
        )
    return pd.DataFrame(rows[1:], columns=[name.strip() for name in rows[0]])


def as_numbers(words: pd.Series[Any]) -> pd.Series[Any]:
    """Return printed numbers as floats; marks of missing and suppressed values are NaN.

    A comma is taken for a thousands separator where three digits follow it everywhere,
    as in 1,234,567; what is no number stays as it is, to be refused by the rate table.
    """
    plain = words.astype(str).str.strip()
    grouped = plain.str.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
    plain = plain.where(~grouped, plain.str.replace(",", "", regex=False))
    missing = plain.str.casefold().isin(_MARKS_OF_MISSING)
    values = pd.to_numeric(plain.where(~missing), errors="coerce")
    if (values.isna() & ~missing).any():
        return plain.where(~missing, None)
    return values.astype(np.float64)


def column_named(frame: pd.DataFrame, names: Iterable[str]) -> str | None:
    """Return the first column with one of these names, whatever its case and blanks."""
    plain = {_plain(column): column for column in reversed(list(frame.columns))}
    return next((plain[_plain(name)] for name in names if _plain(name) in plain), None)


def required(frame: pd.DataFrame, roles: Mapping[str, Sequence[str]], path: str | Path) -> None:
    """Raise one error for the roles that no column of the file plays."""
    absent = [role for role, names in roles.items() if column_named(frame, names) is None]
    if absent:
        wanted = "; ".join(f"{role} (one of {', '.join(roles[role])})" for role in absent)
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
