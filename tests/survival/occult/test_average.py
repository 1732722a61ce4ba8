"""Distributions averaged: single fits in R, limits that hold the choice, follow-up too short."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import optimize, special
from tests.support import kept, reference
from tests.tolerances import EXACT, ITERATED, NUMERICAL, SUMMED

from paraneo import ArgumentError, ConvergenceWarning, TableError, occult_cancer, rate_table
from paraneo.survival.occult._average import akaike_weights, belief, mixed_limits
from paraneo.survival.occult._sufficiency import sufficiency

#: Share of the colon patients with a relapse, by nine years of follow-up.
NINE_YEARS = 0.53


def relapses(cut):
    """Return the patients of survival::colon, with relapses within so many years."""
    people = pd.read_csv(kept("occult_colon") / "people.csv")
    time = people["time"] / 365.25
    event = (people["status"] == 1) & (time <= cut)
    return pd.DataFrame({"exit": np.minimum(time, cut), "event": event.astype(int)})


def quietly(table, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return occult_cancer(table, **options)


@pytest.fixture(scope="module")
def colon():
    cases = reference("occult_colon")["cuts"]
    return [(case, quietly(relapses(case["cut"]))) for case in cases]


def test_every_single_fit_is_that_of_r(colon):
    for case, fit in colon:
        assert (fit.n, fit.events) == (case["n"], case["events"])
        wanted = pd.DataFrame(case["fits"])
        assert list(fit.fits["distribution"]) == list(wanted["distribution"])
        assert_allclose(fit.fits["log_likelihood"], wanted["log_likelihood"], **SUMMED)
        assert_allclose(fit.fits["estimate"], wanted["share"], **NUMERICAL)
        aic = 2.0 * (wanted["parameters"] - wanted["log_likelihood"])
        weight = np.exp(-0.5 * (aic - aic.min()))
        weight = weight.where(weight > 1e-3 * weight.sum(), 0.0)
        assert_allclose(fit.fits["weight"], weight / weight.sum(), **ITERATED)
        assert_allclose(fit.share.value, weight @ wanted["share"] / weight.sum(), **NUMERICAL)


def test_tests_of_follow_up_are_those_counted_in_r(colon):
    for case, fit in colon:
        tests = fit.tests()
        assert list(tests) == ["test", "statistic", "df", "p_value"]
        assert_allclose(tests["statistic"][:2], case["counts"])
        assert_allclose(tests["p_value"][:2], case["p_values"], **EXACT)
        assert_allclose(tests["statistic"][2], case["counts"][0] / case["n"], **EXACT)
        assert fit.follow_up_suffices == (case["cut"] > 9)


def test_limits_at_two_and_three_years_hold_the_share_at_nine(colon):
    short, two, three, nine = (fit for _, fit in colon)
    assert abs(nine.share.value - NINE_YEARS) < 0.02
    for fit in (two, three):
        assert fit.share.lower < nine.share.value < fit.share.upper
        assert fit.share.lower < NINE_YEARS < fit.share.upper
        alone = fit.fits[fit.fits["weight"] > 0]
        assert alone["lower"].min() < fit.share.lower < alone["lower"].max()
        assert alone["upper"].min() < fit.share.upper < alone["upper"].max()
    assert short.share.upper == 1.0
    weibull = two.fits.set_index("distribution").loc["weibull"]
    assert weibull["upper"] < NINE_YEARS
    with pytest.warns(ConvergenceWarning, match="may be too short to tell a share"):
        occult_cancer(relapses(2), distribution="log-logistic")


def test_profile_limits_leave_out_half_of_the_rest_by_brute_force(colon):
    _, two = colon[1]
    for limit, tail in ((two.share.lower, 0.025), (two.share.upper, 0.975)):
        logit, total = special.logit(limit), 0.0
        for one in two._components:
            top = one.fit.log_likelihood

            def minus(timing, one=one, logit=logit):
                return -one.model.slope(np.append(logit, timing))[0]

            found = optimize.minimize(minus, one.fit.theta[1:], method="Nelder-Mead",
                                      options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
            fall = np.sqrt(2.0 * max(top + found.fun, 0.0))
            total += one.weight * special.ndtr(np.sign(logit - one.fit.theta[0]) * fall)
        assert_allclose(total, tail, **NUMERICAL)


def test_an_average_is_itself_a_model_of_occult_cancer(colon):
    _, fit = colon[2]
    time = np.array([0.2, 1.0, 2.5])
    share, free = fit.share.value, np.exp(-fit.cumulative_at(time)[0])
    assert_allclose(fit.residual_at(time)[0], 1.0 - (1.0 - share) / free, **SUMMED)
    assert_allclose(fit.residual(0.0)["estimate"], share, **EXACT)
    step = 1e-6
    slope = (fit.cumulative_at(time + step) - fit.cumulative_at(time - step)) / (2 * step)
    assert_allclose(fit.hazard(time)["estimate"], slope[0], **NUMERICAL)
    for frame in (fit.hazard(time), fit.residual(time), fit.cumulative_hazard(time)):
        assert (frame["lower"] < frame["estimate"]).all()
        assert (frame["estimate"] < frame["upper"]).all()


def test_draws_of_an_average_take_one_distribution_each(colon):
    _, fit = colon[2]
    drawn = fit.draws(4000, rng=np.random.default_rng(3))
    k = len(fit._components)
    weights = fit.fits["weight"][fit.fits["weight"] > 0]
    assert set(np.unique(drawn[:, :k])) == {0.0, 1.0}
    error = np.sqrt(weights * (1 - weights) / 4000)
    assert (np.abs(drawn[:, :k].mean(axis=0) - weights) < 4 * error).all()
    left = fit.residual_at([1.0], parameters=drawn)[0, :, 0]
    own = fit.residual([1.0]).iloc[0]
    assert own["lower"] < np.quantile(left, 0.5) < own["upper"]
    # by the delta method the variance within distributions and between them
    theta, covariance = fit.parameters, fit.covariance.to_numpy()
    slope = np.zeros(len(theta))
    for j in range(len(theta)):
        move = np.zeros(len(theta))
        move[j] = 1e-6
        up, down = (fit.residual_at([1.0], parameters=theta + s * move)[0, 0] for s in (1, -1))
        slope[j] = (up - down) / 2e-6
    assert 0.5 < np.sqrt(slope @ covariance @ slope) / left.std() < 2.0


def test_coefficients_and_names_of_an_average(colon):
    _, fit = colon[2]
    frame = fit.coefficients
    assert list(frame)[:3] == ["distribution", "term", "estimate"]
    assert set(frame["term"]) == {"logit_share", "log_scale", "log_shape", "log_sigma"}
    assert len(fit.names) == len(fit.parameters) == len(fit.covariance)
    assert fit.names[0].startswith("weight of")
    assert fit.aic == fit.fits["aic"].min()
    assert "average" in repr(fit)
    with pytest.raises(ArgumentError, match="an average has no one likelihood"):
        fit.log_likelihood_at(fit.parameters)


def test_any_set_of_distributions_is_averaged():
    table = relapses(3)
    fit = occult_cancer(table, distribution=["weibull", "piecewise"], breaks=[0, 1, 2])
    assert list(fit.fits["distribution"]) == ["weibull", "piecewise"]
    one = occult_cancer(table, distribution=["weibull"])
    assert_allclose(one.parameters, quietly(table, distribution="weibull").parameters, **EXACT)
    with pytest.raises(TableError, match="given twice"):
        occult_cancer(table, distribution=["weibull", "weibull"])


def test_an_average_under_covariates_and_a_background():
    rng = np.random.default_rng(5)
    marker = rng.random(1200) < 0.4
    ill = rng.random(1200) < np.where(marker, 0.4, 0.1)
    cancer = np.where(ill, rng.gamma(2.0, 0.4, 1200), rng.exponential(100.0, 1200))
    end = 3 + 3 * rng.random(1200)
    table = {
        "birth": -60.0 * np.ones(1200),
        "exit": np.minimum(cancer, end),
        "event": (cancer < end) * 1,
        "marker": marker * 1,
    }
    rates = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    fit = occult_cancer(table, birth="birth", rates=rates, formula="marker")
    assert fit.averaged
    assert fit.follow_up_suffices
    shares = fit.share
    assert ((shares["lower"] < [0.1, 0.4]) & (shares["upper"] > [0.1, 0.4])).all()
    left = fit.residual([0.5, 1.0], at={"marker": [0, 1]})
    assert (left["lower"] < left["estimate"]).all()
    assert (left["estimate"] < left["upper"]).all()


@pytest.mark.parametrize("events", [0, 1, 2])
def test_of_few_cancers_only_what_they_tell_is_said(events):
    event = pd.Categorical([1] * events + [0] * (50 - events), categories=[0, 1])
    table = pd.DataFrame({"exit": np.linspace(1, 5, 50), "event": event})
    with pytest.warns(ConvergenceWarning, match=f"{events} events? (is|are) too few"):
        fit = occult_cancer(table)
    assert (fit.fits["weight"] > 0).sum() == 1
    assert fit.share.lower < 0.1
    assert fit.share.upper == 1.0
    assert (fit.share.value == 0.0) == (events == 0)
    assert fit.draws(3, rng=np.random.default_rng(1)).shape == (3, len(fit.parameters))


@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0.1, 2), st.floats(0.1, 1)), min_size=2,
             max_size=5),
    st.sampled_from([0.8, 0.95, 0.99]),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_mixed_limits_leave_out_half_of_the_rest_on_either_side(parts, level):
    middle, error, weight = (np.array(part) for part in zip(*parts, strict=True))
    weight /= weight.sum()
    beliefs = [
        belief(np.array([[m]]), np.array([[s]]), level, None)
        for m, s in zip(middle, error, strict=True)
    ]
    low, high = mixed_limits(beliefs, list(weight), level)
    for limit, tail in ((low, 0.5 - level / 2), (high, 0.5 + level / 2)):
        assert_allclose(weight @ special.ndtr((limit[0, 0] - middle) / error), tail, **SUMMED)


def test_one_distribution_has_its_own_limits_and_one_on_its_bound_opens_the_average():
    clear = belief(np.zeros((1, 1)), np.ones((1, 1)), 0.95, None)
    everybody = belief(np.full((1, 1), np.inf), np.ones((1, 1)), 0.95, (-np.inf, np.inf))
    assert_allclose(mixed_limits([clear], [1.0], 0.95), [clear.low, clear.high])
    low, high = mixed_limits([clear, everybody], [0.9, 0.1], 0.95)
    assert_allclose(low, clear.low, **SUMMED)
    assert np.isposinf(high)
    low, high = mixed_limits([clear, everybody], [0.999, 0.001], 0.95)
    assert np.isfinite(high).all()
    assert (high > clear.high).all()


def test_a_distribution_that_fits_far_worse_has_no_weight():
    assert_allclose(akaike_weights([-10.0, -30.0, np.nan], [2, 2, 3]), [1.0, 0.0, 0.0])
    assert_allclose(akaike_weights([-10.0, -9.0], [2, 3]), [0.5, 0.5], **EXACT)


def test_follow_up_by_hand():
    """Events at 1, 2, 3; follow-up 5: two lie within (1, 3], and within [2.52, 3] one."""
    found = sufficiency(np.array([3.0, 1.0, 2.0]), np.ones(3), 10, 5.0, 0.1)
    assert list(found["statistic"]) == [2.0, 1.0, 0.2, 0.1]
    assert_allclose(found["p_value"][:2], [0.8**10, 0.9**10], **EXACT)
    light = sufficiency(np.array([1.0, 4.9]), np.array([1.0, 0.1]), 10, 5.0, 0.1)
    assert_allclose(light["statistic"][0], 1.0, **EXACT)
