"""Natural cubic splines in log time, in the basis of Royston and Parmar (2002)."""

from __future__ import annotations

import numpy as np

from paraneo._estimate import Vector


def natural_basis(x: Vector, knots: Vector) -> Vector:
    """Return the basis 1, x, v_1(x), …, shape (len(x), len(knots)).

    With inner knots k_j between the outermost a and b, and r_j = (b - k_j) / (b - a),
    v_j(x) = (x - k_j)^3 - r_j (x - a)^3 - (1 - r_j)(x - b)^3, each cube 0 below its knot.
    Beyond the outermost knots every term is linear.
    """
    return _terms(x, knots, _cube, np.ones_like(x), x)


def natural_slope(x: Vector, knots: Vector) -> Vector:
    """Return the derivative of the basis with respect to x."""
    flat = np.zeros_like(x)
    return _terms(x, knots, _three_squares, flat, flat + 1.0)


def quantile_knots(log_times: Vector, count: int) -> Vector:
    """Return outermost knots at the ends of the events and ``count`` inner ones between.

    The inner knots are the quantiles 1/(count + 1), …, of R's default kind; knots that
    coincide, because events are tied or few, are merged.
    """
    return np.unique(np.quantile(log_times, np.linspace(0.0, 1.0, count + 2)))


def _cube(u: Vector) -> Vector:
    above = np.maximum(u, 0.0)
    return above * above * above  # a power is many times slower


def _three_squares(u: Vector) -> Vector:
    above = np.maximum(u, 0.0)
    return 3.0 * above * above


def _terms(x: Vector, knots: Vector, power, constant: Vector, linear: Vector) -> Vector:  # type: ignore[no-untyped-def]
    first, last = knots[0], knots[-1]
    columns = [constant, linear]
    low, high = power(x - first), power(x - last)
    for knot in knots[1:-1]:
        share = (last - knot) / (last - first)
        columns.append(power(x - knot) - share * low - (1.0 - share) * high)
    return np.column_stack(columns)
