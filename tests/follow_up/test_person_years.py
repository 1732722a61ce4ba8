"""Person-years against a count of days by hand, laws, and bad input."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tolerances import EXACT

from paraneo import (
    ArgumentError,
    TableError,
    follow_up_walk,
    incidence_ratios,
    person_years,
    rate_table,
)

DATED = {"birth": "born", "entry": "start", "exit": "stop", "event": "ill"}
EDGES = {"age": [0, 40, 41, 42.5, 60], "period": [1999, 2000, 2001, 2003], "follow_up": [0, 1, 2]}
RATES = rate_table(
    pd.DataFrame(
        [
            (sex, age, year, (age + 1) * (year - 1990) * (1e-4 if sex == "f" else 1e-6) / 3)
            for sex in "fm"
            for age in (0, 39, 40, 41, 50)
            for year in range(1999, 2003)
        ],
        columns=["sex", "age", "year", "rate"],
    ),
    rate="rate",
    period="year",
    by="sex",
)


def birthday(born, year):
    """The civil birthday; 1 March where there is no 29 February."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def age_on(born, day):
    return day.year - born.year - (day < birthday(born, day.year))


def by_hand(people):
    """Count day by day what lies in each band, without any of the package's code."""
    rows = []
    for born, start, stop, ill, sex in people.itertuples(index=False):
        middle = birthday(born, born.year + 42)
        half = (birthday(born, born.year + 43) - middle).days / 2
        for step in range((stop - start).days):
            day = start + timedelta(step)
            years = age_on(born, day)
            band = 0 if years < 40 else years if years < 42 else 42.5
            if years == 42 and (day - middle).days < np.floor(half + 0.5):
                band = 41
            last = day + timedelta(1) == stop
            age = max(a for a in (0, 39, 40, 41, 50) if a <= years)
            rate = (age + 1) * (day.year - 1990) * (1e-4 if sex == "f" else 1e-6) / 3
            period = {2002: 2001}.get(day.year, day.year)
            rows.append((sex, band, period, age_on(start, day), last * ill, rate))
    frame = pd.DataFrame(rows, columns=["sex", "age", "period", "follow_up", "observed", "rate"])
    frame = frame[frame["follow_up"] < 2]
    grouped = frame.groupby(["age", "period", "follow_up", "sex"], as_index=False)
    return grouped.agg(
        person_years=("rate", lambda x: len(x) / 365.25),
        observed=("observed", "sum"),
        expected=("rate", lambda x: x.sum() / 365.25),
    )


dates = st.dates(date(1999, 1, 1), date(2002, 12, 31))
births = st.dates(date(1956, 1, 1), date(1961, 12, 31)) | st.just(date(1960, 2, 29))


@st.composite
def cohorts(draw, most=4):
    rows = []
    for _ in range(draw(st.integers(1, most))):
        ends = sorted((draw(dates), draw(dates)))
        rows.append((draw(births), *ends, draw(st.integers(0, 1)), draw(st.sampled_from("fm"))))
    return pd.DataFrame(rows, columns=["born", "start", "stop", "ill", "sex"])


def counted(people, **how):
    return person_years(people, **DATED, by="sex", rates=RATES, **{**EDGES, **how})


@given(cohorts())
def test_every_day_is_counted_where_a_calendar_puts_it(people):
    ours, wanted = counted(people).summary(), by_hand(people)
    keys = ["age", "period", "follow_up", "sex"]
    assert ours[keys].to_numpy().tolist() == wanted[keys].to_numpy().tolist()
    for name in ("person_years", "observed", "expected"):
        np.testing.assert_allclose(ours[name], wanted[name].astype(float), **EXACT)


@given(cohorts(most=12), st.randoms(use_true_random=False), st.integers(1, 5))
def test_order_batches_workers_and_kind_of_door_change_no_digit(people, random, size):
    whole = counted(people).summary()
    order = list(people.index)
    random.shuffle(order)
    pieces = [people.iloc[i : i + size] for i in range(0, len(people), size)]
    with ThreadPoolExecutor(2) as two:
        others = [
            counted(people.loc[order]),
            counted(people, batch_rows=size),
            counted(people, batch_rows=size, executor=two),
            counted(iter(pieces)),
            counted({name: list(people[name]) for name in people}),
            sum((counted(piece) for piece in pieces[1:]), start=counted(pieces[0])),
        ]
    excluded = counted(people).excluded
    for other in others:
        pd.testing.assert_frame_equal(whole, other.summary(), check_exact=True)
        pd.testing.assert_frame_equal(excluded, other.excluded, check_exact=True)


def test_tables_of_another_layout_do_not_add():
    data = {"born": [1950.0], "start": [1990.0], "stop": [1995.0], "ill": [1], "sex": ["f"]}
    table = numeric(data, age=[40, 50], by="sex")
    with pytest.raises(TypeError):
        table + 1
    for how, what in (
        ({"age": [40, 45]}, "'age': its bands differ"),
        ({"age": [40, 50], "follow_up": [0, 9]}, "'follow_up': its bands differ"),
        ({"age": [40, 50], "by": ()}, "'by'"),
        ({"age": [40, 50], "window": (0, 1)}, "'window'"),
        ({"age": [40, 50], "rates": HOLE}, "'rate_names'"),
    ):
        with pytest.raises(ArgumentError, match=what):
            table + numeric(data, **{"by": "sex", **how})


@given(cohorts(most=6), st.lists(st.integers(0, 1500), min_size=6, max_size=6))
def test_a_spell_cut_in_two_changes_no_digit(people, at):
    people = people.assign(id=range(len(people)), origin=people["start"])
    people = people[people["start"] < people["stop"]]
    lengths = [(b - a).days for a, b in zip(people["start"], people["stop"], strict=True)]
    days = np.minimum(at[: len(people)], lengths)
    if not len(people):
        return
    middle = [a + timedelta(int(d)) for a, d in zip(people["start"], days, strict=True)]
    halves = pd.concat(
        [people.assign(stop=middle, ill=0).astype({"stop": object}), people.assign(start=middle)]
    )
    halves = halves[[a != b for a, b in zip(halves["start"], halves["stop"], strict=True)]]
    ended = people["ill"].to_numpy() * (np.array(middle) == people["stop"].to_numpy())
    halves = halves if not ended.any() else people
    whole = counted(people, origin="origin", id="id")
    cut = counted(halves, origin="origin", id="id")
    pd.testing.assert_frame_equal(whole.summary(), cut.summary(), check_exact=True)


def numeric(people, **how):
    return person_years(people, birth="born", entry="start", exit="stop", event="ill", **how)


years = st.floats(0, 30, allow_nan=False)


@given(
    st.lists(st.tuples(years, years, st.integers(0, 1)), min_size=1, max_size=8),
    st.lists(st.floats(0.1, 69), max_size=6, unique=True),
    st.floats(0.01, 0.99),
)
def test_numbers_any_cuts_give_the_same_sums_and_a_cut_spell_the_same_digits(rows, cuts, share):
    people = pd.DataFrame(rows, columns=["delay", "length", "ill"])
    people = people.assign(born=1950.25, start=1960 + people["delay"], id=range(len(people)))
    people["stop"] = people["start"] + people["length"] + 0.01
    people["origin"] = people["start"]
    flat = rate_table({"age": [0, 17, 33], "rate": [1e-5, 3e-3, 1 / 3]}, rate="rate")
    how = {"origin": "origin", "id": "id", "rates": flat}
    whole = numeric(people, **how).summary()
    edges = [0, *sorted(cuts), np.inf]
    parts = numeric(people, age=edges, follow_up=edges, **how).summary()
    for name in ("person_years", "observed", "expected"):
        np.testing.assert_allclose(parts[name].sum(), whole[name].iloc[0], **EXACT)
    middle = people["start"] + share * (people["stop"] - people["start"])
    halves = pd.concat([people.assign(stop=middle, ill=0), people.assign(start=middle)])
    pd.testing.assert_frame_equal(numeric(halves, **how).summary(), whole, check_exact=True)


@given(cohorts(), st.lists(st.floats(0.1, 69), max_size=5, unique=True))
def test_dates_any_cuts_give_the_same_sums(people, cuts):
    whole = counted(people, age=None, period=None, follow_up=None).summary().sum(numeric_only=True)
    edges = [-1, *sorted(cuts), np.inf]
    years = [1900, *sorted(1960 + cut for cut in cuts), 2050]
    parts = counted(people, age=edges, period=years, follow_up=edges).summary()
    assert parts["observed"].sum() == whole["observed"]
    for name in ("person_years", "expected"):
        np.testing.assert_allclose(parts[name].sum(), whole[name], **EXACT)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "date", "text"])
def test_the_unit_of_dates_changes_no_digit(unit):
    days = {
        "born": ["1950-03-01", "1960-02-29", "1945-12-31"],
        "start": ["1999-05-05", "2000-02-28", "2001-01-01"],
        "stop": ["2002-05-05", "2002-03-01", "2001-01-02"],
    }
    people = pd.DataFrame({**days, "ill": [0, 1, 1], "sex": ["f", "m", "f"]})
    other = people.copy()
    for name in days:
        column = pd.to_datetime(people[name])
        if unit == "date":
            other[name] = column.dt.date
        elif unit != "text":
            other[name] = column.astype(f"datetime64[{unit}]")
    whole = counted(people.assign(**{name: pd.to_datetime(people[name]) for name in days}))
    pd.testing.assert_frame_equal(whole.summary(), counted(other).summary(), check_exact=True)


def test_an_event_at_an_edge_lies_in_the_band_that_ends_there():
    dated = {"born": ["1950-01-01"], "start": ["1995-01-01"], "stop": ["2000-01-01"], "ill": [1]}
    plain = {"born": [1950.0], "start": [1995.0], "stop": [2000.0], "ill": [1]}
    for data in (dated, plain):
        result = person_years(data, **DATED, age=[40, 50, 60], period=[1990, 2000, 2010])
        frame = result.summary()
        assert frame[["age", "period", "observed"]].to_numpy().tolist() == [[40, 1990, 1]]
        assert abs(frame["person_years"].iloc[0] - 5) < 1 / 365.25


def test_decimal_edges_are_met_in_spite_of_rounding():
    start = np.array([1994.3, 1987.7, 2001.1])
    data = {"born": start - 50, "start": start, "stop": start + 0.1 + 0.2, "ill": [1, 1, 1]}
    frame = numeric(data, follow_up=[0, 0.1, 0.3, 1]).summary()
    assert frame["follow_up"].tolist() == [0, 0.1]
    assert frame["observed"].tolist() == [0, 3]


def test_window_removes_events_and_time_together():
    data = {
        "born": ["1950-01-01"] * 3,
        "start": ["2000-01-01"] * 3,
        "stop": ["2000-02-01", "2001-01-01", "2000-03-02"],
        "ill": [1, 1, 1],
    }
    result = person_years(data, **DATED, window=(2 / 12, np.inf))
    assert result.summary()[["n", "observed"]].to_numpy().tolist() == [[1, 1]]
    left_out = result.excluded.iloc[0]
    assert (left_out["reason"], left_out["rows"], left_out["events"]) == (
        "outside the window",
        3,
        2,
    )
    days = 365.25 * (result.summary()["person_years"].sum() + left_out["person_years"])
    assert round(days, 6) == 31 + 366 + 61


@pytest.mark.parametrize(
    ("zero_time", "n", "observed", "days"),
    [("exclude", 1, 0, 10), ("include", 2, 1, 10), ("half_day", 2, 1, 10.5)],
)
def test_rows_of_no_length(zero_time, n, observed, days):
    data = {
        "born": ["1950-01-01"] * 2,
        "start": ["2000-01-01"] * 2,
        "stop": ["2000-01-01", "2000-01-11"],
        "ill": [1, 0],
    }
    result = person_years(data, **DATED, period=[2000, 2001], zero_time=zero_time)
    row = result.summary().iloc[0]
    assert (row["n"], row["observed"]) == (n, observed)
    np.testing.assert_allclose(row["person_years"] * 365.25, days, **EXACT)
    assert len(result.excluded) == (zero_time == "exclude")


def test_age_and_year_frozen_at_entry_would_be_far_off():
    """Rates rise with age, so that expected cases at the age of entry are too few."""
    rates = rate_table(
        {"age": range(100), "rate": 1e-5 * np.exp(0.1 * np.arange(100))}, rate="rate"
    )
    data = {"born": [1930.0] * 50, "start": [1990.0] * 50, "stop": [2000.0] * 50, "ill": [1] * 50}
    attained = incidence_ratios(numeric(data, rates=rates)).summary()["estimate"].iloc[0]
    frozen = 50 / (50 * 10 * 1e-5 * np.exp(0.1 * 60))
    mean_growth = np.exp(0.1 * np.arange(10)).mean()
    np.testing.assert_allclose(attained, frozen / mean_growth, **EXACT)
    assert frozen > 1.5 * attained


HOLE = rate_table({"age": [40, 50, 60], "rate": [0.01, np.nan, 0.03]}, rate="rate")
FIFTY = {
    "born": [1940.0, 1950.0],
    "start": [1980.0, 1990.0],
    "stop": [2000.0, 1995.0],
    "ill": [1, 1],
}


def test_missing_rates_are_listed_with_their_person_years():
    with pytest.raises(TableError) as caught:
        numeric(FIFTY, rates=HOLE)
    said = "'rates' at row 0: no rate for 10 person-years (age 50 to 60: 10)"
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("bands", "rows"),
    [
        ({}, "0, 2, 3"),
        ({"age": [0, 50, 70]}, "0, 2"),
        ({"age": [50, 70]}, None),
        ({"window": (0, 3)}, "0, 2"),
        ({"follow_up": [0, 4, 5]}, "0, 2, 3"),
        ({"period": [2000, 2001]}, "0"),
    ],
)
def test_rows_without_a_rate_are_those_with_counted_time_outside_the_table(tmp_path, bands, rows):
    rates = rate_table({"age": ["50-59", "60-69"], "rate": [0.01, 0.02]}, rate="rate")
    people = pd.DataFrame(
        {
            "born": ["1950-03-01", "1940-02-29", "1962-12-31", "1931-07-04"],
            "start": ["2000-01-01", "1999-02-28", "2001-06-30", "1998-01-01"],
            "stop": ["2005-01-01", "2004-02-29", "2003-01-01", "2002-03-04"],
            "ill": 0,
        }
    )
    people.to_csv(tmp_path / "people.csv", index=False)
    for data in (people, tmp_path / "people.csv", [people[:3], people[3:]]):
        how = {**DATED, **bands, "rates": rates, "batch_rows": 3}
        if rows is None:
            assert len(person_years(data, **how).summary())
            continue
        with pytest.raises(TableError, match=rf"^[^\n]*\n  - 'rates' at rows? {rows}: no rate"):
            person_years(data, **how)


def test_a_group_without_any_rate_has_none_to_borrow():
    rates = rate_table(
        {"age": [0, 50] * 2, "sex": ["f", "f", "m", "m"], "rate": [0.01, 0.02, np.nan, np.nan]},
        rate="rate",
        by="sex",
    )
    data = {**FIFTY, "sex": ["f", "m"]}
    with pytest.raises(TableError, match=r"at row 1: no rate for 5 .* has none to borrow"):
        numeric(data, rates=rates, missing_rates="nearest")
    found = numeric(data, rates=rates, missing_rates="drop")
    assert found.summary()["observed"].tolist() == [1]
    assert found.excluded["events"].tolist() == [1]


def test_missing_rates_dropped_take_their_events_along():
    late = {**FIFTY, "stop": [1995.0, 1995.0]}
    result = numeric(late, rates=HOLE, missing_rates="drop")
    row, gone = result.summary().iloc[0], result.excluded.iloc[0]
    assert (row["person_years"], row["observed"]) == (15, 1)
    assert (gone["reason"], gone["person_years"], gone["events"]) == ("no rate in the table", 5, 1)


def test_missing_rates_borrowed_are_counted():
    result = numeric(FIFTY, rates=HOLE, missing_rates="nearest")
    np.testing.assert_allclose(result.summary()["expected"], [0.25], **EXACT)
    assert result.borrowed[["rows", "person_years"]].to_numpy().tolist() == [[1, 10]]
    assert result.borrowed["events"].tolist() == [1]


def test_the_nearest_rate_is_first_that_of_another_year_at_the_same_age():
    rates = rate_table(
        {
            "age": [40, 50, 40, 50, 40, 50],
            "year": [1990, 1990, 1991, 1991, 1992, 1992],
            "rate": [0.01, 0.05, 0.02, np.nan, np.nan, 0.06],
        },
        rate="rate",
        period="year",
    )
    one = {"born": [1938.0], "start": [1991.0], "stop": [1992.0], "ill": [0]}
    found = numeric(one, rates=rates, missing_rates="nearest")
    np.testing.assert_allclose(found.summary()["expected"], [0.05], **EXACT)
    one = {"born": [1950.0], "start": [1992.0], "stop": [1993.0], "ill": [0]}
    found = numeric(one, rates=rates, missing_rates="nearest")
    np.testing.assert_allclose(found.summary()["expected"], [0.02], **EXACT)


def test_bad_rows_are_all_named_by_their_place_in_the_whole():
    data = pd.DataFrame(
        {
            "born": ["1950-01-01", "1999-02-29", "1960-01-01", "1850-01-01", "1950-01-01"],
            "start": ["2000-01-01", "2000-01-01", "1959-01-01", "2000-01-01", "2000-01-01"],
            "stop": ["1999-01-01", "2001-01-01", "2001-01-01", "2001-01-01", "2999-01-01"],
            "ill": [0, 1, 2, 0, 0],
            "sex": ["f", "m", "x", "f", "m"],
        }
    )
    with pytest.raises(TableError) as caught:
        person_years(data, **DATED, rates=RATES, batch_rows=2)
    text = str(caught.value)
    for part in (
        "'stop' at row 0: it lies before 'start'",
        "'born' at row 1: there is no such day in the calendar",
        "'start' at row 2: it lies before 'born'",
        "'ill' at row 2: event 2 is not 0 or 1",
        "'sex' at row 2: the rate table has no group x",
        "'stop' at row 3: the person is older than 120",
        "'stop' at row 4: it lies in the future",
    ):
        assert part in text, text


def test_dates_and_numbers_are_not_mixed():
    data = {"born": [1950.0], "start": ["2000-01-01"], "stop": ["2001-01-01"], "ill": [0]}
    with pytest.raises(TableError, match="'born': it holds plain numbers where others hold dates"):
        person_years(data, **DATED)
    data["born"], data["stop"] = ["1950-01-01"], [date(2001, 1, 1)]
    assert person_years(data, **DATED).summary()["n"].tolist() == [1]


@pytest.mark.parametrize("word", ["2001.5", "2001", "2001-05", "now", "2001-W05", "1/5/2001"])
def test_half_a_date_is_not_taken_for_a_day(word):
    data = {"born": ["1950-01-01"] * 2, "start": ["2000-01-01"] * 2, "ill": [0, 0]}
    with pytest.raises(TableError, match=r"'stop' at row 1: text of the form '.*' is not a date"):
        person_years({**data, "stop": ["2001-01-01", word]}, **DATED)


def test_the_ways_to_write_a_day_mean_the_same():
    words = ["2001-01-05", "2001-1-5", "20010105", "2001/01/05", "2001-01-05 00:00"]
    data = {"born": ["1950-01-01"] * 5, "start": ["2000-01-01"] * 5, "stop": words, "ill": [0] * 5}
    walks = [
        follow_up_walk({**data, "id": range(5)}, who, id="id", **DATED)["days"].sum()
        for who in range(5)
    ]
    assert walks == [370] * 5


def test_nobody_is_said_whatever_the_door(tmp_path):
    people = pd.DataFrame({name: [] for name in ("id", "born", "start", "stop", "ill")})
    people.to_csv(tmp_path / "none.csv", index=False)
    for data in (people, [people], iter([]), tmp_path / "none.csv"):
        for name in ("id", None):
            with pytest.raises(TableError, match="it has no rows"):
                person_years(data, **DATED, id=name)
    with pytest.raises(TableError, match="it is of type int"):
        person_years([people, 3], **DATED, id="id")


def test_overlapping_spells_are_refused_and_people_counted_once():
    spells = {
        "born": [1950.0] * 3,
        "start": [2001.0, 1999.0, 2000.0],
        "stop": [2002.0, 2000.0, 2001.0],
        "ill": [0] * 3,
        "id": ["a", "a", "a"],
    }
    assert numeric(spells, id="id").summary()["n"].tolist() == [1]
    spells["start"][2] = 1999.5
    with pytest.raises(TableError, match="'id' at row 2: the spell overlaps another"):
        numeric(spells, id="id")
    parts = [pd.DataFrame(spells).iloc[[k]].assign(id=who) for k, who in enumerate("aba")]
    with pytest.raises(TableError, match="do not stand together"):
        numeric(iter(parts), id="id")


def test_arguments_are_told_together():
    with pytest.raises(ArgumentError) as caught:
        person_years(
            {}, **{**DATED, "event": ["ill", 3]}, by="n", age=[3, 2], period=[1],
            rates=3, zero_time="half", missing_rates="skip", window=(1, 0),
        )  # fmt: skip
    text = str(caught.value)
    for part in (
        "'event'",
        "'n'",
        "'age'",
        "'period'",
        "'rates'",
        "half_day",
        "nearest",
        "'window'",
    ):
        assert part in text


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_files_are_read_in_batches(tmp_path, as_frame, ending):
    people = pd.DataFrame(
        {
            "born": pd.to_datetime(["1950-03-01", "1960-02-29", "1945-12-31"] * 7),
            "start": pd.to_datetime(["1999-05-05", "2000-02-28", "2001-01-01"] * 7),
            "stop": pd.to_datetime(["2002-05-05", "2002-03-01", "2001-01-02"] * 7),
            "ill": [0, 1, 1] * 7,
            "sex": ["f", "m", "f"] * 7,
            "id": np.repeat(range(21), 1),
        }
    )
    path = tmp_path / f"people.{ending}"
    people.to_csv(path, index=False) if ending == "csv" else people.to_parquet(path)
    whole = counted(as_frame({name: people[name].tolist() for name in people})).summary()
    for how in ({}, {"id": "id"}):
        read = counted(path, batch_rows=4, **how).summary()
        pd.testing.assert_frame_equal(whole, read, check_exact=True)
    twice = counted([path, people.iloc[:0], people]).summary()
    pd.testing.assert_frame_equal(twice[["n", "observed"]], 2 * whole[["n", "observed"]])


@given(cohorts(most=3))
def test_the_walks_of_all_people_add_up_to_the_table(people):
    people = people.assign(id=range(len(people)))
    how = {**DATED, **EDGES, "rates": RATES, "id": "id", "window": (0.25, 2)}
    result = person_years(people, **how).summary()
    walks = pd.concat([follow_up_walk(people, who, **how) for who in people["id"]])
    names = ["person_years", "observed", "expected"]
    if not len(walks):
        assert not len(result)
        return
    inside = walks[walks["counted"]]
    keys = [f"{name}_band" for name in EDGES]
    summed = inside.groupby(keys, as_index=False)[names].sum()
    result = result.sort_values(keys)
    assert summed[keys].to_numpy().tolist() == result[keys].to_numpy().tolist()
    np.testing.assert_allclose(summed[names], result[names], **EXACT)


def test_a_walk_names_a_person_who_is_not_there():
    with pytest.raises(TableError, match="'person': no row is of this person"):
        follow_up_walk({**FIFTY, "id": ["A", "C"]}, "B", id="id", **DATED)
