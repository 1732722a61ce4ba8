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
from .criteria import (
    BohanPeter1975,
    EularAcr2017,
    Imacs2023,
    Pns2004,
    bohan_peter_1975,
    eular_acr_2017,
    imacs_2023,
    pns_2004,
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
from .simulation import (
    ExactCoverage,
    Performance,
    SimulationStudy,
    design_grid,
    exact_coverage,
    performance,
    replicates_needed,
    simulation_study,
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
    "BohanPeter1975",
    "ConvergenceWarning",
    "CoxRegression",
    "CumulativeIncidence",
    "DiagnosticAccuracy",
    "Estimate",
    "EularAcr2017",
    "ExactCoverage",
    "Imacs2023",
    "IncidenceRatios",
    "Limits",
    "ParaneoError",
    "ParaneoWarning",
    "Performance",
    "Pns2004",
    "PredictiveValues",
    "Prevalence",
    "RateTable",
    "SimulationStudy",
    "StandardPopulation",
    "StandardisedRates",
    "SurvivalCurves",
    "TableError",
    "__version__",
    "audited_ratios",
    "bohan_peter_1975",
    "cox_regression",
    "cumulative_incidence",
    "design_grid",
    "diagnostic_accuracy",
    "eular_acr_2017",
    "evidence",
    "exact_coverage",
    "imacs_2023",
    "implied_count",
    "incidence_ratios",
    "kaplan_meier",
    "log_rank",
    "nelson_aalen",
    "performance",
    "pns_2004",
    "poisson_limits",
    "predictive_values",
    "published_accuracy",
    "rate_table",
    "replicates_needed",
    "simulation_study",
    "standard_population",
    "standardised_rates",
]


def __dir__() -> list[str]:
    return __all__
