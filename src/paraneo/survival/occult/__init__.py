"""Cancer that is hidden at diagnosis: its share, and the distribution of its time to detection."""

from .occult_cancer import occult_cancer
from .occult_result import OccultCancer

__all__ = ["OccultCancer", "occult_cancer"]
