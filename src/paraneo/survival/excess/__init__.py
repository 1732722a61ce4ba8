"""Hazard models over the population's rates: additive and relative, piecewise and spline."""

from .excess_hazard import excess_hazard
from .excess_result import ExcessHazard

__all__ = ["ExcessHazard", "excess_hazard"]
