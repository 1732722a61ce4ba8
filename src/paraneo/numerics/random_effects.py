"""Random effects over normal outcomes: arrays in, arrays out, many data sets at once.

The model is y ~ N(x β, v + τ²) with the variances v known, one row a study. All arrays
carry a leading axis over data sets: outcomes and variances have shape (b, k), the design
(k, p) or (b, k, p). A study that a data set lacks has an infinite variance, so that data
sets of different sizes go together. Every result has the leading axis b.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from .arrays import Limits, Vector
from .roots import Whole, falling_roots

#: Ways to estimate τ²; "common" holds it at 0.
Between = Literal["reml", "ml", "pm", "dl", "he", "sj", "eb", "common"]

#: Where the likelihood is looked at before its highest stretch is searched, as shares of
#: a bound above which it can only fall.
_GRID = np.concatenate([[0.0], np.geomspace(1e-5, 1.0, 25)])
#: A τ² below this share of the smallest variance within studies is 0.
_NOTHING = 1e-12


class NormalFit(NamedTuple):
    """A fitted model for each of b data sets.

    Attributes
    ----------
    mean, covariance : arrays, shapes (b, p) and (b, p, p)
        β and its covariance with τ² taken as known.
    tau2 : array, shape (b,)
    log_likelihood : array, shape (b,)
        Restricted for ``method="reml"``, else the full one at the estimates.
    gradient : array, shape (b,)
        Slope in τ² of the likelihood, over the root of its curvature; for "pm" and "eb" the
        gap of the equation, a difference of chi²; 0 where τ² has a closed form or lies on
        its bound 0.
    iterations : array of int, shape (b,)
    weighted_squares : array, shape (b,)
        Σ (y - xβ)² / (v + τ²), which over k - p is Hartung and Knapp's factor.
    """

    mean: Vector
    covariance: Vector
    tau2: Vector
    log_likelihood: Vector
    gradient: Vector
    iterations: Whole
    weighted_squares: Vector


class _Weighted(NamedTuple):
    """Weighted least squares at one τ² a data set; ``projected`` is P y."""

    weights: Vector
    inverse: Vector
    mean: Vector
    projected: Vector
    squares: Vector


def _weigh(y: Vector, v: Vector, x: Vector, tau2: Vector) -> _Weighted:
    weights: Vector = 1.0 / (v + tau2[..., None])
    weighted = weights[..., None] * x
    inverse: Vector = np.asarray(np.linalg.inv(_cross(x, weighted)), dtype=np.float64)
    mean = (inverse @ _cross(weighted, y[..., None]))[..., 0]
    residual = y - (x @ mean[..., None])[..., 0]
    projected = weights * residual
    squares = np.asarray((projected * residual).sum(axis=-1), dtype=np.float64)
    return _Weighted(weights, inverse, mean, projected, squares)


def _cross(a: Vector, b: Vector) -> Vector:
    return np.asarray(np.swapaxes(a, -1, -2) @ b, dtype=np.float64)


def _trace(a: Vector) -> Vector:
    return np.asarray(np.trace(a, axis1=-2, axis2=-1), dtype=np.float64)


def _curvature(at: _Weighted, x: Vector) -> tuple[Vector, Vector]:
    """Return y'PPy and y'PPPy."""
    r, w = at.projected, at.weights
    inner = _cross(w[..., None] * x, r[..., None])
    third = (w * r * r).sum(axis=-1) - _cross(inner, at.inverse @ inner)[..., 0, 0]
    return np.asarray((r * r).sum(axis=-1), dtype=np.float64), third


def _traces(at: _Weighted, x: Vector) -> tuple[Vector, Vector]:
    """Return tr P and tr PP, with P = W - WX (X'WX)⁻¹ X'W."""
    w = at.weights
    second, third = (at.inverse @ _cross(x, w[..., None] ** n * x) for n in (2, 3))
    squared = (w * w).sum(axis=-1) - 2.0 * _trace(third) + _trace(second @ second)
    return np.asarray(w.sum(axis=-1) - _trace(second), dtype=np.float64), squared


def _slope(method: str, at: _Weighted, x: Vector, spare: Vector) -> tuple[Vector, Vector]:
    """Return the estimating function of τ² and its own slope."""
    first, second = _curvature(at, x)
    if method in ("pm", "eb"):
        return at.squares - spare, -first
    w = at.weights
    total, squared = _traces(at, x) if method == "reml" else (w.sum(axis=-1), (w * w).sum(axis=-1))
    return 0.5 * (first - total), 0.5 * squared - second


def _log_likelihood(method: str, at: _Weighted, v: Vector, x: Vector, tau2: Vector) -> Vector:
    present = np.isfinite(v)
    count = present.sum(axis=-1) - (x.shape[-1] if method == "reml" else 0)
    spread = np.log(np.where(present, v + tau2[..., None], 1.0)).sum(axis=-1)
    value = -0.5 * (count * np.log(2.0 * np.pi) + spread + at.squares)
    if method == "reml":
        plain = _cross(x, present[..., None] * x)
        value = value + 0.5 * (np.linalg.slogdet(plain)[1] + np.linalg.slogdet(at.inverse)[1])
    return np.asarray(value, dtype=np.float64)


def _searched(
    method: str, y: Vector, v: Vector, x: Vector, plain: _Weighted, spare: Vector
) -> tuple[Vector, Vector, Whole]:
    """Return τ² by an estimating equation, its gap there, and the steps taken."""

    def f(tau2: Vector) -> tuple[Vector, Vector]:
        return _slope(method, _weigh(y, v, x, tau2), x, spare)

    zero = np.zeros(y.shape[:-1])
    squares = plain.squares
    if method in ("pm", "eb"):
        low, start, high = zero, zero, squares / spare
    else:
        # Where t²(k - p) > S(t + max v), S the plain sum of squares, both likelihoods fall.
        widest = np.where(np.isfinite(v), v, 0.0).max(axis=-1)
        high = squares + np.sqrt(squares * (squares + 4.0 * spare * widest))
        grid = _GRID[:, None] * (high / (2.0 * spare))
        values = _log_likelihood(method, _weigh(y, v, x, grid), v, x, grid)
        best = values.argmax(axis=0)
        low, start, high = (
            np.take_along_axis(grid, np.clip(best + move, 0, len(grid) - 1)[None], axis=0)[0]
            for move in (-1, 0, 1)
        )
    inside = (start > 0) | (f(zero)[0] > 0)
    tau2, gap, steps = falling_roots(f, low, np.where(inside, high, 0.0), start)
    if method not in ("pm", "eb"):
        gap = gap / np.sqrt(np.maximum(-f(tau2)[1], 1e-300))
    # Studies that agree to the last digit leave a residual of rounding, and a τ² of it.
    inside &= tau2 > _NOTHING * v.min(axis=-1)
    return np.where(inside, tau2, 0.0), np.where(inside, gap, 0.0), steps


def _closed(
    method: str, y: Vector, v: Vector, x: Vector, plain: _Weighted, spare: Vector
) -> Vector:
    """Return τ² by DerSimonian-Laird, Hedges (HE) or Sidik-Jonkman."""
    present = np.isfinite(v)
    if method == "dl":
        at = _weigh(y, v, x, np.zeros(y.shape[:-1]))
        return np.asarray(np.maximum((at.squares - spare) / _traces(at, x)[0], 0.0))
    if method == "he":
        known = np.where(present, v, 0.0)
        leverage = _trace(plain.inverse @ _cross(x, known[..., None] * x))
        return np.asarray(np.maximum((plain.squares - known.sum(axis=-1) + leverage) / spare, 0.0))
    count = present.sum(axis=-1)
    mean = np.where(present, y, 0.0).sum(axis=-1) / count
    first = np.where(present, (y - mean[..., None]) ** 2, 0.0).sum(axis=-1) / count
    return np.asarray(first * _weigh(y, v, x, first).squares / spare, dtype=np.float64)


def fit_normal(y: Vector, v: Vector, x: Vector, method: Between = "reml") -> NormalFit:
    """Fit the model to each data set, τ² estimated by ``method`` and never negative.

    The likelihoods (``"reml"``, ``"ml"``) are looked at over a grid up to a bound above
    which they only fall, and the highest stretch is searched; so the answer is the
    highest of several peaks, or 0 where 0 is best. Paule-Mandel (``"pm"``) and empirical
    Bayes (``"eb"``) solve the same equation and agree. Data sets whose outcomes are all
    fitted without residual have τ² = 0.
    """
    x = np.broadcast_to(x, (*y.shape, x.shape[-1]))
    present = np.isfinite(v)
    spare = np.asarray(present.sum(axis=-1) - x.shape[-1], dtype=np.float64)
    zero = np.zeros(y.shape[:-1])
    plain = _weigh(y, np.where(present, 1.0, np.inf), x, zero)
    gap = zero
    steps: Whole = np.zeros(zero.shape, dtype=np.int64)
    if method == "common":
        tau2 = zero
    elif method in ("dl", "he", "sj"):
        tau2 = _closed(method, y, v, x, plain, spare)
    else:
        tau2, gap, steps = _searched(method, y, v, x, plain, spare)
    at = _weigh(y, v, x, tau2)
    value = _log_likelihood(method, at, v, x, tau2)
    return NormalFit(at.mean, at.inverse, tau2, value, gap, steps, at.squares)


def homogeneity(y: Vector, v: Vector, x: Vector) -> tuple[Vector, Vector]:
    """Return Cochran's Q and the typical variance within studies, (k - p) / tr P."""
    x = np.broadcast_to(x, (*y.shape, x.shape[-1]))
    at = _weigh(y, v, x, np.zeros(y.shape[:-1]))
    spare = np.isfinite(v).sum(axis=-1) - x.shape[-1]
    return at.squares, spare / _traces(at, x)[0]


def q_profile(y: Vector, v: Vector, x: Vector, level: float) -> Limits:
    """Return limits of τ²: values at which the weighted squares are no outlying chi².

    Both limits are 0 where even τ² = 0 leaves less than the lower quantile.
    """
    x = np.broadcast_to(x, (*y.shape, x.shape[-1]))
    present = np.isfinite(v)
    spare = present.sum(axis=-1) - x.shape[-1]
    zero = np.zeros(y.shape[:-1])
    most = _weigh(y, np.where(present, 1.0, np.inf), x, zero).squares
    tail = (1.0 - level) / 2.0
    limits = []
    for share in (tail, 1.0 - tail):
        target = special.chdtri(spare, share)

        def f(tau2: Vector, target: Vector = target) -> tuple[Vector, Vector]:
            at = _weigh(y, v, x, tau2)
            return at.squares - target, -(at.projected**2).sum(axis=-1)

        inside = f(zero)[0] > 0
        root = falling_roots(f, zero, np.where(inside, most / target, 0.0), zero)[0]
        limits.append(np.where(inside, root, 0.0))
    return Limits(*limits)
