"""The short way through the gate: columns of dates in which nothing is out of the ordinary.

One compiled pass turns dates into ticks and sees whether each is a whole day that is known,
not in the future and in its place. Where any is not, nothing is said here: `_follow_up`
then goes the long way, which names every fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo.gate.tables import Columns
from paraneo.numerics.calendar import units_per_day
from paraneo.numerics.ticks import TICKS_PER_DAY

Whole = NDArray[np.int64]
#: Days further from 1970 than this are no dates of people. A missing date is further.
_FAR = 1_000_000


def dated_ticks(source: Columns, names: Sequence[str], most_days: float) -> Whole | None:
    """Return the ticks of birth, entry, exit and, where named, origin, a row for each.

    Parameters
    ----------
    source : Columns
    names : sequence of three or four names
    most_days : float
        From birth to exit, at most.

    Returns
    -------
    array or None
        None where a column holds anything but dates, or any date is at fault.
    """
    units, per_day = [], []
    for name in names:
        series = source.native(name)
        if series is None or not isinstance(series.dtype, np.dtype) or series.dtype.kind != "M":
            return None
        per_day.append(units_per_day(series.dtype))
        if not per_day[-1]:
            return None
        # as constant and contiguous, all columns are of one type to the compiled pass
        column = np.ascontiguousarray(series.to_numpy()).view(np.int64)
        column.flags.writeable = False
        units.append(column)
    ticks = np.empty((len(names), source.length), dtype=np.int64)
    today = (date.today() - date(1970, 1, 1)).days
    sound = [_whole_days(u, n, t, today) for u, n, t in zip(units, per_day, ticks, strict=True)]
    return ticks if all(sound) and _in_order(ticks, TICKS_PER_DAY * most_days) else None


@njit(cache=True, nogil=True)
def _whole_days(units: Any, per_day: int, ticks: Any, today: int) -> Any:
    """Fill in the ticks of dates; false where one is no whole day until today."""
    share = 1.0 / per_day
    sound = True
    for i in range(len(units)):
        day = int(np.rint(units[i] * share))
        sound &= (day * per_day == units[i]) & (day > -_FAR) & (day <= today)
        ticks[i] = TICKS_PER_DAY * day
    return sound


@njit(cache=True, nogil=True)
def _in_order(ticks: Any, most: float) -> Any:
    """Return whether everybody is born, enters and leaves in this order, none too late."""
    sound = True
    for i in range(ticks.shape[1]):
        birth, entry, leave = ticks[0, i], ticks[1, i], ticks[2, i]
        sound &= (birth <= entry) & (entry <= leave) & (leave - birth <= most)
    return sound
