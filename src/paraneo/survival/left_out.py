"""What is left out: rows whose exit is their entry, read in one way by every verb of survival."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from paraneo.follow_up.moments import read_points
from paraneo.gate.arguments import check_option
from paraneo.gate.events import Events, read_some_events
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.numerics.calendar import DAYS_PER_YEAR

#: Columns of what was left out, as in person-years.
EXCLUDED = ("reason", "rows", "events", "person_years")
ZeroTime = Literal["exclude", "include", "half_day"]
ZERO_TIME: tuple[ZeroTime, ...] = ("exclude", "include", "half_day")
#: What they are called in ``.excluded``, here as in person-years.
REASON = "no follow-up time"
#: Times that differ by a smaller share are the same.
_SAME = 1e-12


def with_time(
    source: Columns,
    zero_time: ZeroTime,
    *,
    begin: str | None,
    exit_column: str,
    event: str,
    events: Events,
    at_zero: bool = False,
    upper: str | None = None,
) -> tuple[Columns, pd.DataFrame]:
    """Return a table with the rows that are used, and what was left out.

    Faults that are noted later name the rows of the whole table.

    Parameters
    ----------
    begin : str or None
        Column of entry, or else of the origin; None where time begins at 0.
    at_zero : bool
        Whether the method can count an event at time 0 without time at risk.
    upper : str, optional
        Column of the ends of intervals in which events lie; where there is one, exit is not read.
    """
    faults, nothing = source.faults, excluded_frame()
    if not check_option(zero_time, ZERO_TIME, "zero_time", faults) or not source.length:
        return source, nothing
    found = _length(source.unheard(), begin, exit_column)
    if found is None:  # the verb itself says why
        return source, nothing
    civil, length = found
    zero = length == 0.0
    if upper is not None and (ends := source.native(upper)) is not None:
        zero &= ends.isna().to_numpy(dtype=bool)
    if not zero.any() or (zero_time == "include" and at_zero):
        return source, nothing
    if zero_time == "include":
        said = f"{zero.sum():,d} rows have no time, and this method cannot count them without"
        faults.add("zero_time", said, "Say 'exclude' or 'half_day'")
        return source, nothing
    if zero_time == "half_day":
        day = 1.0 if civil else 1.0 / DAYS_PER_YEAR
        return source.later(exit_column, np.where(zero, day / 2.0, 0.0)), nothing
    if zero.all():
        faults.add(exit_column, "no row has follow-up time", "Correct the times of entry and exit")
        return source, nothing
    number = read_some_events(source.unheard(), event, events).number
    had = int((number[zero] > 0).sum())
    return source.kept(~zero), excluded_frame(REASON, int(zero.sum()), had, 0.0)


def excluded_frame(
    reason: str = "", rows: int = 0, events: int = 0, person_years: float = 0.0
) -> pd.DataFrame:
    """Return what was left out for one reason; without rows and time where it is nothing."""
    frame = pd.DataFrame([(reason, rows, events, person_years)], columns=list(EXCLUDED))
    return frame if rows or person_years else frame.iloc[:0]


def both_frames(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return what was left out for one reason below what was left out for others."""
    some = [frame for frame in (one, other) if len(frame)]
    return pd.concat(some, ignore_index=True) if some else one


def _length(source: Columns, begin: str | None, end: str) -> tuple[bool, Vector] | None:
    """Return whether times are dates, and the follow-up of each row; None where it is unknown."""
    if not source.has(end) or (begin is not None and not source.has(begin)):
        return None
    if begin is None:
        at = source.numbers(end)
        return None if source.faults.found else (False, at)
    points = read_points(source, (begin, end), {end: np.ones(source.length, dtype=bool)})
    if points is None:
        return None
    civil, times = points
    length = times[end] - times[begin]
    return civil, np.where(np.abs(length) <= _SAME * np.abs(times[end]), 0.0, length)
