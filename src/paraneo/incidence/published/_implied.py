"""The number of events that a pair of limits would need: arrays only."""

from __future__ import annotations

import numpy as np
from scipy import special

from paraneo.numerics.arrays import Vector
from paraneo.numerics.roots import roots

_SMALLEST, _LARGEST = -12.0, 28.0  # log counts searched


def implied_events(estimate: Vector, lower: Vector, upper: Vector, level: float) -> Vector:
    """Return the counts whose exact limits are as far apart as those given, not rounded.

    NaN where the numbers do not stand in the order 0 ≤ lower ≤ upper, with upper above
    lower and estimate.
    """
    point, low, high = np.broadcast_arrays(estimate, lower, upper)
    tail = (1.0 - level) / 2.0
    below = np.where(low > 0, low, point)
    usable = (low >= 0) & (below > 0) & (high > below) & np.isfinite(high)
    answer = np.where((low == 0) & (point == 0) & (high > 0), 0.0, np.nan)
    if not usable.any():
        return answer

    def gap(log_count: Vector, target: Vector, two_sided: Vector) -> Vector:
        o = np.exp(log_count)
        base = np.where(two_sided > 0, special.gammaincinv(o, tail), o)
        with np.errstate(divide="ignore"):
            found = np.log(special.gammainccinv(o + 1.0, tail)) - np.log(base)
        return np.asarray(np.minimum(found, 1e6) - target, dtype=np.float64)

    target = np.log(high[usable] / below[usable])
    ends = np.full(target.shape, _SMALLEST), np.full(target.shape, _LARGEST)
    answer[usable] = np.exp(roots(gap, *ends, target, (low[usable] > 0).astype(np.float64)))
    return answer
