"""Do the limits of a risk given a marker hold the true one, the ratios and the accuracy estimated?

Aims
    Bias and coverage of the risk of a person with a positive and with a negative marker, where
    ratios by time come from one cohort and the marker's accuracy from another, at two sizes.
Data
    People with a share of 12 % whose hidden cancer is found after an exponential time of mean 1
    year, beside ordinary cancers at 0.01 a year; deaths at 0.05 a year. Of those with a hidden
    cancer 78 % are positive, of the others 11 %. Ratios: observed over expected cancers in the
    years 0 to 1, 1 to 2, 2 to 5 and 5 to 10 of 4000 and of 1000 untested people. Accuracy: counts
    of 600 and of 200 tested people, with the cancers within three years, nobody dying.
Estimands
    The risk within 1, 3 and 5 years of the positive and of the negative, death competing, relative
    to the truth of the same ratios: those that cohorts without end would have in the four bands,
    with the accuracy that a study without end would find.

Methods
-------
    `incidence_ratios` by time since diagnosis and `diagnostic_accuracy`, both given to
    `cancer_risk`; limits by the delta method and, in the rows that say so, from 1000 draws.
Measures
    Bias and coverage with Monte Carlo errors; ``events``, the mean number of cancers followed.

Run ``python -m benchmarks run marker_risks``.
"""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pandas as pd

from benchmarks.simulations._verdicts import count, row, verdicts
from paraneo import ParaneoError, cancer_risk, diagnostic_accuracy, rate_table
from paraneo.simulation import simulation_study

RANDOM = True
SHARE, MEAN, BACKGROUND, DEATH = 0.12, 1.0, 0.01, 0.05
MARKED, WINDOW = (0.78, 0.11), 3.0
EDGES, TIMES = np.array([0.0, 1.0, 2.0, 5.0, 10.0]), [1.0, 3.0, 5.0]
RATES, MORTALITY = (
    rate_table({"age": [0], "rate": [rate]}, rate="rate") for rate in (BACKGROUND, DEATH)
)
SCENARIOS = [
    {"key": 1, "followed": 4000, "tested": 600},
    {"key": 2, "followed": 1000, "tested": 200},
]
LARGE = 4_000_000


def lives(rng, n):
    """Return time of the first cancer, whether it is ordinary, time of death and the marker."""
    hidden = rng.random(n) < SHARE
    excess = np.where(hidden, rng.exponential(MEAN, n), np.inf)
    first = np.minimum(excess, rng.exponential(1 / BACKGROUND, n))
    marker = rng.random(n) < np.where(hidden, *MARKED)
    return first, rng.exponential(1 / DEATH, n), marker


def ratios(first, death):
    """Return observed over expected by band, with exact limits."""
    from paraneo import incidence_ratios

    out = np.minimum(first, death)
    years = np.clip(out[:, None] - EDGES[:-1], 0.0, np.diff(EDGES)).sum(axis=0)
    seen = np.histogram(first[first <= death], EDGES)[0]
    table = {"band": range(len(seen)), "observed": seen, "expected": BACKGROUND * years}
    frame = incidence_ratios(table, by="band").summary()
    return frame[["observed", "estimate", "lower", "upper"]].assign(start=EDGES[:-1], end=EDGES[1:])


def counts(first, marker):
    """Return the four cells of a study that counts cancers within the window."""
    case = first <= WINDOW
    return [int(part.sum()) for part in
            (case & marker, ~case & marker, case & ~marker, ~case & ~marker)]  # fmt: skip


@cache
def truth():
    """Return the true risks by marker."""
    first, death, marker = lives(np.random.default_rng(1), LARGE)
    whole = ratios(first, death)[["start", "end", "estimate"]]
    own = diagnostic_accuracy(*counts(first, marker))
    return {marker: risk(whole, own, marker).at(TIMES)["estimate"].to_numpy() for marker in SIGNS}


SIGNS = ("positive", "negative")


def risk(table, accuracy, marker, **options):
    """Return the risk of a person of sixty."""
    return cancer_risk(
        table, age=60, year=2020, rates=RATES, mortality=MORTALITY, horizon=6.0,
        accuracy=accuracy, accuracy_window=WINDOW, marker=marker, **options,
    )  # fmt: skip


def cohort(rng, followed, tested):
    """Return ratios and accuracy of two simulated studies."""
    first, death, _ = lives(rng, followed)
    other, _, marker = lives(rng, tested)
    return ratios(first, death), diagnostic_accuracy(*counts(other, marker))


def fit(data):
    """Return the risks of one pair of studies, beside the truth."""
    table, accuracy = data
    rows = [count("events", table["observed"].sum())]
    for marker in SIGNS:
        for words, options in (("", {}), (", draws", {"interval": "draws", "draws": 1000})):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    found = risk(table, accuracy, marker, **options).at(TIMES)
                except ParaneoError:  # an accuracy that the ratios contradict
                    continue
            for k, time in enumerate(TIMES):
                label = f"{marker}, within {time:g}{words}"
                rows.append(row(label, found.iloc[k], truth()[marker][k], relative=True))
    return rows


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    wanted = replicates or 500
    done = simulation_study(
        SCENARIOS, cohort, {"cancer_risk": fit}, replicates=wanted, seed=seed, executor=executor,
        checkpoint=checkpoint,
    )  # fmt: skip
    return verdicts(done, wanted)
