"""Where accuracy, incidence and time meet: personal risk, when to stop looking, which visits."""

from .risk import CancerRisk, cancer_risk
from .schedules import (
    ScreeningYield,
    best_schedule,
    compare_schedules,
    schedule_frontier,
    screening_yield,
)
from .windows import ScreeningWindow, screening_window

__all__ = [
    "CancerRisk",
    "ScreeningWindow",
    "ScreeningYield",
    "best_schedule",
    "cancer_risk",
    "compare_schedules",
    "schedule_frontier",
    "screening_window",
    "screening_yield",
]
