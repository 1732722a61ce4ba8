"""Incidence ratios of published studies: held against their counts, pooled, and over time."""

from ._poisson_normal import PoissonNormalFit, fit_poisson_normal
from .audit import AuditedRatios, audited_ratios
from .implied_count import ImpliedCount, implied_count
from .pooled import pooled_ratios
from .pooled_curve import PooledRatioCurve, pooled_ratio_curve
from .pooled_result import PooledRatios

__all__ = [
    "AuditedRatios",
    "ImpliedCount",
    "PoissonNormalFit",
    "PooledRatioCurve",
    "PooledRatios",
    "audited_ratios",
    "fit_poisson_normal",
    "implied_count",
    "pooled_ratio_curve",
    "pooled_ratios",
]
