"""How much more cancer there is than expected."""

from .mantel_haenszel import MantelHaenszel, mantel_haenszel
from .multiplicity import AdjustedRatios
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
from .shrunken import ShrunkenRatios
from .stacked import StackedRatios, stacked_ratios
from .standardised import StandardisedRates, standardised_rates
from .trend import RatioTrend

__all__ = [
    "AdjustedRatios",
    "AuditedRatios",
    "ImpliedCount",
    "IncidenceRatios",
    "MantelHaenszel",
    "PoissonInterval",
    "PoissonNormalFit",
    "PooledRatioCurve",
    "PooledRatios",
    "RatioRegression",
    "RatioTrend",
    "ShrunkenRatios",
    "StackedRatios",
    "StandardisedRates",
    "audited_ratios",
    "fit_poisson_normal",
    "implied_count",
    "incidence_ratios",
    "mantel_haenszel",
    "poisson_limits",
    "pooled_ratio_curve",
    "pooled_ratios",
    "ratio_regression",
    "stacked_ratios",
    "standardised_rates",
]
