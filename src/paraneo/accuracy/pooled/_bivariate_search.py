"""Newton's search for the optimum of many bivariate models, all of them a step at a time.

The parameters of one model are the coefficients of logit sensitivity, those of logit
specificity, and a, b, c of the lower factor of the between-study covariance. No model's search
depends on those beside it: who has arrived is left where it is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from ._bivariate_binomial import binomial_studies, gauss_hermite
from ._bivariate_evidence import BINOMIAL, RESTRICTED, Evidence, Index, by_model, tables_of
from ._bivariate_normal import information, normal_studies, restriction

Flags = NDArray[np.bool_]

#: Step of the central differences of gradients: its square and 1e-16 over it are both small.
STEP = 1e-4
#: No parameter moves further in one iteration (they are logits or deviations of logits).
LONGEST = 2.0
#: Beyond this a parameter is taken to have no finite estimate.
BEYOND = 60.0
ITERATIONS, HALVINGS = 200, 30
#: The climb ends when a further step promises less than this part of the log-likelihood,
#: and the end counts as an optimum when it promises less than the second.
GAIN_LAST, GAIN_OPTIMUM = 1e-12, 1e-9
#: At most so many last steps with exact second derivatives.
POLISH = 4
#: They end where no slope is steeper than this part of the log-likelihood: rounding.
FLAT = 1e-12


class Fits(NamedTuple):
    """Where the searches ended, one row a meta-analysis.

    Attributes
    ----------
    theta, slopes : array, shape (m, P)
    value : array, shape (m,)
    curvature : array, shape (m, P, P)
    iterations : array, shape (m,)
    reached : array of bool, shape (m,)
        Whether an optimum was reached.
    free : array of bool, shape (m, P)
        Parameters that were not free stayed as they were.
    """

    theta: Vector
    value: Vector
    slopes: Vector
    curvature: Vector
    iterations: Index
    reached: Flags
    free: Flags

    def at(self, rows: Any) -> Fits:
        """Return a copy of some rows."""
        return Fits(*(part[rows].copy() for part in self))

    def put(self, rows: Any, other: Fits) -> None:
        """Overwrite some rows."""
        for mine, theirs in zip(self, other, strict=True):
            mine[rows] = theirs


def evaluate(
    evidence: Evidence, theta: Vector, nodes: int, *, exact: bool = False
) -> tuple[Vector, Vector, Vector]:
    """Return every model's log-likelihood at ``theta``, its slopes and second derivatives.

    The second derivatives are exact in the normal models. Those of the binomial model are, with
    ``exact``, central differences of the exact slopes; else what the quadrature gives.
    """
    tables, size, p = tables_of(evidence), len(theta), evidence.columns
    own = theta[tables.model]
    if evidence.kind == BINOMIAL:
        parts = binomial_studies(tables, own, *gauss_hermite(nodes))
    else:
        parts = normal_studies(tables, own)
    value, slopes, curvature = (by_model(part, tables.model, size) for part in parts)
    if evidence.kind == BINOMIAL and exact:
        curvature = _differences(evidence, theta, nodes)
    if evidence.kind == RESTRICTED:
        extra, first, second = restriction(tables, own, size)
        value = value + extra
        slopes[:, p:] += first
        curvature[:, p:, p:] += second
    return value, slopes, 0.5 * (curvature + np.swapaxes(curvature, 1, 2))


def _differences(evidence: Evidence, theta: Vector, nodes: int) -> Vector:
    """Return second derivatives as central differences of the exact slopes.

    No predictor moves further than `STEP`, whatever the unit of its covariates.
    """
    used = (evidence.used != 0)[:, :, None]
    widest = [np.where(used, np.abs(x), 0.0).max(axis=1) for x in (evidence.x1, evidence.x2)]
    width = np.concatenate([*widest, np.ones((len(theta), 3))], axis=1)
    step = STEP / np.where(width > 0, width, 1.0)
    second = np.empty((*theta.shape, theta.shape[1]))
    for j in range(theta.shape[1]):
        up, down = theta.copy(), theta.copy()
        up[:, j] += step[:, j]
        down[:, j] -= step[:, j]
        gain = evaluate(evidence, up, nodes)[1] - evaluate(evidence, down, nodes)[1]
        second[:, j] = gain / (up[:, j] - down[:, j])[:, None]
    # Without b the outcomes have nothing to do with each other: what is left is rounding.
    apart, count = theta[:, -2] == 0, evidence.x1.shape[2]
    for one in (*range(count), -3):
        for other in (*range(count, evidence.columns), -1):
            second[apart, one, other] = second[apart, other, one] = 0.0
    return second


def _ascent(slopes: Vector, curvature: Vector, free: Flags) -> tuple[Vector, Vector]:
    """Return Newton steps (m, P), uphill in any case, and what each promises (m,)."""
    held = ~free
    part = np.where(held[:, :, None] | held[:, None, :], 0.0, -curvature)
    place = np.arange(part.shape[1])
    part[:, place, place] += held
    size = np.abs(part[:, place, place])
    floor = 1e-14 * size.max(axis=1, keepdims=True) + 1e-300
    scale = 1 / np.sqrt(np.maximum(size, floor))
    usable: Flags = np.asarray(np.isfinite(part).all(axis=(1, 2)) & np.isfinite(slopes).all(axis=1))
    scaled = part * scale[:, :, None] * scale[:, None, :]
    scaled[~usable] = np.eye(len(place))
    roots, axes = np.linalg.eigh(scaled)
    steepness = np.abs(roots)
    steepness = np.maximum(steepness, 1e-10 * steepness.max(axis=1, keepdims=True))
    right = np.where(free & usable[:, None], slopes, 0.0) * scale
    along = (np.swapaxes(axes, 1, 2) @ right[:, :, None])[:, :, 0] / steepness
    move = (axes @ along[:, :, None])[:, :, 0] * scale * free
    longest = np.abs(move).max(axis=1, keepdims=True)
    step = move * np.minimum(1.0, LONGEST / np.maximum(longest, 1e-300))
    promised = (step * np.where(usable[:, None], slopes, 0.0)).sum(axis=1)
    return step, promised


def _second_exact(kind: int, nodes: int) -> bool:
    """Return whether the climb works with exact second derivatives all the way."""
    return kind != BINOMIAL or nodes < 5


def _begun(evidence: Evidence, start: Vector, free: Flags, nodes: int) -> Fits:
    exact = _second_exact(evidence.kind, nodes)
    value, slopes, curvature = evaluate(evidence, start, nodes, exact=exact)
    m = len(start)
    count, reached = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.bool_)
    return Fits(start.copy(), value, slopes, curvature, count, reached, free)


def _stepped(
    evidence: Evidence, fits: Fits, at: Index, step: Vector, promised: Vector, nodes: int
) -> Index:
    """Move the models ``at`` along their steps, halved until they rise; return who moved."""
    exact = _second_exact(evidence.kind, nodes)
    length, waiting = np.ones(len(at)), np.arange(len(at))
    for _ in range(HALVINGS):
        rows = at[waiting]
        trial = fits.theta[rows] + length[waiting, None] * step[waiting]
        found = evaluate(evidence.at(rows), trial, nodes, exact=exact)
        old = fits.value[rows]
        needed = old + 1e-4 * length[waiting] * promised[waiting] - 1e-14 * (1 + np.abs(old))
        won = found[0] >= needed
        fits.theta[rows[won]] = trial[won]
        for mine, theirs in zip(fits[1:4], found, strict=True):
            mine[rows[won]] = theirs[won]
        waiting = waiting[~won]
        if not len(waiting):
            break
        length[waiting] *= 0.5
    return np.delete(at, waiting)


def _climb(evidence: Evidence, fits: Fits, nodes: int) -> None:
    """Climb until no model moves; ``fits`` is moved along."""
    going = np.arange(len(fits.theta))
    for _ in range(ITERATIONS):
        step, promised = _ascent(fits.slopes[going], fits.curvature[going], fits.free[going])
        far = np.abs(fits.theta[going]).max(axis=1) > BEYOND
        on = (promised > GAIN_LAST * (1 + np.abs(fits.value[going]))) & ~far
        going = going[on]
        if not len(going):
            return
        going = _stepped(evidence, fits, going, step[on], promised[on], nodes)
        fits.iterations[going] += 1


def _sharpen(evidence: Evidence, fits: Fits, nodes: int) -> None:
    """Take last steps with exact second derivatives.

    A step is kept if the steepest slope becomes smaller and the value does not fall; the
    second derivatives are then those of a point closer than a standard error needs.
    """
    if not _second_exact(evidence.kind, nodes):
        fits.curvature[:] = evaluate(evidence, fits.theta, nodes, exact=True)[2]
    going = np.arange(len(fits.theta))
    for _ in range(POLISH):
        steepest = np.abs(fits.slopes[going] * fits.free[going]).max(axis=1)
        on = steepest > FLAT * (1 + np.abs(fits.value[going]))
        going, steepest = going[on], steepest[on]
        if not len(going):
            return
        free = fits.free[going]
        step, _ = _ascent(fits.slopes[going], fits.curvature[going], free)
        trial = fits.theta[going] + step
        value, slopes, _ = evaluate(evidence.at(going), trial, nodes)
        old = fits.value[going]
        better = np.abs(slopes * free).max(axis=1) < steepest
        better &= value >= old - 1e-12 * (1 + np.abs(old))
        going = going[better]
        fits.theta[going], fits.value[going] = trial[better], value[better]
        fits.slopes[going] = slopes[better]


def search(
    evidence: Evidence, start: Vector, free: Flags, nodes: int, *, finish: bool = True
) -> Fits:
    """Search for the optimum of every model from ``start``, shape (m, P).

    With ``finish`` it ends with exact second derivatives, as standard errors need them.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        fits = _begun(evidence, start, free, nodes)
        _climb(evidence, fits, nodes)
        if finish:
            _sharpen(evidence, fits, nodes)
        _, left = _ascent(fits.slopes, fits.curvature, free)
        far = np.abs(fits.theta).max(axis=1) > BEYOND
        fits.reached[:] = (left <= GAIN_OPTIMUM * (1 + np.abs(fits.value))) & ~far
    fits.reached[:] &= np.isfinite(fits.value)
    fits.slopes[:] *= free
    return fits


def information_at(evidence: Evidence, theta: Vector) -> Vector:
    """Return X'WX of every normal model at ``theta``, (m, p, p)."""
    tables = tables_of(evidence)
    return information(tables, theta[tables.model], len(theta))
