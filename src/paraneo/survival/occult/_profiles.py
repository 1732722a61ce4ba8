"""Profile likelihoods: the limits of one parameter, and how unlikely other shares are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Optimum, maximise, near_maximum
from paraneo.numerics.profile import profile_limit

from ._occult_likelihood import OccultModel

#: Logit of the share from which the limit of a share on its other bound is looked for.
FURTHEST = 18.0
#: How near the signed root of twice the fall is to the normal deviate at a limit.
CLOSE = 1e-6

Flags = NDArray[np.bool_]


def climbed(model: OccultModel, start: Vector, free: Flags) -> Optimum:
    """Return the optimum over the free parameters that Newton's method finds from a start."""
    return maximise(lambda theta: model.objective(theta, free), start, free)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """How far the profile of parameter k falls, by how far it is moved from its estimate."""

    model: OccultModel
    best: Optimum
    others: Flags
    k: int
    lean: Vector
    inverse: Vector
    points: dict[float, Vector]

    def __call__(self, move: float) -> float:
        """Return the fall of the log-likelihood, infinite where that is zero."""
        return self.best.at.value - self._highest(move) if move else 0.0

    def _highest(self, move: float) -> float:
        """Return the likelihood maximised over the others, from the nearest point known."""
        near = min(self.points, key=lambda other: abs(other - move))
        start = self.points[near] + self.lean * (move - near)
        start[self.k] = self.best.point[self.k] + move
        quick = near_maximum(self.model.slope, start, self.others, self.inverse)
        if quick is not None:
            self.points[move] = quick[0]
            return quick[1]
        found = climbed(self.model, start, self.others)
        if not np.isfinite(found.at.value) and near != 0.0:
            again = np.where(self.others, self.points[near], start)
            found = climbed(self.model, again, self.others)
        if np.isfinite(found.at.value):
            self.points[move] = found.point
        return found.at.value


def profile_of(
    model: OccultModel, best: Optimum, free: Flags, k: int, covariance: Vector
) -> Profile:
    """Return the profile of one of the free parameters."""
    others = free.copy()
    others[k] = False
    lean = np.zeros(model.size)
    lean[free] = covariance[free, k] / covariance[k, k]
    inverse = covariance[np.ix_(others, others)] - np.outer(lean[others], covariance[k, others])
    return Profile(model, best, others, k, lean, inverse, {0.0: best.point})


@dataclass(frozen=True, slots=True, eq=False)
class BoundProfile:
    """How far the log-likelihood has fallen at a logit, from its height with the share at 0 or 1.

    ``timing`` is where the climbs start: at the distribution that was best at the last logit.
    """

    model: OccultModel
    top: float
    timing: Vector

    def __call__(self, logit: float) -> float:
        """Return the fall, infinite where no optimum was found."""
        free = np.ones(self.model.size, dtype=bool)
        free[0] = False
        found = climbed(self.model, np.append(logit, self.timing), free)
        if np.isfinite(found.at.value):
            self.timing[:] = found.point[1:]
        return self.top - found.at.value

    def limit(self, bound: float, deviate: float) -> float:
        """Return the limit of a logit share that is estimated at plus or minus infinity."""
        sign = float(np.sign(bound))
        far = -sign * FURTHEST
        found = profile_limit(self, far, -sign, deviate, grow=1.0, end=far, close=CLOSE)
        return -sign * np.inf if found == far else found


@dataclass(frozen=True, slots=True, eq=False)
class ShareProfile:
    """The signed root of twice the fall of the log-likelihood, as a function of the logit share.

    Attributes
    ----------
    fall : callable
        From a logit to how far the log-likelihood lies below its maximum.
    estimate : float
    ends : tuple of two floats
        Log-likelihoods with a share of 0 and of 1, below the maximum.
    """

    fall: Callable[[float], float]
    estimate: float
    ends: tuple[float, float]

    def confidence_below(self, logit: float) -> float:
        """Return the normal distribution function of the signed root."""
        if np.isinf(logit):
            fall = self.ends[0] if logit < 0 else self.ends[1]
        else:
            fall = self.fall(logit)
        side = -1.0 if logit < self.estimate else 1.0
        if logit == self.estimate:
            return 0.5
        return float(special.ndtr(side * np.sqrt(max(2.0 * fall, 0.0))))
