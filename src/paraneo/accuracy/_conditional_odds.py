"""The conditional odds ratio of a two-by-two table and its exact limits: arrays in, arrays out.

Given both margins the count of true positives follows Fisher's noncentral hypergeometric
distribution, whose weights are known from the ratio of each to the one before. They are summed
over all counts the margins allow, or, where these are very many, over those that can carry weight.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from paraneo.numerics.arrays import Limits, Vector, normal_quantile
from paraneo.numerics.roots import root

#: As many counts are summed whole; beyond, those within so many standard deviations.
WHOLE = 50_000
SPREADS = 14.0


class _TruePositives:
    """The distribution of the true positives by log odds ratio t, from the count observed."""

    def __init__(self, tp: float, fp: float, fn: float, tn: float, level: float) -> None:
        ill, well, positive = tp + fn, fp + tn, tp + fp
        least, most = max(0.0, positive - well), min(ill, positive)
        part = np.array([tp, fp, fn, tn]) + 0.5
        #: Where the search begins, and how far it first looks.
        self.centre = float(np.log(part) @ [1, -1, -1, 1])
        self.spread = float(np.sqrt((1 / part).sum()))
        self.at_least, self.at_most = tp == least, tp == most
        if most - least > WHOLE:
            reach = (SPREADS + 2 * normal_quantile(level)) / self.spread + 1000.0
            least, most = max(least, np.floor(tp - reach)), min(most, np.ceil(tp + reach))
        k = np.arange(least, most)
        steps = np.log((ill - k) / (k + 1)) + np.log((positive - k) / (well - positive + k + 1))
        below = int(tp - least)
        down, up = -np.cumsum(steps[:below][::-1])[::-1], np.cumsum(steps[below:])
        self.log_weight = np.concatenate([down, [0.0], up])
        self.offset = np.arange(least, most + 1) - tp
        self.below = below

    def weights(self, t: float) -> Vector:
        logs = self.log_weight + self.offset * t
        weights = np.exp(logs - logs.max())
        return np.asarray(weights / weights.sum())

    def lead(self, t: float) -> float:
        """Return by how much the mean exceeds the count found."""
        return float(self.weights(t) @ self.offset)

    def at_or_above(self, t: float) -> float:
        return float(self.weights(t)[self.below :].sum())

    def at_or_below(self, t: float) -> float:
        return float(self.weights(t)[: self.below + 1].sum())

    def root(self, rising: Callable[[float], float]) -> float:
        """Return where a rising function of t is zero."""
        low = high = self.centre
        step = self.spread
        while rising(low) > 0:
            low, step = low - step, 2 * step
        step = self.spread
        while rising(high) < 0:
            high, step = high + step, 2 * step
        return float(np.exp(root(rising, low, high)))


def _answer(table: Vector, level: float) -> tuple[float, float, float]:
    tp, fp, fn, tn = table.tolist()
    chance, tail = _TruePositives(tp, fp, fn, tn, level), (1 - level) / 2
    if chance.at_least and chance.at_most:
        return np.nan, 0.0, np.inf
    value = lower = 0.0
    upper = np.inf
    if not chance.at_least:
        lower = chance.root(lambda t: chance.at_or_above(t) - tail)
        value = np.inf if chance.at_most else chance.root(chance.lead)
    if not chance.at_most:
        upper = chance.root(lambda t: tail - chance.at_or_below(t))
    return value, lower, upper


def conditional_odds_ratio(
    tp: Vector, fp: Vector, fn: Vector, tn: Vector, level: float
) -> tuple[Vector, Limits]:
    """Return the conditional maximum-likelihood odds ratio and its exact limits.

    Equal tables are worked out once. Where a margin is empty the ratio is NaN and its
    limits are 0 and infinity.
    """
    tables = np.stack([tp, fp, fn, tn], axis=-1).reshape(-1, 4)
    different, place = np.unique(tables, axis=0, return_inverse=True)
    answers = np.array([_answer(table, level) for table in different])
    value, lower, upper = (answers[place.ravel(), k].reshape(tp.shape) for k in range(3))
    return value, Limits(lower, upper)
