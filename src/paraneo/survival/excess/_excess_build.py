"""From a table to a fitted excess hazard: what the verb does, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import ConvergenceWarning, Faults, warn
from paraneo.follow_up.background import rate_groups
from paraneo.gate.formulas import Design, design
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.results.coefficients import covariance_frame
from paraneo.survival import _hazard_checks as shared
from paraneo.survival._hazard_input import Times, Where, read_times
from paraneo.survival._spells import Background, FollowUp, Integers, NoBackground
from paraneo.survival.records import group_names

from . import _excess_checks as checks
from ._cells import Cells
from ._fit import from_zero
from ._predictions import Fitted
from ._problem import Problem, trimmed
from ._separate_fits import fit_all
from .excess_result import ExcessHazard, changing_grid

if TYPE_CHECKING:
    from paraneo.rates import RateTable

__all__ = ["Asked", "Where", "from_cells", "from_rows"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller asked for, besides the columns of times."""

    shape: str
    scale: str
    formula: str | None
    time_varying: str | Sequence[str] | Mapping[str, ArrayLike]
    by: tuple[str, ...]
    rates: RateTable | None
    cluster: str | None
    interval: str
    level: float


def from_rows(
    source: Columns, where: Where, asked: Asked, breaks: ArrayLike | int | None, faults: Faults
) -> ExcessHazard:
    """Fit the model to rows of follow-up."""
    if asked.rates is not None and where.birth is None:
        faults.add("birth", "the rates need the age of each row", "Name the column of birth")
    if asked.scale == "relative":
        checks.check_relative(asked.rates, faults)
    times = read_times(source, where, asked.by)
    made = design(source, asked.formula)
    groups, stratum = read_groups(source, asked.by)
    cluster = checks.read_cluster(source, asked.cluster)
    rate_group = rate_groups(source, asked.rates, optional=True)
    times, made = faults.checked(times), faults.checked(made)
    x, names = _covariates(made, faults)
    grid = checks.read_grid(asked.shape, breaks, times.exit, times.upper, times.event, faults)
    faults.raise_any()
    background = _background(times, asked.rates, rate_group)
    people = FollowUp(times.entry, times.exit, times.upper, times.event, x, stratum, background)
    shared.check_background(source, where, people, relative=asked.scale == "relative")
    kept, excluded = np.ones(people.length, dtype=bool), _excluded(0, 0, 0.0)
    if asked.shape == "piecewise":
        years = people.years
        people, kept, lost = trimmed(people, grid[0], grid[-1])
        excluded = _excluded(int((~kept).sum()), int(lost.sum()), years - people.years)
        checks.check_bands(grid, people, faults)
    if asked.shape == "spline":
        hit = people.event | people.interval
        checks.check_strata(people.stratum, hit, groups, faults)
    faults.raise_any()
    problem = Problem(
        people, names, asked.shape, asked.scale, grid, {}, _labels(groups),
        None if cluster is None else cluster[kept], np.zeros(len(names)),
    )  # fmt: skip
    events = int((people.event | people.interval).sum())
    return _fitted(problem, made, groups, asked, excluded, people.length, events, faults)


def from_cells(
    data: Any, asked: Asked, breaks: ArrayLike | int | None, faults: Faults
) -> ExcessHazard:
    """Fit the model to the cells of a table of person-years."""
    frame = data.summary()
    frame = frame[frame["person_years"] > 0].reset_index(drop=True)
    source = Columns(frame, faults)
    for name in ("follow_up", *(("expected",) if asked.scale == "relative" else ())):
        if name not in frame:
            cure = "Make it with follow_up= bands" if name == "follow_up" else "Make it with rates="
            faults.add(name, "the table of person-years has no such column", cure)
    if asked.shape == "spline":
        faults.add("shape", "a spline needs rows of follow-up", "Pass the rows, or use bands")
    if breaks is not None:
        faults.add("breaks", "the table has bands of its own", "Leave breaks out")
    made = design(source, asked.formula)
    groups, stratum = read_groups(source, asked.by)
    made = faults.checked(made)
    x, names = _covariates(made, faults)
    grid = np.asarray(data.bands["follow_up"], dtype=np.float64)
    low = frame["follow_up"].to_numpy(np.float64)
    known = "expected" in frame
    expected = source.numbers("expected") if known else np.zeros(len(frame))
    cells = Cells(
        np.searchsorted(grid, low, side="right").astype(np.int64) - 1,
        source.numbers("person_years"),
        source.numbers("observed"),
        expected,
        x,
        stratum,
    )
    checks.check_cells(cells, relative=asked.scale == "relative", faults=faults)
    faults.raise_any()
    problem = Problem(
        cells,
        names,
        "piecewise",
        asked.scale,
        grid,
        {},
        _labels(groups),
        None,
        np.zeros(len(names)),
    )
    events = int(cells.observed.sum())
    return _fitted(problem, made, groups, asked, data.excluded, cells.length, events, faults)


def _fitted(
    problem: Problem,
    made: Design,
    groups: pd.DataFrame,
    asked: Asked,
    excluded: pd.DataFrame,
    n: int,
    events: int,
    faults: Faults,
) -> ExcessHazard:
    problem = _with_changing(problem, asked.time_varying, faults).near_zero()
    faults.raise_any()
    model, names = problem.model(), problem.names()
    found = fit_all(model, names, asked.level, asked.interval)
    if not found.convergence.reached:
        warn(f"the fit {found.convergence}", ConvergenceWarning)
    elif model.falls(found.point):
        text = "the cumulative excess hazard falls somewhere: try fewer knots or bands"
        warn(text, ConvergenceWarning)
    turn = model.turned(problem.shift, np.ones_like(problem.shift))
    shown = from_zero(model, found, turn, asked.interval, asked.level)
    return ExcessHazard(
        names=names,
        parameters=shown.theta,
        covariance=covariance_frame(names, shown.covariance),
        log_likelihood=found.log_likelihood,
        convergence=found.convergence,
        level=asked.level,
        interval=asked.interval,
        n=n,
        events=events,
        excluded=excluded,
        _lower=shown.lower,
        _upper=shown.upper,
        _effects=np.arange(len(names)) >= model.bands,
        shape=asked.shape,
        scale=asked.scale,
        _fit=found,
        _problem=problem,
        _fitted=Fitted(model, found, asked.interval, asked.level),
        _turn=turn,
        _design=made,
        _groups=groups,
    )


def _with_changing(
    problem: Problem,
    time_varying: str | Sequence[str] | Mapping[str, ArrayLike],
    faults: Faults,
) -> Problem:
    if isinstance(time_varying, str):
        time_varying = (time_varying,)
    for name in time_varying:
        columns = problem.columns_of([name])
        if not columns:
            known = ", ".join(problem.covariates) or "none: there is no formula"
            faults.add("time_varying", f"there is no effect {name!r}", f"Choose from: {known}")
        if isinstance(time_varying, Mapping):
            grid = changing_grid(problem, time_varying[name])
        elif problem.shape == "spline":
            grid = changing_grid(problem, None)
        else:
            grid = problem.grid
        problem = problem.with_changing(columns, grid)
    return problem


def _covariates(made: Design, faults: Faults) -> tuple[Vector, tuple[str, ...]]:
    """Return the design without its intercept, for which the baseline stands."""
    if "Intercept" not in made.columns:
        faults.add("formula", "it leaves out the intercept", "Keep it: the baseline stands for it")
    kept = [k for k, name in enumerate(made.columns) if name != "Intercept"]
    return np.ascontiguousarray(made.matrix[:, kept]), tuple(made.columns[k] for k in kept)


def _background(times: Times, rates: RateTable | None, group: Integers) -> Background:
    if rates is None:
        return NoBackground(len(times.exit))
    from paraneo.survival._rate_background import RateBackground

    return RateBackground(rates, times.birth, times.origin, times.entry, group, times.civil)


def _labels(groups: pd.DataFrame) -> tuple[str, ...]:
    if not groups.shape[1]:
        return ("",)
    return tuple(group_names(groups))


def _excluded(rows: int, events: int, years: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "reason": ["outside the bands"],
            "rows": [rows],
            "events": [events],
            "person_years": [years],
        }
    )
