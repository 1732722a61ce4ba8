"""The accuracy of tests and what their results mean."""

from ._proportions import proportion_limits as proportion_limits
from .audit import AuditedAccuracy, audited_accuracy
from .comparison import ComparedTests, compare_tests
from .panels import PanelAccuracy, panel_accuracy
from .pooled import PooledAccuracy, PooledBatch, pooled_accuracy, pooled_accuracy_batch
from .predictive_values import PredictiveValues, predictive_values
from .prevalence import Prevalence
from .published import published_accuracy
from .recovered import RecoveredTables, recovered_tables
from .rogan_gladen import rogan_gladen_prevalence
from .two_by_two import DiagnosticAccuracy, diagnostic_accuracy
from .verification import VerifiedAccuracy, verified_accuracy

__all__ = [
    "AuditedAccuracy",
    "ComparedTests",
    "DiagnosticAccuracy",
    "PanelAccuracy",
    "PooledAccuracy",
    "PooledBatch",
    "PredictiveValues",
    "Prevalence",
    "RecoveredTables",
    "VerifiedAccuracy",
    "audited_accuracy",
    "compare_tests",
    "diagnostic_accuracy",
    "panel_accuracy",
    "pooled_accuracy",
    "pooled_accuracy_batch",
    "predictive_values",
    "published_accuracy",
    "recovered_tables",
    "rogan_gladen_prevalence",
    "verified_accuracy",
]
