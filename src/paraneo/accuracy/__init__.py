"""The accuracy of tests and what their results mean."""

from .predictive_values import PredictiveValues, predictive_values
from .prevalence import Prevalence
from .two_by_two import DiagnosticAccuracy, diagnostic_accuracy, published_accuracy

__all__ = [
    "DiagnosticAccuracy",
    "PredictiveValues",
    "Prevalence",
    "diagnostic_accuracy",
    "predictive_values",
    "published_accuracy",
]
