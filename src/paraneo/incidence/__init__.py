"""How much more cancer there is than expected."""

from .poisson_limits import PoissonInterval, poisson_limits
from .published import (
    AuditedRatios,
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

__all__ = [
    "AuditedRatios",
    "IncidenceRatios",
    "PoissonInterval",
    "PoissonNormalFit",
    "PooledRatioCurve",
    "PooledRatios",
    "RatioRegression",
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
