"""Cells of a person-years table as rows of a piecewise model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.survival._spells import Integers

if TYPE_CHECKING:
    from ._piecewise import Piecewise


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of person-time, each within one band of follow-up.

    Attributes
    ----------
    band : (n,) int
    person_years, observed, expected : (n,) float
    covariates : (n, q) float
    stratum : (n,) int
    """

    band: Integers
    person_years: Vector
    observed: Vector
    expected: Vector
    covariates: Vector
    stratum: Integers

    @property
    def length(self) -> int:
        """The number of cells."""
        return len(self.band)

    def model(
        self, edges: Vector, blocks: tuple[tuple[int, ...], ...], *, relative: bool, strata: int
    ) -> Piecewise:
        """Return the model in which the background is the mean of each cell's."""
        from ._piecewise import assemble

        time = self.expected if relative else self.person_years
        exposure = np.zeros((self.length, len(edges) - 1))
        exposure[np.arange(self.length), self.band] = time
        rate = self.expected / self.person_years
        seen = self.observed > 0
        constant = np.log(rate[seen]) @ self.observed[seen] if relative else 0.0
        nothing = np.zeros(self.length)
        return assemble(
            edges,
            blocks,
            exposure=exposure,
            count=self.observed,
            band=self.band,
            hazard=nothing if relative else np.where(seen, rate, 0.0),
            covariates=self.covariates,
            stratum=self.stratum,
            strata=strata,
            inside=np.zeros(self.length, dtype=bool),
            within=np.empty((0, len(edges) - 1)),
            gap=np.empty(0),
            total=nothing if relative else self.expected,
            offset=float(constant),
        )
