"""Do Aalen-Johansen risks, and those of people free of cancer so far, cover when entry is late?

Aims
    Bias and coverage of the cumulative incidence of cancer and of death, each competing with
    the other, and of the risk of those free of both for a year; by variance, by scale of the
    limits and by number of people.
Data
    Cohorts of 50, 200, 500 and 2000 people diagnosed at 18 to 90 years, as in `excess_hazard`: an
    excess of 0.06, 0.02 and 0.005 a year in bands over the population's cancer hazard of 0.3
    to 2 %, death at 0.5 to 5 % a year by age, 5 % a year lost, follow-up to 8 years. Half of
    the people enter late, after half a year on average. Times are exact.
Estimands
    Risks at 1, 2 and 5 years; the risk of cancer within 1 and 4 further years given a year
    without either. The truth is by quadrature over age.

Methods
-------
    `cumulative_incidence` with the variances greenwood and jackknife and log-log limits, and
    greenwood with plain limits.
Measures
    Bias relative to the truth, coverage, and the share of cohorts with an estimate, with Monte
    Carlo errors. Where a cohort has no event by then the estimate is 0, without limits, and
    counts as a miss. ``events_then`` is the mean number of the events that are asked for.

Run ``python -m benchmarks run cumulative_incidence``.
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pandas as pd

from benchmarks.simulations._verdicts import count, row, verdicts
from benchmarks.simulations.excess_hazard import MORTALITY, population, true_excess
from paraneo import cumulative_incidence
from paraneo.simulation import simulated_cohort, simulation_study

RANDOM = True
PEOPLE = (50, 200, 500, 2000)
TIMES, SINCE, FURTHER = [1.0, 2.0, 5.0], 1.0, [1.0, 4.0]
CAUSES = {"cancer": 1, "death": 2}
KINDS = {
    "greenwood, log-log": ("greenwood", "log-log"),
    "jackknife, log-log": ("jackknife", "log-log"),
    "greenwood, plain": ("greenwood", "plain"),
}


def half(rng, people, delay):
    """Return half of a cohort, with the same mean delay of entry for all in it."""
    return simulated_cohort(
        people, rng=rng, rates=population(1), mortality=MORTALITY,
        excess=true_excess("bands, excess", 1), entry_delay=delay, loss=0.05, follow_up=8.0,
    )  # fmt: skip


@cache
def truth():
    """Return the risks of each cause, and those of cancer given a year without either."""
    distribution = half(np.random.default_rng(0), 10, 0.0).truth
    plain = distribution.cumulative_incidence(TIMES)
    later = distribution.cumulative_incidence([SINCE + width for width in FURTHER])["cancer"]
    now = distribution.cumulative_incidence([SINCE]).iloc[0]
    return plain, ((later - now["cancer"]) / (1 - now["cancer"] - now["death"])).to_numpy()


def cohort(rng, people):
    """Return one simulated cohort, in years since diagnosis."""
    halves = [half(rng, people // 2, delay).data for delay in (0.0, 0.5)]
    found = pd.concat(halves, ignore_index=True)
    for name in ("entry", "exit"):
        found[name] = found[name] - found["diagnosis"]
    return found


def risks(data, kind):
    """Return the risks of one cohort with one kind of interval, relative to the truth."""
    std_error, interval = KINDS[kind]
    found = cumulative_incidence(
        data, entry="entry", exit="exit", event="event", cause=[1, 2], std_error=std_error,
        interval=interval,
    )  # fmt: skip
    rows = [count("cancers", data["cancer"].sum()), count("deaths", data["death"].sum())]
    plain, conditional = truth()
    at = found.at(TIMES)
    for name, code in CAUSES.items():
        part = at[at["cause"] == code].set_index("time")
        for time, true in zip(TIMES, plain[name], strict=True):
            label = f"{name} by {time:g}"
            rows.append(row(label, part.loc[time], true, relative=True))
            rows.append(count(label, ((data["exit"] <= time) & (data[name] == 1)).sum()))
    given = found.given(SINCE).at(FURTHER)
    part = given[given["cause"] == 1].set_index("time")
    for width, true in zip(FURTHER, conditional, strict=True):
        label = f"cancer within {width:g} after {SINCE:g} without"
        rows.append(row(label, part.loc[width], true, relative=True))
        later = data["exit"].between(SINCE, SINCE + width, inclusive="right")
        rows.append(count(label, (later & (data["cancer"] == 1)).sum()))
    return rows


def results(
    *, people=None, replicates=None, seed=2026, executor=None, checkpoint=None
) -> pd.DataFrame:
    """Return the table of the study."""
    wanted = replicates or 1000
    done = simulation_study(
        [{"key": n, "people": n} for n in ((people,) if people else PEOPLE)], cohort,
        {kind: partial(risks, kind=kind) for kind in KINDS}, replicates=wanted, seed=seed,
        executor=executor, checkpoint=checkpoint,
    )  # fmt: skip
    return verdicts(done, wanted, methods=True)
