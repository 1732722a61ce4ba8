"""Do the limits of a predictive value cover as they promise?

Aims
    Coverage of the limits of PPV and NPV at a known prevalence, from small studies.
Data
    Two-by-two tables of 10 to 80 people with and twice as many without the condition; sensitivity
    0.5 and 0.8, specificity 0.8 to 0.99. Nothing is simulated: every table is enumerated with
    its probability, those with zero cells among them.
Estimands
    PPV and NPV at a prevalence of 0.05 and 0.17.

Methods
-------
    ``logit`` (the adjusted logit where a cell is zero), ``adjusted-logit`` throughout,
    ``likelihood-ratio``, and, for the smallest study, ``bayes``, whose limits take longer.
Measures
    Coverage, probability of no interval, mean width. No Monte Carlo error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo import exact_coverage

RANDOM = False
INTERVALS = ("logit", "adjusted-logit", "likelihood-ratio")
SIZES = (10, 20, 40, 80)
#: Up to this size the posterior limits are worked out too.
BAYES_UP_TO = 10
SETTING = {
    "sensitivity": np.array([0.5, 0.8]),
    "specificity": np.array([0.8, 0.9, 0.99]),
    "prevalence": np.array([0.05, 0.17]),
}


def results(**_options) -> pd.DataFrame:
    """Return the table of the study."""
    parts = []
    for family in ("ppv", "npv"):
        for n in SIZES:
            intervals = [*INTERVALS, "bayes"] if n <= BAYES_UP_TO else INTERVALS
            found = exact_coverage(
                family, interval=intervals, diseased=n, healthy=2 * n, **SETTING
            ).summary()
            parts.append(found.assign(measure=family))
    columns = ["measure", "diseased", "healthy", *SETTING, "interval"]
    columns += ["coverage", "undefined", "mean_width"]
    return pd.concat(parts)[columns].reset_index(drop=True)
