"""Incidence ratios against R, printed values, a world worked by hand, laws and bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import reference
from tests.tolerances import CLOSED_FORM, CONVERGED, EXACT, PRINTED, SUMMED

from paraneo.errors import ArgumentError, ComparabilityWarning, ParaneoWarning, TableError
from paraneo.incidence import incidence_ratios

FIVE = {
    "band": [0, 1, 2, 3, 4],
    "observed": [3, 8, 12, 20, 31],
    "expected": [5.0, 6.6, 9.6, 13.0, 16.8],
}
# Six strata small enough to add up on paper.
WORLD = {
    "sex": ["f", "f", "f", "m", "m", "m"],
    "age": [40, 50, 60, 40, 50, 60],
    "observed": [0, 1, 3, 1, 0, 4],
    "expected": [0.25, 0.5, 1.25, 0.5, 0.5, 1.0],
    "person_years": [250.0, 250.0, 500.0, 100.0, 200.0, 200.0],
}
LEVELS = st.floats(0.8, 0.99)
STRATUM = st.tuples(st.integers(0, 60), st.floats(0.1, 60.0))


def test_six_strata_worked_by_hand(as_frame):
    found = incidence_ratios(as_frame(WORLD), by="sex", per=1000).summary()
    assert found["sex"].tolist() == ["f", "m"]
    assert found["observed"].tolist() == [4, 5]
    np.testing.assert_array_equal(found["expected"], [2.0, 2.0])
    np.testing.assert_array_equal(found["person_years"], [1000.0, 500.0])
    np.testing.assert_array_equal(found["estimate"], [2.0, 2.5])
    np.testing.assert_array_equal(found["excess_rate"], [2.0, 6.0])
    pooled = incidence_ratios(as_frame(WORLD)).summary()
    np.testing.assert_array_equal(pooled["estimate"], [9 / 4])


def test_homogeneity_and_trend_over_five_bands(as_frame):
    peer = reference("poisson_ci")["strata"]
    result = incidence_ratios(as_frame(FIVE), by="band")
    tests = result.homogeneity()
    np.testing.assert_allclose(tests["statistic"], peer["homogeneity"], **CLOSED_FORM)
    np.testing.assert_allclose(tests["p_value"], peer["homogeneity_p"], **CLOSED_FORM)
    trend = result.trend()
    found = trend.coefficients[["estimate", "std_error", "p_value"]].iloc[0]
    wanted = [peer[name] for name in ("slope", "std_error", "lr_p")]
    np.testing.assert_allclose(found, wanted, **SUMMED)
    np.testing.assert_allclose(trend.tests()["statistic"], [peer["lr"], peer["score"]], **SUMMED)
    limits = trend.coefficients[["ratio_lower", "ratio_upper"]].iloc[0]
    np.testing.assert_allclose(limits, peer["profile"], **SUMMED)
    every = result.tests()
    assert list(every) == ["hypothesis", "test", "statistic", "df", "p_value"]
    assert every["hypothesis"].tolist() == ["homogeneity"] * 2 + ["no trend"] * 2


def test_printed_homogeneity_and_trend():
    result = incidence_ratios(FIVE, by="band")
    np.testing.assert_allclose(
        result.homogeneity()["statistic"], [5.490034, 4.890509], **PRINTED[6]
    )
    trend = result.trend()
    np.testing.assert_allclose(trend.tests()["statistic"], [4.898810, 4.629047], **PRINTED[6])
    found = trend.coefficients[["p_value", "estimate"]].iloc[0]
    np.testing.assert_allclose(found, [0.026875, 0.206909], **PRINTED[6])


def test_two_ratios_compared():
    peer = reference("poisson_ci")["compare"]
    data = {"arm": ["a", "b"], "observed": [12, 20], "expected": [6.7, 18.3]}
    result = incidence_ratios(data, by="arm")
    found = result.compare("b").iloc[0]
    np.testing.assert_allclose(
        found[["estimate", "lower", "upper"]].to_list(),
        [peer["estimate"], *peer["limits"]],
        **SUMMED,
    )
    np.testing.assert_allclose(found["p_value"], peer["central"], **CLOSED_FORM)
    mid = result.compare("b", interval="mid-p")
    np.testing.assert_allclose(mid["p_value"], peer["central_mid"], **CLOSED_FORM)


@given(STRATUM, STRATUM, st.sampled_from(["exact", "mid-p"]))
def test_comparison_has_small_p_exactly_where_limits_leave_out_1(one, other, interval):
    data = {"s": [0, 1], "observed": [one[0], other[0]], "expected": [one[1], other[1]]}
    if one[0] + other[0] == 0:
        return
    row = incidence_ratios(data, by="s").compare(1, interval=interval).iloc[0]
    if abs(row["p_value"] - 0.05) > 1e-9:
        assert (row["p_value"] < 0.05) == (row["lower"] > 1 or row["upper"] < 1)


@given(st.lists(STRATUM, min_size=3, max_size=6), LEVELS)
def test_trend_limits_leave_out_1_exactly_where_its_test_rejects(strata, level):
    observed, expected = zip(*strata, strict=True)
    data = {"s": range(len(strata)), "observed": observed, "expected": expected}
    row = incidence_ratios(data, by="s", level=level).trend().coefficients.iloc[0]
    if sum(observed) and abs(row["p_value"] - (1 - level)) > 1e-9:
        assert (row["p_value"] < 1 - level) == (row["lower"] > 0 or row["upper"] < 0)


@given(st.lists(STRATUM, min_size=2, max_size=6), st.floats(0.01, 100), st.floats(-50, 50))
def test_trend_scales_with_its_scores(strata, factor, shift):
    observed, expected = zip(*strata, strict=True)
    if sum(o > 0 for o in observed) < 2:
        return
    data = {"s": range(len(strata)), "observed": observed, "expected": expected}
    result = incidence_ratios(data, by="s")
    scores = np.arange(len(strata), dtype=float)
    one, other = result.trend(scores), result.trend(scores * factor + shift)
    slopes = (trend.coefficients["estimate"] for trend in (one, other))
    np.testing.assert_allclose(next(slopes), next(slopes) * factor, **CONVERGED)
    chi2 = (trend.tests()["statistic"] for trend in (one, other))
    np.testing.assert_allclose(*chi2, **CONVERGED)


@given(STRATUM, st.integers(0, 60))
def test_splitting_a_stratum_changes_nothing(stratum, part):
    observed, expected = stratum
    part = min(part, observed)
    whole = incidence_ratios({"observed": [observed], "expected": [expected]}).summary()
    split = {"observed": [part, observed - part], "expected": [expected / 4, 3 * expected / 4]}
    pd.testing.assert_frame_equal(
        incidence_ratios(split).summary(), whole, rtol=EXACT["rtol"], atol=EXACT["atol"]
    )


def test_a_stratum_without_events_changes_no_other():
    rows = pd.DataFrame(FIVE)
    beside = pd.concat([rows, pd.DataFrame({"band": [9], "observed": [0], "expected": [2.0]})])
    one = incidence_ratios(rows, by="band").summary()
    pd.testing.assert_frame_equal(incidence_ratios(beside, by="band").summary().iloc[:5], one)


def test_order_of_rows_is_irrelevant_to_the_last_digit():
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "s": rng.integers(0, 4, 99),
            "observed": rng.integers(0, 9, 99),
            "expected": rng.random(99),
        }
    )
    table["person_years"] = 100 * table["expected"]
    pd.testing.assert_frame_equal(
        incidence_ratios(table, by="s").summary(),
        incidence_ratios(table.sample(frac=1, random_state=1), by="s").summary(),
        check_exact=True,
    )


def test_all_cases_in_the_last_stratum_give_a_one_sided_trend():
    data = {"s": [0, 1, 2], "observed": [0, 0, 7], "expected": [2.0, 2.0, 2.0]}
    row = incidence_ratios(data, by="s").trend().coefficients.iloc[0]
    assert row["estimate"] == np.inf
    assert row["upper"] == np.inf
    assert 0 < row["lower"] < np.inf


def test_faults_are_named_together():
    data = {"observed": [-1, 2.5], "expected": [0.0, 0.0]}
    with pytest.raises(TableError) as caught:
        incidence_ratios(data, by="sexx", interval="exakt", level=95)
    for part in ("negative", "not whole", "above zero", "no such column", "'exact'", "0.95"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda r: r.compare("z"), "no group 'z'"),
        (lambda r: r.trend([1, 1]), "all are the same"),
        (lambda r: r.trend([1, 2, 3]), "Give 2 numbers"),
    ],
)
def test_questions_that_make_no_sense_are_refused(call, part):
    data = {"arm": ["a", "b"], "observed": [12, 20], "expected": [6.7, 18.3]}
    with pytest.raises(ArgumentError, match=part):
        call(incidence_ratios(data, by="arm"))


def test_one_stratum_has_neither_trend_nor_homogeneity():
    result = incidence_ratios({"observed": [3], "expected": [1.5]})
    with pytest.raises(ArgumentError, match="only one group"):
        result.homogeneity()


def test_plot_draws_zero_counts():
    import matplotlib.pyplot as plt

    axes = incidence_ratios({"s": [1, 2], "observed": [0, 3], "expected": [1, 1]}, by="s").plot()
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel()
    plt.close("all")


def test_excess_rates_are_per_10_000_person_years():
    found = incidence_ratios(WORLD, by="sex")
    assert found.per == 10_000
    np.testing.assert_array_equal(found.summary()["excess_rate"], [20.0, 60.0])


def test_missing_observed_is_not_to_be_left_out():
    table = {"area": ["a"] * 2, "observed": [np.nan, 24], "expected": [8.0, 10.0]}
    with pytest.raises(TableError, match="write it in one of them and 0 in the others"):
        incidence_ratios(table, by="area")
    found = incidence_ratios(table | {"observed": [0, 24]}, by="area").summary()
    np.testing.assert_allclose(found["estimate"], [24 / 18], **EXACT)


def test_person_years_are_known_in_all_rows_or_in_none():
    table = {"observed": [5, 7], "expected": [2.7, 4.0], "person_years": [100, np.nan]}
    with pytest.raises(TableError, match="'person_years' at row 1: value is missing"):
        incidence_ratios(table)
    table["person_years"] = [np.nan, np.nan]
    assert incidence_ratios(table).summary()["excess_rate"].isna().all()
    with pytest.raises(TableError, match="value is missing"):
        incidence_ratios(table, person_years="person_years")


def test_a_mistaken_unit_is_warned_of():
    with pytest.warns(ComparabilityWarning, match="133,333 times more"):
        incidence_ratios({"observed": [10, 14], "expected": [0.0001, 0.00008]})


def test_rows_of_unknown_age_and_of_all_ages_are_left_out_and_counted():
    table = {
        "age": ["40-49", "50+", "Unknown", "All ages"],
        "observed": [3, 9, 2, 14],
        "expected": [2.0, 4.0, np.nan, 6.0],
    }
    with pytest.warns(ParaneoWarning, match="2 rows .* are left out, with 16 cases"):
        found = incidence_ratios(table).summary()
    assert found["estimate"].tolist() == [2.0]
    total = {name: column[3:] for name, column in table.items()}
    assert incidence_ratios(total).summary()["observed"].tolist() == [14]


def test_people_repeated_in_the_rows_of_each_site_are_warned_of():
    table = {
        "age": [40, 50] * 2,
        "observed": [3, 9, 1, 4],
        "expected": [2.0, 4.0, 1.0, 2.0],
        "person_years": [900.0, 700.0] * 2,
    }
    with pytest.warns(ComparabilityWarning, match="hold the same people"):
        incidence_ratios(table)


def test_all_tests_together_warn_of_ages_once():
    table = {
        "sex": ["f", "f", "m", "m"],
        "age": [40, 80] * 2,
        "observed": [9, 1, 1, 9],
        "expected": [9.0, 0.1, 0.1, 9.0],
    }
    with pytest.warns(ComparabilityWarning, match="hardly those of") as said:
        incidence_ratios(table, by="sex").tests()
    assert len(said) == 1
