"""From tumours as a registry holds them to the follow-up of people."""

from .index_cohort import IndexCohort, index_cohort

__all__ = ["IndexCohort", "index_cohort"]
