"""Log-likelihood of a piecewise constant hazard, with its first two derivatives.

One compiled pass over the rows. Row i has exposure t[i, j] in band j: years, or for the
relative scale expected events. Its hazard there is exp(theta_j + x_i b_j), and b_j may
differ from block to block of neighbouring bands. An event at a time where the
background hazard is b adds log(b + hazard); an interval (L, R] adds
log(1 - exp(-increase of the cumulative hazard, background included)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

Integers = NDArray[np.int64]


class Rows(NamedTuple):
    """What the kernel reads; n rows, b bands, q covariates, m interval rows.

    Attributes
    ----------
    exposure : (n, b) float
        At risk, up to the event, the censoring or the start of the interval.
    events, band, background : (n,) float, int, float
        Events at the end of the row, their band, and the background hazard there (0 on
        the relative scale).
    covariates : (n, q) float
    edges, slots : (blocks + 1,), (blocks, q) int
        First band of each block, and the parameters of its effects.
    interval, within, gap : (n,) int, (m, b) float, (m,) float
        Which interval is the row's, or -1; exposure within it; and the background's
        cumulative hazard within it (0 on the relative scale).
    """

    exposure: Vector
    events: Vector
    band: Integers
    background: Vector
    covariates: Vector
    edges: Integers
    slots: Integers
    interval: Integers
    within: Vector
    gap: Vector


@njit(cache=True, nogil=True)
def _link(rows, theta, i, block):  # type: ignore[no-untyped-def]
    """Return the covariates' part of a row's log hazard in a block."""
    eta = 0.0
    for k in range(rows.covariates.shape[1]):
        eta += rows.covariates[i, k] * theta[rows.slots[block, k]]
    return eta


@njit(cache=True, nogil=True)
def _square(rows, i, block, weight, hessian):  # type: ignore[no-untyped-def]
    """Add weight x x' to the effects of a block."""
    for k in range(rows.covariates.shape[1]):
        at, part = rows.slots[block, k], weight * rows.covariates[i, k]
        for m in range(k + 1):
            hessian[at, rows.slots[block, m]] += part * rows.covariates[i, m]


@njit(cache=True, nogil=True)
def _at_risk(rows, exposure, rate, theta, i, source, gradient, hessian):  # type: ignore[no-untyped-def]
    """Take away a row's expected events; return them."""
    total = 0.0
    for block in range(len(rows.edges) - 1):
        some = False
        for j in range(rows.edges[block], rows.edges[block + 1]):
            some = some or exposure[source, j] > 0.0
        if not some:
            continue
        ratio = np.exp(_link(rows, theta, i, block))
        part = 0.0
        for j in range(rows.edges[block], rows.edges[block + 1]):
            if exposure[source, j] > 0.0:
                expected = ratio * rate[j] * exposure[source, j]
                part += expected
                gradient[j] -= expected
                hessian[j, j] -= expected
                for k in range(rows.covariates.shape[1]):
                    hessian[rows.slots[block, k], j] -= expected * rows.covariates[i, k]
        if part > 0.0:
            for k in range(rows.covariates.shape[1]):
                gradient[rows.slots[block, k]] -= part * rows.covariates[i, k]
            _square(rows, i, block, -part, hessian)
            total += part
    return total


@njit(cache=True, nogil=True)
def _events(rows, rate, theta, i, gradient, hessian):  # type: ignore[no-untyped-def]
    """Add a row's events; return their log hazard."""
    j, count = rows.band[i], rows.events[i]
    block = np.searchsorted(rows.edges, j, side="right") - 1
    eta = _link(rows, theta, i, block)
    share = 1.0
    value = theta[j] + eta
    if rows.background[i] > 0.0:
        hazard = rate[j] * np.exp(eta)
        share = hazard / (rows.background[i] + hazard)
        value = np.log(rows.background[i] + hazard)
    curve = count * share * (1.0 - share)
    gradient[j] += count * share
    for k in range(rows.covariates.shape[1]):
        gradient[rows.slots[block, k]] += count * share * rows.covariates[i, k]
    if curve > 0.0:
        hessian[j, j] += curve
        for k in range(rows.covariates.shape[1]):
            hessian[rows.slots[block, k], j] += curve * rows.covariates[i, k]
        _square(rows, i, block, curve, hessian)
    return count * value


@njit(cache=True, nogil=True)
def _interval(rows, rate, theta, i, gradient, hessian, slope, bend):  # type: ignore[no-untyped-def]
    """Add the chance of an event within a row's interval; return its log."""
    source = rows.interval[i]
    slope[:] = 0.0
    bend[:] = 0.0
    inside = rows.gap[source] + _at_risk(rows, rows.within, rate, theta, i, source, slope, bend)
    odds = 1.0 / np.expm1(inside)
    for a in range(len(slope)):
        gradient[a] -= odds * slope[a]
        for b in range(a + 1):
            hessian[a, b] -= odds * bend[a, b] + odds * (1.0 + odds) * slope[a] * slope[b]
    return np.log(-np.expm1(-inside))


@njit(cache=True, nogil=True)
def piecewise(rows, theta, scores):  # type: ignore[no-untyped-def]
    """Return log-likelihood, gradient and Hessian.

    Parameters
    ----------
    rows : Rows
    theta : (p,) float
        Log hazards of the bands, then the effects.
    scores : (n, p) or (0, p) float
        Filled with each row's own gradient where it has rows.
    """
    size, bands = len(theta), rows.exposure.shape[1]
    rate = np.exp(theta[:bands])
    value, gradient, hessian = 0.0, np.zeros(size), np.zeros((size, size))
    own, slope, bend = np.zeros(size), np.zeros(size), np.zeros((size, size))
    each = len(scores) > 0
    for i in range(len(rows.events)):
        into = own if each else gradient
        own[:] = 0.0
        value -= _at_risk(rows, rows.exposure, rate, theta, i, i, into, hessian)
        if rows.interval[i] >= 0:
            value += _interval(rows, rate, theta, i, into, hessian, slope, bend)
        elif rows.events[i] > 0.0:
            value += _events(rows, rate, theta, i, into, hessian)
        if each:
            scores[i] = own
            gradient += own
    for a in range(size):
        for b in range(a):
            hessian[b, a] = hessian[a, b]
    return value, gradient, hessian


@njit(cache=True, nogil=True)
def expected_events(rows, theta):  # type: ignore[no-untyped-def]
    """Return each row's modelled cumulative hazard by band, before and within intervals."""
    n, bands = rows.exposure.shape
    before, within = np.zeros((n, bands)), np.zeros(rows.within.shape)
    for i in range(n):
        for block in range(len(rows.edges) - 1):
            ratio = np.exp(_link(rows, theta, i, block))
            for j in range(rows.edges[block], rows.edges[block + 1]):
                rate = ratio * np.exp(theta[j])
                if rows.exposure[i, j] > 0.0:
                    before[i, j] = rate * rows.exposure[i, j]
                if rows.interval[i] >= 0 and rows.within[rows.interval[i], j] > 0.0:
                    within[rows.interval[i], j] = rate * rows.within[rows.interval[i], j]
    return before, within
