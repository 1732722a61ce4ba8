"""The unit in which follow-up is counted: whole ticks.

A tick is half a day for dates and 2**-44 years for plain numbers. Whole numbers make every
comparison and every length exact; 2**-44 years is finer than a double can tell apart in a
calendar year (2**-42). Half-days leave room for the convention that somebody found ill on
the very day of entry was at risk for half of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paraneo.numerics.calendar import DAYS_PER_YEAR

#: Ticks in a day, where time is given in dates.
TICKS_PER_DAY = 2
#: Ticks in a year, where time is given in plain numbers of years.
TICKS_PER_YEAR = 2.0**44
#: Between plain numbers, cuts this close to each other or to an end of a spell are at one
#: place. Sums of years such as birth + age are rounded to about 10 ticks; 64 are 0.1 ms.
PLAIN_SLACK = 64


def ticks_of_years(years: ArrayLike) -> NDArray[np.int64]:
    """Return numbers of years as the nearest whole ticks."""
    return np.rint(np.asarray(years, dtype=np.float64) * TICKS_PER_YEAR).astype(np.int64)


def tick_years(*, civil: bool) -> float:
    """Return the length of a tick in years; ``civil`` where time is given in dates."""
    return 1.0 / (TICKS_PER_DAY * DAYS_PER_YEAR) if civil else 1.0 / TICKS_PER_YEAR


def half_a_day(*, civil: bool) -> int:
    """Return the ticks in half a day."""
    return 1 if civil else int(ticks_of_years(0.5 / DAYS_PER_YEAR))
