"""The pseudo-likelihood of Fine and Gray's model, one pass over sorted times for each step.

Who had a competing event at T stays at risk afterwards with the weight W(t) / W(T): W is the
chance not to have been censored before t times that to have entered by then, so that at each time
the sums over those who left earlier are one running sum times W(t), and no row is ever copied.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Value
from paraneo.survival.risk_sets import Index, People, sum_at_risk


class Setting(NamedTuple):
    """People placed among the m times of events of the cause.

    Attributes
    ----------
    first, last : (n,) int
        Each is under observation at the times from ``first`` to ``last`` - 1.
    died, time : (e,) int
        Who has the event, and at which of the times.
    left : (c,) int
        Who had a competing event: at risk from time ``last`` on with a weight,
    after : (c,) float
        one over W at their event.
    at : (m,) float
        W at the times.
    number : (m,) float
        Weighted events at the times.
    weight : (n,) float
    """

    first: Index
    last: Index
    died: Index
    time: Index
    left: Index
    after: Vector
    at: Vector
    number: Vector
    weight: Vector


class Pass(NamedTuple):
    """What one pass gives: value, mean covariates and hazard at each time, and by person."""

    value: float
    means: Vector
    step: Vector
    hazard: Vector
    risk: Vector


def setting(people: People, weight: Vector) -> Setting:
    """Place people among the times of events, with the weights of those who left."""
    died, left = np.flatnonzero(people.cause == 1), np.flatnonzero(people.cause > 1)
    times = np.unique(people.exit[died])
    last = np.searchsorted(times, people.exit, side="right")
    first = np.zeros(len(last), dtype=np.intp)
    if people.entry is not None:
        first = np.searchsorted(times, people.entry, side="right")
    at, after = observed(people, weight, times), observed(people, weight, people.exit[left])
    time = last[died] - 1
    with np.errstate(divide="ignore"):
        return Setting(
            first, last, died, time, left, 1.0 / after, at,
            np.bincount(time, weight[died], len(times)).astype(np.float64), weight,
        )  # fmt: skip


def observed(people: People, weight: Vector, times: Vector) -> Vector:
    """Return W just before some times: not censored yet, and entered by then."""
    free = _product(people, weight, people.exit, people.cause == 0)
    chance = np.concatenate(([1.0], free[1]))[np.searchsorted(free[0], times, side="left")]
    if people.entry is None:
        return np.asarray(chance)
    # entries, with time running backwards: at risk of one are those under observation later
    back = People(-people.exit, -people.entry, people.cause)
    moment, entered = _product(back, weight, back.exit, np.ones(len(weight), dtype=bool))
    place = np.searchsorted(moment, -times, side="right")
    return np.asarray(chance * np.concatenate(([1.0], entered))[place])


def _product(people: People, weight: Vector, end: Vector, ends: Vector) -> tuple[Vector, Vector]:
    """Return the Kaplan-Meier curve of some ends of observation: its times and values."""
    some = np.asarray(ends, dtype=bool)
    time, place = np.unique(end[some], return_inverse=True)
    gone = np.bincount(place, weight[some], len(time))
    left: Vector = np.cumprod(1.0 - gone / sum_at_risk(people, time, weight), dtype=np.float64)
    return np.asarray(time, dtype=np.float64), left


def one_pass(x: Vector, s: Setting, coefficient: Vector) -> Pass:
    """Return the log pseudo-likelihood and what follows at a coefficient."""
    eta = x @ coefficient
    eta -= eta.max(initial=-np.inf) if len(eta) else 0.0
    risk = s.weight * np.exp(eta)
    total = _sums(risk, s)
    columns = [_sums(risk * column, s) / total for column in x.T]
    means = np.reshape(np.transpose(columns), (len(total), x.shape[1]))
    step = s.number / total
    value = float(s.weight[s.died] @ eta[s.died] - s.number @ np.log(total))
    return Pass(value, means, step, risk * gathered(step, s), risk)


def log_likelihood(x: Vector, s: Setting, coefficient: Vector) -> Value:
    """Return the log pseudo-likelihood with its gradient and Hessian."""
    found = one_pass(x, s, coefficient)
    gradient = s.weight[s.died] @ x[s.died] - found.hazard @ x
    spread = found.means.T @ (found.means * s.number[:, None])
    return Value(found.value, gradient, spread - x.T @ (x * found.hazard[:, None]))


def influences(
    x: Vector, s: Setting, people: People, coefficient: Vector, *, estimated: bool
) -> Vector:
    """Return what a unit of each person's weight adds to the score.

    With ``estimated`` what they add through the estimated chance of censoring too.
    """
    found = one_pass(x, s, coefficient)
    out = -x * (found.hazard / s.weight)[:, None]
    each = found.risk / s.weight
    for k in range(x.shape[1]):
        out[:, k] += each * gathered(found.step * found.means[:, k], s)
    out[s.died] += x[s.died] - found.means[s.time]
    return out + _by_censoring(x, s, people, found) if estimated else out


def _by_censoring(x: Vector, s: Setting, people: People, found: Pass) -> Vector:
    """Return each person's part through the Kaplan-Meier curve of censoring.

    A censoring at u changes the weights, at u and later, of those who left before u.
    """
    gone = people.cause == 0
    moment, place = np.unique(people.exit[gone], return_inverse=True)
    order = np.argsort(people.exit[s.left], kind="stable")
    before = np.searchsorted(people.exit[s.left][order], moment, side="left")
    times = np.unique(people.exit[s.died])
    later = np.searchsorted(times, moment, side="left")

    def until(values: Vector) -> Vector:
        return np.concatenate(([0.0], np.cumsum(values[order])))[before]

    def beyond(values: Vector) -> Vector:
        return np.append(np.cumsum(values[::-1])[::-1], 0.0)[later]

    stay, weighted = found.risk[s.left] * s.after, s.at * found.step
    level = until(stay)
    known = sum_at_risk(people, moment, s.weight)
    number = np.bincount(place, s.weight[gone], len(moment))
    out = np.zeros_like(x)
    last = np.searchsorted(moment, people.exit, side="right")
    first = 0 if people.entry is None else np.searchsorted(moment, people.entry, side="right")
    for k in range(x.shape[1]):
        pull = until(stay * x[s.left, k]) * beyond(weighted)
        pull -= level * beyond(weighted * found.means[:, k])
        sums = np.concatenate(([0.0], np.cumsum(pull * number / known**2)))
        out[:, k] -= sums[last] - sums[first]
        out[gone, k] += (pull / known)[place]
    return out


def _sums(values: Vector, s: Setting) -> Vector:
    """Return the weighted sum over those at risk at each time."""
    m = len(s.at)
    leave = np.bincount(s.last, values, m + 1) - np.bincount(s.first, values, m + 1)
    here = np.cumsum(leave[::-1])[::-1][1:]
    stay = np.cumsum(np.bincount(s.last[s.left], values[s.left] * s.after, m + 1))[:m]
    return np.asarray(here + s.at * stay)


def gathered(step: Vector, s: Setting) -> Vector:
    """Return what each person gathers of the steps while at risk, by their weight then."""
    total = np.concatenate(([0.0], np.cumsum(step)))
    out = total[s.last] - total[s.first]
    rest = np.append(np.cumsum((s.at * step)[::-1])[::-1], 0.0)
    out[s.left] += rest[s.last[s.left]] * s.after
    return np.asarray(out)
