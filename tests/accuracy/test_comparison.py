"""Two tests on the same people against R, printed limits, laws, a small world and bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.support import reference, shared_folder, shared_reference
from tests.tolerances import CLOSED_FORM, EXACT, ITERATED, PRINTED, SUMMED

from paraneo.accuracy import compare_tests
from paraneo.errors import TableError

WORLDS = reference("paired_tests")["worlds"]
CELLS = st.lists(st.integers(0, 40), min_size=4, max_size=4).filter(lambda x: sum(x) > 0)
FILLED = st.lists(st.integers(1, 40), min_size=4, max_size=4)


def compared(ill, well, **options):
    table = {
        "condition": [1] * 4 + [0] * 4,
        "old": [1, 1, 0, 0] * 2,
        "new": [1, 0, 1, 0] * 2,
        "people": [*ill, *well],
    }
    return compare_tests(table, first="old", second="new", count="people", **options)


def lines(result):
    return result.summary().set_index(["measure", "contrast", "method"]).sort_index()


@pytest.mark.parametrize("name", WORLDS)
def test_tests_and_score_limits_agree_with_r(name):
    world = WORLDS[name]
    found = lines(compared(world["ill"], world["well"]))
    for measure in ("sensitivity", "specificity"):
        row = found.loc[measure, "difference"]
        peer = world[measure]
        np.testing.assert_allclose(row.loc["exact", "p_value"], peer["exact_p"], **CLOSED_FORM)
        if peer["mcnemar"] is None:
            assert row.loc["mcnemar", "p_value"] == 1
            continue
        np.testing.assert_allclose(row.loc["mcnemar", "statistic"], peer["mcnemar"], **CLOSED_FORM)
        limits = row.loc["tango", ["lower", "upper"]].to_numpy(dtype=float)
        np.testing.assert_allclose(limits, peer["score"], **ITERATED)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize(
    ("measure", "method"),
    [
        ("sensitivity", "log"),
        ("specificity", "log"),
        ("ppv", "moskowitz-pepe"),
        ("npv", "moskowitz-pepe"),
    ],
)
def test_ratios_are_the_slopes_of_log_linear_models(name, measure, method):
    row = lines(compared(WORLDS[name]["ill"], WORLDS[name]["well"])).loc[measure, "ratio", method]
    peer = WORLDS[name][f"{measure}_ratio"]
    half = stats.norm.isf(0.025) * peer["std_error"]
    expected = peer["ratio"] * np.exp([0, -half, half])
    found = row[["estimate", "lower", "upper"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, expected, **ITERATED)


def test_printed_limits_of_a_small_paired_study():
    # airway hyper-responsiveness before and after transplantation, 1 1 7 12 of 21
    found = lines(compared([1, 1, 7, 12], [1, 1, 1, 1])).loc["sensitivity", "difference"]
    limits = found.loc[["wald", "tango"], ["lower", "upper"]].to_numpy(dtype=float)
    np.testing.assert_allclose(limits, [[0.052, 0.520], [0.026, 0.517]], **PRINTED[3])


def shared_case():
    people = pd.read_csv(shared_folder("D1_predictive") / "paired.csv")
    peer = shared_reference("D1_predictive")["paired"]
    return lines(compare_tests(people, first="y1", second="y2", condition="d")), peer


def check_paired_accuracy(found, peer):
    for measure in ("sensitivity", "specificity"):
        row, ratio = found.loc[measure, "difference"], found.loc[measure, "ratio", "log"]
        expected = [
            (
                row.loc["mcnemar"],
                ["first", "second", "estimate", "statistic", "p_value"],
                "mcnemar",
            ),
            (row.loc["exact"], ["first", "second", "estimate", "p_value"], "exactbinom"),
        ]
        for line, columns, key in expected:
            values = line[columns].to_numpy(dtype=float)
            np.testing.assert_allclose(values, peer[f"sesp_{key}"][measure], **SUMMED)
        wald = row.loc["wald", ["lower", "upper"]].to_numpy(dtype=float)
        np.testing.assert_allclose(wald, peer["sesp_diff_ci"][measure][4:6], **SUMMED)
        limits = ratio[["estimate", "lower", "upper", "p_value"]].to_numpy(dtype=float)
        wanted = np.array(peer["sesp_relative"][measure])[[2, 4, 5, 6]]
        np.testing.assert_allclose(limits, wanted, **SUMMED)


def check_paired_predictive_values(found, peer):
    for measure in ("ppv", "npv"):
        for method, key in (
            ("leisenring", "pv_gen_score_leisenring"),
            ("kosinski", "pv_weighted_gen_score_kosinski"),
        ):
            row = found.loc[measure, "difference", method]
            columns = ["first", "second", "estimate", "statistic", "p_value"]
            values = row[columns].to_numpy(dtype=float)
            np.testing.assert_allclose(values, peer[key][measure], **SUMMED)
        row = found.loc[measure, "ratio", "moskowitz-pepe"]
        values = row[["first", "second", "estimate", "lower", "upper", "p_value"]].to_numpy(float)
        wanted = np.array(peer["pv_relative_moskowitz_pepe"][measure])[[0, 1, 2, 4, 5, 7]]
        np.testing.assert_allclose(values, wanted, **SUMMED)


def check_paired_likelihood_ratios(found, peer):
    for measure, key in (
        ("positive_likelihood_ratio", "pdlr"),
        ("negative_likelihood_ratio", "ndlr"),
    ):
        row, other = found.loc[measure, "ratio", "gu-pepe"], peer["dlr_regtest_gu_pepe"][key]
        # the peer divides the first by the second
        values = [row["first"], row["second"], *(1 / row[["estimate", "upper", "lower"]])]
        wanted = [other[name] for name in ("test1", "test2", "ratio", "lcl", "ucl")]
        np.testing.assert_allclose(values, wanted, **SUMMED)
        np.testing.assert_allclose(row["p_value"], other["p.value"], **SUMMED)


def test_the_shared_paired_case_agrees():
    found, peer = shared_case()
    check_paired_accuracy(found, peer)
    check_paired_predictive_values(found, peer)
    check_paired_likelihood_ratios(found, peer)


def test_leisenring_is_the_score_test_of_a_generalised_estimating_equation():
    from statsmodels.genmod.cov_struct import Independence
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE

    ill, well = (12, 5, 2, 4), (3, 6, 1, 30)
    rows = []
    for has, cells in ((1, ill), (0, well)):
        for (one, two), number in zip(((1, 1), (1, 0), (0, 1)), cells[:3], strict=True):
            for person in range(number):
                mark = (has, one, two, person)
                rows += [(mark, 0, has)] * one + [(mark, 1, has)] * two
    frame = pd.DataFrame(rows, columns=["person", "test", "has"])
    cluster = pd.factorize(frame["person"])[0]
    design = np.column_stack([np.ones(len(frame)), frame["test"]])
    options = {"groups": cluster, "family": Binomial(), "cov_struct": Independence()}
    full = GEE(frame["has"].to_numpy(float), design, **options)
    null = GEE(frame["has"].to_numpy(float), design[:, :1], **options).fit(ctol=1e-12)
    peer = full.compare_score_test(null)
    row = lines(compared(ill, well)).loc["ppv", "difference", "leisenring"]
    np.testing.assert_allclose(row["statistic"], float(np.squeeze(peer["statistic"])), **ITERATED)


@given(CELLS, CELLS, st.floats(0.5, 0.99))
def test_tango_leaves_out_0_exactly_where_mcnemar_rejects(ill, well, level):
    found = lines(compared(ill, well, level=level))
    for measure in ("sensitivity", "specificity"):
        row = found.loc[measure, "difference"]
        p = row.loc["mcnemar", "p_value"]
        if abs(p - (1 - level)) > 1e-9:
            outside = row.loc["tango", "lower"] > 0 or row.loc["tango", "upper"] < 0
            assert outside == (p < 1 - level)


@given(CELLS, CELLS)
def test_limits_hold_their_estimates_and_p_values_are_probabilities(ill, well):
    table = compared(ill, well).summary()
    known = table.dropna(subset=["estimate", "lower", "upper"])
    # Bonett and Price shrink towards 0, so that alone may leave out an extreme estimate
    known = known[known["method"] != "bonett-price"]
    assert (known["lower"] <= known["estimate"] + 1e-9).all()
    assert (known["estimate"] <= known["upper"] + 1e-9).all()
    p = table["p_value"].dropna()
    assert p.between(0, 1).all()


@given(CELLS, CELLS)
def test_exchanging_the_tests_turns_every_contrast_round(ill, well):
    swap = [0, 2, 1, 3]
    one = lines(compared(ill, well))
    other = lines(compared(np.array(ill)[swap], np.array(well)[swap]))
    np.testing.assert_allclose(one["p_value"], other["p_value"], **SUMMED)
    np.testing.assert_allclose(one["first"], other["second"], **EXACT)
    differs = one.index.get_level_values("contrast") == "difference"
    for here, there in (("estimate", "estimate"), ("lower", "upper")):
        np.testing.assert_allclose(one.loc[differs, here], -other.loc[differs, there], **SUMMED)
        with np.errstate(divide="ignore"):
            inverse = 1 / other.loc[~differs, there]
        np.testing.assert_allclose(one.loc[~differs, here], inverse, **SUMMED)


@given(FILLED, FILLED)
def test_exchanging_condition_and_result_exchanges_measures(ill, well):
    one = lines(compared(ill, well))
    other = lines(compared(well[::-1], ill[::-1]))
    for here, there in (("sensitivity", "specificity"), ("ppv", "npv")):
        np.testing.assert_allclose(one.loc[here].to_numpy(), other.loc[there].to_numpy(), **SUMMED)


@given(FILLED, FILLED)
def test_doubling_the_people_doubles_the_statistics(ill, well):
    one = lines(compared(ill, well))["statistic"].dropna()
    two = lines(compared(np.array(ill) * 2, np.array(well) * 2))["statistic"].dropna()
    np.testing.assert_allclose(two, 2 * one, **SUMMED)


def test_people_one_by_one_in_any_order_or_counted(as_frame):
    rows = [
        (has, old, new)
        for has, cells in ((1, (3, 2, 1, 1)), (0, (1, 2, 0, 4)))
        for (old, new), k in zip(((1, 1), (1, 0), (0, 1), (0, 0)), cells, strict=True)
        for _ in range(k)
    ]
    shuffled = np.random.default_rng(2).permutation(rows)
    table = dict(zip(("condition", "old", "new"), shuffled.T.tolist(), strict=True))
    found = compare_tests(as_frame(table), first="old", second="new")
    pd.testing.assert_frame_equal(found.summary(), compared((3, 2, 1, 1), (1, 2, 0, 4)).summary())
    # by hand: 5 of 7 against 4 of 7, two pairs against one
    sensitivity = lines(found).loc["sensitivity", "difference", "mcnemar"]
    assert sensitivity["estimate"] == -1 / 7
    np.testing.assert_allclose(sensitivity["statistic"], 1 / 3)


def test_a_case_control_study_has_no_predictive_values_of_its_own():
    table = compared((3, 2, 1, 1), (1, 2, 0, 4), design="case-control").summary()
    assert not table["measure"].isin(["ppv", "npv"]).any()


def test_faults_are_told_together():
    table = {"condition": [1, 1, None], "old": [1, 2, 0], "people": [1, -1, 2]}
    with pytest.raises(TableError) as caught:
        compare_tests(table, first="old", second="new", count="people", design="x", level=2)
    for part in ("missing", "neither 0 nor 1", "no such column", "negative", "'x'", "between 0"):
        assert part in str(caught.value)


@pytest.mark.parametrize(("column", "who"), [([1, 1], "without"), ([0, 0], "with")])
def test_people_of_both_kinds_are_needed(column, who):
    with pytest.raises(TableError, match=f"nobody is {who} the condition"):
        compare_tests({"condition": column, "a": [0, 1], "b": [1, 1]}, first="a", second="b")


def test_plot_has_a_row_a_ratio():
    import matplotlib.pyplot as plt

    result = compared((12, 5, 2, 4), (3, 6, 1, 30))
    assert len(result.plot().get_yticklabels()) == 6
    assert "new against old: 23 people with, 40 without" in repr(result)
    plt.close("all")
