"""Poisson counts of studies with a normal random effect, many data sets at once: arrays only.

A study's count is Poisson with mean E exp(xβ + u), u ~ N(0, τ²).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from ._marginal import marginal

Index = NDArray[np.signedinteger]

#: Values of τ² at which the profile is looked at before its highest stretch is searched.
#: Log ratios a hundredfold apart have a τ² near 10.
TAU2_GRID = np.array([0.0, 0.001, 0.004, 0.015, 0.05, 0.15, 0.4, 1.0, 2.5, 6.0, 15.0, 50.0, 200.0])
#: A step of Newton's in β may not move a log ratio further.
_LONGEST = 3.0
_STEPS = 100
_CLOSE = 1e-10
#: An optimum nearer than this share of its standard errors is reached.
_NEAR = 1e-5
#: A fall of the log-likelihood by this share is no overshooting but quadrature.
_LEVEL = 1e-9
#: A τ² below this is 0: no count that fits in memory tells them apart.
_NOTHING = 1e-12
#: How near an end of its stretch τ² has run into it, and where the last search ends.
_END, _MOST = 1.0 - 1e-6, 1e4
#: While the grid is looked at, β and the quadrature need only tell which point is highest.
_ROUGH, _ROUGH_NODES = 1e-3, 7
#: A log-likelihood this far below an earlier one does not rise again as τ² grows.
_DEEP = 8.0


class Data(NamedTuple):
    """Many data sets: counts and log expected (b, k), design (b, k, p), 1 where present."""

    counts: Vector
    log_expected: Vector
    design: Vector
    present: Vector

    def rows(self, index: Index) -> Data:
        """Return some of the data sets, or the same one several times."""
        return Data(*(part[index] for part in self))


class Slopes(NamedTuple):
    """Log-likelihood of each data set with its derivatives in (β, v)."""

    value: Vector
    b: Vector
    b_b: Vector
    v: Vector
    b_v: Vector
    v_v: Vector

    def put(self, index: Index, part: Slopes) -> None:
        """Write the slopes of some data sets into those of all."""
        for whole, piece in zip(self, part, strict=True):
            whole[index] = piece


def slopes(data: Data, beta: Vector, v: Vector, nodes: int, *, in_v: bool = True) -> Slopes:
    """Return the log-likelihoods and slopes; those in v are NaN where not asked for."""
    eta = data.log_expected + (data.design @ beta[..., None])[..., 0]
    each = marginal(data.counts, eta, v[:, None], nodes, in_v=in_v)
    x, here = data.design, data.present
    across = np.swapaxes(x, -1, -2)
    return Slopes(
        (here * each.log_likelihood).sum(axis=-1),
        (across @ (here * each.eta)[..., None])[..., 0],
        across @ ((here * each.eta_eta)[..., None] * x),
        (here * each.v).sum(axis=-1),
        (across @ (here * each.eta_v)[..., None])[..., 0],
        (here * each.v_v).sum(axis=-1),
    )


def _solve(matrix: Vector, vector: Vector) -> Vector:
    return np.asarray(np.linalg.solve(matrix, vector[..., None])[..., 0], dtype=np.float64)


def best_beta(
    data: Data,
    beta: Vector,
    v: Vector,
    nodes: int,
    *,
    close: float = _CLOSE,
    most: int = _STEPS,
) -> tuple[Vector, Slopes]:
    """Return the β that makes each likelihood largest at a given v, and the slopes there.

    The likelihood is log-concave in β, so Newton's steps, shortened where they overshoot,
    cannot miss. Data sets whose step falls below ``close`` are left alone, all
    after ``most`` steps.
    """
    beta = beta.copy()
    at = slopes(data, beta, v, nodes, in_v=False)
    reach, active = np.ones(v.shape), np.arange(len(v))
    for _ in range(most):
        step = -_solve(at.b_b[active], at.b[active])
        length = np.abs(step).max(axis=-1)
        moving = length > close
        active, step, length = active[moving], step[moving], length[moving]
        if active.size == 0:
            break
        step *= np.minimum(reach[active], _LONGEST / np.maximum(length, _LONGEST))[:, None]
        ahead = slopes(data.rows(active), beta[active] + step, v[active], nodes, in_v=False)
        before = at.value[active]
        better = ahead.value >= before - _LEVEL * (1.0 + np.abs(before))
        gone = active[better]
        at.put(gone, Slopes(*(part[better] for part in ahead)))
        beta[gone] += step[better]
        reach[active] *= np.where(better, 4.0, 0.25)
        reach = np.minimum(reach, 1.0)
        active = active[reach[active] > 1e-8]
    return beta, at


class PoissonNormalFit(NamedTuple):
    """A fitted model for each of b data sets.

    Attributes
    ----------
    mean, covariance : arrays, shapes (b, p) and (b, p, p)
        β and its covariance, from the observed information of β and τ² together; where
        τ² is 0, from that of β alone.
    tau2, log_likelihood : arrays, shape (b,)
        The log-likelihood holds all constants.
    gradient : array, shape (b,)
        Largest slope in β, and in τ² where that is above 0, each over the root of its
        own curvature.
    iterations : array of int, shape (b,)
    reached : array of bool, shape (b,)
        Whether the slopes vanish and the surface bends down on all sides.
    """

    mean: Vector
    covariance: Vector
    tau2: Vector
    log_likelihood: Vector
    gradient: Vector
    iterations: Index
    reached: NDArray[np.bool_]


def as_data(count: Vector, expected: Vector, design: Vector, present: Vector | None) -> Data:
    """Return the arrays as `Data`; the design may be shared, shape (k, p)."""
    here = np.ones(count.shape) if present is None else np.asarray(present, dtype=np.float64)
    on = here > 0
    x = np.broadcast_to(design, (*count.shape, design.shape[-1]))
    log_expected = np.log(np.where(on, expected, 1.0))
    return Data(np.where(on, count, 0.0), log_expected, np.where(on[..., None], x, 0.0), here)


def without_effect(data: Data) -> tuple[Vector, Slopes]:
    """Return β of the Poisson regression without a random effect, and all slopes there."""
    start = np.log(data.counts + 0.5) - data.log_expected
    weight = (data.present * (data.counts + 0.5))[..., None] * data.design
    across = np.swapaxes(data.design, -1, -2)
    beta = _solve(across @ weight, (np.swapaxes(weight, -1, -2) @ start[..., None])[..., 0])
    zero = np.zeros(len(data.counts))
    beta = best_beta(data, beta, zero, 1)[0]
    return beta, slopes(data, beta, zero, 1)


def fit_poisson_normal(
    count: Vector,
    expected: Vector,
    design: Vector,
    *,
    present: Vector | None = None,
    nodes: int = 15,
    common: bool = False,
) -> PoissonNormalFit:
    """Fit the model to each of b data sets by maximum likelihood.

    Parameters
    ----------
    count, expected : arrays, shape (b, k)
        Whole counts of 0 or more and expected counts above 0, one column a study. Each
        data set needs an observed case, and covariates that do not set apart studies
        without one.
    design : array, shape (k, p) or (b, k, p)
        A column of ones for the pooled ratio alone.
    present : array of bool, shape (b, k), optional
        False where a data set has fewer studies than k.
    nodes : int
        Quadrature nodes a study. Fifteen keep about six digits where τ² is below 1.
    common : bool
        Hold τ² at 0.

    Notes
    -----
    For each τ² the best β is found for certain; over τ² the profile is looked at on a
    grid from 0 to 50 and its highest stretch is searched with Newton's steps in both,
    held between two grid points. Where no rise from 0 is found τ² is 0.

    Examples
    --------
    Two meta-analyses at once, the second with one study fewer:

    >>> observed = np.array([[12.0, 20, 7, 33], [4, 0, 9, 0]])
    >>> expected = np.array([[6.7, 18.3, 2.1, 20.5], [1.2, 0.9, 3.1, 1.0]])
    >>> present = np.array([[True, True, True, True], [True, True, True, False]])
    >>> fit = fit_poisson_normal(observed, expected, np.ones((4, 1)), present=present)
    >>> np.exp(fit.mean[:, 0]).round(3)
    array([1.529, 2.5  ])
    """
    data = as_data(count, expected, design, present)
    if common:
        beta, at = without_effect(data)
        zero = np.zeros(len(beta))
        return _finished(at, beta, zero, np.zeros(len(beta), dtype=np.int64))
    low, start, high, beta = _highest_stretch(data)
    beta, tau2, steps = _climb(data, low, start, high, beta, nodes)
    # The rough search misjudged a stretch where its end was run into: search all the way.
    astray = np.flatnonzero((tau2 > 0) & ((tau2 >= high * _END) | (tau2 * _END <= low)))
    if astray.size:
        again = data.rows(astray)
        most = np.full(astray.shape, _MOST)
        found = _climb(again, np.zeros(astray.shape), tau2[astray], most, beta[astray], nodes)
        for whole, part in zip((beta, tau2, steps), found, strict=True):
            whole[astray] = part
    tau2 = np.where(tau2 < _NOTHING, 0.0, tau2)
    return _finished(slopes(data, beta, tau2, nodes), beta, tau2, steps)


def _highest_stretch(data: Data) -> tuple[Vector, Vector, Vector, Vector]:
    """Return grid points on both sides of the highest one, it, and β near there.

    Two points away, since neighbours may be level within what the rough search tells.
    """
    sets, grid = len(data.counts), len(TAU2_GRID)
    flat, at_zero = without_effect(data)
    beta, values = np.empty((grid, *flat.shape)), np.full((grid, sets), -np.inf)
    beta[0], values[0] = flat, at_zero.value
    going = np.arange(sets)
    for j in range(1, grid):
        tau2 = np.full(going.shape, TAU2_GRID[j])
        found, at = best_beta(
            data.rows(going), beta[j - 1, going], tau2, _ROUGH_NODES, close=_ROUGH, most=8
        )
        beta[j, going], values[j, going] = found, at.value
        lost = (at.value < values[:j, going].max(axis=0) - _DEEP) & (tau2 > 0.1)
        going = going[~lost]
        if going.size == 0:
            break
    best = np.argmax(values, axis=0)
    low, high = (TAU2_GRID[np.clip(best + move, 0, grid - 1)] for move in (-2, 2))
    flat_top = (best == 0) & (at_zero.v <= 0)
    high = np.where(flat_top, 0.0, high)
    return low, TAU2_GRID[best], high, beta[best, np.arange(sets)]


def _climb(
    data: Data, low: Vector, start: Vector, high: Vector, beta: Vector, nodes: int
) -> tuple[Vector, Vector, Index]:
    """Search τ² between two bounds with Newton's steps in β and τ² together.

    For many data sets at once, which `numerics.newton` climbs one by one.

    The slope of the profile says on which side of τ² the peak lies; a step that would
    leave that side is replaced by halving it.
    """
    low, high, tau2, beta = low.copy(), high.copy(), start.copy(), beta.copy()
    steps = np.zeros(len(tau2), dtype=np.int64)
    active = np.arange(len(tau2))
    for _ in range(_STEPS):
        at = slopes(data.rows(active), beta[active], tau2[active], nodes)
        aside, drift = -_solve(at.b_b, at.b), -_solve(at.b_b, at.b_v)
        slope = at.v + (at.b_v * aside).sum(axis=-1)
        bend = at.v_v + (at.b_v * drift).sum(axis=-1)
        here, off = tau2[active], np.abs(aside).max(axis=-1)
        near, told = off < 0.1, off < 1e-4
        low[active] = np.where(told & (slope > 0), here, low[active])
        high[active] = np.where(told & (slope <= 0), here, high[active])
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = here - slope / bend
        inside = (bend < 0) & (newton > low[active]) & (newton < high[active])
        move = np.where(inside, newton, 0.5 * (low[active] + high[active])) - here
        move = np.where(near, move, 0.0)
        ahead = aside + drift * move[:, None]
        length = np.abs(ahead).max(axis=-1)
        ahead *= (_LONGEST / np.maximum(length, _LONGEST))[:, None]
        beta[active] += ahead
        tau2[active] += move
        steps[active] += 1
        active = active[(length > _CLOSE) | (np.abs(move) > _CLOSE * tau2[active])]
        if active.size == 0:
            break
    return beta, tau2, steps


def _finished(at: Slopes, beta: Vector, tau2: Vector, steps: Index) -> PoissonNormalFit:
    inside = tau2 > 0
    p = beta.shape[-1]
    information = np.zeros((len(tau2), p + 1, p + 1))
    information[:, :p, :p] = -at.b_b
    information[:, :p, p] = information[:, p, :p] = np.where(inside[:, None], -at.b_v, 0.0)
    information[:, p, p] = np.where(inside, -at.v_v, 1.0)
    slope = np.concatenate([at.b, np.where(inside, at.v, 0.0)[:, None]], axis=-1)
    gradient = np.abs(slope).max(axis=-1)
    bends = np.linalg.eigvalsh(information)[:, 0] > 0
    safe = np.where(bends[:, None, None], information, np.eye(p + 1))
    covariance = np.where(bends[:, None, None], np.linalg.inv(safe), np.nan)
    # with very many cases the gradient is large one rounding away from the peak: there the
    # way still to go counts, in standard errors
    ahead = np.einsum("bi,bij,bj->b", slope, covariance, slope)
    flat = (gradient < 1e-6 * (1.0 + np.abs(at.value))) | (ahead < _NEAR**2)
    reached = bends & flat
    own = np.maximum(np.diagonal(information, axis1=1, axis2=2), 1e-300)
    scaled = (np.abs(slope) / np.sqrt(own)).max(axis=-1)
    return PoissonNormalFit(beta, covariance[:, :p, :p], tau2, at.value, scaled, steps, reached)
