"""Limits of a window's end, and of the curve that it is read off: arrays only.

A window ends after t where the curve is still beyond the threshold at t or later. So the
upper limit of the end is the last time at which the curve's pointwise upper profile limit is
beyond the threshold, and the lower limit is where the lower one ceases to be.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from ._likelihood_region import Heights, Region, furthest, slopes, towards
from ._window_curves import Followed

Integers = NDArray[np.intp]
#: Where pointwise limits of a curve are sought, as parts of its length; and at up to so many
#: edges of the model's own. In between they are those of the parameters found there.
KNOTS = np.array([0.0, 0.03, 0.1, 0.17, 0.25, 0.37, 0.5, 0.75, 1.0])
OWN_EDGES = 30
#: Moves of an end at most, and the years by which one still counts.
MOVES, STILL = 60, 1e-4


class WindowLimits(NamedTuple):
    """Limits of the end, and of the curve at each time, shape (times,)."""

    lower: float
    upper: float
    curve_lower: Vector
    curve_upper: Vector


def no_limits(times: Vector) -> WindowLimits:
    """Return limits that leave every end open."""
    return WindowLimits(float(times[0]), np.inf, *np.full((2, len(times)), np.nan))


def unknown_limits(times: Vector) -> WindowLimits:
    """Return what stands where some figure came without limits."""
    return WindowLimits(np.nan, np.nan, *np.full((2, len(times)), np.nan))


def drawn_limits(curve: Vector, ends: Vector, level: float) -> WindowLimits:
    """Return limits of the end and of the curve from draws, which follow the estimate."""
    tail = (1 - level) / 2
    some = slice(1, None) if len(ends) > 1 else slice(None)
    low = np.quantile(ends[some], tail, method="lower")
    high = np.quantile(ends[some], 1 - tail, method="higher")
    lower, upper = np.quantile(curve[some], [tail, 1 - tail], axis=0)
    return WindowLimits(float(low), float(high), lower, upper)


def profile_limits(followed: Followed, region: Region, edges: Vector) -> WindowLimits:
    """Return profile limits of the end and of the curve; ``edges`` are the model's own."""
    points = [np.zeros(region.size), *_around(followed, region, _knots(followed.times, edges))]
    for sign in (1.0, -1.0):
        points += _moved(followed, region, np.array(points), sign)
    curve, ends = followed.ends(region.parameters(np.array(points)))
    low, high = np.fmin.reduce(curve, axis=0), np.fmax.reduce(curve, axis=0)
    return WindowLimits(float(ends.min()), float(ends.max()), low, high)


def _knots(times: Vector, edges: Vector) -> Integers:
    """Return the places of the times at which limits of the curve are sought."""
    wanted = times[0] + (times[-1] - times[0]) * KNOTS
    if len(edges) <= OWN_EDGES:
        wanted = np.concatenate([wanted, edges])
    places = np.searchsorted(times, wanted - 1e-9)
    return np.unique(np.clip(places, 0, len(times) - 1))


def _around(followed: Followed, region: Region, knots: Integers) -> list[Vector]:
    """Return points on the border at which the curve is nearly highest and lowest at a time."""

    def heights(points: Vector) -> Vector:
        return followed.scaled(followed.curves(region.parameters(points))[:, knots])

    found, middle = [], region.middle
    first = slopes(region, heights, middle)[1]
    for sign in (1.0, -1.0):
        for k in range(len(knots)):
            near = towards(region, sign * first[:, k], middle)
            slope = slopes(region, heights, near)[1][:, k]
            found += [near, towards(region, sign * slope, near)]
    return found


def _moved(followed: Followed, region: Region, points: Vector, sign: float) -> list[Vector]:
    """Return points at which the end is later (or earlier) and later, up to its limit."""
    ends = followed.ends(region.parameters(points))[1]
    best = int(np.argmax(sign * ends))
    end = float(ends[best])
    found: list[Vector] = []
    # the second time from the estimate, since there may be two hills
    for start in (points[best], region.middle):
        point = start
        for _ in range(MOVES):
            if (np.isinf(end) and sign > 0) or (sign < 0 and end <= followed.times[0]):
                return found
            point = furthest(region, _height(followed, region, end, sign), point)
            now = float(followed.ends(region.parameters(point[None]))[1][0])
            if not sign * (now - end) > STILL:
                break
            end = now
            found.append(point)
    return found


def _height(followed: Followed, region: Region, time: float, sign: float) -> Heights:
    """Return the scaled curve at a time, or just before it in steps, as a function of points."""
    times = followed.times
    steps = followed.steps or len(times) == 1
    early = steps and sign < 0
    k = int(np.searchsorted(times, time, side="left" if early else "right")) - 1
    k = min(max(k, 0), len(times) - (1 if steps else 2))
    weights = np.zeros(len(times))
    weights[k] = sign
    if not steps:
        part = np.clip((time - times[k]) / (times[k + 1] - times[k]), 0.0, 1.0)
        weights[k : k + 2] = sign * (1.0 - part), sign * part
    shown = np.flatnonzero(weights)

    def height(points: Vector) -> Vector:
        curve = followed.curves(region.parameters(points))[:, shown]
        return np.asarray(followed.scaled(curve) @ weights[shown])[:, None]

    return height
