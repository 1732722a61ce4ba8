"""Curves from the data alone: Kaplan-Meier, Nelson-Aalen, cumulative incidence, and Cox models."""

from .classical import SurvivalCurves, kaplan_meier, nelson_aalen
from .cox import cox_regression
from .cox_result import CoxRegression
from .cumulative_incidence import CumulativeIncidence, cumulative_incidence
from .fine_gray import FineGrayRegression, fine_gray_regression
from .log_rank import LogRank, log_rank

__all__ = [
    "CoxRegression",
    "CumulativeIncidence",
    "FineGrayRegression",
    "LogRank",
    "SurvivalCurves",
    "cox_regression",
    "cumulative_incidence",
    "fine_gray_regression",
    "kaplan_meier",
    "log_rank",
    "nelson_aalen",
]
