"""Pooled ratios against metafor and an integrated likelihood, laws, evidence and bad input."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from tests.support import reference
from tests.tolerances import (
    CLOSED_FORM,
    COARSE,
    CONVERGED,
    EXACT,
    ITERATED,
    NUMERICAL,
    PRINTED,
    SUMMED,
)

from paraneo import evidence, pooled_ratios
from paraneo.errors import TableError
from paraneo.incidence.published._marginal import marginal
from paraneo.incidence.published._poisson_normal import as_data, fit_poisson_normal, slopes
from paraneo.numerics.random_effects import fit_normal, q_profile

CASES = reference("sir_meta")
SETS = ("nickel", "nielweise", "four")
#: How far the integrals of the reference are taken.
QUAD = {"epsabs": 0, "epsrel": 1e-11, "limit": 400}
CLOSED, SEARCHED = ("dl", "he"), ("reml", "ml", "pm", "sj", "eb")
FOUR = {
    "study": ["A", "B", "C", "D"],
    "observed": [12, 20, 7, 33],
    "expected": [6.7, 18.3, 2.1, 20.5],
}
COUNTS = st.lists(
    st.tuples(st.integers(0, 60), st.floats(0.1, 40.0)), min_size=2, max_size=7
).filter(lambda rows: sum(o for o, _ in rows) > 0)


def table(case, **more):
    labels = [f"study {i}" for i in range(len(case["observed"]))]
    return {"study": labels, "observed": case["observed"], "expected": case["expected"]} | more


def as_table(rows):
    observed, expected = zip(*rows, strict=True)
    return table({"observed": list(observed), "expected": list(expected)})


def within(tau):
    return CLOSED_FORM if tau in CLOSED else CONVERGED


@pytest.mark.parametrize("tau", [*CLOSED, *SEARCHED])
@pytest.mark.parametrize("test", ["z", "t", "hk"])
@pytest.mark.parametrize("name", SETS)
def test_normal_model_matches_metafor(name, test, tau):
    case = CASES[name]
    peer = case[tau if test == "z" else f"{tau}_{test}"]
    found = pooled_ratios(table(case), model="normal", tau=tau, test=test)
    near = within(tau)
    np.testing.assert_allclose(found.tau2.value, peer["tau2"], **near)
    ours = [found.estimate.value, found.estimate.lower, found.estimate.upper, *found.prediction]
    theirs = [peer["mean"], peer["lower"], peer["upper"], *peer["prediction"]]
    np.testing.assert_allclose(np.log(ours), theirs, **near)
    np.testing.assert_allclose(found.estimate.std_error, peer["std_error"], **near)
    np.testing.assert_allclose(
        [found.heterogeneity.i2, found.heterogeneity.h2], [peer["i2"], peer["h2"]], **near
    )
    np.testing.assert_allclose(
        [found.heterogeneity.statistic, found.heterogeneity.p_value],
        [peer["q"], peer["q_p"]],
        **near,
    )
    wanted = peer["reml" if tau == "reml" else "ml"]
    np.testing.assert_allclose(found.log_likelihood, wanted, **near)
    assert found.convergence.reached


@pytest.mark.parametrize("name", SETS)
def test_q_profile_matches_metafor(name):
    case = CASES[name]
    found = pooled_ratios(table(case), model="normal").tau2
    np.testing.assert_allclose([found.lower, found.upper], case["q_profile"], **CONVERGED)


@pytest.mark.parametrize("name", SETS)
def test_poisson_model_matches_an_integrated_likelihood(name):
    case = CASES[name]
    peer = case["poisson"]
    found = pooled_ratios(table(case))
    ours = [np.log(found.estimate.value), found.estimate.std_error, found.tau2.value]
    np.testing.assert_allclose(ours, [peer["mean"], peer["std_error"], peer["tau2"]], **NUMERICAL)
    np.testing.assert_allclose(found.log_likelihood, peer["log_likelihood"], **SUMMED)


@pytest.mark.parametrize("name", SETS)
def test_poisson_model_is_near_seven_node_glmer(name):
    case = CASES[name]
    found = pooled_ratios(table(case), nodes=7)
    peer = case["glmm"]
    ours = [np.log(found.estimate.value), found.tau2.value]
    np.testing.assert_allclose(ours, [peer["mean"], peer["tau2"]], **COARSE)
    np.testing.assert_allclose(found.heterogeneity.statistic, peer["q_lr"], **ITERATED)


def test_studies_without_a_case_are_taken_as_they_are():
    case = CASES["zeros"]
    found = pooled_ratios(table(case))
    peer = case["poisson"]
    ours = [np.log(found.estimate.value), found.estimate.std_error, found.tau2.value]
    np.testing.assert_allclose(ours, [peer["mean"], peer["std_error"], peer["tau2"]], **NUMERICAL)
    halves = pooled_ratios(table(case, half=case["half"]), formula="~ half")
    peer = case["poisson_by_half"]
    coefficients = halves.coefficients
    np.testing.assert_allclose(coefficients["estimate"], peer["mean"], **NUMERICAL)
    np.testing.assert_allclose(coefficients["std_error"], peer["std_error"], **NUMERICAL)
    np.testing.assert_allclose(halves.tau2.value, peer["tau2"], **NUMERICAL)


@pytest.mark.parametrize(
    ("tau", "test", "key"),
    [
        ("reml", "z", "reml"),
        ("reml", "hk", "reml_hk"),
        ("pm", "z", "pm"),
        ("sj", "z", "sj"),
        ("he", "z", "he"),
    ],
)
def test_regression_on_a_covariate_matches_metafor(tau, test, key):
    case = CASES["nickel_trend"]
    data = table(CASES["nickel"], exposure=case["exposure"])
    found = pooled_ratios(data, model="normal", tau=tau, test=test, formula="~ exposure")
    peer = case[key]
    np.testing.assert_allclose(found.coefficients["estimate"], peer["mean"], **CONVERGED)
    np.testing.assert_allclose(found.coefficients["std_error"], peer["std_error"], **CONVERGED)
    np.testing.assert_allclose(found.tau2.value, peer["tau2"], **CONVERGED)
    tested = found.tests().loc[1, ["statistic", "p_value"]].astype(float)
    np.testing.assert_allclose(tested, peer["tested"], **ITERATED)


def test_poisson_regression_matches_an_integrated_likelihood():
    case = CASES["nickel_trend"]
    data = table(CASES["nickel"], exposure=case["exposure"])
    found = pooled_ratios(data, formula="~ exposure")
    peer = case["poisson"]
    np.testing.assert_allclose(found.coefficients["estimate"], peer["mean"], **NUMERICAL)
    np.testing.assert_allclose(found.coefficients["std_error"], peer["std_error"], **NUMERICAL)
    np.testing.assert_allclose(found.tau2.value, peer["tau2"], **NUMERICAL)
    np.testing.assert_allclose(found.log_likelihood, peer["log_likelihood"], **SUMMED)


def test_printed_values_of_four_studies():
    found = pooled_ratios(FOUR, test="z")
    ratios = [found.estimate.value, found.estimate.lower, found.estimate.upper]
    np.testing.assert_allclose(ratios, [1.5289766, 1.151088, 2.030922], **PRINTED[6])
    np.testing.assert_allclose(found.tau2.value, 0.0098384, **PRINTED[6])
    np.testing.assert_allclose(found.log_likelihood, -12.256662, **PRINTED[6])
    for tau, wanted in {
        "dl": (1.665034, 1.147091, 2.416843, 0.0785105),
        "reml": (1.668736, 1.141033, 2.440492, 0.0840598),
    }.items():
        found = pooled_ratios(FOUR, model="normal", tau=tau, test="z")
        ours = [found.estimate.value, found.estimate.lower, found.estimate.upper]
        np.testing.assert_allclose([*ours, found.tau2.value], wanted, **PRINTED[4])
    np.testing.assert_allclose(found.heterogeneity.statistic, 6.818665, **PRINTED[6])
    assert round(100 * pooled_ratios(FOUR, model="normal", tau="dl").heterogeneity.i2, 1) == 56.0
    found = pooled_ratios(FOUR, model="normal", tau="pm")
    np.testing.assert_allclose(found.estimate.value, 1.685254, **PRINTED[4])
    np.testing.assert_allclose(found.tau2.value, 0.1131429, **PRINTED[4])
    found = pooled_ratios(FOUR, model="normal", test="hk")
    ours = [found.estimate.lower, found.estimate.upper, *found.prediction]
    np.testing.assert_allclose(ours, [0.857793, 3.246333, 0.534963, 5.205376], **PRINTED[3])


def test_intervals_are_by_t_and_in_the_normal_model_by_hartung_and_knapp_bounded():
    for model, test in {"poisson": "t", "normal": "hk-bounded"}.items():
        usual, named = pooled_ratios(FOUR, model=model), pooled_ratios(FOUR, model=model, test=test)
        assert usual.test == test
        pd.testing.assert_frame_equal(usual.summary(), named.summary())


def test_two_studies_worked_by_hand():
    # y = 0 and log 4, variances 1/4: DerSimonian-Laird on paper.
    data = {"study": ["a", "b"], "observed": [4, 4], "expected": [4.0, 1.0]}
    found = pooled_ratios(data, model="normal", tau="dl", test="z")
    gap = np.log(4.0)
    q = 4 * 2 * (gap / 2) ** 2
    tau2 = (q - 1) / (8 - 32 / 8)
    np.testing.assert_allclose(found.estimate.value, 2.0, **EXACT)
    np.testing.assert_allclose(found.heterogeneity.statistic, q, **EXACT)
    np.testing.assert_allclose(found.tau2.value, tau2, **EXACT)
    np.testing.assert_allclose(found.estimate.std_error**2, (0.25 + tau2) / 2, **EXACT)


@pytest.mark.parametrize("count", [0, 1, 10, 400])
@pytest.mark.parametrize("v", [1e-6, 0.1, 1.0, 4.0])
def test_probability_of_a_count_is_its_integral(count, v):
    eta, tau = 0.5, v**0.5

    def f(u):
        return stats.poisson.pmf(count, np.exp(eta + tau * u)) * stats.norm.pdf(u)

    log_mean = np.log(max(count, 0.5))
    top = optimize.minimize_scalar(
        lambda u: -stats.poisson.logpmf(count, np.exp(eta + tau * u)) + u * u / 2,
        bounds=(-40.0, (log_mean + 3 - eta) / tau),
        method="bounded",
    ).x
    ends = top + np.array([-12, -4, -1, 0, 1, 4, 12])
    pieces = [integrate.quad(f, a, b, **QUAD)[0] for a, b in itertools.pairwise(ends)]
    found = marginal(np.array(float(count)), np.array(eta), np.array(v), 61).log_likelihood
    if sum(pieces) > 1e-280:  # below that the integrand itself underflows
        np.testing.assert_allclose(found, np.log(sum(pieces)), **CONVERGED)


@pytest.mark.parametrize("v", [0.05, 0.9, 5.0])
def test_derivatives_are_those_of_the_log_probability(v):
    count, eta, step = np.array([0.0, 2.0, 30.0]), np.array([0.3, 1.0, 2.5]), 1e-5

    def at(shift, rise):
        return marginal(count, eta + shift, np.array(v + rise), 121)

    here = at(0, 0)
    up, down, more, less = at(step, 0), at(-step, 0), at(0, step), at(0, -step)
    for whole, part in (("log_likelihood", "eta"), ("eta", "eta_eta"), ("v", "eta_v")):
        slope = (getattr(up, whole) - getattr(down, whole)) / (2 * step)
        np.testing.assert_allclose(slope, getattr(here, part), **NUMERICAL)
    for whole, part in (("log_likelihood", "v"), ("eta", "eta_v"), ("v", "v_v")):
        slope = (getattr(more, whole) - getattr(less, whole)) / (2 * step)
        np.testing.assert_allclose(slope, getattr(here, part), **NUMERICAL)
    rough = marginal(count, eta, np.array(v), 121, in_v=False)
    np.testing.assert_allclose(rough.eta_eta, here.eta_eta, **ITERATED)
    np.testing.assert_allclose(rough.eta, here.eta, **ITERATED)


def random_sets(number, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 11, number)
    expected = np.exp(rng.normal(0.5, 1.3, (number, 10)))
    tau = rng.choice([0.0, 0.3, 1.0, 2.0], number)[:, None]
    mean = rng.choice([-2.0, 0.0, 1.5], number)[:, None]
    observed = rng.poisson(expected * np.exp(mean + tau * rng.normal(size=expected.shape)))
    present = np.arange(10) < sizes[:, None]
    observed = np.where(present, observed, 0).astype(np.float64)
    some = observed.sum(axis=1) > 0
    return observed[some], expected[some], present[some]


def test_two_thousand_small_meta_analyses_end_in_an_optimum():
    observed, expected, present = random_sets(2200, seed=7)
    assert len(observed) > 2000
    fit = fit_poisson_normal(observed, expected, np.ones((10, 1)), present=present)
    assert fit.reached.all()
    assert np.isfinite(fit.covariance).all()
    assert (fit.tau2 >= 0).all()
    assert 0.2 < (fit.tau2 == 0).mean() < 0.8


def test_a_sample_of_them_is_the_best_a_brute_search_finds():
    observed, expected, present = (part[:25] for part in random_sets(40, seed=8))
    fit = fit_poisson_normal(observed, expected, np.ones((10, 1)), present=present, nodes=121)
    data = as_data(observed, expected, np.ones((10, 1)), present)
    for i in range(len(observed)):
        one = data.rows(np.array([i]))

        def loss(p, one=one):
            v = np.array([np.exp(min(p[1], 5.0))])
            return -slopes(one, np.array([[p[0]]]), v, 121, in_v=False).value[0]

        start = fit.mean[i, 0]
        found = min(
            optimize.minimize(loss, [start + a, b], method="Nelder-Mead").fun
            for a, b in ((0.0, -5.0), (0.5, -1.0), (-1.0, 1.5))
        )
        assert -found <= fit.log_likelihood[i] + NUMERICAL["rtol"]


def test_many_at_once_are_what_each_is_alone():
    observed, expected, present = (part[:30] for part in random_sets(40, seed=9))
    fit = fit_poisson_normal(observed, expected, np.ones((10, 1)), present=present)
    y = np.where(present, np.log((observed + 0.5) / expected), 0.0)
    v = np.where(present, 1.0 / (observed + 0.5), np.inf)
    normal, limits = fit_normal(y, v, np.ones((10, 1))), q_profile(y, v, np.ones((10, 1)), 0.95)
    for i in range(len(observed)):
        on = present[i]
        ones = np.ones((on.sum(), 1))
        alone = fit_poisson_normal(observed[i : i + 1, on], expected[i : i + 1, on], ones)
        np.testing.assert_allclose(alone.mean[0], fit.mean[i], **ITERATED)
        np.testing.assert_allclose(alone.tau2[0], fit.tau2[i], **ITERATED)
        single = fit_normal(y[i : i + 1, on], v[i : i + 1, on], ones)
        np.testing.assert_allclose(single.tau2[0], normal.tau2[i], **ITERATED)
        np.testing.assert_allclose(single.log_likelihood[0], normal.log_likelihood[i], **SUMMED)
        upper = q_profile(y[i : i + 1, on], v[i : i + 1, on], ones, 0.95).upper[0]
        np.testing.assert_allclose(upper, limits.upper[i], **ITERATED)


@given(st.integers(1, 80), st.floats(0.2, 50.0), st.integers(2, 6), st.sampled_from(SEARCHED))
@settings(max_examples=25)
def test_identical_studies_give_their_common_ratio(observed, expected, number, tau):
    rows = as_table([(observed, expected)] * number)
    for found in (pooled_ratios(rows), pooled_ratios(rows, model="normal", tau=tau)):
        np.testing.assert_allclose(found.estimate.value, observed / expected, **SUMMED)
        assert found.tau2.value == 0
        assert found.convergence.reached
        assert found.convergence.at_boundary == ("tau2",)
        assert found.estimate.lower < found.estimate.value < found.estimate.upper


@given(COUNTS, st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_order_of_studies_never_matters(rows, random):
    mixed = random.sample(rows, len(rows))
    one, other = pooled_ratios(as_table(rows)), pooled_ratios(as_table(mixed))
    np.testing.assert_allclose(other.estimate.value, one.estimate.value, **ITERATED)
    np.testing.assert_allclose(other.tau2.value, one.tau2.value, **ITERATED)


@given(COUNTS, st.floats(1e-3, 1e3))
@settings(max_examples=25)
def test_unit_of_expected_scales_the_ratio_alone(rows, unit):
    one = pooled_ratios(as_table(rows))
    other = pooled_ratios(as_table([(o, e * unit) for o, e in rows]))
    np.testing.assert_allclose(other.estimate.value * unit, one.estimate.value, **ITERATED)
    np.testing.assert_allclose(other.tau2.value, one.tau2.value, **ITERATED)
    np.testing.assert_allclose(other.log_likelihood, one.log_likelihood, **SUMMED)


@given(COUNTS)
@settings(max_examples=25)
def test_no_small_meta_analysis_ends_in_a_warning_or_a_nan(rows):
    found = pooled_ratios(as_table(rows))
    assert found.convergence.reached
    assert (found.tau2.value == 0) == ("tau2" in found.convergence.at_boundary)
    numbers = [found.estimate.lower, found.estimate.value, found.estimate.upper]
    assert np.isfinite(numbers).all()
    assert found.tau2.lower <= found.tau2.value <= found.tau2.upper
    assert found.prediction.lower <= found.estimate.lower <= found.estimate.upper
    assert found.estimate.upper <= found.prediction.upper


def test_profile_limits_of_tau2_lie_where_the_likelihood_has_fallen():
    case = CASES["nickel"]
    found = pooled_ratios(table(case))
    data = as_data(
        np.array([case["observed"]], dtype=float),
        np.array([case["expected"]]),
        np.ones((16, 1)),
        None,
    )
    for limit in (found.tau2.lower, found.tau2.upper):
        best = optimize.minimize_scalar(
            lambda b, v=limit: -slopes(data, np.array([[b]]), np.array([v]), 61).value[0],
            bounds=(0, 4),
            method="bounded",
            options={"xatol": 1e-10},
        )
        fall = 2 * (found.log_likelihood + best.fun)
        np.testing.assert_allclose(fall, stats.chi2.isf(0.05, 1), **ITERATED)


def test_limits_by_t_stretch_those_of_the_normal_law():
    z, t = (pooled_ratios(FOUR, test=test) for test in ("z", "t"))
    stretch = stats.t.isf(0.025, 3) / stats.norm.isf(0.025)
    for one in ("lower", "upper"):
        near, far = (np.log(getattr(x.estimate, one) / x.estimate.value) for x in (z, t))
        np.testing.assert_allclose(far, stretch * near, **EXACT)
        near, far = (np.log(getattr(x.prediction, one) / x.estimate.value) for x in (z, t))
        np.testing.assert_allclose(far, stretch * near, **EXACT)
    assert t.estimate.std_error == z.estimate.std_error
    assert t.coefficients["p_value"][0] > z.coefficients["p_value"][0]
    assert t.estimate.method == "Poisson-normal, t"


def test_bounded_hartung_knapp_is_never_narrower_than_z():
    close = {"study": ["a", "b", "c"], "observed": [50, 50, 51], "expected": [10.0, 10.1, 10.0]}
    z, plain, bounded = (
        pooled_ratios(close, model="normal", test=test) for test in ("z", "hk", "hk-bounded")
    )
    assert plain.estimate.std_error < z.estimate.std_error == bounded.estimate.std_error
    assert bounded.estimate.upper > z.estimate.upper


def test_hartung_knapp_of_identical_studies_knows_the_ratio_for_certain():
    data = {"study": list("abc"), "observed": [5, 5, 5], "expected": [1, 1, 1]}
    found = pooled_ratios(data, model="normal", test="hk")
    np.testing.assert_allclose([found.estimate.lower, found.estimate.upper], 5.0, **ITERATED)
    assert found.coefficients["p_value"][0] < 1e-6


def test_higgins_prediction_of_two_studies_knows_no_bounds():
    data = {"study": ["a", "b"], "observed": [5, 9], "expected": [2.0, 2.0]}
    found = pooled_ratios(data, prediction="higgins").prediction
    assert (found.lower, found.upper) == (0.0, np.inf)


def test_subgroups_share_one_tau2_and_are_shown_each(as_frame):
    rows = FOUR | {"group": ["x", "x", "y", "y"]}
    found = pooled_ratios(as_frame(rows), formula="~ group")
    shown = found.summary().set_index("study")
    assert "pooled, x" in shown.index
    at = found.ratios(at=as_frame({"group": ["y", "x"]}))
    separate = pooled_ratios(as_frame(rows), formula="~ 0 + group").coefficients
    np.testing.assert_allclose(at["estimate"], separate["ratio"][::-1], **CONVERGED)
    np.testing.assert_allclose(at["lower"], separate["ratio_lower"][::-1], **ITERATED)
    pooled = shown[shown["kind"] == "pooled"]
    np.testing.assert_allclose(pooled["estimate"], separate["ratio"], **CONVERGED)
    with pytest.raises(TableError, match="cannot be applied"):
        found.ratios(at={"group": ["z"]})


def dermatomyositis():
    rows = evidence.load("sir_overall")
    kept = (rows["measure"] == "SIR") & (rows["population"] == "DM") & rows["ci_high"].notna()
    return rows[kept & ~rows["country"].str.contains("one centre")]


def test_dermatomyositis_with_and_without_the_misprinted_limits():
    rows = dermatomyositis()
    chen = rows["study"] == "Chen 2010"
    counted = pooled_ratios(rows)
    without = pooled_ratios(rows[~chen])
    trusted = pooled_ratios(rows, observed=None)
    frame = trusted.studies.set_index("study")
    assert frame.loc["Chen 2010", "observed"] > 9000
    assert counted.studies.set_index("study").loc["Chen 2010", "observed"] == 95
    # A common ratio would give the misprint nearly all the weight; τ² keeps it at a third.
    share = frame["observed"] / frame["observed"].sum()
    assert share["Chen 2010"] > 0.97
    assert 5 < counted.estimate.value < without.estimate.value < 6
    for result in (counted, without):
        assert result.estimate.lower < 5.5 < result.estimate.upper
    assert without.estimate.upper > counted.estimate.upper


def test_ways_to_give_a_study_say_what_they_assume():
    data = {
        "study": list("abcdefg"),
        "observed": [50, 50, None, None, None, None, 0],
        "expected": [6.4935, None, 6.4935, None, None, None, None],
        "sir": [None, 7.7, 7.7, 7.7, 6.2, 9.17, 0.0],
        "ci_low": [None, None, None, 5.7151, 3.9, None, None],
        "ci_high": [None, None, None, 10.1515, 10.0, 15.93, 1.8444],
    }
    frame = pooled_ratios(data).studies.set_index("study")
    np.testing.assert_array_equal(frame["observed"], [50, 50, 50, 50, 17, 12, 0])
    np.testing.assert_allclose(frame.loc[list("abcd"), "expected"], 6.4935, **PRINTED[3])
    np.testing.assert_allclose(frame.loc["e", "estimate"], 6.2, **EXACT)
    np.testing.assert_allclose(frame.loc["g", "expected"], 2.0, **PRINTED[3])
    words = frame["assumption"]
    assert words["a"] == "observed and expected as given"
    assert words["b"] == "expected = observed / ratio"
    assert words["c"] == "observed = expected × ratio, rounded"
    assert "exact Poisson" in words["d"]
    assert "log-Wald" in words["e"]
    assert "upper limit" in words["f"]
    assert words["g"].startswith("no case")


def test_log_normal_limits_give_the_normal_model_their_own_variance():
    data = {"study": ["a", "b"], "sir": [6.2, 3.0], "ci_low": [3.9, 2.0], "ci_high": [10.0, 4.5]}
    found = pooled_ratios(data, model="normal", tau="dl", published_interval="log-wald")
    z = stats.norm.isf(0.025)
    v = (np.log([10 / 3.9, 4.5 / 2.0]) / (2 * z)) ** 2
    np.testing.assert_allclose(1 / found.studies["observed"], v, **EXACT)


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        ({"observed": [3], "expected": [1.0]}, {}, "fewer than two studies"),
        ({"observed": [3, 2.5], "expected": [1.0, 2.0]}, {}, "'observed' at row 1: count is not"),
        ({"observed": [0, 0], "expected": [1.0, 2.0]}, {}, "no study has a case"),
        ({"observed": [0, 4], "expected": [1.0, 2.0]}, {"model": "normal"}, "row 0: a study with"),
        ({"sir": [2, 3], "ci_low": [1, 4], "ci_high": [4, 5]}, {}, "'ci_low' at row 1: limits"),
        (
            {"sir": [2, 3], "ci_low": [1, 2]},
            {},
            "'sir' at rows 0, 1: the row has too little information",
        ),
        ({"sir": [9, 3], "observed": [3, 3], "expected": [1, 1]}, {}, "ratio is not observed"),
        ({"sir": [0, 3], "observed": [3, 3]}, {}, "one is 0 and the other is not"),
        ({"observed": [3, 2], "expected": [1, 2]}, {"test": "hk"}, "belongs to the normal model"),
        ({"observed": [3, 2], "expected": [1, 2]}, {"tau": "remel"}, "Did you mean 'reml'?"),
        ({"observed": [3, 2], "expected": [1, 2]}, {"nodes": 0}, "not a whole number of 1 or more"),
        ({"observed": [3, 2], "expected": [1, 2], "x": [1, 1]}, {"formula": "~x"}, "same in every"),
        ({"observed": [3, 2], "expected": [1, 2], "x": [1, 2]}, {"formula": "~x"}, "cannot carry"),
        (
            {"observed": [0, 0, 3, 2], "expected": [1, 2, 1, 1], "x": list("aabb")},
            {"formula": "~x"},
            "sets apart studies none of which has a case",
        ),
        (
            {
                "observed": [1, 2, 3, 2],
                "expected": [1, 2, 1, 1],
                "x": [1, 2, 3, 5],
                "y": [2, 4, 6, 10],
            },
            {"formula": "~ x + y"},
            "collinear: y",
        ),
    ],
)
def test_unusable_studies_are_refused_with_row_and_cure(data, options, words):
    rows = {"study": [f"s{i}" for i in range(len(next(iter(data.values()))))]} | data
    with pytest.raises(TableError) as caught:
        pooled_ratios(rows, **options)
    assert words in str(caught.value)


def test_a_study_in_two_rows_is_refused_with_three_cures():
    with pytest.raises(TableError, match="'study' at rows 0, 1: a study stands in more than one"):
        pooled_ratios({"study": ["a", "a"], "observed": [3, 2], "expected": [1, 2]})


def test_zero_counts_on_both_sides_of_a_covariate_can_be_fitted():
    data = {"observed": [0, 4, 0], "expected": [1.0, 2.0, 1.0], "x": [-1.0, 0.0, 1.0]}
    found = pooled_ratios({"study": list("abc")} | data, formula="~ x")
    np.testing.assert_allclose(found.coefficients["estimate"][1], 0.0, **ITERATED)


def test_plots_draw_every_kind_of_row():
    import matplotlib.pyplot as plt

    rows = FOUR | {"group": ["x", "x", "y", "y"]}
    axes = pooled_ratios(rows, formula="~ group").plot()
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert labels[-4:] == ["pooled, x", "pooled, y", "prediction, x", "prediction, y"]
    rates = pooled_ratios(table(CASES["nielweise"])).plot()
    assert rates.get_xlim()[1] < 1
    plt.close("all")


def test_text_says_what_was_pooled_and_how_the_search_ended():
    shown = repr(pooled_ratios(FOUR))
    for part in ("4 studies", "Poisson-normal, t", "tau2 0.009838", "reached an optimum"):
        assert part in shown
    summary = pooled_ratios(FOUR).summary()
    assert summary["kind"].tolist() == ["study"] * 4 + ["pooled", "prediction"]
    assert isinstance(summary, pd.DataFrame)
