"""The partial likelihood of a Cox model, one pass over sorted times for each step of the search.

With w the weight and r = exp(x b) of a person, let S0 and S1 be the sums of w r and w r x over
those at risk at a time, D0 and D1 the same over the d who have their event there, and W the mean
weight of these. Efron takes the events of one time in d parts,

    log L = sum w x b - sum over parts l of W log(S0 - (l / d) D0),   l = 0, …, d - 1,

and Breslow leaves D0 out. The sum over times of S2, which is a matrix at each, is one product:
everybody's x x' counts by the hazard W / (S0 - (l / d) D0) gathered while at risk, so that no
matrix a time is ever made.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Value
from paraneo.survival.risk_sets import Index, People


class Setting(NamedTuple):
    """People placed among the m times of events, stratum by stratum.

    Attributes
    ----------
    first, last : (n,) int
        Each is at risk at the times from ``first`` to ``last`` - 1.
    died : (e,) int
        Who has the event,
    time : (e,) int
        and at which of the times.
    part_time : (parts,) int
        The time that each part of Efron's sum belongs to,
    part : (parts,) float
        its l / d; 0 for all by Breslow's method,
    part_weight : (parts,) float
        and the mean weight of those who have the event then.
    weight : (n,) float
    times : int
        How many times there are.
    """

    first: Index
    last: Index
    died: Index
    time: Index
    part_time: Index
    part: Vector
    part_weight: Vector
    weight: Vector
    times: int


def setting(people: People, stratum: Index, weight: Vector, ties: str) -> Setting:
    """Place people among the times of events of their stratum."""
    died = np.flatnonzero(people.cause == 1)
    # times and strata in one number, so that one sorted array serves for all strata
    every = [people.exit] if people.entry is None else [people.exit, people.entry]
    rank = np.unique(np.concatenate(every), return_inverse=True)[1].reshape(len(every), -1)
    keys = rank + stratum * (int(rank.max()) + 1)
    times = np.unique(keys[0][died])
    last = np.searchsorted(times, keys[0], side="right")
    if people.entry is None:
        first = np.searchsorted(times, stratum * (int(rank.max()) + 1), side="left")
    else:
        first = np.searchsorted(times, keys[1], side="right")
    time = last[died] - 1
    tied = np.bincount(time, minlength=len(times))
    part_time = np.repeat(np.arange(len(times)), tied)
    order = np.arange(len(part_time)) - np.repeat(np.cumsum(tied) - tied, tied)
    part = order / tied[part_time] if ties == "efron" else np.zeros(len(part_time))
    mean = np.bincount(time, weight[died], len(times)) / tied
    return Setting(first, last, died, time, part_time, part, mean[part_time], weight, len(times))


class Pass(NamedTuple):
    """What one pass gives: for each part its mean covariates, and for each person a hazard."""

    value: float
    means: Vector
    hazard: Vector
    part_hazard: Vector


def one_pass(x: Vector, s: Setting, coefficient: Vector) -> Pass:
    """Return the log-likelihood, the mean x of each part, and each person's gathered hazard."""
    eta = x @ coefficient
    eta -= eta.max(initial=-np.inf) if len(eta) else 0.0
    risk = s.weight * np.exp(eta)
    died_risk = risk[s.died]
    s0 = _at_risk(risk, s)[s.part_time]
    s0 = s0 - s.part * np.bincount(s.time, died_risk, s.times)[s.part_time]
    means = np.empty((len(s0), x.shape[1]))
    for k in range(x.shape[1]):
        weighted = risk * x[:, k]
        above = _at_risk(weighted, s)[s.part_time]
        above -= s.part * np.bincount(s.time, weighted[s.died], s.times)[s.part_time]
        means[:, k] = above / s0
    part_hazard = s.part_weight / s0
    value = float(s.weight[s.died] @ eta[s.died] - s.part_weight @ np.log(s0))
    return Pass(value, means, risk * _gathered(part_hazard, s), part_hazard)


def log_likelihood(x: Vector, s: Setting, coefficient: Vector) -> Value:
    """Return the partial log-likelihood with its gradient and Hessian."""
    found = one_pass(x, s, coefficient)
    gradient = s.weight[s.died] @ x[s.died] - found.hazard @ x
    spread = found.means.T @ (found.means * s.part_weight[:, None])
    hessian = spread - x.T @ (x * found.hazard[:, None])
    return Value(found.value, gradient, hessian)


def residuals(x: Vector, s: Setting, coefficient: Vector) -> Vector:
    """Return each person's score residual, weighted: they sum to the gradient."""
    found = one_pass(x, s, coefficient)
    tied = np.bincount(s.part_time, minlength=s.times)
    out = -x * found.hazard[:, None]
    eta = x @ coefficient
    risk = s.weight * np.exp(eta - eta.max())
    for k in range(x.shape[1]):
        mean = found.means[:, k]
        out[:, k] += risk * _gathered(found.part_hazard * mean, s)
        average = np.bincount(s.part_time, mean, s.times) / tied
        out[s.died, k] += s.weight[s.died] * (x[s.died, k] - average[s.time])
    return out


def _at_risk(values: Vector, s: Setting) -> Vector:
    """Return the sum of some values over those at risk at each time, from the last time back."""
    leave = np.bincount(s.last, values, s.times + 1) - np.bincount(s.first, values, s.times + 1)
    return np.cumsum(leave[::-1])[::-1][1:]


def _gathered(part: Vector, s: Setting) -> Vector:
    """Return what each person gathers of the parts while at risk.

    Who has the event at a time gathers of its parts only what is left of them, 1 - l / d.
    """
    total = np.concatenate(([0.0], np.cumsum(np.bincount(s.part_time, part, s.times))))
    out = total[s.last] - total[s.first]
    if s.part.any():
        out[s.died] -= np.bincount(s.part_time, part * s.part, s.times)[s.time]
    return np.asarray(out)
