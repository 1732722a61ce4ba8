"""Simulated lives: times at which hazards from a table are used up, person by person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def _compiled(function: Callable[P, R]) -> Callable[P, R]:
    made: Callable[P, R] = njit(cache=True, nogil=True, error_model="numpy")(function)
    return made


@_compiled
def _band(edges: Any, value: float) -> int:
    """Return the band [a, b) in which a value lies, -1 or the number of bands outside."""
    return int(np.searchsorted(edges, value, side="right")) - 1


@_compiled
def times_at(
    wanted: Any, age: Any, year: Any, group: Any, limit: Any, rates: Any, ages: Any, years: Any,
    cuts: Any, factors: Any,
) -> Any:  # fmt: skip
    """Return when each person's cumulative hazard reaches what is wanted.

    The hazard at t is ``rates[group, age + t, year + t] * factors[t]``. Infinity where
    it does not happen by ``limit``; NaN where the table has no rate on the way.
    """
    found = np.full(len(wanted), np.inf)
    for p in range(len(wanted)):
        i, j, k = _band(ages, age[p]), _band(years, year[p]), 0
        now, left = 0.0, wanted[p]
        while now < limit[p]:
            if i < 0 or j < 0 or i >= rates.shape[1] or j >= rates.shape[2]:
                found[p] = np.nan
                break
            rate = rates[group[p], i, j] * factors[k]
            if np.isnan(rate):
                found[p] = np.nan
                break
            to_age, to_year, to_cut = ages[i + 1] - age[p], years[j + 1] - year[p], cuts[k + 1]
            until = min(to_age, to_year, to_cut, limit[p])
            if rate * (until - now) >= left:
                found[p] = now + left / rate
                break
            left -= rate * max(until - now, 0.0)
            now = until
            i += to_age <= until
            j += to_year <= until
            k += to_cut <= until
    return found


@_compiled
def cumulative_at(
    grid: Any, age: Any, year: Any, group: Any, rates: Any, ages: Any, years: Any
) -> Any:
    """Return each person's integral of the table's hazard from 0 to each time of a grid."""
    total = np.zeros((len(age), len(grid)))
    for p in range(len(age)):
        i, j = _band(ages, age[p]), _band(years, year[p])
        now, sum_ = 0.0, 0.0
        for g in range(len(grid)):
            while now < grid[g]:
                if i < 0 or j < 0 or i >= rates.shape[1] or j >= rates.shape[2]:
                    sum_ = np.nan
                    break
                to_age, to_year = ages[i + 1] - age[p], years[j + 1] - year[p]
                until = min(to_age, to_year, grid[g])
                sum_ += rates[group[p], i, j] * max(until - now, 0.0)
                now = until
                i += to_age <= until
                j += to_year <= until
            total[p, g] = sum_
    return total
