"""Bands of several strata side by side, each row in those of its own stratum."""

from __future__ import annotations

import numpy as np

from paraneo.numerics.arrays import Vector
from paraneo.survival._spells import Integers


def spread_out(values: Vector, stratum: Integers, strata: int) -> Vector:
    """Move each row's bands to those of its stratum."""
    if strata == 1:
        return np.ascontiguousarray(values)
    wide = np.zeros((len(values), strata, values.shape[1]))
    wide[np.arange(len(values)), stratum] = values
    return wide.reshape(len(values), strata * values.shape[1])


def own_of(values: Vector, stratum: Integers, strata: int) -> Vector:
    """Return each row's bands of its own stratum: `spread_out` undone."""
    wide = values.reshape(len(values), strata, values.shape[1] // strata)
    return np.ascontiguousarray(wide[np.arange(len(values)), stratum])
