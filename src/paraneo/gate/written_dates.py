"""Dates as people and programs write them: by a pattern, day first, or as a number of days.

What cannot be read is shown by its shape, "99/99/9999", since it may be a date of birth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults

from .missing_marks import is_missing

#: One form for all columns, or the form of each column by its name.
DateFormat = str | Mapping[str, str]

#: Programs that count days, and the day that each counts from.
DAY_ZERO = {
    "stata": np.datetime64("1960-01-01"),
    "%td": np.datetime64("1960-01-01"),
    "sas": np.datetime64("1960-01-01"),
    "r": np.datetime64("1970-01-01"),
    "excel": np.datetime64("1899-12-30"),
    "excel-1904": np.datetime64("1904-01-01"),
}
ORDERS = ("day-first", "month-first")
#: No date of anybody followed lies outside these; numbers that do are not days.
_FIRST, _LAST = np.datetime64("1800-01-01"), np.datetime64("2200-01-01")
_MARK = r"\s*[-/. ]\s*"
_OF_NUMBERS = re.compile(rf"(\d{{1,2}}){_MARK}(\d{{1,2}}){_MARK}(\d{{4}})")
_OF_WORDS = re.compile(rf"(\d{{1,2}})(?:{_MARK})?([a-z]{{3,9}})\.?(?:{_MARK})?(\d{{4}})")
_MIDNIGHT = re.compile(r"[ t]00:00(?::00(?:\.0+)?)?$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NO_DAY = re.compile(r"\d{4}|\d{1,2}[-/. ]\d{4}|\d{4}[-/. ]\d{1,2}|[a-z]{3,9}[-/. ]*\d{4}|\d{6}")
_CURE = "Write one such as '%d/%m/%Y', 'day-first', 'stata', 'sas', 'r' or 'excel'"
_DAY_UNKNOWN = (
    "Supply the day; where only the month or year is known, decide on a day for all, such as the "
    "15th, and fill it in; or give all times as years, such as 1994.5"
)


class Dates(NamedTuple):
    """A column of dates.

    Attributes
    ----------
    days : array of datetime64[s]
        Not-a-time where a value is missing or could not be read.
    unread : array of bool
        Where something stands that is neither a date of this form nor a missing value.
    """

    days: NDArray[np.datetime64]
    unread: NDArray[np.bool_]


def check_format(form: Any, faults: Faults) -> None:
    """Note a form of dates that is none, or that leaves the day out."""
    for one in form.values() if isinstance(form, Mapping) else () if form is None else (form,):
        if not isinstance(one, str) or (one.lower() not in (*DAY_ZERO, *ORDERS) and "%" not in one):
            faults.add("date_format", f"there is no form of dates {one!r}", _CURE)
        elif one.lower() not in (*DAY_ZERO, *ORDERS):
            _check_pattern(one, faults)


def read_dates(column: pd.Series[Any], form: str) -> Dates:
    """Return a column of dates written as text or numbers.

    Parameters
    ----------
    column : Series
    form : str
        "day-first", "month-first", a pattern such as "%d/%m/%Y", or the program whose days
        they are: "stata", "sas", "r", "excel" or "excel-1904".

    Examples
    --------
    >>> read_dates(pd.Series(["3.4.2001", "03 Apr 2001", "."]), "day-first").days.astype("M8[D]")
    array(['2001-04-03', '2001-04-03',        'NaT'], dtype='datetime64[D]')
    >>> read_dates(pd.Series([15068, None]), "stata").days.astype("M8[D]")
    array(['2001-04-03',        'NaT'], dtype='datetime64[D]')
    """
    place, distinct = pd.factorize(column)
    words = [_plain(value) for value in distinct]
    if form.lower() in DAY_ZERO:
        found = [_counted(word, form.lower()) for word in words]
    elif form.lower() in ORDERS:
        found = [_ordered(word, day_first=form.lower() == "day-first") for word in words]
    else:
        found = _by_pattern(distinct, words, form)
    days = np.array([*found, None], dtype="datetime64[s]")
    unread = [day is None and not is_missing(word) for day, word in zip(found, words, strict=True)]
    return Dates(days[place], np.array([*unread, False])[place])


def shape(value: Any) -> str:
    """Return how a value is written, without what it says.

    Examples
    --------
    >>> shape("3 Apr 1950"), shape(15068.0)
    ('9 Aaa 9999', '99999')
    """
    masked = re.sub(r"\d", "9", _plain(value, lower=False))
    return re.sub(r"[^\W\d_]", lambda met: "A" if met[0].isupper() else "a", masked)[:40]


def cure_of(value: Any) -> str:
    """Return what to do with a date that is not written year-month-day, or not as was said."""
    word = _plain(value)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word):
        return "Correct it"
    if _NO_DAY.fullmatch(word):
        return _DAY_UNKNOWN
    if _OF_NUMBERS.fullmatch(word):
        return "Say date_format='day-first' or 'month-first', or write it like 1999-12-31"
    if _OF_WORDS.fullmatch(word):
        return "Say date_format='day-first', or write it like 1999-12-31"
    return "Write it like 1999-12-31, or name its form in date_format=, such as '%d/%m/%Y'"


def _check_pattern(pattern: str, faults: Faults) -> None:
    try:
        one, other = (date(2001, 10, day).strftime(pattern) for day in (7, 25))
        pd.to_datetime(one, format=pattern)
    except ValueError as error:
        faults.add("date_format", f"{pattern!r} is not a form of dates ({error})", _CURE)
        return
    if one == other:
        faults.add("date_format", f"{pattern!r} has no day", _DAY_UNKNOWN)


def _plain(value: Any, *, lower: bool = True) -> str:
    """Return a value as text, a whole number without its decimals."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    word = " ".join(str(value).split()).strip("\"'")
    return _MIDNIGHT.sub("", word.lower()) if lower else word


def _counted(word: str, program: str) -> np.datetime64 | None:
    """Return the day so many days after a program's first; Excel's 29 February 1900 is none."""
    try:
        number = float(word)
    except ValueError:
        return None
    if number % 1 or abs(number) > 1e6 or (program == "excel" and number < 61):
        return None
    day = DAY_ZERO[program] + np.timedelta64(int(number), "D")
    return day if _FIRST <= day < _LAST else None


def _ordered(word: str, day_first: bool) -> np.datetime64 | None:
    if found := _OF_NUMBERS.fullmatch(word):
        day, month = (found[1], found[2]) if day_first else (found[2], found[1])
        return _day(int(found[3]), int(month), int(day))
    if found := _OF_WORDS.fullmatch(word):
        month = found[2][:3]
        return (
            _day(int(found[3]), _MONTHS.index(month) + 1, int(found[1]))
            if (month in _MONTHS)
            else None
        )
    return None


def _day(year: int, month: int, day: int) -> np.datetime64 | None:
    try:
        return np.datetime64(date(year, month, day))
    except ValueError:
        return None


def _by_pattern(distinct: Any, words: list[str], pattern: str) -> list[np.datetime64 | None]:
    """Return dates read by a pattern; 1021950 has lost the naught at its beginning."""
    if all(isinstance(value, int | float | np.number) for value in distinct):
        words = [word.zfill(len(date(2000, 12, 31).strftime(pattern))) for word in words]
    read = pd.to_datetime(pd.Series(words, dtype=object), format=str(pattern), errors="coerce")
    days = np.array(read, dtype="datetime64[s]")
    return [None if np.isnat(day) else day for day in days]
