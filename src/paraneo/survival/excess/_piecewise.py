"""The piecewise constant excess hazard: its parameters, likelihood and curves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Value
from paraneo.survival._spells import (
    Flags,
    FollowUp,
    Integers,
    band_of,
    product,
    vanishing_effect,
    years_by_band,
)

from ._likelihood import Rows, expected_events, piecewise
from ._proportional import event_sums, expected_sums, is_proportional, proportional
from ._strata import own_of, spread_out


@dataclass(frozen=True, eq=False)
class Piecewise:
    """A hazard constant in bands, for every stratum its own, times exp(x b).

    Attributes
    ----------
    edges : (b + 1,) float
        Edges of the bands in years; the last may be infinite.
    strata : int
        How many baselines there are.
    blocks : tuple of tuple of int
        For each covariate the first bands of the pieces in which its effect is constant;
        (0,) for a proportional effect.
    rows : Rows
        Bands counted stratum by stratum.
    background : (n,) float
        Cumulative background hazard of each row's follow-up, before the interval.
    offset : float
        What does not depend on the parameters, to be added to the log-likelihood.
    """

    edges: Vector
    strata: int
    blocks: tuple[tuple[int, ...], ...]
    rows: Rows
    background: Vector
    offset: float = 0.0

    @property
    def bands(self) -> int:
        """How many baseline parameters there are."""
        return self.strata * (len(self.edges) - 1)

    @property
    def constant(self) -> bool:
        """Whether each baseline parameter is the log of a hazard in a band."""
        return True

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return self.bands + sum(map(len, self.blocks))

    def by_stratum(self) -> list[Piecewise]:
        """Return each stratum's own model; their log-likelihoods add up to this one's.

        The offset, which no parameter touches, goes with the first.
        """
        rows, per = self.rows, len(self.edges) - 1
        stratum = rows.band // per
        inside = rows.interval >= 0
        source = np.zeros(len(rows.gap), dtype=np.int64)
        source[rows.interval[inside]] = stratum[inside]
        exposure = own_of(rows.exposure, stratum, self.strata)
        within = own_of(rows.within, source, self.strata)
        order = np.argsort(stratum, kind="stable")
        ends = np.searchsorted(stratum[order], np.arange(1, self.strata))
        blocks = len(rows.slots) // self.strata
        found = []
        for k, at in enumerate(np.split(order, ends)):
            spans = rows.interval[at]
            number = np.where(spans >= 0, np.cumsum(spans >= 0) - 1, -1)
            own = Rows(
                exposure=exposure[at],
                events=rows.events[at],
                band=rows.band[at] - k * per,
                background=rows.background[at],
                covariates=rows.covariates[at],
                edges=np.append(rows.edges[:blocks], per),
                slots=rows.slots[:blocks],
                interval=number,
                within=within[spans[spans >= 0]],
                gap=rows.gap[spans[spans >= 0]],
            )
            offset = self.offset if k == 0 else 0.0
            found.append(Piecewise(self.edges, 1, self.blocks, own, self.background[at], offset))
        return found

    @cached_property
    def centre(self) -> tuple[Vector, Vector]:
        """Mean and standard deviation of the covariates, to fit in a well-scaled way."""
        x = np.ascontiguousarray(self.rows.covariates.T)  # sums along rows are many times faster
        spread = x.std(axis=1) if x.shape[1] else np.ones(len(x))
        return x.mean(axis=1), np.where(spread > 0, spread, 1.0)

    @cached_property
    def back(self) -> Vector:
        """The matrix from parameters of centred and scaled covariates to the rows' own."""
        return self.turned(*self.centre)

    def turned(self, mean: Vector, spread: Vector) -> Vector:
        """Return the matrix from parameters of covariates (x - mean) / spread to those of x."""
        matrix = np.eye(self.size)
        per = len(self.edges) - 1
        for j in range(self.bands):
            slots = self._slots(j % per)
            matrix[j, slots] = -mean / spread
        for k, own in enumerate(self._owned()):
            matrix[own, own] = 1.0 / spread[k]
        return matrix

    @cached_property
    def _scaled_rows(self) -> Rows:
        mean, spread = self.centre
        return self.rows._replace(covariates=(self.rows.covariates - mean) / spread)

    def objective(self, theta: Vector) -> Value:
        """Return the log-likelihood in the parameters of the scaled covariates."""
        return self._evaluate(self._scaled_rows, theta, self._scaled_sums)

    def raw_objective(self, theta: Vector) -> Value:
        """Return the log-likelihood in the user's parameters."""
        return self._evaluate(self.rows, theta, self._sums)

    @cached_property
    def _plain(self) -> bool:
        return is_proportional(self.rows)

    @cached_property
    def _years(self) -> Vector:
        return np.ones(len(self.rows.exposure)) @ self.rows.exposure  # faster than a sum

    @cached_property
    def _sums(self) -> Vector | None:
        return event_sums(self.rows) if self._plain else None

    @cached_property
    def _scaled_sums(self) -> Vector | None:
        return event_sums(self._scaled_rows) if self._plain else None

    def _evaluate(self, rows: Rows, theta: Vector, sums: Vector | None) -> Value:
        if self._plain:
            value, gradient, hessian = proportional(rows, theta, sums)
        else:
            value, gradient, hessian = piecewise(rows, theta, np.empty((0, self.size)))
        return Value(value + self.offset, gradient, hessian)

    def scores(self, theta: Vector) -> Vector:
        """Return each row's gradient, shape (n, p)."""
        scores = np.zeros((len(self.rows.events), self.size))
        piecewise(self.rows, theta, scores)
        return scores

    def expected(self, theta: Vector) -> tuple[Vector, Vector]:
        """Return the modelled cumulative hazard of each row by band, and within intervals."""
        return expected_events(self.rows, theta)  # type: ignore[no-any-return]

    def expected_by(self, theta: Vector, edges: Vector) -> Vector:  # noqa: ARG002
        """Return the modelled cumulative hazard of each row, before its interval, by band."""
        before, _ = expected_events(self.rows, theta)
        return np.asarray(before.reshape(len(before), self.strata, len(self.edges) - 1).sum(axis=1))

    @property
    def gap(self) -> Vector:
        """Cumulative background hazard within each interval."""
        return self.rows.gap

    def falls(self, theta: Vector) -> bool:  # noqa: ARG002
        """Return whether the cumulative hazard falls anywhere: never."""
        return False

    def start(self) -> Vector:
        """Return a point near enough: events over expected ones in each band."""
        rows = self.rows
        exposure = self._years + 0.5 * rows.within.sum(axis=0)
        events = np.bincount(rows.band, rows.events, minlength=self.bands)
        held = rows.background > 0
        taken = rows.events * held
        known = np.bincount(rows.band, taken * rows.background, minlength=self.bands)
        counted = np.maximum(np.bincount(rows.band, taken, minlength=self.bands), 1e-300)
        inside = rows.within / np.maximum(rows.within.sum(axis=1, keepdims=True), 1e-300)
        found = events + inside.sum(axis=0)
        typical = max(float(found.sum()), 0.5) / exposure.sum()  # 0.5: where nobody has an event
        some = np.where(found > 0, found, 0.3 * typical * exposure)
        crude = np.full(self.bands, typical)  # where a stratum has nobody within a band
        np.divide(some, exposure, out=crude, where=exposure > 0)
        excess = np.maximum(crude - known / counted, 0.2 * crude)
        theta = np.zeros(self.size)
        theta[: self.bands] = np.log(excess)
        return theta

    def hopeless(self) -> Flags:
        """Return which bands surely have no excess: their likelihood falls from 0 on.

        A band whose rows have no covariates and whose events were all seen exactly is
        settled by its score at 0; one without events by having none.
        """
        rows = self.rows
        score = -self._years
        touched = (rows.within > 0).any(axis=0)
        seen = rows.events > 0
        sure = np.ones(self.bands, dtype=bool)
        plain = seen & (rows.background > 0)
        if rows.covariates.shape[1] == 0:
            gain = rows.events[plain] / rows.background[plain]
            score += np.bincount(rows.band[plain], gain, minlength=self.bands)
            sure[rows.band[seen & ~plain]] = False
        else:
            sure[rows.band[seen]] = False
        return np.asarray(sure & ~touched & (score <= 0))

    def idle(self, held: Flags) -> list[int]:
        """Return the effects that act only in bands without excess, and so have none."""
        per = len(self.edges) - 1
        still = np.atleast_1d(held[: self.bands].reshape(self.strata, per).all(axis=0))
        found = []
        for slots, first in zip(self._owned(), self.blocks, strict=True):
            for slot, low, high in zip(slots, first, [*first[1:], per], strict=True):
                if still[low:high].all():
                    found.append(int(slot))
        return found

    def vanishing(self, theta: Vector, limit: float) -> dict[int, float]:
        """Return parameters that run to minus infinity, with the value that stands for it."""
        per = len(self.edges) - 1
        if self._plain and np.isfinite(theta).all():
            total, by_row = expected_sums(self.rows, theta)
            own, sums = np.empty((0, 0)), {(0, per): by_row}
        else:
            before, within = self.expected(theta)
            own, sums = before.copy(), {}
            own[self.rows.interval >= 0] += within[self.rows.interval[self.rows.interval >= 0]]
            total = own.sum(axis=0)
        gone = {int(j): -np.inf for j in np.flatnonzero(total < limit)}
        band = np.arange(self.bands) % per
        for slots, first, x in zip(self._owned(), self.blocks, self.rows.covariates.T, strict=True):
            for slot, low, high in zip(slots, first, [*first[1:], per], strict=True):
                if (low, high) not in sums:
                    sums[low, high] = own @ ((band >= low) & (band < high)).astype(np.float64)
                piece = sums[low, high]
                if piece.sum() < limit:
                    gone[int(slot)] = 0.0
                gone |= vanishing_effect(int(slot), x, piece, limit)
        return gone

    def log_hazard(
        self, theta: Vector, time: Vector, x: Vector, stratum: int
    ) -> tuple[Vector, Vector]:
        """Return the log hazard at each time and its gradient, shape (t, p)."""
        terms = self.terms(time, x, stratum)
        return product(terms, theta), terms

    def terms(self, time: Vector, x: Vector, stratum: int) -> Vector:
        """Return the terms of the log hazard at each time, shape (t, p)."""
        per = len(self.edges) - 1
        band = band_of(time, self.edges)
        terms = np.zeros((len(time), self.size))
        terms[np.arange(len(time)), stratum * per + band] = 1.0
        for j in np.unique(band):
            terms[np.ix_(band == j, self._slots(int(j)))] = x
        return terms

    def band_terms(self, x: Vector, stratum: int) -> tuple[Vector, Integers]:
        """Return the terms of each band's log hazard, shape (bands, p), and the bands' slots."""
        per = len(self.edges) - 1
        ends = np.minimum(self.edges[1:], np.nextafter(np.inf, 0.0))
        return self.terms(ends, x, stratum), stratum * per + np.arange(per)

    def risk(self, theta: Vector, time: float) -> Vector:
        """Return the covariates' part of each row's log hazard at a time."""
        band = int(band_of(np.array([time]), self.edges)[0])
        return np.asarray(product(self.rows.covariates, theta[self._slots(band)]))

    def cumulative(
        self, theta: Vector, time: Vector, x: Vector, stratum: int, rate: Vector | None = None
    ) -> tuple[Vector, Vector]:
        """Return the cumulative hazard from the first edge, and its gradient, shape (t, p).

        ``rate`` holds a background hazard a band where the baseline is a ratio.
        """
        first = np.full(len(time), self.edges[0])
        width = years_by_band(first, time, self.edges)
        if rate is not None:
            width = width * rate
        terms, _ = self.band_terms(x, stratum)
        pieces = width * np.exp(product(terms, theta))
        return pieces.sum(axis=1), pieces @ terms

    def _slots(self, band: int) -> Integers:
        slots, at = [], self.bands
        for first in self.blocks:
            slots.append(at + int(np.searchsorted(first, band, side="right")) - 1)
            at += len(first)
        return np.array(slots, dtype=np.int64)

    def _owned(self) -> list[Integers]:
        ends = self.bands + np.cumsum([0, *map(len, self.blocks)])
        return [np.arange(a, b) for a, b in pairwise(ends)]


def from_follow_up(
    people: FollowUp,
    edges: Vector,
    blocks: tuple[tuple[int, ...], ...],
    *,
    relative: bool,
    strata: int,
) -> Piecewise:
    """Arrange follow-up, which must lie within the edges, for the kernel."""
    inside = people.interval
    begin, end = people.exit[inside], people.upper[inside]
    if relative:
        exposure = people.background.cumulative(people.entry, people.exit, edges)
        upper = np.where(inside, people.upper, people.exit)
        within = people.background.cumulative(people.exit, upper, edges)[inside]
        gap, total = np.zeros(len(begin)), np.zeros(people.length)
    else:
        exposure = years_by_band(people.entry, people.exit, edges)
        within = years_by_band(begin, end, edges)
        whole = np.array([edges[0], np.inf])
        total = people.background.cumulative(people.entry, people.exit, whole)[:, 0]
        upper = np.where(inside, people.upper, people.exit)
        gap = people.background.cumulative(people.exit, upper, whole)[inside, 0]
    hazard = people.background.hazard(people.exit)
    seen = people.event
    return assemble(
        edges,
        blocks,
        exposure=exposure,
        count=seen.astype(np.float64),
        band=band_of(people.exit, edges),
        hazard=np.zeros(people.length) if relative else np.where(seen, hazard, 0.0),
        covariates=people.covariates,
        stratum=people.stratum,
        strata=strata,
        inside=inside,
        within=within,
        gap=gap,
        total=total,
        offset=float(np.log(hazard[seen]).sum()) if relative else 0.0,
    )


def assemble(
    edges: Vector,
    blocks: tuple[tuple[int, ...], ...],
    *,
    exposure: Vector,
    count: Vector,
    band: Integers,
    hazard: Vector,
    covariates: Vector,
    stratum: Integers,
    strata: int,
    inside: Flags,
    within: Vector,
    gap: Vector,
    total: Vector,
    offset: float,
) -> Piecewise:
    """Make the model from arrays over rows and bands of one stratum."""
    per = len(edges) - 1
    firsts = np.array(sorted({0, *(first for own in blocks for first in own)}), dtype=np.int64)
    starts = np.concatenate([firsts + s * per for s in range(strata)] + [[strata * per]])
    number = np.full(len(count), -1, dtype=np.int64)
    number[inside] = np.arange(len(gap))
    rows = Rows(
        exposure=spread_out(exposure, stratum, strata),
        events=count,
        band=band + stratum * per,
        background=hazard,
        covariates=np.ascontiguousarray(covariates),
        edges=starts.astype(np.int64),
        slots=np.zeros((len(starts) - 1, len(blocks)), dtype=np.int64),
        interval=number,
        within=spread_out(within, stratum[inside], strata),
        gap=gap,
    )
    model = Piecewise(edges, strata, blocks, rows, total, offset)
    for block, first in enumerate(starts[:-1]):
        rows.slots[block] = model._slots(int(first) % per)
    return model
