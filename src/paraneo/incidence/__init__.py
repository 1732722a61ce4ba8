"""How much more cancer there is than expected."""

from .poisson_limits import PoissonInterval, poisson_limits
from .published import (
    AuditedRatios,
    ImpliedCount,
    PoissonNormalFit,
    PooledRatioCurve,
    PooledRatios,
    audited_ratios,
    fit_poisson_normal,
    implied_count,
    pooled_ratio_curve,
    pooled_ratios,
)
from .ratios import IncidenceRatios, incidence_ratios
from .regression import RatioRegression, ratio_regression
from .standardised import StandardisedRates, standardised_rates
from .trend import RatioTrend

__all__ = [
    "AuditedRatios",
    "ImpliedCount",
    "IncidenceRatios",
    "PoissonInterval",
    "PoissonNormalFit",
    "PooledRatioCurve",
    "PooledRatios",
    "RatioRegression",
    "RatioTrend",
    "StandardisedRates",
    "audited_ratios",
    "fit_poisson_normal",
    "implied_count",
    "incidence_ratios",
    "poisson_limits",
    "pooled_ratio_curve",
    "pooled_ratios",
    "ratio_regression",
    "standardised_rates",
]
