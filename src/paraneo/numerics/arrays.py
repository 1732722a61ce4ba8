"""What kernels take and give: arrays of floats, and limits shaped like what they bound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

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
