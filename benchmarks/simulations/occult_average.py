"""Does the averaged model hold the share when its distribution is not the one that made the data?

Aims
    Coverage of the 95 % confidence intervals of the share with a hidden cancer, and of what is
    still hidden after one and two years, by the average of five distributions, for data made by
    each of them and by one that is not among them; from 20 to 500 hidden cancers. Beside it the
    same by the Weibull distribution alone.
Data
    150, 500 and 2500 people of whom 20, 100 and 500 have a hidden cancer on average. It is found
    after a time of median 0.6 years: exponential, Weibull (shape 0.8), log-normal (sigma 1),
    gamma (shape 2), log-logistic (shape 1.5), or one of two exponentials (half at a median of 0.3,
    half of 1.5 years). The population's hazard is 0.01 a year. Follow-up ends at 3 to 8 years.
Estimands
    The share, relative to the truth, and the share still hidden after 1 and 2 years without a
    cancer, relative to the truth.

Methods
-------
    `occult_cancer` by default, and with ``distribution="weibull"``; the population's rates.
Measures
    Bias and coverage with Monte Carlo errors; ``suffices``, the share of fits whose follow-up the
    tests find long enough.

Run ``python -m benchmarks run occult_average``.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.simulations._verdicts import count, row, verdicts
from paraneo import ConvergenceWarning, occult_cancer, rate_table
from paraneo.simulation import simulation_study

RANDOM = True
MEDIAN, BACKGROUND = 0.6, 0.01
RATES = rate_table({"age": [0], "rate": [BACKGROUND]}, rate="rate")
MADE = {
    "exponential": stats.expon(scale=MEDIAN / np.log(2)),
    "weibull": stats.weibull_min(0.8, scale=MEDIAN / np.log(2) ** (1 / 0.8)),
    "log-normal": stats.lognorm(1.0, scale=MEDIAN),
    "gamma": stats.gamma(2.0, scale=MEDIAN / stats.gamma(2.0).median()),
    "log-logistic": stats.fisk(1.5, scale=MEDIAN),
}
#: Of a distribution that is not among them: two exponentials, half of the cancers each.
TWO = (stats.expon(scale=0.3 / np.log(2)), stats.expon(scale=1.5 / np.log(2)))
SIZES = {20: 150, 100: 500, 500: 2500}
SCENARIOS = [
    {"key": 10 * k + j, "made_by": name, "hidden": hidden}
    for k, name in enumerate([*MADE, "two exponentials"])
    for j, hidden in enumerate(SIZES)
]
STILL = [1.0, 2.0]


def undetected(made_by, time):
    """Return the part of the hidden cancers that is not found by a time."""
    if made_by in MADE:
        return MADE[made_by].sf(time)
    return (TWO[0].sf(time) + TWO[1].sf(time)) / 2


def cohort(rng, made_by, hidden):
    """Return one simulated cohort."""
    n = SIZES[hidden]
    if made_by in MADE:
        time = MADE[made_by].ppf(rng.random(n))
    else:
        time = np.where(rng.random(n) < 0.5, *(one.ppf(rng.random(n)) for one in TWO))
    found = np.where(rng.random(n) < hidden / n, time, np.inf)
    cancer = np.minimum(found, rng.exponential(1 / BACKGROUND, n))
    end = rng.uniform(3.0, 8.0, n)
    people = {"exit": np.minimum(cancer, end), "event": (cancer <= end).astype(int)}
    return made_by, hidden, pd.DataFrame(people | {"birth": -50.0, "entry": 0.0})


def fit(data, distribution):
    """Return the estimates of one cohort, beside the truth."""
    made_by, hidden, people = data
    share = hidden / len(people)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = occult_cancer(
            people, birth="birth", entry="entry", rates=RATES, distribution=distribution
        )
    own = found.share
    sides = {"estimate": own.value, "lower": own.lower, "upper": own.upper}
    rows = [row("share", sides, share, relative=True), count("events", found.events)]
    rows.append(count("suffices", found.follow_up_suffices))
    still = found.residual(STILL).set_index("time")
    left = share * undetected(made_by, np.array(STILL))
    for time, true in zip(STILL, left / (left + 1 - share), strict=True):
        rows.append(row(f"still hidden after {time:g}", still.loc[time], true, relative=True))
    return rows


def average(data):
    """Return the estimates of the default."""
    return fit(data, "average")


def alone(data):
    """Return the estimates of the Weibull distribution alone."""
    return fit(data, "weibull")


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    wanted = replicates or 24
    done = simulation_study(
        SCENARIOS, cohort, {"average": average, "weibull": alone}, replicates=wanted, seed=seed,
        executor=executor, checkpoint=checkpoint,
    )  # fmt: skip
    return verdicts(done, wanted, methods=True)
