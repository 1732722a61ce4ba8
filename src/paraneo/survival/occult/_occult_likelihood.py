"""Log-likelihood of a share with a hidden cancer over a background, with its gradient.

With A(t) = 1 - pi G(t), the chance of no excess cancer by t, a person seen from E on adds
log(b A(T) + pi g(T)) - log A(E) for an event at T with background hazard b,
log A(T) - log A(E) without one, and for an event in (L, R], over which the background's
cumulative hazard is c, log(A(L) - exp(-c) A(R)) - log A(E). What holds no parameter is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Value

from ._before_diagnosis import Before
from ._latency_laws import Family, Law

#: Step of the differences of the gradient that make the Hessian.
STEP = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class OccultRows:
    """What the likelihood reads, a row a person or a part of one's time.

    Attributes
    ----------
    entry, exit, upper : (n,) float
        Years since diagnosis; ``upper`` is NaN where there is no interval, and ``exit`` the
        start of the interval where there is one.
    event : (n,) bool
        An event seen exactly at ``exit``.
    background, gap : (n,) float
        The background hazard at exact events; its cumulative hazard over intervals.
    share, law : (n, p), (n, q) float
        Covariates of the share, intercept first, and of the law, without one.
    """

    entry: Vector
    exit: Vector
    upper: Vector
    event: NDArray[np.bool_]
    background: Vector
    gap: Vector
    share: Vector
    law: Vector


@dataclass(frozen=True, slots=True, eq=False)
class OccultModel:
    """The log-likelihood as a function of (share's effects, law's parameters, its effects).

    With ``before`` the last parameter is the logit of the share whose cancer was found
    before diagnosis.
    """

    rows: OccultRows
    family: Family
    before: Before | None = None

    @property
    def size(self) -> int:
        """How many parameters there are."""
        rows = self.rows
        effects: int = rows.share.shape[1] + rows.law.shape[1]
        return effects + len(self.family.names) + (self.before is not None)

    def split(self, theta: Vector) -> tuple[Vector, Vector, Vector]:
        """Return the effects on the share, the law's parameters and the effects on it."""
        first = self.rows.share.shape[1]
        second = first + len(self.family.names)
        return theta[:first], theta[first:second], theta[second : second + self.rows.law.shape[1]]

    def slope(self, theta: Vector) -> tuple[float, Vector]:
        """Return the log-likelihood and its gradient."""
        share, law, effects = self.split(theta)
        nothing = -np.inf, np.full(self.size, np.nan)
        if not self.family.allowed(law):
            return nothing
        with np.errstate(all="ignore"):
            value, by_share, by_law = self._people(share, law, effects)
            k = len(law)
            parts = [self.rows.share.T @ by_share, by_law[:, :k].sum(axis=0)]
            parts.append(self.rows.law.T @ by_law[:, k])
            if self.before is not None:
                more, by_before, by_its_law = self.before.slope(float(theta[-1]), self.family, law)
                value += more
                parts[1] = parts[1] + by_its_law
                parts.append(np.array([by_before]))
        gradient = np.concatenate(parts)
        return (value, gradient) if np.isfinite(value) else nothing

    def objective(self, theta: Vector, free: NDArray[np.bool_] | None = None) -> Value:
        """Return the log-likelihood, its gradient, and the Hessian by differences of that.

        Where only some parameters are ``free``, the Hessian of the others stays 0.
        """
        value, gradient = self.slope(theta)
        hessian = np.zeros((self.size, self.size))
        if np.isfinite(value):
            wanted = np.isfinite(theta) if free is None else free & np.isfinite(theta)
            for k in np.flatnonzero(wanted):
                move = np.zeros(self.size)
                move[k] = STEP
                up, down = self.slope(theta + move)[1], self.slope(theta - move)[1]
                hessian[k] = (up - down) / (2.0 * STEP)
        return Value(value, gradient, 0.5 * (hessian + hessian.T))

    def _people(self, share: Vector, law: Vector, effects: Vector) -> tuple[float, Vector, Vector]:
        """Return the sum over rows, and each row's slope by logit share and by the law."""
        rows, family = self.rows, self.family
        logit = rows.share @ share
        pi, rest = special.expit(logit), special.expit(-logit)
        shift = rows.law @ effects
        end = family.at(law, shift, rows.exit)
        value, by_share, by_law = _free(pi, rest, end)
        late = np.flatnonzero(rows.entry > 0)
        begin = family.at(law, shift[late], rows.entry[late])
        at_entry = _free(pi[late], rest[late], begin)
        hit = np.flatnonzero(rows.event)
        _put((value, by_share, by_law), hit, _exact(pi, rest, end, hit, rows.background))
        some = np.flatnonzero(~np.isnan(rows.upper))
        if len(some):
            last = family.at(law, shift[some], rows.upper[some])
            found = _within(pi[some], rest[some], _some(end, some), last, rows.gap[some])
            _put((value, by_share, by_law), some, found)
        value[late] -= at_entry[0]
        by_share[late] -= at_entry[1]
        by_law[late] -= at_entry[2]
        return float(value.sum()), by_share, by_law


Terms = tuple[Vector, Vector, Vector]


def _put(into: Terms, where: NDArray[np.intp], found: Terms) -> None:
    for whole, part in zip(into, found, strict=True):
        whole[where] = part


def _some(law: Law, where: NDArray[np.intp]) -> Law:
    return Law(*(part[where] for part in law))


def _free(pi: Vector, rest: Vector, at: Law) -> Terms:
    """Return log A(t) and its slopes."""
    free = rest + pi * at.hidden
    by_law = -(pi / free)[:, None] * at.slopes
    return np.log(free), -pi * rest * at.detected / free, by_law


def _exact(pi: Vector, rest: Vector, end: Law, hit: NDArray[np.intp], background: Vector) -> Terms:
    """Return log(b A + pi g) and its slopes."""
    pi, rest, at, rate = pi[hit], rest[hit], _some(end, hit), background[hit]
    density = np.exp(at.log_density)
    total = rate * (rest + pi * at.hidden) + pi * density
    by_share = pi * rest * (density - rate * at.detected) / total
    slopes = density[:, None] * at.log_slopes - rate[:, None] * at.slopes
    return np.log(total), by_share, (pi / total)[:, None] * slopes


def _within(pi: Vector, rest: Vector, low: Law, high: Law, gap: Vector) -> Terms:
    """Return log(A(L) - exp(-c) A(R)) and its slopes."""
    stay, go = np.exp(-gap), -np.expm1(-gap)
    early = low.detected < 0.5
    more = np.where(early, high.detected - low.detected, low.hidden - high.hidden)
    total = go * (rest + pi * low.hidden) + stay * pi * more
    by_share = pi * rest * (stay * more - go * low.detected) / total
    slopes = stay[:, None] * (high.slopes - low.slopes) - go[:, None] * low.slopes
    return np.log(total), by_share, (pi / total)[:, None] * slopes
