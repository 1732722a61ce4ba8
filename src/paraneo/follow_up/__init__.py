"""Person-time: what a cohort was at risk for, and which events and expected events fall in it."""

from .background import BackgroundHazard, background_hazard
from .follow_up_walk import follow_up_walk
from .lexis_diagram import lexis_diagram
from .person_years import PersonYears, person_years
from .tumours import IndexCohort, index_cohort

__all__ = [
    "BackgroundHazard",
    "IndexCohort",
    "PersonYears",
    "background_hazard",
    "follow_up_walk",
    "index_cohort",
    "lexis_diagram",
    "person_years",
]
