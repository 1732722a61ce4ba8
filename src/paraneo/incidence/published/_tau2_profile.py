"""Profile-likelihood limits of τ² of the Poisson-normal model: arrays only."""

from __future__ import annotations

import numpy as np
from scipy import special

from paraneo.numerics.arrays import Limits, Vector
from paraneo.numerics.random_effects import falling_root

from ._poisson_normal import Data, PoissonNormalFit, best_beta, slopes

#: Where no τ² up to here is outlying, the upper limit is infinite.
_FURTHEST = 1e6
#: How near the root, as a share of it, a limit is searched.
_NEAR = 1e-8
#: Limits lie where τ² is large, and the law of each random effect far from normal.
_FEWEST_NODES = 61


def profile_limits(data: Data, fit: PoissonNormalFit, nodes: int, level: float) -> Limits:
    """Return the τ² at which twice the fall of the profile is the chi² quantile of 1 df.

    The lower limit is 0 where τ² = 0 is not that far below the peak.
    """
    nodes = max(nodes, _FEWEST_NODES)
    level_line = fit.log_likelihood - special.chdtri(1.0, 1.0 - level) / 2.0
    beta = {"at": fit.mean}

    def height(tau2: Vector) -> tuple[Vector, Vector]:
        beta["at"] = best_beta(data, beta["at"], tau2, nodes, close=1e-7, most=20)[0]
        at = slopes(data, beta["at"], tau2, nodes)
        return at.value - level_line, at.v

    def depth(tau2: Vector) -> tuple[Vector, Vector]:
        value, slope = height(tau2)
        return -value, -slope

    zero = np.zeros(fit.tau2.shape)
    inside = height(zero)[0] < 0
    end = np.where(inside, fit.tau2, 0.0)
    lower = np.where(inside, falling_root(depth, zero, end, 0.5 * end, close=_NEAR)[0], 0.0)
    beta["at"] = fit.mean
    high = np.maximum(2.0 * fit.tau2, 0.05)
    near = fit.tau2
    while (open_ended := (height(high)[0] > 0) & (high < _FURTHEST)).any():
        near = np.where(open_ended, high, near)
        high = np.where(open_ended, 3.0 * high, high)
    closed = high < _FURTHEST
    start = 0.5 * (near + high)
    upper = falling_root(height, near, high, start, close=_NEAR)[0]
    return Limits(lower, np.where(closed, upper, np.inf))
