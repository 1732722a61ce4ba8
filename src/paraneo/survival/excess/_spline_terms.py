"""Natural cubic splines in log time, in the basis of Royston and Parmar (2002), row by row.

The basis is 1, x, v_1(x), …, one term a knot. With inner knots k_j between the outermost a
and b, and r_j = (b - k_j) / (b - a),

    v_j(x) = (x - k_j)^3 - r_j (x - a)^3 - (1 - r_j)(x - b)^3,

each cube 0 below its knot. Beyond the outermost knots every term is linear.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def fill_basis(out, first, x, knots, scale):  # type: ignore[no-untyped-def]
    """Write scale times the basis into each row of ``out``, from column ``first`` on."""
    count = len(knots)
    a, b = knots[0], knots[count - 1]
    for i in range(len(x)):
        at, times, here = first[i], scale[i], x[i]
        out[i, at] = times
        out[i, at + 1] = times * here
        low, high = max(here - a, 0.0), max(here - b, 0.0)
        low, high = low * low * low, high * high * high
        for j in range(1, count - 1):
            above = max(here - knots[j], 0.0)
            share = (b - knots[j]) / (b - a)
            term = above * above * above - share * low - (1.0 - share) * high
            out[i, at + 1 + j] = times * term


@njit(cache=True, nogil=True)
def fill_slope(out, first, x, knots, scale):  # type: ignore[no-untyped-def]
    """Write scale times the derivative of the basis into each row of ``out``."""
    count = len(knots)
    a, b = knots[0], knots[count - 1]
    for i in range(len(x)):
        at, times, here = first[i], scale[i], x[i]
        out[i, at] = 0.0
        out[i, at + 1] = times
        low, high = max(here - a, 0.0), max(here - b, 0.0)
        low, high = 3.0 * low * low, 3.0 * high * high
        for j in range(1, count - 1):
            above = max(here - knots[j], 0.0)
            share = (b - knots[j]) / (b - a)
            term = 3.0 * above * above - share * low - (1.0 - share) * high
            out[i, at + 1 + j] = times * term
