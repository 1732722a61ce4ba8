"""From a partial likelihood to estimates: the search, effects that run to infinity, limits.

Of Cox's model, and of Fine and Gray's, whose pseudo-likelihood is one of the same form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from paraneo.errors import ConvergenceWarning, warn
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.numerics.newton import Optimum, Value, maximise, scaled_gradient
from paraneo.numerics.profile import profile_limit
from paraneo.results.coefficients import coefficient_frame
from paraneo.results.convergence import Convergence
from paraneo.survival.risk_sets import Index

#: A log hazard ratio a standard deviation with a larger standard error has run to infinity,
LARGEST_ERROR = 50.0
#: if the search has gone so far.
RUN_AWAY = 3.0
#: Covariates of standard deviation 1 whose variance among those at risk is smaller do not differ.
FLAT = 1e-10
#: Further steps of Fisher's scoring, each of which takes an error to its own share, at most.
SCORING = 100
#: A step of so small a part of a standard error is the last.
LAST_STEP = 1e-9

Flags = NDArray[np.bool_]
#: Scaled covariates and coefficients in; the log-likelihood, or influences on its slope, out.
Likelihood = Callable[[Vector, Vector], Value]
Influence = Callable[[Vector, Vector], Vector]


class Estimates(NamedTuple):
    """Estimates in the covariates' own units; all NaN where there are none.

    ``point`` is where the search in scaled covariates ended, finite also where an estimate is not.
    """

    estimate: Vector
    covariance: Vector
    lower: Vector
    upper: Vector
    p_value: Vector
    log_likelihood: float
    null: float
    score: float
    convergence: Convergence
    point: Vector

    def table(self, terms: Sequence[str]) -> pd.DataFrame:
        """Return the frame of coefficients, and warn where one is infinite or none is known."""
        if not self.convergence.reached or self.convergence.at_boundary:
            warn(f"the fit {self.convergence}", ConvergenceWarning)
        return coefficient_frame(
            terms, estimate=self.estimate, std_error=np.sqrt(np.diag(self.covariance)),
            lower=self.lower, upper=self.upper, p_value=self.p_value,
        )  # fmt: skip


def by_cluster(influence: Influence, cluster: Index) -> Influence:
    """Return influences added up over the rows that belong together."""

    def summed(x: Vector, point: Vector) -> Vector:
        return np.column_stack([np.bincount(cluster, own) for own in influence(x, point).T])

    return summed


class Search:
    """A search in covariates centred and scaled, so that their units change nothing."""

    def __init__(
        self, x: Vector, events: float, plain: Likelihood, penalised: Likelihood | None = None
    ) -> None:
        spread = x.std(axis=0)
        self.centre, self.spread = x.mean(axis=0), np.where(spread > 0, spread, 1.0)
        self.x, self.events = (x - self.centre) / self.spread, events
        self.plain, self.penalised = plain, penalised
        self.null = self.objective(np.zeros(x.shape[1]))

    def objective(self, coefficient: Vector) -> Value:
        """Return the log-likelihood, penalised where that is asked for."""
        return (self.penalised or self.plain)(self.x, coefficient)

    def climb(self, start: Vector, free: Flags | None = None) -> Optimum:
        """Return the maximum; a penalised one by further scoring, as the Hessian lacks a term."""
        found = maximise(self.objective, start, free)
        if self.penalised is None or not found.reached:
            return found
        open_ = np.ones(len(start), dtype=bool) if free is None else free
        point, now = found.point.copy(), found.at
        for _ in range(SCORING if open_.any() else 0):
            information = -now.hessian[np.ix_(open_, open_)]
            step = np.linalg.solve(information, now.gradient[open_])
            point[open_] += step
            now = self.objective(point)
            if float(step @ information @ step) < LAST_STEP**2:
                break
        slope = scaled_gradient(now.gradient[open_], -np.diag(now.hessian)[open_])
        return found._replace(point=point, at=now, gradient=slope)

    def score(self) -> float:
        """Return the score statistic."""
        up = self.null.gradient
        return float(up @ np.linalg.lstsq(-self.null.hessian, up, rcond=None)[0])

    def flat(self) -> list[int]:
        """Return the covariates, or those together, that never differ among those at risk."""
        plain = self.plain(self.x, np.zeros(self.x.shape[1]))
        size, axes = np.linalg.eigh(-plain.hessian / (self.events or 1.0))
        shares = np.abs(axes[:, size < FLAT]).max(axis=1, initial=0.0)
        return [int(k) for k in np.flatnonzero(shares > np.sqrt(FLAT))]

    def run_away(self, found: Optimum) -> Flags:
        """Return which coefficients rise or fall without end."""
        information = -found.at.hessian
        with np.errstate(invalid="ignore", divide="ignore"):
            try:
                error = np.sqrt(np.diag(np.linalg.inv(information)))
            except np.linalg.LinAlgError:
                error = 1.0 / np.sqrt(np.maximum(np.diag(information), 0.0))
        return ~(error < LARGEST_ERROR) & (np.abs(found.point) > RUN_AWAY)

    def limit(self, found: Optimum, k: int, way: float, level: float, step: float) -> float:
        """Return a profile limit of one coefficient, up (1) or down (-1)."""
        free = np.arange(len(found.point)) != k
        point = found.point.copy()

        def fall(value: float) -> float:
            point[k] = value
            there = self.climb(point, free)
            point[free] = there.point[free]
            return found.at.value - there.at.value

        start = float(np.clip(found.point[k], -1.0, 1.0)) if step > 1.0 else float(found.point[k])
        return profile_limit(fall, start, way * min(step, 1.0), normal_quantile(level))


def estimates(
    search: Search, terms: Sequence[str], influence: Influence | None, interval: str, level: float
) -> Estimates:
    """Return the estimates with limits by Wald or by profile likelihood.

    ``influence`` gives what independent rows add to the slope, where the covariance is robust.

    A coefficient whose likelihood rises towards infinity is infinite, with its one limit by
    profile likelihood. The others are what they are beside it.
    """
    flat = [terms[k] for k in search.flat()]
    if flat:
        note = f"those at risk together do not differ, or not alone, in {', '.join(flat)}"
        none = "there are no events: nothing is known of a hazard ratio"
        return _none(search, len(terms), note if search.events else none)
    found = search.climb(np.zeros(len(terms)))
    p, infinite = len(terms), search.run_away(found)
    if not (found.reached or infinite.any()):
        return _none(search, p, found.message)
    sure = np.flatnonzero(~infinite)
    covariance = np.full((p, p), np.nan)
    covariance[np.ix_(sure, sure)] = np.linalg.inv(-found.at.hessian[np.ix_(sure, sure)])
    error = np.sqrt(np.diag(covariance))
    if influence is not None:
        each = influence(search.x, found.point)[:, sure] @ covariance[np.ix_(sure, sure)]
        covariance[np.ix_(sure, sure)] = each.T @ each
    robust = np.sqrt(np.diag(covariance))
    theta = np.where(infinite, np.copysign(np.inf, found.point), found.point)
    wide = normal_quantile(level) * robust
    lower, upper = found.point - wide, found.point + wide
    for k in np.flatnonzero(infinite | (interval == "profile")):
        step = 2.0 if infinite[k] else float(error[k])
        ends = [theta[k]] * 2
        for side, way in enumerate((-1.0, 1.0)):
            if not (infinite[k] and way == np.sign(theta[k])):
                ends[side] = search.limit(found, int(k), way, level, step)
        lower[k], upper[k] = ends
    names = tuple(terms[int(k)] for k in np.flatnonzero(infinite))
    note = found.message
    if names:
        note = f"those with the event are separated from those without by {', '.join(names)}"
    how = Convergence(found.reached or bool(names), found.iterations, found.gradient, names, note)
    scale = search.spread
    with np.errstate(invalid="ignore"):
        p_value = 2.0 * ndtr(-np.abs(found.point / robust))
    return Estimates(
        theta / scale, covariance / np.outer(scale, scale), lower / scale, upper / scale, p_value,
        found.at.value, search.null.value, search.score(), how, found.point,
    )  # fmt: skip


def _none(search: Search, p: int, note: str) -> Estimates:
    """Return that there are no estimates, and why."""
    none, unknown = np.full(p, np.nan), np.full((p, p), np.nan)
    how = Convergence(False, 0, 0.0, (), note)
    return Estimates(
        none, unknown, np.full(p, -np.inf), np.full(p, np.inf), none, search.null.value,
        search.null.value, np.nan, how, none,
    )  # fmt: skip
