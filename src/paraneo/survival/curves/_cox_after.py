"""What follows from a fitted Cox model: baseline hazards, predictions, and effects over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Limits, Vector, normal_quantile
from paraneo.survival.curve_limits import step_values
from paraneo.survival.risk_sets import Index, People, risk_sets

from ._cox_likelihood import Pass, Setting, one_pass, part_sums


class Model(NamedTuple):
    """A fitted model in centred and scaled covariates.

    Attributes
    ----------
    x : (n, p) float
    setting : Setting
        With ties by Breslow where the likelihood is exact.
    people : People
    stratum : (n,) int
    point : (p,) float
    covariance : (p, p) float
    centre, spread : (p,) float
        What was taken off the covariates, and what they were divided by.
    """

    x: Vector
    setting: Setting
    people: People
    stratum: Index
    point: Vector
    covariance: Vector
    centre: Vector
    spread: Vector

    def found(self) -> Pass:
        """Return the pass at the estimates."""
        return one_pass(self.x, self.setting, self.point)

    def risk(self) -> Vector:
        """Return everybody's hazard ratio to one whose covariates are the means."""
        return np.asarray(np.exp(self.x @ self.point))


class Baseline(NamedTuple):
    """Of one stratum, for covariates at their means: steps of the hazard, and what errors need."""

    time: Vector
    hazard: Vector
    variance: Vector
    means: Vector


def baseline(model: Model, stratum: int) -> Baseline:
    """Return the baseline of a stratum, by the method of the ties."""
    s, found = model.setting, model.found()
    shift = float(np.max(model.x @ model.point, initial=-np.inf)) if len(model.x) else 0.0
    part = found.part_hazard * np.exp(-shift)
    own = s.stratum == stratum

    def by_time(values: Vector) -> Vector:
        return np.asarray(np.bincount(s.part_time, values, s.times)[own])

    columns = [by_time(part * mean) for mean in found.means.T]
    return Baseline(
        s.event_time[own], by_time(part), by_time(part**2 / s.part_weight),
        np.reshape(np.transpose(columns), (int(own.sum()), len(model.point))),
    )  # fmt: skip


def predicted(
    model: Model, stratum: int, z: Vector, times: Vector, level: float
) -> tuple[Vector, Vector, Limits]:
    """Return the cumulative hazard of one with scaled covariates z, its standard error, limits.

    Limits are on the log scale. Before the first event the upper one is that of a hazard which
    leaves a chance of alpha/2 to no event among those at risk.
    """
    base = baseline(model, stratum)
    ratio = float(np.exp(z @ model.point))
    hazard = np.cumsum(base.hazard)
    away = np.cumsum(base.means - base.hazard[:, None] * z, axis=0)
    variance = np.cumsum(base.variance) + np.einsum("ij,jk,ik->i", away, model.covariance, away)
    last = float(model.people.exit[model.stratum == stratum].max())
    known = times <= last
    value = np.where(known, ratio * step_values(base.time, hazard, times, 0.0), np.nan)
    error = ratio * np.sqrt(step_values(base.time, variance, times, 0.0))
    error = np.where(known, error, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        wide = normal_quantile(level) * error / value
    lower, upper = value * np.exp(-wide), value * np.exp(wide)
    none = (value == 0.0) & known
    lower[none], upper[none] = 0.0, ratio * _highest(model, stratum, times[none], level)
    return value, error, Limits(lower, upper)


def _highest(model: Model, stratum: int, times: Vector, level: float) -> Vector:
    """Return the upper limit of a cumulative hazard by some times before which nobody had an event.

    -log(alpha/2) over the least sum of hazard ratios of those at risk at any time so far.
    """
    own = model.stratum == stratum
    end, risk = model.people.exit[own], model.risk()[own]
    begin = np.zeros(len(end)) if model.people.entry is None else model.people.entry[own]
    moments = np.unique(np.concatenate([end, times[times > begin.min()]]))

    def gone(points: Vector, side: str) -> Vector:
        order = np.argsort(points)
        sums = np.concatenate(([0.0], np.cumsum(risk[order])))
        return np.asarray(sums[np.searchsorted(points[order], moments, side=side)])  # type: ignore[call-overload]

    total = gone(begin, "left") - gone(end, "left")
    with np.errstate(divide="ignore"):
        most = -np.log((1.0 - level) / 2.0) / np.maximum(total, 0.0)
    highest = np.concatenate(([np.nan], np.maximum.accumulate(most)))
    return highest[np.searchsorted(moments, times, side="right")]


def time_dependence(
    model: Model, transform: str, columns: list[list[int]]
) -> list[tuple[float, int]]:
    """Return score tests that effects do not change along a function of time.

    Each is of the products of its columns with the function, added to the model (Grambsch and
    Therneau 1994, as a score test).
    """
    s, found, x = model.setting, model.found(), model.x
    along = _along(model, transform)
    p = x.shape[1]
    risk = s.weight * np.exp(x @ model.point - np.max(x @ model.point))
    total = part_sums(risk, s)
    one, two, three = np.zeros((p, p)), np.zeros((p, p)), np.zeros((p, p))
    g = along[s.part_time]
    for a in range(p):
        for b in range(a + 1):
            spread = part_sums(risk * x[:, a] * x[:, b], s) / total
            spread = s.part_weight * (spread - found.means[:, a] * found.means[:, b])
            for matrix, by in ((one, 1.0), (two, g), (three, g**2)):
                matrix[a, b] = matrix[b, a] = float(np.sum(spread * by))
    up = (s.weight[s.died] * along[s.time]) @ x[s.died] - (s.part_weight * g) @ found.means
    left = three - two @ np.linalg.solve(one, two)
    tests = []
    for own in columns:
        part = left[np.ix_(own, own)]
        # the other columns' products are not in the model: only these are projected
        tests.append((float(up[own] @ np.linalg.solve(part, up[own])), len(own)))
    return tests


def _along(model: Model, transform: str) -> Vector:
    """Return the function of time at each time of an event, less its mean over the events."""
    s = model.setting
    time = s.event_time
    if transform == "log":
        at = np.log(time)
    elif transform == "rank":
        every = np.sort(model.people.exit)
        low, high = (np.searchsorted(every, time, side=side) for side in ("left", "right"))
        at = (low + high + 1) / 2.0
    elif transform == "km":
        people = model.people._replace(cause=(model.people.cause == 1).astype(np.intp))
        sets = risk_sets(people, 1)
        left = np.cumprod(1.0 - sets.events[:, 0] / sets.at_risk)
        at = 1.0 - np.concatenate(([1.0], left))[np.searchsorted(sets.time, time, side="left")]
    else:
        at = time
    return np.asarray(at - at[s.time].mean())
