"""Bivariate models fitted to a stack of meta-analyses: starts, ends and what they mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from ._bivariate_evidence import BINOMIAL, Evidence, Index
from ._bivariate_search import Fits, Flags, evaluate, information_at, search

#: Which of a, b, c are free: of L = [[a, 0], [b, c]] with L L' the between-study covariance.
FREE = {
    "unstructured": (True, True, True),
    "shared": (True, True, False),
    "independent": (True, False, True),
    "sensitivity": (True, False, False),
    "specificity": (False, False, True),
    "fixed": (False, False, False),
}
STRUCTURES = tuple(FREE)
#: How an outcome is spread over the studies: in the open, or with no finite estimate.
OPEN, ALL_RIGHT, ALL_WRONG, ALL_OR_NONE = 0, 1, 2, 3


def fit(evidence: Evidence, start: Vector, free: Flags, nodes: int, *, finish: bool = True) -> Fits:
    """Search from ``start``, shape (m, p + 3), over the parameters that are ``free``.

    Of the two factors L of one covariance the one with a and c not negative is given.
    """
    fits = search(evidence, start, np.array(free, dtype=np.bool_), nodes, finish=finish)
    sign = np.where(fits.theta[:, -3:] < 0, -1.0, 1.0)
    fits.theta[:, -3] *= sign[:, 0]
    fits.theta[:, -2] *= sign[:, 0]
    fits.theta[:, -1] *= sign[:, 2]
    turn = np.ones_like(fits.theta)
    turn[:, -3:-1], turn[:, -1] = sign[:, :1], sign[:, 2]
    fits.slopes[:] *= turn
    fits.curvature[:] *= turn[:, :, None] * turn[:, None, :]
    return fits


def values(evidence: Evidence, theta: Vector, nodes: int) -> Vector:
    """Return the log-likelihoods at ``theta`` with so many nodes."""
    return evaluate(evidence, theta, nodes)[0]


def structures_of(free: Flags) -> NDArray[np.str_]:
    """Return the names of the structures that leave a, b, c so free, shape (m,)."""
    names = np.full(len(free), "fixed", dtype="U12")
    for name, pattern in FREE.items():
        names[np.all(free[:, -3:] == pattern, axis=1)] = name
    return names


def deviations(theta: Vector) -> tuple[Vector, Vector, Vector]:
    """Return both standard deviations between studies and √(1 − ρ²)."""
    second = np.hypot(theta[..., -2], theta[..., -1])
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(second > 0, np.abs(theta[..., -1]) / second, 1.0)
    return np.abs(theta[..., -3]), second, apart


def covariance_of(theta: Vector) -> Vector:
    """Return the between-study covariances L L', shape (..., 2, 2)."""
    a, b, c = theta[..., -3], theta[..., -2], theta[..., -1]
    rows = [np.stack([a * a, a * b], axis=-1), np.stack([a * b, b * b + c * c], axis=-1)]
    return np.stack(rows, axis=-2)


def spread_of(evidence: Evidence) -> Index:
    """Return how each outcome is spread over its studies, shape (m, 2)."""
    codes = np.zeros((len(evidence.studies), 2), dtype=np.int64)
    if evidence.kind == BINOMIAL:
        used = evidence.used != 0
        for j in range(2):
            right, people = evidence.studies[..., 2 * j], evidence.studies[..., 2 * j + 1]
            none = np.all((right == 0) | ~used, axis=1)
            all_ = np.all((right == people) | ~used, axis=1)
            either = np.all((right == 0) | (right == people) | ~used, axis=1)
            codes[:, j] = np.select([all_, none, either], [ALL_RIGHT, ALL_WRONG, ALL_OR_NONE])
    return codes


def starting_points(evidence: Evidence) -> Vector:
    """Return least squares of empirical logits with a rough spread about them, and b = 0."""
    parts, spreads = [], []
    used = evidence.used != 0
    for j, x in enumerate((evidence.x1, evidence.x2)):
        one, two = evidence.studies[..., 2 * j], evidence.studies[..., 2 * j + 1]
        if evidence.kind == BINOMIAL:
            right, wrong = one + 0.5, two - one + 0.5
            one, two = np.log(right / wrong), 1 / right + 1 / wrong
        design = np.where(used[..., None], x, 0.0)
        beta = np.einsum("mpn,mn->mp", np.linalg.pinv(design), np.where(used, one, 0.0))
        left = np.where(used, one - np.einsum("mnp,mp->mn", x, beta), 0.0)
        count = used.sum(axis=1)
        own = np.where(used, two, 0.0).sum(axis=1) / count
        excess = (left**2).sum(axis=1) / np.maximum(count - x.shape[2], 1) - own
        parts.append(beta)
        spreads.append(np.sqrt(np.clip(excess, 0.05, 4.0)))
    first, second = spreads
    zero = np.zeros_like(first)
    return np.concatenate([*parts, np.stack([first, zero, second], axis=1)], axis=1)


def coefficient_covariance(fits: Fits, evidence: Evidence) -> Vector:
    """Return the covariance of the coefficients, zero where they were held.

    Binomial: from the inverse curvature of all free parameters. Normal: (X'WX)⁻¹ at the
    between-study covariance found, as is usual.
    """
    columns = evidence.columns
    if evidence.kind != BINOMIAL:
        return np.asarray(np.linalg.inv(information_at(evidence, fits.theta)))
    held = ~fits.free
    pair = held[:, :, None] | held[:, None, :]
    curve = np.where(pair, 0.0, -fits.curvature)
    place = np.arange(curve.shape[1])
    curve[:, place, place] += held
    answer = np.where(pair, 0.0, np.linalg.pinv(curve, hermitian=True))
    return np.asarray(answer[:, :columns, :columns])
