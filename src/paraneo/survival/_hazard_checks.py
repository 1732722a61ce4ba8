"""What makes follow-up unfit for a hazard model, each said once with its cure."""

from __future__ import annotations

import numpy as np

from paraneo.errors import Faults
from paraneo.follow_up.background import NO_RATE
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector

from ._hazard_input import Where
from ._spells import Flags, FollowUp


def check_background(source: Columns, where: Where, people: FollowUp, *, relative: bool) -> None:
    """Note rows without a rate, and on the relative scale events where the rate is 0."""
    whole = np.array([0.0, np.inf])
    last = np.where(people.interval, people.upper, people.exit)
    total = people.background.cumulative(people.entry, last, whole)[:, 0]
    missing = np.isnan(total)
    source.rows_where(
        missing,
        where.exit,
        *NO_RATE,
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
