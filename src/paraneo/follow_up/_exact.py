"""Sums that are exact, so that no order of adding can change a digit.

A sum is held in limbs of 24 bits, lowest first, the last one open. Person-time is whole
ticks. A rate is rounded once, to a multiple of 2**-72 per person-year (2e-22); from there on
rate × time is a product of whole numbers and nothing more is rounded until the sum is read.
Sums of floats would differ in the last digits between orders of rows, sizes of batches and
numbers of workers, and between one spell and the same spell cut in two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]

BITS = 24
MASK = 2**BITS - 1
#: Limbs of a sum of ticks, of a rate, and of a sum of rates times ticks.
TIME_LIMBS, RATE_LIMBS, EXPECTED_LIMBS = 2, 3, 5


def rate_limbs(rates: NDArray[np.float64]) -> Whole:
    """Return rates per person-year in limbs along a new last axis; NaN becomes 0."""
    rest = np.asarray(rates, dtype=np.float64)
    rest = np.where(np.isnan(rest), 0.0, rest)
    limbs = np.empty((*rest.shape, RATE_LIMBS), dtype=np.int64)
    for limb in reversed(range(1, RATE_LIMBS)):
        rest = rest * 2.0**BITS
        whole = np.floor(rest)
        limbs[..., limb] = whole.astype(np.int64)
        rest = rest - whole
    limbs[..., 0] = np.rint(rest * 2.0**BITS).astype(np.int64)
    return limbs


def carry(limbs: Whole) -> None:
    """Bring every limb but the last below 2**24, in place: one sum, one form."""
    for limb in range(limbs.shape[-1] - 1):
        limbs[..., limb + 1] += limbs[..., limb] >> BITS
        limbs[..., limb] &= MASK


def read(limbs: Whole, unit: float) -> NDArray[np.float64]:
    """Return sums as floats, in units of ``unit``."""
    limbs = limbs.copy()
    carry(limbs)
    value = limbs[..., -1].astype(np.float64)
    for limb in reversed(range(limbs.shape[-1] - 1)):
        value = value * 2.0**BITS + limbs[..., limb]
    return np.asarray(value * unit, dtype=np.float64)


def read_time(limbs: Whole, tick: float) -> NDArray[np.float64]:
    """Return sums of ticks in years, where a tick lasts ``tick`` years."""
    return read(limbs, tick)


def read_expected(limbs: Whole, tick: float) -> NDArray[np.float64]:
    """Return sums of rates times ticks as expected events."""
    return read(limbs, tick * 2.0 ** (-BITS * RATE_LIMBS))
