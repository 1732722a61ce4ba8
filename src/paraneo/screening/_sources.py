"""What a risk is made of: models of the cancer hazard brought to one form.

Whatever the model, within a piece of time since diagnosis the cancer hazard is the
population's times a ratio, plus an excess. Smooth models are cut into fine pieces, in each
of which the integral of the hazard is theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, optional
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector, normal_quantile

#: Width of the pieces of a smooth model, in years.
FINE = 1 / 48
#: Of the limits in a table that does not know how they were made.
PUBLISHED_LEVEL = 0.95


class Pieces(NamedTuple):
    """Ratio and excess per year of each piece, shape (rows of covariates, rows, pieces)."""

    ratio: Vector
    excess: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A model of the cancer hazard along time since diagnosis.

    Attributes
    ----------
    name : str
        What it is, for headings.
    edges : array, shape (pieces + 1,)
        From 0 to the end asked for.
    known_to : float
        Years to which its data reach.
    theta, covariance : array
        Its parameters on their own scale, and how sure they are.
    rows : callable
        From rows of parameters and covariates to `Pieces`.
    residual : callable or None
        From rows of parameters, covariates and times to the probability that a cancer
        is still hidden in those without one so far.
    likelihood : callable or None
        From parameters to the log-likelihood and its gradient.
    limit : array or None
        The other limit of a parameter whose estimate is infinite: the upper one at minus
        infinity, the lower one at plus infinity; of no meaning for others.
    unbounded : bool
        Whether nothing was found hidden, and so nothing is known of when it would show.
    """

    name: str
    edges: Vector
    known_to: float
    theta: Vector
    covariance: Vector
    rows: Callable[[Vector, Any], Pieces]
    residual: Callable[[Vector, Any, Vector], Vector] | None = None
    likelihood: Callable[[Vector], tuple[float, Vector]] | None = None
    limit: Vector | None = None
    unbounded: bool = False


def as_source(model: Any, end: float, faults: Faults) -> Source | None:
    """Return a model as a `Source` up to ``end``, or note why it cannot be."""
    if hasattr(model, "cumulative_at") and hasattr(model, "parameters"):
        return _fitted(model, end, faults)
    if hasattr(model, "edges") and hasattr(model, "values") and hasattr(model, "covariance"):
        return _curve(model, end, faults)
    made = callable(getattr(model, "summary", None))
    table = model.summary() if made else model
    if isinstance(table, dict) or hasattr(table, "columns"):
        level = getattr(model, "level", PUBLISHED_LEVEL) if made else PUBLISHED_LEVEL
        return _table(table, end, faults, level)
    faults.add(
        "model",
        f"{type(model).__name__} is no model of the hazard",
        "Pass an ExcessHazard, an OccultCancer, a PooledRatioCurve or a table of ratios "
        "with start, end and estimate",
    )
    return None


def _steps(edges: Vector, end: float) -> Vector:
    """Return the model's own edges up to ``end`` with 0 and ``end`` as outermost."""
    inside = edges[(edges > 0) & (edges < end)]
    return np.unique(np.concatenate([[0.0], inside, [end]]))


def _fitted(model: Any, end: float, faults: Faults) -> Source | None:
    """Return a fitted excess hazard or hidden-cancer model, through its cumulative hazard."""
    if not model.convergence.reached:
        faults.add("model", "its fit found no optimum", "Fit it again; see .convergence")
        return None
    smooth = getattr(model, "shape", "smooth") != "piecewise"
    own = np.asarray(getattr(model, "edges", np.empty(0)), dtype=np.float64)
    fine = np.arange(0.0, end, FINE) if smooth else np.empty(0)
    edges = _steps(np.concatenate([own, fine]), end)
    relative = getattr(model, "scale", "additive") == "relative"
    theta = np.asarray(model.parameters, dtype=np.float64)
    averaged = getattr(model, "averaged", False)
    covariance = np.nan_to_num(np.asarray(model.covariance, dtype=np.float64))

    def rows(parameters: Vector, at: Any) -> Pieces:
        total = np.asarray(model.cumulative_at(edges, at, parameters))
        mean = np.diff(total, axis=2) / np.diff(edges)
        if relative:
            return Pieces(mean, np.zeros_like(mean))
        return Pieces(np.ones_like(mean), mean)

    def residual(parameters: Vector, at: Any, times: Vector) -> Vector:
        return np.asarray(model.residual_at(times, at, parameters))

    return Source(
        name=type(model).__name__,
        edges=edges,
        known_to=float(getattr(model, "follow_up", np.inf)),
        theta=theta,
        covariance=covariance,
        rows=rows,
        residual=residual if hasattr(model, "residual_at") else None,
        likelihood=None if averaged else getattr(model, "log_likelihood_at", None),
        limit=None if averaged else model.far_limits,
        unbounded=getattr(model, "none_found", False),
    )


def _curve(model: Any, end: float, faults: Faults) -> Source | None:
    """Return a pooled curve of ratios: edges, values and the covariance of their logarithms."""
    if not model.convergence.reached:
        faults.add("model", "its fit found no optimum", "Fit it again; see .convergence")
        return None
    own = np.asarray(model.edges, dtype=np.float64)
    if own[0] > 0:
        faults.add("model", f"it knows no ratio before {own[0]:g} years", "Pool studies from 0 on")
        return None
    return _steps_source(
        type(model).__name__,
        own,
        np.log(np.asarray(model.values, dtype=np.float64)),
        np.asarray(model.covariance, dtype=np.float64),
        end,
    )


def _steps_source(name: str, own: Vector, theta: Vector, covariance: Vector, end: float) -> Source:
    """Return ratios that are constant between edges, their logarithms as parameters."""
    edges = _steps(own, min(end, float(own[-1])))
    shown = len(edges) - 1

    def rows(parameters: Vector, _at: Any) -> Pieces:
        ratio = np.exp(parameters[None, :, :shown])
        return Pieces(ratio, np.zeros_like(ratio))

    return Source(name, edges, float(own[-1]), theta, covariance, rows)


def _table(table: Any, end: float, faults: Faults, level: float) -> Source | None:
    """Return a table of ratios by time since diagnosis: start, end, estimate, limits at a level."""
    before = len(faults.found)
    source = Columns(table, faults)
    start, stop = _windows(source)
    estimate = source.numbers("estimate", POSITIVE)
    log_error = _log_errors(source, estimate, level)
    if len(faults.found) > before or source.length == 0:
        return None
    order = np.argsort(start, kind="stable")
    start, stop, estimate, log_error = (part[order] for part in (start, stop, estimate, log_error))
    if start[0] != 0:
        faults.add("start", "the first window does not start at 0", "Give the ratio from 0 on")
    source.rows_where(
        np.concatenate([[False], start[1:] != stop[:-1]])[np.argsort(order)],
        "start",
        "the window does not begin where the one before it ends",
        "Close the gap or drop the overlap",
    )
    if stop[-1] < end:
        faults.add(
            "end",
            f"the last window ends at {stop[-1]:g} years, the horizon is {end:g}",
            "Shorten the horizon, or add a window, such as one with ratio 1 that ends at inf",
        )
    if len(faults.found) > before:
        return None
    spread = np.diag(np.nan_to_num(log_error) ** 2)
    own = np.concatenate([start[:1], stop])
    return _steps_source("table of ratios", own, np.log(estimate), spread, end)


def _windows(source: Columns) -> tuple[Vector, Vector]:
    if source.has("follow_up") and not source.has("start"):
        start = source.numbers("follow_up", NONNEGATIVE)
        later = np.append(np.unique(start), np.inf)
        return start, later[np.searchsorted(later, start, side="right")]
    start, stop = source.numbers("start", NONNEGATIVE), source.numbers("end", _NOT_MISSING)
    source.rows_where(stop <= start, "end", "is not after its start", "Correct the window")
    return start, stop


def _log_errors(source: Columns, estimate: Vector, level: float) -> Vector:
    """Return standard errors of the log ratios; NaN where the table gives no limits."""
    if source.has("lower") and source.has("upper"):
        lower = source.numbers("lower", optional(NONNEGATIVE))
        upper = source.numbers("upper", optional(NONNEGATIVE))
        source.rows_where(
            (lower > estimate) | (upper < estimate),
            "estimate",
            "does not lie between its limits",
            "Check the three numbers",
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            both = np.log(upper / lower) / (2 * normal_quantile(level))
            above = np.log(upper / estimate) / normal_quantile(level)
        return np.where(lower > 0, both, above)
    return np.full(source.length, np.nan)


_NOT_MISSING = tuple(rule for rule in NONNEGATIVE if "infinite" not in rule.problem)


def people(value: Any) -> pd.DataFrame | None:
    """Return covariates as a frame, a row a person; None where there are none."""
    if value is None:
        return None
    if isinstance(value, pd.DataFrame):
        return value
    columns = {name: np.atleast_1d(column) for name, column in dict(value).items()}
    return pd.DataFrame(columns)
