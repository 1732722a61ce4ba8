"""The expected part of the likelihood of a spline of the ratio to a background in steps.

Each step is cut into parts within which the curve is smooth; a part's integral is by
Gauss-Legendre. Terms are made at each node and forgotten, since all of them together would
take gigabytes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

#: Nodes at most. A curve in the logarithm of time is analytic but at time 0, so that the
#: error falls with the number n as rho ** (-2 n), rho being 1 / r + sqrt(1 / r² - 1) for
#: r = (b - a) / (b + a); as many are taken as make that about 1e-16.
MOST = 10
_DIGITS = 18.4


def _tables() -> tuple[Vector, Vector]:
    nodes, weights = np.zeros((MOST + 1, MOST)), np.zeros((MOST + 1, MOST))
    for n in range(1, MOST + 1):
        nodes[n, :n], weights[n, :n] = np.polynomial.legendre.leggauss(n)
    return nodes, weights


NODES, WEIGHTS = _tables()


class Parts(NamedTuple):
    """Parts of steps of the background: years from and to, hazard, and whose it is."""

    start: Vector
    end: Vector
    rate: Vector
    owner: NDArray[np.int64]


class Curves(NamedTuple):
    """Which terms there are, and the covariates of each row.

    Attributes
    ----------
    knots : (k,) float
        Of the baselines, in log time.
    baselines : int
        How many parameters they have.
    own, first : array of float and of int
        Knots of the effects that change, one after another; those of covariate j are
        first[j] to first[j + 1], none where its effect does not change.
    covariates : (n, q) float
    stratum : (n,) int
    """

    knots: Vector
    baselines: int
    own: Vector
    first: NDArray[np.int64]
    covariates: Vector
    stratum: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _number(a, b):  # type: ignore[no-untyped-def]
    """Return how many nodes a part from a to b is given."""
    if not a > 0.0:
        return MOST
    wide = (b + a) / (b - a)
    return min(max(int(np.ceil(_DIGITS / np.log(wide + np.sqrt(wide * wide - 1.0)))), 2), MOST)


@njit(cache=True, nogil=True)
def _basis(x, knots, scale, z, at):  # type: ignore[no-untyped-def]
    """Write scale times the basis of `_spline_terms` at one point into ``z``."""
    count = len(knots)
    a, b = knots[0], knots[count - 1]
    low, high = max(x - a, 0.0), max(x - b, 0.0)
    low, high = low * low * low, high * high * high
    z[at], z[at + 1] = scale, scale * x
    for j in range(1, count - 1):
        above, share = max(x - knots[j], 0.0), (b - knots[j]) / (b - a)
        z[at + 1 + j] = scale * (above * above * above - share * low - (1.0 - share) * high)


@njit(cache=True, nogil=True)
def _terms(x, curves, i, z):  # type: ignore[no-untyped-def]
    """Write the terms of row i at one log time into ``z``."""
    width, at = len(curves.knots), curves.baselines
    z[:at] = 0.0
    _basis(x, curves.knots, 1.0, z, curves.stratum[i] * width)
    for k in range(curves.covariates.shape[1]):
        begin, end = curves.first[k], curves.first[k + 1]
        if end > begin:
            _basis(x, curves.own[begin:end], curves.covariates[i, k], z, at)
            at += end - begin
        else:
            z[at] = curves.covariates[i, k]
            at += 1


def exposures(
    parts: Parts, curves: Curves, theta: Vector, gradient: Vector, hessian: Vector, scores: Vector
) -> float:
    """Return minus the expected events; add their derivatives, the Hessian's lower half."""
    kernel = _changing if len(curves.own) else _proportional
    return float(kernel(parts, curves, theta, gradient, hessian, scores))


@njit(cache=True, nogil=True)
def _baseline_sums(a, b, knots, theta, z, first, second):  # type: ignore[no-untyped-def]
    """Return the integral of exp(basis theta) over a part, and with the basis and its square."""
    width, n, whole = len(knots), _number(a, b), 0.0
    first[:] = 0.0
    second[:] = 0.0
    for node in range(n):
        time = 0.5 * (a + b) + 0.5 * (b - a) * NODES[n, node]
        _basis(np.log(time), knots, 1.0, z, 0)
        eta = 0.0
        for j in range(width):
            eta += z[j] * theta[j]
        part = 0.5 * (b - a) * WEIGHTS[n, node] * np.exp(eta)
        whole += part
        for j in range(width):
            times = part * z[j]
            first[j] += times
            for m in range(j + 1):
                second[j, m] += times * z[m]
    return whole


@njit(cache=True, nogil=True)
def _proportional(parts, curves, theta, gradient, hessian, scores):  # type: ignore[no-untyped-def]
    """Sum over nodes what the baseline needs alone, and take covariates part by part."""
    width, at = len(curves.knots), curves.baselines
    z, first, second = np.zeros(width), np.zeros(width), np.zeros((width, width))
    slope, value = np.zeros(len(theta)), 0.0
    for p in range(len(parts.start)):
        i = parts.owner[p]
        base, x = curves.stratum[i] * width, curves.covariates[i]
        own = theta[base : base + width]
        whole = _baseline_sums(parts.start[p], parts.end[p], curves.knots, own, z, first, second)
        shift = 0.0
        for k in range(len(x)):
            shift += x[k] * theta[at + k]
        scale = parts.rate[p] * np.exp(shift)
        value -= scale * whole
        slope[:] = 0.0
        for j in range(width):
            slope[base + j] = scale * first[j]
            for m in range(j + 1):
                hessian[base + j, base + m] -= scale * second[j, m]
        for k in range(len(x)):
            slope[at + k] = scale * x[k] * whole
            for j in range(width):
                hessian[at + k, base + j] -= scale * x[k] * first[j]
            for m in range(k + 1):
                hessian[at + k, at + m] -= scale * x[k] * x[m] * whole
        gradient -= slope
        if len(scores) > 0:
            scores[i] -= slope
    return value


@njit(cache=True, nogil=True)
def _changing(parts, curves, theta, gradient, hessian, scores):  # type: ignore[no-untyped-def]
    """Sum over nodes with all terms made at each."""
    size, each = len(theta), len(scores) > 0
    z, slope, bend = np.zeros(size), np.zeros(size), np.zeros((size, size))
    value = 0.0
    for p in range(len(parts.start)):
        a, b, i = parts.start[p], parts.end[p], parts.owner[p]
        n = _number(a, b)
        slope[:] = 0.0
        for node in range(n):
            time = 0.5 * (a + b) + 0.5 * (b - a) * NODES[n, node]
            _terms(np.log(time), curves, i, z)
            eta = 0.0
            for j in range(size):
                eta += z[j] * theta[j]
            part = parts.rate[p] * 0.5 * (b - a) * WEIGHTS[n, node] * np.exp(eta)
            value -= part
            for j in range(size):
                times = part * z[j]
                slope[j] += times
                for m in range(j + 1):
                    bend[j, m] += times * z[m]
        for j in range(size):
            gradient[j] -= slope[j]
            if each:
                scores[i, j] -= slope[j]
    hessian -= bend
    return value


@njit(cache=True, nogil=True)
def expected(parts, curves, theta, total):  # type: ignore[no-untyped-def]
    """Add the expected events of each part to the total of its row."""
    size = len(theta)
    z = np.zeros(size)
    for p in range(len(parts.start)):
        a, b, i = parts.start[p], parts.end[p], parts.owner[p]
        n = _number(a, b)
        for node in range(n):
            time = 0.5 * (a + b) + 0.5 * (b - a) * NODES[n, node]
            _terms(np.log(time), curves, i, z)
            eta = 0.0
            for j in range(size):
                if z[j] != 0.0:  # a parameter without a term may be infinite
                    eta += z[j] * theta[j]
            total[i] += parts.rate[p] * 0.5 * (b - a) * WEIGHTS[n, node] * np.exp(eta)
