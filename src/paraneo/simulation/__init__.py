"""Simulation studies, which show how far a method can be trusted at a sample size."""

from ._cohort_design import SimulatedMarker
from .accuracy_distributions import BivariateAccuracy, ThresholdAccuracy
from .accuracy_studies import SimulatedAccuracyStudies, simulated_accuracy_studies
from .bootstrap import Bootstrap, bootstrap
from .cohort_truth import CohortTruth
from .cohorts import SimulatedCohort, simulated_cohort
from .design import design_grid
from .diagnostic import DiagnosticTruth, SimulatedDiagnosticStudy, simulated_diagnostic_study
from .enumeration import ExactCoverage, exact_coverage
from .excess_hazards import HiddenCancer, PiecewiseExcess, PiecewiseRatio, SplineExcess
from .imputations import PooledImputations, pooled_imputations
from .performance import Performance, performance
from .planning import expected_needed, ratio_power, replicates_needed, window_patients_needed
from .precision import people_needed, predictive_people_needed
from .published_ratios import SimulatedPublishedRatios, simulated_published_ratios
from .ratio_truth import RatioTruth
from .running.checkpoint import CheckpointError
from .study import SimulationStudy, simulation_study
from .study_size import StudySize

__all__ = [
    "BivariateAccuracy",
    "Bootstrap",
    "CheckpointError",
    "CohortTruth",
    "DiagnosticTruth",
    "ExactCoverage",
    "HiddenCancer",
    "Performance",
    "PiecewiseExcess",
    "PiecewiseRatio",
    "PooledImputations",
    "RatioTruth",
    "SimulatedAccuracyStudies",
    "SimulatedCohort",
    "SimulatedDiagnosticStudy",
    "SimulatedMarker",
    "SimulatedPublishedRatios",
    "SimulationStudy",
    "SplineExcess",
    "StudySize",
    "ThresholdAccuracy",
    "bootstrap",
    "design_grid",
    "exact_coverage",
    "expected_needed",
    "people_needed",
    "performance",
    "pooled_imputations",
    "predictive_people_needed",
    "ratio_power",
    "replicates_needed",
    "simulated_accuracy_studies",
    "simulated_cohort",
    "simulated_diagnostic_study",
    "simulated_published_ratios",
    "simulation_study",
    "window_patients_needed",
]
