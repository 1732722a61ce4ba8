"""Columns of points in time: dates as whole days, or plain numbers of years."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import MOST_YEARS
from paraneo.gate.tables import Columns
from paraneo.gate.written_dates import cure_of, read_dates, shape
from paraneo.numerics.arrays import Vector
from paraneo.numerics.calendar import DAYS_PER_YEAR, days_of

Bools = NDArray[np.bool_]
#: Nobody whose age is known for sure lived longer, but for one person who reached 122.
OLDEST = 120.0
_TEXT = ("string", "empty")
_ZONED = re.compile(r".*[T ]\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)\s*", re.IGNORECASE)
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
    series = _column(source, name)
    if series is None:
        return Moments(None, np.zeros(source.length), np.zeros(source.length, dtype=bool))
    kind, form = _kind(series), source.form_of_dates(name)
    if form is not None and kind in ("text", "numbers"):
        return _formed(source, name, series, form)
    if kind == "text":
        return _text(source, name, series)
    if kind == "dates":
        return _dates(source, name, series)
    if kind == "numbers":
        return _numbers(source, name, series)
    return _neither(source, name, series)


def check_kinds(times: Mapping[str, Moments], faults: Faults, civil: bool | None = None) -> bool:
    """Return whether columns hold dates, noting each that is of the other kind.

    Parameters
    ----------
    civil : bool, optional
        What they have to hold; left out, as the first of them.
    """
    known = [moment.civil for moment in times.values() if moment.civil is not None]
    if civil is None:
        civil = bool(known) and known[0]
    want, got = ("dates", "plain numbers") if civil else ("plain numbers", "dates")
    for name, moment in times.items():
        if moment.civil is (not civil):
            faults.add(name, f"it holds {got} where others hold {want}", "Give all in one kind")
    return civil


def read_points(
    source: Columns, names: Iterable[str], unneeded: Mapping[str, Bools] | None = None
) -> tuple[bool, dict[str, Vector]] | None:
    """Return whether columns hold dates, and their days or years; None where one is at fault.

    Parameters
    ----------
    unneeded : mapping from name to array of bool, optional
        Rows that may be missing in a column, and then are NaN.
    """
    idle, told = unneeded or {}, len(source.faults.found)
    read = {name: _known_of(source, name, idle.get(name)) for name in dict.fromkeys(names)}
    civil = check_kinds(read, source.faults)
    if len(source.faults.found) > told:
        return None
    at = {name: np.asarray(moment.at, dtype=np.float64) for name, moment in read.items()}
    return civil, {name: _moved(source, name, time) for name, time in at.items()}


def _moved(source: Columns, name: str, time: Vector) -> Vector:
    """Return times with what is added to those of a column, such as half a day."""
    by = source.added(name)
    return time if by is None else time + by


def _known_of(source: Columns, name: str, unneeded: Bools | None) -> Moments:
    """Read a column of which some rows may be missing."""
    series = source.native(name) if unneeded is not None else None
    if unneeded is None or series is None:
        return moments(source, name)
    idle = series.isna().to_numpy(dtype=bool) & unneeded
    if not idle.any():
        return moments(source, name)
    if idle.all():
        return Moments(None, np.full(source.length, np.nan), ~idle)
    filled = series.reset_index(drop=True)
    filled = filled.where(~idle, filled[np.flatnonzero(~idle)[0]])
    alone = Columns({name: filled}, source.faults, date_format=source.date_format)
    found = moments(alone, name)
    return Moments(found.civil, np.where(idle, np.nan, found.at), found.known & ~idle)


def check_lifespan(
    source: Columns, birth: tuple[str, Any], leave: tuple[str, Any], *, civil: bool
) -> None:
    """Note people who are older at the end than anybody has been, as days taken for years are.

    Parameters
    ----------
    birth, leave : tuple of str and array
        The column, and its days or years; NaN where there is none.
    """
    unit = "" if civil else " (times are in years; divide days by 365.25)"
    if civil:
        end = (date.today() - date(1970, 1, 1)).days
        late = (leave[1] > end) & (leave[1] - birth[1] <= most_time(civil=True))
        source.rows_where(late, leave[0], "it lies in the future", "Correct it")
    source.rows_where(
        leave[1] - birth[1] > most_time(civil=civil),
        leave[0],
        f"the person is older than {OLDEST:g} then",
        f"Correct it or '{birth[0]}', or end follow-up earlier{unit}",
    )


def most_time(*, civil: bool) -> float:
    """Return the longest time from birth to exit, in days or years."""
    return OLDEST * DAYS_PER_YEAR + 1.0 if civil else OLDEST


def is_civil(source: Columns, name: str) -> bool:
    """Return whether a column holds dates, or at least no numbers."""
    series = _column(source, name)
    if series is None or source.form_of_dates(name) is not None:
        return True
    return _kind(series) != "numbers"


def _column(source: Columns, name: str) -> pd.Series[Any] | None:
    """Return a column as what it stands for: categories and periods of a day are dates too."""
    series = source.native(name)
    if series is None:
        return None
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.astype(series.cat.categories.dtype)
    if series.dtype == "period[D]":
        series = series.dt.to_timestamp()
    return series


def _kind(series: pd.Series[Any]) -> str:
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "dates"
    if pd.api.types.is_numeric_dtype(series.dtype):
        return "other" if pd.api.types.is_complex_dtype(series.dtype) else "numbers"
    found = pd.api.types.infer_dtype(series, skipna=True)
    for kind, names in (("text", _TEXT), ("dates", _DATES), ("numbers", _NUMBERS)):
        if found in names:
            return kind
    return "other"


def _text(source: Columns, name: str, series: pd.Series[Any]) -> Moments:
    """Read text as dates; only year-month-day, since 03/04/2001 may be either of two days."""
    given = series.notna().to_numpy()
    words = series.where(given, "").to_numpy(dtype=object)
    whole, zoned = _whole_dates(words)
    source.rows_where(zoned, name, "date carries a time zone", "Give the local day alone")
    read = pd.to_datetime(series.where(whole), format="ISO8601", errors="coerce")
    seconds = np.array(read, dtype="datetime64[s]")
    for row in np.flatnonzero(np.isnat(seconds) & whole):
        with suppress(ValueError):
            seconds[row] = np.datetime64(date.fromisoformat(series.iloc[row]), "s")
    wrong = np.isnat(seconds) & given & ~zoned
    seconds[wrong | zoned] = np.datetime64(0, "s")
    if wrong.any():
        first = series.iloc[np.flatnonzero(wrong)[0]]
        said = f"text of the form '{shape(first)}' is not a date written year-month-day"
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", first):
            said = "there is no such day in the calendar"
        source.rows_where(wrong, name, said, cure_of(first))
    found = _dates(source, name, pd.Series(seconds))
    return Moments(True, found.at, found.known & ~wrong & ~zoned)


def _formed(source: Columns, name: str, series: pd.Series[Any], form: str) -> Moments:
    """Read dates of a form that was named."""
    days, unread = read_dates(series, form)
    if unread.any():
        first = series.iloc[np.flatnonzero(unread)[0]]
        said = f"a value of the form '{shape(first)}' is not a date written {form}"
        source.rows_where(unread, name, said, "Correct it, or date_format=")
        days = np.where(unread, np.datetime64(0, "s"), days)
    found = _dates(source, name, pd.Series(days))
    return Moments(True, found.at, found.known & ~unread)


def _whole_dates(words: NDArray[np.object_]) -> tuple[Bools, Bools]:
    """Return which words name a day in full: neither 2001.5, nor 2001-05, nor "now".

    Those with a time zone are marked as well.
    """
    letters = words.astype("U11").view(np.uint32).reshape(len(words), 11)
    usual = np.all(letters[:, [4, 7, 10]] == [ord("-"), ord("-"), 0], axis=1)
    zoned = np.zeros(len(words), dtype=bool)
    for row in np.flatnonzero(~usual):
        word = str(words[row])
        zoned[row] = _ZONED.fullmatch(word) is not None
        usual[row] = _WHOLE.match(word) is not None and not zoned[row]
    return np.asarray(usual), zoned


def _dates(source: Columns, name: str, series: pd.Series[Any]) -> Moments:
    if series.dtype == object:
        series = _of_objects(series)
    if getattr(series.dtype, "tz", None) is not None:
        source.faults.add(name, "its dates carry a time zone", "Take the local date first")
        series = series.dt.tz_localize(None)
    days, missing, timed = days_of(series.to_numpy())
    source.rows_where(missing, name, "date is missing", "Supply it or leave the row out")
    source.rows_where(timed, name, "date carries a time of day", "Give whole days")
    return Moments(True, days, ~missing & ~timed)


def _of_objects(series: pd.Series[Any]) -> pd.Series[Any]:
    """Return dates held one by one as a column of dates, however far away they lie."""
    zoned = any(getattr(value, "tzinfo", None) is not None for value in series)
    if not zoned:
        with suppress(ValueError):
            return pd.to_datetime(series)
    local = [
        None if pd.isna(value) else value.replace(tzinfo=None) if hasattr(value, "hour") else value
        for value in series
    ]
    dates = pd.Series(np.array(local, dtype="datetime64[us]"))
    return dates.dt.tz_localize("UTC") if zoned else dates


def _numbers(source: Columns, name: str, series: pd.Series[Any]) -> Moments:
    try:
        years = series.to_numpy(dtype=np.float64, na_value=np.nan)
    except OverflowError:  # whole numbers beyond any float
        years = np.array([np.inf if abs(x) > MOST_YEARS else float(x) for x in series])
    known = np.isfinite(years)
    source.rows_where(np.isnan(years), name, "value is missing", "Supply it or leave the row out")
    source.rows_where(np.isinf(years), name, "value is infinite", "Supply a finite number")
    source.rows_where(
        np.abs(np.where(known, years, 0.0)) > 1e5,
        name,
        "value is not a number of years",
        "Name the form of dates in date_format=, such as '%Y%m%d', or give years such as 1994.25; "
        "divide days by 365.25",
    )
    sound = np.abs(np.where(known, years, 0.0)) <= 1e5
    return Moments(False if sound.all() else None, np.where(known, years, 0.0), known & sound)


def _neither(source: Columns, name: str, series: pd.Series[Any]) -> Moments:
    kinds = series.dropna().map(lambda value: type(value).__name__)
    odd = np.asarray(series.notna()) & np.asarray(
        series.map(lambda value: type(value).__name__) != kinds.mode()[0]
    )
    names = " and ".join(sorted(set(kinds)))
    source.rows_where(odd, name, f"the column mixes {names}", "Give all dates or all numbers")
    if not odd.any():
        cure = "Give dates, text such as 1999-12-31, or numbers of years"
        source.faults.add(name, f"it holds values of type {names or series.dtype}", cure)
    return Moments(None, np.zeros(len(series)), np.zeros(len(series), dtype=bool))
