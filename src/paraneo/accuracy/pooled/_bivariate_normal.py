"""The bivariate normal model, by full and by restricted likelihood, for many studies at once.

Two empirical logits y are normal about (eta1, eta2) with covariance S = L L' + diag(v), where
L = [[a, 0], [b, c]] and v are the logits' own variances, taken as known. The restricted
likelihood adds −½ log|A| with A = Σ X'WX and W the inverse of S.

D_j is the slope of S in the j-th of a, b, c, and D_jk its second derivative. Symmetric matrices
are held by their elements 11, 21 and 22, each an array over the studies.
"""

from __future__ import annotations

import math

import numpy as np

from paraneo.numerics.arrays import Vector

from ._bivariate_evidence import Tables, by_model

Symmetric = tuple[Vector, Vector, Vector]


def _weights(tables: Tables, theta: Vector) -> Symmetric:
    """Return W of every study."""
    a, b, c = theta[:, -3], theta[:, -2], theta[:, -1]
    s11, s21 = a * a + tables.cells[:, 0, 1], a * b
    s22 = b * b + c * c + tables.cells[:, 0, 3]
    det = s11 * s22 - s21 * s21
    return s22 / det, -s21 / det, s11 / det


def _turns(theta: Vector) -> tuple[Symmetric, Symmetric, Symmetric]:
    """Return D_a, D_b and D_c."""
    a, b, c = theta[:, -3], theta[:, -2], theta[:, -1]
    zero = np.zeros_like(a)
    return (2 * a, b, zero), (zero, a, 2 * b), (zero, zero, 2 * c)


def _add_bends(curvature: Vector, g: Symmetric) -> None:
    """Add tr(G D_jk) to the last three rows and columns."""
    curvature[:, -3, -3] += 2 * g[0]
    curvature[:, -3, -2] += 2 * g[1]
    curvature[:, -2, -3] += 2 * g[1]
    curvature[:, -2, -2] += 2 * g[2]
    curvature[:, -1, -1] += 2 * g[2]


def _between(g: Symmetric, d: Symmetric) -> Vector:
    """Return tr(G D)."""
    answer: Vector = g[0] * d[0] + 2 * g[1] * d[1] + g[2] * d[2]
    return answer


def _product(w: Symmetric, d: Symmetric) -> tuple[Vector, Vector, Vector, Vector]:
    """Return W D: 11, 12, 21, 22."""
    return (
        w[0] * d[0] + w[1] * d[1],
        w[0] * d[1] + w[1] * d[2],
        w[1] * d[0] + w[2] * d[1],
        w[1] * d[1] + w[2] * d[2],
    )


def normal_studies(tables: Tables, theta: Vector) -> tuple[Vector, Vector, Vector]:
    """Return every study's log-likelihood with its slopes and exact second derivatives.

    Parameters
    ----------
    tables : Tables
        Cells are y1, v1, y2, v2; one table a study.
    theta : array, shape (S, p + 3)
        Parameters of each study's model: coefficients of both predictors, a, b, c.

    Notes
    -----
    With u = W(y − η) and G = ½(uu' − W) the second derivatives are −W in η, −W D_j u between η
    and a parameter of L, and ½ tr(W D_j W D_k) − u' D_j W D_k u + tr(G D_jk) between two of them.
    """
    w, d = _weights(tables, theta), _turns(theta)
    eta1, eta2 = tables.predictors(theta)
    r1, r2 = tables.cells[:, 0, 0] - eta1[:, 0], tables.cells[:, 0, 2] - eta2[:, 0]
    u1, u2 = w[0] * r1 + w[1] * r2, w[1] * r1 + w[2] * r2
    g = 0.5 * (u1 * u1 - w[0]), 0.5 * (u1 * u2 - w[1]), 0.5 * (u2 * u2 - w[2])
    slopes, curvature = np.empty((len(u1), 5)), np.empty((len(u1), 5, 5))
    slopes[:, 0], slopes[:, 1] = u1, u2
    curvature[:, 0, 0], curvature[:, 1, 1] = -w[0], -w[2]
    curvature[:, 0, 1] = curvature[:, 1, 0] = -w[1]
    moved = [_product(w, one) for one in d]
    for j in range(3):
        slopes[:, 2 + j] = _between(g, d[j])
        v1, v2 = d[j][0] * u1 + d[j][1] * u2, d[j][1] * u1 + d[j][2] * u2
        first, second = w[0] * v1 + w[1] * v2, w[1] * v1 + w[2] * v2
        curvature[:, 0, 2 + j] = curvature[:, 2 + j, 0] = -first
        curvature[:, 1, 2 + j] = curvature[:, 2 + j, 1] = -second
        for k in range(j + 1):
            e, m, n = d[k], moved[j], moved[k]
            trace = m[0] * n[0] + m[1] * n[2] + m[2] * n[1] + m[3] * n[3]
            bent = first * (e[0] * u1 + e[1] * u2) + second * (e[1] * u1 + e[2] * u2)
            curvature[:, 2 + j, 2 + k] = curvature[:, 2 + k, 2 + j] = 0.5 * trace - bent
    _add_bends(curvature, g)
    log_det = np.log(w[0] * w[2] - w[1] * w[1])
    value = 0.5 * (log_det - u1 * r1 - u2 * r2) - math.log(2 * math.pi)
    return (value, *tables.in_parameters(slopes, curvature))


def _summed(tables: Tables, w: Symmetric, size: int) -> Vector:
    """Return Σ X'MX of each of ``size`` models, (size, p, p), for symmetric M of each study."""
    one, two = tables.x1[:, 0], tables.x2[:, 0]
    p1 = one.shape[1]
    total = np.empty((len(one), p1 + two.shape[1], p1 + two.shape[1]))
    total[:, :p1, :p1] = one[:, :, None] * one[:, None, :] * w[0][:, None, None]
    total[:, p1:, :p1] = two[:, :, None] * one[:, None, :] * w[1][:, None, None]
    total[:, :p1, p1:] = np.swapaxes(total[:, p1:, :p1], 1, 2)
    total[:, p1:, p1:] = two[:, :, None] * two[:, None, :] * w[2][:, None, None]
    return by_model(total, tables.model, size)


def information(tables: Tables, theta: Vector, size: int) -> Vector:
    """Return A = Σ X'WX of each of ``size`` models, (size, p, p); ``theta`` as above."""
    return _summed(tables, _weights(tables, theta), size)


def restriction(tables: Tables, theta: Vector, size: int) -> tuple[Vector, Vector, Vector]:
    """Return −½ log|A| of each of ``size`` models, its slopes and second derivatives in a, b, c.

    With R = W X A⁻¹ X' W of one study and dA_j = −Σ X'W D_j W X they are ½ Σ tr(R D_j), and
    ½ tr(A⁻¹ dA_j A⁻¹ dA_k) − Σ tr(R D_j W D_k) + ½ Σ tr(R D_jk).
    """
    w, d = _weights(tables, theta), _turns(theta)
    inverse: Vector = np.asarray(np.linalg.inv(_summed(tables, w, size)), dtype=np.float64)
    around = _around(tables, w, inverse)
    moved = [_product(w, one) for one in d]
    turned = []
    for wd in moved:
        wdw = (
            wd[0] * w[0] + wd[1] * w[1], wd[2] * w[0] + wd[3] * w[1], wd[2] * w[1] + wd[3] * w[2]
        )  # fmt: skip
        turned.append(inverse @ _summed(tables, wdw, size))
    slopes, second = np.empty((len(theta), 3)), np.zeros((len(theta), 3, 3))
    for j in range(3):
        slopes[:, j] = 0.5 * _between(around, d[j])
        for k in range(3):
            rd, wd = _product(around, d[j]), moved[k]
            second[:, j, k] = -(rd[0] * wd[0] + rd[1] * wd[2] + rd[2] * wd[1] + rd[3] * wd[3])
    half = 0.5 * around[0], 0.5 * around[1], 0.5 * around[2]
    _add_bends(second, half)
    curvature = by_model(second, tables.model, size)
    for j in range(3):
        for k in range(3):
            curvature[:, j, k] += 0.5 * np.einsum("mij,mji->m", turned[j], turned[k])
    value = 0.5 * np.linalg.slogdet(inverse)[1]
    return value, by_model(slopes, tables.model, size), curvature


def _around(tables: Tables, w: Symmetric, inverse: Vector) -> Symmetric:
    """Return R = W X A⁻¹ X' W of every study."""
    one, two = tables.x1[:, 0], tables.x2[:, 0]
    p1, own = one.shape[1], inverse[tables.model]
    left, right = (
        (own[:, :, :p1] @ one[:, :, None])[..., 0],
        (own[:, :, p1:] @ two[:, :, None])[..., 0],
    )
    q11, q22 = (one * left[:, :p1]).sum(axis=1), (two * right[:, p1:]).sum(axis=1)
    q21 = (two * left[:, p1:]).sum(axis=1)
    h11, h12, h21, h22 = _product(w, (q11, q21, q22))
    return h11 * w[0] + h12 * w[1], h21 * w[0] + h22 * w[1], h21 * w[1] + h22 * w[2]
