"""The penalty of restricted likelihood in the bivariate normal model, with its derivatives.

The penalty is −½ log|A| with A = Σ X'WX, W being the inverse of a study's marginal
covariance S. In the elements s = (S11, S21, S22), all studies' S move alike: with D their
slopes, dA = −Σ X'W D W X. The chain rule then leads to a, b, c of `_bivariate_normal`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from ._bivariate_normal import factor_slopes, weight_matrix
from ._compiled import compiled


@compiled
def _form(matrix: Vector, at: int, x: Vector, to: int, y: Vector, i: int) -> float:
    """Return x' M y for study i, with M the block of ``matrix`` that begins at (at, to)."""
    answer = 0.0
    for j in range(x.shape[1]):
        for k in range(y.shape[1]):
            answer += x[i, j] * matrix[at + j, to + k] * y[i, k]
    return answer


@compiled
def inverse_of(matrix: Vector) -> tuple[Vector, float]:
    """Return inverse and log-determinant of a small positive definite matrix (Gauss–Jordan)."""
    size = len(matrix)
    work, log_det = matrix.copy(), 0.0
    for k in range(size):
        pivot = work[k, k]
        log_det += math.log(pivot)
        work[k, k] = 1.0
        for j in range(size):
            work[k, j] /= pivot
        for i in range(size):
            if i != k:
                times = work[i, k]
                work[i, k] = 0.0
                for j in range(size):
                    work[i, j] -= times * work[k, j]
    return work, log_det


@compiled
def _add(
    total: Vector, at: int, x1: Vector, x2: Vector, i: int, w11: float, w21: float, w22: float
) -> None:
    """Add X'WX of study i to ``total[at]``, but for the upper block."""
    p1, p2 = x1.shape[1], x2.shape[1]
    for j in range(p1):
        for k in range(p1):
            total[at, j, k] += w11 * x1[i, j] * x1[i, k]
    for j in range(p2):
        for k in range(p1):
            total[at, p1 + j, k] += w21 * x2[i, j] * x1[i, k]
        for k in range(p2):
            total[at, p1 + j, p1 + k] += w22 * x2[i, j] * x2[i, k]


@compiled
def _totals(
    studies: Vector, used: NDArray[Any], x1: Vector, x2: Vector, place: Vector, total: Vector
) -> None:
    """Add up A and, below it, −dA in S11, S21 and S22; ``total`` has shape (4, p, p)."""
    p1 = x1.shape[1]
    for i in range(len(studies)):
        if used[i] != 0:
            w11, w21, w22 = weight_matrix(studies[i], place[2], place[3], place[4])
            _add(total, 0, x1, x2, i, w11, w21, w22)
            _add(total, 1, x1, x2, i, w11 * w11, w11 * w21, w21 * w21)
            mixed = w11 * w22 + w21 * w21
            _add(total, 2, x1, x2, i, 2 * w11 * w21, mixed, 2 * w21 * w22)
            _add(total, 3, x1, x2, i, w21 * w21, w21 * w22, w22 * w22)
    for at in range(4):
        for j in range(p1):
            for k in range(x2.shape[1]):
                total[at, j, p1 + k] = total[at, p1 + k, j]


@compiled
def _between_trace(left: Vector, right: Vector) -> float:
    """Return tr(left · right)."""
    answer = 0.0
    for i in range(len(left)):
        for j in range(len(left)):
            answer += left[i, j] * right[j, i]
    return answer


@compiled
def _direct(
    studies: Vector,
    used: NDArray[Any],
    x1: Vector,
    x2: Vector,
    place: Vector,
    inverse: Vector,
    first: Vector,
    second: Vector,
) -> None:
    """Add what single studies give: ½ tr(R D) to the slopes, −tr(R D W E) to the curvature.

    R = W X A⁻¹ X' W is that of one study; D and E stand for the slopes of S.
    """
    p1 = x1.shape[1]
    for i in range(len(studies)):
        if used[i] != 0:
            w11, w21, w22 = weight_matrix(studies[i], place[2], place[3], place[4])
            q11 = _form(inverse, 0, x1, 0, x1, i)
            q21 = _form(inverse, p1, x2, 0, x1, i)
            q22 = _form(inverse, p1, x2, p1, x2, i)
            h11, h12 = w11 * q11 + w21 * q21, w11 * q21 + w21 * q22
            h21, h22 = w21 * q11 + w22 * q21, w21 * q21 + w22 * q22
            r11, r21, r22 = h11 * w11 + h12 * w21, h21 * w11 + h22 * w21, h21 * w21 + h22 * w22
            first[0] += 0.5 * r11
            first[1] += r21
            first[2] += 0.5 * r22
            second[0, 0] -= r11 * w11
            second[1, 0] -= r11 * w21 + r21 * w11
            second[2, 0] -= r21 * w21
            second[1, 1] -= r11 * w22 + 2 * r21 * w21 + r22 * w11
            second[2, 1] -= r21 * w22 + r22 * w21
            second[2, 2] -= r22 * w22


@compiled
def restriction(
    studies: Vector,
    used: NDArray[Any],
    x1: Vector,
    x2: Vector,
    place: Vector,
    slopes: Vector,
    curvature: Vector,
) -> float:
    """Return −½ log|X'WX|; add its slopes in a, b, c and its second derivatives there."""
    p = x1.shape[1] + x2.shape[1]
    total, product = np.zeros((4, p, p)), np.zeros((3, p, p))
    _totals(studies, used, x1, x2, place, total)
    inverse, log_det = inverse_of(total[0])
    first, second = np.zeros(3), np.zeros((3, 3))
    _direct(studies, used, x1, x2, place, inverse, first, second)
    for j in range(3):
        for i in range(p):
            for k in range(p):
                for m in range(p):
                    product[j, i, k] += inverse[i, m] * total[1 + j, m, k]
        for k in range(j + 1):
            second[j, k] += 0.5 * _between_trace(product[j], product[k])
            second[k, j] = second[j, k]
    _to_factor(place, first, second, slopes, curvature)
    return -0.5 * log_det


@compiled
def _to_factor(
    place: Vector, first: Vector, second: Vector, slopes: Vector, curvature: Vector
) -> None:
    """Add derivatives in S11, S21, S22 to those in a, b, c, which come last."""
    a, b, c = place[2], place[3], place[4]
    at, local = len(slopes) - 3, np.empty(5)
    factor_slopes(place, first[0], 0.5 * first[1], first[2], local)
    turn = ((2 * a, b, 0.0), (0.0, a, 2 * b), (0.0, 0.0, 2 * c))
    for j in range(3):
        slopes[at + j] += local[2 + j]
        for k in range(3):
            for m in range(3):
                for n in range(3):
                    curvature[at + j, at + k] += turn[j][m] * second[m, n] * turn[k][n]
    curvature[at, at] += 2 * first[0]
    curvature[at, at + 1] += first[1]
    curvature[at + 1, at] += first[1]
    curvature[at + 1, at + 1] += 2 * first[2]
    curvature[at + 2, at + 2] += 2 * first[2]
