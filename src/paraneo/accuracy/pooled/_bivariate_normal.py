"""One study's part in the bivariate normal model, and the information on its coefficients.

Two empirical logits y are normal about (eta1, eta2) with covariance L L' + diag(v), where
L = [[a, 0], [b, c]] and v are the logits' own variances, taken as known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from ._compiled import compiled


@compiled
def weight_matrix(study: Vector, a: float, b: float, c: float) -> tuple[float, float, float]:
    """Return the elements 11, 21 and 22 of the inverse of the marginal covariance."""
    s11, s21, s22 = a * a + study[1], a * b, b * b + c * c + study[3]
    det = s11 * s22 - s21 * s21
    return s22 / det, -s21 / det, s11 / det


@compiled
def factor_slopes(place: Vector, g11: float, g21: float, g22: float, slopes: Vector) -> None:
    """Write the slopes in a, b, c that follow from those in the covariance L L'."""
    a, b, c = place[2], place[3], place[4]
    slopes[2] = 2 * (a * g11 + b * g21)
    slopes[3] = 2 * (a * g21 + b * g22)
    slopes[4] = 2 * c * g22


@compiled
def _curve(
    place: Vector,
    w: tuple[float, float, float],
    u: tuple[float, float],
    g: tuple[float, float, float],
    curvature: Vector,
) -> None:
    """Write the second derivatives of one study's log-likelihood.

    With D the slope of the marginal covariance in one of a, b, c, W its inverse, u = W(y − η)
    and G = ½(uu' − W): −W for η; −W D u between η and that parameter; and
    ½ tr(W D W E) − u' D W E u + tr(G ∂²) between two of them.
    """
    a, b, c = place[2], place[3], place[4]
    w11, w21, w22 = w
    slope = ((2 * a, b, 0.0), (0.0, a, 2 * b), (0.0, 0.0, 2 * c))
    curvature[0, 0], curvature[1, 0], curvature[0, 1], curvature[1, 1] = -w11, -w21, -w21, -w22
    for j in range(3):
        d11, d21, d22 = slope[j]
        v1, v2 = d11 * u[0] + d21 * u[1], d21 * u[0] + d22 * u[1]
        m11, m12 = w11 * d11 + w21 * d21, w11 * d21 + w21 * d22
        m21, m22 = w21 * d11 + w22 * d21, w21 * d21 + w22 * d22
        first, second = w11 * v1 + w21 * v2, w21 * v1 + w22 * v2
        curvature[0, 2 + j], curvature[1, 2 + j] = -first, -second
        curvature[2 + j, 0], curvature[2 + j, 1] = -first, -second
        for k in range(j + 1):
            e11, e21, e22 = slope[k]
            trace = m11 * (w11 * e11 + w21 * e21) + m12 * (w21 * e11 + w22 * e21)
            trace += m21 * (w11 * e21 + w21 * e22) + m22 * (w21 * e21 + w22 * e22)
            bent = first * (e11 * u[0] + e21 * u[1]) + second * (e21 * u[0] + e22 * u[1])
            curvature[2 + j, 2 + k] = 0.5 * trace - bent
            curvature[2 + k, 2 + j] = curvature[2 + j, 2 + k]
    curvature[2, 2] += 2 * g[0]
    curvature[3, 2] += 2 * g[1]
    curvature[2, 3] += 2 * g[1]
    curvature[3, 3] += 2 * g[2]
    curvature[4, 4] += 2 * g[2]


@compiled
def normal_study(study: Vector, place: Vector, slopes: Vector, curvature: Vector) -> float:
    """Return one study's log-likelihood; write its slopes and exact second derivatives.

    ``study`` holds y1, v1, y2, v2; ``place`` eta1, eta2, a, b, c.
    """
    w11, w21, w22 = weight_matrix(study, place[2], place[3], place[4])
    d1, d2 = study[0] - place[0], study[2] - place[1]
    u1, u2 = w11 * d1 + w21 * d2, w21 * d1 + w22 * d2
    slopes[0], slopes[1] = u1, u2
    g11, g21, g22 = 0.5 * (u1 * u1 - w11), 0.5 * (u1 * u2 - w21), 0.5 * (u2 * u2 - w22)
    factor_slopes(place, g11, g21, g22, slopes)
    _curve(place, (w11, w21, w22), (u1, u2), (g11, g21, g22), curvature)
    log_det = -math.log(w11 * w22 - w21 * w21)
    value: float = -math.log(2 * math.pi) - 0.5 * (log_det + u1 * d1 + u2 * d2)
    return value


@compiled
def _add_outer(total: Vector, at: int, x: Vector, to: int, y: Vector, weight: float) -> None:
    """Add weight · x y' to the block of ``total`` that begins at (at, to)."""
    for j in range(len(x)):
        for k in range(len(y)):
            total[at + j, to + k] += weight * x[j] * y[k]


@compiled
def information(
    studies: Vector, used: NDArray[Any], x1: Vector, x2: Vector, place: Vector
) -> Vector:
    """Return X'WX of the coefficients of both outcomes, sensitivity first."""
    p1 = x1.shape[1]
    total = np.zeros((p1 + x2.shape[1], p1 + x2.shape[1]))
    for i in range(len(studies)):
        if used[i] != 0:
            w11, w21, w22 = weight_matrix(studies[i], place[2], place[3], place[4])
            _add_outer(total, 0, x1[i], 0, x1[i], w11)
            _add_outer(total, p1, x2[i], 0, x1[i], w21)
            _add_outer(total, 0, x1[i], p1, x2[i], w21)
            _add_outer(total, p1, x2[i], p1, x2[i], w22)
    return total
