"""Do the limits of a sensitivity or specificity cover as they promise?

Aims
    Coverage and width of every interval for a proportion, at the sizes of antibody studies.
Data
    Binomial counts of 10 to 200 people. Nothing is simulated: every count is enumerated with
    its probability.
Estimands
    Proportions from 0.02 to 0.98; the mean and the least coverage over them.

Methods
-------
    The eight intervals of `diagnostic_accuracy`.
Measures
    Mean and least coverage, the share of proportions covered less than 94 % of the time, mean
    width. No Monte Carlo error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo.simulation import exact_coverage

RANDOM = False
INTERVALS = ("exact", "mid-p", "wilson", "wilson-cc", "agresti-coull", "jeffreys", "logit", "wald")
SIZES = (10, 20, 50, 100, 200)
SHARES = np.round(np.linspace(0.02, 0.98, 193), 4)


def results(**_options) -> pd.DataFrame:
    """Return the table of the study."""
    found = exact_coverage("binomial", interval=INTERVALS, n=SIZES, truth=SHARES).summary()
    return summarised(found, ["n"])


def summarised(found: pd.DataFrame, setting: list[str]) -> pd.DataFrame:
    """Return mean and least coverage over the true values, a row a setting and interval."""
    groups = found.groupby([*setting, "interval"], sort=False)
    return groups.agg(
        mean_coverage=("coverage", "mean"),
        least_coverage=("coverage", "min"),
        share_below_94=("coverage", lambda c: float((c < 0.94).mean())),
        mean_width=("mean_width", "mean"),
    ).reset_index()
