"""Several distributions averaged: their weights, and limits that hold the choice among them.

Each fitted distribution k has a weight, from Akaike's criterion, and says how confident it is
that a quantity lies below x: P_k(x). A limit of the average is where the weighted mean of these
is half of what the level leaves out (Turek and Fletcher 2012), so that with one distribution it
is that distribution's own limit, and with several that differ it lies beyond each one's estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from paraneo.numerics.arrays import Vector, normal_quantile

from ._detection_times import Distribution
from ._occult_fit import OccultFit
from ._occult_likelihood import OccultModel
from ._profiles import ShareProfile

#: A distribution with a smaller weight than this is shown, but is no part of the average.
LEAST = 1e-3
#: Halvings in the search for limits: enough for the last digit.
HALVINGS = 60
#: Steps outwards, in logits, in the search for a limit of the share.
OUTWARDS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """Model and fit in standard units of the covariates, and the matrix back from them."""

    model: OccultModel
    fit: OccultFit
    back: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """One distribution with its fit and its weight in the average."""

    names: tuple[str, ...]
    model: OccultModel
    fit: OccultFit
    weight: float
    search: Search

    @property
    def distribution(self) -> Distribution:
        """The distribution."""
        return self.model.distribution


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What one distribution says of a quantity at some times, on a scale without bounds.

    Attributes
    ----------
    middle, error : array
    low, high : array
        Limits of the distribution alone; NaN or infinite where it has none.
    held : bool
        The share is on a bound, so that the two limits are all that is known.
    """

    middle: Vector
    error: Vector
    low: Vector
    high: Vector
    held: bool

    def below(self, x: Vector, tail: float) -> Vector:
        """Return how confident it is that the quantity lies below x."""
        if not self.held:
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(special.ndtr((x - self.middle) / self.error))
        low = np.where(x > self.low, tail, 0.0)
        past = np.where(self.middle < 0, True, x > self.high)
        high = np.where(np.isnan(self.high), np.inf, self.high)
        return np.where(past, np.where(x > high, 1.0, 1.0 - tail), low)


def akaike_weights(log_likelihoods: Sequence[float], parameters: Sequence[int]) -> Vector:
    """Return weights by Akaike's criterion; a fit without a likelihood has none.

    >>> akaike_weights([-10.0, -10.0], [2, 3]).round(3)
    array([0.731, 0.269])
    """
    height = np.asarray(log_likelihoods, dtype=np.float64) - np.asarray(parameters)
    known = np.isfinite(height)
    weights = np.zeros(len(height))
    if known.any():
        weights[known] = np.exp(height[known] - height[known].max())
        weights /= weights.sum()
        weights[weights < LEAST] = 0.0
        weights /= weights.sum()
    return weights


def mixed_limits(
    beliefs: Sequence[Belief], weights: Sequence[float], level: float
) -> tuple[Vector, Vector]:
    """Return the limits of an average of several beliefs."""
    if len(beliefs) == 1:
        return beliefs[0].low, beliefs[0].high
    tail = 0.5 * (1.0 - level)
    free = [belief for belief in beliefs if not belief.held]
    shape = beliefs[0].middle.shape
    if not free:
        low = np.min([np.nan_to_num(one.low, nan=-np.inf) for one in beliefs], axis=0)
        return low, np.max([np.nan_to_num(one.high, nan=np.inf) for one in beliefs], axis=0)
    limits = []
    for wanted, side in ((tail, "low"), (1.0 - tail, "high")):
        ends = np.array([getattr(one, side) for one in free])
        inner, outer = ends.min(axis=0), ends.max(axis=0)

        def off(x: Vector, wanted: float = wanted) -> Vector:
            parts = (w * b.below(x, tail) for w, b in zip(weights, beliefs, strict=True))
            return np.asarray(sum(parts) - wanted)

        reach = np.full(shape, 1.0 + np.nanmax(outer - inner, initial=0.0))
        never = off(inner - reach) > 0, off(outer + reach) < 0
        a, b = inner - reach, outer + reach
        for _ in range(HALVINGS):
            middle = 0.5 * (a + b)
            above = off(middle) > 0
            a, b = np.where(above, a, middle), np.where(above, middle, b)
        found = np.where(never[0], -np.inf, np.where(never[1], np.inf, 0.5 * (a + b)))
        limits.append(np.where(np.isnan(inner), np.nan, found))
    return limits[0], limits[1]


def share_limits(
    profiles: Sequence[ShareProfile],
    weights: Sequence[float],
    own: Sequence[tuple[float, float]],
    level: float,
) -> tuple[float, float]:
    """Return limits of the averaged logit share by profile likelihood.

    Parameters
    ----------
    profiles : sequence of ShareProfile
    weights : sequence of float
    own : sequence of pairs
        Each distribution's own profile limits at the level, between which the average's lie.
    level : float
    """
    tail = 0.5 * (1.0 - level)

    def off(logit: float, wanted: float) -> float:
        each = zip(weights, profiles, strict=True)
        return sum(w * profile.confidence_below(logit) for w, profile in each) - wanted

    limits = []
    for side, (wanted, way) in enumerate(((tail, -1.0), (1.0 - tail, 1.0))):
        bound = way * np.inf
        if way * off(bound, wanted) < 0:
            limits.append(bound)
            continue
        finite = [pair[side] for pair in own if np.isfinite(pair[side])]
        inner = way * min((way * end for end in finite), default=0.0)
        outer = way * max((way * end for end in finite), default=0.0)
        limits.append(_root(lambda x, wanted=wanted: off(x, wanted), inner, outer, way))
    return limits[0], limits[1]


def _root(off: object, inner: float, outer: float, way: float) -> float:
    """Return where an increasing function is 0, from a bracket that may need to be widened."""
    assert callable(off)
    for _ in range(OUTWARDS):
        if way * off(outer) >= 0:
            break
        outer += way
    for _ in range(OUTWARDS):
        if way * off(inner) <= 0:
            break
        inner -= way
    if inner == outer:
        return inner
    if way * off(outer) < 0 or way * off(inner) > 0:
        return way * np.inf
    return float(optimize.brentq(off, min(inner, outer), max(inner, outer), xtol=1e-6))


def unconditional(components: Sequence[Component]) -> Vector:
    """Return a covariance of (weights, all parameters) that holds the choice among them.

    The weights count as proportions of one draw, and each distribution's covariance is divided by
    its weight, so that by the delta method the variance of any averaged quantity is
    sum of w (variance + (its own - the average)^2): Burnham and Anderson's (2002, section 4.3).
    """
    weights = np.array([one.weight for one in components])
    size = len(weights) + sum(len(one.fit.theta) for one in components)
    whole = np.zeros((size, size))
    at = len(weights)
    whole[:at, :at] = np.diag(weights) - np.outer(weights, weights)
    for one in components:
        own = slice(at, at + len(one.fit.theta))
        whole[own, own] = one.fit.covariance / one.weight
        at = own.stop
    return whole


def belief(
    middle: Vector, error: Vector, level: float, bound: tuple[float, float] | None
) -> Belief:
    """Return a belief by the delta method, or one whose share is on a bound, with its limits."""
    if bound is None:
        half = normal_quantile(level) * error
        return Belief(middle, error, middle - half, middle + half, held=False)
    low, high = (np.full_like(middle, end) for end in bound)
    return Belief(middle, error, low, high, held=True)
