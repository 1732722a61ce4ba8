"""Occult cancer: the proportion that has it at diagnosis, and the time to its detection."""

from .occult_cancer import occult_cancer
from .occult_result import OccultCancer

__all__ = ["OccultCancer", "occult_cancer"]
