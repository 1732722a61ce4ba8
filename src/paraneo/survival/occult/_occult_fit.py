"""From the occult-cancer likelihood to estimates: the search, its bounds, and limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.numerics.newton import Optimum
from paraneo.numerics.profile import profile_limit
from paraneo.results.convergence import Convergence

from ._occult_likelihood import OccultModel
from ._profiles import CLOSE, BoundProfile, Flags, ShareProfile, climbed, profile_of

#: Logits of the share from which the search may start.
LOGITS = (-4.0, -2.5, -1.0, 0.5)
#: How many of the best starts are climbed from.
CLIMBS = 2
#: A share on its bound that is no worse than this is the answer.
SAME = 1e-6
#: A profile that has changed no more than this over the last step will not reach the limit.
FLAT = 1e-5
#: Standard error of a person's logit, or log scale of time, that says it has run away.
LOOSE = 100.0

ONLY_NONE = (
    "no more events than the background's: the share is estimated as 0, and its distribution "
    "of the time to detection cannot be estimated"
)
EVERYBODY = (
    "the likelihood is highest where everybody has an occult cancer: the data do not show that "
    "excess cancers cease, and the distribution's limits hold given a share of 1"
)
CONFOUNDED = (
    "the data cannot tell a small share detected early from a large one detected late: "
    "the upper limit of the share is 1"
)
PERHAPS_NONE = "a share of 0 lies within the limits"
NO_OPTIMUM = "no optimum: the share runs to 0 or 1 for some, or the distribution to a spike"


@dataclass(frozen=True, slots=True, eq=False)
class OccultFit:
    """Estimates with limits; on a bound the logit of the share is infinite.

    ``ends`` are the log-likelihoods with a share of 0 and of 1, where there is one share for all.
    """

    theta: Vector
    covariance: Vector
    lower: Vector
    upper: Vector
    log_likelihood: float
    convergence: Convergence
    best: Optimum | None
    ends: tuple[Optimum | None, Optimum | None]

    def share_profile(self, model: OccultModel) -> ShareProfile:
        """Return the profile likelihood of the one share."""
        best = self.best
        assert best is not None  # asked only of fits with an optimum
        top = best.at.value
        ends = [top - one.at.value if one is not None else np.inf for one in self.ends]
        logit = float(self.theta[0])
        if np.isinf(logit):
            other = self.ends[1] if logit < 0 else self.ends[0]
            timing = (best if other is None else other).point[1:].copy()
            return ShareProfile(BoundProfile(model, top, timing), logit, (ends[0], ends[1]))
        free = np.ones(model.size, dtype=bool)
        profile = profile_of(model, best, free, 0, self.covariance)
        return ShareProfile(lambda x: profile(x - logit), logit, (ends[0], ends[1]))


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """A model with its starts, and its optima at a share of 0 and of 1 where there is one share."""

    model: OccultModel
    starts: list[Vector]
    single: bool

    def best(self, logit: float | None = None) -> Optimum | None:
        """Return the highest optimum, at one logit of the share where one is given."""
        free = np.ones(self.model.size, dtype=bool)
        starts = self.starts
        if logit is not None:
            free[0] = False
            if logit < 0 and self.model.before is None:
                free[:] = False
            timings = np.unique([start[1:] for start in starts], axis=0)
            starts = [np.append(logit, timing) for timing in timings]
        ranked = sorted(starts, key=lambda start: -self.model.slope(start)[0])
        found = [climbed(self.model, start, free) for start in ranked[:CLIMBS]]
        found = [one for one in found if one.reached and np.isfinite(one.at.value)]
        return max(found, key=lambda one: one.at.value, default=None)


def fit_occult(
    model: OccultModel,
    names: Sequence[str],
    years: Sequence[float],
    level: float,
    *,
    single: bool,
) -> OccultFit:
    """Maximise the likelihood from several starts; say where the share ends on a bound.

    Limits are Wald's; `profiled` gives those by profile likelihood.

    Parameters
    ----------
    model : OccultModel
    names : sequence of str
    years : sequence of float
        Times to detection from which the search starts.
    level : float
    single : bool
        One share for all, which may then be 0 or 1.
    """
    search = _Search(model, _starts(model, years), single)
    inside = search.best()
    none, whole = (search.best(-np.inf), search.best(np.inf)) if single else (None, None)
    ends = [one.at.value if one is not None else -np.inf for one in (none, whole)]
    covariance = None
    if inside is not None and inside.at.value > max(ends) + SAME:
        covariance = _covariance(inside, np.ones(model.size, dtype=bool))
        if covariance is not None and _loose(model, covariance):
            covariance, inside = None, None
    if inside is None or covariance is None:
        return _on_bound(model, names, inside, none, whole, level)
    lower, upper = _wald(inside.point, covariance, level)
    how = Convergence(True, inside.iterations, inside.gradient, ())
    bounds = (none, whole)
    return OccultFit(inside.point, covariance, lower, upper, inside.at.value, how, inside, bounds)


#: From a model, its optimum and covariance, and the place of a parameter, to the same in
#: coordinates of which that parameter is one, in the units in which its limits are reported.
Turn = Callable[[OccultModel, Optimum, Vector, int], tuple[Any, Optimum, Vector]]


def _as_it_is(
    model: OccultModel, best: Optimum, covariance: Vector, _place: int
) -> tuple[OccultModel, Optimum, Vector]:
    return model, best, covariance


def profiled(
    model: OccultModel, fit: OccultFit, level: float, *, single: bool, turn: Turn = _as_it_is
) -> OccultFit:
    """Return the fit with limits by profile likelihood; as it is where it has no optimum."""
    best, (none, whole) = fit.best, fit.ends
    if best is None or not fit.convergence.reached:
        return fit
    lower, upper = fit.lower.copy(), fit.upper.copy()
    free = np.ones(model.size, dtype=bool)
    if np.isinf(fit.theta[0]):
        nothing = best is none
        free[0] = False
        free[1:] = not (nothing and model.before is None)
        if free.any():
            low, high = _profile(model, best, free, fit.covariance, level, None, turn)
            lower[1:], upper[1:] = low[1:], high[1:]
        end = _far_limit(model, best, whole if nothing else none, level)
        lower[0], upper[0] = (-np.inf, end) if nothing else (end, np.inf)
        return replace(fit, lower=lower, upper=upper)
    ends = [one.at.value if one is not None else -np.inf for one in (none, whole)]
    heights = ends if single else None
    lower, upper = _profile(model, best, free, fit.covariance, level, heights, turn)
    said = ((PERHAPS_NONE, np.isneginf(lower[0])), (CONFOUNDED, np.isposinf(upper[0])))
    note = "; ".join(text for text, true in said if true and single)
    how = replace(fit.convergence, note=note)
    return replace(fit, lower=lower, upper=upper, convergence=how)


def _starts(model: OccultModel, years: Sequence[float]) -> list[Vector]:
    starts = []
    for logit in LOGITS:
        for median in years:
            theta = np.zeros(model.size)
            theta[0] = logit
            first = model.rows.share.shape[1]
            timing = model.distribution.start(median)
            theta[first : first + len(timing)] = timing
            if model.before is not None:
                theta[-1] = -1.0
            starts.append(theta)
    return starts


def _on_bound(
    model: OccultModel,
    names: Sequence[str],
    inside: Optimum | None,
    none: Optimum | None,
    whole: Optimum | None,
    level: float,
) -> OccultFit:
    """Return the fit at a share of 0 or 1, or say that there is none."""
    ranked = [one for one in (none, whole) if one is not None]
    best = max(ranked, key=lambda one: one.at.value, default=None)
    if best is None or (inside is not None and inside.at.value > best.at.value + SAME):
        missing = np.full(model.size, np.nan)
        how = Convergence(False, 0, np.nan, (), NO_OPTIMUM)
        none_found = np.outer(missing, missing)
        return OccultFit(missing, none_found, missing, missing, np.nan, how, None, (none, whole))
    nothing = best is none
    theta, free = best.point.copy(), np.ones(model.size, dtype=bool)
    free[0] = False
    if nothing and model.before is None:
        free[:] = False
        theta[1:] = np.nan
    found = _covariance(best, free)
    covariance = np.full((model.size, model.size), np.nan) if found is None else found
    lower, upper = _wald(theta, covariance, level)
    lower[0], upper[0] = -np.inf, np.inf
    note = ONLY_NONE if nothing else EVERYBODY
    how = Convergence(found is not None, best.iterations, best.gradient, (names[0],), note)
    return OccultFit(theta, covariance, lower, upper, best.at.value, how, best, (none, whole))


def _covariance(found: Optimum, free: Flags) -> Vector | None:
    """Return the inverse of the observed information, None where it is not positive."""
    whole = np.full((len(free), len(free)), np.nan)
    if not free.any():
        return whole
    information = -found.at.hessian[np.ix_(free, free)]
    scale = np.sqrt(np.abs(np.diag(information)))
    if not np.isfinite(information).all() or not (scale > 0).all():
        return None
    scaled = information / np.outer(scale, scale)
    if np.linalg.eigvalsh(scaled)[0] < 1e-9:
        return None
    whole[np.ix_(free, free)] = np.linalg.inv(scaled) / np.outer(scale, scale)
    return whole


def _loose(model: OccultModel, covariance: Vector) -> bool:
    """Return whether effects have run away: somebody's logit of the share, or log time, is free."""
    rows, p, k = model.rows, model.rows.share.shape[1], len(model.distribution.names)
    parts = (rows.share, covariance[:p, :p]), (rows.timing, covariance[p + k :, p + k :])
    for matrix, own in parts:
        q = matrix.shape[1]
        if q and np.einsum("ij,jk,ik->i", matrix, own[:q, :q], matrix).max() > LOOSE**2:
            return True
    return False


def _wald(theta: Vector, covariance: Vector, level: float) -> tuple[Vector, Vector]:
    half = normal_quantile(level) * np.sqrt(np.diag(covariance))
    return theta - half, theta + half


def _profile(
    model: OccultModel,
    best: Optimum,
    free: Flags,
    covariance: Vector,
    level: float,
    ends: list[float] | None,
    turn: Turn,
) -> tuple[Vector, Vector]:
    """Return profile limits of the free parameters; ``ends`` are the heights at share 0 and 1."""
    deviate = normal_quantile(level)
    limits = np.full((2, model.size), np.nan)
    for k in map(int, np.flatnonzero(free)):
        moved, top, spread = turn(model, best, covariance, k)
        profile = profile_of(moved, top, free, k, spread)
        for side, sign in enumerate((-1.0, 1.0)):
            if k == 0 and ends is not None and best.at.value - ends[side] < 0.5 * deviate**2:
                limits[side, k] = sign * np.inf
                continue
            step = sign * deviate * float(np.sqrt(spread[k, k]))
            move = profile_limit(profile, 0.0, step, deviate, flat=FLAT, close=CLOSE)
            limits[side, k] = top.point[k] + move
    return limits[0], limits[1]


def _far_limit(model: OccultModel, best: Optimum, other: Optimum | None, level: float) -> float:
    """Return the limit of a share on its bound, by the profile over the distribution."""
    bound, deviate = float(best.point[0]), normal_quantile(level)
    if other is None and bound < 0:
        return np.inf
    if other is not None and best.at.value - other.at.value < 0.5 * deviate**2:
        return float(-np.sign(bound) * np.inf)
    start = (best if other is None else other).point[1:].copy()
    return BoundProfile(model, best.at.value, start).limit(bound, deviate)
