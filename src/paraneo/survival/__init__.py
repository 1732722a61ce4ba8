"""When the cancer shows: incidence over time, with death competing."""

from .curves.classical import SurvivalCurves, kaplan_meier, log_rank, nelson_aalen
from .curves.cox import CoxRegression, cox_regression
from .curves.cumulative_incidence import CumulativeIncidence, cumulative_incidence
from .excess.excess_hazard import excess_hazard
from .excess.excess_result import ExcessHazard
from .net.crude_probabilities import CrudeProbabilities, crude_probabilities
from .net.life_table import LifeTable, life_table
from .net.net_survival import NetSurvival, net_survival
from .occult.occult_cancer import occult_cancer
from .occult.occult_result import OccultCancer

__all__ = [
    "CoxRegression",
    "CrudeProbabilities",
    "CumulativeIncidence",
    "ExcessHazard",
    "LifeTable",
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
    "nelson_aalen",
    "net_survival",
    "occult_cancer",
]
