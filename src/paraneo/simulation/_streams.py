"""Random numbers for several cohorts at once, each from its own generator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector


class Draws:
    """Draws a number for each person, cohort after cohort.

    Every generator gives the same numbers as if its cohort were the only one.

    Parameters
    ----------
    generators : sequence of Generator
        One a cohort.
    n : int
        People in each.
    """

    def __init__(self, generators: Sequence[Generator], n: int) -> None:
        self._generators = generators
        self._ends = n * np.arange(len(generators) + 1)

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Draw from now on for those kept alone."""
        self._ends = np.concatenate(([0], np.cumsum(kept)))[self._ends]

    def uniform(self) -> Vector:
        """Return a number in [0, 1) a person."""
        drawn = np.empty(self._ends[-1])
        for k, rng in enumerate(self._generators):
            rng.random(out=drawn[self._ends[k] : self._ends[k + 1]])
        return drawn

    def exponential(self) -> Vector:
        """Return a unit-exponential number a person."""
        drawn = np.empty(self._ends[-1])
        for k, rng in enumerate(self._generators):
            rng.standard_exponential(out=drawn[self._ends[k] : self._ends[k + 1]])
        return drawn
