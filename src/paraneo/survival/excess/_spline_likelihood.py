"""Parts of the log-likelihood of spline models, with their first two derivatives.

Each kernel adds its part to gradient and Hessian (lower triangle) and returns its value.
A row of ``z`` holds the terms of a log hazard or log cumulative hazard, one a parameter.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _product(z, theta):  # type: ignore[no-untyped-def]
    total = 0.0
    for a in range(len(theta)):
        total += z[a] * theta[a]
    return total


@njit(cache=True, nogil=True)
def exponentials(z, weight, owner, theta, gradient, hessian, scores):  # type: ignore[no-untyped-def]
    """Add -weight exp(z theta), summed; ``owner`` says whose row each is."""
    value, size, each = 0.0, len(theta), len(scores) > 0
    for i in range(len(weight)):
        part = weight[i] * np.exp(_product(z[i], theta))
        value -= part
        for a in range(size):
            slope = part * z[i, a]
            gradient[a] -= slope
            for b in range(a + 1):
                hessian[a, b] -= slope * z[i, b]
            if each:
                scores[owner[i], a] -= slope
    return value


@njit(cache=True, nogil=True)
def events_alone(z, dz, times, count, owner, theta, gradient, hessian, scores):  # type: ignore[no-untyped-def]
    """Add what `cumulative_events` adds where there is no background: nothing is exponentiated."""
    value, size, each = 0.0, len(theta), len(scores) > 0
    for i in range(len(times)):
        eta, steep = 0.0, 0.0
        for a in range(size):
            eta += z[i, a] * theta[a]
            steep += dz[i, a] * theta[a]
        if not steep > 0.0:
            return -np.inf
        value += count[i] * (eta + np.log(steep / times[i]))
        over = 1.0 / steep
        for a in range(size):
            slope = count[i] * (z[i, a] + dz[i, a] * over)
            gradient[a] += slope
            if each:
                scores[owner[i], a] += slope
            bend = count[i] * dz[i, a] * over * over
            if bend != 0.0:
                for b in range(a + 1):
                    hessian[a, b] -= bend * dz[i, b]
    return value


@njit(cache=True, nogil=True)
def cumulative_events(z, dz, times, background, count, owner, theta, gradient, hessian, scores):  # type: ignore[no-untyped-def]
    """Add count log(background + exp(z theta) (dz theta) / time).

    ``z`` makes the log cumulative hazard and ``dz`` its derivative in log time. The
    value is minus infinity where the whole hazard is not above zero.
    """
    value, size, each = 0.0, len(theta), len(scores) > 0
    bend = np.zeros(size)
    for i in range(len(times)):
        scale = np.exp(_product(z[i], theta)) / times[i]
        steep = _product(dz[i], theta)
        whole = background[i] + scale * steep
        if not whole > 0.0:
            return -np.inf
        value += count[i] * np.log(whole)
        share = scale / whole
        for a in range(size):
            bend[a] = share * (steep * z[i, a] + dz[i, a])
            gradient[a] += count[i] * bend[a]
            if each:
                scores[owner[i], a] += count[i] * bend[a]
        for a in range(size):
            first = count[i] * share * (steep * z[i, a] + dz[i, a])
            second, third = count[i] * share * z[i, a], count[i] * bend[a]
            for b in range(a + 1):
                hessian[a, b] += first * z[i, b] + second * dz[i, b] - third * bend[b]
    return value


@njit(cache=True, nogil=True)
def hazard_events(z, background, count, owner, theta, gradient, hessian, scores):  # type: ignore[no-untyped-def]
    """Add count log(background + exp(z theta))."""
    value, size, each = 0.0, len(theta), len(scores) > 0
    for i in range(len(count)):
        eta = _product(z[i], theta)
        share = 1.0
        if background[i] > 0.0:
            whole = background[i] + np.exp(eta)
            share = np.exp(eta) / whole
            value += count[i] * np.log(whole)
        else:
            value += count[i] * eta
        for a in range(size):
            slope = count[i] * share * z[i, a]
            gradient[a] += slope
            for b in range(a + 1):
                hessian[a, b] += (1.0 - share) * slope * z[i, b]
            if each:
                scores[owner[i], a] += slope
    return value


@njit(cache=True, nogil=True)
def intervals(z, weight, starts, gap, owner, theta, gradient, hessian, scores):  # type: ignore[no-untyped-def]
    """Add log(1 - exp(-increase)), the increase being gap plus the sum of weight exp(z theta).

    Rows ``starts[i]`` to ``starts[i + 1]`` of ``z`` and ``weight`` belong to interval i.
    """
    value, size, each = 0.0, len(theta), len(scores) > 0
    slope, bend = np.zeros(size), np.zeros((size, size))
    for i in range(len(gap)):
        slope[:] = 0.0
        bend[:] = 0.0
        inside = gap[i]
        for j in range(starts[i], starts[i + 1]):
            part = weight[j] * np.exp(_product(z[j], theta))
            inside += part
            for a in range(size):
                slope[a] += part * z[j, a]
                for b in range(a + 1):
                    bend[a, b] += part * z[j, a] * z[j, b]
        if not inside > 0.0:
            return -np.inf
        value += np.log(-np.expm1(-inside))
        odds = 1.0 / np.expm1(inside)
        for a in range(size):
            gradient[a] += odds * slope[a]
            for b in range(a + 1):
                hessian[a, b] += odds * bend[a, b] - odds * (1.0 + odds) * slope[a] * slope[b]
            if each:
                scores[owner[i], a] += odds * slope[a]
    return value
