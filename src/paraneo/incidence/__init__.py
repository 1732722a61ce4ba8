"""How much more cancer there is than expected."""

from ._implied import implied_count
from ._poisson_normal import PoissonNormalFit, fit_poisson_normal
from .audit import AuditedRatios, audited_ratios
from .follow_up_walk import follow_up_walk
from .lexis_diagram import lexis_diagram
from .person_years import PersonYears, person_years
from .poisson_limits import PoissonInterval, poisson_limits
from .pooled import PooledRatios, pooled_ratios
from .pooled_curve import PooledRatioCurve, pooled_ratio_curve
from .rate_files import (
    read_ci5,
    read_globocan,
    read_hmd,
    read_popmort,
    read_r_ratetable,
    read_rate_table,
    read_seerstat,
)
from .rate_table import RateTable, rate_table
from .ratios import IncidenceRatios, incidence_ratios
from .regression import RatioRegression, ratio_regression
from .standard_populations import StandardPopulation, standard_population
from .standardised import StandardisedRates, standardised_rates

__all__ = [
    "AuditedRatios",
    "IncidenceRatios",
    "PersonYears",
    "PoissonInterval",
    "PoissonNormalFit",
    "PooledRatioCurve",
    "PooledRatios",
    "RateTable",
    "RatioRegression",
    "StandardPopulation",
    "StandardisedRates",
    "audited_ratios",
    "fit_poisson_normal",
    "follow_up_walk",
    "implied_count",
    "incidence_ratios",
    "lexis_diagram",
    "person_years",
    "poisson_limits",
    "pooled_ratio_curve",
    "pooled_ratios",
    "rate_table",
    "ratio_regression",
    "read_ci5",
    "read_globocan",
    "read_hmd",
    "read_popmort",
    "read_r_ratetable",
    "read_rate_table",
    "read_seerstat",
    "standard_population",
    "standardised_rates",
]
