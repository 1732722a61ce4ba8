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
    ``logit`` (the posterior where a cell of the value is zero), ``adjusted-logit`` throughout,
    ``likelihood-ratio``, and, for the two smaller sizes, ``bayes``, whose limits take longer.
Measures
    Coverage, probability of no interval, mean width. No Monte Carlo error.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from paraneo import diagnostic_accuracy, predictive_values
from paraneo.simulation import exact_coverage

RANDOM = False
INTERVALS = ("logit", "adjusted-logit", "likelihood-ratio")
SIZES = (10, 20, 40, 80)
#: Up to this size the posterior limits are worked out too.
BAYES_UP_TO = 20
SETTING = {
    "sensitivity": np.array([0.5, 0.8]),
    "specificity": np.array([0.8, 0.9, 0.99]),
    "prevalence": np.array([0.05, 0.17]),
}


@cache
def at_even_odds(diseased, healthy):
    """Return the posterior limits of logit PPV and NPV of every table, at a prevalence of 1/2."""
    tp, tn = np.meshgrid(np.arange(diseased + 1), np.arange(healthy + 1), indexing="ij")
    tp, tn = tp.ravel(), tn.ravel()
    accuracy = diagnostic_accuracy(tp, healthy - tn, diseased - tp, tn)
    found = predictive_values(accuracy, 0.5, interval="bayes")
    with np.errstate(divide="ignore"):
        return {
            name: (logit(one.lower), logit(one.upper))
            for name, one in (("ppv", found.ppv), ("npv", found.npv))
        }


def posterior(family, diseased, healthy):
    """Return a function that carries those limits to a prevalence: it only moves the logit."""

    def bayes(_tp, _fp, _fn, _tn, prevalence):
        shift = logit(prevalence) if family == "ppv" else -logit(prevalence)
        low, high = at_even_odds(diseased, healthy)[family]
        return expit(low + shift), expit(high + shift)

    return bayes


def results(**_options) -> pd.DataFrame:
    """Return the table of the study."""
    parts = []
    for family in ("ppv", "npv"):
        for n in SIZES:
            more = [posterior(family, n, 2 * n)] if n <= BAYES_UP_TO else []
            found = exact_coverage(
                family, interval=[*INTERVALS, *more], diseased=n, healthy=2 * n, **SETTING
            ).summary()
            parts.append(found.assign(measure=family))
    columns = ["measure", "diseased", "healthy", *SETTING, "interval"]
    columns += ["coverage", "undefined", "mean_width"]
    return pd.concat(parts)[columns].reset_index(drop=True)
