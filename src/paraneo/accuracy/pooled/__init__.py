"""Accuracy over many studies: sensitivity and specificity pooled together, with their curve."""

from .pooled_accuracy import pooled_accuracy
from .pooled_batch import PooledBatch, pooled_accuracy_batch
from .pooled_result import PooledAccuracy

__all__ = ["PooledAccuracy", "PooledBatch", "pooled_accuracy", "pooled_accuracy_batch"]
