"""Simulation studies, which show how far a method can be trusted at a sample size."""

from ._checkpoint import CheckpointError
from ._cohort_design import SimulatedMarker
from .cohort_truth import CohortTruth
from .cohorts import SimulatedCohort, simulated_cohort
from .design import design_grid
from .enumeration import ExactCoverage, exact_coverage
from .hazard_laws import HiddenCancer, PiecewiseExcess, PiecewiseRatio, SplineExcess
from .performance import Performance, performance, replicates_needed
from .planning import expected_needed, people_needed, ratio_power
from .study import SimulationStudy, simulation_study

__all__ = [
    "CheckpointError",
    "CohortTruth",
    "ExactCoverage",
    "HiddenCancer",
    "Performance",
    "PiecewiseExcess",
    "PiecewiseRatio",
    "SimulatedCohort",
    "SimulatedMarker",
    "SimulationStudy",
    "SplineExcess",
    "design_grid",
    "exact_coverage",
    "expected_needed",
    "people_needed",
    "performance",
    "ratio_power",
    "replicates_needed",
    "simulated_cohort",
    "simulation_study",
]
