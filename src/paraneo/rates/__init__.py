"""Rates of a population: a table of them, standard populations, and readers of rate files."""

from .files import (
    read_cdc_wonder,
    read_ci5,
    read_eurostat,
    read_globocan,
    read_hmd,
    read_popmort,
    read_r_ratetable,
    read_rate_table,
    read_seerstat,
    read_who_mortality,
    read_wpp,
)
from .rate_table import RateTable, rate_table
from .standard_populations import StandardPopulation, standard_population

__all__ = [
    "RateTable",
    "StandardPopulation",
    "rate_table",
    "read_cdc_wonder",
    "read_ci5",
    "read_eurostat",
    "read_globocan",
    "read_hmd",
    "read_popmort",
    "read_r_ratetable",
    "read_rate_table",
    "read_seerstat",
    "read_who_mortality",
    "read_wpp",
    "standard_population",
]
