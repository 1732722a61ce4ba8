"""Follow-up as arrays: what every excess-hazard model is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

#: Log hazard that stands for minus infinity, so that exp() gives exactly 0.
VANISHED = -1e3

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Background(Protocol):
    """The population's hazard along each row's follow-up; times are years since the origin."""

    def hazard(self, time: Vector) -> Vector:
        """Return the hazard just before a time of each row."""

    def cumulative(self, lower: Vector, upper: Vector, edges: Vector) -> Vector:
        """Return the cumulative hazard within (lower, upper], by band, shape (n, bands)."""

    def steps(self, lower: Vector, upper: Vector) -> tuple[Vector, Vector, Vector, Integers]:
        """Return the steps of the hazard within (lower, upper]: start, end, hazard, row."""

    def of(self, rows: Flags) -> Background:
        """Return the background of some rows."""


@dataclass(frozen=True, slots=True)
class NoBackground:
    """A background hazard of zero."""

    length: int

    def hazard(self, time: Vector) -> Vector:
        """Return zeros."""
        return np.zeros(len(time))

    def cumulative(self, lower: Vector, upper: Vector, edges: Vector) -> Vector:  # noqa: ARG002
        """Return zeros."""
        return np.zeros((len(lower), len(edges) - 1))

    def steps(self, lower: Vector, upper: Vector) -> tuple[Vector, Vector, Vector, Integers]:
        """Return one step of zero for each row."""
        return lower, upper, np.zeros(len(lower)), np.arange(len(lower))

    def of(self, rows: Flags) -> NoBackground:
        """Return the background of some rows."""
        return NoBackground(int(rows.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class FollowUp:
    """Follow-up in years since the origin, a row a person or a part of one's time.

    Attributes
    ----------
    entry, exit : (n,) float
        At risk in (entry, exit]; ``exit`` is the start of the interval where there is one.
    upper : (n,) float
        End of the interval that holds the event; NaN where there is none.
    event : (n,) bool
        An event seen exactly at ``exit``.
    covariates : (n, q) float
    stratum : (n,) int
    background : Background
    """

    entry: Vector
    exit: Vector
    upper: Vector
    event: Flags
    covariates: Vector
    stratum: Integers
    background: Background

    @property
    def interval(self) -> Flags:
        """Where the event is known by an interval."""
        return ~np.isnan(self.upper)

    @property
    def length(self) -> int:
        """The number of rows."""
        return len(self.exit)

    @property
    def years(self) -> float:
        """Person-years until the event, the censoring or the start of the interval."""
        return float((self.exit - self.entry).sum())


def years_by_band(lower: Vector, upper: Vector, edges: Vector) -> Vector:
    """Return the time within (lower, upper] in each band, shape (n, bands)."""
    years = np.empty((len(lower), len(edges) - 1))
    for j in range(len(edges) - 1):  # band by band: wide temporary arrays would take longer
        within = np.minimum(upper, edges[j + 1]) - np.maximum(lower, edges[j])
        np.maximum(within, 0.0, out=years[:, j])
    return years


def band_of(time: Vector, edges: Vector) -> Integers:
    """Return the band of each time, which belongs to the band that ends there."""
    return np.clip(np.searchsorted(edges, time, side="left") - 1, 0, len(edges) - 2)


def vanishing_effect(slot: int, x: Vector, expected: Vector, limit: float) -> dict[int, float]:
    """Return the parameter of a one-sided covariate whose rows have no excess left.

    Parameters
    ----------
    slot : int
    x, expected : (n,) float
        The covariate, and the modelled excess events of each row.
    limit : float
        Fewer excess events than this are none.

    Returns
    -------
    dict
        The slot and what stands for minus infinity; NaN where it is the rows at 0 that
        have no excess, so that there is nothing to compare with; else empty.
    """
    some = x != 0
    reference, other = float(expected @ ~some), float(expected @ some)
    if other >= limit and (reference >= limit or some.all()):
        return {}
    if not some.any() or np.ptp(np.sign(x[some])) > 0:
        return {}
    if reference < limit <= other and not some.all():
        return {slot: np.nan}
    if other >= limit or reference < limit:
        return {}
    sign = np.sign(x[some][0])
    return {slot: float(sign * VANISHED / np.abs(x[some]).min())}


def product(terms: Vector, theta: Vector) -> Vector:
    """Return terms @ theta, where an infinite or missing parameter with no term counts 0."""
    fine = np.isfinite(theta)
    value = terms[:, fine] @ theta[fine]
    for k in np.flatnonzero(~fine):
        used = terms[:, k] != 0
        value[used] += np.sign(terms[used, k]) * theta[k]
    return np.asarray(value)
