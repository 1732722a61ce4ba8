"""The spline model of the ratio to the background: log ratio = s(log t) + x b.

Its integral against a background that is constant in steps has no closed form: steps are cut
at the knots and where time has doubled, and each part is integrated by Gauss-Legendre.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Value
from paraneo.survival._spells import FollowUp, Integers, product

from . import _ratio_panels
from ._flexible import Flexible, Layout
from ._ratio_likelihood import MOST, NODES, WEIGHTS, Curves, Parts, expected, exposures
from ._spline_likelihood import hazard_events, intervals

#: Below the first knot time is cut by eights, so often; less than 1e-6 of it is left.
EIGHTHS = 7
#: Sets of times whose nodes are kept for the next question.
KEPT = 8


class Quadrature(NamedTuple):
    """Nodes in years with their weights, and the row that each belongs to."""

    time: Vector
    weight: Vector
    owner: Integers


def smooth_cuts(last: float, knots: Vector) -> Vector:
    """Return the knots and where time has doubled, until the end."""
    first = float(np.exp(knots[0]))
    doubled = first * 2.0 ** np.arange(max(np.ceil(np.log2(last / first)), 0.0) + 1.0)
    early = first * 8.0 ** -np.arange(EIGHTHS + 1.0)
    return np.unique(np.concatenate([early, np.exp(knots), doubled]))


def smooth_parts(start: Vector, end: Vector, rate: Vector, owner: Integers, knots: Vector) -> Parts:
    """Return steps cut at the knots and where time has doubled."""
    cuts = smooth_cuts(float(end.max(initial=1.0)), knots)
    low = np.searchsorted(cuts, start, side="right")
    number = np.maximum(np.searchsorted(cuts, end, side="left") - low, 0) + 1
    step = np.repeat(np.arange(len(start)), number)
    place = np.arange(len(step)) - np.repeat(np.cumsum(number) - number, number)
    at = low[step] + place
    padded = np.concatenate([cuts, [np.inf]])
    a = np.where(place == 0, start[step], padded[np.maximum(at - 1, 0)])
    b = np.where(place == number[step] - 1, end[step], padded[np.minimum(at, len(cuts))])
    return Parts(a, b, rate[step], owner[step])


def quadrature(
    start: Vector, end: Vector, rate: Vector, owner: Integers, knots: Vector
) -> Quadrature:
    """Return nodes and weights for the integral of rate × a curve over (start, end]."""
    a, b, rate, owner = smooth_parts(start, end, rate, owner, knots)
    half = 0.5 * (b - a)
    time = 0.5 * (a + b)[:, None] + half[:, None] * NODES[MOST]
    weight = (rate * half)[:, None] * WEIGHTS[MOST]
    return Quadrature(time.ravel(), weight.ravel(), np.repeat(owner, MOST))


class Along(NamedTuple):
    """Nodes between some times: their terms and weights, and how many stretches end by each."""

    terms: Vector
    weight: Vector
    place: Integers


class RatioParts(NamedTuple):
    """What the kernels read, with the covariates: curves, events, intervals."""

    curves: Curves
    events: tuple[Vector, Vector, Vector, Integers]
    intervals: tuple[Vector, Vector, Integers, Vector, Integers]


@dataclass(frozen=True, eq=False)
class RatioSpline(Flexible):
    """The model of one set of rows; parameters and covariates as in `Flexible`."""

    @cached_property
    def ratio_parts(self) -> RatioParts:
        """The user's terms at all times that the likelihood needs."""
        return self._arranged(self.people.covariates)

    @cached_property
    def _scaled_ratio_parts(self) -> RatioParts:
        mean, spread = self.centre
        return self._arranged((self.people.covariates - mean) / spread)

    def objective(self, theta: Vector) -> Value:
        """Return the log-likelihood in the parameters of the scaled covariates."""
        return self._value(self._scaled_ratio_parts, theta, np.empty((0, self.size)))

    def raw_objective(self, theta: Vector) -> Value:
        """Return the log-likelihood in the user's parameters."""
        return self._value(self.ratio_parts, theta, np.empty((0, self.size)))

    def scores(self, theta: Vector) -> Vector:
        """Return each row's gradient, shape (n, p)."""
        scores = np.zeros((self.people.length, self.size))
        self._value(self.ratio_parts, theta, scores)
        return scores

    def start(self) -> Vector:
        """Return a constant ratio: events over expected ones."""
        events = float((self.people.event | self.people.interval).sum())
        theta = np.zeros(self.size)
        before = self.people.background.cumulative(
            self.people.entry, self.people.exit, np.array([0.0, np.inf])
        )
        whole = before.sum() + 0.5 * self.ratio_parts.intervals[1].sum()
        theta[: self.bands : len(self.layout.knots)] = np.log(events / whole)
        return theta

    def expected(self, theta: Vector) -> tuple[Vector, Vector]:
        """Return the modelled cumulative hazard of each row, and within intervals."""
        before = np.zeros(self.people.length)
        self._add_expected(self.ratio_parts.curves, theta, before)
        z, weight, starts, _, _ = self.ratio_parts.intervals
        total = np.concatenate([[0.0], np.cumsum(weight * np.exp(z @ theta))])
        return before[:, None], np.diff(total[starts])[:, None]

    @property
    def gap(self) -> Vector:
        """Zeros: the background is part of the model."""
        return np.zeros(int(self.people.interval.sum()))

    def falls(self, theta: Vector) -> bool:  # noqa: ARG002
        """Return whether the cumulative hazard falls anywhere: never."""
        return False

    def log_hazard(
        self, theta: Vector, time: Vector, x: Vector, stratum: int
    ) -> tuple[Vector, Vector]:
        """Return the log ratio at each time and its gradient, shape (t, p)."""
        z = self._values_of_one(time, x, stratum)
        return product(z, theta), z

    def cumulative(
        self, theta: Vector, time: Vector, x: Vector, stratum: int, rate: Vector | None = None
    ) -> tuple[Vector, Vector]:
        """Return the integral of the ratio, times ``rate`` in equal bands, and its gradient."""
        key = (time.tobytes(), x.tobytes(), stratum, None if rate is None else rate.tobytes())
        along = self._kept.get(key)
        if along is None:
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            along = self._kept[key] = self._along(time, x, stratum, rate)
        part = along.weight * np.exp(product(along.terms, theta))
        columns = (part[:, None] * along.terms).reshape(-1, MOST, along.terms.shape[1])
        value = np.concatenate(([0.0], np.cumsum(part.reshape(-1, MOST).sum(axis=1))))
        first = np.zeros((1, columns.shape[2]))
        slope = np.concatenate((first, np.cumsum(columns.sum(axis=1), axis=0)))
        return value[along.place], slope[along.place]

    @cached_property
    def _kept(self) -> dict[Any, Along]:
        """The integrals asked for last: limits ask for the same times again and again."""
        return {}

    def _along(self, time: Vector, x: Vector, stratum: int, rate: Vector | None) -> Along:
        rates = np.ones(1) if rate is None else rate
        bands = np.linspace(0.0, self.longest, len(rates) + 1)
        end = float(time.max(initial=0.0))
        cuts = smooth_cuts(max(end, 1.0), self.layout.knots)
        edges = np.unique(np.concatenate([[0.0], time, cuts, bands[:-1]]))
        edges = edges[edges <= end]
        band = np.searchsorted(bands[1:-1], edges[:-1], side="right")
        half = 0.5 * np.diff(edges)
        node = (0.5 * (edges[1:] + edges[:-1]) + half * NODES[MOST][:, None]).T.ravel()
        weight = ((rates[band] * half)[:, None] * WEIGHTS[MOST]).ravel()
        return Along(self._values_of_one(node, x, stratum), weight, np.searchsorted(edges, time))

    def _values_of_one(self, time: Vector, x: Vector, stratum: int) -> Vector:
        wide, group = np.broadcast_to(x, (len(time), len(x))), np.full(len(time), stratum)
        with np.errstate(divide="ignore"):
            return self.layout.terms(np.log(time), wide, group, slope=False)

    def expected_by(self, theta: Vector, edges: Vector) -> Vector:
        """Return the modelled cumulative hazard of each row, before its interval, by band."""
        people = self.people
        found = np.zeros((people.length, len(edges) - 1))
        for j in range(len(edges) - 1):
            low, high = np.clip(edges[j : j + 2, None], people.entry, people.exit)
            column = np.zeros(people.length)
            expected(self._parts_within(low, high), self.ratio_parts.curves, theta, column)
            found[:, j] = column
        return found

    @property
    def longest(self) -> float:
        """The longest follow-up in years."""
        return float(max(self.people.exit.max(), np.nanmax(self.people.upper, initial=0.0)))

    @cached_property
    def _exposed(self) -> Parts:
        return self._parts_within(self.people.entry, self.people.exit)

    def _exposures(
        self, curves: Curves, theta: Vector, gradient: Vector, hessian: Vector, scores: Vector
    ) -> float:
        """Return minus the expected events; add their derivatives."""
        if len(curves.own):
            return exposures(self._exposed, curves, theta, gradient, hessian, scores)
        panels = self._panels
        value = exposures(panels.rest, curves, theta, gradient, hessian, scores)
        return value + _ratio_panels.exposures(panels, curves, theta, gradient, hessian, scores)

    def _add_expected(self, curves: Curves, theta: Vector, total: Vector) -> None:
        """Add the expected events to the total of each row."""
        if len(curves.own):
            expected(self._exposed, curves, theta, total)
            return
        expected(self._panels.rest, curves, theta, total)
        _ratio_panels.expected(self._panels, curves, theta, total)

    @cached_property
    def _panels(self) -> _ratio_panels.Panels:
        parts = self._parts_within(self.people.entry, self.people.exit)
        cuts = smooth_cuts(float(parts.end.max(initial=1.0)), self.layout.knots)
        return _ratio_panels.panels(parts, cuts, self.layout.knots, self.people.length)

    def _parts_within(self, lower: Vector, upper: Vector) -> Parts:
        start, end, rate, owner = self.people.background.steps(lower, upper)
        some = (end > start) & (rate > 0)
        return smooth_parts(start[some], end[some], rate[some], owner[some], self.layout.knots)

    def _curves(self, x: Vector) -> Curves:
        changing = self.layout.changing
        first = np.cumsum([0, *(0 if own is None else len(own) for own in changing)])
        own = [own for own in changing if own is not None]
        return Curves(
            self.layout.knots,
            self.bands,
            np.concatenate([*own, np.empty(0)]),
            first.astype(np.int64),
            np.ascontiguousarray(x),
            np.asarray(self.people.stratum, dtype=np.int64),
        )

    def _nodes(self, lower: Vector, upper: Vector) -> Quadrature:
        start, end, rate, owner = self.people.background.steps(lower, upper)
        some = (end > start) & (rate > 0)
        return quadrature(start[some], end[some], rate[some], owner[some], self.layout.knots)

    def _terms(self, nodes: Quadrature, x: Vector) -> Vector:
        stratum = self.people.stratum[nodes.owner]
        return self.layout.terms(np.log(nodes.time), x[nodes.owner], stratum, slope=False)

    def _arranged(self, x: Vector) -> RatioParts:
        people = self.people
        hit = np.flatnonzero(people.event)
        z = self.layout.terms(np.log(people.exit[hit]), x[hit], people.stratum[hit], slope=False)
        owner = np.flatnonzero(people.interval)
        upper = np.where(people.interval, people.upper, people.exit)
        inner = self._nodes(people.exit, upper)
        order = np.argsort(inner.owner, kind="stable")
        inner = Quadrature(inner.time[order], inner.weight[order], inner.owner[order])
        starts = np.concatenate(
            [[0], np.cumsum(np.bincount(inner.owner, minlength=people.length)[owner])]
        )
        none = np.zeros(len(owner))
        return RatioParts(
            self._curves(x),
            (z, np.zeros(len(hit)), np.ones(len(hit)), hit),
            (self._terms(inner, x), inner.weight, starts, none, owner),
        )

    def _value(self, parts: RatioParts, theta: Vector, scores: Vector) -> Value:
        gradient, hessian = np.zeros(self.size), np.zeros((self.size, self.size))
        value = self.offset
        value += self._exposures(parts.curves, theta, gradient, hessian, scores)
        value += hazard_events(*parts.events, theta, gradient, hessian, scores)
        if len(parts.intervals[3]):
            value += intervals(*parts.intervals, theta, gradient, hessian, scores)
        lower = np.tril(hessian)
        return Value(float(value), gradient, lower + np.tril(hessian, -1).T)


def ratio_from_follow_up(
    people: FollowUp, knots: Vector, changing: tuple[Vector | None, ...], *, strata: int
) -> RatioSpline:
    """Arrange follow-up for the kernels."""
    offset = float(np.log(people.background.hazard(people.exit)[people.event]).sum())
    nothing = np.zeros(people.length)
    return RatioSpline(Layout(knots, strata, changing), people, nothing, offset)
