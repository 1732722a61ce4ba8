"""Hazards, ratios and cumulative hazards with limits, from a fitted model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.survival._spells import FollowUp, years_by_band

from ._cells import Cells

if TYPE_CHECKING:
    from ._flexible import Flexible
    from ._piecewise import Piecewise


class Curve(NamedTuple):
    """Estimates over time with their limits."""

    estimate: Vector
    lower: Vector
    upper: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model with its estimates.

    Attributes
    ----------
    model : Piecewise or Flexible
    theta, lower, upper : (p,) float
        Estimates and their limits.
    profiled : (p,) bool
        Bands whose limits are by profile likelihood though they have an excess.
    covariance : (p, p) float
        NaN in rows and columns of parameters on a bound.
    level : float
    """

    model: Piecewise | Flexible
    theta: Vector
    lower: Vector
    upper: Vector
    profiled: NDArray[np.bool_]
    covariance: Vector
    level: float

    def baseline(self, time: Vector, x: Vector, stratum: int) -> Curve:
        """Return exp(x b) times the baseline: an excess hazard, or a ratio."""
        log, gradient = self.model.log_hazard(self.theta, time, x, stratum)
        half = normal_quantile(self.level) * self._error(gradient)
        with np.errstate(over="ignore"):
            low, high = np.exp(log - half), np.exp(log + half)
        held = np.isinf(self.theta)
        touched = (gradient[:, held] != 0).any(axis=1)
        alone = (gradient != 0).sum(axis=1) == 1
        slot = np.argmax(gradient != 0, axis=1)
        low = np.where(touched, 0.0, low)
        high = np.where(touched, np.nan, high)
        profile = alone & (held | self.profiled)[slot]
        low = np.where(profile, np.exp(self.lower[slot]), low)
        high = np.where(profile, np.exp(self.upper[slot]), high)
        return Curve(np.exp(log), low, high)

    def cumulative(
        self, time: Vector, x: Vector, stratum: int, rate: Vector | None = None
    ) -> Curve:
        """Return the integral of the baseline times exp(x b), its limits made on the log scale.

        What bands without any excess may hide, up to their own upper limits, and how far
        those profiled may be off, is put to the limits as a root of squares (Zou and Donner
        2008, doi:10.1002/sim.3095).
        """
        value, gradient = self.model.cumulative(self.theta, time, x, stratum, rate)
        apart = np.isinf(self.theta) | self.profiled
        parts = gradient[:, apart]
        rest = value - parts.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            error = self._error(np.where(apart, 0.0, gradient)) / rest
            factor = np.where(rest > 0, np.exp(normal_quantile(self.level) * error), 1.0)
        if not apart.any():
            return Curve(value, value / factor, value * factor)
        limits = []
        for sides, far in ((self.lower, 1.0 / factor), (self.upper, factor)):
            there = np.where(apart, sides, self.theta)
            _, at_limit = self.model.cumulative(there, time, x, stratum, rate)
            off = ((at_limit[:, apart] - parts) ** 2).sum(axis=1)
            limits.append(np.hypot(rest * (far - 1.0), np.sqrt(off)))
        return Curve(value, value - limits[0], value + limits[1])

    def _error(self, gradient: Vector) -> Vector:
        used = np.flatnonzero((gradient != 0).any(axis=0))
        slope = gradient[:, used]
        known = np.nan_to_num(self.covariance[np.ix_(used, used)])
        variance = np.einsum("ti,ij,tj->t", slope, known, slope)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def mean_background(rows: FollowUp | Cells, edges: Vector) -> Vector:
    """Return the background hazard per person-year, by band, of those under observation."""
    if isinstance(rows, Cells):
        years = np.bincount(rows.band, rows.person_years, minlength=len(edges) - 1)
        sums = np.bincount(rows.band, rows.expected, minlength=len(edges) - 1)
        return _quotient(sums.astype(np.float64), years.astype(np.float64))
    years = years_by_band(rows.entry, rows.exit, edges).sum(axis=0)
    total = rows.background.cumulative(rows.entry, rows.exit, edges).sum(axis=0)
    return _quotient(total, years)


def _quotient(total: Vector, years: Vector) -> Vector:
    """Return the rate, NaN where nobody was under observation."""
    return np.asarray(total / np.where(years > 0, years, np.nan))
