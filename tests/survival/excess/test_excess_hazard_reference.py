"""Excess hazards and parametric survival beside R."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.support import HERE, kept, reference
from tests.tolerances import EXCESS_NUMERICAL, EXCESS_OPTIMUM, PRINTED

from paraneo import excess_hazard, rate_table

CASE = reference("excess_hazard")
FOLDER = HERE / "reference" / "excess_hazard"
#: Length of a year in relsurv's tables.
DAYS = 365.241


@pytest.fixture(scope="module")
def mgus():
    return pd.read_csv(FOLDER / "mgus.csv")


def relative_survival(folder, entry, age, days, names):
    people = pd.read_csv(folder / names[0])
    when = people[entry]
    if when.dtype == object or str(when.dtype).startswith("str"):
        when = pd.to_datetime(when).to_numpy().astype("datetime64[D]").astype(int)
    start = 1970 + np.asarray(when, dtype=float) / DAYS
    people = people.assign(
        entry=start, birth=start - people[age] / DAYS, exit=start + people[days] / DAYS
    )
    cells = pd.read_csv(folder / "rates.csv")
    january = pd.to_datetime(cells["year"].astype(str) + "-01-01")
    day = january.to_numpy().astype("datetime64[D]").astype(int)
    cells = cells.assign(rate=cells["rate_per_day"] * DAYS, period=1970 + day / DAYS)
    return people, rate_table(cells, rate="rate", period="period", by="sex", period_width=30)


def test_piecewise_exponential(mgus):
    want = CASE["piecewise"]
    fit = excess_hazard(mgus, exit="time", breaks=[0, *want["cuts"], np.inf], formula="male + hgb")
    assert fit.names[0] == "log_excess[0, 1)"
    assert fit.convergence.reached
    assert_allclose(fit.parameters, want["estimate"], **EXCESS_OPTIMUM)
    assert_allclose(fit.covariance, want["covariance"], **EXCESS_OPTIMUM)
    assert_allclose(fit.log_likelihood, want["log_likelihood"], **EXCESS_OPTIMUM)


def test_weibull(mgus):
    want = CASE["weibull"]
    fit = excess_hazard(mgus, exit="time", shape="spline", breaks=0, formula="male + hgb")
    assert_allclose(fit.parameters[1], want["shape"], **EXCESS_OPTIMUM)
    assert_allclose(fit.parameters[2:], want["log_hazard_ratios"], **EXCESS_OPTIMUM)
    assert_allclose(fit.log_likelihood, want["log_likelihood"], **EXCESS_OPTIMUM)


def test_robust_variance_agrees_with_survreg(mgus):
    """The sandwich of scores, carried over from its parameters to ours."""
    fit = excess_hazard(mgus, exit="time", shape="spline", breaks=0, formula="male + hgb")
    terms = [*fit.names[2:], fit.names[1]]
    found = fit.robust_covariance.loc[terms, terms]
    assert_allclose(found, CASE["weibull"]["robust"], **EXCESS_NUMERICAL)


def test_spline(mgus):
    want = CASE["spline"]
    fit = excess_hazard(mgus, exit="time", shape="spline", formula="male + hgb")
    assert_allclose(fit.edges, want["knots"], **EXCESS_OPTIMUM)
    assert_allclose(fit.parameters, want["estimate"], **EXCESS_NUMERICAL)
    assert_allclose(fit.covariance, want["covariance"], **EXCESS_NUMERICAL)
    assert_allclose(fit.log_likelihood, want["log_likelihood"], **EXCESS_NUMERICAL)


def visits(table, step):
    """Return the table with events known only to lie between visits."""
    before = np.floor(table["time"] / step) * step
    table = table.assign(seen=before, low=before, high=before + step)
    return table[(table["seen"] > 0) | (table["event"] == 1)].reset_index(drop=True)


def test_interval_censored_weibull(mgus):
    want = CASE["interval_weibull"]
    fit = excess_hazard(
        visits(mgus, 1.0), exit="seen", lower="low", upper="high",
        shape="spline", breaks=0, formula="male",
    )  # fmt: skip
    assert_allclose(fit.parameters[1], want["shape"], **EXCESS_OPTIMUM)
    assert_allclose(fit.parameters[2], want["log_hazard_ratio"], **EXCESS_OPTIMUM)
    assert_allclose(fit.log_likelihood, want["log_likelihood"], **EXCESS_OPTIMUM)


def test_interval_censored_piecewise(mgus):
    want = CASE["interval_piecewise"]
    fit = excess_hazard(
        visits(mgus, 1.0), exit="seen", lower="low", upper="high",
        breaks=[0, 2, 5, 10, np.inf], formula="male",
    )  # fmt: skip
    assert_allclose(fit.parameters, want["estimate"], **EXCESS_NUMERICAL)
    assert_allclose(fit.covariance, want["covariance"], **EXCESS_NUMERICAL)
    assert_allclose(fit.log_likelihood, want["log_likelihood"], **EXCESS_NUMERICAL)


def test_left_truncated_weibull(mgus):
    want = CASE["truncated_weibull"]
    table = mgus.assign(end=mgus["age"] + mgus["time"])
    fit = excess_hazard(
        table, entry="age", exit="end", shape="spline", breaks=[40, 90], formula="male"
    )
    log_shape, level, effect = want["estimate"]
    shape = np.exp(log_shape)
    expected = [level - shape * np.log(60), shape, effect]
    assert_allclose(fit.parameters, expected, **EXCESS_NUMERICAL)
    assert_allclose(fit.log_likelihood, want["log_likelihood"], **EXCESS_NUMERICAL)


def test_where_optim_stops_short_ours_is_higher(mgus):
    """R's optim ends at a lower point of the left-truncated likelihood, and says it converged."""
    want = CASE["truncated_weibull"]
    table = mgus.assign(end=mgus["age"] + mgus["time"])
    fit = excess_hazard(
        table, entry="age", exit="end", shape="spline", breaks=[40, 90], formula="male"
    )
    short = want["stops_short"]
    assert short["convergence"] == 0
    assert fit.convergence.reached
    assert fit.log_likelihood > short["log_likelihood"] + 1e-3
    assert fit.log_likelihood >= want["log_likelihood"] - 1e-8


def test_additive_excess_hazard():
    want = CASE["additive"]
    people, rates = relative_survival(FOLDER, "entry", "age_days", "days", ("rdata.csv",))
    fit = excess_hazard(
        people, birth="birth", entry="entry", exit="exit", event="dead", rates=rates,
        breaks=range(6), formula="female + decades",
    )  # fmt: skip
    assert_allclose(fit.parameters, want["estimate"], **EXCESS_NUMERICAL)
    assert_allclose(fit.covariance, want["covariance"], **EXCESS_NUMERICAL)
    assert_allclose(fit.log_likelihood, want["log_likelihood"], **EXCESS_NUMERICAL)
    assert_allclose(fit.parameters[[5, 6, 0, 1, 2, 3, 4]], want["relsurv"], **EXCESS_NUMERICAL)


@pytest.mark.parametrize("study", ["mgus2", "pbc"])
def test_shared_survival_case(study):
    table = pd.read_csv(kept("mgus2_pbc") / "data.csv")
    table = table[table["dataset"] == study].assign(any=lambda x: (x["event"] > 0).astype(int))
    case = reference("mgus2_pbc")[study]
    for event, name in (("any", "any"), ("event", "cause1")):
        want = case[f"piecewise_exponential_{name}"]
        fit = excess_hazard(
            table, exit="time", event=event, breaks=[0, *want["cuts"], np.inf],
            formula="x1 + x2",
        )  # fmt: skip
        assert_allclose(fit.parameters, list(want["coef"].values()), **EXCESS_OPTIMUM)
        assert_allclose(fit.covariance, want["vcov"], **EXCESS_OPTIMUM)
        assert_allclose(fit.log_likelihood, want["surv_loglik"], **EXCESS_OPTIMUM)
    want = case["royston_parmar_k2_hazard"]
    fit = excess_hazard(table, exit="time", event="any", shape="spline", formula="x1 + x2")
    assert_allclose(fit.parameters, list(want["coef"].values()), **EXCESS_NUMERICAL)
    errors = fit.coefficients["std_error"]
    assert_allclose(errors, list(want["se"].values()), **EXCESS_NUMERICAL)
    assert fit.log_likelihood >= want["loglik"] - 1e-8
    mean, times = want["at_mean_x"], case["times"]
    assert_allclose(fit.hazard(times, mean)["estimate"], want["hazard"], **EXCESS_NUMERICAL)
    curve = fit.survival_function(times, mean)["estimate"]
    assert_allclose(curve, want["surv"], **EXCESS_NUMERICAL)
    assert fit.log_likelihood >= case["stpm2_df3"]["loglik"] - PRINTED[5]["atol"]


@pytest.mark.parametrize("study", ["mgus2", "pbc"])
def test_shared_left_truncated_weibull_where_flexsurvreg_may_stop_at_a_wrong_point(study):
    """The case marks flexsurvreg as stopping short in 'pbc'; the optimum itself is known."""
    table = pd.read_csv(kept("mgus2_pbc") / "data.csv")
    table = table[table["dataset"] == study]
    table = table.assign(
        any=(table["event"] > 0).astype(int), end=(table["entry_age"] + table["time"]).round(6)
    )
    want = reference("mgus2_pbc")[study]["weibullPH_left_truncated_age"]
    assert ("flexsurv_crosscheck" in want) == (study == "mgus2")
    fit = excess_hazard(
        table, entry="entry_age", exit="end", event="any", shape="spline", breaks=[40, 90],
        formula="x1",
    )  # fmt: skip
    shape = np.exp(want["log_shape"])
    expected = [want["a"] - shape * np.log(60), shape, want["b"]]
    assert_allclose(fit.parameters, expected, **EXCESS_NUMERICAL)
    assert_allclose(fit.covariance.loc["x1", "x1"], want["vcov"][2][2], **EXCESS_NUMERICAL)
    for peer in (want, want.get("flexsurv_crosscheck", want)):
        assert fit.log_likelihood >= peer["loglik"] - 1e-8
    assert_allclose(fit.log_likelihood, want["loglik"], **EXCESS_OPTIMUM)


@pytest.mark.parametrize("study", ["mgus2", "pbc"])
def test_shared_weibull_exact_and_interval_censored(study):
    table = pd.read_csv(kept("mgus2_pbc") / "data.csv")
    table = table[table["dataset"] == study]
    table = table.assign(event=(table["event"] > 0).astype(int))
    case = reference("mgus2_pbc")[study]
    want = case["weibull_survreg_aft"]
    fit = excess_hazard(table, exit="time", shape="spline", breaks=0, formula="x1 + x2")
    assert_allclose(fit.parameters[1], want["shape"], **EXCESS_OPTIMUM)
    effects = -want["shape"] * np.array([want["coef"]["x1"], want["coef"]["x2"]])
    assert_allclose(fit.parameters[2:], effects, **EXCESS_OPTIMUM)
    assert fit.log_likelihood >= want["loglik"][1] - 1e-8
    seen = visits(table, case["interval_censored"]["step"])
    want = case["interval_censored"]["weibull_survreg_interval2"]
    fit = excess_hazard(
        seen, exit="seen", lower="low", upper="high", shape="spline", breaks=0, formula="x1"
    )
    assert len(seen) == case["interval_censored"]["n"]
    shape = np.exp(-want["log_scale"])
    assert_allclose(fit.parameters[1:], [shape, -shape * want["coef"]["x1"]], **EXCESS_OPTIMUM)
    assert fit.log_likelihood >= want["loglik"][1] - 1e-8


def test_shared_cause_without_events_in_a_band():
    """Band [0, 1) of the second cause has none: its log hazard is minus infinity."""
    table = pd.read_csv(kept("mgus2_pbc") / "data.csv")
    table = table[table["dataset"] == "pbc"]
    want = reference("mgus2_pbc")["pbc"]["piecewise_exponential_cause2"]
    fit = excess_hazard(
        table, exit="time", cause=2, breaks=[0, *want["cuts"], np.inf], formula="x1 + x2"
    )
    got = fit.coefficients
    assert got["estimate"].iloc[0] == -np.inf
    assert_allclose(got["estimate"].iloc[1:], list(want["coef"].values())[1:], **EXCESS_OPTIMUM)
    covariance = np.array(want["vcov"], dtype=float)
    assert_allclose(fit.covariance.to_numpy()[1:, 1:], covariance[1:, 1:], **EXCESS_OPTIMUM)
    assert "log_excess[0, 1)" in fit.convergence.at_boundary


def test_shared_relative_survival_case():
    folder = kept("relsurv_rdata")
    want = reference("relsurv_rdata")
    people, rates = relative_survival(folder, "entry", "age_days", "time_days", ("data.csv",))
    fit = excess_hazard(
        people, birth="birth", entry="entry", exit="exit", event="status", rates=rates,
        breaks=range(6), formula="x1 + x2",
    )  # fmt: skip
    order = [5, 6, 0, 1, 2, 3, 4]
    own, relsurv = want["excess_hazard_piecewise_mle"], want["additive_models_relsurv"]["max_lik"]
    per_day = np.log(DAYS) * np.array([0, 0, 1, 1, 1, 1, 1])
    assert_allclose(fit.parameters[order] - per_day, own["par"], **EXCESS_NUMERICAL)
    assert_allclose(
        fit.covariance.to_numpy()[np.ix_(order, order)], own["vcov"], **EXCESS_NUMERICAL
    )
    assert_allclose(
        fit.log_likelihood - fit.events * np.log(DAYS), own["loglik"], **EXCESS_NUMERICAL
    )
    assert_allclose(fit.parameters[order], list(relsurv["coef"].values()), **EXCESS_NUMERICAL)


def test_profile_limits_of_a_clear_band_one_hardly_above_none_and_one_of_none():
    """Limits where the log-likelihood, written out in R, has fallen by half of chi-squared."""
    wanted = reference("excess_profile")["bands"]
    people = pd.read_csv(HERE / "reference" / "excess_profile" / "people.csv").assign(entry=0.0)
    people["birth"] = -people["age"]
    fit = excess_hazard(
        people, exit="time", birth="birth", entry="entry", origin="entry",
        rates=rate_table({"age": [0, 60], "rate": [0.01, 0.04]}, rate="rate"),
        breaks=[0, 1, 2, np.inf],
    )  # fmt: skip
    found = fit.hazard([0.5, 1.5, 2.5])
    assert_allclose(found["estimate"], [band["estimate"] for band in wanted], **EXCESS_OPTIMUM)
    assert_allclose(
        fit.log_likelihood, sum(band["log_likelihood"] for band in wanted), **EXCESS_OPTIMUM
    )
    errors = fit.coefficients["std_error"]
    assert_allclose(errors[:2], [band["std_error_of_log"] for band in wanted[:2]], **EXCESS_OPTIMUM)
    assert errors.iloc[0] < 1.1 < errors.iloc[1]
    for row, band in zip(found.iloc[1:].itertuples(), wanted[1:], strict=True):
        assert_allclose([row.lower, row.upper], [band["lower"], band["upper"]], **EXCESS_OPTIMUM)
