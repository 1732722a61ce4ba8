"""Pooled accuracy: reference cases, laws, many small meta-analyses, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import gammaln, logit
from tests.support import HERE, bivariate_by_grid, reference, shared_folder, shared_reference
from tests.tolerances import (
    CLOSED_FORM,
    COARSE,
    EXACT,
    ITERATED,
    NUMERICAL,
    PRINTED,
    STOPPED_EARLY,
    SUMMED,
)

from paraneo.accuracy import pooled_accuracy, pooled_accuracy_batch
from paraneo.errors import InputError, TableError

CELLS = ["tp", "fp", "fn", "tn"]
SMALL = {"tp": [18, 31, 9, 44], "fp": [4, 9, 0, 12], "fn": [6, 5, 1, 21], "tn": [70, 88, 35, 140]}


def kearon():
    return pd.read_csv(HERE / "reference" / "kearon" / "data.csv")


def shared(name):
    table = pd.read_csv(shared_folder("E1_dta") / "data.csv")
    table.columns = table.columns.str.lower()
    return table[table["dataset"] == name], shared_reference("E1_dta")[name]


# ---------------------------------------------------------------- what others computed


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_normal_model_agrees_with_metafor(method):
    expected = reference("kearon")[method]
    got = pooled_accuracy(kearon(), model="normal", method=method, correction="all")
    np.testing.assert_allclose(got.mean, expected["mean"], **ITERATED)
    np.testing.assert_allclose(got.mean_covariance, expected["covariance"], **ITERATED)
    np.testing.assert_allclose(got.between_study, expected["between_study"], **NUMERICAL)
    np.testing.assert_allclose(got.log_likelihood, expected["log_likelihood"], **SUMMED)
    assert got.convergence.largest_gradient < 1e-6
    assert "0.5 was added to each cell of 16 of 16 studies" in repr(got)


def test_one_node_is_the_laplace_fit_of_lme4():
    expected = reference("kearon")["laplace"]
    got = pooled_accuracy(kearon(), nodes=1)
    np.testing.assert_allclose(got.mean, expected["mean"], **STOPPED_EARLY)
    np.testing.assert_allclose(got.between_study, expected["between_study"], **STOPPED_EARLY)
    np.testing.assert_allclose(got.mean_covariance, expected["covariance"], **COARSE)
    np.testing.assert_allclose(got.log_likelihood, expected["log_likelihood"], **ITERATED)
    assert pooled_accuracy(kearon()).log_likelihood > got.log_likelihood


def check_normal_model_beside_mada(name, method):
    table, expected = shared(name)
    expected = expected[method]
    sign = np.array([1, -1])  # their second logit is that of the false positive rate
    got = pooled_accuracy(table, model="normal", method=method, correction="all")
    np.testing.assert_allclose(got.mean * sign, list(expected["mu_logit"].values()), **ITERATED)
    turn = np.outer(sign, sign)
    np.testing.assert_allclose(got.mean_covariance * turn, expected["vcov_mu"], **ITERATED)
    np.testing.assert_allclose(got.between_study * turn, expected["Psi"], **NUMERICAL)
    theirs = expected[f"loglik_{method}_of_logits_at_estimates"]
    ours = got.log_likelihood - (np.log(len(table)) if method == "reml" else 0)  # ½ log|X'X|
    np.testing.assert_allclose(ours, theirs, **SUMMED)
    hsroc = expected["hsroc_mada"]
    np.testing.assert_allclose(
        [got.hsroc.threshold, got.hsroc.accuracy, got.hsroc.shape],
        [hsroc["Theta"], hsroc["Lambda"], hsroc["beta"]],
        **NUMERICAL,
    )
    np.testing.assert_allclose(
        [got.hsroc.threshold_variance, got.hsroc.accuracy_variance],
        [hsroc["sigma2theta"], hsroc["sigma2alpha"]],
        **NUMERICAL,
    )
    rate = np.arange(1, 100) / 100
    height = got.sroc(rate)["sensitivity"]
    # they stop at 0.01 and 0.99 and divide by 0.99
    area = np.trapezoid(height, rate) / 0.99
    np.testing.assert_allclose(area, expected["AUC_mada_ruttergatsonis"], **NUMERICAL)


def check_laplace_fit_beside_lme4(name):
    table, expected = shared(name)
    expected = expected["glmm_laplace"]
    got = pooled_accuracy(table, nodes=1)
    np.testing.assert_allclose(got.mean, list(expected["mu_logit"].values()), **STOPPED_EARLY)
    np.testing.assert_allclose(got.between_study, expected["Sigma"], **STOPPED_EARLY)
    np.testing.assert_allclose(got.log_likelihood, expected["loglik"], **ITERATED)


def check_exact_likelihood_of_auditc(nodes):
    table, _ = shared("AuditC")
    got = pooled_accuracy(table, nodes=nodes)
    np.testing.assert_allclose(got.log_likelihood, -122.74671, **PRINTED[5])
    np.testing.assert_allclose(got.sensitivity.value, 0.924932, **PRINTED[6])
    np.testing.assert_allclose(got.specificity.value, 0.781819, **PRINTED[6])
    tau = np.sqrt(np.diag(got.between_study))
    np.testing.assert_allclose(tau, [1.61639, 0.61774], **PRINTED[5])
    np.testing.assert_allclose(got.between_study[0, 1] / tau.prod(), -0.81540, **PRINTED[5])
    assert got.quadrature.nodes == nodes
    assert got.convergence.largest_gradient < 1e-6


def test_the_shared_meta_analyses_agree():
    for name in ("AuditC", "Dementia"):
        check_normal_model_beside_mada(name, "reml")
        check_normal_model_beside_mada(name, "ml")
        check_laplace_fit_beside_lme4(name)
    check_exact_likelihood_of_auditc(15)
    check_exact_likelihood_of_auditc(31)


def test_asymmetry_is_the_weighted_regression_of_r():
    expected = reference("kearon")["asymmetry"]
    got = pooled_accuracy(kearon()).asymmetry().iloc[0]
    np.testing.assert_allclose(
        got[["slope", "std_error", "statistic", "p_value"]].astype(float), expected, **SUMMED
    )
    assert got["corrected"] == 6


# ---------------------------------------------------------------- laws and small worlds


def test_without_random_effects_the_answer_is_that_of_all_people_together():
    got = pooled_accuracy(SMALL, structure="fixed")
    tp, fp, fn, tn = (np.sum(SMALL[cell]) for cell in CELLS)
    np.testing.assert_allclose(got.sensitivity.value, tp / (tp + fn), **SUMMED)
    np.testing.assert_allclose(got.specificity.value, tn / (tn + fp), **SUMMED)
    np.testing.assert_allclose(
        np.diag(got.mean_covariance), [1 / tp + 1 / fn, 1 / tn + 1 / fp], **ITERATED
    )
    wanted = 0.0
    for right, wrong in (("tp", "fn"), ("tn", "fp")):
        k, n = np.array(SMALL[right]), np.array(SMALL[right]) + np.array(SMALL[wrong])
        wanted += stats.binom.logpmf(k, n, k.sum() / n.sum()).sum()
    np.testing.assert_allclose(got.log_likelihood, wanted, **SUMMED)


def test_order_of_studies_and_swapping_the_outcomes_change_nothing(as_frame):
    table = kearon().drop(columns="study")
    one = pooled_accuracy(as_frame(table.to_dict("list")), nodes=63)
    turned = table.iloc[::-1].rename(columns={"tp": "tn", "tn": "tp", "fp": "fn", "fn": "fp"})
    two = pooled_accuracy(as_frame(turned.to_dict("list")), nodes=63)
    np.testing.assert_allclose(one.mean, two.mean[::-1], **ITERATED)
    np.testing.assert_allclose(one.between_study, two.between_study[::-1, ::-1], **ITERATED)
    np.testing.assert_allclose(one.log_likelihood, two.log_likelihood, **CLOSED_FORM)


def test_odds_ratio_is_the_ratio_of_the_likelihood_ratios():
    got = pooled_accuracy(kearon())
    ratio = got.positive_likelihood_ratio.value / got.negative_likelihood_ratio.value
    np.testing.assert_allclose(got.diagnostic_odds_ratio.value, ratio, **EXACT)
    assert got.hsroc.shape_estimated
    rate = 1 - got.specificity.value
    np.testing.assert_allclose(got.sroc([rate])["sensitivity"], got.sensitivity.value, **EXACT)


def test_area_of_a_symmetric_curve_has_a_closed_form():
    got = pooled_accuracy(SMALL, structure="fixed")
    odds = got.diagnostic_odds_ratio.value
    wanted = odds * ((odds - 1) - np.log(odds)) / (odds - 1) ** 2
    assert not got.hsroc.shape_estimated
    np.testing.assert_allclose(got.auc, wanted, **SUMMED)


def test_regions_have_the_distance_they_promise():
    got = pooled_accuracy(kearon())
    for kind, total in (
        ("confidence", got.mean_covariance),
        ("prediction", got.mean_covariance + got.between_study),
    ):
        border = got.region(kind, level=0.9)
        logit = np.log(border / (1 - border))
        apart = np.stack([logit["sensitivity"], -logit["false_positive_rate"]]) - got.mean[:, None]
        distance = np.einsum("in,ij,jn->n", apart, np.linalg.inv(total), apart)
        k = len(got.studies)
        np.testing.assert_allclose(distance, 2 * stats.f.ppf(0.9, 2, k - 2), **SUMMED)
    f, chi2 = (got.region(quantile=name)["sensitivity"].max() for name in ("f", "chi2"))
    normal = pooled_accuracy(kearon(), test="z").region()["sensitivity"].max()
    assert f > chi2 == normal


def test_profile_limits_are_where_the_likelihood_has_fallen_enough():
    table = kearon()
    got = pooled_accuracy(table, model="normal", correction="all", structure="independent")
    limits = got.between_study_limits()
    cells = table[CELLS].to_numpy() + 0.5
    for row, (right, wrong) in enumerate(((0, 2), (3, 1))):
        y = np.log(cells[:, right] / cells[:, wrong])
        v = 1 / cells[:, right] + 1 / cells[:, wrong]

        def height(tau2, y=y, v=v):
            w = 1 / (v + tau2)
            return 0.5 * (np.log(w).sum() - (w * (y - (w @ y) / w.sum()) ** 2).sum())

        estimate, low, high = limits.loc[row, ["estimate", "lower", "upper"]]
        for end in (low, high):
            drop = 2 * (height(estimate) - height(end))
            np.testing.assert_allclose(drop, stats.chi2.ppf(0.95, 1), **ITERATED)


def test_a_group_covariate_gives_each_group_its_own_answer():
    table = kearon().assign(group=["a", "b"] * 8)
    got = pooled_accuracy(table, formula="group", structure="fixed")
    for group, part in table.groupby("group"):
        there = got.at({"group": group})
        wanted = part["tp"].sum() / (part["tp"] + part["fn"]).sum()
        np.testing.assert_allclose(there.sensitivity.value, wanted, **SUMMED)
    tests = got.tests()
    parts, both = tests["statistic"][:2].sum(), tests["statistic"][2]
    np.testing.assert_allclose(both, parts, **SUMMED)  # without random effects they are apart
    assert list(tests["df"]) == [1, 1, 2]
    alone = pooled_accuracy(table, formula={"sensitivity": "group"}, structure="fixed")
    assert list(alone.coefficients["term"]) == ["Intercept", "group[T.b]", "Intercept"]
    np.testing.assert_allclose(alone.tests()["statistic"][0], tests["statistic"][0], **SUMMED)


def test_influence_is_a_fit_without_the_study():
    table = kearon()
    found = pooled_accuracy(table, nodes=15, settle=None).influence()
    direct = pooled_accuracy(table.drop(index=3), nodes=15, settle=None)
    np.testing.assert_allclose(found["sensitivity"][3], direct.sensitivity.value, **ITERATED)
    assert found["structure"][3] == direct.structure
    assert found["reached"].all()


def test_a_perfect_test_has_exact_limits_and_says_so():
    got = pooled_accuracy({"tp": [5, 5], "fp": [1, 0], "fn": [0, 0], "tn": [9, 8]})
    assert got.sensitivity.value == 1
    assert got.sensitivity.lower == pytest.approx(0.025 ** (1 / 10))
    assert "every answer of sensitivity is right" in str(got.convergence)
    assert got.negative_likelihood_ratio.value == 0
    assert np.isfinite(got.negative_likelihood_ratio.upper)
    assert got.auc == 1
    assert not got.summary()[["estimate", "lower", "upper"]].isna().to_numpy().any()
    with pytest.raises(TableError.__mro__[1], match="no region"):
        got.region()
    assert got.plot().get_ylabel() == "Sensitivity"


ALL_OR_NONE = {
    "tp": [20, 0, 18, 0, 9],
    "fn": [0, 20, 0, 17, 0],
    "fp": [3, 5, 1, 9, 2],
    "tn": [50, 40, 60, 70, 30],
}


def test_studies_with_all_or_none_are_drawn_one_by_one_and_said_to_be():
    got = pooled_accuracy(ALL_OR_NONE)
    assert "all or none of the answers of sensitivity" in repr(got)
    assert got.convergence.reached
    # three draws of five: the logit's variance is 1/3 + 1/2, far more than 84 people warrant
    assert got.sensitivity.value == pytest.approx(0.6)
    assert got.mean_covariance.iloc[0, 0] == pytest.approx(1 / 3 + 1 / 2)
    assert np.isinf(got.between_study[0, 0])
    assert not got.summary()[["estimate", "lower", "upper"]].isna().to_numpy().any()
    for ask in (got.inconsistency, lambda: got.region("prediction")):
        with pytest.raises(InputError, match="variance is infinite"):
            ask()
    assert got.plot().get_ylabel() == "Sensitivity"
    one = pooled_accuracy_batch(*(np.array([ALL_OR_NONE[cell]]) for cell in CELLS))
    np.testing.assert_allclose(one.mean[0], got.mean, **ITERATED)
    assert np.isinf(one.between_study[0, 0, 0])
    fixed = pooled_accuracy(ALL_OR_NONE, structure="fixed")  # as the caller will have it
    assert fixed.sensitivity.value == pytest.approx(47 / 84)
    assert fixed.convergence.at_boundary == ()


def test_the_likelihood_of_all_or_none_grows_with_the_variance_towards_that_of_draws():
    draws = 3 * np.log(0.6) + 2 * np.log(0.4)
    z = np.linspace(-9, 9, 40001)
    heights = []
    for deviation in (3.0, 10.0, 100.0, 1000.0):
        total = 0.0
        logit = deviation * (stats.norm.ppf(0.6) + z)
        for right, wrong in zip(ALL_OR_NONE["tp"], ALL_OR_NONE["fn"], strict=True):
            own = -right * np.logaddexp(0, -logit) - wrong * np.logaddexp(0, logit)
            total += np.log(np.trapezoid(stats.norm.pdf(z) * np.exp(own), z))
        heights.append(total)
    assert (np.diff(heights) > 0).all()
    assert draws - 0.05 < heights[-1] < draws
    alone = ALL_OR_NONE | {"fp": [1] * 5, "tn": [1] * 5}
    got = pooled_accuracy(alone, structure="sensitivity")
    assert got.log_likelihood == pytest.approx(draws - 5 * np.log(2))


def test_a_boundary_is_told_and_the_fullest_fit_kept():
    got = pooled_accuracy(SMALL)
    assert got.structure != "unstructured"
    assert "on its bound" in str(got.convergence)
    assert got.fullest_log_likelihood >= got.log_likelihood
    full = pooled_accuracy(SMALL, structure="unstructured")
    np.testing.assert_allclose(full.log_likelihood, got.fullest_log_likelihood, **ITERATED)


def test_nodes_are_raised_until_the_likelihood_settles():
    got = pooled_accuracy(kearon(), nodes=3)
    assert got.quadrature.nodes > 3
    assert got.quadrature.settled
    again = pooled_accuracy(kearon(), nodes=63)
    np.testing.assert_allclose(got.log_likelihood, again.log_likelihood, **ITERATED)


@pytest.mark.parametrize("formula", [None, "x"])
def test_limits_by_t_stretch_those_of_the_normal_law(formula):
    table = {**SMALL, "x": [1, 2, 2, 5]}
    z, t = (pooled_accuracy(table, formula=formula, structure="fixed", test=test) for test in "zt")
    df = 3 if formula is None else 2
    proportions = ["sensitivity", "specificity"]
    for ends, own in ((("lower", "upper"), df), (("prediction_lower", "prediction_upper"), df - 1)):
        stretch = stats.t.isf(0.025, own) / stats.norm.isf(0.025)
        for measure, one in z.summary().set_index("measure").iterrows():
            other = t.summary().set_index("measure").loc[measure]
            scale = logit if measure in proportions else np.log
            near, far = (
                scale(row[list(ends)].astype(float)) - scale(row["estimate"])
                for row in (one, other)
            )
            np.testing.assert_allclose(far, stretch * near, **SUMMED)
    first = t.coefficients.iloc[0]
    deviate = abs(first["estimate"] / first["std_error"])
    assert first["p_value"] == pytest.approx(2 * stats.t.sf(deviate, df))
    assert t.sensitivity.method == "binomial model, logit scale, t"
    two = pooled_accuracy({name: SMALL[name][:2] for name in CELLS}, test="t").summary()
    assert (two["prediction_lower"] == 0).all()
    assert (t.test, t.log_likelihood) == ("t", z.log_likelihood)
    if formula:
        assert t.at({"x": 3}).test == "t"


def test_inconsistency_is_that_of_metafor_s_fit():
    got = pooled_accuracy(kearon(), model="normal", method="reml", correction="all")
    wanted = reference("kearon")["inconsistency"]
    np.testing.assert_allclose(got.inconsistency()["estimate"], wanted, **NUMERICAL)


def test_inconsistency_lies_between_nothing_and_all():
    values = pooled_accuracy(kearon()).inconsistency()["estimate"]
    assert values.between(0, 1).all()
    assert (pooled_accuracy(SMALL, structure="fixed").inconsistency()["estimate"] == 0).all()


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({c: [5] for c in CELLS}, {}, "it has one study"),
        ({"tp": [0, 0, 0, 44], "fn": [0, 0, 0, 21]}, {}, "nobody with the condition"),
        (
            {"tn": [0, 88, 35, 140], "fp": [0, 9, 0, 12]},
            {"model": "normal"},
            "nobody without the condition",
        ),
        ({c: [0, 5, 6, 7] for c in CELLS}, {}, "at row 0: all four counts are zero"),
        ({"tp": [18.5, 31, 9, 44]}, {}, "count is not whole"),
        ({"study": ["a", "b", "a", "c"]}, {}, "'study' at rows 0, 2: label is named more than"),
        ({}, {"model": "normal"}, "at row 2: a cell is zero"),
        ({"x": [1, 1, 1, 1]}, {"formula": "x"}, "the same in every row"),
        ({"x": [1, 2, 3, 4], "y": [2, 4, 6, 8]}, {"formula": "x + y"}, "collinear: y can be made"),
        ({"x": list("abcd")}, {"formula": "x"}, "4 coefficients of sensitivity"),
        ({"x": [1, None, 2, 3]}, {"formula": "x"}, "'x' at row 1: covariate is missing"),
        ({}, {"formula": "z"}, "'z': there is no such column"),
        ({}, {"formula": "x +"}, "cannot be read"),
        ({}, {"formula": {"sens": "x"}}, "no outcome 'sens'"),
        ({}, {"method": "reml"}, "no restricted likelihood"),
        ({}, {"correction": "all"}, "needs none"),
        ({}, {"test": "hk"}, "there is no option 'hk'"),
        ({}, {"nodes": 0, "structure": "free"}, "0 must be a whole number of nodes"),
        ({"tp": [9, 9, 5, 6], "fn": [0, 0, 4, 3], "g": list("aabb")}, {"formula": "g"}, "at rows"),
    ],
)
def test_bad_input_is_named(change, options, words):
    table = {**SMALL, **change}
    with pytest.raises(TableError, match=words):
        pooled_accuracy(table, **options)


def test_log_likelihood_holds_its_constants():
    got = pooled_accuracy(SMALL, nodes=31, structure="independent", settle=None)
    table = np.array([SMALL[c] for c in CELLS], float)
    studies = np.stack([table[0], table[0] + table[2], table[3], table[3] + table[1]], axis=1)
    root = np.sqrt(np.diag(got.between_study))
    plain = bivariate_by_grid([*got.mean, root[0], 0.0, root[1]], studies[:, None])
    for right, people in (studies[:, :2].T, studies[:, 2:].T):
        plain += (gammaln(people + 1) - gammaln(right + 1) - gammaln(people - right + 1)).sum()
    np.testing.assert_allclose(got.log_likelihood, plain, **ITERATED)
