"""An averaged occult-cancer model at some times: probabilities, and each distribution's beliefs.

With weights w_k the average is itself an occult-cancer model: the proportion with an occult cancer
is the sum of w_k pi_k, and what is detected by t the sum of w_k pi_k G_k(t).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from paraneo.numerics.arrays import Vector

from ._average import Belief, Component, belief
from ._occult_likelihood import OccultModel

#: Step of the differences that carry the covariance to curves.
STEP = 1e-5


class State(NamedTuple):
    """Where people stand at some times, (rows of covariates, times), as parts of all people.

    Attributes
    ----------
    without, occult, detected : array
        Without an excess cancer ever; with one not yet detected; with one that is.
    density : array
        Of detections, per year.
    """

    without: Vector
    occult: Vector
    detected: Vector
    density: Vector


#: From a state to a quantity.
Quantity = Callable[[State], Vector]


def log_hazard(state: State) -> Vector:
    """Return the log of the excess hazard."""
    return np.asarray(np.log(state.density) - np.log(state.without + state.occult))


def cumulative(state: State) -> Vector:
    """Return the cumulative excess hazard."""
    found = state.detected
    left = np.where(found < 0.5, np.log1p(-found), np.log(state.without + state.occult))
    return np.asarray(np.abs(left))


def log_cumulative(state: State) -> Vector:
    """Return the log of the cumulative excess hazard."""
    return np.asarray(np.log(cumulative(state)))


def logit_residual(state: State) -> Vector:
    """Return the logit of the share with an occult cancer among those without one so far."""
    return np.asarray(np.log(state.occult) - np.log(state.without))


def residual(state: State) -> Vector:
    """Return the share with an occult cancer among those without one so far."""
    return np.where(state.occult == 0, 0.0, state.occult / (state.without + state.occult))


def state_of(model: OccultModel, theta: Vector, time: Vector, x: Vector, z: Vector) -> State:
    """Return the state under one distribution; x, z are covariates of the share and of time."""
    share, timing, effects = model.split(theta)
    logit, shape = (x @ share)[:, None], (len(x), len(time))
    shift = np.repeat(z @ effects, len(time))
    at = model.distribution.at(timing, shift, np.tile(time, len(x)))
    pi = special.expit(logit)
    parts = [part.reshape(shape) for part in (at.undetected, at.detected, np.exp(at.log_density))]
    some = [np.where(pi == 0, 0.0, pi * part) for part in parts]
    without = np.broadcast_to(special.expit(-logit), shape)
    return State(without, *some)


def mixed(states: Sequence[State], weights: Sequence[float]) -> State:
    """Return the average of states."""
    each = zip(*states, strict=True)
    return State(*(sum(w * p for w, p in zip(weights, part, strict=True)) for part in each))


def believed(
    component: Component,
    time: Vector,
    rows: tuple[Vector, Vector],
    scaled: Quantity,
    level: float,
) -> Belief:
    """Return what a distribution says of a quantity, by the delta method."""
    model, theta = component.model, component.fit.theta
    logit, of_hazard = float(theta[0]), scaled is not logit_residual

    def at(point: Vector) -> Vector:
        with np.errstate(all="ignore"):
            return scaled(state_of(model, point, time, *rows))

    middle = at(theta)
    if np.isneginf(logit) or (np.isinf(logit) and not of_hazard):
        held = np.full_like(middle, logit)
        upper = np.nan if of_hazard else float(component.fit.upper[0])
        return belief(held, np.full_like(middle, np.nan), level, (-np.inf, upper))
    # by steps in standard units, in which parameters are of one size
    covariance, back = component.search.fit.covariance, component.search.back
    slopes = np.zeros((*middle.shape, len(theta)))
    for k in np.flatnonzero(np.isfinite(np.diag(covariance))):
        move = STEP * back[:, k]
        with np.errstate(invalid="ignore"):
            slopes[..., k] = (at(theta + move) - at(theta - move)) / (2.0 * STEP)
    variance = np.einsum("rti,ij,rtj->rt", slopes, np.nan_to_num(covariance), slopes)
    return belief(middle, np.sqrt(np.maximum(variance, 0.0)), level, None)
