"""Is net survival found again, and do its intervals cover, by method and number of people?

Aims
    Bias and coverage of net survival from the population's rates, when old people both run a
    higher background and leave earlier.
Data
    Cohorts of 100, 500 or 2000 people, aged 65 on average with a deviation of 14 years. The event
    is any cancer; the population's rate rises with age from 0.1 to 4 % a year, and the disease
    adds 0.06 a year in the first, 0.02 up to the third and 0.005 in later years. Death at a
    rate that rises with age, and loss of 5 % a year, censor. Half the people come under
    observation late.
Estimands
    Net survival at 1, 3 and 5 years: what would be left if only the disease's own cancers
    occurred, the exponential of minus the cumulative excess.

Methods
-------
    `net_survival` by pohar-perme and ederer2, with log-log intervals (the default), log and plain.
Measures
    Bias relative to the truth, coverage, share of cohorts with limits, with Monte Carlo errors.

Run ``python -m benchmarks run net_survival``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from paraneo import net_survival, rate_table
from paraneo.simulation import PiecewiseExcess, design_grid, simulated_cohort, simulation_study

from ._verdicts import with_misses

RANDOM = True
AGES = np.arange(0, 100, 5)
RATES = rate_table({"age": AGES, "rate": 0.012 * np.exp(0.05 * (AGES - 65.0))}, rate="rate")
DEATHS = rate_table({"age": AGES, "rate": 0.02 * np.exp(0.09 * (AGES - 65.0))}, rate="rate")
BREAKS, EXCESS = (0.0, 1.0, 3.0), (0.06, 0.02, 0.005)
TIMES = (1.0, 3.0, 5.0)
TRUTH = np.exp([-0.06, -0.06 - 2 * 0.02, -0.06 - 2 * 0.02 - 2 * 0.005])
LIMITS = ("log", "log-log", "plain")


def cohort(rng, people):
    """Return the rows of one simulated cohort."""
    made = simulated_cohort(
        people, rng=rng, rates=RATES, mortality=DEATHS, excess=PiecewiseExcess(BREAKS, EXCESS),
        age=(65.0, 14.0), follow_up=8, entry_delay=0.3, loss=0.05,
    )  # fmt: skip
    return made.data


def survival(data):
    """Return net survival at each time by each method with each kind of interval."""
    rows = []
    for method in ("pohar-perme", "ederer2"):
        fit = net_survival(
            data, birth="birth", entry="entry", exit="exit", event="cancer", origin="diagnosis",
            rates=RATES, method=method,
        )  # fmt: skip
        for limits in LIMITS:
            found = replace(fit, interval=limits).at(TIMES)
            part = found[["estimate", "lower", "upper"]].div(TRUTH, axis=0)
            rows.append(part.assign(estimand=[f"{method}, {limits}, {t:g}" for t in TIMES]))
    return pd.concat(rows)


def results(
    *, people=None, replicates=None, seed=2026, executor=None, checkpoint=None
) -> pd.DataFrame:
    """Return the table of the study."""
    done = simulation_study(
        design_grid(people=[people] if people else [100, 500, 2000]), cohort, {"net": survival},
        replicates=replicates or 500, seed=seed, executor=executor, checkpoint=checkpoint,
    )  # fmt: skip
    found = done.performance(truth=1.0, by=("people", "estimand")).summary()
    wide = found.pivot_table(
        index=["people", "estimand"], columns="measure", values=["estimate", "mcse"], sort=False
    )
    table = wide.index.to_frame(index=False)
    parts = table.pop("estimand").str.split(", ", expand=True)
    table[["method", "limits"]], table["years"] = parts[[0, 1]], parts[2].astype(float)
    for measure in ("bias", "coverage"):
        table[measure] = wide["estimate", measure].to_numpy()
        table[f"{measure}_mcse"] = wide["mcse", measure].to_numpy()
    table["coverage"] = with_misses(wide).to_numpy()
    return table.assign(convergence=wide["estimate", "convergence"].to_numpy())
