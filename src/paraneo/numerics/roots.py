"""Roots of monotone equations between two ends: one, many at once, and many with slopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.optimize import elementwise

from .arrays import Vector

Whole = NDArray[np.int64]

#: Steps of a search at most.
STEPS = 500
#: The least relative width that doubles can tell apart.
FINEST = 4.0 * np.finfo(np.float64).eps


def root(f: Callable[[float], float], low: float, high: float, *, close: float = 0.0) -> float:
    """Return where ``f``, of unlike signs at ``low`` and ``high``, is zero.

    The search ends where ``f`` is no larger than ``close``, or at the last digits.
    """

    def known(x: float) -> float:
        value = f(x)
        return 0.0 if abs(value) <= close else value

    width = max(1e-14 * abs(high - low), np.finfo(np.float64).tiny)
    found = optimize.brentq(known, low, high, xtol=width, rtol=FINEST, maxiter=STEPS)
    return float(found)


def roots(equation: Callable[..., Vector], low: Vector, high: Vector, *given: Vector) -> Vector:
    """Return where ``equation(x, *given)`` is zero, to the last digits; NaN where it is not.

    ``equation`` has unlike signs at ``low`` and ``high``, element by element.
    """
    if np.size(low) == 0:
        return np.asarray(low, dtype=np.float64)
    search: Any = elementwise.find_root
    tolerance = {"xatol": 0.0, "xrtol": FINEST / 2.0, "fatol": 0.0, "frtol": 0.0}
    found = search(equation, (low, high), args=given, tolerances=tolerance)
    return np.asarray(np.where(found.success, found.x, np.nan), dtype=np.float64)


def close_roots(
    equation: Callable[..., Vector], low: Vector, high: Vector, *given: Vector
) -> Vector:
    """Return `roots` between ends that are so close that rounding may hide the change of sign.

    There it is the middle of the two.
    """
    found = roots(equation, low, high, *given)
    return np.where(np.isfinite(found), found, low + (high - low) / 2.0)


def falling_roots(
    f: Callable[[Vector], tuple[Vector, Vector]], low: Vector, high: Vector, start: Vector
) -> tuple[Vector, Vector, Whole]:
    """Return roots of f, positive at ``low`` and negative at ``high``, element by element.

    ``f`` returns its value and slope. Newton's steps are taken where they stay between
    the last points on either side, else that stretch is halved. Also returned are the
    value of f at the root and the number of steps, counted until an element stood still.
    """
    at = start
    steps: Whole = np.zeros(start.shape, dtype=np.int64)
    value = np.zeros(start.shape)
    for _ in range(STEPS):
        value, slope = f(at)
        low, high = np.where(value > 0, at, low), np.where(value <= 0, at, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = at - value / slope
        inside = (newton > low) & (newton < high)
        following = np.where(value == 0, at, np.where(inside, newton, 0.5 * (low + high)))
        moving = np.abs(following - at) > FINEST * np.abs(at)
        if not moving.any():
            break
        steps = steps + moving
        at = np.where(moving, following, at)
    return at, value, steps
