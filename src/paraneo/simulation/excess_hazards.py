"""Hazards of the cancer that comes with an index disease, for simulated cohorts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from scipy.interpolate import CubicSpline

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, POSITIVE, PROBABILITY, Rule, numbers
from paraneo.gate.kinds import Times
from paraneo.gate.verbs import Checked, made_by_hand
from paraneo.numerics.arrays import Vector

#: Points on which a spline is checked to rise, and steps in which it is turned round.
_CHECKED, _HALVINGS = 400, 200


class TrueExcess(Protocol):
    """A hazard that is added to the population's, along years since diagnosis."""

    def hazard(self, time: Times) -> Vector:
        """Return the hazard per year."""
        ...

    def cumulative(self, time: Times) -> Vector:
        """Return its integral from 0."""
        ...

    def time_at(self, cumulative: Times) -> Vector:
        """Return when the integral reaches a value; infinity where it never does."""
        ...

    def cuts(self) -> Vector:
        """Return the times at which the hazard jumps."""
        ...


def _steps(breaks: ArrayLike, heights: ArrayLike, name: str) -> tuple[Vector, Vector]:
    faults = Faults("the excess of the simulated cohort")
    edges = np.atleast_1d(numbers(breaks, "breaks", (*NONNEGATIVE[:1], NONNEGATIVE[2]), faults))
    values = np.atleast_1d(numbers(heights, name, NONNEGATIVE, faults))
    if len(edges) != len(values) or edges[:1].tolist() != [0.0] or (np.diff(edges) <= 0).any():
        faults.add(
            "breaks",
            f"{len(edges)} for {len(values)} values of '{name}'",
            "Give the lower edge of each band, rising, the first one 0; the last band is open",
        )
    faults.raise_any()
    return edges, values


@made_by_hand
@dataclass(frozen=True)
class PiecewiseExcess(Checked):
    """An excess hazard that is constant in bands of time since diagnosis.

    Parameters
    ----------
    breaks : sequence of float
        Lower edges of the bands in years, rising from 0; the last band is open.
    hazards : sequence of float
        Excess cancers a person-year in each band, 0 or more.

    Examples
    --------
    >>> excess = PiecewiseExcess([0, 1], [0.04, 0.01])
    >>> excess.cumulative([0.5, 2]).tolist(), excess.time_at(0.05).tolist()
    ([0.02, 0.05], 2.0)
    """

    breaks: ArrayLike
    hazards: ArrayLike

    def __post_init__(self) -> None:
        edges, values = _steps(self.breaks, self.hazards, "hazards")
        object.__setattr__(self, "breaks", edges)
        object.__setattr__(self, "hazards", values)

    def hazard(self, time: Times) -> Vector:
        """Return excess cancers a person-year just before each time."""
        band = np.searchsorted(self.cuts(), np.asarray(time, dtype=np.float64)) - 1
        return np.asarray(np.asarray(self.hazards)[np.maximum(band, 0)], dtype=np.float64)

    def cumulative(self, time: Times) -> Vector:
        """Return the integral of the hazard from 0."""
        t = np.asarray(time, dtype=np.float64)
        edges, heights = self.cuts(), np.asarray(self.hazards)
        band = np.maximum(np.searchsorted(edges, t) - 1, 0)
        return np.asarray(self._sums()[band] + heights[band] * (t - edges[band]))

    def time_at(self, cumulative: Times) -> Vector:
        """Return when the integral reaches a value; infinity where it never does."""
        wanted = np.asarray(cumulative, dtype=np.float64)
        band = np.maximum(np.searchsorted(self._sums(), wanted) - 1, 0)
        height = np.asarray(self.hazards)[band]
        with np.errstate(divide="ignore", invalid="ignore"):
            further = (wanted - self._sums()[band]) / height
        return np.asarray(self.cuts()[band] + np.where(height > 0, further, np.inf))

    def cuts(self) -> Vector:
        """Return the lower edges of the bands."""
        return np.asarray(self.breaks, dtype=np.float64)

    def _sums(self) -> Vector:
        heights = np.asarray(self.hazards, dtype=np.float64)[:-1]
        return np.concatenate(([0.0], np.cumsum(np.diff(self.cuts()) * heights)))


@made_by_hand
@dataclass(frozen=True)
class PiecewiseRatio(Checked):
    """A ratio to the population's cancer hazard, constant in bands since diagnosis.

    Parameters
    ----------
    breaks : sequence of float
        Lower edges of the bands in years, rising from 0; the last band is open.
    ratios : sequence of float
        By which the population's rates are multiplied, 0 or more.

    Examples
    --------
    >>> PiecewiseRatio([0, 1, 5], [6.0, 2.0, 1.0]).ratio([0.5, 1.0, 1.5, 9])
    array([6., 6., 2., 1.])
    """

    breaks: ArrayLike
    ratios: ArrayLike

    def __post_init__(self) -> None:
        edges, values = _steps(self.breaks, self.ratios, "ratios")
        object.__setattr__(self, "breaks", edges)
        object.__setattr__(self, "ratios", values)

    def ratio(self, time: Times) -> Vector:
        """Return the ratio just before each time."""
        band = np.searchsorted(np.asarray(self.breaks), np.asarray(time, dtype=np.float64)) - 1
        return np.asarray(np.asarray(self.ratios)[np.maximum(band, 0)], dtype=np.float64)


@made_by_hand
@dataclass(frozen=True)
class SplineExcess(Checked):
    """An excess hazard whose log cumulative hazard is a natural cubic spline in log time.

    Parameters
    ----------
    times : sequence of float
        Knots in years, rising, above 0.
    cumulative_hazards : sequence of float
        The cumulative excess hazard at the knots, rising, above 0. Outside the knots the
        spline goes on in a straight line.

    Raises
    ------
    ArgumentError
        Also where the spline through these points falls somewhere, so that the hazard
        would be negative.

    Examples
    --------
    Two knots make a Weibull distribution:

    >>> excess = SplineExcess([1, 4], [0.02, 0.04])
    >>> float(excess.cumulative(16).round(6)), float(excess.hazard(1).round(6))
    (0.08, 0.01)
    """

    times: ArrayLike
    cumulative_hazards: ArrayLike

    def __post_init__(self) -> None:
        faults = Faults("the excess of the simulated cohort")
        x = np.atleast_1d(numbers(self.times, "times", POSITIVE, faults))
        y = np.atleast_1d(numbers(self.cumulative_hazards, "cumulative_hazards", POSITIVE, faults))
        if len(x) != len(y) or len(x) < 2:
            faults.add("times", f"{len(x)} for {len(y)} hazards", "Give two or more, one for each")
        faults.raise_any()
        if (np.diff(x) <= 0).any() or (np.diff(y) <= 0).any():
            faults.add("times", "the points do not rise", "Order times and hazards")
        faults.raise_any()
        object.__setattr__(self, "times", x)
        object.__setattr__(self, "cumulative_hazards", y)
        grid = np.linspace(float(np.log(x[0])), float(np.log(x[-1])), _CHECKED)
        if (self._spline()(grid, 1) <= 0).any():
            faults.add(
                "cumulative_hazards", "the spline through them falls somewhere", "Move the knots"
            )
        faults.raise_any()

    def hazard(self, time: Times) -> Vector:
        """Return excess cancers a person-year."""
        t = np.maximum(np.asarray(time, dtype=np.float64), np.finfo(float).tiny)
        value, slope = self._log_curve(np.log(t))
        return np.asarray(np.exp(value) * slope / t)

    def cumulative(self, time: Times) -> Vector:
        """Return the integral of the hazard from 0."""
        t = np.asarray(time, dtype=np.float64)
        with np.errstate(divide="ignore"):
            x = np.log(t)
        value, _ = self._log_curve(np.where(t > 0, x, 0.0))
        return np.where(t > 0, np.exp(value), 0.0)

    def time_at(self, cumulative: Times) -> Vector:
        """Return when the integral reaches a value."""
        wanted = np.log(np.asarray(cumulative, dtype=np.float64))
        low, high = np.full_like(wanted, -100.0), np.full_like(wanted, 100.0)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            below = self._log_curve(middle)[0] < wanted
            low, high = np.where(below, middle, low), np.where(below, high, middle)
            if (high - low).max(initial=0.0) < 1e-13:
                break
        return np.asarray(np.exp((low + high) / 2))

    def cuts(self) -> Vector:
        """Return 0 alone: the hazard does not jump."""
        return np.zeros(1)

    def _spline(self) -> CubicSpline:
        x, y = np.log(np.asarray(self.times)), np.log(np.asarray(self.cumulative_hazards))
        return CubicSpline(x, y, bc_type="natural")

    def _log_curve(self, x: Vector) -> tuple[Vector, Vector]:
        spline = self._spline()
        ends = np.log(np.asarray(self.times)[[0, -1]])
        inside = np.clip(x, *ends)
        slope = spline(inside, 1)
        return np.asarray(spline(inside) + slope * (x - inside)), np.asarray(slope)


@made_by_hand
@dataclass(frozen=True)
class HiddenCancer(Checked):
    r"""A share already has a hidden cancer at diagnosis, which shows after a while.

    With a distribution G of the time to detection the excess hazard is
    :math:`\pi g(t) / (1 - \pi G(t))`.

    Parameters
    ----------
    share : float
        With a hidden cancer, in [0, 1).
    median : float
        Years until half of the hidden cancers have shown.
    shape : float
        Of the Weibull distribution, or the standard deviation of log time of the log-normal.
    distribution : {"weibull", "log-normal"}

    Examples
    --------
    >>> excess = HiddenCancer(0.2, median=0.5)
    >>> float((1 - np.exp(-excess.cumulative(0.5))).round(6)), float(excess.time_at(1.0))
    (0.1, inf)
    """

    share: float
    median: float
    shape: float = 1.0
    distribution: Literal["weibull", "log-normal"] = "weibull"

    def __post_init__(self) -> None:
        faults = Faults("the excess of the simulated cohort")
        below_one = Rule(lambda x: x == 1, "everybody has a cancer", "Give a share below 1")
        numbers(self.share, "share", (*PROBABILITY, below_one), faults)
        numbers(self.median, "median", POSITIVE, faults)
        numbers(self.shape, "shape", POSITIVE, faults)
        if self.distribution not in ("weibull", "log-normal"):
            faults.add(
                "distribution",
                f"there is no distribution {self.distribution!r}",
                "Choose weibull or log-normal",
            )
        faults.raise_any()

    def shown(self, time: Times) -> Vector:
        """Return G: the share of hidden cancers that have shown by each time."""
        t = np.asarray(time, dtype=np.float64)
        if self.distribution == "weibull":
            return np.asarray(-np.expm1(-np.log(2) * (t / self.median) ** self.shape))
        with np.errstate(divide="ignore"):
            return np.asarray(special.ndtr(np.log(t / self.median) / self.shape))

    def residual(self, time: Times) -> Vector:
        """Return the probability of a hidden cancer in those still free of cancer."""
        left = self.share * (1 - self.shown(time))
        return np.asarray(left / (left + 1 - self.share))

    def hazard(self, time: Times) -> Vector:
        """Return excess cancers a person-year."""
        t = np.maximum(np.asarray(time, dtype=np.float64), np.finfo(float).tiny)
        x = t / self.median
        if self.distribution == "weibull":
            k = self.shape
            density = np.log(2) * k / self.median * x ** (k - 1) * np.exp(-np.log(2) * x**k)
        else:
            z = np.log(x) / self.shape
            density = np.exp(-(z**2) / 2) / (np.sqrt(2 * np.pi) * self.shape * t)
        return np.asarray(self.share * density / (1 - self.share * self.shown(t)))

    def cumulative(self, time: Times) -> Vector:
        """Return the integral of the hazard from 0."""
        return np.asarray(-np.log1p(-self.share * self.shown(time)))

    def time_at(self, cumulative: Times) -> Vector:
        """Return when the integral reaches a value; infinity where it never does."""
        if self.share == 0:
            return np.full(np.shape(cumulative), np.inf)
        part = -np.expm1(-np.asarray(cumulative, dtype=np.float64)) / self.share
        inside = np.minimum(part, 1.0)
        with np.errstate(divide="ignore"):
            if self.distribution == "weibull":
                time = self.median * (-np.log1p(-inside) / np.log(2)) ** (1 / self.shape)
            else:
                time = self.median * np.exp(self.shape * special.ndtri(inside))
        return np.asarray(np.where(part < 1, time, np.inf))

    def cuts(self) -> Vector:
        """Return 0 alone: the hazard does not jump."""
        return np.zeros(1)
