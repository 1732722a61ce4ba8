"""One study's part in the bivariate normal model, and the penalty of restricted likelihood.

Two empirical logits y are normal about (eta1, eta2) with covariance L L' + diag(v), where
L = [[a, 0], [b, c]] and v are the logits' own variances, taken as known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paraneo._estimate import Vector

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
def normal_study(study: Vector, place: Vector, slopes: Vector) -> float:
    """Return one study's log-likelihood and write its slopes, as in the binomial model.

    ``study`` holds y1, v1, y2, v2; ``place`` eta1, eta2, a, b, c.
    """
    w11, w21, w22 = weight_matrix(study, place[2], place[3], place[4])
    d1, d2 = study[0] - place[0], study[2] - place[1]
    u1, u2 = w11 * d1 + w21 * d2, w21 * d1 + w22 * d2
    slopes[0], slopes[1] = u1, u2
    g11, g21, g22 = 0.5 * (u1 * u1 - w11), 0.5 * (u1 * u2 - w21), 0.5 * (u2 * u2 - w22)
    factor_slopes(place, g11, g21, g22, slopes)
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
def _form(matrix: Vector, at: int, x: Vector, to: int, y: Vector) -> float:
    """Return x' M y with M the block of ``matrix`` that begins at (at, to)."""
    answer = 0.0
    for j in range(len(x)):
        for k in range(len(y)):
            answer += x[j] * matrix[at + j, to + k] * y[k]
    return answer


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


@compiled
def restriction(
    studies: Vector, used: NDArray[Any], x1: Vector, x2: Vector, place: Vector, slopes: Vector
) -> float:
    """Return −½ log|X'WX|, which restricts the likelihood, and write its slopes in a, b, c."""
    p1 = x1.shape[1]
    total = information(studies, used, x1, x2, place)
    inverse = np.linalg.inv(total)
    g11 = g21 = g22 = 0.0
    for i in range(len(studies)):
        if used[i] != 0:
            w11, w21, w22 = weight_matrix(studies[i], place[2], place[3], place[4])
            # Half of W M W, where M is the covariance of the two linear predictors.
            m11 = 0.5 * _form(inverse, 0, x1[i], 0, x1[i])
            m21 = 0.5 * _form(inverse, p1, x2[i], 0, x1[i])
            m22 = 0.5 * _form(inverse, p1, x2[i], p1, x2[i])
            g11 += w11 * w11 * m11 + 2 * w11 * w21 * m21 + w21 * w21 * m22
            g21 += w11 * w21 * m11 + (w11 * w22 + w21 * w21) * m21 + w21 * w22 * m22
            g22 += w21 * w21 * m11 + 2 * w21 * w22 * m21 + w22 * w22 * m22
    factor_slopes(place, g11, g21, g22, slopes)
    return -0.5 * math.log(np.linalg.det(total))
