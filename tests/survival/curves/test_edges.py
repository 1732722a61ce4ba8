"""Intervals where nobody, or everybody, has had the event."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from tests.tolerances import EXACT, MONTE_CARLO_ERRORS

from paraneo import cumulative_incidence, kaplan_meier, nelson_aalen
from paraneo.survival.risk_sets import People, risk_without_events

NOBODY = {"t": [1, 2, 3, 4, 5], "what": [0] * 5, "arm": list("aabbb")}
NAMES = {"exit": "t", "event": "what"}


def test_without_events_and_censoring_the_limit_is_that_of_clopper_and_pearson():
    people = {"t": [4.0] * 7, "what": [0] * 7}
    exact = stats.binomtest(0, 7).proportion_ci(0.95, method="exact").high
    risk = cumulative_incidence(people, **NAMES).at([0.0, 1.0, 4.0, 5.0])
    assert_allclose(risk["estimate"], [0, 0, 0, np.nan], **EXACT)
    assert_allclose(risk["lower"], [np.nan, 0, 0, np.nan], **EXACT)
    assert_allclose(risk["upper"], [np.nan, exact, exact, np.nan], **EXACT)
    free = kaplan_meier(people, **NAMES).at([1.0])
    assert_allclose(free[["estimate", "lower", "upper"]], [[1, 1 - exact, 1]], **EXACT)
    hazard = nelson_aalen(people, **NAMES).at([1.0])
    assert_allclose(hazard[["estimate", "lower", "upper"]], [[0, 0, -np.log(1 - exact)]], **EXACT)


@pytest.mark.parametrize("interval", ["log-log", "log", "plain"])
def test_people_who_leave_know_less_of_later_times(interval):
    found = cumulative_incidence(NOBODY, **NAMES, by="arm", interval=interval).at([1, 2, 5])
    wanted = [1 - 0.025 ** (1 / n) for n in (2, 1)]
    assert_allclose(
        found["upper"], [*wanted, np.nan, *([1 - 0.025 ** (1 / 3)] * 2), 0.975], **EXACT
    )
    free = cumulative_incidence(NOBODY, **NAMES, interval=interval).event_free([5.0])
    assert_allclose(free[["lower", "upper"]], [[0.025, 1.0]], **EXACT)


def test_delayed_entry_is_judged_by_the_fewest_at_risk():
    people = {"t": [2, 9, 9, 9], "from": [0, 1, 3, 3], "what": [0] * 4}
    found = cumulative_incidence(people, entry="from", **NAMES).at([0.5, 2.5, 5])
    assert_allclose(found["upper"], [0.975, 0.975, 0.975], **EXACT)
    gap = {"t": [2, 9, 9], "from": [0, 3, 3], "what": [0] * 3}
    assert cumulative_incidence(gap, entry="from", **NAMES).at([5])["upper"].tolist() == [1.0]
    late = {"t": [8, 9], "from": [2, 2], "what": [0, 0]}
    found = kaplan_meier(late, entry="from", **NAMES).at([1, 5])
    assert_allclose(found["lower"], [np.nan, np.sqrt(0.025)], **EXACT)


def test_a_cause_that_nobody_had_beside_one_that_all_had():
    """Uncensored, the upper limit is that of none of n, however many others were lost."""
    people = {"t": [1, 2, 3, 4, 5, 6], "what": [1, 2, 2, 2, 2, 2]}
    found = cumulative_incidence(people, cause=2, competing=1, **NAMES).at([1.5])
    exact = stats.binomtest(0, 6).proportion_ci(0.95, method="exact").high
    assert_allclose(found["upper"], exact, **EXACT)


def test_where_everybody_had_the_event():
    people = {"t": [3.0] * 8, "what": [1] * 8}
    exact = stats.binomtest(8, 8).proportion_ci(0.95, method="exact").low
    risk = cumulative_incidence(people, **NAMES).at([3.0])
    assert_allclose(risk[["estimate", "lower", "upper"]], [[1, exact, 1]], **EXACT)
    free = kaplan_meier(people, **NAMES).at([3.0])
    assert_allclose(free[["estimate", "lower", "upper"]], [[0, 0, 1 - exact]], **EXACT)


@pytest.mark.parametrize("interval", ["log-log", "log", "plain"])
def test_no_interval_has_width_zero(interval):
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"t": rng.integers(1, 9, 30), "what": rng.integers(0, 3, 30)})
    data["from"] = rng.uniform(0, data["t"])
    for more in ({}, {"entry": "from"}):
        fit = cumulative_incidence(data, cause=[1, 2], interval=interval, **NAMES, **more)
        for frame in (fit.summary(), fit.event_free()):
            wide = frame["upper"] - frame["lower"]
            assert (wide[wide.notna()] > 0).all()
            assert ((frame["lower"] <= frame["estimate"]) | wide.isna()).all()
            assert ((frame["upper"] >= frame["estimate"]) | wide.isna()).all()


def test_the_limit_of_nobody_covers():
    """Of cohorts without events the true risk exceeds the limit in no more than 2.5 %."""
    rng, times, true = np.random.default_rng(3), 3.0, 1 - np.exp(-0.3)
    missed = 0
    for _ in range(2000):
        event, gone = rng.exponential(10, 12), rng.uniform(0, 6, 12)
        entry = rng.uniform(0, 1, 12) * (np.arange(12) > 5)
        came = np.minimum(event, gone) > entry
        people = People(entry[came], np.minimum(event, gone)[came], np.zeros(came.sum(), int))
        if not ((event < gone) & (event <= times) & came).any():
            missed += risk_without_events(people, np.array([times]), 0.95)[0] < true
    assert missed / 2000 <= 0.025 + MONTE_CARLO_ERRORS * np.sqrt(0.025 * 0.975 / 2000)


def test_a_cohort_without_events_is_drawn_and_shown():
    fit = cumulative_incidence(NOBODY, **NAMES, by="arm")
    assert len(fit.plot().lines) == 2
    assert "0.841886" in repr(fit)
    assert kaplan_meier(NOBODY, **NAMES).quantiles()["estimate"].isna().all()
    assert fit.excluded.empty
    gone = fit.given(1.5).excluded
    assert gone.to_dict("records") == [
        {"reason": "observed no longer than 1.5", "rows": 1, "events": 0, "person_years": 1.0}
    ]


def test_time_lost_to_what_nobody_or_everybody_had_has_limits():
    people = {"t": [4.0] * 7, "what": [0] * 7}
    few = 1 - 0.025 ** (1 / 7)
    lost = cumulative_incidence(people, **NAMES).mean_time_lost(3)
    assert_allclose(lost[["estimate", "lower", "upper"]], [[0, 0, 3 * few]], **EXACT)
    fit = cumulative_incidence({"t": [1.0] * 7, "what": [1] * 7}, **NAMES)
    lost = fit.mean_time_lost(3)
    assert_allclose(lost[["estimate", "lower", "upper"]], [[2, 2 * (1 - few), 2]], **EXACT)


def test_the_complementary_scale_is_the_log_log_scale_of_survival():
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"t": rng.integers(1, 9, 60), "what": rng.integers(0, 2, 60)})
    fit = cumulative_incidence(data, interval="complementary-log-log", **NAMES)
    found, free = fit.summary(), kaplan_meier(data, **NAMES).summary()
    assert_allclose(found["lower"], 1 - free["upper"], **EXACT)
    assert_allclose(found["upper"], 1 - free["lower"], **EXACT)
    assert_allclose(fit.event_free()[["lower", "upper"]], free[["lower", "upper"]], **EXACT)
    two = data.assign(what=rng.integers(0, 3, 60))
    found = cumulative_incidence(two, interval="complementary-log-log", **NAMES).at([4]).iloc[0]
    p, wide = 1 - found["estimate"], stats.norm.ppf(0.975) * found["std_error"]
    away = wide / (p * np.log(p))
    assert_allclose(found["lower"], 1 - p ** np.exp(away), **EXACT)
    assert_allclose(found["upper"], 1 - p ** np.exp(-away), **EXACT)
