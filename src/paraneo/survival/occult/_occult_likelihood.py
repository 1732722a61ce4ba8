"""Log-likelihood of a proportion with occult cancer over a background, with its gradient.

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
from ._detection_times import Detection, Distribution

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
        An event observed exactly at ``exit``.
    background, gap : (n,) float
        The background hazard at exact events; its cumulative hazard over intervals.
    share, timing : (n, p), (n, q) float
        Covariates of the share, intercept first, and of the scale of time, without one.
    """

    entry: Vector
    exit: Vector
    upper: Vector
    event: NDArray[np.bool_]
    background: Vector
    gap: Vector
    share: Vector
    timing: Vector


@dataclass(frozen=True, slots=True, eq=False)
class OccultModel:
    """The log-likelihood as a function of (effects on the share, timing, effects on its scale).

    With ``before`` the last parameter is the logit of the share whose cancer was found
    before diagnosis.
    """

    rows: OccultRows
    distribution: Distribution
    before: Before | None = None

    @property
    def size(self) -> int:
        """How many parameters there are."""
        rows = self.rows
        effects: int = rows.share.shape[1] + rows.timing.shape[1]
        return effects + len(self.distribution.names) + (self.before is not None)

    def split(self, theta: Vector) -> tuple[Vector, Vector, Vector]:
        """Return the effects on the share, the distribution's parameters and the effects on it."""
        first = self.rows.share.shape[1]
        second = first + len(self.distribution.names)
        return (
            theta[:first],
            theta[first:second],
            theta[second : second + self.rows.timing.shape[1]],
        )

    def slope(self, theta: Vector) -> tuple[float, Vector]:
        """Return the log-likelihood and its gradient."""
        share, timing, effects = self.split(theta)
        nothing = -np.inf, np.full(self.size, np.nan)
        if not self.distribution.allowed(timing):
            return nothing
        with np.errstate(all="ignore"):
            value, by_share, by_timing = self._people(share, timing, effects)
            k = len(timing)
            parts = [self.rows.share.T @ by_share, by_timing[:, :k].sum(axis=0)]
            parts.append(self.rows.timing.T @ by_timing[:, k])
            if self.before is not None:
                more, by_before, by_its_timing = self.before.slope(
                    float(theta[-1]), self.distribution, timing
                )
                value += more
                parts[1] = parts[1] + by_its_timing
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

    def _people(
        self, share: Vector, timing: Vector, effects: Vector
    ) -> tuple[float, Vector, Vector]:
        """Return the sum over rows, and each row's slope by logit share and by the distribution."""
        rows, distribution = self.rows, self.distribution
        logit = rows.share @ share
        pi, rest = special.expit(logit), special.expit(-logit)
        shift = rows.timing @ effects
        end = distribution.at(timing, shift, rows.exit)
        value, by_share, by_timing = _free(pi, rest, end)
        late = np.flatnonzero(rows.entry > 0)
        begin = distribution.at(timing, shift[late], rows.entry[late])
        at_entry = _free(pi[late], rest[late], begin)
        hit = np.flatnonzero(rows.event)
        _put((value, by_share, by_timing), hit, _exact(pi, rest, end, hit, rows.background))
        some = np.flatnonzero(~np.isnan(rows.upper))
        if len(some):
            last = distribution.at(timing, shift[some], rows.upper[some])
            found = _within(pi[some], rest[some], _some(end, some), last, rows.gap[some])
            _put((value, by_share, by_timing), some, found)
        value[late] -= at_entry[0]
        by_share[late] -= at_entry[1]
        by_timing[late] -= at_entry[2]
        return float(value.sum()), by_share, by_timing


Terms = tuple[Vector, Vector, Vector]


def _put(into: Terms, where: NDArray[np.intp], found: Terms) -> None:
    for whole, part in zip(into, found, strict=True):
        whole[where] = part


def _some(at: Detection, where: NDArray[np.intp]) -> Detection:
    return Detection(*(part[where] for part in at))


def _free(pi: Vector, rest: Vector, at: Detection) -> Terms:
    """Return log A(t) and its slopes."""
    free = rest + pi * at.undetected
    by_timing = -(pi / free)[:, None] * at.slopes
    return np.log(free), -pi * rest * at.detected / free, by_timing


def _exact(
    pi: Vector, rest: Vector, end: Detection, hit: NDArray[np.intp], background: Vector
) -> Terms:
    """Return log(b A + pi g) and its slopes."""
    pi, rest, at, rate = pi[hit], rest[hit], _some(end, hit), background[hit]
    density = np.exp(at.log_density)
    total = rate * (rest + pi * at.undetected) + pi * density
    by_share = pi * rest * (density - rate * at.detected) / total
    slopes = density[:, None] * at.log_slopes - rate[:, None] * at.slopes
    return np.log(total), by_share, (pi / total)[:, None] * slopes


def _within(pi: Vector, rest: Vector, low: Detection, high: Detection, gap: Vector) -> Terms:
    """Return log(A(L) - exp(-c) A(R)) and its slopes."""
    stay, go = np.exp(-gap), -np.expm1(-gap)
    early = low.detected < 0.5
    more = np.where(early, high.detected - low.detected, low.undetected - high.undetected)
    total = go * (rest + pi * low.undetected) + stay * pi * more
    by_share = pi * rest * (stay * more - go * low.detected) / total
    slopes = stay[:, None] * (high.slopes - low.slopes) - go[:, None] * low.slopes
    return np.log(total), by_share, (pi / total)[:, None] * slopes
