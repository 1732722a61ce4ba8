"""What a simulated cohort is made of, checked, and its distributions as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from paraneo.errors import Faults
from paraneo.gate.arguments import (
    NONNEGATIVE,
    NUMBER,
    POSITIVE,
    PRESENT,
    PROBABILITY,
    check_option,
    numbers,
)
from paraneo.gate.kinds import Times
from paraneo.gate.verbs import Checked, made_by_hand
from paraneo.numerics.arrays import Vector
from paraneo.rates import RateTable

from .excess_hazards import PiecewiseRatio, TrueExcess

SEXES = ("female", "male")
ROUNDINGS = ("none", "day", "month", "year")
#: No two visits are nearer to each other, in years.
_A_DAY = 1 / 366


@made_by_hand
@dataclass(frozen=True)
class SimulatedMarker(Checked):
    """A marker measured at diagnosis, in a simulated cohort.

    Of people whose cancer shows at t years a share ``sensitivity(t)`` is positive where t is
    within the window; of everybody else, a share ``1 - specificity``. Whose cancer shows is
    given by the time at which it would show if nobody died before.

    Parameters
    ----------
    sensitivity : float or sequence of float
        In [0, 1]; one number, or one for each band of ``breaks``.
    specificity : float
        In [0, 1].
    breaks : sequence of float
        Lower edges in years of the bands in which the sensitivity differs, rising from 0.
    window : float
        Years within which a cancer counts.

    Examples
    --------
    >>> marker = SimulatedMarker([0.8, 0.4], 0.9, breaks=[0, 1], window=3)
    >>> marker.positive_at([0.5, 1.0, 2.0, 3.5]).round(6).tolist()
    [0.8, 0.8, 0.4, 0.1]
    """

    sensitivity: ArrayLike
    specificity: float
    breaks: ArrayLike = (0.0,)
    window: float = 5.0

    def __post_init__(self) -> None:
        faults = Faults("the marker of the simulated cohort")
        shares = np.atleast_1d(numbers(self.sensitivity, "sensitivity", PROBABILITY, faults))
        numbers(self.specificity, "specificity", PROBABILITY, faults)
        edges = np.atleast_1d(numbers(self.breaks, "breaks", NUMBER, faults))
        numbers(self.window, "window", POSITIVE, faults)
        if len(edges) != len(shares) or edges[0] != 0 or (np.diff(edges) <= 0).any():
            faults.add(
                "breaks",
                f"{len(edges)} for {len(shares)} sensitivities",
                "Give the lower edge of each band, rising, the first one 0",
            )
        faults.raise_any()
        object.__setattr__(self, "sensitivity", shares)
        object.__setattr__(self, "breaks", edges)

    def positive_at(self, time: Times) -> Vector:
        """Return the share with a positive marker among those whose cancer shows at a time."""
        t = np.asarray(time, dtype=np.float64)
        band = np.maximum(np.searchsorted(np.asarray(self.breaks), t) - 1, 0)
        within = np.asarray(self.sensitivity)[band]
        return np.where(t <= self.window, within, 1 - self.specificity)


@dataclass(frozen=True)
class Rates:
    """A rate table as arrays, its groups by code of sex."""

    rates: Vector
    ages: Vector
    years: Vector
    group: NDArray[np.intp]


@dataclass(frozen=True)
class CohortDesign:
    """Everything of a simulated cohort save its size and its random stream."""

    rates: RateTable | float
    mortality: RateTable | float
    excess: TrueExcess | PiecewiseRatio | None
    age: tuple[float, float]
    age_range: tuple[float, float]
    female: float
    diagnosed: tuple[float, float]
    end: float
    follow_up: float
    exposed: float
    exposure_effect: float
    marker: SimulatedMarker | None
    cancers_before: tuple[float, float]
    entry_delay: float
    loss: float
    visit_interval: float | None
    rounding: str

    def check(self) -> None:
        """Raise one error for all that is wrong."""
        faults = Faults("the simulated cohort")
        for name in ("rates", "mortality"):
            value = getattr(self, name)
            if isinstance(value, RateTable):
                self._check_groups(name, value, faults)
            elif numbers(value, name, NONNEGATIVE, faults).ndim:
                faults.add(name, "it is not one number", "Give one for all, or a RateTable")
        for name in ("female", "exposed"):
            numbers(getattr(self, name), name, PROBABILITY, faults)
        for name in ("entry_delay", "loss", "exposure_effect"):
            numbers(getattr(self, name), name, NONNEGATIVE, faults)
        numbers(self.follow_up, "follow_up", POSITIVE, faults)
        numbers(self.end, "end", (PRESENT,), faults)
        if self.visit_interval is not None:
            every = numbers(self.visit_interval, "visit_interval", POSITIVE, faults)
            if (every > 0).all() and (every < _A_DAY).any():
                faults.add("visit_interval", "it is less than a day", "Give it in years")
        check_option(self.rounding, ROUNDINGS, "rounding", faults)
        self._check_pairs(faults)
        known = self.excess is None or isinstance(self.excess, PiecewiseRatio)
        if not known and not hasattr(self.excess, "time_at"):
            faults.add(
                "excess",
                f"expected an excess hazard, and this is {self.excess!r}",
                "Give PiecewiseExcess, PiecewiseRatio, SplineExcess or HiddenCancer",
            )
        faults.raise_any()

    def _check_groups(self, name: str, table: RateTable, faults: Faults) -> None:
        strange = [column for column in table.by if column != "sex"]
        if strange:
            faults.add(name, f"the rates differ by {', '.join(strange)}", "Use rates by sex alone")
        elif table.by and (table.group_codes({"sex": np.array(SEXES)}) < 0).any():
            faults.add(name, "a sex is missing", "The column 'sex' needs women and men")

    def _check_pairs(self, faults: Faults) -> None:
        for name in ("age", "age_range", "diagnosed", "cancers_before"):
            value = numbers(getattr(self, name), name, (*NUMBER, NONNEGATIVE[2]), faults)
            if value.shape != (2,):
                faults.add(name, "takes two numbers", "See the docstring")
            elif name in ("age_range", "diagnosed") and value[1] < value[0]:
                faults.add(name, "the second lies below the first", "Turn them round")
        if not faults.found and not self.end > self.diagnosed[1]:
            faults.add("end", "lies before the last diagnosis", "Give a later year")
        if not faults.found and self.age[1] > 0 and self.age_range[1] == self.age_range[0]:
            faults.add("age_range", "has no width", "Give two ages, or a deviation of 0")

    def table(self, name: str) -> Rates:
        """Return the rates of cancer or of death."""
        value = getattr(self, name)
        if not isinstance(value, RateTable):
            always = np.array([-np.inf, np.inf])
            flat = np.full((1, 1, 1), float(value))
            return Rates(flat, always, always, np.zeros(2, dtype=np.intp))
        group = value.group_codes({"sex": np.array(SEXES)})
        return Rates(
            np.ascontiguousarray(value.rates, dtype=np.float64),
            np.asarray(value.age_edges, dtype=np.float64),
            np.asarray(value.period_edges, dtype=np.float64),
            np.asarray(group, dtype=np.intp),
        )

    def ratio_steps(self) -> tuple[Vector, Vector]:
        """Return edges, the last one infinite, and by what the cancer rates are multiplied."""
        if isinstance(self.excess, PiecewiseRatio):
            return np.append(self.excess.breaks, np.inf), np.asarray(self.excess.ratios)
        return np.array([0.0, np.inf]), np.ones(1)

    def age_at(self, share: Vector) -> Vector:
        """Return the quantiles of age at diagnosis."""
        mean, deviation = self.age
        if deviation == 0:
            return np.full_like(share, mean)
        low, high = (ndtr((edge - mean) / deviation) for edge in self.age_range)
        return np.asarray(np.clip(mean + deviation * ndtri(low + share * (high - low)),
                                  *self.age_range))  # fmt: skip

    def calendar_matters(self) -> bool:
        """Return whether anything depends on the calendar year of diagnosis."""
        first = self.diagnosed[0] - self.cancers_before[0]
        last = self.diagnosed[1] + self.last_time()
        edges = np.concatenate([self.table(name).years for name in ("rates", "mortality")])
        return bool(((edges > first) & (edges < last)).any() or np.isfinite(self.end))

    def last_time(self) -> float:
        """Return up to when anybody's cancer has to be known, in years since diagnosis."""
        window = 0.0 if self.marker is None else self.marker.window
        return max(self.follow_up, window)

    def end_of(self, diagnosis: Vector) -> Vector:
        """Return when the study ends for those diagnosed at some time, in years since then."""
        return np.asarray(np.minimum(self.end - diagnosis, self.follow_up))


def design(**parts: Any) -> CohortDesign:
    """Return the design, checked."""
    made = CohortDesign(**parts)
    made.check()
    return made
