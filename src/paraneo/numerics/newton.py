"""Newton's method for a log-likelihood with analytic gradient and Hessian."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from .arrays import Vector

#: The search ends when a full step would gain less than this share of a log unit.
GAIN = 1e-10
#: Steps at most; a well-posed model takes five to ten.
STEPS = 80
#: Halvings of one step at most, after which it is given up.
HALVINGS = 40
#: A search that has gained less than this many log units over so many steps is given up.
STALLED, STALL = 1e-9, 8
#: Steps of a search close to a maximum, at most.
NEAR = 20


class Value(NamedTuple):
    """A log-likelihood with its derivatives."""

    value: float
    gradient: Vector
    hessian: Vector


class Optimum(NamedTuple):
    """Where a search ended; ``gradient`` is in units of standard errors."""

    point: Vector
    at: Value
    reached: bool
    iterations: int
    gradient: float
    message: str


Objective = Callable[[Vector], Value]


def maximise(objective: Objective, start: Vector, free: NDArray[np.bool_] | None = None) -> Optimum:
    """Climb to the maximum over the free parameters; the others stay as they are.

    Each step solves the Newton equations in the scale of the Hessian's diagonal, with a
    ridge where the Hessian is not negative definite, and is halved until it climbs. All
    but rounding is unchanged when parameters are measured in other units.
    """
    point = np.array(start, dtype=np.float64)
    open_ = np.ones(len(point), dtype=bool) if free is None else free
    now = objective(point)
    if not open_.any() or not np.isfinite(now.value):
        message = "" if np.isfinite(now.value) else "the likelihood is zero at the start"
        return Optimum(point, now, bool(np.isfinite(now.value)), 0, 0.0, message)
    before = [-np.inf] * STALL
    for count in range(1, STEPS + 1):
        if now.value - before[-STALL] < STALLED:
            break
        before.append(now.value)
        step, definite = _step(now, open_)
        gain = 0.5 * float(now.gradient[open_] @ step[open_])
        if not np.isfinite(gain):
            return Optimum(point, now, False, count, np.inf, "derivatives are not finite")
        if definite and gain < GAIN:
            polished = objective(point + step)
            if polished.value >= now.value - GAIN:
                point, now = point + step, polished
            return Optimum(point, now, True, count, _scaled(now, open_), "")
        moved = _climb(objective, point, step, now, gain)
        if moved is None:
            return Optimum(point, now, False, count, _scaled(now, open_), "no step climbs")
        point, now = moved
    return Optimum(point, now, False, count, _scaled(now, open_), "steps ran out")


def near_maximum(
    slope: Callable[[Vector], tuple[float, Vector]],
    start: Vector,
    free: NDArray[np.bool_],
    inverse: Vector,
) -> tuple[Vector, float] | None:
    """Climb from near a maximum by gradients alone (Broyden, Fletcher, Goldfarb, Shanno).

    ``inverse`` is that of minus the Hessian over the free parameters, as known from nearby.
    Returns the point and its value; None where a plain step does not climb, or steps run out.
    """
    point = start.copy()
    value, gradient = slope(point)
    for _ in range(NEAR):
        up = gradient[free]
        step = inverse @ up
        gain = 0.5 * float(up @ step)
        if not 0.0 <= gain < np.inf:
            return None
        if gain < GAIN:
            return point, value
        there = point.copy()
        there[free] += step
        higher, gradient = slope(there)
        bend = up - gradient[free]
        curved = float(step @ bend)
        if not (higher >= value - GAIN and curved > 0.0):
            return None
        turn = np.eye(len(step)) - np.outer(step, bend) / curved
        inverse = turn @ inverse @ turn.T + np.outer(step, step) / curved
        point, value = there, higher
    return None


def _step(now: Value, free: NDArray[np.bool_]) -> tuple[Vector, bool]:
    """Return the Newton step and whether the Hessian was negative definite as it stood."""
    information = -now.hessian[np.ix_(free, free)]
    gradient = now.gradient[free]
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    scaled = information / np.outer(scale, scale)
    step = np.zeros(len(now.gradient))
    if not np.isfinite(scaled).all():
        return np.full(len(now.gradient), np.nan), False
    ridge = 0.0
    while True:
        try:
            factor = linalg.cho_factor(scaled + ridge * np.eye(len(scaled)), lower=True)
        except linalg.LinAlgError:
            ridge = max(4.0 * ridge, 1e-3)
            continue
        break
    step[free] = linalg.cho_solve(factor, gradient / scale) / scale
    return step, ridge == 0.0


def _climb(
    objective: Objective, point: Vector, step: Vector, now: Value, gain: float
) -> tuple[Vector, Value] | None:
    share, rounding = 1.0, 1e-13 * abs(now.value)
    for _ in range(HALVINGS):
        there = point + share * step
        found = objective(there)
        if np.isfinite(found.value) and found.value >= now.value + 1e-4 * share * gain - rounding:
            return there, found
        share /= 2.0
    return None


def scaled_gradient(gradient: Vector, information: Vector) -> float:
    """Return the largest slope, each times the standard error that its own curvature gives.

    No unit of a parameter moves it. ``information`` is the diagonal of minus the Hessian.
    """
    size = np.abs(gradient) / np.sqrt(np.maximum(information, 1e-300))
    return float(np.max(size, initial=0.0))


def _scaled(now: Value, free: NDArray[np.bool_]) -> float:
    return scaled_gradient(now.gradient[free], -np.diag(now.hessian)[free])
