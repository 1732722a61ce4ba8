"""Do incidence ratios cover when people enter late and the first months are left out?

Aims
    Coverage of the limits of an incidence ratio from individual follow-up, where entry is
    delayed and a window removes events and person-time together.
Data
    Cohorts of 300 or 1500 people followed for up to 10 years; the cancer hazard is the
    population's times 5 in the first year, 2 in the second and third, 1.2 later. One in
    two enters observation late.
Estimands
    The ratio of the whole follow-up, and that without the first half year; the truth is the
    expected-weighted mean of the hazard ratio over the expected cancers that each cohort has, so
    that the ratio of observed to the sum of (ratio times expected) is estimated: truth 1.

Methods
-------
    `person_years` by follow-up with the population's rates, then the limits of
    `incidence_ratios`: exact, mid-p, byar.
Measures
    Coverage, bias, rejection of 1, convergence, with Monte Carlo errors.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo import incidence_ratios, person_years, rate_table
from paraneo.simulation import PiecewiseRatio, design_grid, simulated_cohort, simulation_study

RANDOM = True
RATES = rate_table({"age": [0, 50, 60, 70], "rate": [0.002, 0.006, 0.012, 0.02]}, rate="rate")
BREAKS, RATIOS = (0.0, 1.0, 3.0), (5.0, 2.0, 1.2)
EDGES = [0.0, 0.5, 1.0, 3.0, np.inf]
INTERVALS = ("exact", "mid-p", "byar")


def cohort(rng, n):
    """Return observed and expected cancers of one simulated cohort, by follow-up."""
    made = simulated_cohort(
        n, rng=rng, rates=RATES, mortality=0.02, excess=PiecewiseRatio(BREAKS, RATIOS),
        entry_delay=0.5, rounding="day",
    )  # fmt: skip
    table = person_years(
        made.data, birth="birth", entry="entry", exit="exit", origin="diagnosis", event="cancer",
        follow_up=EDGES, rates=RATES,
    ).summary()  # fmt: skip
    true = np.array(RATIOS)[np.searchsorted(BREAKS, table["follow_up"], side="right") - 1]
    return table.assign(expected=table["expected"] * true)


def limits(table):
    """Return the ratio with each kind of limits, with and without the first half year."""
    rows = []
    for label, part in (("whole", table), ("from half a year", table[table["follow_up"] >= 0.5])):
        for interval in INTERVALS:
            one = incidence_ratios(part, interval=interval).summary().iloc[0]
            rows.append(
                {
                    "estimand": f"{label}, {interval}",
                    "estimate": one["estimate"],
                    "lower": one["lower"],
                    "upper": one["upper"],
                    "p_value": one["p_value"],
                }
            )
    return rows


def results(
    *, people=None, replicates=None, seed=2026, executor=None, checkpoint=None
) -> pd.DataFrame:
    """Return the table of the study."""
    done = simulation_study(
        design_grid(n=[people] if people else [300, 1500]), cohort, {"limits": limits},
        replicates=replicates or 1000, seed=seed, executor=executor, checkpoint=checkpoint,
    )  # fmt: skip
    found = done.performance(truth=1.0, null=1.0, by=("n", "estimand")).summary()
    shown = ["replicates", "convergence", "bias", "coverage", "rejection"]
    return found[found["measure"].isin(shown)].drop(columns="method").reset_index(drop=True)
