"""Do the limits of a directly standardised rate cover as they promise, by number of cases?

Aims
    Coverage of the six kinds of limits of a directly standardised rate, from few to many cases,
    in a population shaped like the standard and in an old one, whose young weigh much.
Data
    Cases by age in bands of five years are Poisson, their rates rising from 1 to 1000 by age as
    cancer does. Person-years are spread over ages like Segi's standard, or like the European
    standard of 2013 with four times as many people from 65 on. Rates are such that 5, 20, 100
    or 500 cases are expected.
Estimands
    The rate standardised to Segi's ages, relative to its truth, which is the weighted mean of
    the true rates.

Methods
-------
    `standardised_rates` with limits fay-feuer, tiwari, mid-p, dobson, normal and log-normal.
Measures
    Bias, coverage, and how often the truth lies above and below the limits, with Monte Carlo
    errors.

Run ``python -m benchmarks run standardised_rates``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo import standardised_rates
from paraneo.rates import standard_population
from paraneo.simulation import design_grid, simulation_study

RANDOM = True
EVENTS = (5, 20, 100, 500)
AGES = np.arange(0, 90, 5)
RISE = np.exp(np.linspace(0.0, np.log(1000.0), len(AGES)))
INTERVALS = ("fay-feuer", "tiwari", "mid-p", "dobson", "normal", "log-normal")
#: Replicates that are counted in one table.
BATCH = 500


def weights(name):
    """Return the weights of a standard in bands of five years up to 85, summing to 1."""
    table = standard_population(name).summary()
    start = np.minimum(table["age"].to_numpy(), AGES[-1])
    share = np.bincount(np.searchsorted(AGES, start, side="right") - 1, table["weight"], len(AGES))
    return share / share.sum()


def cells(population, events):
    """Return person-years and true rates by age, with so many cases expected in all."""
    people = weights("segi") if population == "like the standard" else weights("esp-2013")
    if population == "old":
        people = np.where(AGES >= 65, 4 * people, people)
    people = 1e5 * people / people.sum()
    return people, RISE * events / (people @ RISE)


def counted(rngs, population, events):
    """Return the cases of a batch of populations, a row a replicate and age."""
    people, rate = cells(population, events)
    cases = np.concatenate([rng.poisson(people * rate) for rng in rngs])
    table = pd.DataFrame({"cases": cases, "replicate": np.repeat(np.arange(len(rngs)), len(AGES))})
    table["age"], table["person_years"] = np.tile(AGES, len(rngs)), np.tile(people, len(rngs))
    return table, float(weights("segi") @ rate)


def limits(data):
    """Return the rate with each kind of limits, relative to the truth."""
    table, truth = data
    parts = []
    for interval in INTERVALS:
        found = standardised_rates(table, by="replicate", interval=interval, per=1).summary()
        part = found[["estimate", "lower", "upper"]] / truth
        parts.append(part.assign(replicate=found["replicate"], estimand=interval))
    return pd.concat(parts)


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    done = simulation_study(
        design_grid(population=["like the standard", "old"], events=EVENTS), counted,
        {"limits": limits}, replicates=replicates or 4000, seed=seed, executor=executor,
        checkpoint=checkpoint, batch=BATCH,
    )  # fmt: skip
    rows = done.replicates.merge(done.scenarios, on="scenario")
    above, below = rows["upper"] < 1.0, rows["lower"] > 1.0
    rows = rows.assign(covered=~above & ~below, above=above, below=below, bias=rows["estimate"] - 1)
    groups = rows.groupby(["population", "events", "estimand"], sort=False)
    measures = ["bias", "covered", "above", "below"]
    mean, error = groups[measures].mean(), groups[measures].sem()
    table = mean.rename(columns={"covered": "coverage"})
    table["bias_mcse"], table["coverage_mcse"] = error["bias"], error["covered"]
    return (
        table.assign(replicates=groups.size())
        .rename_axis(index={"estimand": "interval"})
        .reset_index()
    )
