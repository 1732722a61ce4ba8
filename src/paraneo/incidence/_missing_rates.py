"""Person-time for which a rate table has no rate, told cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from paraneo.errors import Faults

if TYPE_CHECKING:
    from .rate_table import RateTable

Vector = NDArray[np.float64]
_SHOWN = 8
_CURE = (
    'Add these rates; or say missing_rates="nearest" to borrow the nearest, '
    'or missing_rates="drop" to leave out their person-time and events'
)


def note_missing(
    tables: Mapping[str, RateTable],
    cuts: tuple[Vector, Vector, Vector],
    missing: Vector,
    tick: float,
    faults: Faults,
) -> None:
    """Note the cells of each table that are missing, with their person-years."""
    ages, periods = len(cuts[0]) + 1, len(cuts[1]) + 1
    first = 0
    for name, table in tables.items():
        groups = table.rates.shape[0] + 1
        last = first + groups * ages * periods
        years = missing[first:last].reshape(groups, ages, periods) * tick
        first = last
        if not years.any():
            continue
        cells = np.argwhere(years > 0)
        told = [
            f"{_group(table, g)}{_span('age', cuts[0], a)}{_span('year', cuts[1], p)}"
            f": {years[g, a, p]:.6g}"
            for g, a, p in cells[:_SHOWN]
        ]
        more = f" and {len(cells) - _SHOWN} cells more" if len(cells) > _SHOWN else ""
        faults.add(
            f"rates['{name}']" if name else "rates",
            f"no rate for {years.sum():.6g} person-years ({'; '.join(told)}{more})",
            _CURE,
        )


def _group(table: RateTable, group: int) -> str:
    if not table.by or group >= len(table.groups):
        return ""
    labels = table.groups.iloc[group]
    return ", ".join(f"{name} {labels[name]}" for name in table.by) + ", "


def _span(scale: str, cuts: Vector, gap: int) -> str:
    joint = "" if scale == "age" else ", "
    if not len(cuts):
        return ""
    if gap == 0:
        return f"{joint}{scale} below {cuts[0]:g}"
    if gap == len(cuts):
        return f"{joint}{scale} {cuts[-1]:g} and over"
    return f"{joint}{scale} {cuts[gap - 1]:g} to {cuts[gap]:g}"
