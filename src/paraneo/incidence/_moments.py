"""Columns of points in time: dates as whole days, or plain numbers of years."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo._calendar import days_of
from paraneo._tables import Columns

Bools = NDArray[np.bool_]
_TEXT = ("string", "empty")
_WHOLE = re.compile(r"\s*(\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{8})(?!\d)")
_DATES = ("date", "datetime", "datetime64")
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean")


@dataclass(frozen=True, slots=True)
class Moments:
    """Points in time.

    Attributes
    ----------
    civil : bool or None
        Dates, or else numbers; None where the column says neither.
    at : array of int or float
        Days since 1 January 1970, or years.
    known : array of bool
        False where there is no usable point in time.
    """

    civil: bool | None
    at: NDArray[Any]
    known: Bools


def moments(source: Columns, name: str) -> Moments:
    """Read a column of dates (also as ISO text) or of numbers, noting its faults."""
    series = source.native(name)
    if series is None:
        return Moments(None, np.zeros(source.length), np.zeros(source.length, dtype=bool))
    kind = _kind(series)
    if kind == "text":
        return _text(source, name, series)
    if kind == "dates":
        return _dates(source, name, series)
    if kind == "numbers":
        return _numbers(source, name, series)
    return _mixed(source, name, series)


def is_civil(source: Columns, name: str) -> bool:
    """Return whether a column holds dates, or at least no numbers."""
    series = source.native(name)
    return series is None or _kind(series) != "numbers"


def _kind(series: pd.Series[Any]) -> str:
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "dates"
    if pd.api.types.is_numeric_dtype(series.dtype):
        return "numbers"
    found = pd.api.types.infer_dtype(series, skipna=True)
    for kind, names in (("text", _TEXT), ("dates", _DATES), ("numbers", _NUMBERS)):
        if found in names:
            return kind
    return "mixed"


def _text(source: Columns, name: str, series: pd.Series[Any]) -> Moments:
    """Read text as dates; only year-month-day, since 03/04/2001 may be either of two days."""
    given = series.notna().to_numpy()
    whole = _whole_dates(series.where(given, "").to_numpy(dtype=object))
    read = pd.to_datetime(series.where(whole), format="ISO8601", errors="coerce")
    seconds = np.array(read, dtype="datetime64[s]")
    for row in np.flatnonzero(np.isnat(seconds) & whole):
        with suppress(ValueError):
            seconds[row] = np.datetime64(date.fromisoformat(series.iloc[row]), "s")
    wrong = np.isnat(seconds) & given
    seconds[wrong] = np.datetime64(0, "s")
    if wrong.any():
        source.rows_where(
            wrong,
            name,
            f"{series.iloc[np.flatnonzero(wrong)[0]]!r} is not a date written year-month-day",
            "Write it like 1999-12-31, or convert the column to dates",
        )
    found = _dates(source, name, pd.Series(seconds))
    return Moments(True, found.at, found.known & ~wrong)


def _whole_dates(words: NDArray[np.object_]) -> Bools:
    """Return which words name a day in full: neither 2001.5, nor 2001-05, nor "now"."""
    letters = words.astype("U11").view(np.uint32).reshape(len(words), 11)
    usual = np.all(letters[:, [4, 7, 10]] == [ord("-"), ord("-"), 0], axis=1)
    for row in np.flatnonzero(~usual):
        usual[row] = _WHOLE.match(str(words[row])) is not None
    return np.asarray(usual)


def _dates(source: Columns, name: str, series: pd.Series[Any]) -> Moments:
    if series.dtype == object:
        series = pd.to_datetime(series)
    if getattr(series.dtype, "tz", None) is not None:
        source.faults.add(name, "its dates carry a time zone", "Take the local date first")
        series = series.dt.tz_localize(None)
    days, missing, timed = days_of(series.to_numpy())
    source.rows_where(missing, name, "date is missing", "Supply it or leave the row out")
    source.rows_where(
        timed, name, "date carries a time of day", "Give whole days, e.g. by .dt.floor('D')"
    )
    return Moments(True, days, ~missing & ~timed)


def _numbers(source: Columns, name: str, series: pd.Series[Any]) -> Moments:
    years = series.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(years)
    source.rows_where(np.isnan(years), name, "value is missing", "Supply it or leave the row out")
    source.rows_where(np.isinf(years), name, "value is infinite", "Supply a finite number")
    source.rows_where(
        np.abs(np.where(known, years, 0.0)) > 1e5,
        name,
        "value is no number of years",
        "Give dates, or years such as 1994.25; divide days by 365.25",
    )
    return Moments(False, np.where(known, years, 0.0), known & (np.abs(years) <= 1e5))


def _mixed(source: Columns, name: str, series: pd.Series[Any]) -> Moments:
    kinds = series.dropna().map(lambda value: type(value).__name__)
    odd = np.asarray(series.notna()) & np.asarray(
        series.map(lambda value: type(value).__name__) != kinds.mode()[0]
    )
    names = " and ".join(sorted(set(kinds)))
    source.rows_where(odd, name, f"the column mixes {names}", "Give all dates or all numbers")
    return Moments(None, np.zeros(len(series)), np.zeros(len(series), dtype=bool))
