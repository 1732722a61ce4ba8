"""One root of each of many monotone equations, bracketed, to the last digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import elementwise

from .arrays import Vector


def roots(equation: Callable[..., Vector], low: Vector, high: Vector, *given: Vector) -> Vector:
    """Return where ``equation(x, *given)`` is zero between ``low`` and ``high``."""
    search: Any = elementwise.find_root
    tolerance = {"xatol": 0.0, "xrtol": 4e-16, "fatol": 0.0, "frtol": 0.0}
    return np.asarray(search(equation, (low, high), args=given, tolerances=tolerance).x)
