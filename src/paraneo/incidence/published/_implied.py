"""The number of events that a pair of limits would need."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.numerics.roots import roots

_SMALLEST, _LARGEST = -12.0, 28.0  # log counts searched


@verb
def implied_count(
    estimate: ArrayLike, lower: ArrayLike, upper: ArrayLike, level: float = 0.95
) -> Vector:
    """Return the count whose exact limits are as far apart as those given.

    Exact limits of a count O stand in the ratio upper(O)/lower(O), which falls as O
    rises and does not depend on the expected count; the root in O is returned, not
    rounded. Held against the printed count it tells a misprint.

    Parameters
    ----------
    estimate, lower, upper : float or array
        A ratio or rate and its limits, of one shape. A lower limit of 0 tells nothing, and
        then the ratio of ``upper`` to ``estimate`` is used; where that too is 0 the count
        is 0.
    level : float
        Of the limits, in (0, 1).

    Returns
    -------
    array
        NaN where the numbers do not stand in the order 0 ≤ lower ≤ upper, with upper
        above lower and estimate.

    Examples
    --------
    Chen 2010 printed 95 events with these limits:

    >>> float(implied_count(5.11, 5.01, 5.22, 0.95).round())
    9162.0
    """
    point, low, high = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (estimate, lower, upper))
    )
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
