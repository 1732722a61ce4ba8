"""Each person's background hazard as a step function of time, and its integrals.

Steps of all people stand one after another; those of person i are numbered
first[i], …, first[i + 1] - 1. Arrays in, arrays out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector
from paraneo.numerics.calendar import DAYS_PER_YEAR
from paraneo.numerics.ticks import TICKS_PER_DAY, TICKS_PER_YEAR

from ._lexis import count_pieces, cut_pieces
from ._lexis_inputs import axes_of
from ._plan import all_cuts

if TYPE_CHECKING:
    from paraneo.rates import RateTable

Index = NDArray[np.int64]


class Pieces(NamedTuple):
    """Constant hazards, from where the piece before ends, or from ``start``.

    Attributes
    ----------
    first : array of int, shape (people + 1,)
    start : array, shape (people,)
        Years since the origin.
    end, rate : array, shape (pieces,)
        Years since the origin; per year. NaN where the table has no rate.
    """

    first: Index
    start: Vector
    end: Vector
    rate: Vector


def pieces(
    table: RateTable,
    birth: NDArray[Any],
    origin: NDArray[Any],
    start: NDArray[Any],
    stop: NDArray[Any],
    group: NDArray[np.intp],
    *,
    civil: bool,
) -> Pieces:
    """Cut each person's time from start to stop at the cells of a rate table.

    Parameters
    ----------
    birth, origin, start, stop : array, shape (people,)
        Days since 1 January 1970 with ``civil``, years otherwise.
    group : array of int
        Row of the table's groups; -1 gives NaN.
    """
    unit = float(TICKS_PER_DAY) if civil else TICKS_PER_YEAR
    years = 1.0 / (unit * DAYS_PER_YEAR) if civil else 1.0 / unit
    ages, periods = all_cuts(table.age_edges), all_cuts(table.period_edges)
    axes = tuple(axes_of(ages, periods, np.empty(0), civil=civil))
    rates = np.pad(table.rates, ((0, 1), (1, 1), (1, 1)), constant_values=np.nan)
    below = np.array([-np.inf])
    age_of: Index = np.searchsorted(table.age_edges, np.concatenate((below, ages)), side="right")
    period_of: Index = np.searchsorted(
        table.period_edges, np.concatenate((below, periods)), side="right"
    )
    born = np.rint(np.asarray(birth, dtype=np.float64) * unit).astype(np.int64)
    begin, end = (np.asarray(x, dtype=np.float64) * unit for x in (start, stop))
    row = np.where(group >= 0, group, table.rates.shape[0]).astype(np.int64)
    count = count_pieces(axes, len(age_of) + len(period_of) + 1, born, begin, end)
    first = np.concatenate(([0], np.cumsum(count)))
    ends, rate = cut_pieces(axes, age_of, period_of, rates, born, begin, end, row, first)
    zero = np.asarray(origin, dtype=np.float64) * unit
    return Pieces(first, (begin - zero) * years, (ends - np.repeat(zero, count)) * years, rate)


@njit(cache=True, nogil=True)
def integral(first, start, end, rate, lower, upper):  # type: ignore[no-untyped-def]
    """Return each person's cumulative hazard within (lower, upper]."""
    total = np.zeros(len(lower))
    for i in range(len(lower)):
        now = start[i]
        for k in range(first[i], first[i + 1]):
            within = min(end[k], upper[i]) - max(now, lower[i])
            if within > 0.0:
                total[i] += within * rate[k]
            now = end[k]
    return total


@njit(cache=True, nogil=True)
def hazard_before(first, end, rate, time):  # type: ignore[no-untyped-def]
    """Return each person's hazard just before a time, NaN beyond the last piece."""
    found = np.full(len(time), np.nan)
    for i in range(len(time)):
        for k in range(first[i], first[i + 1]):
            if time[i] <= end[k]:
                found[i] = rate[k]
                break
    return found
