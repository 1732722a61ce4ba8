"""Whether one study, small ones or a cohort of several move a pooled ratio, beside metafor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support import reference
from tests.tolerances import CLOSED_FORM, ITERATED, NUMERICAL, STOPPED_EARLY, SUMMED

from paraneo.errors import ParaneoError
from paraneo.incidence import pooled_ratios

EIGHT = {
    "study": list("ABCDEFGH"),
    "observed": [12, 20, 7, 33, 5, 15, 41, 9],
    "expected": [6.7, 18.3, 2.1, 20.5, 1.1, 10.2, 22.9, 9.4],
}
COHORTS = ["u", "u", "v", "w", "w", "x", "y", "z"]
NINE = {
    "study": list("ABCDEFGHI"),
    "observed": [42, 30, 61, 17, 25, 33, 28, 15, 22],
    "expected": [11.7, 10.3, 17.1, 14.5, 18.1, 15.2, 19.9, 14.4, 13.8],
}
THREE_OF_FOUR = ["u", "u", "u", "v", "v", "w", "w", "x", "x"]


@pytest.fixture(scope="module")
def wanted():
    return reference("pooled_checks")


@pytest.fixture(scope="module")
def normal():
    return pooled_ratios(EIGHT, model="normal", test="z")


def test_leaving_one_out_is_that_of_metafor(normal, wanted):
    found = normal.leave_one_out()
    np.testing.assert_allclose(np.log(found["estimate"]), wanted["loo_estimate"], **ITERATED)
    half = np.log(found["upper"] / found["lower"]) / 2 / 1.959963984540054
    np.testing.assert_allclose(half, wanted["loo_se"], **ITERATED)
    np.testing.assert_allclose(found["tau2"], wanted["loo_tau2"], **ITERATED)
    np.testing.assert_allclose(100 * found["i2"], wanted["loo_i2"], **ITERATED)


def test_adding_one_by_one_is_that_of_metafor(normal, wanted):
    found = normal.cumulative()
    np.testing.assert_allclose(np.log(found["estimate"]), wanted["cumul_estimate"], **ITERATED)
    np.testing.assert_allclose(found["tau2"], wanted["cumul_tau2"], **ITERATED)
    half = np.log(found["upper"] / found["lower"]) / 2 / 1.959963984540054
    np.testing.assert_allclose(half, wanted["cumul_se"], **ITERATED)
    back = normal.cumulative(order=range(8, 0, -1))
    assert back["study"].tolist() == list("HGFEDCBA")
    last = back.iloc[-1][["estimate", "lower", "upper"]].to_numpy(float)
    np.testing.assert_allclose(
        last, found.iloc[-1][["estimate", "lower", "upper"]].to_numpy(float), **SUMMED
    )


def test_deletion_diagnostics_are_those_of_metafor(normal, wanted):
    found = normal.influence()
    names = {
        "residual": "rstudent", "dffits": "dffits", "cook": "cook.d",
        "covariance_ratio": "cov.r", "tau2": "tau2.del", "hat": "hat",
    }  # fmt: skip
    for ours, theirs in names.items():
        np.testing.assert_allclose(found[ours], wanted[theirs], **ITERATED, err_msg=ours)
    np.testing.assert_allclose(100 * found["weight"], wanted["weight"], **ITERATED)


def test_asymmetry_is_that_of_metafor(normal, wanted):
    egger, begg = (normal.asymmetry(test).iloc[0] for test in ("egger", "begg"))
    np.testing.assert_allclose(egger[["statistic", "df", "p_value"]].to_list(), wanted["egger"],
                               **CLOSED_FORM)  # fmt: skip
    np.testing.assert_allclose(
        begg[["statistic", "p_value"]].to_list(), wanted["begg"], **CLOSED_FORM
    )
    none = {**EIGHT, "observed": [0, *EIGHT["observed"][1:]]}
    assert pooled_ratios(none).asymmetry()["corrected"].tolist() == [1]


@pytest.mark.parametrize("side", ["left", "right"])
def test_trim_and_fill_is_that_of_metafor(normal, wanted, side):
    """Whose last refit stops early, so that its τ² keeps five digits."""
    found = normal.trim_and_fill(side=side).iloc[0]
    added, beta, error, tau2 = wanted[f"trimfill_{side}"]
    assert found["added"] == added
    np.testing.assert_allclose(np.log(found["estimate"]), beta, **ITERATED)
    half = np.log(found["upper"] / found["lower"]) / 2 / 1.959963984540054
    np.testing.assert_allclose([half, found["tau2"]], [error, tau2], **STOPPED_EARLY)
    assert normal.trim_and_fill()["side"].tolist() == ["left"]


def test_baujat_is_that_of_metafor(normal, wanted):
    found = normal.baujat()
    np.testing.assert_allclose(found["heterogeneity"], wanted["baujat_x"], **ITERATED)
    np.testing.assert_allclose(found["influence"], wanted["baujat_y"], **ITERATED)


def test_all_subsets_are_those_of_metafor(wanted):
    found = pooled_ratios(EIGHT, model="normal", tau="dl", test="z").gosh()
    assert len(found) == 2**8 - 8 - 1
    size, _, _, estimate = wanted["gosh_means"]
    means = [found["studies"].mean(), np.log(found["estimate"]).mean()]
    np.testing.assert_allclose(means, [size, estimate], **SUMMED)


def test_subsets_are_bounded_and_drawn_by_a_stream():
    result = pooled_ratios(EIGHT)
    one, again = (result.gosh(most=50) for _ in range(2))
    assert len(one) == 50
    pd.testing.assert_frame_equal(one, again)
    other = result.gosh(most=50, rng=np.random.default_rng(5))
    assert not one["estimate"].equals(other["estimate"])


def test_a_common_ratio_is_that_of_metafor_and_of_glm(wanted):
    found = pooled_ratios(EIGHT, model="normal", tau="common")
    spread = found.heterogeneity
    got = [np.log(found.estimate.value), found.estimate.std_error, spread.statistic]
    np.testing.assert_allclose(got, wanted["common"], **CLOSED_FORM)
    np.testing.assert_allclose(spread.i2, 1 - 7 / spread.statistic, **CLOSED_FORM)
    np.testing.assert_allclose(found.prediction, [found.estimate.lower, found.estimate.upper])
    assert "tau2 held at 0" in repr(found)
    # R: glm(o ~ 1 + offset(log(e)), poisson): all cases over all expected
    poisson = pooled_ratios(EIGHT, tau="common")
    np.testing.assert_allclose(poisson.estimate.value, 142 / 91.2, **CLOSED_FORM)
    np.testing.assert_allclose(poisson.estimate.std_error, 1 / np.sqrt(142), **SUMMED)
    np.testing.assert_allclose(poisson.log_likelihood, -24.8653535198432, **CLOSED_FORM)
    np.testing.assert_allclose(poisson.heterogeneity.statistic, 13.7583122930759, **CLOSED_FORM)


@pytest.mark.parametrize(("table", "cohorts", "name"), [
    (EIGHT, COHORTS, "robust"), (NINE, THREE_OF_FOUR, "nested_robust"),
])  # fmt: skip
def test_robust_errors_are_those_of_metafor(wanted, table, cohorts, name):
    result = pooled_ratios(table, model="normal", test="z")
    row = result.clustered(cohorts).iloc[0]
    got = row[["estimate", "std_error", "df"]].to_list()
    np.testing.assert_allclose(got, wanted[name][:3], **ITERATED)
    if name == "robust":
        np.testing.assert_allclose(row[["lower", "upper"]].to_list(), wanted[name][3:], **ITERATED)


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_cohorts_and_their_sites_have_the_variances_of_metafor(wanted, method):
    """Whose search over two variances stops at six digits of them."""
    result = pooled_ratios(NINE, model="normal", tau=method.lower(), test="z")
    row = result.clustered(THREE_OF_FOUR, method="nested").iloc[0]
    beta, error, between, within, height = wanted[f"nested_{method}"]
    np.testing.assert_allclose(row["log_likelihood"], height, **CLOSED_FORM)
    np.testing.assert_allclose(row["estimate"], beta, **ITERATED)
    np.testing.assert_allclose(row["std_error"], error, **ITERATED)
    np.testing.assert_allclose(row[["between", "within"]].to_list(), [between, within], **NUMERICAL)


def test_each_study_its_own_cohort_is_the_usual_model(normal):
    row = normal.clustered(list("ABCDEFGH"), method="nested").iloc[0]
    np.testing.assert_allclose(row["between"] + row["within"], normal.tau2.value, **NUMERICAL)
    np.testing.assert_allclose(row["log_likelihood"], normal.log_likelihood, **SUMMED)


def test_leaving_one_out_of_a_poisson_model_is_pooling_the_others():
    found = pooled_ratios(EIGHT).leave_one_out()
    rest = pooled_ratios(pd.DataFrame(EIGHT).drop(index=3)).estimate
    row = found.iloc[3][["estimate", "lower", "upper"]].to_list()
    np.testing.assert_allclose(row, [rest.value, rest.lower, rest.upper], **ITERATED)


def test_studies_without_a_case_come_first():
    table = {"study": list("ABCD"), "observed": [0, 0, 4, 9], "expected": [1.1, 2.0, 1.5, 3.0]}
    found = pooled_ratios(table).cumulative()
    assert found["estimate"].tolist()[:2] == [0, 0]
    # exact: −ln(0.025) over all that were expected
    np.testing.assert_allclose(found["upper"][:2], 3.6888794541139363 / np.array([1.1, 3.1]))
    assert not found.isna().any().any()
    assert (found["lower"] < found["upper"]).all()
    only = {"study": list("ABC"), "observed": [0, 0, 9], "expected": [1.1, 2.0, 3.0]}
    with pytest.raises(ParaneoError, match="all cases are in one study"):
        pooled_ratios(only).leave_one_out()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda r: r.trim_and_fill(), "belongs to the normal model"),
        (lambda r: r.clustered(COHORTS), "belongs to the normal model"),
        (lambda r: r.baujat(), "belongs to the normal model"),
        (lambda r: r.asymmetry("peters"), "no option 'peters'"),
        (lambda r: r.cumulative(order=[1, 2]), "Give one for all 8"),
        (lambda r: r.gosh(most=0), "no whole number of subsets"),
    ],
)
def test_what_cannot_be_asked_is_said(ask, words):
    with pytest.raises(ParaneoError, match=words):
        ask(pooled_ratios(EIGHT))


def test_cohorts_are_one_a_study(normal):
    with pytest.raises(ParaneoError, match="names 3 cohorts for 8 studies"):
        normal.clustered([1, 2, 3])
    with pytest.raises(ParaneoError, match="there are 1 cohorts for 1 coefficients"):
        normal.clustered(["one"] * 8)


def test_two_studies_are_too_few_to_leave_one_out():
    two = pooled_ratios(pd.DataFrame(EIGHT)[:2], model="normal", test="z")
    for ask in (two.leave_one_out, two.influence, two.asymmetry, two.baujat, two.trim_and_fill):
        with pytest.raises(ParaneoError, match=r"two studies|2 studies"):
            ask()
