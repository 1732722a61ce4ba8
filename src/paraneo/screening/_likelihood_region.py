"""The parameters that the data do not refute, and how far a quantity reaches among them.

The profile limits of a quantity are its least and its greatest value over all parameters at
which twice the log-likelihood lies no further below its maximum than the squared normal
deviate. Arrays only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from paraneo.numerics.arrays import Vector
from paraneo.numerics.profile import profile_limit

from ._sources import Source
from ._uncertainty import Uncertainty

Flags = NDArray[np.bool_]
#: Log-likelihood and its gradient at a model's parameters.
Slope = Callable[[Vector], tuple[float, Vector]]
#: Quantities at points, (n, k) to (n, m).
Heights = Callable[[Vector], Vector]
#: Step of differences, in standard errors.
STEP = 1e-4
#: A direction in which parameters vary less than this part of the widest is none.
FLAT = 1e-12
#: Stands for a likelihood of zero.
IMPOSSIBLE = 1e4
#: Gain, in standard errors, at which a search ends, and its steps at most.
GAIN, STEPS = 1e-5, 40
#: How near to the border is on it, as a part of the way there.
NEAR = 2.5e-4
#: So many times as far as a point the border is looked for.
FURTHEST = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Parameters in standard errors from their estimate, and what likelihood allows.

    A point z, shape (k,), stands for the parameters ``centre + root z``; were the likelihood
    normal, twice its log would have fallen there by the square of z's length. ``model`` says
    which coordinates are of the model with the ``likelihood``; the others, and all where
    there is none, are normal. ``free`` are the model's parameters that are not on a bound.

    Each of the last coordinates u, as many as there are parameters ``held`` at minus or plus
    infinity, stands for ``limit`` plus or minus ``log(u^2 / allowed)``, so that it is 0 at the
    bound, and the likelihood has fallen by about u^2 there too.
    """

    centre: Vector
    root: Vector
    model: Flags
    free: Flags
    held: NDArray[np.intp]
    limit: Vector
    likelihood: Slope | None
    top: float
    allowed: float

    @property
    def size(self) -> int:
        """How many coordinates a point has."""
        return len(self.model)

    @property
    def middle(self) -> Vector:
        """A point well inside, on no bound."""
        point = np.zeros(self.size)
        if len(self.held):
            point[-len(self.held) :] = 0.5 * np.sqrt(self.allowed / len(self.held))
        return point

    def parameters(self, points: Vector) -> Vector:
        """Return the parameters of points (n, k)."""
        found = np.asarray(self.centre + points[:, : self.root.shape[1]] @ self.root.T)
        if len(self.held):
            with np.errstate(divide="ignore"):
                part = np.log(np.square(points[:, self.root.shape[1] :]) / self.allowed)
            found[:, self.held] = self.limit - np.sign(self.centre[self.held]) * part
        return found

    def fall(self, point: Vector) -> tuple[float, Vector]:
        """Return how far twice the log-likelihood has fallen, and the slope of that."""
        if self.likelihood is None:
            return float(point @ point), 2.0 * point
        p = len(self.free)
        value, slope = self.likelihood(self.parameters(point[None])[0, :p])
        if not np.isfinite(value):
            return IMPOSSIBLE, 2.0 * point
        normal = np.where(self.model, 0.0, point)
        down = -2.0 * np.where(self.free, slope, 0.0) @ self.root[:p]
        if len(self.held):
            by = point[self.root.shape[1] :]
            with np.errstate(divide="ignore", invalid="ignore"):
                steep = 4.0 * np.sign(self.centre[self.held]) * slope[self.held]
                own = np.where(by == 0, 0.0, steep / by)
            down = np.concatenate([down, own])
        return float(2.0 * (self.top - value) + normal @ normal), down + 2.0 * normal

    def border(self, point: Vector) -> Vector:
        """Return the point at which the ray through another one leaves the region."""
        inside = 0.0

        def fall(part: float) -> float:
            nonlocal inside
            found = self.fall(part * point)[0] if part else 0.0
            if found <= self.allowed * (1.0 + GAIN):
                inside = max(inside, part)
            return found / 2.0

        deviate = float(np.sqrt(self.allowed)) * (1.0 - NEAR)
        profile_limit(fall, 0.0, 1.0, deviate, end=FURTHEST, close=NEAR * deviate)
        return point * inside


def region_of(rows: Uncertainty, source: Source, deviate: float) -> Region:
    """Return the region at a normal deviate around the estimates of a model and an accuracy."""
    p = rows.theta.shape[1]
    parts = [_root(rows.spread[:p, :p]), _root(rows.spread[p:, p:])]
    wide = [part.shape[1] for part in parts]
    root = np.zeros((len(rows.centre), sum(wide)))
    root[:p, : wide[0]], root[p:, wide[0] :] = parts
    limit = np.full(p, np.nan) if source.limit is None else source.limit
    held = np.flatnonzero(np.isinf(rows.centre[:p]) & np.isfinite(limit))
    known = source.likelihood if wide[0] or len(held) else None
    held = held if known is not None else held[:0]
    return Region(
        centre=rows.centre,
        root=root,
        model=np.repeat([known is not None, False, True], [*wide, len(held)]),
        free=np.diag(rows.spread)[:p] > 0,
        held=held,
        limit=limit[held],
        likelihood=known,
        top=0.0 if known is None else known(rows.centre[:p])[0],
        allowed=deviate**2,
    )


def _root(covariance: Vector) -> Vector:
    """Return a matrix whose square is the covariance, a column an independent direction."""
    error = np.sqrt(np.diag(covariance))
    free = np.flatnonzero(error > 0)
    if not len(free):
        return np.zeros((len(error), 0))
    scaled = covariance[np.ix_(free, free)] / np.outer(error[free], error[free])
    value, vector = np.linalg.eigh(scaled)
    kept = value > FLAT * value[-1]
    # the sign of a direction is left open by the decomposition and differs between machines
    vector = vector * np.sign(vector[np.abs(vector).argmax(axis=0), np.arange(len(value))])
    found = np.zeros((len(error), int(kept.sum())))
    found[free] = error[free, None] * vector[:, kept] * np.sqrt(value[kept])
    return found


def slopes(region: Region, heights: Heights, point: Vector) -> tuple[Vector, Vector]:
    """Return quantities at a point, (m,), and their slopes, (k, m), by differences."""
    steps = STEP * np.eye(region.size)
    found = heights(point + np.concatenate([np.zeros((1, region.size)), steps, -steps]))
    k = region.size + 1
    return found[0], (found[1:k] - found[k:]) / (2.0 * STEP)


def towards(region: Region, slope: Vector, point: Vector) -> Vector:
    """Return the point that were furthest along a slope if the likelihood were normal."""
    length = float(np.linalg.norm(slope))
    if not 0.0 < length < np.inf:
        return point
    fall, down = region.fall(point)
    middle = point - down / 2.0
    radius = np.sqrt(max(float(down @ down) / 4.0 + region.allowed - fall, 0.0))
    return region.border(middle + radius * slope / length)


def furthest(region: Region, height: Heights, start: Vector) -> Vector:
    """Return the point of the region at which a quantity, shape (n, 1), is greatest.

    ``start`` lies within the region; where nothing higher is found it is the answer.
    """
    value, slope = slopes(region, height, start)
    length = float(np.linalg.norm(slope))
    if not 0.0 < length < np.inf:
        return start

    def climb(point: Vector) -> tuple[float, Vector]:
        found, slope = slopes(region, height, point)
        return -float(found[0]) / length, -slope[:, 0] / length

    up, down = _remembered(climb), _remembered(region.fall)
    inside: optimize.LinearConstraint | optimize.NonlinearConstraint
    inside = optimize.NonlinearConstraint(
        lambda z: np.array([down(z)[0]]), -np.inf, region.allowed, jac=lambda z: down(z)[1]
    )

    def value_at(point: Vector) -> float:
        return up(point)[0]

    def slope_at(point: Vector) -> Vector:
        return up(point)[1]

    done = optimize.minimize(
        value_at,
        towards(region, slope[:, 0], start) if (start == region.middle).all() else start,
        jac=slope_at,
        method="SLSQP",
        constraints=[inside],
        tol=GAIN,
        options={"maxiter": STEPS},
    )
    if not np.isfinite(done.x).all():
        return start
    found = np.asarray(done.x)
    if region.fall(found)[0] > region.allowed:
        found = region.border(found)
    return found if height(found[None])[0, 0] > value[0] else start


def _remembered(ask: Callable[[Vector], tuple[float, Vector]]) -> Slope:
    """Return the function with its last answer kept: the search asks value and slope apart."""
    last: dict[bytes, tuple[float, Vector]] = {}

    def answer(point: Vector) -> tuple[float, Vector]:
        key = point.tobytes()
        if key not in last:
            found = ask(point)
            last.clear()
            last[key] = found
        return last[key]

    return answer
