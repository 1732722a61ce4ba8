"""Simulation studies, which show how far a method can be trusted at a sample size."""

from ._checkpoint import CheckpointError
from .design import design_grid
from .enumeration import ExactCoverage, exact_coverage
from .performance import Performance, performance, replicates_needed
from .study import SimulationStudy, simulation_study

__all__ = [
    "CheckpointError",
    "ExactCoverage",
    "Performance",
    "SimulationStudy",
    "design_grid",
    "exact_coverage",
    "performance",
    "replicates_needed",
    "simulation_study",
]
