"""Do the limits of an incidence ratio cover as they promise?

Aims
    Coverage of every interval for a Poisson mean, and so for an incidence ratio whose expected
    number is known.
Data
    Poisson counts with means from 0.5 to 100. Nothing is simulated: every count is
    enumerated with its probability.
Estimands
    The mean; results over bands of means.

Methods
-------
    The eight intervals of `poisson_limits`.
Measures
    Mean and least coverage, the share of means covered less than 94 % of the time, mean
    width. No Monte Carlo error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo.simulation import exact_coverage

from .proportions import summarised

RANDOM = False
INTERVALS = ("exact", "mid-p", "byar", "vandenbroucke", "score", "log-wald", "profile", "wald")
BANDS = ((0.5, 2.0), (2.0, 5.0), (5.0, 10.0), (10.0, 30.0), (30.0, 100.0))
POINTS = 120


def results(**_options) -> pd.DataFrame:
    """Return the table of the study."""
    parts = []
    for low, high in BANDS:
        means = np.geomspace(low, high, POINTS)
        found = exact_coverage("poisson", interval=INTERVALS, truth=means).summary()
        parts.append(found.assign(events=f"{low:g} to {high:g}"))
    return summarised(pd.concat(parts), ["events"])
