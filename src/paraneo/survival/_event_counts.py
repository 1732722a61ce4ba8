"""One pass over people in the order of their exits: events and numbers still to come."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def count_events(ends, cause, most, causes):  # type: ignore[no-untyped-def]
    """Return the distinct times of events, who has not left before, and events by cause.

    Parameters
    ----------
    ends, cause : (n,) float, int
        In order of time.
    most : int
        How many events there are.
    """
    n = len(ends)
    time, left, events = np.empty(most), np.empty(most), np.zeros((most, causes))
    m, first, some = 0, 0, False
    for i in range(n):
        if ends[i] != ends[first]:
            m += some
            first, some = i, False
        if cause[i] > 0:
            events[m, cause[i] - 1] += 1.0
            time[m], left[m], some = ends[i], n - first, True
    m += some
    return time[:m], left[:m], events[:m]
