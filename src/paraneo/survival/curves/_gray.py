"""Gray's test that groups share one cumulative incidence of a cause.

With Y_k at risk in group k, S_k and F_k its event-free probability and cumulative
incidence just before t, those not yet had by the cause number R_k = Y_k (1 - F_k) / S_k.
The score of a group is its events less the share R_k / R of all events, summed over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.survival.group_tests import Quadratic, quadratic
from paraneo.survival.risk_sets import Index, People


class _Steps(NamedTuple):
    """What stands at each event time, in each group."""

    at_risk: Vector
    mine: Vector
    others: Vector
    survival_before: Vector
    survival_after: Vector
    incidence_before: Vector


def gray_test(
    people: Sequence[People], group: Index, stratum: Index, count: int, cause: int
) -> Quadratic:
    """Test equality of the cumulative incidence of one cause over groups, within strata."""
    scores, covariance = np.zeros(count), np.zeros((count, count))
    for k in range(int(stratum.max()) + 1):
        here = np.flatnonzero(stratum == k).tolist()
        if not any((people[i].cause == cause).any() for i in here):
            continue
        found = _scores([people[i] for i in here], group[here], count, cause)
        scores, covariance = scores + found[0], covariance + found[1]
    return quadratic(scores[:-1], covariance[:-1, :-1])


def _scores(
    groups: Sequence[People], place: Index, count: int, cause: int
) -> tuple[Vector, Vector]:
    """Return the scores of the groups of one stratum, and their covariance.

    ``place`` says which of ``count`` groups each is; the scores of all sum to 0.
    """
    steps = _steps(groups, cause)
    weight = steps.at_risk / np.where(steps.at_risk > 0, steps.survival_before, 1.0)
    total = weight.sum(axis=1, keepdims=True)
    events = steps.mine.sum(axis=1, keepdims=True)
    pooled = np.cumsum(events / total, axis=0)
    before = pooled - events / total
    left = weight * (1.0 - steps.incidence_before)
    found = (steps.mine - events * left / left.sum(axis=1, keepdims=True)).sum(axis=0)
    scores, covariance = np.zeros(count), np.zeros((count, count))
    scores[place] = found
    found = _covariance(steps, weight, total, events, pooled, before)
    covariance[np.ix_(place, place)] = found
    return scores, covariance


def _steps(groups: Sequence[People], cause: int) -> _Steps:
    times = np.unique(np.concatenate([g.exit[g.cause > 0] for g in groups]))
    m = len(times)
    at_risk, mine, every = (np.zeros((m, len(groups))) for _ in range(3))
    for k, people in enumerate(groups):
        exit_ = np.sort(people.exit)
        at_risk[:, k] = len(exit_) - np.searchsorted(exit_, times, side="left")
        for target, which in ((mine, people.cause == cause), (every, people.cause > 0)):
            # sought in their order, several times faster than at random in memory
            place = np.searchsorted(times, np.sort(people.exit[which]))
            target[:, k] = np.bincount(place, minlength=m)
    y = np.maximum(at_risk, 1.0)
    after: Vector = np.cumprod(1.0 - every / y, axis=0, dtype=np.float64)
    before = np.vstack([np.ones(len(groups)), after[:-1]])
    incidence = np.cumsum(before * mine / y, axis=0)
    earlier = np.vstack([np.zeros(len(groups)), incidence[:-1]])
    return _Steps(at_risk, mine, every - mine, before, after, earlier)


def _covariance(
    steps: _Steps, weight: Vector, total: Vector, events: Vector, pooled: Vector, before: Vector
) -> Vector:
    """Sum squared influences of the counts' errors on the scores (Gray 1988, section 2)."""
    y = np.maximum(steps.at_risk, 1.0)
    present = steps.at_risk > 0
    k = weight.shape[1]
    direct = weight[:, :, None] * (np.eye(k) - (weight / total)[:, None, :])
    gathered = np.cumsum(direct * (events / (total * (1.0 - before)))[:, :, None], axis=0)
    later = gathered[-1] - gathered
    alive = steps.survival_after > 0
    left = np.where(alive, (1.0 - pooled) / np.where(alive, steps.survival_after, 1.0), 0.0)
    own = direct + np.where(alive, 1.0 - left, 1.0)[:, None, :] * later
    expected = steps.survival_before * events / (total * y)
    expected *= 1.0 - _tied(events, total * steps.survival_before)
    noise = np.where(present, expected, 0.0)
    covariance = np.einsum("tik,tjk,tk->ij", own, own, noise, optimize=True)
    share = steps.survival_before / y
    noise = share**2 * steps.others * (1.0 - _tied(steps.others, steps.at_risk))
    noise = np.where(alive, noise, 0.0)
    other = left[:, None, :] * later
    covariance += np.einsum("tik,tjk,tk->ij", other, other, noise, optimize=True)
    return np.asarray(covariance)


def _tied(events: Vector, at_risk: Vector) -> Vector:
    """Return by how much ties reduce a variance: (d - 1) / (Y - 1), nothing for one event."""
    many = events > 1
    return np.where(many, (events - 1.0) / np.where(many, at_risk - 1.0, 1.0), 0.0)
