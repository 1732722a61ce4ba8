"""Limits of a ratio and of a sum from the limits of its two parts: arrays only.

Donner & Zou 2012, doi:10.1177/0962280210367536 (method of variance estimates recovery).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .arrays import Limits, Vector


class Bounded(NamedTuple):
    """Numbers, each with its limits; all of one shape."""

    value: Vector
    lower: Vector
    upper: Vector

    @property
    def against_one(self) -> Bounded:
        """One less them."""
        return Bounded(1 - self.value, 1 - self.upper, 1 - self.lower)


def mover_ratio(above: Bounded, below: Bounded) -> Bounded:
    """Return above/below, each 0 or more, with limits made of theirs.

    The lower limit R is where above − R·below has the lower limit 0, its distances joined by
    squares; the upper one is the inverse of that of below/above. A denominator of 0 gives an
    infinite ratio with a finite lower limit, 0/0 the limits 0 and infinity. NaN where a
    limit is not known.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.divide(above.value, below.value)
        lower, upper = _lowest(above, below), np.divide(1.0, _lowest(below, above))
    return Bounded(value, lower, upper)


def _lowest(above: Bounded, below: Bounded) -> Vector:
    """Solve (a − R b)² = (a − l)² + R²(u − b)², written so that no digits cancel."""
    product = np.multiply(above.value, below.value)
    own = above.lower * (2 * above.value - above.lower)
    other = below.upper * (2 * below.value - below.upper)
    root = np.sqrt(np.maximum(product**2 - other * own, 0.0))
    return np.asarray(np.where(own == 0, 0.0, np.divide(own, product + root)))


def mover_sum(one: Bounded, other: Bounded, rho: float = 0.0) -> Limits:
    """Return limits of a sum, the distances joined by squares (Newcombe's hybrid).

    ``rho`` is the correlation of the two estimates.
    """
    value = one.value + other.value

    def joined(first: Vector, second: Vector) -> Vector:
        if rho == 0:  # nor is an infinite distance times 0 a number
            return np.hypot(first, second)
        total = first**2 + second**2 + 2 * rho * first * second
        return np.asarray(np.sqrt(np.maximum(total, 0.0)))

    below = joined(one.value - one.lower, other.value - other.lower)
    above = joined(one.upper - one.value, other.upper - other.value)
    return Limits(value - below, value + above)
