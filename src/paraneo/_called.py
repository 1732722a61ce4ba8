"""What the things are called here that somebody may look for under another name."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from types import ModuleType

#: Words of the field and of other programs, and the name here.
HERE = {
    "sir": "incidence_ratios",
    "smr": "incidence_ratios",
    "standardised_incidence_ratios": "incidence_ratios",
    "ppv": "predictive_values",
    "npv": "predictive_values",
    "sensitivity": "diagnostic_accuracy",
    "specificity": "diagnostic_accuracy",
    "reitsma": "pooled_accuracy",
    "metandi": "pooled_accuracy",
    "bivariate": "pooled_accuracy",
    "rma": "pooled_ratios",
    "pyears": "person_years",
    "lexpand": "person_years",
    "splitlexis": "person_years",
    "lexis": "lexis_diagram",
    "survfit": "kaplan_meier",
    "km": "kaplan_meier",
    "aalen_johansen": "cumulative_incidence",
    "cuminc": "cumulative_incidence",
    "cif": "cumulative_incidence",
    "coxph": "cox_regression",
    "cox": "cox_regression",
    "nessie": "expected_survival",
    "survexp": "expected_survival",
    "crr": "fine_gray_regression",
    "finegray": "fine_gray_regression",
    "logrank": "log_rank",
    "survdiff": "log_rank",
    "relative_survival": "net_survival",
    "rs_surv": "net_survival",
    "pohar_perme": "net_survival",
    "survtab": "life_table",
    "rsadd": "excess_hazard",
    "stpm2": "excess_hazard",
    "cure_model": "occult_cancer",
    "hidden_cancer": "occult_cancer",
    "poisson_exact": "poisson_limits",
    "direct_standardisation": "standardised_rates",
    "asr": "standardised_rates",
    "dca": "decision_curve",
    "net_benefit": "decision_curve",
    "simsum": "simulation.performance",
}
_SPACES = ("rates", "simulation", "criteria", "evidence")
_ROOMS = ("accuracy", "follow_up", "incidence", "screening", "survival", "report")


def room_or_reason(name: str) -> ModuleType:
    """Return the room of that name, or say what is called otherwise here."""
    if name in _ROOMS:
        return import_module(f"paraneo.{name}")
    raise AttributeError(what_it_is_called(name), name=name, obj=None)


def what_it_is_called(name: str) -> str:
    """Return what to say of an attribute that paraneo does not have."""
    said = f"paraneo has no '{name}'"
    for space in (*_SPACES, *_ROOMS):
        if name in import_module(f"paraneo.{space}").__all__:
            return f"{said}: it is paraneo.{space}.{name}"
    if (here := HERE.get(name.casefold())) is not None:
        return f"{said}: it is called paraneo.{here} here"
    near = get_close_matches(name, import_module("paraneo").__all__, n=1)
    return f"{said}. Did you mean paraneo.{near[0]}?" if near else said
