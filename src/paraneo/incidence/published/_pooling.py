"""One meta-analysis of ratios by either model, with its tests and limits: arrays only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import linprog

from paraneo.numerics.arrays import Limits, Vector
from paraneo.numerics.random_effects import Between, fit_normal, homogeneity, q_profile
from paraneo.results.convergence import Convergence

from ._poisson_normal import as_data, fit_poisson_normal, slopes, without_effect
from ._tau2_profile import profile_limits

#: Quadrature nodes tried in turn until the log-likelihood no longer changes by more than
#: this, and what is lost to rounding per case.
NODES = (15, 31, 61, 121, 241)
SETTLED, ROUNDING = 1e-8, 1e-14


class Heterogeneity(NamedTuple):
    """How far the studies' ratios lie apart, beyond chance.

    Attributes
    ----------
    statistic, df, p_value : float
        Test that the covariates explain all differences: Cochran's Q in the normal model,
        the likelihood-ratio statistic against one ratio a study in the Poisson model.
    i2 : float
        Proportion of the variance that lies between studies, in [0, 1]: τ² over τ² plus the
        typical variance within studies (Higgins and Thompson).
    h2 : float
        1 / (1 - i2).
    """

    statistic: float
    df: int
    p_value: float
    i2: float
    h2: float


class Pooled(NamedTuple):
    """Log scale throughout; ``df`` is infinite where the normal quantile applies."""

    mean: Vector
    covariance: Vector
    df: float
    tau2: float
    tau2_limits: Limits
    log_likelihood: float
    heterogeneity: Heterogeneity
    weight: Vector
    convergence: Convergence


#: Of a τ² that was held at 0.
NO_LIMITS = Limits(np.asarray(np.nan), np.asarray(np.nan))


def separated(observed: Vector, design: Vector) -> bool:
    """Return whether covariates set apart studies without a case, so that β runs away.

    That is so where some combination of the covariates is 0 in all studies with cases,
    and of one sign, not always 0, in those without.
    """
    with_case, without = design[observed > 0], design[observed == 0]
    p = design.shape[1]
    if len(without) == 0 or np.linalg.matrix_rank(with_case) == p:
        return False
    found = linprog(
        without.sum(axis=0),
        A_ub=without,
        b_ub=np.zeros(len(without)),
        A_eq=with_case if len(with_case) else None,
        b_eq=np.zeros(len(with_case)) if len(with_case) else None,
        bounds=[(-1.0, 1.0)] * p,
    )
    return bool(found.success and (found.fun or 0.0) < -1e-9)


def pool_poisson(
    observed: Vector,
    expected: Vector,
    design: Vector,
    nodes: int | None,
    level: float,
    *,
    test: str = "z",
    common: bool = False,
) -> Pooled:
    """Fit the Poisson-normal model, with nodes added until the likelihood settles.

    ``test`` is "z" or "t"; ``common`` holds τ² at 0.
    """
    counts, e = observed[None], expected[None]
    data = as_data(counts, e, design, None)
    note = ""
    for number in (1,) if common else (nodes,) if nodes else NODES:
        fit = fit_poisson_normal(counts, e, design, nodes=number, common=common)
        finer = slopes(data, fit.mean, fit.tau2, 2 * number + 1, in_v=False)
        change = float(np.abs(finer.value - fit.log_likelihood)[0])
        note = f"{number} quadrature nodes"
        if change <= SETTLED + ROUNDING * float(observed.sum()):
            break
    else:
        note += f", which leave the log-likelihood uncertain by {change:.1g}"
    tau2 = float(fit.tau2[0])
    flat = np.exp(np.log(expected) + design @ without_effect(data)[0][0])
    fitted = np.exp(np.log(expected) + design @ fit.mean[0])
    chi2 = 2.0 * float(special.kl_div(observed, flat).sum())
    spread = homogeneity(np.zeros(counts.shape), 1.0 / flat[None], design)[1]
    return Pooled(
        mean=fit.mean[0],
        covariance=fit.covariance[0],
        df=float("inf") if test == "z" else float(len(observed) - design.shape[1]),
        tau2=tau2,
        tau2_limits=NO_LIMITS
        if common
        else Limits(*map(np.asarray, profile_limits(data, fit, number, level))),
        log_likelihood=float(fit.log_likelihood[0]),
        heterogeneity=_heterogeneity(
            chi2, len(observed) - design.shape[1], tau2, spread[0], common=common
        ),
        weight=_shares(1.0 / (1.0 / fitted + tau2)),
        convergence=Convergence(
            bool(fit.reached[0]),
            int(fit.iterations[0]),
            float(fit.gradient[0]),
            ("tau2",) if tau2 == 0 and not common else (),
            "one common ratio" if common else note,
        ),
    )


def pool_normal(
    y: Vector, v: Vector, design: Vector, *, tau: Between, test: str, level: float
) -> Pooled:
    """Fit the normal model to log ratios; ``test`` is "z", "t", "hk" or "hk-bounded"."""
    outcome, variance = y[None], v[None]
    fit = fit_normal(outcome, variance, design, tau)
    spare = len(y) - design.shape[1]
    q, spread = homogeneity(outcome, variance, design)
    factor, df = 1.0, float("inf")
    if test != "z":
        df = float(spare)
    if test.startswith("hk"):
        factor = float(fit.weighted_squares[0]) / spare
        factor = max(1.0, factor) if test == "hk-bounded" else factor
    tau2 = float(fit.tau2[0])
    gradient = float(np.abs(fit.gradient[0]))
    return Pooled(
        mean=fit.mean[0],
        covariance=fit.covariance[0] * factor,
        df=df,
        tau2=tau2,
        tau2_limits=NO_LIMITS
        if tau == "common"
        else Limits(*(x[0] for x in q_profile(outcome, variance, design, level))),
        log_likelihood=float(fit.log_likelihood[0]),
        heterogeneity=_heterogeneity(float(q[0]), spare, tau2, spread[0], common=tau == "common"),
        weight=_shares(1.0 / (v + tau2)),
        convergence=Convergence(
            gradient < 1e-6 * (1.0 + float(fit.weighted_squares[0])),
            int(fit.iterations[0]),
            gradient,
            ("tau2",) if tau2 == 0 and tau != "common" else (),
            "one common ratio"
            if tau == "common"
            else ("closed form" if tau in ("dl", "he", "sj") else ""),
        ),
    )


def _heterogeneity(
    chi2: float, df: int, tau2: float, spread: float, *, common: bool
) -> Heterogeneity:
    """Return the test and I²: of τ², or of the statistic where a common ratio has no τ²."""
    i2 = tau2 / (tau2 + float(spread))
    if common and chi2 > df:
        i2 = 1.0 - df / chi2
    return Heterogeneity(chi2, df, float(special.chdtrc(df, chi2)), i2, 1.0 / (1.0 - i2))


def _shares(weight: Vector) -> Vector:
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def wald(
    mean: Vector, covariance: Vector, tested: NDArray[np.bool_], df: float
) -> tuple[float, int, float]:
    """Return the statistic, its first df and p that the tested coefficients are all 0.

    The statistic is a chi², or where ``df`` is finite an F.
    """
    part = covariance[np.ix_(tested, tested)]
    known = not part.any()  # Hartung and Knapp's factor is 0 where nothing is left over
    chi2 = np.inf if known else float(mean[tested] @ np.linalg.solve(part, mean[tested]))
    number = int(tested.sum())
    if np.isinf(df):
        return chi2, number, float(special.chdtrc(number, chi2))
    return chi2 / number, number, float(special.fdtrc(number, df, chi2 / number))
