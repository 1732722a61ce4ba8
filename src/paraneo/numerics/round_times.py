"""Round times, where curves are printed and axes marked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: About how many times are shown.
MARKS = 6


def round_times(end: float) -> NDArray[np.float64]:
    """Return 0 and round times up to ``end``, in steps of 1, 2 or 5 times a power of ten.

    >>> round_times(33.9)
    array([ 0.,  5., 10., 15., 20., 25., 30.])
    """
    if not end > 0:
        return np.zeros(1)
    power = 10.0 ** np.floor(np.log10(end / MARKS))
    steps = power * np.array([1.0, 2.0, 5.0, 10.0])
    step = steps[np.searchsorted(steps, end / (MARKS + 1))]
    return np.asarray(step * np.arange(np.floor(end / step * (1 + 1e-12)) + 1))
