"""What a risk is made of: models of the cancer hazard brought to one form.

Whatever the model, within a piece of time since diagnosis the cancer hazard is the
population's times a ratio, plus an excess. Smooth models are cut into fine pieces, in each
of which the integral of the hazard is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, optional
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector, normal_quantile

#: Width of the pieces of a smooth model, in years.
FINE = 1 / 48
#: Step of the differences that give a smooth hazard from its integral, in years.
STEP = 3e-5
#: Years since diagnosis within which the excess of a model without an end is that of a marker.
OPEN_END = 10.0
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
        Its parameters on their own scale, and their covariance matrix.
    rows : callable
        From rows of parameters and covariates to `Pieces`.
    instant : callable
        From rows of parameters, covariates, times and their pieces to ratio and excess at the
        times themselves, shape (rows of covariates, rows, times).
    bands : bool
        Whether they are constant between the edges.
    residual : callable or None
        From rows of parameters, covariates and times to the probability that a cancer
        is still hidden in those without one so far.
    likelihood : callable or None
        From parameters to the log-likelihood and its gradient.
    limit : array or None
        The other limit of a parameter whose estimate is infinite: the upper one at minus
        infinity, the lower one at plus infinity; of no meaning for others.
    unbounded : bool
        Whether nothing was found occult, and so nothing is known of when it would show.
    unknown : bool
        Whether some figure came without limits, so that the model's uncertainty is not known.
    last_edge : float
        Its last finite edge in years, 0 where it has none.
    none_seen : bool
        Whether a band had no cancer, so that its ratio of 0 can only be more.
    too_short : str
        Why follow-up cannot tell how many cancers are still occult; empty where it can.
    """

    name: str
    edges: Vector
    known_to: float
    theta: Vector
    covariance: Vector
    rows: Callable[[Vector, Any], Pieces]
    instant: Callable[[Vector, Any, Vector, NDArray[np.intp]], Pieces]
    bands: bool
    residual: Callable[[Vector, Any, Vector], Vector] | None = None
    likelihood: Callable[[Vector], tuple[float, Vector]] | None = None
    limit: Vector | None = None
    unbounded: bool = False
    unknown: bool = False
    last_edge: float = 0.0
    none_seen: bool = False
    too_short: str = ""

    def marked_until(self, window: float) -> float:
        """Return the years within which the excess is that of a marker.

        Those of the model's data, whatever is asked for; of a model without an end 10, or those
        to its last finite edge or to the end of a study's ``window`` if they are more.
        """
        if self.residual is not None:
            return np.inf
        if np.isfinite(self.known_to):
            return self.known_to
        return max(OPEN_END, window, self.last_edge)


def as_source(model: Any, end: float, faults: Faults, *, step: float = FINE) -> Source | None:
    """Return a model as a `Source` up to ``end``, or note why it cannot be.

    ``step`` is the width of the pieces of a smooth one.
    """
    if hasattr(model, "cumulative_at") and hasattr(model, "parameters"):
        return _fitted(model, end, faults, step)
    if hasattr(model, "edges") and hasattr(model, "values") and hasattr(model, "covariance"):
        return _curve(model, end, faults)
    made = callable(getattr(model, "summary", None))
    table = model.summary() if made else model
    if isinstance(table, dict) or hasattr(table, "columns"):
        level = getattr(model, "level", PUBLISHED_LEVEL) if made else PUBLISHED_LEVEL
        return _table(table, end, faults, level)
    faults.add(
        "model",
        f"{type(model).__name__} is not a model of the hazard",
        "Pass an ExcessHazard, an OccultCancer, a PooledRatioCurve or a table of ratios "
        "with start, end and estimate",
    )
    return None


def _steps(edges: Vector, end: float) -> Vector:
    """Return the model's own edges up to ``end`` with 0 and ``end`` as outermost."""
    inside = edges[(edges > 0) & (edges < end)]
    return np.unique(np.concatenate([[0.0], inside, [end]]))


def _fitted(model: Any, end: float, faults: Faults, step: float) -> Source | None:
    """Return a fitted excess hazard or occult-cancer model, through its cumulative hazard."""
    if not model.convergence.reached:
        faults.add("model", "its fit found no optimum", "Fit it again; see .convergence")
        return None
    smooth = getattr(model, "shape", "smooth") != "piecewise"
    own = np.asarray(getattr(model, "edges", np.empty(0)), dtype=np.float64)
    fine = np.arange(0.0, end, step) if smooth else np.empty(0)
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

    def instant(parameters: Vector, at: Any, times: Vector, _piece: NDArray[np.intp]) -> Pieces:
        # a central difference; at 0 a forward one of the same order
        first = np.maximum(times - STEP, 0.0)
        near = np.concatenate([first, first + STEP, first + 2 * STEP])
        low, middle, high = np.split(np.asarray(model.cumulative_at(near, at, parameters)), 3, 2)
        ahead = (times - first) / STEP
        value = ((1 - ahead) * 2 * (middle - low) + ahead * (high - low)) / 2
        value = (value - (1 - ahead) * (high - 2 * middle + low) / 2) / STEP
        return Pieces(value, np.zeros_like(value)) if relative else Pieces(1.0 + 0 * value, value)

    def residual(parameters: Vector, at: Any, times: Vector) -> Vector:
        return np.asarray(model.residual_at(times, at, parameters))

    return Source(
        name=type(model).__name__,
        edges=edges,
        known_to=float(getattr(model, "follow_up", np.inf)),
        theta=theta,
        covariance=covariance,
        rows=rows,
        instant=instant if smooth else _by_piece(rows),
        bands=not smooth,
        residual=residual if hasattr(model, "residual_at") else None,
        likelihood=None if averaged else getattr(model, "log_likelihood_at", None),
        limit=None if averaged else model.far_limits,
        unbounded=getattr(model, "none_found", False),
        too_short=_too_short(model),
    )


def _too_short(model: Any) -> str:
    """Say why a model of occult cancer cannot tell how many are left, if it cannot."""
    if getattr(model, "follow_up_suffices", True):
        return ""
    found = model.tests().set_index("test")
    left = found["statistic"]["occult cancers undetected after follow-up"]
    p_value = found["p_value"]["follow-up too short, Maller and Zhou"]
    return (
        f"follow-up of {model.follow_up:.3g} years cannot tell how many cancers are still occult: "
        f"the model has {100 * left:.0f}% of them undetected then (Maller and Zhou's test that it "
        f"is too short: p = {p_value:.2g})"
    )


def _curve(model: Any, end: float, faults: Faults) -> Source | None:
    """Return a pooled curve of ratios: edges, values and the covariance of their logarithms."""
    if not model.convergence.reached:
        faults.add("model", "its fit found no optimum", "Fit it again; see .convergence")
        return None
    own = np.asarray(model.edges, dtype=np.float64)
    if own[0] > 0:
        faults.add("model", f"it has no ratio before {own[0]:g} years", "Pool studies from 0 on")
        return None
    return _steps_source(
        type(model).__name__,
        own,
        np.log(np.asarray(model.values, dtype=np.float64)),
        model.log_covariance().to_numpy(),
        end,
    )


def _by_piece(rows: Callable[[Vector, Any], Pieces]) -> Callable[..., Pieces]:
    """Return what holds at times, for hazards that are constant in pieces."""

    def instant(theta: Vector, at: Any, _times: Vector, piece: NDArray[np.intp]) -> Pieces:
        return Pieces(*(part[..., piece] for part in rows(theta, at)))

    return instant


def banded(name: str, edges: Vector, pieces: Pieces) -> Source:
    """Return hazards that are known exactly and constant between edges."""

    def rows(theta: Vector, _at: Any) -> Pieces:
        shape = (1, len(theta), len(edges) - 1)
        return Pieces(*(np.broadcast_to(part, shape) for part in pieces))

    nothing, finite = np.zeros(0), edges[np.isfinite(edges)]
    return Source(
        name, edges, float(edges[-1]), nothing, np.zeros((0, 0)), rows, _by_piece(rows), True,
        last_edge=float(finite[-1]),
    )  # fmt: skip


def _steps_source(
    name: str,
    own: Vector,
    theta: Vector,
    covariance: Vector,
    end: float,
    *,
    additive: bool = False,
    most: Vector | None = None,
) -> Source:
    """Return ratios (or excess hazards) constant between edges, their logarithms as parameters.

    A band without a cancer has an upper limit in ``most``, which is NaN for others. Its parameter
    is the signed root of twice the fall of the log-likelihood, on which a Poisson count of 0 has
    the ratio rise with the square.
    """
    edges = _steps(own, min(end, float(own[-1])))
    shown = len(edges) - 1
    zero = np.zeros(len(theta), dtype=bool) if most is None else ~np.isnan(most)
    root = 0.0 if most is None else np.where(zero, most, 0.0)[:shown]

    def rows(parameters: Vector, _at: Any) -> Pieces:
        own = parameters[None, :, :shown]
        value = np.exp(own)
        if zero.any():
            value = np.where(zero[:shown], root * np.maximum(own, 0.0) ** 2, value)
        if additive:
            return Pieces(np.ones_like(value), value)
        return Pieces(value, np.zeros_like(value))

    unknown = bool(np.isnan(np.diag(covariance)).any())
    known = np.zeros_like(covariance) if unknown else covariance
    finite = own[np.isfinite(own)]
    return Source(
        name, edges, float(own[-1]), theta, known, rows, _by_piece(rows), True,
        unknown=unknown, last_edge=float(finite[-1]), none_seen=bool(zero.any()),
    )  # fmt: skip


def _table(table: Any, end: float, faults: Faults, level: float) -> Source | None:
    """Return a table of ratios by time since diagnosis: start, end, estimate, limits at a level."""
    before = len(faults.found)
    source = Columns(table, faults)
    start, stop = _windows(source)
    additive = source.has("excess") and not source.has("estimate")
    estimate = source.numbers("excess" if additive else "estimate", NONNEGATIVE)
    log_error = _log_errors(source, estimate, level)
    most = np.full(source.length, np.nan)
    if source.has("upper"):
        upper = source.numbers("upper", optional(_NOT_MISSING))
        finite = (estimate == 0) & (upper > 0) & np.isfinite(upper)
        most = np.where(finite, upper / normal_quantile(level) ** 2, np.nan)
    if len(faults.found) > before or source.length == 0:
        return None
    order = np.argsort(start, kind="stable")
    parts = (start, stop, estimate, log_error, most)
    start, stop, estimate, log_error, most = (part[order] for part in parts)
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
    own = np.concatenate([start[:1], stop])
    name = "table of excess hazards" if additive else "table of ratios"
    none = ~np.isnan(most)
    with np.errstate(divide="ignore"):
        theta = np.where(none, 0.0, np.log(estimate))
    # a ratio of 0 without an upper limit is a figure without limits
    spread = np.diag(np.where(none, 1.0, np.where(estimate == 0, np.nan, log_error**2)))
    return _steps_source(name, own, theta, spread, end, additive=additive, most=most)


def _windows(source: Columns) -> tuple[Vector, Vector]:
    if source.has("follow_up") and not source.has("start"):
        start = source.numbers("follow_up", NONNEGATIVE)
        later = np.append(np.unique(start), np.inf)
        return start, later[np.searchsorted(later, start, side="right")]
    start, stop = source.numbers("start", NONNEGATIVE), source.numbers("end", _NOT_MISSING)
    source.rows_where(stop <= start, "end", "is not after its start", "Correct the window")
    return start, stop


def _log_errors(source: Columns, estimate: Vector, level: float) -> Vector:
    """Return standard errors of the logs; NaN where the table gives no limits.

    Where one limit is missing, or no use on the log scale, the other one serves.
    """
    sides = {"lower": np.full(source.length, np.nan), "upper": np.full(source.length, np.nan)}
    for side in sides:
        if source.has(side):
            sides[side] = source.numbers(side, optional(_NOT_MISSING))
    lower, upper = sides["lower"], sides["upper"]
    source.rows_where(
        (lower > estimate) | (upper < estimate),
        "estimate",
        "does not lie between its limits",
        "Check the three numbers",
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        below, above = np.log(estimate / lower), np.log(upper / estimate)
    below, above = (np.where(np.isfinite(part), part, np.nan) for part in (below, above))
    both = np.where(np.isnan(below), above, np.where(np.isnan(above), below, (below + above) / 2))
    return np.asarray(both / normal_quantile(level))


_NOT_MISSING = tuple(rule for rule in NONNEGATIVE if "infinite" not in rule.problem)


def people(value: Any, name: str) -> pd.DataFrame | None:
    """Return covariates as a frame, a row a person; None where there are none.

    Parameters
    ----------
    name : str
        The argument that holds them, for messages.
    """
    if value is None:
        return None
    if isinstance(value, Mapping):
        value = {column: np.atleast_1d(cells) for column, cells in value.items()}
    faults = Faults(f"the table of {name}")
    source = Columns(value, faults)
    faults.raise_any()
    return pd.DataFrame({column: source.native(column) for column in source.names})
