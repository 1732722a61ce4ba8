"""Standardised rates: R, printed figures, laws, small worlds, and what is refused."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal
from tests.support import HERE, reference
from tests.tolerances import EXACT, PRINTED, SUMMED

from paraneo import ArgumentError, TableError, person_years, rate_table, standardised_rates
from paraneo.rates import standard_population

INF = float("inf")
R = reference("standardise")
DANES = pd.DataFrame(R["data"]).rename(columns={"A5": "age", "D": "cases", "Y": "person_years"})
EVIDENCE = HERE.parents[1] / "shared" / "evidence"
INTERVALS = ("fay-feuer", "tiwari", "mid-p", "dobson", "normal", "log-normal")


def danes(**options):
    return standardised_rates(DANES, by="P5", per=1, **options)


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize("standard", ["segi", "esp-1976", "nordic"])
@pytest.mark.parametrize("interval", INTERVALS)
def test_rates_and_limits_are_those_of_r(standard, interval, level):
    cases = [c for c in R["rates"] if (c["standard"], c["level"]) == (standard, level)]
    ours = danes(standard=standard, interval=interval, level=level).summary()
    assert list(ours["P5"]) == [c["period"] for c in cases]
    assert len(cases) == 11
    for column, values in {
        "crude_rate": [c["crude"] for c in cases],
        "estimate": [c["rate"] for c in cases],
        "std_error": [c["std_error"] for c in cases],
        "lower": [c["limits"][interval][0] for c in cases],
        "upper": [c["limits"][interval][1] for c in cases],
    }.items():
        assert_allclose(ours[column], values, **SUMMED, err_msg=column)


def test_comparisons_are_those_of_r():
    ours = danes().compare(1943)
    assert list(ours["P5"]) == [c["period"] for c in R["compare"]]
    ratio = np.array([c["ratio"] for c in R["compare"]])
    difference = np.array([c["difference"] for c in R["compare"]])
    assert_allclose(ours[["estimate", "lower", "upper"]], ratio, **SUMMED)
    assert_allclose(ours.filter(like="difference"), difference, **SUMMED)
    p_values = np.array([ours["p_value"], [c["p_value"] for c in R["compare"]]])
    least = np.finfo(float).tiny  # they go down to 0: compared by their logarithms
    assert_allclose(*np.log(np.maximum(p_values, least)), **SUMMED)


def test_cumulative_rates_and_risks_are_those_of_r():
    ours = danes().cumulative()
    assert (ours["start"].iloc[0], ours["end"].iloc[0]) == (40, 75)
    assert_allclose(ours["cumulative_rate"], [c["rate"] for c in R["cumulative"]], **SUMMED)
    assert_allclose(ours["estimate"], [c["risk"] for c in R["cumulative"]], **SUMMED)
    assert (ours["lower"] < ours["estimate"]).all()
    assert (ours["estimate"] < ours["upper"]).all()


def test_the_printed_example_of_fay_and_feuer_limits():
    table = {"age": [0, 40, 60], "cases": [3, 12, 40], "person_years": [1000, 900, 500]}
    weights = {"age": [0, 40, 60], "weight": [5, 3, 2]}
    ours = standardised_rates(table, standard=weights, per=1).summary().iloc[0]
    printed = R["printed"]
    assert_allclose(ours["estimate"], printed["adj.rate"], **SUMMED)
    assert_allclose(ours[["lower", "upper"]], [printed["lci"], printed["uci"]], **SUMMED)
    assert_allclose(
        ours[["estimate", "lower", "upper"]], [0.0215, 0.0161738, 0.0281585], **PRINTED[7]
    )


def test_united_kingdom_2022_to_the_world_standard():
    path = EVIDENCE / "background_rates.csv"
    if not path.is_file():
        pytest.skip("the rates are not part of the project and not beside it")
    rates = pd.read_csv(path)
    uk = rates[(rates["area"] == "GBR") & rates["site"].str.startswith("all cancers")]
    names = {"age": "age_low", "cases": "cases", "person_years": "population"}
    ours = standardised_rates(uk, by="sex", **names).summary().set_index("sex")["estimate"]
    assert_allclose(ours[["male", "female"]], [302.743, 281.856], **PRINTED[3])
    table = rate_table(uk, age="age_low", cases="cases", person_years="population", by="sex")
    assert_array_equal(standardised_rates(table, by="sex").summary()["estimate"], ours)


@pytest.mark.parametrize(
    ("name", "printed", "unit"),
    [
        ("segi", "World (Segi 1960)", 1),
        ("who", "World (WHO 2000-2025)", 10),
        ("esp-1976", "European 1976", 1),
        ("esp-2013", "European 2013", 1),
        ("nordic", "Nordic (NORDCAN 2000)", 1),
    ],
)
def test_standard_populations_agree_with_another_transcription(name, printed, unit):
    path = EVIDENCE / "standard_populations.csv"
    if not path.is_file():
        pytest.skip("the other transcription is not part of the project and not beside it")
    other = pd.read_csv(path)
    other = other[(other["standard"] == printed) & ~other["note"].fillna("").str.contains("sub-g")]
    ours = standard_population(name)
    oldest = ours.age_edges[:-1] >= 85  # the other one adds these up
    assert_array_equal(ours.age_edges[:18], other["age_low"])
    weights = [*ours.weights[~oldest], ours.weights[oldest].sum()]
    assert_allclose(weights, unit * other["weight"], **EXACT)


@pytest.mark.parametrize("name", ["segi", "esp-1976", "esp-2013", "nordic"])
def test_standards_sum_to_a_hundred_thousand(name):
    assert standard_population(name).weights.sum() == 100_000
    assert name in repr(standard_population(name))


def world(cases, years, ages=(0, 40, 60)):
    return {"age": list(ages), "cases": cases, "person_years": years}


counts = st.lists(st.integers(0, 200), min_size=18, max_size=18)
years = st.lists(st.floats(1e2, 1e6), min_size=18, max_size=18)
FIVES = list(range(0, 90, 5))


@given(counts, years, st.sampled_from(INTERVALS))
def test_limits_hold_the_rate_and_widen_with_the_level(cases, time, interval):
    table = world(cases, time, FIVES)
    narrow, wide = (
        standardised_rates(table, interval=interval, level=level).summary().iloc[0]
        for level in (0.9, 0.99)
    )
    slack = 1e-9 * narrow["estimate"] + 1e-300
    assert wide["lower"] <= narrow["lower"] + slack
    assert narrow["lower"] <= narrow["estimate"] + slack
    assert narrow["estimate"] <= narrow["upper"] + slack
    assert narrow["upper"] <= wide["upper"] * (1 + 1e-9)


@given(counts, years)
def test_mid_p_lies_within_fay_and_feuer(cases, time):
    """Its distributions are gammas of mean r, r + 1 and variance v, v + 1, in units of the
    largest weight. The upper limit is always within. The lower is for sure where the second
    has no smaller shape, as it then lies above the first; cases only where they weigh little
    make it wide enough to begin below."""
    table = world(cases, time, FIVES)
    found = standardised_rates(table, interval="mid-p")
    inner, outer = found.summary().iloc[0], standardised_rates(table).summary().iloc[0]
    assert inner["upper"] <= outer["upper"] * (1 + EXACT["rtol"])
    each = found.weights / found.person_years[0]
    share = each / each.max()
    rate, variance = share @ found.cases[0], share**2 @ found.cases[0]
    if (rate + 1) ** 2 * variance >= rate**2 * (variance + 1):
        assert inner["lower"] >= outer["lower"] * (1 - EXACT["rtol"])


def test_mid_p_begins_below_fay_and_feuer_where_cases_weigh_little():
    table = {"age": [0, 40], "cases": [20, 0], "person_years": [1e5, 2.5e3]}
    ages = {"age": [0, 40], "weight": [0.5, 0.5]}
    lower = [
        standardised_rates(table, standard=ages, interval=name).summary()["lower"].iloc[0]
        for name in ("mid-p", "fay-feuer")
    ]
    assert lower[0] < lower[1]


@given(st.floats(1e-5, 1e-2), years)
def test_one_rate_at_all_ages_is_its_own_standardised_rate(rate, time):
    table = world(list(np.array(time) * rate), time, FIVES)
    ours = standardised_rates(table, per=1).summary().iloc[0]
    assert_allclose(ours[["crude_rate", "estimate"]], [rate, rate], **EXACT)


@given(st.permutations(range(len(DANES))))
def test_the_order_of_rows_changes_nothing(order):
    frame = DANES.iloc[list(order)]
    assert_array_equal(standardised_rates(frame, by="P5", per=1).summary(), danes().summary())


@given(counts, years, st.sampled_from([1, 1000, 1e6]))
def test_the_unit_only_scales(cases, time, per):
    table = world(cases, time, FIVES)
    one, other = (standardised_rates(table, per=x).summary().iloc[0] for x in (1, per))
    names = ["crude_rate", "estimate", "lower", "upper", "std_error"]
    assert_allclose(other[names], per * one[names], **EXACT)


def test_finer_data_and_coarser_data_meet_the_standard_at_common_edges(as_frame):
    ages = [*range(85), 85]
    fine = as_frame(world([3.0] * 86, [1000.0 + age for age in ages], ages))
    ours = standardised_rates(fine)
    assert_array_equal(ours.age_edges, [*FIVES, INF])
    assert ours.cases[0, 0] == 15
    coarse = standardised_rates(world([1, 2], [10.0, 20.0], ["0-64", "65+"]))
    assert_array_equal(coarse.weights, [0.93, 0.07])
    assert_array_equal(coarse.age_edges, [0, 65, INF])


def test_rates_over_some_ages_use_the_weights_of_those_ages():
    ours = standardised_rates(world([4, 6], [100.0, 100.0], ["50-54", "55-59"]), per=1)
    assert_array_equal(ours.age_edges, [50, 55, 60])
    assert_allclose(ours.weights, [5 / 9, 4 / 9], **EXACT)
    assert_allclose(ours.summary()["estimate"], (5 * 0.04 + 4 * 0.06) / 9, **EXACT)
    assert "ages 50 to 60" in repr(ours)


def test_the_end_of_the_last_band_may_stand_in_a_column():
    table = world([4, 6], [100.0, 100.0], [50, 55]) | {"age_end": [55.0, 60.0]}
    assert standardised_rates(table).age_edges[-1] == 60
    assert standardised_rates(world([4, 6], [100.0, 100.0], [50, 55])).age_edges[-1] == INF


def cohort(ages, edges):
    """One person-year and one event at each age, by the kernel for individual follow-up."""
    people = {"birth": [1950.0] * len(ages), "entry": [1950.0 + age for age in ages]}
    people |= {"exit": [1951.0 + age for age in ages], "event": [1] * len(ages)}
    names = {name: name for name in people}
    return person_years(people, age=edges, **names)


def test_person_years_keep_the_edges_they_were_split_at():
    ours = standardised_rates(cohort([41, 51, 61], [0, 40, 50, 60, 70, 80]), per=1)
    assert_array_equal(ours.age_edges, [40, 50, 60, 70])
    assert_array_equal(ours.cases, [[1, 1, 1]])
    assert_allclose(ours.weights, np.array([12, 9, 7]) / 28, **EXACT)


def test_a_band_that_nobody_passed_is_not_taken_into_the_one_before():
    with pytest.raises(TableError, match="no person-years in age 50 to 60"):
        standardised_rates(cohort([41, 61], [40, 50, 60, 70]))


def test_a_rate_table_with_a_closed_last_band_stays_closed():
    table = rate_table(
        world([4, 6], [100.0, 100.0], ["50-54", "55-59"]),
        cases="cases",
        person_years="person_years",
    )
    assert_array_equal(standardised_rates(table).age_edges, [50, 55, 60])


def test_no_cases_give_a_lower_limit_of_zero_and_the_upper_limit_each_method_has():
    table = world([0, 0, 0], [100.0, 200.0, 300.0])
    for interval in INTERVALS:
        low, high = (
            standardised_rates(table, interval=interval, per=1).summary().loc[0, ["lower", "upper"]]
        )
        assert low == 0
        assert np.isinf(high) == (interval in {"dobson", "normal", "log-normal"})
    one = standardised_rates(world([0], [100.0], ["0+"]), per=1, level=0.9).summary()
    assert_allclose(one["upper"], -np.log(0.05) / 100, **EXACT)


def test_a_comparison_with_a_group_without_cases_has_the_limit_of_both_rates():
    frame = pd.DataFrame(world([0, 0, 3, 4], [100.0] * 4, [0, 40, 0, 40]))
    frame["town"] = ["a", "a", "b", "b"]
    ours = standardised_rates(frame, by="town").compare("b").iloc[0]
    assert (ours["estimate"], ours["lower"]) == (0, 0)
    rates = standardised_rates(frame, by="town").summary()
    high, base, low = rates["upper"][0], rates["estimate"][1], rates["lower"][1]
    # by hand: the ratio R at which 0 + √{u² + R²(b − l)²} − R b is 0
    assert_allclose(ours["upper"], high / np.sqrt(low * (2 * base - low)), **SUMMED)
    back = standardised_rates(frame, by="town").compare("a").iloc[0]
    assert (back["estimate"], back["upper"]) == (INF, INF)
    assert_allclose(back["lower"], 1 / ours["upper"], **SUMMED)
    with pytest.raises(ArgumentError, match="Choose from: a, b"):
        standardised_rates(frame, by="town").compare("c")


@pytest.mark.parametrize(
    ("table", "options", "problem"),
    [
        (world([1, 2], [10.0, 0.0], [0, 40]), {}, "no person-years in age 40 to inf"),
        (world([1, 2], [10.0, 10.0], [0, 42]), {}, "cross those of the standard population at 42"),
        (world([1, 2], [10.0, 10.0], [3, 40]), {}, "cross those of the standard population at 3"),
        (world([1, 2], [10.0, 10.0], ["0-39", "?"]), {}, "'?' is not a band"),
        (world([1, -2], [10.0, 10.0], [0, 40]), {}, "value is negative"),
        (world([1, None], [10.0, 10.0], [0, 40]), {}, "value is missing"),
        (world([1], [10.0], [0]), {"interval": "exact"}, "there is no option 'exact'"),
        (world([1], [10.0], [0]), {"by": "cases"}, "is a column of the result"),
        ({"age": [0], "deaths": [1], "person_years": [9.0]}, {}, "there is no such column"),
    ],
)
def test_what_cannot_be_standardised_is_refused(table, options, problem):
    with pytest.raises(TableError) as caught:
        standardised_rates(table, **options)
    assert problem in str(caught.value)


def test_a_standard_must_be_known_and_have_weights():
    with pytest.raises(ArgumentError, match="Did you mean 'esp-2013'"):
        standard_population("esp-2031")
    with pytest.raises(TableError, match="all weights are 0"):
        standard_population({"age": [0, 40], "weight": [0, 0]})
    with pytest.raises(TableError, match="there is no such column"):
        standard_population({"ages": [0, 40], "weight": [0, 1]})
    with pytest.raises(TableError, match="two rows hold the same age"):
        standard_population({"age": [0, 0], "weight": [1, 1]})
    with pytest.raises(TableError, match="it has nobody at the ages of the data"):
        standardised_rates(
            world([1], [10.0], ["0-39"]), standard={"age": [0, 40], "weight": [0, 1]}
        )


def test_a_cumulative_rate_by_hand_over_bands_of_different_width():
    """Rates of 0.001 over 10 years and 0.01 over 30 add up to 0.31."""
    table = {"age": [40, 50, 80], "cases": [3, 40, 9], "person_years": [3000, 4000, 10]}
    standard = {"age": [40, 50, 80], "weight": [1, 1, 1]}
    row = standardised_rates(table, standard=standard).cumulative(end=80).iloc[0]
    np.testing.assert_allclose(row["cumulative_rate"], 0.01 + 0.3, **EXACT)
    np.testing.assert_allclose(row["estimate"], 1 - np.exp(-0.31), **EXACT)


def test_the_ages_of_a_cumulative_rate_are_edges():
    with pytest.raises(ArgumentError, match="72 is no edge"):
        danes().cumulative(end=72)
    with pytest.raises(ArgumentError, match="the last age band has no width"):
        danes().cumulative(end=INF)


def test_the_picture_has_a_row_a_stratum_and_no_reference():
    axes = danes().plot()
    assert len(axes.get_yticks()) == 11
    assert "Standardised rate per 1 person-years" in axes.get_xlabel()


@pytest.mark.parametrize("cases", [[0, 0, 0, 0], [0, 0, 2, 5]])
@pytest.mark.parametrize("interval", INTERVALS)
def test_a_difference_to_a_group_without_cases_is_not_known_exactly(cases, interval):
    table = {"g": ["a", "a", "b", "b"], "age": [0, 40] * 2, "cases": cases}
    table["person_years"] = [2e5, 1e5, 3e5, 2e5]
    found = standardised_rates(table, by="g", interval=interval)
    rate = found.summary()
    row = found.compare("a").iloc[0]
    # without cases the lower limit is 0, so that one side is the other group's limit alone
    up_a, up_b = rate["upper"]
    low_b, value = rate["lower"][1], rate["estimate"][1]
    below, above = np.hypot(value - low_b, up_a), up_b - value
    assert_allclose(row["difference"], value, **EXACT)
    assert_allclose(row["difference_lower"], value - below, **EXACT)
    assert_allclose(row["difference_upper"], value + above, **EXACT)
    assert row["difference_lower"] < row["difference"] < row["difference_upper"]
