"""Where accuracy, incidence and time meet: personal risk, when to stop looking, which visits."""

from .risk import CancerRisk, cancer_risk

__all__ = ["CancerRisk", "cancer_risk"]
