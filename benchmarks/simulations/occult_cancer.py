"""Are the share with occult cancer and its distribution found again, and from how many on?

Aims
    That bias is within four Monte Carlo errors of zero or under 2 % of the truth, and that
    95 % confidence intervals cover within four Monte Carlo errors of 95 %; and from how many
    occult cancers on.
Data
    Cohorts of 2000 people diagnosed at 40 to 80. A share of 12 % has a hidden cancer, found
    after an exponential time of 0.8 years on average; a Weibull time (shape 0.8, scale 1); a
    log-normal time (median 0.6, sigma 1); or at a hazard of 1.6, 0.8 and 0.5 a year in the
    first half year, the next year and later. The population's hazard rises with age, from
    0.3 % to 2 % a year. Follow-up ends at 2 to 10 years, by death or otherwise. Three in ten
    come under observation late, up to half a year after diagnosis, if they are free of cancer
    then. Half the cancers are found at visits 0.5 years apart and known by their interval.
    Then the same with a share of 3 %, and of 1 % for the exponential distribution. On two
    sides: the Weibull distribution, and of those alive at diagnosis half as large a share had
    such a cancer found in the 3 years before it, at times from the same distribution thinned by
    death at 0.3 a year, beside the population's cancers.
Estimands
    The share (its logit, and relative to the truth), the logs of the distribution's parameters,
    and the share that still has a hidden cancer after 1, 2 and 3 years without one, relative to the
    truth, which is that of the distribution.

Methods
-------
    `occult_cancer` with the distribution that made the data, and the population's rates; profile
    limits of share and parameters, delta limits of what is still hidden.
Measures
    Bias, coverage, and the share of fits with a finite estimate, with Monte Carlo errors.
    ``hidden`` is the mean number of hidden cancers found, ``events`` that of all cancers after
    diagnosis.

Run ``python -m benchmarks run occult_cancer``.
"""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import pandas as pd
from scipy.special import log_ndtr, logit

from benchmarks.simulations._verdicts import count, row, verdicts
from paraneo import occult_cancer, rate_table
from paraneo.simulation import simulation_study

RANDOM = True
N, VISITS, WINDOW, DEATH = 2000, 0.5, 3.0, 0.3
AGES = np.array([0.0, 50.0, 60.0, 70.0])
HAZARD = np.array([0.003, 0.006, 0.012, 0.02])
RATES = rate_table({"age": AGES, "rate": HAZARD}, rate="rate")
EDGES, DETECTED = np.array([0.0, 0.5, 1.5, np.inf]), np.array([1.6, 0.8, 0.5])
#: True parameters of each distribution: logs of scale and of shape or sigma, or of hazards.
TRUTH = {
    "exponential": np.log([0.8]),
    "weibull": np.log([1.0, 0.8]),
    "log-normal": np.log([0.6, 1.0]),
    "piecewise": np.log(DETECTED),
}
STILL = [1.0, 2.0, 3.0]
SCENARIOS = [
    {"key": 0, "distribution": "exponential", "sides": 1, "share": 0.12},
    {"key": 1, "distribution": "exponential", "sides": 1, "share": 0.03},
    {"key": 2, "distribution": "exponential", "sides": 1, "share": 0.01},
    {"key": 3, "distribution": "weibull", "sides": 1, "share": 0.12},
    {"key": 4, "distribution": "weibull", "sides": 1, "share": 0.03},
    {"key": 6, "distribution": "log-normal", "sides": 1, "share": 0.12},
    {"key": 7, "distribution": "log-normal", "sides": 1, "share": 0.03},
    {"key": 8, "distribution": "piecewise", "sides": 1, "share": 0.12},
    {"key": 10, "distribution": "weibull", "sides": 2, "share": 0.12},
]


def cumulative(distribution, time):
    """Return the cumulative hazard of detection of a hidden cancer."""
    if distribution == "piecewise":
        spent = np.clip(np.asarray(time)[..., None] - EDGES[:-1], 0, np.diff(EDGES))
        return spent @ DETECTED
    scale, shape = np.exp([*TRUTH[distribution], 0.0][:2])
    if distribution == "log-normal":
        return -log_ndtr(-np.log(np.asarray(time) / scale) / shape)
    return (np.asarray(time) / scale) ** shape


def hidden_time(rng, distribution, n):
    """Return times to detection of hidden cancers."""
    if distribution == "piecewise":
        sums = np.concatenate(([0.0], cumulative(distribution, EDGES[1:-1])))
        target = rng.exponential(size=n)
        band = np.searchsorted(sums, target, side="right") - 1
        return EDGES[band] + (target - sums[band]) / DETECTED[band]
    scale, shape = np.exp([*TRUTH[distribution], 0.0][:2])
    if distribution == "log-normal":
        return scale * np.exp(shape * rng.normal(size=n))
    return scale * rng.exponential(size=n) ** (1 / shape)


def background_time(rng, age):
    """Return times to a cancer of the population, by inversion of the cumulative hazard."""
    target, time, at = rng.exponential(size=len(age)), np.zeros(len(age)), age.copy()
    for hazard, end in zip(HAZARD, [*AGES[1:], np.inf], strict=True):
        room = np.maximum(end - at, 0.0)
        spent = np.minimum(room, target / hazard)
        target, time, at = target - spent * hazard, time + spent, at + spent
    return time


def years_before(rng, distribution, share, age):
    """Return years before diagnosis of the last cancer before it, infinity without one.

    Looking back, the population's cancers come at its hazard thinned by the survival of those
    who had one; so do the others, at times drawn until one is survived and in the window.
    """
    steps = 60
    width = WINDOW / steps
    middle = (np.arange(steps) + 0.5) * width
    then = HAZARD[np.searchsorted(AGES, age[:, None] - middle, side="right") - 1]
    hazard = np.cumsum(then * np.exp(-DEATH * middle) * width, axis=1)
    passed = (hazard < rng.exponential(size=len(age))[:, None]).sum(axis=1)
    found = np.where(passed < steps, (passed + rng.random(len(age))) * width, np.inf)
    pool = hidden_time(rng, distribution, 40 * len(age))
    pool = pool[(pool <= WINDOW) & (rng.random(len(pool)) < np.exp(-DEATH * pool))]
    had = np.flatnonzero(rng.random(len(age)) < share)
    found[had] = np.minimum(found[had], pool[: len(had)])
    return found


def followed(rng, distribution, share, age):
    """Return the follow-up of people without an earlier cancer; some are never seen."""
    n = len(age)
    hidden = np.where(rng.random(n) < share, hidden_time(rng, distribution, n), np.inf)
    cancer = np.minimum(background_time(rng, age), hidden)
    end = rng.uniform(2, 10, n)
    entry = np.where(rng.random(n) < 0.3, rng.uniform(0, 0.5, n), 0.0)
    event = cancer <= end
    visit = event & (rng.random(n) < 0.5)
    low = np.where(visit, np.floor(cancer / VISITS) * VISITS, np.nan)
    found = pd.DataFrame(
        {
            "birth": 0.0,
            "diagnosis": age,
            "entry": age + entry,
            "exit": age + np.minimum(cancer, end),
            "event": event.astype(int),
            "low": age + low,
            "high": age + np.minimum(low + VISITS, end),
            "hidden": event & (hidden <= cancer),
            "before": np.nan,
        }
    )
    return found[np.minimum(cancer, end) > entry]


def cohort(rng, distribution, sides, share):
    """Return one simulated cohort; times are ages."""
    age = rng.uniform(40, 80, int(N * 1.2))
    if sides == 1:
        return distribution, sides, share, followed(rng, distribution, share, age)[:N]
    before = years_before(rng, distribution, share / 2, age)
    had = np.isfinite(before)
    first = had[:N]
    earlier = pd.DataFrame(
        {
            "birth": 0.0, "diagnosis": age[:N][first], "entry": age[:N][first],
            "exit": age[:N][first] + 1.0, "event": 0, "low": np.nan, "high": np.nan,
            "hidden": False, "before": before[:N][first],
        }
    )  # fmt: skip
    others = followed(rng, distribution, share, age[~had])[: N - len(earlier)]
    return distribution, sides, share, pd.concat([earlier, others], ignore_index=True)


def fit(data):
    """Return the estimates of one cohort, beside the truth."""
    distribution, sides, share, people = data
    two = {"before": "before", "before_window": WINDOW, "death_after_cancer": DEATH}
    found = occult_cancer(
        people, birth="birth", origin="diagnosis", entry="entry", lower="low", upper="high",
        rates=RATES, distribution=distribution,
        breaks=EDGES if distribution == "piecewise" else None,
        **(two if sides == 2 else {}),
    )  # fmt: skip
    truth = [logit(share), *TRUTH[distribution], *([logit(share / 2)] if sides == 2 else [])]
    terms = found.coefficients.set_index("term")
    rows = [count("events", people["event"].sum()), count("hidden", people["hidden"].sum())]
    rows += [row(term, terms.loc[term], true)
             for term, true in zip(terms.index, truth, strict=True)]  # fmt: skip
    own = found.share
    sides_of = {"estimate": own.value, "lower": own.lower, "upper": own.upper}
    rows.append(row("share", sides_of, share, relative=True))
    still = found.residual(STILL).set_index("time")
    left = share * np.exp(-cumulative(distribution, STILL))
    for time, true in zip(STILL, left / (left + 1 - share), strict=True):
        rows.append(row(f"still hidden after {time:g}", still.loc[time], true, relative=True))
    return rows


def study(replicates: int, seed: int, executor: Executor | None = None, checkpoint=None):
    """Return the simulation study; estimates are less their truth, or relative to it less 1."""
    return simulation_study(
        SCENARIOS, cohort, {"occult_cancer": fit}, replicates=replicates, seed=seed,
        executor=executor, checkpoint=checkpoint,
    )  # fmt: skip


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    wanted = replicates or 500
    return verdicts(study(wanted, seed, executor, checkpoint), wanted)
