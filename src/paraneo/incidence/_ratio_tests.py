"""Homogeneity, trend and comparison of ratios of observed to expected: arrays only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.numerics.profile import profile_limit
from paraneo.numerics.roots import root, roots


def homogeneity(observed: Vector, expected: Vector) -> tuple[float, float]:
    """Return the likelihood-ratio and Pearson statistics of one common ratio."""
    total = observed.sum()
    if total == 0:
        return 0.0, 0.0
    fitted = expected * (total / expected.sum())
    ratio = 2.0 * float(special.kl_div(observed, fitted).sum())
    with np.errstate(divide="ignore"):  # expected events too small for a double
        return ratio, float(((observed - fitted) ** 2 / fitted).sum())


class TrendFit(NamedTuple):
    """Slope of the log ratio over the scores, with its statistics on one df.

    ``lower`` and ``upper`` are the slopes at which the profile likelihood has fallen
    by half of the squared normal deviate.
    """

    slope: float
    std_error: float
    lower: float
    upper: float
    likelihood_ratio: float
    score: float


class _SlopeLikelihood:
    """The log likelihood of a slope with the intercept profiled out.

    Given their total the counts are multinomial with shares ∝ E·exp(slope·x); the
    logarithm of their likelihood is concave in the slope and 0 at slope 0. ``x`` runs
    from 0 to 1.
    """

    def __init__(self, observed: Vector, expected: Vector, x: Vector) -> None:
        self.total = float(observed.sum())
        self.x, self.base = x, np.log(expected)
        self.mean_seen = float(observed @ x / self.total)
        cases = x[observed > 0]
        #: +1 or -1 where all cases lie in an outermost stratum, else 0.
        self.edge = 0
        if cases.min() == cases.max() and cases[0] in (0.0, 1.0):
            self.edge = 1 if cases[0] == 1.0 else -1

    def moments(self, b: float) -> tuple[float, float]:
        """Return mean and variance of x over the shares."""
        share = special.softmax(self.base + b * self.x)
        mean = float(share @ self.x)
        return mean, float(share @ (self.x - mean) ** 2)

    def gain(self, b: float) -> float:
        """Return the log likelihood over that at slope 0."""
        shift = special.logsumexp(self.base + b * self.x) - special.logsumexp(self.base)
        return self.total * (b * self.mean_seen - float(shift))

    def best(self) -> tuple[float, float]:
        """Return the maximising slope and its gain; the slope may be infinite."""
        if self.edge:
            there = self.x == (1.0 if self.edge > 0 else 0.0)
            inside = special.logsumexp(self.base[there]) - special.logsumexp(self.base)
            return self.edge * np.inf, -self.total * float(inside)
        reach = 1.0
        while self.moments(reach)[0] < self.mean_seen or self.moments(-reach)[0] > self.mean_seen:
            reach *= 2.0
        b = root(lambda t: self.moments(t)[0] - self.mean_seen, -reach, reach)
        return b, self.gain(b)


def trend(observed: Vector, expected: Vector, scores: Vector, level: float) -> TrendFit:
    """Fit log(ratio) = a + slope·score with ``a`` profiled out."""
    if observed.sum() == 0:
        return TrendFit(np.nan, np.inf, -np.inf, np.inf, 0.0, 0.0)
    spread = float(np.ptp(scores))
    model = _SlopeLikelihood(observed, expected, (scores - scores.min()) / spread)
    mean, variance = model.moments(0.0)
    gap = model.total * (model.mean_seen - mean) ** 2
    score = gap / variance if variance > 0 else np.inf
    slope, peak = model.best()
    start = slope if np.isfinite(slope) else 0.0
    lower, upper = (
        way * np.inf
        if model.edge == way
        else profile_limit(
            lambda b: peak - model.gain(b), start, way, normal_quantile(level), close=1e-13
        )
        for way in (-1.0, 1.0)
    )
    error = np.inf if model.edge else 1.0 / np.sqrt(model.total * model.moments(slope)[1])
    return TrendFit(
        slope / spread, float(error / spread), lower / spread, upper / spread, 2.0 * peak, score
    )


def _above(p: Vector, a: Vector, b: Vector) -> Vector:
    """P(X >= a) for a binomial of a + b trials, with its values at a = 0."""
    inside = special.betainc(np.maximum(a, 1.0), b + 1.0, p)
    return np.asarray(np.where(a > 0, inside, 1.0), dtype=np.float64)


def _beyond(p: Vector, a: Vector, b: Vector) -> Vector:
    """P(X > a) for a binomial of a + b trials, with its values at b = 0."""
    inside = special.betainc(a + 1.0, np.maximum(b, 1.0), p)
    return np.asarray(np.where(b > 0, inside, 0.0), dtype=np.float64)


def lower_odds(a: Vector, b: Vector, level: float, *, mid: bool) -> Vector:
    """Return the lower limit of the odds p/(1 - p) from a against b events."""
    tail = (1.0 - level) / 2.0
    some = np.maximum(a, 1.0)
    p = np.asarray(special.betaincinv(some, b + 1.0, tail), dtype=np.float64)
    q = special.betainccinv(b + 1.0, some, tail)
    odds = p / q
    if mid:
        above = special.betaincinv(some + 1.0, np.maximum(b, 1.0), tail)
        high = np.asarray(np.where(b > 0, above, 1.0), dtype=np.float64)
        share = roots(
            lambda t, a, b: (_above(t, a, b) + _beyond(t, a, b)) / 2.0 - tail, p, high, some, b
        )
        odds = share / (1.0 - share)
    return np.asarray(np.where(a > 0, odds, 0.0), dtype=np.float64)


def conditional_p(a: Vector, b: Vector, p: Vector, *, mid: bool) -> Vector:
    """Return the central two-sided p-value of a binomial count a out of a + b."""
    up, down = _above(p, a, b), 1.0 - _beyond(p, a, b)
    if mid:
        up = (up + _beyond(p, a, b)) / 2.0
        down = 1.0 - up
    return np.asarray(np.minimum(1.0, 2.0 * np.minimum(up, down)), dtype=np.float64)
