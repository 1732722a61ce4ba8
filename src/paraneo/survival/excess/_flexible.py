"""The spline model of the cumulative excess hazard: its likelihood and curves.

log H(t | x) = s(log t) + x b, with s a natural cubic spline; an effect that changes with
time adds x times a spline of its own. Every integral has a closed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Value
from paraneo.survival._spells import VANISHED, Flags, FollowUp, Integers, product, vanishing_effect

from ._spline_likelihood import cumulative_events, events_alone, exponentials, intervals
from ._spline_terms import fill_basis, fill_slope


class Parts(NamedTuple):
    """What the kernels read; each part has rows of its own, with their owners."""

    points: tuple[Vector, Vector, Integers]
    events: tuple[Vector, Vector, Vector, Vector, Vector, Integers]
    intervals: tuple[Vector, Vector, Integers, Vector, Integers]


def in_span(own: Vector | None, knots: Vector) -> bool:
    """Return whether a constant, linear or like effect is a spline of the baseline's knots."""
    return own is None or len(own) == 2 or np.array_equal(own, knots)


@dataclass(frozen=True, eq=False)
class Layout:
    """Which terms there are: a baseline a stratum, then the covariates' effects.

    Attributes
    ----------
    knots : (k,) float
        Of the baseline, in log time.
    strata : int
    changing : tuple
        For each covariate None for a proportional effect, else the knots of its own spline.
    """

    knots: Vector
    strata: int
    changing: tuple[Vector | None, ...]

    @property
    def bands(self) -> int:
        """How many baseline parameters there are."""
        return self.strata * len(self.knots)

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return self.bands + sum(1 if own is None else len(own) for own in self.changing)

    def within_baseline(self, column: int) -> bool:
        """Return whether another origin of a covariate only moves the baseline."""
        return in_span(self.changing[column], self.knots)

    def terms(self, log_time: Vector, x: Vector, stratum: Integers, *, slope: bool) -> Vector:
        """Return the terms at each time, or their slopes in log time, shape (t, p)."""
        fill = fill_slope if slope else fill_basis
        rows, width = len(log_time), len(self.knots)
        out = np.zeros((rows, self.size))
        log_time = np.ascontiguousarray(log_time)
        fill(out, stratum * width, log_time, self.knots, np.ones(rows))
        at = self.bands
        for k, own in enumerate(self.changing):
            if own is not None:
                column = np.ascontiguousarray(x[:, k])
                fill(out, np.full(rows, at, dtype=np.int64), log_time, own, column)
            elif not slope:
                out[:, at] = x[:, k]
            at += 1 if own is None else len(own)
        return out


@dataclass(frozen=True, eq=False)
class Flexible:
    """The model of one set of rows.

    Attributes
    ----------
    layout : Layout
    people : FollowUp
    background : (n,) float
        Cumulative background hazard of each row's follow-up, before the interval.
    """

    layout: Layout
    people: FollowUp
    background: Vector
    offset: float = 0.0

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return self.layout.size

    @property
    def bands(self) -> int:
        """How many baseline parameters there are."""
        return self.layout.bands

    def by_stratum(self) -> list[Flexible]:
        """Return the model itself: its strata are fitted together."""
        return [self]

    @property
    def constant(self) -> bool:
        """Whether each baseline parameter is the log of a hazard in a band."""
        return False

    @property
    def strata(self) -> int:
        """How many baselines there are."""
        return self.layout.strata

    @cached_property
    def centre(self) -> tuple[Vector, Vector]:
        """What is taken off each covariate, and what it is divided by, while fitting."""
        x = np.ascontiguousarray(self.people.covariates.T)  # sums along rows are many times faster
        spread = x.std(axis=1)
        own = [self.layout.within_baseline(k) for k in range(len(x))]
        return np.where(np.array(own, dtype=bool), x.mean(axis=1), 0.0), np.where(
            spread > 0, spread, 1.0
        )

    @cached_property
    def back(self) -> Vector:
        """The matrix from parameters of centred and scaled covariates to the rows' own."""
        return self.turned(*self.centre)

    def turned(self, mean: Vector, spread: Vector) -> Vector:
        """Return the matrix from parameters of covariates (x - mean) / spread to those of x."""
        matrix = np.eye(self.size)
        first = np.arange(0, self.bands, len(self.layout.knots))[:, None]
        at = self.bands
        for k, own in enumerate(self.layout.changing):
            width = 1 if own is None else len(own)
            if self.layout.within_baseline(k):
                own_terms = np.arange(width)
                matrix[first + own_terms, at + own_terms] = -mean[k] / spread[k]
            matrix[np.arange(at, at + width), np.arange(at, at + width)] = 1.0 / spread[k]
            at += width
        return matrix

    @cached_property
    def parts(self) -> Parts:
        """The user's terms at all times that the likelihood needs."""
        return self._parts(self.people.covariates)

    @cached_property
    def _scaled_parts(self) -> Parts:
        mean, spread = self.centre
        return self._parts((self.people.covariates - mean) / spread)

    def objective(self, theta: Vector) -> Value:
        """Return the log-likelihood in the parameters of the scaled covariates."""
        return _evaluate(self._scaled_parts, theta, np.empty((0, self.size)))

    def raw_objective(self, theta: Vector) -> Value:
        """Return the log-likelihood in the user's parameters."""
        return _evaluate(self.parts, theta, np.empty((0, self.size)))

    def scores(self, theta: Vector) -> Vector:
        """Return each row's gradient, shape (n, p)."""
        scores = np.zeros((self.people.length, self.size))
        _evaluate(self.parts, theta, scores)
        return scores

    def start(self) -> Vector:
        """Return a constant excess hazard: events less expected ones, a year."""
        people = self.people
        end = np.where(people.interval, 0.5 * (people.exit + people.upper), people.exit)
        years = float((end - people.entry).sum())
        events = float(people.event.sum() + people.interval.sum())
        excess = max(events - float(self.background.sum()), 0.2 * events) / years
        theta = np.zeros(self.size)
        width = len(self.layout.knots)
        theta[: self.bands : width] = np.log(excess)
        theta[1 : self.bands : width] = 1.0
        return theta

    def expected(self, theta: Vector) -> tuple[Vector, Vector]:
        """Return the modelled cumulative hazard of each row, and within intervals."""
        theta = np.asarray(
            np.linalg.solve(self.back, theta), dtype=np.float64
        )  # the terms of the search are there already
        z, weight, owner = self._scaled_parts.points
        before = np.bincount(owner, weight * np.exp(z @ theta), minlength=self.people.length)
        z, weight, starts, _, _ = self._scaled_parts.intervals
        within = np.diff(np.concatenate([[0.0], np.cumsum(weight * np.exp(z @ theta))])[starts])
        return np.asarray(before, dtype=np.float64)[:, None], within[:, None]

    def hopeless(self) -> Flags:
        """Return which baseline parameters are surely minus infinity: none is known."""
        return np.zeros(self.bands, dtype=bool)

    def idle(self, held: Flags) -> list[int]:  # noqa: ARG002
        """Return the effects that act only where there is no excess: none is known."""
        return []

    def vanishing(self, theta: Vector, limit: float) -> dict[int, float]:
        """Return parameters that run to minus infinity, with the value that stands for it."""
        before, within = self.expected(theta)
        own = before[:, 0].copy()
        own[self.people.interval] += within[:, 0]
        width = len(self.layout.knots)
        gone: dict[int, float] = {}
        for s in range(self.strata):
            if own[self.people.stratum == s].sum() < limit:
                flat = np.zeros(width)
                flat[:2] = VANISHED, 1.0
                gone |= dict(enumerate(flat, start=s * width))
        slot = self.bands
        for k, knots in enumerate(self.layout.changing):
            if knots is None:
                gone |= vanishing_effect(slot, self.people.covariates[:, k], own, limit)
            slot += 1 if knots is None else len(knots)
        return gone

    def log_hazard(
        self, theta: Vector, time: Vector, x: Vector, stratum: int
    ) -> tuple[Vector, Vector]:
        """Return the log hazard at each time and its gradient, shape (t, p)."""
        z, slope = self._terms_of_one(time, x, stratum)
        steep = product(slope, theta)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = product(z, theta) + np.log(steep) - np.log(time)
            return value, z + slope / steep[:, None]

    def risk(self, theta: Vector, time: float) -> Vector:
        """Return the covariates' part of each row's log cumulative hazard at a time."""
        people = self.people
        log_time = np.full(people.length, np.log(time))
        z = self.layout.terms(log_time, people.covariates, people.stratum, slope=False)
        return product(z[:, self.bands :], theta[self.bands :])

    def cumulative(
        self,
        theta: Vector,
        time: Vector,
        x: Vector,
        stratum: int,
        rate: Vector | None = None,  # noqa: ARG002
    ) -> tuple[Vector, Vector]:
        """Return the cumulative hazard and its gradient, shape (t, p)."""
        z, _ = self._terms_of_one(np.maximum(time, 1e-300), x, stratum)
        with np.errstate(over="ignore"):
            value = np.where(time > 0, np.exp(product(z, theta)), 0.0)
        return value, value[:, None] * z

    @property
    def gap(self) -> Vector:
        """Cumulative background hazard within each interval."""
        return self._scaled_parts.intervals[3]

    def expected_by(self, theta: Vector, edges: Vector) -> Vector:
        """Return the modelled cumulative hazard of each row, before its interval, by band."""
        people = self.people
        parts = np.zeros((people.length, len(edges)))
        for j, edge in enumerate(edges):
            time = np.clip(edge, people.entry, people.exit)
            late = time > 0
            z = self.layout.terms(
                np.log(time[late]), people.covariates[late], people.stratum[late], slope=False
            )
            parts[late, j] = np.exp(product(z, theta))
        return np.diff(parts, axis=1)

    def falls(self, theta: Vector) -> bool:
        """Return whether the cumulative hazard falls anywhere in the range of follow-up."""
        people = self.people
        ends = people.exit[people.exit > 0]
        knots = [self.layout.knots, *(own for own in self.layout.changing if own is not None)]
        time = np.geomspace(ends.min(), ends.max(), 101)
        time = np.concatenate([time, np.clip(np.exp(np.concatenate(knots)), time[0], time[-1])])
        changing = [own is not None for own in self.layout.changing]
        corners = np.zeros((1, len(changing)))
        if any(changing):
            x = people.covariates
            corners = np.vstack([x.min(axis=0), x.max(axis=0), x.mean(axis=0)])
        slopes = [
            product(self._terms_of_one(time, x, s)[1], theta)
            for x in corners
            for s in range(self.strata)
        ]
        return bool(np.nanmin(slopes) < 0)

    def _terms_of_one(self, time: Vector, x: Vector, stratum: int) -> tuple[Vector, Vector]:
        wide = np.broadcast_to(x, (len(time), len(x)))
        group = np.full(len(time), stratum)
        with np.errstate(divide="ignore"):
            log_time = np.log(time)
        z = self.layout.terms(log_time, wide, group, slope=False)
        return z, self.layout.terms(log_time, wide, group, slope=True)

    def _parts(self, x: Vector) -> Parts:
        people = self.people

        def terms(time: Vector, at: Integers, *, slope: bool = False) -> Vector:
            return self.layout.terms(np.log(time), x[at], people.stratum[at], slope=slope)

        ends = np.flatnonzero(people.exit > 0)
        late = np.flatnonzero(people.entry > 0)
        ends_z = terms(people.exit[ends], ends)
        seen = people.event[ends]
        points = (
            np.vstack([ends_z, terms(people.entry[late], late)]) if len(late) else ends_z,
            np.concatenate([np.ones(len(ends)), -np.ones(len(late))]),
            np.concatenate([ends, late]),
        )
        hit = ends[seen]
        times = people.exit[hit]
        events = (
            np.ascontiguousarray(ends_z[seen]),
            terms(times, hit, slope=True),
            times,
            people.background.hazard(people.exit)[hit],
            np.ones(len(hit)),
            hit,
        )
        return Parts(points, events, self._intervals(terms))

    def _intervals(self, terms) -> tuple[Vector, Vector, Integers, Vector, Integers]:  # type: ignore[no-untyped-def]
        people = self.people
        owner = np.flatnonzero(people.interval)
        begun = people.exit[owner] > 0
        at = np.repeat(owner, 1 + begun)
        starts = np.concatenate([[0], np.cumsum(1 + begun)])
        time = people.upper[at]
        weight = np.ones(len(at))
        second = starts[1:][begun] - 1
        time[second], weight[second] = people.exit[owner[begun]], -1.0
        upper = np.where(people.interval, people.upper, people.exit)
        gap = people.background.cumulative(people.exit, upper, np.array([0.0, np.inf]))
        return terms(time, at), weight, starts, gap[owner, 0], owner


def _evaluate(parts: Parts, theta: Vector, scores: Vector) -> Value:
    size = len(theta)
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    value = exponentials(*parts.points, theta, gradient, hessian, scores)
    if parts.events[3].any():
        value += cumulative_events(*parts.events, theta, gradient, hessian, scores)
    else:
        z, slope, times, _, count, owner = parts.events
        value += events_alone(z, slope, times, count, owner, theta, gradient, hessian, scores)
    if np.isfinite(value) and len(parts.intervals[3]):
        value += intervals(*parts.intervals, theta, gradient, hessian, scores)
    lower = np.tril(hessian)
    return Value(float(value), gradient, lower + np.tril(hessian, -1).T)


def from_follow_up(
    people: FollowUp, knots: Vector, changing: tuple[Vector | None, ...], *, strata: int
) -> Flexible:
    """Arrange follow-up for the kernels."""
    whole = np.array([0.0, np.inf])
    total = people.background.cumulative(people.entry, people.exit, whole)[:, 0]
    return Flexible(Layout(knots, strata, changing), people, total)
