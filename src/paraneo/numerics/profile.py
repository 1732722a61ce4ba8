"""The one search for limits by profile likelihood."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .roots import root

#: Steps of a search at most.
STEPS = 60
#: A likelihood that is zero so near, as a part of the first step, is not followed further.
NARROW = 1e-4


def profile_limit(
    fall: Callable[[float], float],
    start: float,
    step: float,
    deviate: float,
    *,
    grow: float = 2.0,
    end: float | None = None,
    flat: float = 0.0,
    close: float = 1e-10,
) -> float:
    """Return where twice the fall of a profile log-likelihood is ``deviate`` squared.

    The search goes outwards from ``start`` until the fall is passed, or inwards where
    ``start`` lies outside (there is no estimate within, but one at infinity), and then
    solves for the signed root of twice the fall, which is nearly a straight line. So it
    ends by how near the likelihood is to what was asked, whatever the parameter's unit.

    Parameters
    ----------
    fall
        How far the log-likelihood, maximised over all other parameters, lies below its
        maximum; infinite where the likelihood is zero or its maximum was not found.
    start
        The estimate, or some other value.
    step
        The first step; its sign is the way outwards.
    deviate
        Normal quantile of the level.
    grow
        Each step is so many times the one before.
    end
        The last value that the parameter can take that way; it is the answer where the
        likelihood does not fall so far. Infinity if none is given.
    flat
        A signed root that changes by less over one step will not get there.
    close
        How far the signed root may be from ``deviate``.

    Examples
    --------
    The mean of one observation 3 with standard error 2:

    >>> round(profile_limit(lambda mean: (mean - 3) ** 2 / 8, 3.0, 1.0, 1.96), 6)
    6.92
    """
    known: dict[float, float] = {}

    def gap(value: float) -> float:
        if value not in known:
            low = fall(value)
            known[value] = np.sqrt(2.0 * max(low, 0.0)) - deviate if np.isfinite(low) else np.inf
        return known[value]

    way = np.sign(step)
    last = float(way * np.inf) if end is None else end
    if gap(start) >= 0:
        return _from_outside(gap, start, step, grow, close)
    inner, outer = start, way * min(way * (start + step), way * last)
    for _ in range(STEPS):
        value = gap(outer)
        if np.isinf(value):
            outer = inner + 0.5 * (outer - inner)
            if abs(outer - inner) < NARROW * abs(step):
                break
        elif value >= 0:
            return root(gap, inner, outer, close=close)
        elif outer == last or abs(value - gap(inner)) < flat:
            break
        else:
            inner, outer = outer, way * min(way * (outer + grow * (outer - inner)), way * last)
    return last


def _from_outside(
    gap: Callable[[float], float], start: float, step: float, grow: float, close: float
) -> float:
    """Return the limit from a value beyond it; opposite infinity where none is inside."""
    outer = start
    for _ in range(STEPS):
        inner = outer - step
        if gap(inner) < 0:
            return root(gap, inner, outer, close=close)
        outer, step = inner, grow * step
    return float(-np.sign(step) * np.inf)
