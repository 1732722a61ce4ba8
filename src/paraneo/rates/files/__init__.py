"""Readers of rates in the files that people hold.

Which one to use: `read_rate_table` for a plain CSV or Parquet file whose columns you name;
`read_hmd` for the Human Mortality Database; `read_ci5` for Cancer Incidence in Five
Continents; `read_globocan` for tables of the Global Cancer Observatory; `read_cdc_wonder` for
exports of CDC WONDER; `read_eurostat` for life tables of Eurostat; `read_wpp` for the UN World
Population Prospects; `read_who_mortality` for the WHO Mortality Database; `read_seerstat` for
rates exported from SEER*Stat; `read_popmort` for the popmort files of Stata; and
`read_r_ratetable` for a ratetable of R written as CSV. All return a `RateTable` with hazards per
person-year, and say in its provenance where it comes from and what was left out.
"""

from .cdc_wonder import read_cdc_wonder
from .ci5 import read_ci5
from .eurostat import read_eurostat
from .globocan import read_globocan
from .hmd import read_hmd
from .plain import read_rate_table
from .popmort import read_popmort
from .r_ratetable import read_r_ratetable
from .seerstat import read_seerstat
from .who_mortality import read_who_mortality
from .wpp import read_wpp

__all__ = [
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
]
