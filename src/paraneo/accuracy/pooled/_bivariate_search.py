"""Newton's search for the optimum of many bivariate models, one after the other, compiled.

The parameters of one model are the coefficients of logit sensitivity, those of logit
specificity, and a, b, c of the lower factor of the between-study covariance.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

from ._bivariate_binomial import binomial_study
from ._bivariate_normal import information, normal_study
from ._bivariate_restricted import restriction
from ._compiled import compiled

#: Masks and counts as well as numbers: the compiler tells them apart.
Array = NDArray[Any]

#: Which likelihood: exact binomial, normal, normal restricted.
BINOMIAL, NORMAL, RESTRICTED = 0, 1, 2
#: Step of the central differences of gradients: its square and 1e-16 over it are both small.
STEP = 1e-4
#: No parameter moves further in one iteration (they are logits or deviations of logits).
LONGEST = 2.0
#: Beyond this a parameter is taken to have no finite estimate.
BEYOND = 60.0
ITERATIONS = 200
#: The climb ends when a further step promises less than this part of the log-likelihood,
#: and the end counts as an optimum when it promises less than the second.
GAIN_LAST, GAIN_OPTIMUM = 1e-12, 1e-9
#: At most so many last steps with exact second derivatives.
POLISH = 4
#: They end where no slope is steeper than this part of the log-likelihood: rounding.
FLAT = 1e-12


class Model(NamedTuple):
    """One likelihood and its data: what stays as it is while the parameters move."""

    kind: int
    #: True positives, diseased, true negatives, healthy of a study; shape (n, 4).
    studies: Vector
    #: 0 for a place that holds no study; shape (n,).
    used: Array
    x1: Vector
    x2: Vector
    #: Nodes and weights of the quadrature.
    r: Vector
    log_weight: Vector


@compiled
def _study(
    kind: int,
    study: Vector,
    place: Vector,
    r: Vector,
    log_weight: Vector,
    slopes: Vector,
    curvature: Vector,
) -> float:
    if kind == BINOMIAL:
        return binomial_study(study, place, r, log_weight, slopes, curvature)
    return normal_study(study, place, slopes, curvature)


@compiled
def _predictor(x: Vector, i: int, theta: Vector, at: int) -> float:
    """Return x'β of study i, with β the coefficients from place ``at`` on."""
    answer = 0.0
    for j in range(x.shape[1]):
        answer += x[i, j] * theta[at + j]
    return answer


@compiled
def _spread(local: Vector, x1: Vector, x2: Vector, i: int, slopes: Vector) -> None:
    """Add the five slopes of study i to those of all parameters."""
    p1, p2 = x1.shape[1], x2.shape[1]
    for j in range(p1):
        slopes[j] += local[0] * x1[i, j]
    for j in range(p2):
        slopes[p1 + j] += local[1] * x2[i, j]
    for j in range(3):
        slopes[p1 + p2 + j] += local[2 + j]


@compiled
def _scatter(second: Vector, x1: Vector, x2: Vector, i: int, curvature: Vector) -> None:
    """Add the second derivatives of study i, (5, 5), to those of all parameters."""
    p1, p2 = x1.shape[1], x2.shape[1]
    p = p1 + p2
    for j in range(p1):
        for k in range(p1):
            curvature[j, k] += second[0, 0] * x1[i, j] * x1[i, k]
        for k in range(p2):
            curvature[j, p1 + k] += second[0, 1] * x1[i, j] * x2[i, k]
            curvature[p1 + k, j] += second[1, 0] * x1[i, j] * x2[i, k]
        for k in range(3):
            curvature[j, p + k] += second[0, 2 + k] * x1[i, j]
            curvature[p + k, j] += second[2 + k, 0] * x1[i, j]
    for j in range(p2):
        for k in range(p2):
            curvature[p1 + j, p1 + k] += second[1, 1] * x2[i, j] * x2[i, k]
        for k in range(3):
            curvature[p1 + j, p + k] += second[1, 2 + k] * x2[i, j]
            curvature[p + k, p1 + j] += second[2 + k, 1] * x2[i, j]
    for j in range(3):
        for k in range(3):
            curvature[p + j, p + k] += second[2 + j, 2 + k]


@compiled
def _differences(
    kind: int, study: Vector, place: Vector, r: Vector, log_weight: Vector, second: Vector
) -> None:
    """Write a study's second derivatives as central differences of its exact slopes."""
    moved, up, down, unused = np.empty(5), np.empty(5), np.empty(5), np.zeros((5, 5))
    for j in range(5):
        moved[:] = place
        moved[j] = place[j] + STEP
        _study(kind, study, moved, r, log_weight, up, unused)
        moved[j] = place[j] - STEP
        _study(kind, study, moved, r, log_weight, down, unused)
        second[j] = (up - down) / (2 * STEP)


@compiled
def evaluate(model: Model, theta: Vector, exact: bool, slopes: Vector, curvature: Vector) -> float:
    """Return the log-likelihood; write its slopes and second derivatives.

    The second derivatives are exact in the normal models. Those of the binomial model are, with
    ``exact``, central differences of the exact slopes, study by study; else what the quadrature
    gives along the way.
    """
    kind, studies, used, x1, x2, r, log_weight = model
    p1, p = x1.shape[1], x1.shape[1] + x2.shape[1]
    slopes[:] = 0.0
    curvature[:, :] = 0.0
    place, local, second = np.empty(5), np.empty(5), np.zeros((5, 5))
    place[2:] = theta[p:]
    value = 0.0
    for i in range(len(studies)):
        if used[i] == 0:
            continue
        place[0] = _predictor(x1, i, theta, 0)
        place[1] = _predictor(x2, i, theta, p1)
        value += _study(kind, studies[i], place, r, log_weight, local, second)
        _spread(local, x1, x2, i, slopes)
        if exact and kind == BINOMIAL:
            _differences(kind, studies[i], place, r, log_weight, second)
        _scatter(second, x1, x2, i, curvature)
    if kind == RESTRICTED:
        value += restriction(studies, used, x1, x2, place, slopes, curvature)
    for j in range(len(theta)):
        for k in range(j):
            curvature[j, k] = 0.5 * (curvature[j, k] + curvature[k, j])
            curvature[k, j] = curvature[j, k]
    return value


@compiled
def _factorised(part: Vector) -> bool:
    """Overwrite the lower half by its Cholesky factor; False unless clearly positive."""
    largest = np.max(np.abs(part))
    for j in range(len(part)):
        for i in range(j, len(part)):
            left = part[i, j]
            for k in range(j):
                left -= part[i, k] * part[j, k]
            if i > j:
                part[i, j] = left / part[j, j]
            elif left > 1e-7 * largest:
                part[j, j] = np.sqrt(left)
            else:
                return False
    return True


@compiled
def _solve(factor: Vector, right: Vector) -> None:
    """Replace ``right`` by the solution, given the lower Cholesky factor."""
    for i in range(len(right)):
        for k in range(i):
            right[i] -= factor[i, k] * right[k]
        right[i] /= factor[i, i]
    for i in range(len(right) - 1, -1, -1):
        for k in range(i + 1, len(right)):
            right[i] -= factor[k, i] * right[k]
        right[i] /= factor[i, i]


@compiled
def _turned(part: Vector, right: Vector) -> None:
    """Replace ``right`` by the Newton step for a surface that is no hill, turned uphill."""
    roots, axes = np.linalg.eigh(part)
    floor = 1e-7 * np.max(np.abs(roots)) + 1e-10
    along = axes.T @ right
    for k in range(len(roots)):
        along[k] /= max(abs(roots[k]), floor)
    right[:] = axes @ along


@compiled
def _ascent(slopes: Vector, curvature: Vector, free: Array, step: Vector) -> float:
    """Write a Newton step, uphill in any case; return what it promises."""
    at = np.flatnonzero(free)
    step[:] = 0.0
    if len(at) == 0:
        return 0.0
    part, move = np.empty((len(at), len(at))), np.empty(len(at))
    for i in range(len(at)):
        move[i] = slopes[at[i]]
        for j in range(len(at)):
            part[i, j] = -curvature[at[i], at[j]]
    factor = part.copy()
    if _factorised(factor):
        _solve(factor, move)
    else:
        _turned(part, move)
    longest, promised = np.max(np.abs(move)), 0.0
    for i in range(len(at)):
        step[at[i]] = move[i] * min(1.0, LONGEST / max(longest, 1e-300))
        promised += step[at[i]] * slopes[at[i]]
    return promised


@compiled
def _second_exact(kind: int, r: Vector) -> bool:
    """Return whether the climb works with exact second derivatives all the way."""
    return kind != BINOMIAL or len(r) < 5


@compiled
def _climb(
    model: Model, theta: Vector, free: Array, slopes: Vector, curvature: Vector
) -> tuple[float, int]:
    """Climb from ``theta``, which is moved to where the climb ends."""
    exact = _second_exact(model.kind, model.r)
    step, trial = np.empty_like(theta), np.empty_like(theta)
    value = evaluate(model, theta, exact, slopes, curvature)
    for count in range(ITERATIONS):
        promised = _ascent(slopes, curvature, free, step)
        if promised <= GAIN_LAST * (1 + abs(value)) or np.max(np.abs(theta)) > BEYOND:
            return value, count
        length, won = 1.0, False
        for _halving in range(30):
            trial[:] = theta + length * step
            reached = evaluate(model, trial, exact, slopes, curvature)
            if reached >= value + 1e-4 * length * promised - 1e-14 * (1 + abs(value)):
                won = True
                break
            length *= 0.5
        if not won:
            return value, count
        theta[:] = trial
        value = reached
    return value, ITERATIONS


@compiled
def _finish(
    model: Model, theta: Vector, free: Array, value: float, slopes: Vector, curvature: Vector
) -> tuple[float, float]:
    """Take last steps with exact second derivatives; return value and what is left to gain.

    A step is kept if the steepest slope becomes smaller and the value does not fall; the
    second derivatives are then those of a point closer than a standard error needs.
    """
    step, trial = np.empty_like(theta), np.empty_like(theta)
    fresh, unused = np.empty_like(slopes), np.empty_like(curvature)
    if not _second_exact(model.kind, model.r):
        evaluate(model, theta, True, slopes, curvature)
    promised = _ascent(slopes, curvature, free, step)
    for _ in range(POLISH):
        if np.max(np.abs(slopes * free)) <= FLAT * (1 + abs(value)):
            break
        trial[:] = theta + step
        reached = evaluate(model, trial, False, fresh, unused)
        steeper = np.max(np.abs(fresh * free)) >= np.max(np.abs(slopes * free))
        if steeper or reached < value - 1e-12 * (1 + abs(value)):
            break
        theta[:], slopes[:], value = trial, fresh, reached
        promised = _ascent(slopes, curvature, free, step)
    return value, promised


@compiled
def search_all(
    kind: int,
    studies: Vector,
    used: Array,
    x1: Vector,
    x2: Vector,
    theta: Vector,
    free: Array,
    r: Vector,
    log_weight: Vector,
    finish: bool,
    value: Array,
    slopes: Vector,
    curvature: Vector,
    count: Array,
    reached: Array,
) -> None:
    """Search for the optimum of every model; ``theta`` and what follows ``finish`` is written.

    Parameters
    ----------
    kind : int
        BINOMIAL, NORMAL or RESTRICTED.
    studies : array, shape (m, n, 4)
    used : array of int8, shape (m, n)
        0 for a place in the stack that holds no study.
    x1, x2 : array, shape (m, n, p1) and (m, n, p2)
    theta : array, shape (m, p1 + p2 + 3)
        Start, and in the end the optimum.
    free : array of bool, shape of ``theta``
        Parameters that are not free stay as they are.
    finish : bool
        Whether to end with exact second derivatives, as standard errors need them.
    """
    step = np.empty(theta.shape[1])
    for m in range(len(studies)):
        model = Model(kind, studies[m], used[m], x1[m], x2[m], r, log_weight)
        value[m], count[m] = _climb(model, theta[m], free[m], slopes[m], curvature[m])
        if finish:
            value[m], left = _finish(model, theta[m], free[m], value[m], slopes[m], curvature[m])
        else:
            left = _ascent(slopes[m], curvature[m], free[m], step)
        far = np.max(np.abs(theta[m])) > BEYOND
        reached[m] = left <= GAIN_OPTIMUM * (1 + abs(value[m])) and not far
        slopes[m] *= free[m]


@compiled
def values_all(
    kind: int,
    studies: Vector,
    used: Array,
    x1: Vector,
    x2: Vector,
    theta: Vector,
    r: Vector,
    log_weight: Vector,
    value: Array,
) -> None:
    """Write the log-likelihood of every model at ``theta``."""
    slopes = np.empty(theta.shape[1])
    curvature = np.empty((theta.shape[1], theta.shape[1]))
    for m in range(len(studies)):
        model = Model(kind, studies[m], used[m], x1[m], x2[m], r, log_weight)
        value[m] = evaluate(model, theta[m], False, slopes, curvature)


@compiled
def information_all(
    studies: Vector, used: Array, x1: Vector, x2: Vector, theta: Vector, answer: Vector
) -> None:
    """Write X'WX of every normal model at ``theta``."""
    p = x1.shape[2] + x2.shape[2]
    place = np.zeros(5)
    for m in range(len(studies)):
        place[2:] = theta[m, p:]
        answer[m] = information(studies[m], used[m], x1[m], x2[m], place)
