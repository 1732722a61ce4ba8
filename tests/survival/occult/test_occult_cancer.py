"""Occult cancers: a world by hand, brute force, invariants, recovery, bounds, published figures."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, optimize, stats
from tests.tolerances import (
    CLOSED_FORM,
    COARSE,
    CONVERGED,
    EXACT,
    EXCESS_LAW,
    ITERATED,
    MONTE_CARLO_ERRORS,
    NUMERICAL,
    STOPPED_EARLY,
    SUMMED,
)

from paraneo import (
    ArgumentError,
    ConvergenceWarning,
    TableError,
    cancer_risk,
    occult_cancer,
    rate_table,
)

RATES = rate_table({"age": [0, 50, 60, 70], "rate": [0.002, 0.008, 0.015, 0.03]}, rate="rate")
WORDS = ("exponential", "weibull", "log-normal", "gamma", "log-logistic", "piecewise")
words = pytest.mark.parametrize("word", WORDS)
ASKED = {"birth": "birth", "origin": "origin", "entry": "entry", "rates": RATES}


def background_times(rng, age):
    """Return years to a cancer of the population, by inverting its cumulative hazard."""
    target, time, at = rng.exponential(size=len(age)), np.zeros(len(age)), age.copy()
    for hazard, end in ((0.002, 50), (0.008, 60), (0.015, 70), (0.03, np.inf)):
        spent = np.minimum(np.maximum(end - at, 0.0), target / hazard)
        target, time, at = target - spent * hazard, time + spent, at + spent
    return time


def cohort(n=1500, seed=11, share=0.15, scale=0.6, visits=0.4):
    """Return simulated people with exponential times to detection; times are ages."""
    rng = np.random.default_rng(seed)
    age, marker = 45 + 30 * rng.random(n), rng.random(n) < 0.3
    ill = rng.random(n) < np.where(marker, min(2.5 * share, 0.9), share)
    cancer = np.where(ill, rng.exponential(scale, n), background_times(rng, age))
    end = 1 + 8 * rng.random(n)
    entry = np.where(rng.random(n) < 0.25, 0.4 * rng.random(n), 0.0)
    kept = np.minimum(cancer, end) > entry
    event, low = cancer <= end, np.floor(cancer * 2) / 2
    between = event & (rng.random(n) < visits)
    return pd.DataFrame(
        {
            "birth": 0.0, "origin": age, "entry": age + entry,
            "exit": age + np.minimum(cancer, end), "event": event.astype(int),
            "low": np.where(between, age + low, np.nan),
            "high": np.where(between, age + np.minimum(low + 0.5, end), np.nan),
            "marker": marker.astype(int), "x": rng.normal(size=n),
        }
    )[kept].reset_index(drop=True)  # fmt: skip


def fitted(table, **options):
    asked = ASKED | {"lower": "low", "upper": "high"} if "low" in table else dict(ASKED)
    return occult_cancer(table, **(asked | options))


def test_six_people_by_hand():
    """Ages in one cell of rate 0.01; exponential times; every row adds what paper says."""
    flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    table = {
        "birth": [0.0] * 6,
        "origin": [60.0] * 6,
        "entry": [60, 60, 60.5, 60, 60.2, 60],
        "exit": [60.4, 63, 62, 61.5, 64, 65],
        "event": [1, 0, 0, 1, 1, 0],
        "low": [np.nan] * 3 + [60.5, 60.1, np.nan],
        "high": [np.nan] * 3 + [61.5, 61, np.nan],
    }
    fit = fitted(table, rates=flat, distribution="exponential", interval="wald")

    def by_hand(theta):
        pi, mean = 1 / (1 + np.exp(-theta[0])), np.exp(theta[1])
        free = lambda t: 1 - pi * (1 - np.exp(-t / mean))  # noqa: E731
        density = pi * np.exp(-0.4 / mean) / mean
        return (
            np.log(0.01 * free(0.4) + density)
            + np.log(free(3))
            + np.log(free(2) / free(0.5))
            + np.log(free(0.5) - np.exp(-0.01 * 1.0) * free(1.5))
            + np.log((free(0.2) - np.exp(-0.01 * 0.8) * free(1.0)) / free(0.2))
            + np.log(free(5))
        )

    model = fit._components[0].model
    for theta in ([-1.0, 0.3], [0.7, -0.8], fit.parameters):
        assert_allclose(model.slope(np.array(theta))[0], by_hand(theta), **EXACT)
    found = optimize.minimize(lambda x: -by_hand(x), [0, 0], method="Nelder-Mead",
                              options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
    assert_allclose(fit.parameters, found.x, **NUMERICAL)
    assert_allclose(fit.log_likelihood, -found.fun, **EXACT)


@words
def test_slopes_against_differences(word):
    table = cohort(300)
    model = (
        fitted(table, distribution=word, formula="marker", time_formula="x", interval="wald")
        ._components[0]
        .model
    )
    theta = np.full(model.size, 0.2) + 0.1 * np.arange(model.size)
    value, slope = model.slope(theta)
    for k, move in enumerate(1e-6 * np.eye(model.size)):
        by_steps = (model.slope(theta + move)[0] - model.slope(theta - move)[0]) / 2e-6
        assert_allclose(slope[k], by_steps, **COARSE)
    assert np.isfinite(value)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("exponential", lambda p: stats.expon(scale=np.exp(p[0]))),
        ("weibull", lambda p: stats.weibull_min(np.exp(p[1]), scale=np.exp(p[0]))),
        ("log-normal", lambda p: stats.lognorm(np.exp(p[1]), scale=np.exp(p[0]))),
    ],
)
def test_a_cure_model_by_brute_force(word, other):
    """Without a background this is the mixture cure model; scipy's distributions, plain simplex."""
    table = cohort(500, visits=0.0)
    time, event = (table["exit"] - table["origin"]).to_numpy(), table["event"].to_numpy() == 1
    fit = occult_cancer(
        {"exit": time, "event": event.astype(int)}, distribution=word, interval="wald"
    )

    def minus(theta):
        pi, own = 1 / (1 + np.exp(-theta[0])), other(theta[1:])
        each = np.where(event, np.log(pi) + own.logpdf(time), np.log(1 - pi * own.cdf(time)))
        return -each.sum()

    found = optimize.minimize(minus, fit.parameters + 0.3, method="Nelder-Mead",
                              options={"xatol": 1e-8, "fatol": 1e-11, "maxfev": 4000})  # fmt: skip
    assert_allclose(fit.parameters, found.x, **STOPPED_EARLY)
    assert_allclose(fit.log_likelihood, -found.fun, **EXCESS_LAW)


@words
def test_order_splitting_and_unit_change_nothing(word):
    table = cohort(700)
    whole = fitted(table, distribution=word, interval="wald")
    shuffled = fitted(table.sample(frac=1.0, random_state=2), distribution=word, interval="wald")
    stop = table["low"].fillna(table["exit"])
    middle = np.maximum(table["entry"], table["entry"] + 0.4 * (stop - table["entry"]))
    cut = middle > table["entry"]
    first = table[cut].assign(exit=middle, event=0, low=np.nan, high=np.nan)
    split = fitted(
        pd.concat([first, table.assign(entry=middle)]), distribution=word, interval="wald"
    )
    for other in (shuffled, split):
        assert_allclose(other.parameters, whole.parameters, **ITERATED)
        assert_allclose(other.covariance, whole.covariance, **STOPPED_EARLY)
        assert_allclose(other.log_likelihood, whole.log_likelihood, **EXCESS_LAW)


@pytest.mark.parametrize("word", ["weibull", "piecewise", "average"])
def test_any_linear_change_of_a_covariate_gives_the_same(word):
    """Ages in days since a far origin: the same shares, limits, hazards and effects a year."""
    rng, n = np.random.default_rng(1), 500
    age = rng.normal(60, 10, n)
    hidden = rng.random(n) < 1 / (1 + np.exp(1.2 - 0.03 * (age - 60)))
    found = np.where(hidden, rng.exponential(1.0, n) * np.exp(0.02 * (age - 60)), np.inf)
    end = rng.uniform(3, 8, n)
    people = {"exit": np.minimum(found, end), "event": (found < end).astype(int)}
    if word == "average":
        word = ["weibull", "log-normal"]
    options = {"formula": "age", "time_formula": "age", "distribution": word}
    years = occult_cancer(people | {"age": age}, **options)
    days = occult_cancer(people | {"age": 365.25 * age + 200_000}, **options)
    assert_allclose(days.log_likelihood, years.log_likelihood, **CLOSED_FORM)
    sides = ["estimate", "lower", "upper"]
    assert_allclose(days.share[sides], years.share[sides], **CONVERGED)
    for name in ("hazard", "residual", "cumulative_hazard"):
        one = getattr(years, name)([0.5, 2], {"age": [50, 70]})[sides]
        at = {"age": 365.25 * np.array([50, 70]) + 200_000}
        assert_allclose(getattr(days, name)([0.5, 2], at)[sides], one, **CONVERGED)
    effect = years.coefficients["term"].str.endswith(":age")
    for side in sides:
        one, other = years.coefficients[effect][side], days.coefficients[effect][side]
        assert_allclose(365.25 * other, one, **ITERATED)
    shapes = years.coefficients["term"].isin(["log_shape", "log_sigma"])
    one, other = years.coefficients[shapes][sides], days.coefficients[shapes][sides]
    assert_allclose(other, one, **ITERATED)


def test_limits_of_an_intercept_are_the_profile_of_its_own_origin():
    """At age 0 the logit share has the limits of a fit in which age 0 is where it is."""
    table = cohort(300)
    table["x"] = table["x"] - 2.0
    fit = fitted(table, distribution="weibull", formula="x", time_formula="x")
    model, best = fit._components[0].model, fit.parameters
    row = fit.coefficients.iloc[0]
    for end in (row["lower"], row["upper"]):
        free = [k for k in range(model.size) if k]

        def minus(rest, end=end):
            return -model.slope(np.append(end, rest))[0]

        close = {"xatol": 1e-7, "fatol": 1e-9, "maxfev": 8000}
        found = optimize.minimize(minus, best[free], method="Nelder-Mead", options=close)
        assert_allclose(2 * (fit.log_likelihood + found.fun), 3.841458820694124, **STOPPED_EARLY)


def test_days_and_years_give_the_same():
    rng = np.random.default_rng(4)
    days = rng.integers(1, 2000, 300)
    zero = pd.Timestamp("2000-01-01")
    event = ((days < 700) & (rng.random(300) < 0.6)).astype(int)
    dates = {"origin": [zero] * 300, "exit": zero + pd.to_timedelta(days, unit="D")}
    asked = {"interval": "wald", "distribution": "weibull"}
    one = occult_cancer(dates | {"event": event}, origin="origin", **asked)
    other = occult_cancer({"exit": days / 365.25, "event": event}, **asked)
    assert_allclose(one.parameters, other.parameters, **ITERATED)
    scaled = occult_cancer({"exit": days.astype(float), "event": event}, **asked)
    shift = [0.0, np.log(365.25), 0.0]
    assert_allclose(scaled.parameters - shift, other.parameters, **NUMERICAL)


def test_narrow_intervals_tend_to_exact_times():
    table = cohort(600, visits=0.0).drop(columns=["low", "high"])
    exact = fitted(table, distribution="weibull", interval="wald")
    hit = table["event"] == 1
    for width, near in ((1e-2, 2e-2), (1e-4, 2e-4)):
        narrow = table.assign(
            low=np.where(hit, table["exit"] - width / 2, np.nan),
            high=np.where(hit, table["exit"] + width / 2, np.nan),
        )
        found = fitted(narrow, distribution="weibull", interval="wald")
        assert_allclose(found.parameters, exact.parameters, rtol=near, atol=near)


def test_truncation_at_zero_is_none():
    table = cohort(500, visits=0.0)
    table = table[table["entry"] == table["origin"]]
    assert_allclose(
        fitted(table, interval="wald").parameters,
        fitted(table, entry=None, interval="wald").parameters,
        **ITERATED,
    )


@words
def test_a_vanishing_share_leaves_the_background(word):
    model = fitted(cohort(300, visits=0.0), distribution=word, interval="wald")._components[0].model
    theta = np.concatenate([[-700.0], model.distribution.start(1.0)])
    rate = model.rows.background[model.rows.event]
    assert_allclose(model.slope(theta)[0], np.log(rate).sum(), **EXACT)


@words
def test_hazard_is_the_slope_and_residual_is_bayes(word):
    fit = fitted(cohort(600), distribution=word, interval="wald")
    t = np.array([0.1, 0.7, 2.0])
    slope = (fit.cumulative_at(t + 1e-6) - fit.cumulative_at(t - 1e-6)) / 2e-6
    assert_allclose(fit.hazard(t)["estimate"], slope[0], **NUMERICAL)
    pi = fit.share.value
    free = np.exp(-fit.cumulative_at(t))[0]
    assert_allclose(fit.residual_at(t)[0], 1 - (1 - pi) / free, **SUMMED)
    assert_allclose(fit.residual(0.0)["estimate"], pi, **EXACT)
    own = integrate.quad(lambda s: fit.hazard(s)["estimate"].iloc[0], 1e-9, 0.4)[0]
    assert_allclose(own, fit.cumulative_at(0.4)[0, 0], **STOPPED_EARLY)


@words
def test_frames_of_cumulative_hazard_and_survival(word):
    fit = fitted(cohort(600), distribution=word, interval="wald")
    t = np.array([0.0, 0.3, 1.0, 4.0])
    rise, free = fit.cumulative_hazard(t), fit.survival_function(t)
    assert_allclose(rise["estimate"], fit.cumulative_at(t)[0], **SUMMED)
    assert rise.iloc[0].tolist() == [0.0, 0.0, 0.0, 0.0]
    assert (rise["lower"] < rise["estimate"]).iloc[1:].all()
    assert (rise["upper"] > rise["estimate"]).iloc[1:].all()
    assert_allclose(free["estimate"], np.exp(-rise["estimate"]), **EXACT)
    assert_allclose(free["lower"], np.exp(-rise["upper"]), **EXACT)
    assert list(rise) == ["time", "estimate", "lower", "upper"]
    with pytest.raises(ArgumentError, match="no follow-up beyond"):
        _ = fit.survival_function(100.0)


def test_share_time_and_covariates_are_found_again():
    fit = fitted(cohort(6000, seed=5), distribution="exponential", formula="marker")
    table = fit.coefficients
    truth = [np.log(0.15 / 0.85), np.log(0.375 / 0.625) - np.log(0.15 / 0.85), np.log(0.6)]
    assert (table["lower"] < truth).all()
    assert (table["upper"] > truth).all()
    assert (abs(table["estimate"] - truth) < 4 * table["std_error"]).all()
    shares = fit.share
    assert list(shares["marker"]) == [0, 1]
    assert (abs(shares["estimate"] - [0.15, 0.375]) < 0.03).all()
    at = fit.residual([0.5, 1.0], at={"marker": [0, 1]})
    assert list(at["row"]) == [0, 0, 1, 1]
    assert (at["lower"] < at["estimate"]).all()


def test_an_effect_on_the_scale_of_time_is_found_again():
    rng = np.random.default_rng(8)
    slow = rng.random(3000) < 0.5
    cancer = np.where(rng.random(3000) < 0.3, rng.exponential(np.where(slow, 1.5, 0.5)), np.inf)
    end = 4 + 4 * rng.random(3000)
    table = {"exit": np.minimum(cancer, end), "event": (cancer < end) * 1, "slow": slow * 1}
    found = occult_cancer(
        table, distribution="exponential", time_formula="slow"
    ).coefficients.set_index("term")
    assert abs(found.loc["log_scale:slow", "estimate"] - np.log(3)) < 0.25
    assert found.loc["log_scale:slow", "lower"] < np.log(3) < found.loc["log_scale:slow", "upper"]


def test_profile_limits_fall_by_what_they_say():
    fit = fitted(cohort(500), distribution="exponential")
    model, fall = fit._components[0].model, 0.5 * stats.chi2.ppf(0.95, 1)
    for logit in fit.coefficients.loc[0, ["lower", "upper"]]:
        best = optimize.minimize_scalar(
            lambda scale, own=logit: -model.slope(np.array([own, scale]))[0], bounds=(-4, 4),
            method="bounded", options={"xatol": 1e-9},
        )  # fmt: skip
        assert_allclose(fit.log_likelihood + best.fun, fall, **NUMERICAL)
    assert fit.share.lower < 0.15 * 0.7 + 0.375 * 0.3 < fit.share.upper


def test_what_cannot_be_told_is_said():
    """Constant excess through all of a short follow-up: any share, found late enough."""
    rng = np.random.default_rng(3)
    cancer = rng.exponential(5.0, 400)
    table = {"exit": np.minimum(cancer, 0.5), "event": (cancer < 0.5).astype(int)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = occult_cancer(table, distribution="exponential")
    assert fit.share.upper == 1.0
    events = int(table["event"].sum())
    assert 0.5 * events / 400 < fit.share.lower < 2.0 * events / 400
    assert "cannot tell" in fit.convergence.note or "everybody" in fit.convergence.note


def test_no_excess_is_a_share_of_zero_with_an_upper_limit():
    table = cohort(800, share=0.0, visits=0.0)
    few = table.assign(event=0)
    first = few.index[(table["exit"] - table["origin"]) > 4][:3]
    few.loc[first, "event"] = 1
    with pytest.warns(ConvergenceWarning, match="share is estimated as 0"):
        fit = fitted(few, distribution="exponential")
    assert fit.convergence.at_boundary == ("logit_share",)
    assert fit.share.value == 0.0
    assert 0 <= fit.share.upper <= 1.0
    assert np.isnan(fit.parameters[1])
    assert_allclose(fit.cumulative_at([0.5, 1.0]), 0.0)
    assert (fit.residual([0.5, 1.0])["estimate"] == 0).all()
    assert (fit.hazard([0.5, 1.0])["estimate"] == 0).all()


def oldroyd():
    """Return 263 people with the published counts, at hypothetical times."""

    def group(n, times, marker):
        exit_ = np.concatenate([times, np.full(n - len(times), 10.0)])
        event = np.concatenate([np.ones(len(times)), np.zeros(n - len(times))]).astype(int)
        return pd.DataFrame({"exit": exit_, "event": event, "marker": marker})

    early = -0.8 * np.log1p(-(np.arange(21) + 0.5) / 21 * (1 - np.exp(-2.5 / 0.8)))
    late = 10.0 * (np.arange(31) + 0.5) / 31
    return group(55, early, 1), group(208, late, 0)


def test_published_shares_come_back():
    """38 % of 55 with the marker, all by 2.5 years; 15 % of 208 without it by 10 years.

    Assumed: times after diagnosis, ten full years of follow-up in all, no background.
    """
    positive, negative = oldroyd()
    fit = occult_cancer(positive, distribution="exponential")
    assert positive["exit"][positive["event"] == 1].max() < 2.5
    assert_allclose(fit.share.value, 21 / 55, **STOPPED_EARLY)
    assert_allclose(-np.expm1(-fit.cumulative_at(10.0)[0, 0]), 21 / 55, **STOPPED_EARLY)
    assert fit.residual(2.5)["estimate"].iloc[0] < 0.05
    with pytest.warns(ConvergenceWarning, match="everybody"):  # it does not cease by ten years
        other = occult_cancer(negative, distribution="piecewise", breaks=[0, 5])
    assert abs(-np.expm1(-other.cumulative_at(10.0)[0, 0]) * 208 / 31 - 1.0) < 5e-3
    assert other.share.upper == 1.0


def test_cancers_before_diagnosis_sharpen_the_distribution():
    rng = np.random.default_rng(21)
    n, scale, death, window = 3000, 0.8, 0.3, 3.0
    after = np.where(rng.random(n) < 0.15, rng.exponential(scale, n), np.inf)
    past = rng.exponential(scale, 4 * n)
    past = past[(past < window) & (rng.random(4 * n) < np.exp(-death * past))]
    had = rng.random(n) < 0.1
    years = np.where(had, rng.choice(past, n), np.nan)
    end = 1.0 + rng.random(n)
    table = {"exit": np.minimum(after, end), "event": (after < end) * 1, "before": years}
    two = occult_cancer(
        table,
        distribution="exponential",
        before="before",
        before_window=window,
        death_after_cancer=death,
    )
    kept = {name: np.asarray(value)[~had] for name, value in table.items()}
    one = occult_cancer(kept, distribution="exponential")
    truth = [np.log(0.15 / 0.85), np.log(scale), np.log(0.1 / 0.9)]
    table = two.coefficients
    assert (table["lower"] < truth).all()
    assert (table["upper"] > truth).all()
    assert table["std_error"][1] < one.coefficients["std_error"][1]
    model, theta = two._components[0].model, two.parameters + 0.2
    slope = model.slope(theta)[1]
    for k, move in enumerate(1e-6 * np.eye(3)):
        by_steps = (model.slope(theta + move)[0] - model.slope(theta - move)[0]) / 2e-6
        assert_allclose(slope[k], by_steps, **COARSE)
    before, timing = model.before, np.array([np.log(scale)])
    inside = integrate.quad(lambda v: np.exp(-v / scale - death * v) / scale, 0, window)[0]
    assert_allclose(
        before._thinned(model.distribution, timing, np.array([window]))[0], inside, **CLOSED_FORM
    )


def test_draws_and_an_absolute_risk():
    fit = fitted(cohort(600), distribution="weibull", interval="wald")
    drawn = fit.draws(4000, rng=np.random.default_rng(1))
    errors = np.sqrt(np.diag(fit.covariance))
    off = abs(drawn.mean(axis=0) - fit.parameters) * np.sqrt(len(drawn)) / errors
    assert (off < MONTE_CARLO_ERRORS).all()
    spread = drawn.std(axis=0) / errors
    assert (abs(spread - 1.0) < MONTE_CARLO_ERRORS / np.sqrt(2 * len(drawn))).all()
    frame = {"age": [0, 60], "rate": [0.005, 0.02]}
    risk = cancer_risk(
        fit, age=55, sex="female", year=2010, rates=RATES,
        mortality=rate_table(frame, rate="rate"), horizon=5,
    )  # fmt: skip
    at = risk.at([1.0, 5.0])
    assert (at["estimate"] > 0).all()
    assert (at["lower"] < at["estimate"]).all()


@pytest.mark.parametrize("kind", ["hazard", "residual"])
def test_pictures(kind):
    axes = fitted(cohort(300), distribution="weibull", interval="wald").plot(kind=kind)
    assert "95% CI" in axes.get_ylabel()
    plt.close("all")


def test_bad_input_is_told_at_once():
    with pytest.raises(TableError) as error:
        occult_cancer({"exit": [1.0, 2.0], "event": [0, 0]}, distribution="gompertz", rates=RATES)
    text = str(error.value)
    for words in ("gompertz", "age of each row"):
        assert words in text
    with pytest.raises(TableError, match="no row has follow-up time"):
        occult_cancer({"exit": [0.0, 0.0], "event": [1, 0]})
    with pytest.raises(TableError, match="has no bands"):
        occult_cancer({"exit": [1.0], "event": [1]}, distribution="weibull", breaks=[0, 1])
    with pytest.raises(TableError, match="its effect is infinite"):
        occult_cancer({"exit": [1.0, 2, 3], "event": [1, 0, 0], "m": [1, 0, 0]}, formula="m")
    with pytest.raises(TableError, match="nobody had a cancer before"):
        occult_cancer({"exit": [1.0], "event": [1], "b": [np.nan]}, before="b")


def test_without_an_optimum_there_are_no_numbers():
    """A number above 0 for all with cancer and for nobody else: its effect has no end."""
    x = np.concatenate([np.linspace(0.1, 1, 20), np.linspace(-1, -0.1, 40)])
    table = {"exit": np.where(x > 0, x, 5.0), "event": (x > 0).astype(int), "x": x}
    with pytest.warns(ConvergenceWarning, match="stopped short"):
        fit = occult_cancer(table, distribution="exponential", formula="x")
    assert not fit.convergence.reached
    assert np.isnan(fit.parameters).all()
    assert np.isnan(fit.hazard(1.0)["estimate"]).all()
