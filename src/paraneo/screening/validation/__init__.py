"""Predicted risks checked against what a cohort did, and what decisions by them would bring."""

from .decisions import DecisionCurve, decision_curve
from .validated_risk import ValidatedRisk, validated_risk

__all__ = ["DecisionCurve", "ValidatedRisk", "decision_curve", "validated_risk"]
