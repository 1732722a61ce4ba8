"""Knots of natural cubic splines in log time."""

from __future__ import annotations

import numpy as np

from paraneo.numerics.arrays import Vector


def quantile_knots(log_times: Vector, count: int) -> Vector:
    """Return outermost knots at the ends of the events and ``count`` inner ones between.

    The inner knots are the quantiles 1/(count + 1), …, of R's default kind; knots that
    coincide, because events are tied or few, are merged.
    """
    return np.unique(np.quantile(log_times, np.linspace(0.0, 1.0, count + 2)))
