"""Chi-squared tests of groups from gaps between what was observed and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.survival.risk_sets import People, number_at_risk, spans

#: Weights of the times at which events happen, by the name of the test.
TESTS = ("log-rank", "gehan", "tarone-ware", "g-rho")


class Compared(NamedTuple):
    """Events observed and expected in each group, weighted gaps and their covariance."""

    observed: Vector
    expected: Vector
    gap: Vector
    covariance: Vector


def compared(
    groups: Sequence[People],
    place: Sequence[int],
    count: int,
    test: str = "log-rank",
    rho: float = 0.0,
) -> Compared:
    """Compare the groups of one stratum; ``place`` says which of ``count`` each of them is.

    With K the weight of a time, d the events and Y those at risk, of group g d_g and Y_g, the gap
    is the sum of K (d_g - d Y_g / Y), with the hypergeometric covariance; where people have weights
    that do not count them, with that of their influences on it.
    """
    time = np.unique(np.concatenate([part.exit[part.cause == 1] for part in groups]))
    at_risk, events = np.zeros((len(time), count)), np.zeros((len(time), count))
    for part, g in zip(groups, place, strict=True):
        died = part.exit[part.cause == 1]
        # sought in their order, several times faster than at random in memory
        hit = np.searchsorted(time, np.sort(died) if part.weight is None else died)
        at_risk[:, g] = number_at_risk(part, time)
        own = None if part.weight is None else part.weight[part.cause == 1]
        events[:, g] = np.bincount(hit, own, len(time))
    total, died = at_risk @ np.ones(count), events @ np.ones(count)
    share = at_risk / total[:, None]
    weight = _weights(test, rho, total, died)
    spread = weight**2 * died * (total - died) / np.maximum(total - 1.0, 1.0)
    covariance = np.diag(spread @ share) - share.T @ (share * spread[:, None])
    gap = weight @ events - (weight * died) @ share
    if not all(part.counted for part in groups):
        step = weight * died / total
        covariance = np.zeros((count, count))
        for part, g in zip(groups, place, strict=True):
            covariance += _influences(part, g, time, weight, share, step)
    return Compared(events.sum(axis=0), died @ share, gap, covariance)


def _influences(
    part: People, g: int, time: Vector, weight: Vector, share: Vector, step: Vector
) -> Vector:
    """Return the summed squares of what each person of a group adds to the gaps of all."""
    mine = np.zeros(share.shape[1])
    mine[g] = 1.0
    away = mine - share
    gathered = np.concatenate((np.zeros((1, len(mine))), np.cumsum(step[:, None] * away, axis=0)))
    first, last = spans(part, time)
    each = gathered[first] - gathered[last]
    hit = np.flatnonzero(part.cause == 1)
    each[hit] += (weight[:, None] * away)[last[hit] - 1]
    return np.asarray(each.T @ (each * part.squares[:, None]))


def _weights(test: str, rho: float, total: Vector, died: Vector) -> Vector:
    """Return the weight of each time: of survival just before it, or of those at risk."""
    if test == "gehan":
        return total
    if test == "tarone-ware":
        return np.sqrt(total)
    if test == "g-rho":
        left: Vector = np.cumprod(1.0 - died / total, dtype=np.float64)
        return np.asarray(np.concatenate(([1.0], left[:-1])) ** rho)
    return np.ones(len(total))
