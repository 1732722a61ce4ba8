"""Limits of τ² by profile likelihood, for pooled ratios and for pooled curves: arrays only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from paraneo.numerics.arrays import normal_quantile
from paraneo.numerics.profile import profile_limit

from ._poisson_normal import Data, PoissonNormalFit, best_beta, slopes

#: Where no τ² up to here is outlying, the upper limit is infinite.
_FURTHEST = 1e6
#: How near the signed root of twice the fall is to the normal deviate.
_NEAR = 1e-9
#: Limits lie where τ² is large, and each random effect's distribution far from normal.
_FEWEST_NODES = 61


def tau2_limits(
    fall: Callable[[float], float], tau2: float, level: float, furthest: float = _FURTHEST
) -> tuple[float, float]:
    """Return the τ² at which twice the fall of the profile is the chi² quantile of 1 df.

    The lower limit is 0 where τ² = 0 is not that far below the peak, the upper infinite
    where ``furthest`` is not.
    """
    deviate = normal_quantile(level)
    lower = profile_limit(fall, tau2, -tau2, deviate, end=0.0, close=_NEAR) if tau2 > 0 else 0.0
    step = max(tau2, 0.05)
    upper = profile_limit(fall, tau2, step, deviate, grow=3.0, end=furthest, close=_NEAR)
    return lower, upper if upper < furthest else np.inf


def profile_limits(
    data: Data, fit: PoissonNormalFit, nodes: int, level: float
) -> tuple[float, float]:
    """Return the limits of τ² of one Poisson-normal fit."""
    nodes = max(nodes, _FEWEST_NODES)
    beta = {"at": fit.mean}

    def fall(tau2: float) -> float:
        v = np.array([tau2])
        beta["at"] = best_beta(data, beta["at"], v, nodes, close=1e-7, most=20)[0]
        at = slopes(data, beta["at"], v, nodes, in_v=False)
        return float(fit.log_likelihood[0] - at.value[0])

    return tau2_limits(fall, float(fit.tau2[0]), level)
