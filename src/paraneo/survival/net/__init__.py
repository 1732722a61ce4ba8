"""Survival set against the population's: net survival, crude probabilities, life tables."""

from .crude_probabilities import CrudeProbabilities, crude_probabilities
from .life_table import LifeTable, life_table
from .net_survival import NetSurvival, net_survival

__all__ = [
    "CrudeProbabilities",
    "LifeTable",
    "NetSurvival",
    "crude_probabilities",
    "life_table",
    "net_survival",
]
