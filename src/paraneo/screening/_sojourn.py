"""The law of the time for which a test can see a cancer before it shows by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from paraneo.numerics.arrays import Vector

#: Means of an exponential law between which few nodes integrate it to a part in 1e10.
EXPONENTIAL_KNOTS = np.array([6.0, 13.0, 30.0])
#: Values of a given law at which its course may turn, or which it may leap over.
LEVELS = np.array([0.999, 0.9, 0.5, 0.1, 1e-3, 1e-6, 1e-12, 0.0])
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class SojournLaw:
    """A survival function with the years after a visit at which integrals are cut.

    ``smooth`` says that the law has no corners, so that one visit's cuts are of no use
    after the next visit.
    """

    survival: Callable[[Vector], Vector]
    knots: Vector
    smooth: bool

    def __call__(self, years: Vector) -> Vector:
        return self.survival(years)

    def cuts(self, visits: Vector, end: float) -> Vector:
        """Return the times up to ``end`` at which integrals over a cancer's time are cut."""
        at = visits[:, None] + self.knots
        until = np.append(visits[1:], end) if self.smooth else np.full(len(visits), end)
        return at[at < until[:, None]]


def exponential(mean: float) -> SojournLaw:
    """Return the exponential law of a mean in years."""
    return SojournLaw(lambda x: np.exp(-x / mean), mean * EXPONENTIAL_KNOTS, smooth=True)


def as_given(law: Callable[[Vector], Vector], end: float) -> SojournLaw:
    """Return a given law, its knots where it first falls to each of some levels."""

    def survival(years: Vector) -> Vector:
        return np.asarray(law(years), dtype=np.float64)

    low, high = np.zeros(len(LEVELS)), np.full(len(LEVELS), end)
    reached = survival(high) <= LEVELS
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = survival(middle) <= LEVELS
        low, high = np.where(below, low, middle), np.where(below, middle, high)
    # a leap is approached from both sides
    return SojournLaw(survival, np.unique(np.concatenate([low, high])[np.tile(reached, 2)]), False)
