"""The partial likelihood of a Cox model, one pass over sorted times for each step of the search.

With w the weight and r = exp(x b) of a person, let S0 and S1 be the sums of w r and w r x over
those at risk at a time, D0 and D1 the same over the d who have their event there, and W the mean
weight of these. Efron takes the events of one time in d parts,

    log L = sum w x b - sum over parts l of W log(S0 - (l / d) D0),   l = 0, …, d - 1,

and Breslow leaves D0 out. The sum over times of S2, which is a matrix at each, is one product:
everybody's x x' counts by the hazard W / (S0 - (l / d) D0) gathered while at risk, so that no
matrix a time is ever made.

Firth's penalty adds half the log determinant of the information I. Its slope along the c-th
coefficient is half the sum over parts of W (E[q (x - m)_c]), q = (x - m)' I^-1 (x - m), m the mean
of the part: third moments in which I^-1 has been taken in, so that no cube is ever made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Value
from paraneo.survival.risk_sets import Index, People

if TYPE_CHECKING:
    from ._cox_exact import Tied


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
    event_time : (times,) float
        In the unit of the data; they rise within strata,
    stratum : (times,) int
        which are in order.
    tied : Tied or None
        Times with several events whose likelihood is exact; no parts belong to them.
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
    event_time: Vector
    stratum: Index
    tied: Tied | None


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
    event_time, own_stratum = np.empty(len(times)), np.empty(len(times), dtype=np.intp)
    event_time[time], own_stratum[time] = people.exit[died], stratum[died]
    tied = np.bincount(time, minlength=len(times))
    sets = None
    if ties == "exact":
        from ._cox_exact import tied as at_risk_at  # here, since it loads the compiler

        sets, tied = at_risk_at(first, last, time, len(times)), np.where(tied == 1, 1, 0)
    part_time = np.repeat(np.arange(len(times)), tied)
    order = np.arange(len(part_time)) - np.repeat(np.cumsum(tied) - tied, tied)
    part = order / tied[part_time] if ties == "efron" else np.zeros(len(part_time))
    mean = np.bincount(time, weight[died], len(times)) / np.maximum(tied, 1)
    return Setting(
        first, last, died, time, part_time, part, mean[part_time], weight, len(times),
        event_time, own_stratum, sets,
    )  # fmt: skip


class Pass(NamedTuple):
    """What one pass gives: for each part its mean covariates, and for each person a hazard."""

    value: float
    means: Vector
    hazard: Vector
    part_hazard: Vector


def one_pass(x: Vector, s: Setting, coefficient: Vector) -> Pass:
    """Return the log-likelihood, the mean x of each part, and each person's gathered hazard."""
    eta, risk = _risk(x, s, coefficient)
    s0 = part_sums(risk, s)
    means = np.empty((len(s0), x.shape[1]))
    for k in range(x.shape[1]):
        means[:, k] = part_sums(risk * x[:, k], s) / s0
    part_hazard = s.part_weight / s0
    value = float(s.weight[s.died] @ eta[s.died] - s.part_weight @ np.log(s0))
    return Pass(value, means, risk * gathered(part_hazard, s), part_hazard)


def log_likelihood(x: Vector, s: Setting, coefficient: Vector) -> Value:
    """Return the partial log-likelihood with its gradient and Hessian."""
    found = one_pass(x, s, coefficient)
    value, gradient = found.value, s.weight[s.died] @ x[s.died] - found.hazard @ x
    spread = found.means.T @ (found.means * s.part_weight[:, None])
    hessian = spread - x.T @ (x * found.hazard[:, None])
    if s.tied is not None and len(s.tied.events):
        from ._cox_exact import log_sums

        more = log_sums(x, _risk(x, s, coefficient)[1], s.tied)
        value, gradient, hessian = value - more[0], gradient - more[1], hessian - more[2]
    return Value(value, gradient, hessian)


def penalised(x: Vector, s: Setting, coefficient: Vector) -> Value:
    """Return the log-likelihood with Firth's penalty, its gradient, and the plain Hessian."""
    plain = log_likelihood(x, s, coefficient)
    sign, log_size = np.linalg.slogdet(-plain.hessian)
    if sign <= 0 or not np.isfinite(log_size):
        return Value(-np.inf, plain.gradient, plain.hessian)
    inverse = np.linalg.inv(-plain.hessian)
    means, risk = one_pass(x, s, coefficient).means, _risk(x, s, coefficient)[1]
    s0 = part_sums(risk, s)
    square = np.einsum("ij,jk,ik->i", x, inverse, x)
    turned = means @ inverse
    mean_square = part_sums(risk * square, s) / s0
    slope = np.zeros(len(coefficient))
    for c in range(len(slope)):
        third = part_sums(risk * square * x[:, c], s) / s0 - mean_square * means[:, c]
        for a in range(len(slope)):
            joint = part_sums(risk * x[:, a] * x[:, c], s) / s0 - means[:, a] * means[:, c]
            third -= 2.0 * turned[:, a] * joint
        slope[c] = 0.5 * s.part_weight @ third
    return Value(plain.value + 0.5 * float(log_size), plain.gradient + slope, plain.hessian)


def residuals(x: Vector, s: Setting, coefficient: Vector) -> Vector:
    """Return each person's score residual, weighted: they sum to the gradient."""
    found = one_pass(x, s, coefficient)
    out = -x * found.hazard[:, None]
    risk = _risk(x, s, coefficient)[1]
    for k in range(x.shape[1]):
        out[:, k] += risk * gathered(found.part_hazard * found.means[:, k], s)
    out[s.died] += s.weight[s.died, None] * schoenfeld(x, s, found.means)
    return out


def schoenfeld(x: Vector, s: Setting, means: Vector) -> Vector:
    """Return what the covariates of each who had the event differ by from their mean then."""
    tied = np.bincount(s.part_time, minlength=s.times)
    average = [np.bincount(s.part_time, mean, s.times) / tied for mean in means.T]
    return np.asarray(x[s.died] - np.transpose(average)[s.time])


def _risk(x: Vector, s: Setting, coefficient: Vector) -> tuple[Vector, Vector]:
    """Return x b less its largest, and everybody's weight times exp of it."""
    eta = x @ coefficient
    eta -= eta.max(initial=-np.inf) if len(eta) else 0.0
    return eta, s.weight * np.exp(eta)


def part_sums(values: Vector, s: Setting) -> Vector:
    """Return for each part the sum over those at risk, less the part of those with the event."""
    total = _at_risk(values, s)[s.part_time]
    if s.part.any():
        total -= s.part * np.bincount(s.time, values[s.died], s.times)[s.part_time]
    return np.asarray(total)


def _at_risk(values: Vector, s: Setting) -> Vector:
    """Return the sum of some values over those at risk at each time, from the last time back."""
    leave = np.bincount(s.last, values, s.times + 1) - np.bincount(s.first, values, s.times + 1)
    return np.cumsum(leave[::-1])[::-1][1:]


def gathered(part: Vector, s: Setting) -> Vector:
    """Return what each person gathers of the parts while at risk.

    Who has the event at a time gathers of its parts only what is left of them, 1 - l / d.
    """
    total = np.concatenate(([0.0], np.cumsum(np.bincount(s.part_time, part, s.times))))
    out = total[s.last] - total[s.first]
    if s.part.any():
        out[s.died] -= np.bincount(s.part_time, part * s.part, s.times)[s.time]
    return np.asarray(out)
