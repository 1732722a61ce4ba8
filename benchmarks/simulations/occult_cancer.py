"""Are the share with a hidden cancer and its law found again? A study in ADEMP order.

Aims
    That bias is within four Monte Carlo errors of zero or under 2 % of the truth, and that
    95 % profile limits cover within four Monte Carlo errors of 95 %.
Data
    Cohorts of 2000 people diagnosed at 40 to 80. A share of 12 % has a hidden cancer, found
    after an exponential time of 0.8 years on average, a Weibull time (shape 0.8, scale 1) or a
    log-normal time (median 0.6, sigma 1). The population's hazard rises with age, from 0.3 %
    to 2 % a year. Follow-up ends at 2 to 10 years, by death or otherwise. Three in ten come
    under observation late, up to half a year after diagnosis, if they are free of cancer
    then. Half the cancers are found at visits 0.5 years apart and known by their interval.
Estimands
    The share (its logit) and the log of the law's scale; the truth is that of the law.

Methods
-------
    `occult_cancer` with the law that made the data, and the population's rates.
Measures
    Bias, relative bias of the share, coverage, convergence, with Monte Carlo errors.

Run ``python -m benchmarks.simulations.occult_cancer [replicates] [seed]``.
"""

from __future__ import annotations

import sys
from concurrent.futures import Executor

import numpy as np
import pandas as pd

from paraneo import occult_cancer, rate_table, simulation_study

RANDOM = True
N, SHARE = 2000, 0.12
AGES = np.array([0.0, 50.0, 60.0, 70.0])
HAZARD = np.array([0.003, 0.006, 0.012, 0.02])
RATES = rate_table({"age": AGES, "rate": HAZARD}, rate="rate")
#: Truth of each law: log scale and log shape or sigma.
TRUTH = {
    "exponential": (np.log(0.8), 0.0),
    "weibull": (0.0, np.log(0.8)),
    "log-normal": (np.log(0.6), 0.0),
}


def background_time(rng, age):
    """Return times to a cancer of the population, by inversion of the cumulative hazard."""
    target, time, at = rng.exponential(size=len(age)), np.zeros(len(age)), age.copy()
    for hazard, end in zip(HAZARD, [*AGES[1:], np.inf], strict=True):
        room = np.maximum(end - at, 0.0)
        spent = np.minimum(room, target / hazard)
        target, time, at = target - spent * hazard, time + spent, at + spent
    return time


def hidden_time(rng, law, n):
    """Return times to detection of hidden cancers."""
    scale, shape = TRUTH[law]
    if law == "log-normal":
        return np.exp(scale + np.exp(shape) * rng.normal(size=n))
    return np.exp(scale) * rng.exponential(size=n) ** np.exp(-shape)


def cohort(rng, law):
    """Return one invented cohort; times are ages."""
    more = int(N * 1.2)
    age = rng.uniform(40, 80, more)
    hidden = rng.random(more) < SHARE
    cancer = np.minimum(
        background_time(rng, age), np.where(hidden, hidden_time(rng, law, more), np.inf)
    )
    end = rng.uniform(2, 10, more)
    entry = np.where(rng.random(more) < 0.3, rng.uniform(0, 0.5, more), 0.0)
    seen = np.flatnonzero(np.minimum(cancer, end) > entry)[:N]
    age, cancer, end, entry = age[seen], cancer[seen], end[seen], entry[seen]
    event = cancer <= end
    visit = event & (rng.random(len(seen)) < 0.5)
    low = np.where(visit, np.floor(cancer / 0.5) * 0.5, np.nan)
    return law, pd.DataFrame(
        {
            "birth": 0.0,
            "diagnosis": age,
            "entry": age + entry,
            "exit": age + np.minimum(cancer, end),
            "event": event.astype(int),
            "low": age + low,
            "high": age + np.minimum(low + 0.5, end),
        }
    )


def fit(data):
    """Return the estimates of one cohort."""
    law, people = data
    found = occult_cancer(
        people, birth="birth", origin="diagnosis", entry="entry", lower="low", upper="high",
        rates=RATES, law=law,
    )  # fmt: skip
    table = found.coefficients.iloc[: 2 + (law != "exponential")]
    truth = [np.log(SHARE / (1 - SHARE)), *TRUTH[law]]
    rows = []
    for (term, row), true in zip(table.iterrows(), truth, strict=False):
        rows.append(
            {
                "estimand": term,
                "estimate": row["estimate"] - true,
                "lower": row["lower"] - true,
                "upper": row["upper"] - true,
                "std_error": row["std_error"],
                "converged": found.convergence.reached,
            }
        )
    share = found.share
    rows.append(
        {
            "estimand": "share",
            "estimate": share.value / SHARE - 1,
            "lower": share.lower / SHARE - 1,
            "upper": share.upper / SHARE - 1,
            "std_error": np.nan,
            "converged": found.convergence.reached,
        }
    )
    return rows


def study(replicates: int, seed: int, executor: Executor | None = None, checkpoint=None):
    """Return the simulation study; estimates are less their truth, the share's relative."""
    scenarios = [{"key": k, "law": law} for k, law in enumerate(TRUTH)]
    return simulation_study(
        scenarios, cohort, {"occult_cancer": fit}, replicates=replicates, seed=seed,
        executor=executor, checkpoint=checkpoint,
    )  # fmt: skip


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    return verdicts(study(replicates or 500, seed, executor, checkpoint))


def verdicts(found) -> pd.DataFrame:
    """Return bias and coverage with whether they are as near as the aims ask."""
    measures = found.performance(truth=0.0).summary()
    numbers = ("measure", "estimate", "mcse", "lower", "upper")
    keys = [name for name in measures.columns if name not in numbers]
    wide = measures.pivot_table(index=keys, columns="measure", values=["estimate", "mcse"])
    bias, error = wide["estimate", "bias"], wide["mcse", "bias"]
    near = (bias.abs() <= 4 * error) | (bias.abs() < 0.02)
    covered = wide["estimate", "coverage"]
    noise = np.sqrt(0.95 * 0.05 / wide["estimate", "finished"])
    return pd.DataFrame(
        {
            "bias": bias, "bias_mcse": error, "bias_fine": near,
            "coverage": covered, "coverage_mcse": noise,
            "coverage_fine": (covered - 0.95).abs() <= 4 * noise,
            "convergence": wide["estimate", "convergence"],
        }
    ).reset_index()  # fmt: skip


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    result = study(*(asked + [500, 2026][len(asked) :]))
    print(verdicts(result).to_string(index=False, float_format=lambda x: f"{x:.4f}"))
    if len(failures := result.failures()):
        print(failures.to_string(index=False))
