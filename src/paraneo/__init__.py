"""Cancer risk around an index disease: antibodies, incidence ratios and time to cancer.

Analyses stand here; readers of rate files in `paraneo.rates`, simulation and planning of studies
in `paraneo.simulation`, classification criteria in `paraneo.criteria`, and the published figures
that come with the package in `paraneo.evidence`.
"""

<<<<<<< HEAD
import lazy_loader

# A name is loaded when it is first asked for: `__init__.pyi` says where it is found.
_loaded, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
=======
from . import criteria, evidence, rates, simulation
from ._version import __version__
from .accuracy import (
    Prevalence,
    audited_accuracy,
    compare_tests,
    diagnostic_accuracy,
    panel_accuracy,
    pooled_accuracy,
    predictive_values,
    published_accuracy,
    recovered_tables,
    rogan_gladen_prevalence,
    verified_accuracy,
)
from .errors import (
    ArgumentError,
    ComparabilityWarning,
    ConvergenceWarning,
    FileError,
    ParaneoError,
    ParaneoWarning,
    TableError,
)
from .follow_up import (
    background_hazard,
    follow_up_walk,
    index_cohort,
    lexis_diagram,
    person_years,
)
from .gate.databases import query
from .incidence import (
    audited_ratios,
    implied_count,
    incidence_ratios,
    poisson_limits,
    pooled_ratio_curve,
    pooled_ratios,
    ratio_regression,
    standardised_rates,
)
from .rates import RateTable, rate_table
from .report import html_report
from .results.estimate import Estimate
from .screening import (
    best_schedule,
    cancer_risk,
    compare_schedules,
    decision_curve,
    marker_hazards,
    schedule_frontier,
    screening_window,
    screening_yield,
    validated_risk,
)
from .survival import (
    cox_regression,
    crude_probabilities,
    cumulative_incidence,
    excess_hazard,
    kaplan_meier,
    life_table,
    log_rank,
    nelson_aalen,
    net_survival,
    occult_cancer,
)

__all__ = [
    "ArgumentError",
    "ComparabilityWarning",
    "ConvergenceWarning",
    "Estimate",
    "FileError",
    "ParaneoError",
    "ParaneoWarning",
    "Prevalence",
    "RateTable",
    "TableError",
    "__version__",
    "audited_accuracy",
    "audited_ratios",
    "background_hazard",
    "best_schedule",
    "cancer_risk",
    "compare_schedules",
    "compare_tests",
    "cox_regression",
    "criteria",
    "crude_probabilities",
    "cumulative_incidence",
    "decision_curve",
    "diagnostic_accuracy",
    "evidence",
    "excess_hazard",
    "follow_up_walk",
    "html_report",
    "implied_count",
    "incidence_ratios",
    "index_cohort",
    "kaplan_meier",
    "lexis_diagram",
    "life_table",
    "log_rank",
    "marker_hazards",
    "nelson_aalen",
    "net_survival",
    "occult_cancer",
    "panel_accuracy",
    "person_years",
    "poisson_limits",
    "pooled_accuracy",
    "pooled_ratio_curve",
    "pooled_ratios",
    "predictive_values",
    "published_accuracy",
    "query",
    "rate_table",
    "rates",
    "ratio_regression",
    "recovered_tables",
    "rogan_gladen_prevalence",
    "schedule_frontier",
    "screening_window",
    "screening_yield",
    "simulation",
    "standardised_rates",
    "validated_risk",
    "verified_accuracy",
]


def __dir__() -> list[str]:
    return __all__
>>>>>>> 2b70e26 (follow_up: tumour rows become person-time, with an account of everybody)


def __getattr__(name: str) -> object:
    if name in __all__:
        return _loaded(name)
    from ._called import room_or_reason

    return room_or_reason(name)
