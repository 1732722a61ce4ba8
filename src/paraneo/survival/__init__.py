"""When the cancer shows: incidence over time, with death competing."""

from .classical import (
    CoxRegression,
    SurvivalCurves,
    cox_regression,
    kaplan_meier,
    log_rank,
    nelson_aalen,
)
from .cumulative_incidence import CumulativeIncidence, cumulative_incidence

__all__ = [
    "CoxRegression",
    "CumulativeIncidence",
    "SurvivalCurves",
    "cox_regression",
    "cumulative_incidence",
    "kaplan_meier",
    "log_rank",
    "nelson_aalen",
]
