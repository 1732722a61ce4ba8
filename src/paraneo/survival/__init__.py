"""When the cancer shows: incidence over time, with death competing."""

from .classical import SurvivalCurves, kaplan_meier, log_rank, nelson_aalen
from .cox import CoxRegression, cox_regression
from .crude_probabilities import CrudeProbabilities, crude_probabilities
from .cumulative_incidence import CumulativeIncidence, cumulative_incidence
from .excess_hazard import excess_hazard
from .excess_result import ExcessHazard
from .life_table import LifeTable, life_table
from .marker_hazard import MarkerHazards, marker_hazards
from .net_survival import NetSurvival, net_survival
from .occult_cancer import occult_cancer
from .occult_result import OccultCancer

__all__ = [
    "CoxRegression",
    "CrudeProbabilities",
    "CumulativeIncidence",
    "ExcessHazard",
    "LifeTable",
    "MarkerHazards",
    "NetSurvival",
    "OccultCancer",
    "SurvivalCurves",
    "cox_regression",
    "crude_probabilities",
    "cumulative_incidence",
    "excess_hazard",
    "kaplan_meier",
    "life_table",
    "log_rank",
    "marker_hazards",
    "nelson_aalen",
    "net_survival",
    "occult_cancer",
]
