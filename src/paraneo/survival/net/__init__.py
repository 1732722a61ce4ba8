"""Survival set against the population's: net survival, crude probabilities, life tables."""

from .crude_probabilities import CrudeProbabilities, crude_probabilities
from .expected_survival import ExpectedSurvival, expected_survival
from .life_table import LifeTable, life_table
from .net_survival import NetSurvival, net_survival

__all__ = [
    "CrudeProbabilities",
    "ExpectedSurvival",
    "LifeTable",
    "NetSurvival",
    "crude_probabilities",
    "expected_survival",
    "life_table",
    "net_survival",
]
