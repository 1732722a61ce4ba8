"""Pooled log ratios of which several come from one cohort: arrays in, arrays out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

#: How near the search for two variances comes, relative to the spread within studies.
_CLOSE = 1e-10
#: Starts of that search, as shares of the variance of the outcomes.
_STARTS = ((0.5, 0.5), (1.0, 0.0), (0.0, 1.0), (0.05, 0.05))


class Nested(NamedTuple):
    """A fit with one variance between cohorts and one between studies of a cohort."""

    mean: Vector
    covariance: Vector
    between: float
    within: float
    log_likelihood: float
    reached: bool


def sandwich(
    y: Vector, weight: Vector, x: Vector, mean: Vector, cluster: NDArray[np.int64]
) -> Vector:
    """Return the covariance of ``mean`` from the scatter of whole clusters, times n/(n − p).

    Hedges, Tipton and Johnson 2010, doi:10.1002/jrsm.5, with their small-sample factor.
    """
    bread = np.linalg.inv((x * weight[:, None]).T @ x)
    score = x * (weight * (y - x @ mean))[:, None]
    count = int(cluster.max()) + 1
    sums = np.zeros((count, x.shape[1]))
    np.add.at(sums, cluster, score)
    return np.asarray(bread @ sums.T @ sums @ bread * count / (count - x.shape[1]))


def nested(
    y: Vector, v: Vector, x: Vector, cluster: NDArray[np.int64], *, restricted: bool
) -> Nested:
    """Fit y ~ N(x β, diag(v) + τ² between cohorts + ω² between studies of one), by (RE)ML.

    Konstantopoulos 2011, doi:10.1002/jrsm.35.
    """
    from scipy.optimize import minimize

    same = (cluster[:, None] == cluster).astype(np.float64)
    scale = float(np.median(v))

    def parts(variances: Vector) -> tuple[float, Vector, Vector, Vector]:
        total = np.diag(v + variances[1]) + variances[0] * same
        inverse = np.linalg.inv(total)
        information = x.T @ inverse @ x
        covariance = np.linalg.inv(information)
        beta = covariance @ (x.T @ inverse @ y)
        left = y - x @ beta
        count = len(y) - (x.shape[1] if restricted else 0)
        value = -0.5 * (
            count * np.log(2 * np.pi) + np.linalg.slogdet(total)[1] + left @ inverse @ left
        )
        if restricted:
            value += 0.5 * (np.linalg.slogdet(x.T @ x)[1] - np.linalg.slogdet(information)[1])
        pull = inverse @ left
        middle = inverse - inverse @ x @ covariance @ x.T @ inverse if restricted else inverse
        slopes = [
            0.5 * (pull @ pull if part is None else pull @ part @ pull)
            - 0.5 * np.trace(middle if part is None else middle @ part)
            for part in (same, None)
        ]
        return float(value), np.array(slopes, dtype=np.float64), beta, np.asarray(covariance)

    def fall(t: Vector) -> tuple[float, Vector]:
        value, slope, _, _ = parts(t * scale)
        return -value, -slope * scale

    spread = float(np.var(y)) / scale
    tries = [
        minimize(fall, np.array(start) * spread, jac=True, bounds=[(0, None)] * 2,
                 method="L-BFGS-B", options={"ftol": 1e-15, "gtol": _CLOSE, "maxiter": 500})
        for start in _STARTS
    ]  # fmt: skip
    best = min(tries, key=lambda one: float(one.fun))
    at = np.asarray(best.x) * scale
    value, slope, beta, covariance = parts(at)
    free = np.where(at > 0, slope * scale, np.maximum(slope * scale, 0.0))
    reached = bool(np.abs(free).max() < 1e-5 * (1 + abs(value)))
    return Nested(beta, covariance, float(at[0]), float(at[1]), value, reached)
