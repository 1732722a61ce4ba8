"""A rate table as the background of each row's follow-up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from paraneo.follow_up.engine import background_rate, pieces
from paraneo.numerics.arrays import Vector
from paraneo.numerics.calendar import DAYS_PER_YEAR

from ._spells import Flags, Integers

if TYPE_CHECKING:
    from paraneo.rates import RateTable

#: Decimals of a day kept, so that years times days per year are whole days again.
DECIMALS = 6


@dataclass(frozen=True, slots=True, eq=False)
class RateBackground:
    """The population's hazard along each row's follow-up, exact in the cells of the table.

    Attributes
    ----------
    table : RateTable
    birth, origin, entry : (n,) float
        Birth and origin in days or years, entry in years since the origin.
    group : (n,) int
        Row of the table's groups.
    civil : bool
        Birth and origin are days of the calendar.
    """

    table: RateTable
    birth: Vector
    origin: Vector
    entry: Vector
    group: NDArray[np.intp]
    civil: bool

    def hazard(self, time: Vector) -> Vector:
        """Return the hazard just before a time of each row, which lies after its entry."""
        return self._between(np.minimum(self.entry, time), time)[1]

    def cumulative(self, lower: Vector, upper: Vector, edges: Vector) -> Vector:
        """Return the cumulative hazard within (lower, upper], by band, shape (n, bands)."""
        sums = np.zeros((len(lower), len(edges) - 1))
        for j, (low, high) in enumerate(pairwise(edges)):
            begin, end = np.maximum(lower, low), np.minimum(upper, high)
            some = np.flatnonzero(end > begin)
            if len(some):
                sums[some, j] = self.of(some)._between(begin[some], end[some])[0]
        return sums

    def steps(self, lower: Vector, upper: Vector) -> tuple[Vector, Vector, Vector, Integers]:
        """Return the steps of the hazard within (lower, upper]: start, end, hazard, row."""
        some = np.flatnonzero(upper > lower)
        own = self.of(some)
        start, stop = own._moment(lower[some]), own._moment(upper[some])
        cut = pieces(self.table, own.birth, own.origin, start, stop, own.group, civil=self.civil)
        owner = np.repeat(some, np.diff(cut.first))
        begin = np.concatenate([[0.0], cut.end[:-1]]) if len(cut.end) else cut.end
        begin[cut.first[:-1]] = cut.start
        return begin, cut.end, cut.rate, owner

    def of(self, rows: Flags | NDArray[np.intp]) -> RateBackground:
        """Return the background of some rows."""
        arrays = {name: getattr(self, name)[rows] for name in ("birth", "origin", "entry", "group")}
        return replace(self, **arrays)

    def _between(self, start: Vector, stop: Vector) -> tuple[Vector, Vector]:
        found = background_rate(
            self.table,
            self.birth,
            self._moment(start),
            self._moment(stop),
            self.group,
            civil=self.civil,
        )
        return found.cumulative, found.rate

    def _moment(self, time: Vector) -> Vector:
        if not self.civil:
            return self.origin + time
        return np.round(self.origin + time * DAYS_PER_YEAR, DECIMALS)
