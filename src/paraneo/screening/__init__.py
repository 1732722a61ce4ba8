"""Where accuracy, incidence and time meet: personal risk, when to stop looking, which visits."""

from .cancer_risk import cancer_risk
from .marker_hazards import MarkerHazards, marker_hazards
from .reconciled_risk import ReconciledRisk, reconciled_risk
from .risk import CancerRisk
from .schedule_choice import (
    ScheduleComparison,
    ScheduleFrontier,
    best_schedule,
    compare_schedules,
    schedule_frontier,
)
from .schedules import ScreeningYield, screening_yield
from .validation import DecisionCurve, ValidatedRisk, decision_curve, validated_risk
from .windows import ScreeningWindow, screening_window

__all__ = [
    "CancerRisk",
    "DecisionCurve",
    "MarkerHazards",
    "ReconciledRisk",
    "ScheduleComparison",
    "ScheduleFrontier",
    "ScreeningWindow",
    "ScreeningYield",
    "ValidatedRisk",
    "best_schedule",
    "cancer_risk",
    "compare_schedules",
    "decision_curve",
    "marker_hazards",
    "reconciled_risk",
    "schedule_frontier",
    "screening_window",
    "screening_yield",
    "validated_risk",
]
