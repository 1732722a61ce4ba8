"""The cumulative rate of a rate table along each person's life, exact in its cells.

For models of time to an event that need a population's rates as their background: what
`person_years` sums over people, here for each person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.calendar import DAYS_PER_YEAR
from paraneo.numerics.ticks import TICKS_PER_DAY, TICKS_PER_YEAR

from ._lexis import integrate
from ._lexis_inputs import axes_of
from ._plan import all_cuts

if TYPE_CHECKING:
    from paraneo.rates import RateTable

Vector = NDArray[np.float64]


class BackgroundRate(NamedTuple):
    """What a rate table says of each person.

    Attributes
    ----------
    cumulative : array
        The integral of the rate from start to stop, dimensionless; NaN where the table
        has no rate for some of the time between.
    rate : array
        Per year at stop: that of the band which ends there, if stop is at its edge, as for
        an event at stop. Where start is stop, that of the band which begins there.
    """

    cumulative: Vector
    rate: Vector


def background_rate(
    table: RateTable,
    birth: NDArray[Any],
    start: NDArray[Any],
    stop: NDArray[Any],
    group: NDArray[np.intp],
    *,
    civil: bool,
) -> BackgroundRate:
    """Integrate a rate table over each person's time from start to stop.

    Parameters
    ----------
    table : RateTable
    birth, start, stop : array, shape (people,)
        With ``civil`` days since 1 January 1970: birth whole, start and stop also parts of
        days; ages are then cut at birthdays and years on 1 January, as `person_years` does.
        Otherwise years, on one scale with the periods of the table.
    group : array of int, shape (people,)
        From ``table.group_codes``; -1 for none, which gives NaN.
    civil : bool
        Times are days of the calendar.

    Notes
    -----
    Repeat the rows of a person to have the rate at several times. Start has to be at or
    before stop; this is a kernel and checks nothing.
    """
    unit = float(TICKS_PER_DAY) if civil else TICKS_PER_YEAR
    ages, periods = all_cuts(table.age_edges), all_cuts(table.period_edges)
    axes = axes_of(ages, periods, np.empty(0), civil=civil)
    padded = np.pad(table.rates, ((0, 1), (1, 1), (1, 1)), constant_values=np.nan)
    lower = np.concatenate(([-np.inf], ages)), np.concatenate(([-np.inf], periods))
    cumulative, rate = integrate(
        axes,
        np.searchsorted(table.age_edges, lower[0], side="right"),
        np.searchsorted(table.period_edges, lower[1], side="right"),
        padded,
        np.rint(np.asarray(birth, dtype=np.float64) * unit).astype(np.int64),
        np.asarray(start, dtype=np.float64) * unit,
        np.asarray(stop, dtype=np.float64) * unit,
        np.asarray(group, dtype=np.int64),
    )
    per_year = unit * DAYS_PER_YEAR if civil else unit
    return BackgroundRate(cumulative / per_year, rate)
