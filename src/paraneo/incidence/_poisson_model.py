"""Poisson models of observed over expected counts, whether or not all estimates are finite.

Rows without events may let a coefficient run away: the likelihood rises for ever as the
ratio of some cells falls to 0. Such directions are found before the fit, by linear
programming over the rows without events; the rows they empty are set aside, and the
coefficients that move along them are infinite by name, not by a search that ran far.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import scaled_gradient
from paraneo.numerics.profile import profile_limit

Mask = NDArray[np.bool_]

#: Singular values below this part of the largest are rounding.
RANK = 1e-9
#: The search ends when a step changes no coefficient by more than this.
STEP = 1e-12
MOST_STEPS = 200
#: Largest slope of the log-likelihood, in standard errors, at an optimum.
FLAT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class PoissonFit:
    """The maximum of the likelihood, reached or approached without end.

    Attributes
    ----------
    coefficients : array, shape (p,)
        -inf or inf where an estimate is infinite.
    covariance : array, shape (p, p)
        NaN in the rows and columns of infinite estimates.
    inner, inner_covariance : array, shapes (p,) and (p, p)
        Finite coefficients that give the bounded contrasts, and their covariance.
    fitted : array, shape (n,)
        Expected events under the model; 0 in rows set aside.
    free : array, shape (p, k)
        Directions along which nothing bounds the estimates; k = 0 where all are finite.
    away : array, shape (p,)
        The direction in which the likelihood rises for ever; zero where there is none.
    rank : int
        Coefficients that are bounded.
    rows : int
        Rows that bound them.
    """

    coefficients: Vector
    covariance: Vector
    inner: Vector
    inner_covariance: Vector
    fitted: Vector
    log_likelihood: float
    free: Vector
    away: Vector
    rank: int
    rows: int
    reached: bool
    iterations: int
    largest_gradient: float


def poisson_fit(matrix: Vector, observed: Vector, offset: Vector) -> PoissonFit:
    """Maximise the Poisson likelihood of log-linear means with an offset.

    Parameters
    ----------
    matrix : array, shape (n, p)
        Of full column rank.
    observed : array, shape (n,)
        Counts, some of them above 0.
    offset : array, shape (n,)
        Log of the expected counts.
    """
    size = np.abs(matrix).max(axis=0, initial=0.0)
    scale = np.where(size > 0, size, 1.0)
    scaled = matrix / scale
    kept, away = _bounded_rows(scaled, observed)
    free = null_space(scaled[kept])
    basis = null_space(free.T) if free.shape[1] else np.eye(len(scale))
    search = _search(scaled[kept] @ basis, observed[kept], offset[kept])
    found, covariance, steps = search
    inner = basis @ found
    mean = np.zeros(len(observed))
    mean[kept] = np.exp(scaled[kept] @ inner + offset[kept])
    slope = scaled_gradient(
        basis.T @ (scaled.T @ (observed - mean)), ((scaled @ basis) ** 2).T @ mean
    )
    infinite = np.linalg.norm(free, axis=1) > RANK
    with np.errstate(invalid="ignore"):
        limits = np.where(np.abs(away) > RANK, np.sign(away) * np.inf, np.nan)
    bound = basis @ covariance @ basis.T / np.outer(scale, scale)
    spread = bound.copy()
    spread[infinite, :] = spread[:, infinite] = np.nan
    return PoissonFit(
        coefficients=np.where(infinite, limits, inner / scale),
        covariance=spread,
        inner=inner / scale,
        inner_covariance=bound,
        fitted=mean,
        log_likelihood=log_likelihood(observed, mean),
        free=free / scale[:, None],
        away=away / scale,
        rank=basis.shape[1],
        rows=int(kept.sum()),
        reached=bool(np.isfinite(found).all() and slope <= FLAT),
        iterations=steps,
        largest_gradient=slope,
    )


def log_likelihood(observed: Vector, mean: Vector) -> float:
    """Return the Poisson log-likelihood."""
    terms = special.xlogy(observed, mean) - mean - special.gammaln(observed + 1.0)
    return float(terms.sum())


def deviance(observed: Vector, mean: Vector) -> float:
    """Return twice the log-likelihood lost against a model with a mean for each row."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(observed > 0, observed / mean, 1.0)
    return float(2.0 * (special.xlogy(observed, ratio) - (observed - mean)).sum())


def profile_limits(
    matrix: Vector, observed: Vector, offset: Vector, contrast: Vector, deviate: float
) -> tuple[float, float]:
    """Return the profile limits of ``contrast @ coefficients`` at a normal ``deviate``.

    Infinite where the likelihood never falls so far.
    """
    fit = poisson_fit(matrix, observed, offset)

    def fall(value: float) -> float:
        return fit.log_likelihood - profile(matrix, observed, offset, contrast, value)

    if bounded(fit, contrast[None, :])[0]:
        centre = float(contrast @ fit.inner)
        step = 2.0 * float(np.sqrt(contrast @ fit.inner_covariance @ contrast))
        return profile_limit(fall, centre, -step, deviate), profile_limit(
            fall, centre, step, deviate
        )
    side = float(np.sign(contrast @ fit.away))
    if side == 0:
        return -np.inf, np.inf
    other = profile_limit(fall, 0.0, -2.0 * side, deviate)
    return (-np.inf, other) if side < 0 else (other, np.inf)


def profile(
    matrix: Vector, observed: Vector, offset: Vector, contrast: Vector, value: float
) -> float:
    """Return the largest log-likelihood where ``contrast @ coefficients`` is ``value``."""
    pivot = int(np.argmax(np.abs(contrast)))
    column = matrix[:, pivot] / contrast[pivot]
    rest = np.delete(matrix - np.outer(column, contrast), pivot, axis=1)
    shifted = offset + column * value
    if rest.shape[1] == 0:
        return log_likelihood(observed, np.exp(shifted))
    return poisson_fit(rest, observed, shifted).log_likelihood


def bounded(fit: PoissonFit, contrasts: Vector) -> Mask:
    """Return which contrasts, one a row, have a finite estimate."""
    if not fit.free.shape[1]:
        return np.ones(len(contrasts), dtype=bool)
    return np.asarray(np.abs(contrasts @ fit.free).max(axis=1) < RANK)


def null_space(matrix: Vector) -> Vector:
    """Return an orthonormal basis of the directions that a matrix sends to zero."""
    if matrix.shape[0] == 0:
        return np.eye(matrix.shape[1])
    _, values, rows = np.linalg.svd(matrix, full_matrices=matrix.shape[0] < matrix.shape[1])
    rank = int((values > RANK * max(values.max(initial=0.0), 1e-300)).sum())
    return np.asarray(rows[rank:].T, dtype=np.float64)


def _bounded_rows(matrix: Vector, observed: Vector) -> tuple[Mask, Vector]:
    """Return the rows whose mean stays above 0, and the direction that empties the others."""
    some = observed > 0
    free = null_space(matrix[some])
    none = np.unique(matrix[~some] @ free, axis=0)
    if free.shape[1] == 0 or len(none) == 0:
        return np.ones(len(observed), dtype=bool), np.zeros(matrix.shape[1])
    # Largest sum of s in [0, 1] with none @ c + s <= 0: the rows of s = 1 can be emptied.
    rows, width = none.shape
    answer: Any = optimize.linprog(
        np.concatenate([np.zeros(width), -np.ones(rows)]),
        A_ub=np.hstack([none, np.eye(rows)]),
        b_ub=np.zeros(rows),
        bounds=[(None, None)] * width + [(0.0, 1.0)] * rows,
    )
    away = free @ answer.x[:width]
    away = np.where(np.abs(away) > RANK * np.abs(away).max(initial=0.0), away, 0.0)
    emptied = ~some & (matrix @ away < -0.5)
    return ~emptied, away if emptied.any() else np.zeros(matrix.shape[1])


def _search(matrix: Vector, observed: Vector, offset: Vector) -> tuple[Vector, Vector, int]:
    """Return coefficients, their covariance and the steps taken; NaN where it failed."""
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    width = matrix.shape[1]
    if width == 0:
        return np.zeros(0), np.zeros((0, 0)), 0
    model = GLM(observed, matrix, family=Poisson(), offset=offset)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # what went wrong shows in the slope
            fit = model.fit(
                maxiter=MOST_STEPS, tol=STEP, tol_criterion="params", cov_type="nonrobust"
            )
            found = np.asarray(fit.params, dtype=np.float64)
            covariance = np.asarray(fit.cov_params(), dtype=np.float64)
            return found, covariance, int(fit.fit_history["iteration"])
    except (ValueError, FloatingPointError, np.linalg.LinAlgError):
        return np.full(width, np.nan), np.full((width, width), np.nan), 0
