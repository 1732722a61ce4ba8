"""From a model to estimates: the search, parameters on a bound, and their limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.numerics.newton import Optimum, Value, maximise
from paraneo.numerics.profile import profile_limit
from paraneo.results.convergence import Convergence
from paraneo.survival._spells import product

#: A baseline or a group with fewer modelled excess events than this has none at all.
NO_EVENTS = 1e-6
#: A stand-in beyond this is an infinite estimate; any other one is no estimate at all.
FAR = 100.0
#: Standard error of the effect of a standardised covariate that says that it has run away.
LOOSE = 1e3


class Model(Protocol):
    """What the search asks of a model."""

    @property
    def size(self) -> int:
        """How many parameters there are."""

    @property
    def bands(self) -> int:
        """How many of them, the first ones, make the baselines."""

    @property
    def constant(self) -> bool:
        """Whether each baseline parameter is the log of a hazard in a band."""

    @property
    def back(self) -> Vector:
        """The matrix from the search's parameters to the user's."""

    def objective(self, theta: Vector) -> Value:
        """Return the log-likelihood in the search's parameters."""

    def raw_objective(self, theta: Vector) -> Value:
        """Return the log-likelihood in the user's parameters."""

    def start(self) -> Vector:
        """Return where the search starts."""

    def hopeless(self) -> NDArray[np.bool_]:
        """Return which baseline parameters are surely minus infinity."""

    def idle(self, held: NDArray[np.bool_]) -> list[int]:
        """Return the effects that act only where these parameters leave no excess."""

    def vanishing(self, theta: Vector, limit: float) -> dict[int, float]:
        """Return parameters that run to minus infinity, with the value that stands for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Estimates of the user's parameters.

    Attributes
    ----------
    theta : (p,) float
        Estimates; minus infinity on a bound, NaN where no optimum was found.
    covariance : (p, p) float
        Inverse of the observed information; NaN in rows and columns of a bound.
    lower, upper : (p,) float
        Wald limits; by profile likelihood for a parameter on its bound, where one is the
        estimate, and for those that are ``profiled``.
    profiled : (p,) bool
        Bands, on no bound, with limits by profile likelihood.
    log_likelihood : float
    convergence : Convergence
    point : (p,) float
        The estimates with finite stand-ins for infinite effects, as kernels take them.
    """

    theta: Vector
    covariance: Vector
    lower: Vector
    upper: Vector
    profiled: NDArray[np.bool_]
    log_likelihood: float
    convergence: Convergence
    point: Vector


def fit(model: Model, names: Sequence[str], level: float, interval: str) -> Fit:
    """Maximise the likelihood; where it rises towards a bound, say so and bound it.

    The excess of a band, or of a group, with no more events than expected is estimated
    as 0, its log as minus infinity, and an upper limit is where the profile
    log-likelihood has fallen by half the chi-squared quantile of one degree of freedom.
    """
    point = model.start()
    held = np.zeros(model.size, dtype=bool)
    held[: model.bands] = model.hopeless()
    point[held] = -np.inf
    vanished: dict[int, float] = dict.fromkeys(model.idle(held), 0.0)
    held[list(vanished)] = True
    found = maximise(model.objective, point, ~held)
    theta = model.back @ np.where(held, 0.0, found.point)
    theta[held] = -np.inf
    theta[list(vanished)] = np.nan
    covariance = _covariance(found.at, ~held, model.back)
    steps = found.iterations
    while found.reached or not vanished:
        more = model.vanishing(_finite(theta, held, vanished), NO_EVENTS)
        more = {k: value for k, value in more.items() if not held[k]}
        lost = [names[k] for k, value in more.items() if np.isnan(value)]
        if lost:
            note = f"no excess where '{lost[0]}' is 0: choose another reference level"
            found = found._replace(reached=False, message=note)
            break
        if not more:
            found = _unless_loose(found, held, vanished, names, model.bands)
            break
        vanished |= more
        held[list(more)] = True
        found = maximise(model.raw_objective, _finite(theta, held, vanished), ~held)
        steps += found.iterations
        theta = np.where(held, -np.inf, found.point)
        for k, value in vanished.items():
            theta[k] = np.copysign(np.inf, value) if abs(value) > FAR else np.nan
        covariance = _covariance(found.at, ~held, np.eye(model.size))
    return _finish(model, names, level, interval, found, theta, held, vanished, covariance, steps)


def _unless_loose(
    found: Optimum,
    held: NDArray[np.bool_],
    vanished: dict[int, float],
    names: Sequence[str],
    bands: int,
) -> Optimum:
    """Return the optimum, or say that none is where effects run away together."""
    covariance = None if vanished else _covariance(found.at, ~held, np.eye(len(held)))
    if covariance is None:
        return found
    with np.errstate(invalid="ignore"):
        loose = np.flatnonzero(np.diag(covariance) > LOOSE**2)
    effects = [names[int(k)] for k in loose if k >= bands]
    if not effects:
        return found
    note = f"the likelihood rises without end: {', '.join(effects)} separate those with events"
    return found._replace(reached=False, message=note)


def _finish(
    model: Model,
    names: Sequence[str],
    level: float,
    interval: str,
    found: Optimum,
    theta: Vector,
    held: NDArray[np.bool_],
    vanished: dict[int, float],
    covariance: Vector | None,
    steps: int,
) -> Fit:
    alone = (
        bool(held[: model.bands].all() and np.isneginf(theta[: model.bands]).any())
        and model.size > model.bands
    )
    definite = covariance is not None
    reached = found.reached and definite and not alone
    note = found.message
    if alone:
        note = "no more events than expected in any band: effects cannot be estimated"
    elif found.reached and not definite:
        note = "the likelihood is flat: some effects cannot be separated"
    how = Convergence(
        reached, steps, found.gradient, tuple(names[int(k)] for k in np.flatnonzero(held)), note
    )
    profiled = np.zeros(model.size, dtype=bool)
    if not reached or covariance is None:
        none = np.full(model.size, np.nan)
        unknown = np.full((model.size, model.size), np.nan)
        return Fit(none, unknown, none, none, profiled, np.nan, how, none)
    error = np.sqrt(np.diag(covariance))
    deviate = normal_quantile(level)
    lower, upper = theta - deviate * error, theta + deviate * error
    if model.constant and interval == "profile":
        profiled[: model.bands] = np.isfinite(error[: model.bands])
    point = _finite(theta, held, vanished)
    done = Fit(theta, covariance, lower, upper, profiled, found.at.value, how, point)
    one = np.eye(model.size)
    for k in np.flatnonzero(held & ~np.isnan(theta)):
        end = profile_of_sum(model, done, one[k], level, -np.sign(point[k]))
        lower[k], upper[k] = sorted((theta[k], end))
    for k in np.flatnonzero(profiled):
        lower[k], upper[k] = (profile_of_sum(model, done, one[k], level, w) for w in (-1.0, 1.0))
    return done


def _finite(theta: Vector, held: NDArray[np.bool_], vanished: dict[int, float]) -> Vector:
    """Return the parameters as the kernel takes them: effects on a bound very low."""
    point = np.where(held, -np.inf, theta)
    for k, value in vanished.items():
        point[k] = value
    return point


def _covariance(at: Value, free: NDArray[np.bool_], back: Vector) -> Vector | None:
    """Return the inverse information in the user's parameters, None where there is none."""
    size = len(free)
    whole = np.full((size, size), np.nan)
    if not free.any():
        return whole
    information = -at.hessian[np.ix_(free, free)]
    scale = np.sqrt(np.abs(np.diag(information)))
    if not np.isfinite(information).all() or not (scale > 0).all():
        return None
    scaled = information / np.outer(scale, scale)
    try:
        factor = linalg.cho_factor(scaled)
    except linalg.LinAlgError:
        return None
    spread = linalg.eigvalsh(scaled)
    if spread[-1] > 1e13 * spread[0]:
        return None
    inverse = linalg.cho_solve(factor, np.eye(len(scaled))) / np.outer(scale, scale)
    matrix = back[np.ix_(free, free)]
    whole[np.ix_(free, free)] = matrix @ inverse @ matrix.T
    return whole


def profile_of_sum(
    model: Model,
    fit: Fit,
    terms: Vector,
    level: float,
    way: float,
) -> float:
    """Return a profile limit of a weighted sum of parameters, up (1) or down (-1).

    Infinite where the profile log-likelihood never falls so far; NaN where several of the
    parameters are on a bound. The sum takes the place of one of its parameters, the pivot.
    Each step is one log unit, so that the climb over the others starts near its end.
    """
    held = np.isnan(np.diag(fit.covariance))
    on_bound = np.flatnonzero(held & (terms != 0))
    if len(on_bound) > 1 or not fit.convergence.reached:
        return np.nan
    pivot = int(on_bound[0]) if len(on_bound) else int(np.argmax(terms != 0))
    rest = np.flatnonzero(terms)
    rest = rest[rest != pivot]
    turn = np.eye(model.size)
    turn[pivot, rest] = -terms[rest] / terms[pivot]
    turn[pivot, pivot] = 1.0 / terms[pivot]
    free = ~held
    free[pivot] = False
    if model.constant and model.size == model.bands:  # bands without effects in common
        free[:] = False

    def objective(point: Vector) -> Value:
        there = point.copy()
        there[pivot] = turn[pivot, pivot] * point[pivot] + turn[pivot, rest] @ point[rest]
        with np.errstate(over="ignore", invalid="ignore"):  # a step that is then made shorter
            at = model.raw_objective(there)
            return Value(at.value, turn.T @ at.gradient, turn.T @ at.hessian @ turn)

    last = fit.point.copy()
    own = float(last[pivot])
    if len(on_bound):
        own = float(model.start()[pivot]) if pivot < model.bands else 0.0
    start = terms[pivot] * own + float(terms[rest] @ last[rest])

    def fall(value: float) -> float:
        last[pivot] = value
        there = maximise(objective, last, free)
        last[free] = there.point[free]
        return fit.log_likelihood - there.at.value

    return profile_limit(fall, start, way, normal_quantile(level), grow=1.0)


def from_zero(model: Model, fit: Fit, turn: Vector, interval: str, level: float) -> Fit:
    """Return the fit with its baseline where covariates are 0 in the user's own units.

    ``turn`` is the matrix from the parameters to the user's. Baselines that it moves have
    limits by profile likelihood where they are asked for, else Wald's.
    """
    moved = (turn != np.eye(model.size)).any(axis=1)
    if not moved.any() or not fit.convergence.reached:
        return fit
    theta = product(turn, fit.theta)
    theta[np.isneginf(fit.theta)] = -np.inf
    held = np.isnan(np.diag(fit.covariance))
    covariance = turn @ np.nan_to_num(fit.covariance) @ turn.T
    lost = held | (turn[:, held] != 0).any(axis=1)
    covariance[lost] = covariance[:, lost] = np.nan
    half = normal_quantile(level) * np.sqrt(np.diag(covariance))
    lower, upper = fit.lower.copy(), fit.upper.copy()
    lower[moved], upper[moved] = (theta - half)[moved], (theta + half)[moved]
    by_profile = moved & model.constant & ((interval == "profile") | lost)
    for k in np.flatnonzero(by_profile):
        ends = [profile_of_sum(model, fit, turn[k], level, way) for way in (-1.0, 1.0)]
        lower[k] = theta[k] if np.isneginf(theta[k]) else ends[0]
        upper[k] = theta[k] if np.isposinf(theta[k]) else ends[1]
    return replace(fit, theta=theta, covariance=covariance, lower=lower, upper=upper)
