"""Hazards, ratios and cumulative hazards with limits, from a fitted model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.survival._spells import Flags, FollowUp, Integers, years_by_band

from ._cells import Cells
from ._fit import Fit, profile_of_sum

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
    fit : Fit
    interval : str
    level : float
    """

    model: Piecewise | Flexible
    fit: Fit
    interval: str
    level: float

    def baseline(self, time: Vector, x: Vector, stratum: int) -> Curve:
        """Return exp(x b) times the baseline: an excess hazard, or a ratio."""
        fit = self.fit
        log, gradient = self.model.log_hazard(fit.theta, time, x, stratum)
        half = normal_quantile(self.level) * self._error(gradient)
        with np.errstate(over="ignore"):
            low, high = np.exp(log - half), np.exp(log + half)
            touched = (gradient[:, np.isinf(fit.theta)] != 0).any(axis=1)
            low, high = np.where(touched, 0.0, low), np.where(touched, np.nan, high)
            if self.model.constant:
                self._by_profile(gradient, touched, low, high)
            return Curve(np.exp(log), low, high)

    def _by_profile(self, gradient: Vector, touched: Flags, low: Vector, high: Vector) -> None:
        """Put profile limits in the place of others, each band's once."""
        for terms in np.unique(gradient[touched | (self.interval == "profile")], axis=0):
            some = (gradient == terms).all(axis=1)
            if (terms != 0).sum() == 1:  # found with the fit
                slot = int(np.argmax(terms))
                ends = self.fit.lower[slot], self.fit.upper[slot]
            else:
                low_end, high_end = (
                    profile_of_sum(self.model, self.fit, terms, self.level, w) for w in (-1, 1)
                )
                ends = low_end, high_end
            low[some] = 0.0 if touched[some].any() else np.exp(ends[0])
            high[some] = np.exp(ends[1])

    def cumulative(
        self, time: Vector, x: Vector, stratum: int, rate: Vector | None = None
    ) -> Curve:
        """Return the integral of the baseline times exp(x b) with limits.

        They are made on the log scale of the sum; where bands have limits of their own, by
        profile likelihood, from how far each lies from its estimate and how the bands go
        together (Zou and Donner 2008, doi:10.1002/sim.3095).
        """
        value, gradient = self.model.cumulative(self.fit.theta, time, x, stratum, rate)
        bands = np.arange(len(self.fit.theta)) < self.model.bands
        held = np.isinf(self.fit.theta)
        limits = []
        for sides, sign in ((self.fit.lower, -1.0), (self.fit.upper, 1.0)):
            if self.model.constant and (bands & (held | self.fit.profiled)).any():
                off = self._off(gradient, time, x, stratum, rate, sides, sign)
            else:
                with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                    error = self._error(gradient) / value
                    far = np.exp(sign * normal_quantile(self.level) * error)
                    off = np.abs(np.where(value > 0, value * (far - 1.0), 0.0))
            if (held & ~bands).any():  # what a group without excess may hide
                there = np.where(held & ~bands, sides, self.fit.theta)
                moved, _ = self.model.cumulative(there, time, x, stratum, rate)
                off = np.hypot(off, moved - value)
            limits.append(off)
        return Curve(value, value - limits[0], value + limits[1])

    def _off(
        self,
        gradient: Vector,
        time: Vector,
        x: Vector,
        stratum: int,
        rate: Vector | None,
        sides: Vector,
        sign: float,
    ) -> Vector:
        """Return how far a limit of the sum over bands lies from it."""
        model = cast("Piecewise", self.model)  # only bands have limits of their own
        spread, together, slots = self._together(model, x, stratum)
        held = np.isinf(self.fit.theta[slots])
        own = held | (self.fit.profiled[slots] & (not x.any()))
        there = self.fit.theta.copy()
        there[slots[own]] = sides[slots[own]]
        _, moved = model.cumulative(there, time, x, stratum, rate)
        pieces = gradient[:, slots]
        with np.errstate(invalid="ignore"):
            off = np.where(own, moved[:, slots] - pieces, pieces * np.expm1(sign * spread))
        square = np.einsum("ti,ij,tj->t", off, together, off)
        return np.asarray(np.sqrt(np.maximum(square, 0.0)))

    def _together(
        self, model: Piecewise, x: Vector, stratum: int
    ) -> tuple[Vector, Vector, Integers]:
        """Return the half widths of the bands' log hazards, their correlations, and their slots."""
        terms, slots = model.band_terms(x, stratum)
        covariance = terms @ np.nan_to_num(self.fit.covariance) @ terms.T
        error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        scale = np.where(error > 0, error, 1.0)
        together = covariance / np.outer(scale, scale)
        np.fill_diagonal(together, 1.0)
        return normal_quantile(self.level) * error, together, slots

    def _error(self, gradient: Vector) -> Vector:
        used = np.flatnonzero((gradient != 0).any(axis=0))
        slope = gradient[:, used]
        known = np.nan_to_num(self.fit.covariance[np.ix_(used, used)])
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
