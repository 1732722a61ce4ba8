"""Rate tables: edges, units, groups, what is refused, and what never changes."""

from __future__ import annotations

import itertools
import pickle

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal
from tests.tolerances import EXACT

import paraneo
from paraneo import ArgumentError, RateTable, TableError, rate_table

INF = float("inf")


def simple(ages, **more):
    return rate_table({"age": ages, "rate": [0.01] * len(ages)}, rate="rate", **more)


def full(ages=(0, 50, 70), periods=(2000, 2005), sexes=("female", "male")):
    rows = list(itertools.product(sexes, ages, periods))
    frame = pd.DataFrame(rows, columns=["sex", "age", "year"])
    frame["cases"] = np.arange(len(rows)) % 7 + 1.0
    frame["n"] = 1000.0 + 100 * np.arange(len(rows))
    return frame


def counted(frame, **more):
    options = {"cases": "cases", "person_years": "n", "period": "year", "by": "sex"} | more
    return rate_table(frame, **options)


@pytest.mark.parametrize(
    ("ages", "edges"),
    [
        ([0, 50, 70], [0, 50, 70, INF]),
        (["0-49", "50-69", "70+"], [0, 50, 70, INF]),
        (["0-50", "50-70", "70-120"], [0, 50, 70, 120]),
        (["0–49", "50–69", "70–84"], [0, 50, 70, 85]),
        (["00 years", "01-04 years", "85+ years"], None),
        (["<1", "1-4", "5 and over"], [0, 1, 5, INF]),
        (["[0, 50)", "[50, 70)", "[70, inf)"], [0, 50, 70, INF]),
        (["0", "50", ">=70"], [0, 50, 70, INF]),
        (pd.interval_range(0, 30, 3, closed="left"), [0, 10, 20, 30]),
        (["40 to 44", "45 to 49", "50 plus"], [40, 45, 50, INF]),
        (["108", "109", "110+"], [108, 109, 110, INF]),
    ],
)
def test_age_bands_are_read_from_edges_and_labels(ages, edges):
    if edges is None:
        with pytest.raises(TableError, match="ends before the next one begins"):
            simple(ages)
    else:
        assert_array_equal(simple(ages).age_edges, edges)


@pytest.mark.parametrize(
    ("periods", "width", "last"),
    [
        ([2000, 2005], None, 2010),
        ([2014], None, 2015),
        (["2008-2012"], None, 2013),
        ([2000, 2005], 3, 2008),
        (["2000-2004", "2005-2006"], None, 2007),
    ],
)
def test_last_period_closes_by_label_argument_or_the_width_before(periods, width, last):
    frame = {"age": [0] * len(periods), "year": periods, "rate": [0.01] * len(periods)}
    table = rate_table(frame, rate="rate", period="year", period_width=width)
    assert table.period_edges[-1] == last
    assert np.isnan(table.rates_at(30, last))
    assert table.rates_at(30, last - 0.01) == 0.01


def test_without_period_the_rates_hold_for_any_year():
    table = simple([0, 50])
    assert_array_equal(table.period_edges, [-INF, INF])
    assert table.rates.shape == (1, 2, 1)
    assert table.groups.shape == (1, 0)
    assert table.rates_at(60) == table.rates_at(60, 1850) == 0.01


def test_groups_stand_in_their_order_and_cells_where_they_belong(as_frame):
    frame = as_frame(full().sample(frac=1, random_state=1).to_dict("list"))
    table = counted(frame)
    assert table.by == ("sex",)
    assert list(table.groups["sex"]) == ["female", "male"]
    assert table.rates.shape == (2, 3, 2)
    assert table.rates_at(55, 2007, 1) == table.rates[1, 1, 1]
    assert table.cases[1, 1, 1] / table.person_years[1, 1, 1] == table.rates[1, 1, 1]


def test_the_summary_makes_the_same_table_again():
    table = counted(full())
    again = rate_table(table.summary(), rate="rate", period="period", by="sex")
    assert_array_equal(again.rates, table.rates)
    assert_array_equal(again.period_edges, table.period_edges)


@pytest.mark.parametrize("last", ["70+", "70-84"])
def test_the_summary_keeps_where_the_last_bands_end(last):
    frame = full(ages=["0-49", "50-69", last], periods=["2000-2004", "2005-2006"])
    table = counted(frame)
    names = {"cases": "cases", "person_years": "person_years", "period": "period", "by": "sex"}
    again = rate_table(table.summary(), **names)
    assert_array_equal(again.age_edges, table.age_edges)
    assert_array_equal(again.period_edges, [2000, 2005, 2007])
    assert_array_equal(again.cases, table.cases)


def test_bands_hold_their_lower_edge_and_not_their_upper():
    table = rate_table({"age": [40, 50], "rate": [0.1, 0.2]}, rate="rate")
    assert_array_equal(table.rates_at([39.9, 40, 49.99, 50, 119]), [np.nan, 0.1, 0.1, 0.2, 0.2])


def test_a_missing_rate_is_not_a_zero_rate():
    table = rate_table({"age": [0, 50, 60], "rate": [0.0, np.nan, None]}, rate="rate")
    assert_array_equal(table.rates.ravel(), [0.0, np.nan, np.nan])
    assert "2 rates missing" in repr(table)
    counts = rate_table({"age": [0], "d": [0], "n": [0.0]}, cases="d", person_years="n")
    assert np.isnan(counts.rates[0, 0, 0])


def test_probabilities_become_hazards_over_the_width_of_their_band():
    q = [0.02, 0.3, 0.5]
    table = rate_table({"age": ["40-49", "50-59", "60-69"], "q": q}, rate="q", kind="probability")
    assert_allclose(table.rates.ravel(), -np.log1p(-np.array(q)) / 10, **EXACT)
    assert_allclose(1 - np.exp(-10 * table.rates.ravel()), q, **EXACT)


@given(
    st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=8),
    st.sampled_from([1.0, 1000.0, 1e5, 1 / 365.25]),
)
def test_the_unit_of_rates_changes_nothing_but_the_unit(rates, per):
    ages = [10 * k for k in range(len(rates))]
    other = np.array(rates) * per
    plain = rate_table({"age": ages, "r": rates}, rate="r", highest_rate=INF)
    other = rate_table({"age": ages, "r": other}, rate="r", per=per, highest_rate=INF)
    assert_allclose(other.rates, plain.rates, **EXACT)


@given(st.permutations(range(12)))
def test_the_order_of_rows_changes_nothing(order):
    frame = full()
    assert_array_equal(counted(frame.iloc[list(order)]).rates, counted(frame).rates)


@given(st.sets(st.sampled_from([10, 20, 30, 40, 50]), max_size=5))
def test_coarser_bands_keep_cases_and_person_years(inner):
    ages = [0, 10, 20, 30, 40, 50]
    fine = counted(full(ages=ages))
    coarse = fine.coarser(age=[0, *sorted(inner), INF])
    assert coarse.cases.sum() == fine.cases.sum()
    assert_array_equal(coarse.person_years.sum(axis=1), fine.person_years.sum(axis=1))
    assert_array_equal(coarse.coarser(age=[0, INF]).rates, fine.coarser(age=[0, INF]).rates)


def test_coarser_by_hand_and_the_part_left_out():
    data = {"age": [0, 10, 20, 30], "d": [1, 8, 3, 5], "n": [1000, 500, 400, 100]}
    table = rate_table(data, cases="d", person_years="n").coarser(age=[10, 30, INF])
    assert_array_equal(table.rates.ravel(), [11 / 900, 5 / 100])
    periods = counted(full()).coarser(period=[2000, 2010])
    assert periods.rates.shape == (2, 3, 1)


def test_a_missing_count_makes_the_wider_rate_missing():
    data = {"age": [0, 10, 20], "d": [1, np.nan, 3], "n": [1000, 500, 400]}
    wide = rate_table(data, cases="d", person_years="n").coarser(age=[0, 20, INF])
    assert_array_equal(wide.rates.ravel(), [np.nan, 3 / 400])


def test_rates_are_never_averaged():
    with pytest.raises(ArgumentError, match="rates must not be averaged"):
        simple([0, 10]).coarser(age=[0, INF])
    with pytest.raises(ArgumentError, match="15 is no edge of the table"):
        counted(full()).coarser(age=[0, 15, INF])


@pytest.mark.parametrize(
    ("known", "given", "codes"),
    [
        (["F", "M"], ["male", "Women", " f ", "x", None], [1, 0, 0, -1, -1]),
        (["female", "male"], [1, 2, 0, 1.0, "m"], [-1, -1, -1, -1, 1]),
        ([1, 2], [2.0, "1", "male", np.nan], [1, 0, -1, -1]),
        (["both", "f", "m"], ["BOTH", "MEN", "F"], [0, 2, 1]),
        (["m", "man"], ["man", "male", "M"], [1, -1, 0]),
    ],
)
def test_people_are_matched_to_groups_only_where_it_is_plain(known, given, codes):
    frame = {"age": [0] * len(known), "sex": known, "rate": [0.1] * len(known)}
    table = rate_table(frame, rate="rate", by="sex")
    labels = pd.Series(given, dtype=object)
    assert_array_equal(table.group_codes({"sex": labels}), codes)


def test_groups_of_several_columns_need_not_cross():
    frame = {"age": [0] * 3, "sex": ["f", "f", "m"], "site": ["breast", "lung", "lung"]}
    table = rate_table(frame | {"rate": [0.1, 0.2, 0.3]}, rate="rate", by=["sex", "site"])
    codes = table.group_codes({"sex": ["m", "m", "f"], "site": ["Lung", "breast", "breast"]})
    assert_array_equal(codes, [2, -1, 0])
    assert_array_equal(table.rates[codes[[0, 2]], 0, 0], [0.3, 0.1])


def test_a_table_without_groups_puts_all_in_one():
    assert_array_equal(simple([0]).group_codes({"sex": ["m", "f"]}), [0, 0])
    with pytest.raises(ArgumentError, match="the rates differ by this column"):
        counted(full()).group_codes({})


def faults(data, **options):
    with pytest.raises(TableError) as caught:
        rate_table(data, **({"rate": "rate"} | options))
    return caught.value


@pytest.mark.parametrize(
    ("ages", "rates", "problem", "rows"),
    [
        (["40-44", "50-54"], [0.1, 0.1], "ends before the next one begins", (0,)),
        (["40-44", "42-46"], [0.1, 0.1], "overlaps the next one", (0,)),
        (["0-4", "0-9"], [0.1, 0.1], "the last band has two ends", (0, 1)),
        (["0+", "50+"], [0.1, 0.1], "overlaps the next one", (0,)),
        (["50-40"], [0.1], "ends before it begins", (0,)),
        (["0-4", "Old"], [0.1, 0.1], "'Old' is not a band", (1,)),
        ([0, None], [0.1, 0.1], "band is missing", (1,)),
        ([0, 5, 5], [0.1, 0.1, 0.1], "two rows hold the same cell", (1, 2)),
        ([0, 5], [0.1, -0.1], "value is negative", (1,)),
        ([0, 5], [0.1, INF], "value is infinite", (1,)),
        ([0, 5], [0.1, 25.0], "the unit must be another", (1,)),
        ([0, 5], [0.1, "1,5"], "is not a number", (1,)),
    ],
)
def test_what_is_wrong_is_told_with_its_row(ages, rates, problem, rows):
    error = faults({"age": ages, "rate": rates})
    assert [f.rows for f in error.faults if problem in f.problem] == [rows]


def test_holes_are_named_or_allowed():
    frame = full().assign(rate=0.01).drop(index=[2, 7])
    options = {"period": "year", "by": "sex"}
    error = faults(frame, **options)
    assert "2 cells have no row: sex female, age 50, year 2000; sex male, age 0, year 2005" in str(
        error
    )
    table = rate_table(frame, rate="rate", holes="missing", **options)
    assert int(np.isnan(table.rates).sum()) == 2


def test_rates_a_thousand_times_too_large_are_refused():
    """All-cancer rates run to about 25 per 1000 a year; given as they are, that is 25 a year."""
    frame = {"age": [0, 40, 80], "rate": [0.15, 1.5, 25.0]}
    assert "the unit must be another" in str(faults(frame))
    assert rate_table(frame, rate="rate", per=1000).rates.max() == 0.025
    counts = {"age": [0, 80], "d": [10, 250], "n": [60.0, 10.0]}
    error = faults(counts, rate=None, cases="d", person_years="n")
    assert "Give person-years in single years" in str(error)
    assert rate_table(frame, rate="rate", highest_rate=30).rates.max() == 25


def test_one_rate_a_thousand_times_too_large_is_refused_with_its_row():
    rates = [3e-4, 5e-4, 8e-4 * 1000, 1.5e-3, 3e-3]
    error = faults({"age": [40, 45, 50, 55, 60], "rate": rates})
    assert [(f.column, f.rows) for f in error.faults] == [("rate", (2,))]
    assert "more than 300 times" in str(error)
    alone = rate_table({"age": [0, 1, 2], "rate": [0.0, 0.5, 0.0]}, rate="rate")
    assert alone.rates[0, 1, 0] == 0.5


def test_steep_but_true_rates_are_taken():
    """Deaths per year on the first day of life, in the first week, month and year, and after."""
    ages = [0, 1 / 365.25, 7 / 365.25, 28 / 365.25, 1, 2]
    rates = [1.3, 0.06, 0.015, 0.0025, 0.0004, 0.0003]
    assert rate_table({"age": ages, "rate": rates}, rate="rate").rates.max() == 1.3


def test_every_fault_is_told_at_once():
    error = faults({"age": [0, "?"], "rate": [-1.0, 0.1]}, per=0, by="sx", kind="q", period="y")
    named = {fault.column for fault in error.faults}
    assert named == {"age", "rate", "per", "sx", "kind", "y"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"rate": None}, "no rates are named"),
        ({"rate": None, "cases": "rate"}, "no rates are named"),
        ({"cases": "rate", "person_years": "age"}, "both named"),
        ({"rate": None, "cases": "rate", "person_years": "age", "per": 10}, "not to counts"),
        ({"by": "rate"}, "is a column of the result"),
        ({"kind": "probability", "rate": "one"}, "no finite hazard"),
        ({"kind": "probability", "rate": "percent"}, "looks like a percentage"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, problem):
    data = {"age": [0, 1], "rate": [0.1, 0.1], "one": [0.1, 1.0], "percent": [0.1, 3.0]}
    assert problem in str(faults(data, **options))


def test_provenance_is_kept_and_printed():
    source = {"source": "a simulated register", "sites": "C00-C97 without C44"}
    table = rate_table({"age": [0], "rate": [0.1]}, rate="rate", provenance=source)
    assert table.provenance == source
    assert "sites: C00-C97 without C44" in repr(table)
    assert pickle.loads(pickle.dumps(table)).provenance == source
    assert len(repr(simple([k / 10 for k in range(1000)]))) < 2000
    assert isinstance(table, RateTable)
    assert "rate_table" in paraneo.__all__


def test_the_picture_shows_the_latest_period_a_line_a_group():
    axes = counted(full()).plot()
    assert axes.get_title() == "2005 to 2010"
    # a line a group, and a dotted one over its open last age
    assert [patch.get_linestyle() for patch in axes.patches] == ["solid", ":"] * 2
    assert "100,000 person-years" in axes.get_ylabel()


@pytest.mark.parametrize(
    ("sexes", "problem"),
    [
        (["Male", "male"], "'male' is 'Male' written in another way"),
        (["f", "f "], "'f ' is 'f' written in another way"),
        ([1, "1"], "'1' is 1 written in another way"),
        ([["f"], ["m"]], "it holds values of type list, which cannot be labels"),
    ],
)
def test_labels_that_nobody_could_be_matched_to_are_refused(sexes, problem):
    data = pd.DataFrame({"age": [0, 0], "rate": [0.1, 0.2], "sex": sexes})
    with pytest.raises(TableError) as caught:
        rate_table(data, rate="rate", by="sex")
    assert [fault.problem for fault in caught.value.faults] == [problem]


def test_an_age_below_0_is_no_age():
    with pytest.raises(TableError, match="'age' at row 0: age is negative"):
        rate_table({"age": [-9, 0, 50], "rate": [0.1, 0.1, 0.2]}, rate="rate")


@pytest.mark.parametrize("per", ["100000", 0, -1, float("nan"), float("inf"), None, [1, 2]])
def test_a_unit_that_is_none_is_told_once(per):
    with pytest.raises(TableError) as caught:
        rate_table({"age": [0], "rate": [0.1]}, rate="rate", per=per)
    [fault] = caught.value.faults
    assert fault.column == "per"
    assert "row out" not in fault.remedy


def test_no_groups_may_be_said_by_none():
    assert rate_table({"age": [0], "rate": [0.1]}, rate="rate", by=None).by == ()


LONG = {
    "age": [0, 60, 0, 60],
    "sex": ["f", "f", "m", "m"],
    "2000-2004": [0.01, 0.03, 0.02, 0.05],
    "2005-2009": [0.011, 0.031, 0.021, 0.051],
}


def test_a_wide_table_of_years_is_the_long_one(tmp_path):
    rows = pd.DataFrame(LONG).melt(["age", "sex"], var_name="years", value_name="rate")
    expected = rate_table(rows, rate="rate", period="years", by="sex").summary()
    path = tmp_path / "wide.csv"
    text = pd.DataFrame(LONG).to_csv(index=False).replace(",", ";").replace(".", ",")
    path.write_text(text, encoding="utf-8")
    for table in (LONG, pd.DataFrame(LONG), pl.DataFrame(LONG), path):
        found = rate_table(table, wide="period", by="sex").summary()
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_years_of_r_and_sexes_go_across_too():
    single = rate_table({"age": [0, 60], "X2000": [1, 3], "X2001": [2, 4]}, wide="period", per=100)
    assert_array_equal(single.period_edges, [2000, 2001, 2002])
    assert_allclose(single.rates_at([70, 70], [2000.5, 2001.5]), [0.03, 0.04], **EXACT)
    sexes = rate_table({"age": [0, 60], "male": [0.1, 0.3], "female": [0.2, 0.4]}, wide="sex")
    assert sexes.groups["sex"].tolist() == ["female", "male"]
    assert_array_equal(sexes.rates[:, :, 0], [[0.2, 0.4], [0.1, 0.3]])


@pytest.mark.parametrize(
    ("table", "wide", "problem"),
    [
        ({"age": [0, 60], "rate": [0.1, 0.2]}, "period", "the table is not wide by period"),
        ({"age": [0, 60], "sum": [0.1, 0.2]}, "period", "'sum' is not a band"),
        ({"age": [0, 60]}, "period", "no columns are left to go across"),
        ({"ages": [0, 60], "2000": [0.1, 0.2]}, "period", "'age': there is no such column"),
    ],
)
def test_a_table_that_is_not_wide_is_refused(table, wide, problem):
    with pytest.raises(TableError) as caught:
        rate_table(table, wide=wide)
    assert problem in str(caught.value)
