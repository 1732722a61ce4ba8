"""What makes follow-up unfit for a hazard model, each said once with its cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector

from ._hazard_input import Where
from ._spells import Flags, FollowUp, Integers

if TYPE_CHECKING:
    from paraneo.rates import RateTable


def read_rate_groups(source: Columns, rates: RateTable | None) -> Integers:
    """Return each row's group of the rate table."""
    nobody = np.zeros(source.length, dtype=np.int64)
    if rates is None or not rates.by:
        return nobody
    source.require(rates.by)
    if not all(source.has(name) for name in rates.by):
        return nobody
    columns = {name: source.labels(name) for name in rates.by}
    frame = pd.DataFrame(columns)
    whole = pd.Series(frame.groupby(list(frame), dropna=False, sort=False).ngroup())
    first = ~whole.duplicated()
    some = {name: frame[name][first].to_numpy() for name in rates.by}
    code = np.asarray(rates.group_codes(some), dtype=np.int64)[whole.to_numpy()]
    groups = rates.groups.astype(str).agg(", ".join, axis=1)
    source.rows_where(
        code < 0,
        ", ".join(rates.by),
        "the rate table has no such group",
        f"It has: {'; '.join(groups[:8])}",
    )
    return code


def check_background(source: Columns, where: Where, people: FollowUp, *, relative: bool) -> None:
    """Note rows without a rate, and on the relative scale events where the rate is 0."""
    whole = np.array([0.0, np.inf])
    last = np.where(people.interval, people.upper, people.exit)
    total = people.background.cumulative(people.entry, last, whole)[:, 0]
    missing = np.isnan(total)
    source.rows_where(
        missing,
        where.exit,
        "the rate table has no rate for some of the time",
        "Supply it, or end follow-up where the rates end",
    )
    source.faults.raise_any()
    if relative:
        inside = people.interval
        inner = people.background.cumulative(people.exit, last, whole)[:, 0]
        rate = np.where(inside, inner, people.background.hazard(people.exit))
        source.rows_where(
            (people.event | inside) & ~(rate > 0),
            where.event,
            "the background hazard is 0 at the event",
            "A ratio to 0 is undefined: use scale='additive', or correct the rates",
        )
    source.faults.raise_any()


def check_separation(x: Vector, names: tuple[str, ...], hit: Flags, faults: Faults) -> None:
    """Note covariates of which all events have the one value that is lowest or highest."""
    if not hit.any():
        return
    for k, name in enumerate(names):
        column, among = x[:, k], x[hit, k]
        if np.ptp(column) > 0 and np.ptp(among) == 0 and among[0] in (column.min(), column.max()):
            faults.add(
                name,
                f"all events have the value {among[0]:g}: its effect is infinite",
                "Leave it out, or merge its levels with others",
            )
