"""A ratio that changes with time, from counts over unequal windows: arrays only.

A row r of study i counts O_r cases in a window over which E_r were expected; its mean is
E_r exp(u_i) Σ_j A_rj exp(γ_j), u_i ~ N(0, v). For a step curve A_rj is the share of the
window in band j; for a decay to a plateau the columns are 1 and the window's mean of
exp(-κt). Given their sum, a study's counts are multinomial whatever u_i is; so its
probability is that multinomial times the Poisson-normal probability of the sum.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from paraneo.numerics.arrays import Vector
from paraneo.numerics.newton import Objective, Value, maximise

from ._marginal import marginal

#: Starts of the search for τ², and what of it counts as 0.
_STARTS, _NOTHING = (0.03, 0.4), 1e-8
#: A γ this far below the others is a ratio of 0.
_GONE = 9.0
NODES = 31


class Rows(NamedTuple):
    """Counts, log expected, and the number of the study of each row."""

    counts: Vector
    log_expected: Vector
    study: NDArray[np.intp]


class CurveFit(NamedTuple):
    """γ, τ², and what belongs to them; ``information`` is that of γ and, last, τ²."""

    gamma: Vector
    tau2: float
    penalised: float
    log_likelihood: float
    information: Vector
    gradient: float
    iterations: int
    reached: bool


def band_shares(start: Vector, end: Vector, edges: Vector) -> Vector:
    """Return which share of each window lies in each band, shape (rows, bands)."""
    low = np.maximum(start[:, None], edges[None, :-1])
    high = np.minimum(end[:, None], edges[None, 1:])
    return np.asarray(np.maximum(high - low, 0.0) / (end - start)[:, None], dtype=np.float64)


def mean_decay(start: Vector, end: Vector, log_rate: float) -> tuple[Vector, Vector]:
    """Return each window's mean of exp(-κt) and its slope in log κ."""
    rate = np.exp(log_rate)
    width = rate * (end - start)
    first = np.exp(-rate * start)
    mean = -first * np.expm1(-width) / width
    slope = -rate * start * mean + first * np.exp(-width) - mean
    return mean, slope


def roughness(edges: Vector) -> Vector:
    """Return the matrix of Σ (γ_j+1 - γ_j)² / (log m_j+1 - log m_j), m the mid-bands.

    Steps between bands count by their distance in log time, so that neither the unit of
    time nor a cut more or less changes what is called smooth.
    """
    middle = np.log(0.5 * (edges[:-1] + edges[1:]))
    scaled = np.diff(np.eye(len(middle)), axis=0) / np.sqrt(np.diff(middle))[:, None]
    return np.asarray(scaled.T @ scaled, dtype=np.float64)


def surface(
    rows: Rows, mix: Vector, gamma: Vector, v: float, nodes: int = NODES
) -> tuple[float, Vector, Vector, Vector]:
    """Return log-likelihood, slopes and curvature in (γ, v), and slopes in each row's log mean."""
    parts = mix * np.exp(gamma)
    ratio = parts.sum(axis=1)
    share = parts / ratio[:, None]
    eta = rows.log_expected + np.log(ratio)
    number = int(rows.study.max()) + 1
    mean = np.exp(eta)
    total = np.bincount(rows.study, mean, number)
    cases = np.bincount(rows.study, rows.counts, number).astype(np.float64)
    at = marginal(cases, np.log(total), np.full(number, v), nodes)
    part = mean / total[rows.study]
    value = (at.log_likelihood + special.gammaln(cases + 1.0)).sum()
    value += (special.xlogy(rows.counts, part) - special.gammaln(rows.counts + 1.0)).sum()
    spare = (at.eta - cases)[rows.study]
    each = rows.counts + spare * part
    within = np.zeros((number, len(gamma)))
    np.add.at(within, rows.study, part[:, None] * share)
    q = len(gamma)
    bend = np.zeros((q + 1, q + 1))
    bend[:q, :q] = (share * (spare * part - each)[:, None]).T @ share + np.diag(each @ share)
    bend[:q, :q] += (within * (at.eta_eta - at.eta + cases)[:, None]).T @ within
    bend[:q, q] = bend[q, :q] = at.eta_v @ within
    bend[q, q] = at.v_v.sum()
    slope = np.append(each @ share, at.v.sum())
    return float(value), slope, bend, each


def fit_mixture(
    rows: Rows, mix: Vector, penalty: Vector, *, v: float | None = None, start: Vector | None = None
) -> CurveFit:
    """Make the log-likelihood less ½ γ'penalty γ largest over γ and, unless given, τ²."""
    q = mix.shape[1]
    level = np.log(rows.counts.sum() / np.exp(rows.log_expected).sum())
    first = np.full(q, level) if start is None else start
    flat = maximise(_penalised_in_logs(rows, mix, penalty, 0.0 if v is None else v), first)
    found, tau2 = flat, 0.0 if v is None else v
    if v is None:
        joint_in = _penalised_in_logs(rows, mix, penalty, None)
        for trial in _STARTS:
            joint = maximise(joint_in, np.append(flat.point, np.log(trial)))
            if joint.at.value > found.at.value + 1e-10 and np.exp(joint.point[-1]) > _NOTHING:
                found, tau2 = joint, float(np.exp(joint.point[-1]))
    free = q + 1 if v is None and tau2 > 0 else q
    gamma = found.point[:q]
    value, _, information = _penalised(rows, mix, penalty, gamma, tau2)
    if free == q:
        information[q, :] = information[:, q] = 0.0
        information[q, q] = 1.0
    return CurveFit(
        gamma,
        tau2,
        found.at.value,
        value,
        information,
        found.gradient,
        found.iterations,
        found.reached,
    )


def _penalised(
    rows: Rows, mix: Vector, penalty: Vector, gamma: Vector, tau2: float
) -> tuple[float, Vector, Vector]:
    """Return the log-likelihood, the penalised slopes and the penalised information."""
    q = len(gamma)
    value, slope, bend, _ = surface(rows, mix, gamma, tau2)
    slope[:q] -= penalty @ gamma
    information = -bend
    information[:q, :q] += penalty
    return value, slope, information


def _penalised_in_logs(rows: Rows, mix: Vector, penalty: Vector, v: float | None) -> Objective:
    """Return the penalised log-likelihood in γ, or in γ and log τ² where v is None."""
    q = mix.shape[1]

    def at(x: Vector) -> Value:
        gamma = np.clip(x[:q], -50.0, 50.0)
        tau2 = float(np.exp(np.clip(x[q], -40.0, 5.0))) if v is None else v
        value, slope, information = _penalised(rows, mix, penalty, gamma, tau2)
        value -= 0.5 * float(gamma @ penalty @ gamma)
        bend = -information
        if v is not None:
            return Value(value, slope[:q], bend[:q, :q])
        bend[q, q] = tau2 * (tau2 * bend[q, q] + slope[q])
        bend[:q, q] *= tau2
        bend[q, :q] *= tau2
        slope[q] *= tau2
        return Value(value, slope, bend)

    return at


def smoothed(rows: Rows, mix: Vector, matrix: Vector, grid: Vector) -> tuple[float, CurveFit]:
    """Return the λ with the highest Laplace approximation to the marginal likelihood.

    γ is taken as a random walk with variance 1/λ per unit of log time, its level free.
    """
    rank = len(matrix) - 1
    kept: dict[float, CurveFit] = {}

    def badness(log_lambda: float) -> float:
        fit = fit_mixture(rows, mix, np.exp(log_lambda) * matrix)
        kept[log_lambda] = fit
        q = mix.shape[1]
        spread = np.linalg.slogdet(fit.information[:q, :q])[1]
        return -(fit.penalised + 0.5 * rank * log_lambda - 0.5 * float(spread))

    values = [badness(float(x)) for x in grid]
    best = int(np.argmin(values))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(
        badness, bounds=(low, high), method="bounded", options={"xatol": 1e-3}
    )
    chosen = float(found.x) if found.fun < values[best] else float(grid[best])
    return float(np.exp(chosen)), kept[chosen]


def gone(gamma: Vector) -> NDArray[np.bool_]:
    """Return which parts have run down to a ratio of 0."""
    return np.asarray(gamma < gamma.max() - _GONE)


class DecayFit(NamedTuple):
    """A decay to a plateau; ``kept`` says which of plateau and excess are in the model."""

    fit: CurveFit
    log_rate: float
    kept: tuple[bool, bool]
    information: Vector


def fit_decay(
    rows: Rows, start: Vector, end: Vector, span: tuple[float, float], v: float | None = None
) -> DecayFit:
    """Fit plateau + excess × exp(-κt), log κ within ``span``.

    For each κ the other parameters are searched, over κ a grid and then its best stretch.
    Where the excess vanishes the ratio is constant; where the plateau does, it falls to 0.
    """
    none = np.zeros((2, 2))

    def columns(log_rate: float) -> Vector:
        return np.column_stack([np.ones(len(start)), mean_decay(start, end, log_rate)[0]])

    def badness(log_rate: float) -> float:
        return -fit_mixture(rows, columns(float(log_rate)), none, v=v).penalised

    grid = np.linspace(*span, 13)
    values = [badness(x) for x in grid]
    best = int(np.argmin(values))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    log_rate = float(
        optimize.minimize_scalar(
            badness, bounds=(low, high), method="bounded", options={"xatol": 1e-7}
        ).x
    )
    fit = fit_mixture(rows, columns(log_rate), none, v=v)
    lost = gone(fit.gamma)
    kept = (not bool(lost[0]), not bool(lost[1]))
    if lost.any():
        mix = columns(log_rate)[:, ~lost]
        fit = fit_mixture(rows, mix, np.zeros((1, 1)), v=v)
    return DecayFit(fit, log_rate, kept, _decay_information(rows, start, end, fit, log_rate, kept))


def _decay_information(
    rows: Rows, start: Vector, end: Vector, fit: CurveFit, log_rate: float, kept: tuple[bool, bool]
) -> Vector:
    """Return minus the second derivatives in γ, log κ (where there is an excess) and τ².

    Central differences of the exact slopes.
    """
    used = np.array(kept)

    def slopes(x: Vector) -> Vector:
        mean, turn = mean_decay(start, end, float(x[-2]))
        mix = np.column_stack([np.ones(len(start)), mean])[:, used]
        _, slope, _, each = surface(rows, mix, x[:-2], float(x[-1]))
        parts = mix * np.exp(x[:-2])
        excess = parts[:, -1] * turn / mean / parts.sum(axis=1) if kept[1] else np.zeros(len(mean))
        return np.concatenate([slope[:-1], [each @ excess], slope[-1:]])

    at = np.concatenate([fit.gamma, [log_rate, fit.tau2]])
    size = len(at)
    information = np.zeros((size, size))
    for j in range(size):
        step = 1e-5 * (max(at[j], 1e-3) if j == size - 1 else 1.0)
        if j == size - 1 and fit.tau2 == 0:
            continue
        move = np.zeros(size)
        move[j] = step
        information[:, j] = -(slopes(at + move) - slopes(at - move)) / (2.0 * step)
    information = 0.5 * (information + information.T)
    if fit.tau2 == 0:
        information[-1, :] = information[:, -1] = 0.0
        information[-1, -1] = 1.0
    if not kept[1]:
        information = np.delete(np.delete(information, -2, axis=0), -2, axis=1)
    return information
