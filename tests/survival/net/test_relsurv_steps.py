"""What relsurv's steps of a day do to net survival: its values again, by its rule written out.

Its rule, in words: within the time from one exit to the next, in steps of a day (the last one
shorter), everybody has the rate of the step's beginning, and the weight grows by it. Ederer II
takes the mean rate over people. For Pohar Perme the step gets the weighted mean rate of all steps
since the last exit, not of this step alone, halfway between the weights before and after it.
"""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.support import HERE, kept, reference
from tests.tolerances import SUMMED

FOLDER = HERE / "reference" / "net_survival"
PEER = reference("net_survival")
YEAR = PEER["year_days"]


class Cohort:
    """People and rates in days, as the peer sees them."""

    def __init__(self, people, rates, names):
        days, died, per_day = names
        self.days = people[days].to_numpy(float)
        self.died = people[died].to_numpy(float)
        self.age = people["age_days"].to_numpy(float)
        self.entry = number(people["entry"])
        self.sex = (people["sex"] == "female").to_numpy(int)
        rates = rates.assign(woman=(rates["sex"] == "female").astype(int))
        wide = rates.pivot_table(index=["woman", "age"], columns="year", values=per_day)
        self.january = number(pd.Series([f"{year}-01-01" for year in wide.columns]))
        self.rates = wide.to_numpy().reshape(2, -1, len(self.january))
        self.birthdays = np.arange(self.rates.shape[1]) * YEAR

    def rate(self, who, time):
        """Return the rates of some people at a time, the last ages and years carried on."""
        age = np.searchsorted(self.birthdays, self.age[who] + time, side="right") - 1
        year = np.searchsorted(self.january, self.entry[who] + time, side="right") - 1
        return self.rates[self.sex[who], age, year]


def number(dates):
    return pd.to_datetime(dates).to_numpy().astype("datetime64[D]").astype(float)


def in_steps(cohort, method, extra, until, step=1.0):
    """Return times, survival and the standard error of its logarithm."""
    times = np.unique(np.concatenate([cohort.days, extra]))
    times = times[times <= until]
    weight, now, hazard, variance = np.ones(len(cohort.days)), 0.0, [], []
    for end in times:
        who = np.flatnonzero(cohort.days >= end)
        expected, above, below = 0.0, np.zeros(2), np.zeros(2)
        cell, passed = end - now, 0.0
        while passed < cell:
            width = min(step, cell - passed)
            rate = cohort.rate(who, now + passed)
            after = weight[who] * np.exp(width * rate)
            if method == "ederer2":
                expected += width * rate.mean()
            else:
                above += [rate @ weight[who], rate @ after]
                below += [weight[who].sum(), after.sum()]
                expected += width * (above / below).mean()
            weight[who] = after
            passed += width
        now += cell
        dead = cohort.died[who] * (cohort.days[who] == end)
        own = weight[who] if method == "pohar-perme" else np.ones(len(who))
        hazard.append(dead @ own / own.sum() - expected)
        variance.append(dead @ own**2 / own.sum() ** 2)
    survival = np.cumprod(1.0 - np.array(hazard))
    return times, survival, np.sqrt(np.cumsum(variance))


@pytest.mark.parametrize("method", ["ederer2", "pohar-perme"])
def test_the_rule_gives_the_values_of_the_peer(method):
    people = (
        pd.read_csv(FOLDER / "people.csv", float_precision="round_trip")
        .iloc[:: PEER["every"]]
        .reset_index(drop=True)
    )
    cohort = Cohort(people, pd.read_csv(FOLDER / "rates.csv"), ("days", "died", "per_day"))
    peer = PEER[f"{method.replace('-', '_')}_by_day"]
    times, survival, error = in_steps(cohort, method, [], max(peer["days"]))
    place = np.searchsorted(times, peer["days"])
    assert_allclose(survival[place], peer["survival"], **SUMMED)
    assert_allclose(error[place], peer["error"], **SUMMED)


@pytest.mark.parametrize("method", ["ederer2", "pohar-perme"])
def test_shared_case_by_the_rule(method):
    folder = kept("relsurv_rdata")
    peer = reference("relsurv_rdata")["relative_survival"][method]
    names = ("time_days", "status", "rate_per_day")
    cohort = Cohort(
        pd.read_csv(folder / "data.csv", float_precision="round_trip"),
        pd.read_csv(folder / "rates.csv"),
        names,
    )
    asked = np.array(peer["years"]) * YEAR
    extra = asked if method == "pohar-perme" else []
    times, survival, error = in_steps(cohort, method, extra, asked[-1])
    place = np.searchsorted(times, asked, side="right") - 1
    assert_allclose(survival[place], peer["net_or_rel_surv"], **SUMMED)
    assert_allclose(error[place] * survival[place], peer["se"], **SUMMED)
