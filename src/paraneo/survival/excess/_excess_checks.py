"""What makes follow-up unfit for an excess hazard, each said once with its cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.survival._spells import Flags, FollowUp, Integers

from ._cells import Cells
from ._spline import quantile_knots

if TYPE_CHECKING:
    from paraneo.rates import RateTable

#: Bands in years where none are given: those that follow-up does not reach are left out.
DEFAULT_BREAKS = (0.0, 0.5, 1.0, 2.0, 3.0, 5.0, np.inf)
#: Inner knots of a spline where none are given.
DEFAULT_KNOTS = 2


def check_relative(rates: RateTable | None, faults: Faults) -> None:
    """Note what the relative scale cannot do without."""
    if rates is None:
        faults.add("rates", "a ratio needs a background hazard", "Pass a rate table")


def read_cluster(source: Columns, name: str | None) -> Integers | None:
    """Return which rows belong together."""
    series = None if name is None else source.native(name)
    if name is None or series is None:
        return None
    code = np.asarray(pd.factorize(series)[0], dtype=np.int64)
    source.rows_where(code < 0, name, "label is missing", "Fill it in")
    return code


def read_grid(
    shape: str,
    breaks: ArrayLike | int | None,
    end: Vector,
    upper: Vector,
    event: Flags,
    faults: Faults,
) -> Vector:
    """Return the edges of the bands in years, or the knots in log years."""
    last = float(np.nanmax(np.concatenate([end, upper]), initial=0.0))
    if shape == "spline":
        return _knots(breaks, end, upper, event, last, faults)
    if breaks is None:
        default = np.array(DEFAULT_BREAKS)
        return np.append(default[default < last], np.inf)
    edges = np.asarray(breaks, dtype=np.float64)
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all() or edges[0] < 0:
        faults.add("breaks", "they are not rising edges from 0 on", "Write such as [0, 1, 2, 5]")
    elif last <= edges[0]:
        faults.add("breaks", f"all follow-up ends before the first, {edges[0]:g}", "Lower it")
    return edges


def _knots(
    breaks: ArrayLike | int | None,
    end: Vector,
    upper: Vector,
    event: Flags,
    last: float,
    faults: Faults,
) -> Vector:
    """Return the knots in log years."""
    inside = ~np.isnan(upper)
    times = np.concatenate([end[event], 0.5 * (end[inside] + upper[inside])])
    if breaks is None or isinstance(breaks, int | np.integer):
        if not len(times):
            faults.add("breaks", "there are no events to place knots by", "Give them, or use bands")
            return np.array([0.0, 1.0])
        inner = DEFAULT_KNOTS if breaks is None else int(breaks)
        knots = quantile_knots(np.log(times), max(inner, 0))
        if inner < 0:
            faults.add("breaks", f"{inner} inner knots are too few", "Give 0 or more")
        elif len(knots) < inner + 2:
            faults.add(
                "breaks",
                f"{inner} inner knots need event times at {inner + 2} places",
                "Give fewer, or use bands",
            )
        return knots
    years = np.asarray(breaks, dtype=np.float64)
    wrong = years.ndim != 1 or len(years) < 2 or not (years > 0).all() or np.isinf(years).any()
    if wrong or not (np.diff(years) > 0).all():
        faults.add(
            "breaks", "they are not rising knots above 0", "Write such as [0.1, 1, 5]: in years"
        )
        return np.array([0.0, 1.0])
    if last <= years[0]:
        faults.add("breaks", f"all follow-up ends before the first knot, {years[0]:g}", "Lower it")
    return np.log(years)


def check_bands(edges: Vector, people: FollowUp, faults: Faults) -> None:
    """Note bands in which nobody was followed."""
    last = np.where(people.interval, people.upper, people.exit)
    for j in range(len(edges) - 1):
        if (np.minimum(last, edges[j + 1]) > np.maximum(people.entry, edges[j])).any():
            continue
        faults.add(
            "breaks",
            f"nobody was followed within {edges[j]:g} to {edges[j + 1]:g}",
            "Merge the band with a neighbour",
        )


def check_cells(cells: Cells, *, relative: bool, faults: Faults) -> None:
    """Note cells with events where nothing is expected."""
    if relative and ((cells.observed > 0) & ~(cells.expected > 0)).any():
        faults.add(
            "expected",
            "it is 0 in a cell with events",
            "Use scale='additive', or correct the rates",
        )


def check_strata(stratum: Integers, hit: Flags, groups: pd.DataFrame, faults: Faults) -> None:
    """Note strata without an event, which cannot have a spline."""
    if not groups.shape[1]:
        return
    for k in np.flatnonzero(np.bincount(stratum[hit], minlength=len(groups)) == 0):
        label = ", ".join(map(str, groups.iloc[k]))
        faults.add(
            ", ".join(map(str, groups)),
            f"there is no event in {label}",
            "Merge it with another group, or use bands",
        )
