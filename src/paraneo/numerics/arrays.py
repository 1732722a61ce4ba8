"""What kernels take and give: arrays of floats, and limits shaped like what they bound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

Vector = NDArray[np.float64]


class Limits(NamedTuple):
    """Lower and upper limits, each shaped like what they bound."""

    lower: Vector
    upper: Vector


def normal_quantile(level: float) -> float:
    """Return the standard normal deviate of two-sided limits at ``level``.

    >>> round(normal_quantile(0.95), 6)
    1.959964
    """
    return float(-ndtri((1.0 - level) / 2.0))


def t_quantile(level: float, df: float) -> float:
    """Return the deviate of t of two-sided limits at ``level``.

    Normal where ``df`` is infinite, and infinite where none are left.

    >>> round(t_quantile(0.95, 5.0), 6)
    2.570582
    """
    if df <= 0:
        return float("inf")
    return normal_quantile(level) if df == float("inf") else float(-stdtrit(df, (1 - level) / 2))


def two_sided_p(deviate: Vector, df: float) -> Vector:
    """Return two-sided p-values of deviates of t, or of normal ones where ``df`` is infinite."""
    size = np.abs(deviate)
    return np.asarray(2.0 * (ndtr(-size) if np.isinf(df) else stdtr(df, -size)))
