"""What is true of a simulated cohort, by quadrature and never by simulation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, numbers
from paraneo.gate.kinds import Times
from paraneo.gate.verbs import Checked
from paraneo.numerics.arrays import Vector

from ._cohort_design import CohortDesign
from .excess_hazards import PiecewiseRatio

#: People who stand for the distribution of age, at the middles of equal shares; where calendar time
#: matters, so many years are taken and fewer ages.
_PEOPLE, _YEARS = 1920, 12
#: Steps a year of the time grid; hazards count as constant within one.
_STEPS = 96


@dataclass(frozen=True)
class CohortTruth(Checked):
    """The distributions of a simulated cohort as numbers.

    Averages over age, sex, year and exposure at diagnosis are taken over the distributions they are
    drawn from, at the middles of equal shares, and time goes in steps of 1/96 year.
    Probabilities are right to 5e-6, or to 3e-5 where rates change with the calendar or
    the study closes on a date; incidence ratios to a relative 2e-4, or to 1e-3 where
    entry is late and the excess hazard without bound at time 0.
    """

    _design: CohortDesign = field(repr=False)

    def cumulative_incidence(self, times: Times) -> pd.DataFrame:
        """Return ``time cancer death``: probabilities by each year, the other competing."""
        t, parts = self._asked(times), self._parts
        cancer, death = parts.first_events()
        rows = {"time": t}
        for name, each in (("cancer", cancer), ("death", death)):
            by = np.concatenate(([0.0], np.cumsum(parts.weight @ each)))
            rows[name] = np.interp(t, parts.grid, by)
        return pd.DataFrame(rows)

    def hazard(self, times: Times) -> pd.DataFrame:
        """Return ``time excess ratio`` of people not exposed.

        ``excess`` is NaN where the truth is given as a ratio, and ``ratio`` where it is given as
        an excess hazard.
        """
        t, true = self._asked(times), self._design.excess
        excess, ratio = np.zeros_like(t), np.ones_like(t)
        if isinstance(true, PiecewiseRatio):
            excess, ratio = np.full_like(t, np.nan), true.ratio(t)
        elif true is not None:
            excess, ratio = true.hazard(t), np.full_like(t, np.nan)
        return pd.DataFrame({"time": t, "excess": excess, "ratio": ratio})

    def incidence_ratio(self, start: float = 0.0, stop: float = np.inf) -> float:
        """Return observed over expected cancers, as means, between two times since diagnosis.

        Only time under observation counts: after delayed entry, before loss, death, cancer
        and the end of the study.
        """
        parts = self._parts
        inside = (parts.grid[1:] <= stop + 1e-12) & (parts.grid[:-1] >= start - 1e-12)
        observed, expected = parts.under_observation(self._design)
        total = (parts.weight @ expected)[inside].sum()
        return float((parts.weight @ observed)[inside].sum() / total) if total > 0 else np.nan

    def expected_by(self, *, after: tuple[float, float] | None = None) -> tuple[Vector, Vector]:
        """Return times since diagnosis, and the cancers expected of one patient by each.

        Only time under observation counts, as in `incidence_ratio`.

        Parameters
        ----------
        after : pair of float, optional
            A time from which on the cancer hazard is the population's times a ratio, whatever the
            cohort's excess is then; it takes away patients at its own rate.
        """
        parts = self._parts if after is None else self._parts.with_ratio(*after)
        _, expected = parts.under_observation(self._design)
        return parts.grid.copy(), np.concatenate(([0.0], np.cumsum(parts.weight @ expected)))

    def predictive_values(self, years: float) -> tuple[float, float]:
        """Return the PPV and NPV of the marker for a cancer before death within years."""
        marker = self._design.marker
        faults = Faults("the truth of the simulated cohort")
        if marker is None:
            faults.add("marker", "the cohort has none", "Give it one")
        marker = faults.checked(marker)
        parts = self._parts
        middle = (parts.grid[1:] + parts.grid[:-1]) / 2
        share = marker.positive_at(middle)
        by = parts.grid[1:] <= years + 1e-12
        first = parts.weight @ parts.first_events()[0]
        alone = -np.diff(parts.weight @ np.exp(-parts.cancer))
        positive = (alone * share).sum() + (1 - alone.sum()) * (1 - marker.specificity)
        both = (first * share)[by].sum()
        neither = (1 - positive) - (first * (1 - share))[by].sum()
        return float(both / positive), float(neither / (1 - positive))

    def share_before(self) -> float:
        """Return the share of those diagnosed who had a cancer in the years looked back."""
        from ._lives import cumulative_at

        plan = self._design
        back, ratio = plan.cancers_before
        people, table = _people(plan), plan.table("rates")
        total = cumulative_at(
            np.array([back]), people.age - back, people.year - back, table.group[people.sex],
            table.rates, table.ages, table.years,
        )[:, 0]  # fmt: skip
        _check_known(total, total)
        return float(people.weight @ -np.expm1(-ratio * total))

    def share_shown(self, time: float, horizon: float) -> float:
        """Return which share of the excess cancers by a horizon has shown by a time."""
        parts = self._parts
        middle = (parts.grid[1:] + parts.grid[:-1]) / 2
        cancer, _ = parts.first_events()
        with np.errstate(invalid="ignore", divide="ignore"):
            part = 1 - np.diff(parts.background) / np.diff(parts.cancer)
        excess = parts.weight @ np.nan_to_num(cancer * part)
        total = excess[middle <= horizon].sum()
        return float(excess[middle <= time].sum() / total) if total != 0 else np.nan

    @cached_property
    def _parts(self) -> _Parts:
        return _parts(self._design)

    def _asked(self, times: Times) -> Vector:
        faults = Faults("the truth of the simulated cohort")
        t = np.atleast_1d(numbers(times, "times", NONNEGATIVE, faults))
        last = self._design.last_time()
        if not faults.found and (t > last + 1e-12).any():
            faults.add("times", f"lies beyond {last:g} years", "Raise follow_up")
        faults.raise_any()
        return t


@dataclass(frozen=True)
class _Parts:
    """People who stand for all, with cumulative hazards on a grid of time."""

    weight: Vector
    grid: Vector
    diagnosis: Vector
    background: Vector
    cancer: Vector
    death: Vector

    def with_ratio(self, start: float, ratio: float) -> _Parts:
        """Return the same with the population's hazard times a ratio from a time on."""
        k = min(max(int(np.searchsorted(self.grid, start)) - 1, 0), len(self.grid) - 2)
        part = min((start - self.grid[k]) / (self.grid[k + 1] - self.grid[k]), 1.0)
        own, natural = (
            x[:, k : k + 1] + part * (x[:, k + 1 : k + 2] - x[:, k : k + 1])
            for x in (self.cancer, self.background)
        )
        later = own + ratio * (self.background - natural)
        return replace(self, cancer=np.where(self.grid <= start, self.cancer, later))

    def first_events(self) -> tuple[Vector, Vector]:
        """Return the probability of cancer and of death in each step."""
        a, b = np.diff(self.cancer), np.diff(self.death)
        free = np.exp(-(self.cancer + self.death)[:, :-1])
        leaves = -np.expm1(-(a + b)) * free
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(a + b > 0, a / (a + b), 0.0)
        return leaves * share, leaves * (1 - share)

    def under_observation(self, plan: CohortDesign) -> tuple[Vector, Vector]:
        """Return cancers seen and expected in each step."""
        middle = (self.grid[1:] + self.grid[:-1]) / 2
        seen = np.exp(-plan.loss * middle)
        if plan.entry_delay > 0:
            seen = seen * -np.expm1(-middle / plan.entry_delay)
        width = np.diff(self.grid)
        open_ = np.clip((plan.end_of(self.diagnosis)[:, None] - self.grid[:-1]) / width, 0, 1)
        free = np.exp(-(self.cancer + self.death)[:, 1:]) + np.exp(
            -(self.cancer + self.death)[:, :-1]
        )
        held = open_ * seen * free / 2
        return held * np.diff(self.cancer), held * np.diff(self.background)


@dataclass(frozen=True)
class _People:
    """People who stand for all at diagnosis; sex is a code."""

    age: Vector
    year: Vector
    sex: NDArray[np.intp]
    weight: Vector


def _people(plan: CohortDesign) -> _People:
    many = _YEARS if plan.calendar_matters() else 1
    ages = plan.age_at((np.arange(_PEOPLE // many) + 0.5) / (_PEOPLE // many))
    first, last = plan.diagnosed
    years = first + (last - first) * (np.arange(many) + 0.5) / many
    ages, years = (np.unique(x) for x in (ages, years))
    age, year, sex = (x.ravel() for x in np.meshgrid(ages, years, [0, 1], indexing="ij"))
    weight = np.where(sex == 0, plan.female, 1 - plan.female) / (len(ages) * len(years))
    return _People(age, year, sex.astype(np.intp), weight)


def _parts(plan: CohortDesign) -> _Parts:
    from ._lives import cumulative_at

    people = _people(plan)
    age, year, sex, weight = people.age, people.year, people.sex, people.weight
    edges, factors = plan.ratio_steps()
    excess = None if isinstance(plan.excess, PiecewiseRatio) else plan.excess
    cuts = edges[:-1] if excess is None else excess.cuts()
    marks = [] if plan.marker is None else [*np.asarray(plan.marker.breaks), plan.marker.window]
    end = plan.last_time()
    grid = np.union1d(np.linspace(0, end, int(np.ceil(end * _STEPS)) + 1), [*cuts, *marks])
    grid = grid[np.concatenate(([True], np.diff(grid) > 1e-9)) & (grid <= end)]
    tables = [plan.table(name) for name in ("rates", "mortality")]
    background, death = (
        cumulative_at(grid, age, year, t.group[sex], t.rates, t.ages, t.years) for t in tables
    )
    _check_known(background, death)
    step = np.searchsorted(edges, grid[1:]) - 1
    extra = np.zeros_like(grid) if excess is None else excess.cumulative(grid)
    plain = _summed(np.diff(background) * factors[step])
    groups = [(1 - plan.exposed, 1.0), (plan.exposed, plan.exposure_effect)]
    kept = [(share, effect) for share, effect in groups if share > 0]
    cancer = [
        plain * (effect if isinstance(plan.excess, PiecewiseRatio) else 1.0) + effect * extra
        for _, effect in kept
    ]
    return _Parts(
        np.concatenate([share * weight for share, _ in kept]),
        grid,
        np.tile(year, len(kept)),
        np.tile(background, (len(kept), 1)),
        np.concatenate(cancer),
        np.tile(death, (len(kept), 1)),
    )


def _summed(steps: Vector) -> Vector:
    return np.concatenate((np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)), axis=1)


def _check_known(*hazards: Vector) -> None:
    faults = Faults("the truth of the simulated cohort")
    for name, hazard in zip(("rates", "mortality"), hazards, strict=True):
        if np.isnan(hazard).any():
            faults.add(
                name,
                "the table has no rate for some ages or years",
                "Extend it, or narrow ages, diagnosed and follow_up",
            )
    faults.raise_any()
