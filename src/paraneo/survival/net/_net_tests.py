"""The log-rank test between net survival curves.

With w the weight 1 / S* of a person, of group g the deaths dN_g and those expected dE_g, both
weighted by w, and Y_g the weight of those at risk, the gap of a group is

    Z_g = sum over time of (dN_g - dE_g) - (Y_g / Y) (dN - dE),

and the covariance of two the sum over deaths, each in a group k, of
w² (1[g = k] - Y_g / Y) (1[h = k] - Y_h / Y). Between two times shares Y_g / Y move little and
are taken as the mean of those at both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.survival.risk_sets import Index

from ._net import (
    DEATHS_SQUARED,
    DEATHS_WEIGHTED,
    WEIGHT,
    WEIGHT_BEFORE,
    Followed,
    sums_at,
)

#: Times between which shares may be taken as straight lines, at least.
STEPS = 2000


def gaps(people: Sequence[Followed], group: Index, count: int) -> tuple[Vector, Vector]:
    """Return the gaps of the groups of one stratum and their covariance."""
    end = max(float(part.exit.max()) for part in people)
    every = [part.exit for part in people] + [part.entry for part in people]
    grid = np.unique(np.concatenate([*every, np.linspace(0.0, end, STEPS + 1)]))
    grid = grid[grid > 0]
    died, expected, before, after, squares = (np.zeros((len(grid), count)) for _ in range(5))
    for part, g in zip(people, group.tolist(), strict=True):
        sums = sums_at(part, grid, beyond=False)
        died[:, g], squares[:, g] = sums[:, DEATHS_WEIGHTED], sums[:, DEATHS_SQUARED]
        before[:, g], after[:, g] = sums[:, WEIGHT_BEFORE], sums[:, WEIGHT]
        expected[:, g] = after[:, g] - before[:, g]  # what the weights grow by
    at, mean = _shares(after), 0.5 * (_shares(before) + _shares(after))
    gap = (died - at * died.sum(axis=1)[:, None]).sum(axis=0)
    gap -= (expected - mean * expected.sum(axis=1)[:, None]).sum(axis=0)
    covariance = np.zeros((count, count))
    for k in range(count):
        away = np.eye(count)[k] - at
        covariance += away.T @ (away * squares[:, [k]])
    return gap, covariance


def _shares(weight: Vector) -> Vector:
    total = weight.sum(axis=1, keepdims=True)
    return np.asarray(weight / np.where(total > 0, total, 1.0))
