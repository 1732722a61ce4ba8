"""Person-time for which a rate table has no rate, listed by cell and by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.numerics import calendar as _calendar

from ._background_rate import background_rate
from ._batches import Batch, Door
from .moments import moments

if TYPE_CHECKING:
    from paraneo.rates import RateTable

    from ._plan import Plan
    from ._request import Request

Vector = NDArray[np.float64]
_SHOWN = 8
_DROP = 'missing_rates="drop" to leave out their person-time and events'
_CURES = {
    "raise": f'Add these rates; or say missing_rates="nearest" to borrow the nearest, or {_DROP}',
    "nearest": f"Their group has none to borrow. Add these rates, or say {_DROP}",
}


def note_missing(
    data: Any, asked: Request, plan: Plan, missing: Vector, batch_rows: int, faults: Faults
) -> None:
    """Note the cells of each table that are missing, with their person-years and rows."""
    cuts, first = plan.cuts, 0
    ages, periods = len(cuts[0]) + 1, len(cuts[1]) + 1
    for name, table in asked.tables.items():
        groups = table.rates.shape[0] + 1
        last = first + groups * ages * periods
        years = missing[first:last].reshape(groups, ages, periods) * plan.tick
        first = last
        if not years.any():
            continue
        cells = np.argwhere(years > 0)
        listed = [
            f"{_group(table, g)}{_span('age', cuts[0], a)}{_span('year', cuts[1], p)}"
            f": {years[g, a, p]:.6g}"
            for g, a, p in cells[:_SHOWN]
        ]
        more = f" and {len(cells) - _SHOWN} cells more" if len(cells) > _SHOWN else ""
        faults.add(
            f"rates['{name}']" if name else "rates",
            f"no rate for {years.sum():.6g} person-years ({'; '.join(listed)}{more})",
            _CURES[asked.missing_rates],
            rows=_rows(data, asked, table, batch_rows, civil=plan.civil),
        )


def _rows(
    data: Any, asked: Request, table: RateTable, batch_rows: int, *, civil: bool
) -> list[int]:
    """Return the rows with counted time that has no rate; none where data is used up."""
    rows: list[int] = []
    for batch in Door(data, asked.reading().columns, None, batch_rows):
        without = np.flatnonzero(_without_rate(batch, asked, table, civil=civil))
        rows.extend(int(batch.rows[row]) for row in without)
    return rows


def _without_rate(
    batch: Batch, asked: Request, table: RateTable, *, civil: bool
) -> NDArray[np.bool_]:
    """Return which rows of a batch have time within all bands for which there is no rate."""
    source = asked.reading().source(batch.table, Faults(""))
    birth, start, stop, origin = (
        moments(source, name).at
        for name in (asked.birth, asked.entry, asked.exits[0], asked.origin or asked.entry)
    )
    limits: list[tuple[NDArray[Any] | None, Vector | None]] = [
        (birth, asked.bands.get("age")),
        (None, asked.bands.get("period")),
        (origin, asked.bands.get("follow_up")),
        (origin, np.array(asked.window)),
    ]
    for zero, edges in limits:
        if edges is not None:
            start = np.maximum(start, _moment(zero, edges[0], civil=civil))
            stop = np.minimum(stop, _moment(zero, edges[-1], civil=civil))
    labels: dict[str, Any] = {name: source.native(name) for name in table.by}
    group = table.group_codes(labels) if labels else np.zeros(source.length, dtype=np.intp)
    known = background_rate(table, birth, start, np.maximum(start, stop), group, civil=civil)
    without = np.isnan(known.cumulative) & (start < stop)
    return without & (group >= 0) if asked.endpoints else without


def _moment(zero: NDArray[Any] | None, years: float, *, civil: bool) -> Any:
    """Return when so many years have gone by since a zero, or a calendar year begins."""
    if not np.isfinite(years):
        return years
    if civil:
        return (
            _calendar.first_of_january(years)
            if zero is None
            else _calendar.anniversary(zero, years)
        )
    return years if zero is None else zero + years


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
