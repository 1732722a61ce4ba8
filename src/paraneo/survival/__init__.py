"""When the cancer shows: incidence over time, with death competing."""

from .curves import (
    CoxRegression,
    CumulativeIncidence,
    FineGrayRegression,
    LogRank,
    SurvivalCurves,
    cox_regression,
    cumulative_incidence,
    fine_gray_regression,
    kaplan_meier,
    log_rank,
    nelson_aalen,
)
from .excess import ExcessHazard, excess_hazard
from .net import (
    CrudeProbabilities,
    ExpectedSurvival,
    LifeTable,
    NetSurvival,
    crude_probabilities,
    expected_survival,
    life_table,
    net_survival,
)
from .occult import OccultCancer, occult_cancer

__all__ = [
    "CoxRegression",
    "CrudeProbabilities",
    "CumulativeIncidence",
    "ExcessHazard",
    "ExpectedSurvival",
    "FineGrayRegression",
    "LifeTable",
    "LogRank",
    "NetSurvival",
    "OccultCancer",
    "SurvivalCurves",
    "cox_regression",
    "crude_probabilities",
    "cumulative_incidence",
    "excess_hazard",
    "expected_survival",
    "fine_gray_regression",
    "kaplan_meier",
    "life_table",
    "log_rank",
    "nelson_aalen",
    "net_survival",
    "occult_cancer",
]
