"""One study's part in the bivariate binomial model, by adaptive Gauss–Hermite quadrature.

True positives are Bin(n1, expit(e1)) and true negatives Bin(n2, expit(e2)) with
e1 = eta1 + a z1, e2 = eta2 + b z1 + c z2 and z standard normal, so that the covariance of
the two random effects is L L' with L = [[a, 0], [b, c]]. The integral is taken over z,
whose posterior is one hill of finite width even where L is singular.

The slopes are those of the quadrature sum itself, the movement of its nodes with the
parameters included, so that they fit the value for any number of nodes, one (Laplace) too.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from paraneo.numerics.arrays import Vector

from ._compiled import compiled

#: Newton steps towards the peak of a study, halvings of one, and where they end.
STEPS, HALVINGS, CLOSE = 100, 40, 1e-10


@lru_cache(maxsize=16)
def gauss_hermite(nodes: int) -> tuple[Vector, Vector]:
    """Return r = √2 x and log(weight) + x² of the rule for a standard normal."""
    x, weight = np.polynomial.hermite.hermgauss(nodes)
    return math.sqrt(2.0) * x, np.log(weight) + x**2


@compiled
def _log_density(right: float, people: float, eta: float) -> float:
    """Return right·log p + wrong·log(1 − p), without the binomial coefficient."""
    return right * eta - people * (max(eta, 0.0) + math.log1p(math.exp(-abs(eta))))


@compiled
def _chance(eta: float) -> tuple[float, float]:
    """Return p and p(1 − p)."""
    small = math.exp(-abs(eta))
    chance = (1.0 if eta > 0 else small) / (1 + small)
    return chance, small / (1 + small) ** 2


@compiled
def _height(study: Vector, place: Vector, z1: float, z2: float) -> float:
    """Return the log of the integrand at z, without constants."""
    e1 = place[0] + place[2] * z1
    e2 = place[1] + place[3] * z1 + place[4] * z2
    first = _log_density(study[0], study[1], e1)
    return first + _log_density(study[2], study[3], e2) - 0.5 * (z1 * z1 + z2 * z2)


@compiled
def _peak(study: Vector, place: Vector, peak: Vector) -> None:
    """Find the top of the hill: writes z1, z2, its height and s, w, w' of both outcomes.

    s is the slope of the log-density in the linear predictor, w minus its second and
    w' the slope of w.
    """
    a, b, c = place[2], place[3], place[4]
    z1, z2 = 0.0, 0.0
    height = _height(study, place, z1, z2)
    for _ in range(STEPS):
        p1, v1 = _chance(place[0] + a * z1)
        p2, v2 = _chance(place[1] + b * z1 + c * z2)
        s1, w1 = study[0] - study[1] * p1, study[1] * v1
        s2, w2 = study[2] - study[3] * p2, study[3] * v2
        g1, g2 = a * s1 + b * s2 - z1, c * s2 - z2
        h11, h21, h22 = 1 + a * a * w1 + b * b * w2, b * c * w2, 1 + c * c * w2
        det = h11 * h22 - h21 * h21
        d1, d2 = (h22 * g1 - h21 * g2) / det, (h11 * g2 - h21 * g1) / det
        length = 1.0
        for _halving in range(HALVINGS):
            reached = _height(study, place, z1 + length * d1, z2 + length * d2)
            if reached >= height - 1e-13 * (1 + abs(height)):
                break
            length *= 0.5
        z1, z2, height = z1 + length * d1, z2 + length * d2, reached
        if max(abs(d1), abs(d2)) < CLOSE:
            break
    p1, v1 = _chance(place[0] + a * z1)
    p2, v2 = _chance(place[1] + b * z1 + c * z2)
    peak[0], peak[1], peak[2] = z1, z2, height
    peak[3], peak[4] = study[0] - study[1] * p1, study[2] - study[3] * p2
    peak[5], peak[6] = study[1] * v1, study[3] * v2
    peak[7], peak[8] = peak[5] * (1 - 2 * p1), peak[6] * (1 - 2 * p2)


@compiled
def _turns(j: int, place: Vector, peak: Vector, direct: Vector) -> None:
    """Write how parameter j alone moves e1, e2, then the slope and the curvature of the hill.

    ``direct`` receives de1, de2, the parts of d(L's) in z1 and z2 that come of L itself,
    and those of L'wL (11, 21, 22).
    """
    a, b, c = place[2], place[3], place[4]
    direct[:] = 0.0
    if j < 2:
        direct[j] = 1.0
    elif j == 2:
        direct[0], direct[2], direct[4] = peak[0], peak[3], 2 * a * peak[5]
    elif j == 3:
        direct[1], direct[2] = peak[0], peak[4]
        direct[4], direct[5] = 2 * b * peak[6], c * peak[6]
    else:
        direct[1], direct[3] = peak[1], peak[4]
        direct[5], direct[6] = b * peak[6], 2 * c * peak[6]


@compiled
def _add_movement(place: Vector, peak: Vector, width: Vector, pull: Vector, slopes: Vector) -> None:
    """Add to the slopes what comes of the nodes' moving with the parameters.

    ``width`` is F, the lower factor of the inverse curvature at the peak (11, 21, 22);
    ``pull`` holds the mean slopes of the log-integrand in z1 and z2, and those times the
    standard nodes (1·r1, 2·r1, 2·r2).
    """
    a, b, c = place[2], place[3], place[4]
    w1, w2, k1, k2 = peak[5], peak[6], peak[7], peak[8]
    f11, f21, f22 = width[0], width[1], width[2]
    direct = np.empty(7)
    for j in range(5):
        _turns(j, place, peak, direct)
        u1 = direct[2] - w1 * direct[0] * a - w2 * direct[1] * b
        u2 = direct[3] - w2 * direct[1] * c
        along = f11 * u1 + f21 * u2
        dz1, dz2 = f11 * along, f21 * along + f22 * f22 * u2
        dw1 = k1 * (direct[0] + a * dz1)
        dw2 = k2 * (direct[1] + b * dz1 + c * dz2)
        # Slopes of the curvature H = I + L'wL ...
        h11 = a * a * dw1 + b * b * dw2 + direct[4]
        h21, h22 = b * c * dw2 + direct[5], c * c * dw2 + direct[6]
        # ... and of F: dF = −F tril(F' dH F) with half the diagonal.
        q11 = f11 * f11 * h11 + 2 * f11 * f21 * h21 + f21 * f21 * h22
        q21, q22 = f22 * (f11 * h21 + f21 * h22), f22 * f22 * h22
        d11, d22 = -0.5 * f11 * q11, -0.5 * f22 * q22
        d21 = -0.5 * f21 * q11 - f22 * q21
        slopes[j] += pull[0] * dz1 + pull[1] * dz2 + d11 / f11 + d22 / f22
        slopes[j] += pull[2] * d11 + pull[3] * d21 + pull[4] * d22


@compiled
def _row(study: Vector, start: Vector, r: Vector, log_weight: Vector, sums: Vector) -> None:
    """Sum over the nodes of z2 at one z1.

    ``start`` holds e2 and z2 at r2 = 0, what e2 and z2 gain with r2, and the log-density
    of the row. ``sums`` receives the weighted sums of 1, s, s z2, s² − w, (s² − w) z2,
    (s² − w) z2², r2, r2², s r2, where s and w are slope and information in e2.
    """
    sums[:] = 0.0
    for j in range(len(r)):
        e2, z2 = start[0] + start[2] * r[j], start[1] + start[3] * r[j]
        small = math.exp(-abs(e2))
        log_p = study[2] * e2 - study[3] * (max(e2, 0.0) + math.log1p(small))
        p = math.exp(start[4] + log_weight[j] + log_p - 0.5 * z2 * z2)
        chance = (1.0 if e2 > 0 else small) / (1 + small)
        s = study[2] - study[3] * chance
        bend = p * (s * s - study[3] * small / (1 + small) ** 2)
        sums[0] += p
        sums[1] += p * s
        sums[2] += p * s * z2
        sums[3] += bend
        sums[4] += bend * z2
        sums[5] += bend * z2 * z2
        sums[6] += p * r[j]
        sums[7] += p * r[j] * r[j]
        sums[8] += p * s * r[j]


@compiled
def _gather(sums: Vector, s1: float, v1: float, z1: float, mean: Vector, square: Vector) -> None:
    """Add a row to the sums of the slopes in eta1, eta2, a, b, c and of their products."""
    flat, q = sums[0] * (s1 * s1 - v1), sums[0]
    mean[0] += q * s1
    mean[1] += sums[1]
    mean[2] += q * s1 * z1
    mean[3] += sums[1] * z1
    mean[4] += sums[2]
    square[0, 0] += flat
    square[1, 0] += s1 * sums[1]
    square[1, 1] += sums[3]
    square[2, 0] += z1 * flat
    square[2, 1] += s1 * z1 * sums[1]
    square[2, 2] += z1 * z1 * flat
    square[3, 0] += s1 * z1 * sums[1]
    square[3, 1] += z1 * sums[3]
    square[3, 2] += s1 * z1 * z1 * sums[1]
    square[3, 3] += z1 * z1 * sums[3]
    square[4, 0] += s1 * sums[2]
    square[4, 1] += sums[4]
    square[4, 2] += s1 * z1 * sums[2]
    square[4, 3] += z1 * sums[4]
    square[4, 4] += sums[5]


@compiled
def _pull(place: Vector, peak: Vector, width: Vector, m: Vector, pull: Vector) -> None:
    """Write the slopes of the log-integrand in z from the moments of nodes and slopes.

    ``m``: total, r1, r2, r1², r1 r2, r2², s1, s2, s1 r1, s2 r1, s2 r2.
    """
    a, b, c, z1, z2 = place[2], place[3], place[4], peak[0], peak[1]
    f11, f21, f22 = width[0], width[1], width[2]
    pull[0] = a * m[6] + b * m[7] - z1 * m[0] - f11 * m[1]
    pull[1] = c * m[7] - z2 * m[0] - f21 * m[1] - f22 * m[2]
    pull[2] = a * m[8] + b * m[9] - z1 * m[1] - f11 * m[3]
    pull[3] = c * m[9] - z2 * m[1] - f21 * m[3] - f22 * m[4]
    pull[4] = c * m[10] - z2 * m[2] - f21 * m[4] - f22 * m[5]
    pull /= m[0]


@compiled
def _width(place: Vector, peak: Vector) -> Vector:
    """Return the lower factor (11, 21, 22) of the inverse curvature at the peak."""
    a, b, c, w1, w2 = place[2], place[3], place[4], peak[5], peak[6]
    h11, h21, h22 = 1 + a * a * w1 + b * b * w2, b * c * w2, 1 + c * c * w2
    f11 = math.sqrt(h22 / (h11 * h22 - h21 * h21))
    return np.array([f11, -f11 * h21 / h22, 1 / math.sqrt(h22)])


@compiled
def binomial_study(
    study: Vector,
    place: Vector,
    r: Vector,
    log_weight: Vector,
    slopes: Vector,
    curvature: Vector,
) -> float:
    """Return one study's log-likelihood without binomial coefficients.

    Parameters
    ----------
    study : array, shape (4,)
        True positives, diseased, true negatives, healthy.
    place : array, shape (5,)
        eta1, eta2, a, b, c.
    r, log_weight : array
        From `gauss_hermite`.
    slopes : array, shape (5,)
        Written: with respect to ``place``.
    curvature : array, shape (5, 5)
        Written: second derivatives of the integral, themselves by quadrature (mean second
        derivative plus variance of the first); good for Newton steps with five nodes or more.
    """
    peak, start = np.empty(9), np.empty(5)
    _peak(study, place, peak)
    f = _width(place, peak)
    sums, m = np.empty(9), np.zeros(11)
    mean, square = np.zeros(5), np.zeros((5, 5))
    start[2], start[3] = place[4] * f[2], f[2]
    for i in range(len(r)):
        z1 = peak[0] + f[0] * r[i]
        start[1] = peak[1] + f[1] * r[i]
        start[0] = place[1] + place[3] * z1 + place[4] * start[1]
        e1 = place[0] + place[2] * z1
        first = _log_density(study[0], study[1], e1)
        start[4] = first - 0.5 * z1 * z1 + log_weight[i] - peak[2]
        chance, spread = _chance(e1)
        s1 = study[0] - study[1] * chance
        _row(study, start, r, log_weight, sums)
        _gather(sums, s1, study[1] * spread, z1, mean, square)
        m[:3] += np.array([sums[0], sums[0] * r[i], sums[6]])
        m[3:6] += np.array([sums[0] * r[i] ** 2, sums[6] * r[i], sums[7]])
        m[6:9] += np.array([sums[0] * s1, sums[1], sums[0] * s1 * r[i]])
        m[9:] += np.array([sums[1] * r[i], sums[8]])
    slopes[:] = mean / m[0]
    for i in range(5):
        for j in range(i + 1):
            curvature[i, j] = square[i, j] / m[0] - slopes[i] * slopes[j]
            curvature[j, i] = curvature[i, j]
    pull = np.empty(5)
    _pull(place, peak, f, m, pull)
    _add_movement(place, peak, f, pull, slopes)
    value: float = peak[2] + math.log(m[0]) + math.log(f[0] * f[2] / math.pi)
    return value
