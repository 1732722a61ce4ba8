"""Visits, tests and sojourns: read, checked, and the cancers they meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, PROBABILITY, numbers
from paraneo.numerics.arrays import Vector

from ._absolute_risk import curves, hazards
from ._markers import marker_weights
from ._sojourn import SojournLaw, as_given, exponential
from ._yield import Cancers, nodes_between
from .risk import CancerRisk

Sojourn = Callable[[Vector], Vector]


def read_visits(visits: Any, risk: CancerRisk, faults: Faults) -> Vector:
    """Return the visits as years since diagnosis, noting what is wrong with them."""
    at = np.atleast_1d(numbers(visits, "visits", NONNEGATIVE, faults))
    if at.size == 0:
        faults.add("visits", "there is none", "Give at least one, such as [0]")
    elif np.isfinite(at).all():
        if (np.diff(at) <= 0).any():
            faults.add("visits", "do not rise", "Sort them, and name each once")
        if (at >= risk.horizon).any():
            faults.add("visits", f"reach the horizon, {risk.horizon:g} years", "Drop the late ones")
        if (at < risk.cancer_free_for).any():
            faults.add("visits", "lie before the cancer-free time given", "Drop the early ones")
    return at


def read_test(value: Any, name: str, visits: Vector, faults: Faults) -> Vector:
    """Return a sensitivity or specificity of each visit."""
    read = numbers(value, name, PROBABILITY, faults)
    if read.ndim and read.shape != visits.shape:
        cure = "Give one number, or one a visit"
        faults.add(name, f"has {read.size} values for {visits.size} visits", cure)
        return np.full(visits.shape, np.nan)
    return np.array(np.broadcast_to(read, visits.shape))


def read_per(per: Any, faults: Faults) -> float:
    """Return how many people start."""
    value = numbers(per, "per", POSITIVE, faults)
    return float(value) if value.ndim == 0 else np.nan


def check_count(visits: Any, faults: Faults) -> None:
    """Note what is no number of visits."""
    if isinstance(visits, bool) or not isinstance(visits, int | np.integer) or visits < 1:
        faults.add("visits", f"{visits!r} is no number of visits", "Give 1 or more")


def read_sojourn(mean: Any, law: Sojourn | None, end: float, faults: Faults) -> SojournLaw:
    """Return the survival function of the sojourn time, checked up to the time ``end``."""
    if law is not None:
        if mean is not None:
            faults.add("mean_sojourn", "and sojourn are both given", "Give one of them")
        return as_given(law, end) if _check_law(law, end, faults) else exponential(1.0)
    if mean is None:
        faults.add("mean_sojourn", "is missing", "Give years, or a law as sojourn")
        return exponential(1.0)
    before = len(faults.found)
    years = numbers(mean, "mean_sojourn", POSITIVE, faults)
    if years.ndim:
        faults.add("mean_sojourn", "must be one number", "Score one law at a time")
    return exponential(float(years) if len(faults.found) == before else 1.0)


def _check_law(law: Sojourn, end: float, faults: Faults) -> bool:
    years = np.linspace(0.0, end, 101)
    values = np.asarray(law(years), dtype=np.float64)
    if values.shape != years.shape:
        faults.add("sojourn", "does not give one value for each time", "Let it work on arrays")
        return False
    slack = 1e-9
    starts = abs(values[0] - 1) <= slack
    falls = bool(starts and (np.diff(values) <= slack).all() and (values >= -slack).all())
    if not falls:
        problem = "does not fall from 1 at time 0 towards 0"
        faults.add("sojourn", problem, "Pass the survival function of the sojourn time")
    return falls


def check_one_person(risk: CancerRisk, faults: Faults) -> None:
    """Note a risk of several people."""
    if risk.size > 1:
        faults.add("risk", f"is that of {risk.size} people", "Ask for one person at a time")


def cancers_met(risk: CancerRisk, visits: Vector, law: SojournLaw) -> Cancers:
    """Return the cancers of one person on nodes between all cuts, visits and the law's knots."""
    start, end = risk.cancer_free_for, risk.horizon
    grid, rows = risk._grid, risk._rows
    window_end = risk._marker_time + risk._window
    cuts = np.concatenate([grid.edges[0], visits, law.cuts(visits, end), [start, end, window_end]])
    cuts = np.unique(cuts[(cuts >= start) & (cuts <= end)])
    time, weight = nodes_between(cuts)
    ratio, excess = risk._source.rows(rows.theta, risk._at)
    if risk.estimand == "net":
        grid = grid._replace(death=np.zeros_like(grid.death))
    asked = np.concatenate([time, visits, [start, risk._marker_time, min(window_end, end)]])
    found = curves(grid, ratio, excess, asked[None, :])
    cancer, died = found.cancer[0], found.death[0, 0]
    q = len(time)
    piece = np.clip(np.searchsorted(grid.edges[0], time, side="right") - 1, 0, None)
    piece = np.minimum(piece, grid.population.shape[1] - 1)
    rate = hazards(grid, ratio, excess)[0][:, piece]
    free = np.exp(-(cancer[:, :q] - cancer[:, q + len(visits)][:, None]))
    mass = rate * free * weight
    sign = int(risk._sign[0])
    if sign:
        mass *= _of_the_marked(cancer, rows.logits, sign, time <= window_end, q + len(visits))
    share = 1 - grid.population[0, piece] / np.where(rate > 0, rate, np.inf)
    alive = np.exp(-(died - died[q + len(visits)]))
    return Cancers(time, mass, mass * share, alive[:q], alive[q : q + len(visits)])


def _of_the_marked(cancer: Vector, logits: Vector, sign: int, early: Any, start: int) -> Vector:
    """Return how the density of cancers of those free at the start changes with the marker."""
    since = -np.expm1(-(cancer[:, [start, start + 2]] - cancer[:, start + 1][:, None]))
    weights = marker_weights(logits, since[:, 1], positive=sign > 0)
    inside = np.minimum(since[:, 0], since[:, 1])
    before = weights.early * inside + weights.late * np.maximum(since[:, 0] - inside, 0.0)
    free = (1 - since[:, 0]) / (weights.share - before)
    each = np.where(early, weights.early[:, None], weights.late[:, None])
    return np.asarray(each * free[:, None])
