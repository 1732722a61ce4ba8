"""Cancer risk around an index disease: antibodies, incidence ratios and time to cancer."""

from . import evidence
from ._estimate import Estimate, Limits
from ._version import __version__
from .accuracy import (
    DiagnosticAccuracy,
    PredictiveValues,
    Prevalence,
    diagnostic_accuracy,
    predictive_values,
    published_accuracy,
)
from .errors import ArgumentError, ConvergenceWarning, ParaneoError, ParaneoWarning, TableError
from .incidence import (
    AuditedRatios,
    IncidenceRatios,
    RateTable,
    StandardisedRates,
    StandardPopulation,
    audited_ratios,
    implied_count,
    incidence_ratios,
    poisson_limits,
    rate_table,
    standard_population,
    standardised_rates,
)
from .survival import (
    CoxRegression,
    CumulativeIncidence,
    SurvivalCurves,
    cox_regression,
    cumulative_incidence,
    kaplan_meier,
    log_rank,
    nelson_aalen,
)

__all__ = [
    "ArgumentError",
    "AuditedRatios",
    "ConvergenceWarning",
    "CoxRegression",
    "CumulativeIncidence",
    "DiagnosticAccuracy",
    "Estimate",
    "IncidenceRatios",
    "Limits",
    "ParaneoError",
    "ParaneoWarning",
    "PredictiveValues",
    "Prevalence",
    "RateTable",
    "StandardPopulation",
    "StandardisedRates",
    "SurvivalCurves",
    "TableError",
    "__version__",
    "audited_ratios",
    "cox_regression",
    "cumulative_incidence",
    "diagnostic_accuracy",
    "evidence",
    "implied_count",
    "incidence_ratios",
    "kaplan_meier",
    "log_rank",
    "nelson_aalen",
    "poisson_limits",
    "predictive_values",
    "published_accuracy",
    "rate_table",
    "standard_population",
    "standardised_rates",
]


def __dir__() -> list[str]:
    return __all__
