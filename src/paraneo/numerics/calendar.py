"""Dates as whole days, calendar years from 1 January to 1 January, and civil birthdays.

One rule serves ages, calendar years and follow-up alike. The k-th anniversary of a day is
the same day of the same month k years on; 29 February counts as 1 March in common years. A
fraction of a year runs evenly from one anniversary to the next and is rounded to whole
days, half a day upwards. Calendar years are the anniversaries of 1 January.

Days are whole numbers, 0 on 1 January 1970. The arithmetic below has no branches, so that
it serves arrays as it stands and single numbers in compiled code. It counts in years that
begin on 1 March, where the leap day comes last: day 365 of a common year then *is* the
first day of the next, which is the rule for 29 February.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Days = NDArray[np.int64]
_Whole = TypeVar("_Whole", int, NDArray[np.int64])

#: Person-years are days divided by this.
DAYS_PER_YEAR = 365.25
#: How many units of time a day has.
_PER_DAY = {
    (unit, 1): int(np.timedelta64(1, "D") / np.timedelta64(1, unit))
    for unit in ("D", "s", "ms", "us", "ns")
}
#: 1 January 1970, counted from 1 March of year 0.
_EPOCH = 719468
#: 1 January within a year that began on 1 March before it.
_FIRST_OF_JANUARY = 306


def year_start(march_year: _Whole) -> _Whole:
    """Return the day on which a year that begins on 1 March begins."""
    leaps = march_year // 4 - march_year // 100 + march_year // 400
    return 365 * march_year + leaps - _EPOCH


def march_year(day: _Whole) -> _Whole:
    """Return the year, counted from 1 March, in which a day lies."""
    era_day = (day + _EPOCH) % 146097
    era = (day + _EPOCH) // 146097
    year = (era_day - era_day // 1460 + era_day // 36524 - era_day // 146096) // 365
    return era * 400 + year


def anniversary(day: ArrayLike, years: ArrayLike) -> Days:
    """Return the day ``years`` years after a day; parts of a year in whole days.

    >>> leap_day = np.datetime64("2000-02-29").astype(int)
    >>> anniversary(leap_day, [1, 4, 4.5]).astype("datetime64[D]")
    array(['2001-03-01', '2004-02-29', '2004-08-30'], dtype='datetime64[D]')
    """
    day = np.asarray(day, dtype=np.int64)
    whole = np.floor(np.asarray(years, dtype=np.float64)).astype(np.int64)
    part = np.asarray(years, dtype=np.float64) - whole
    year = march_year(day)
    within = day - year_start(year)
    begin = np.asarray(year_start(year + whole) + within)
    if not part.any():
        return begin
    end = year_start(year + whole + 1) + within
    return np.asarray(begin + np.floor(part * (end - begin) + 0.5).astype(np.int64))


def first_of_january(year: ArrayLike) -> Days:
    """Return the day of 1 January; parts of a year run on in whole days.

    >>> first_of_january([1970, 2000, 2000.5])
    array([    0, 10957, 11140])
    """
    origin = year_start(-1) + _FIRST_OF_JANUARY
    return anniversary(origin, year)


def years_between(day: ArrayLike, later: ArrayLike) -> NDArray[np.float64]:
    """Return the years from a day to a later one: anniversaries, and the share of the next.

    >>> days = np.array(["1960-02-29", "2001-03-01"], dtype="datetime64[D]").astype(int)
    >>> float(years_between(*days))
    41.0
    """
    day, later = np.broadcast_arrays(np.asarray(day, np.int64), np.asarray(later, np.int64))
    whole = march_year(later) - march_year(day)
    whole -= anniversary(day, whole) > later
    begin, end = anniversary(day, whole), anniversary(day, whole + 1)
    return np.asarray(whole + (later - begin) / (end - begin), dtype=np.float64)


def calendar_year(day: ArrayLike) -> NDArray[np.float64]:
    """Return the calendar year with the part of it gone by at the start of a day.

    >>> [float(year) for year in calendar_year([10957, 11140])]
    [2000.0, 2000.5]
    """
    return years_between(year_start(-1) + _FIRST_OF_JANUARY, day)


def dates(days: ArrayLike) -> NDArray[np.datetime64]:
    """Return whole days as dates."""
    return np.asarray(days, dtype=np.int64).astype("datetime64[D]").astype("datetime64[s]")


def units_per_day(dtype: np.dtype[Any]) -> int:
    """Return how many units of a type of dates make a day; 0 where that is unknown."""
    return _PER_DAY.get(np.datetime_data(dtype), 0)


def days_of(values: NDArray[Any]) -> tuple[Days, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return dates as whole days, and where a date is missing or has a time of day."""
    missing = np.isnat(values)
    if np.datetime_data(values.dtype) not in _PER_DAY:
        values = values.astype("datetime64[s]")
    units = values.view(np.int64)
    per_day = _PER_DAY[np.datetime_data(values.dtype)]
    days = units // per_day
    timed = days * per_day != units
    if missing.any():
        timed &= ~missing
        days[missing] = 0
    return days, missing, timed
