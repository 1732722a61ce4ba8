"""Person-years held against Epi, popEpi and survival."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support import HERE, reference
from tests.tolerances import EXACT, SUMMED

from paraneo import incidence_ratios, person_years, rate_table
from paraneo.follow_up._background_rate import background_rate
from paraneo.numerics.calendar import calendar_year, first_of_january, years_between

NICKEL = HERE / "reference" / "nickel"
EDGES = {
    "age": np.arange(0, 105, 5),
    "period": np.arange(1931, 1991, 5),
    "follow_up": [0, 20, 30, 40, 50, 100],
}
LUNG, NASAL = [162, 163], 160


@pytest.fixture(scope="module")
def refiners():
    people = pd.read_csv(NICKEL / "people.csv")
    return people.drop(columns="id").assign(
        first=people["dob"] + people["age1st"],
        start=people["dob"] + people["agein"],
        stop=people["dob"] + people["ageout"],
        all=(people["icd"] > 0).astype(int),
        exposed=np.digitize(people["exposure"], [0.1, 4.1, 8.1, 12.1]),
    )


@pytest.fixture(scope="module")
def nickel_rates():
    rows = pd.read_csv(NICKEL / "rates.csv").rename(columns={"other": "all"})
    return {
        name: rate_table(rows, rate=name, period="year", per=1e6, period_width=11)
        for name in ("lung", "nasal", "all")
    }


@pytest.fixture(scope="module")
def nickel(refiners, nickel_rates):
    return person_years(
        refiners,
        birth="dob",
        entry="start",
        exit="stop",
        origin="first",
        event={"lung": ("icd", LUNG), "nasal": ("icd", NASAL), "all": "all"},
        by="exposed",
        rates=nickel_rates,
        **EDGES,
    )


def across(rows, keys):
    """Return the rows of several endpoints side by side, their own counts with their names."""
    wide = rows.pivot_table(
        index=keys, columns="endpoint", values=["observed", "expected"], aggfunc="sum"
    )
    wide.columns = [f"{count}_{name}" for count, name in wide.columns]
    one = rows[rows["endpoint"] == rows["endpoint"].iloc[0]]
    return one.groupby(keys)[["n", "person_years"]].sum().join(wide).reset_index()


def test_nickel_cells_are_those_of_epi(nickel):
    wanted = pd.DataFrame(reference("nickel")["cells"])
    keys = ["age", "period", "follow_up"]
    ours = across(nickel.summary().drop(columns="exposed"), keys)
    both = wanted.merge(ours, on=keys, suffixes=("_epi", ""), how="outer")
    assert len(both) == len(wanted)
    for name in wanted.columns.drop(keys):
        np.testing.assert_allclose(both[name], both[f"{name}_epi"], **SUMMED, err_msg=name)


def test_nickel_ratios_by_exposure(nickel):
    wanted = pd.DataFrame(reference("nickel")["by_exposure"])
    for cause in ("lung", "nasal", "all"):
        result = incidence_ratios(nickel, by=["endpoint", "exposed"]).summary()
        result = result[result["endpoint"] == cause]
        ratio = wanted[f"observed_{cause}"] / wanted[f"expected_{cause}"]
        np.testing.assert_allclose(result["estimate"], ratio, **SUMMED)


def test_nickel_lung_cancer_is_the_printed_one(nickel):
    total = nickel.summary().groupby("endpoint").sum(numeric_only=True).loc["lung"]
    assert round(total["person_years"], 1) == 15348.1
    assert total["observed"] == 137
    assert round(total["expected"], 2) == 27.54


SIRE_EDGES = {
    "follow_up": [0, 0.5, 1, 2, 5, 10, 20],
    "age": [0, 50, 60, 70, 80, np.inf],
    "period": [1993, 1998, 2003, 2008, 2013],
}
SIRE_TIMES = {"birth": "born", "entry": "diagnosed", "exit": "left"}
KEYS = ["follow_up", "age", "period"]


@pytest.fixture(scope="module")
def sire():
    return pd.read_csv(HERE / "reference" / "sire" / "people.csv")


@pytest.fixture(scope="module")
def finland():
    rows = pd.read_csv(HERE / "reference" / "sire" / "rates.csv")
    return rate_table(rows, rate="haz", age="agegroup", period="year")


def counted(people, rates, edges=SIRE_EDGES):
    event = {"any": ("status", [1, 2]), "other": ("status", 2)}
    both = dict.fromkeys(event, rates)
    rows = person_years(people, **SIRE_TIMES, event=event, rates=both, **edges).summary()
    rows = rows if edges else rows.assign(all="all")
    wide = across(rows, [*edges] or ["all"])
    return wide.assign(expected=wide["expected_any"])


def days(people):
    return {
        name: people[name].to_numpy("datetime64[D]").astype(int) for name in SIRE_TIMES.values()
    }


#: Dates as numbers: popEpi's year has 365 or 366 parts, Epi's always 365.25 days.
AS_NUMBERS = {
    "popepi": calendar_year,
    "epi": lambda day: 1970 + day / 365.25,
}


@pytest.mark.parametrize("peer", AS_NUMBERS)
def test_dates_as_the_numbers_of_a_peer_give_its_cells(sire, finland, peer):
    numbers = {name: AS_NUMBERS[peer](day) for name, day in days(sire).items()}
    ours = counted(sire.assign(**numbers), finland)
    wanted = pd.DataFrame(reference("sire")[peer])
    both = wanted.merge(ours, on=KEYS, suffixes=("_peer", ""), how="outer")
    assert len(both) == len(wanted)
    for name in ("person_years", "observed_any", "observed_other", "expected"):
        np.testing.assert_allclose(both[name], both[f"{name}_peer"], **SUMMED, err_msg=name)


@pytest.mark.parametrize("peer", AS_NUMBERS)
def test_dates_in_whole_days_differ_from_a_peer_by_less_than_two_days_a_person(sire, finland, peer):
    """A birthday, 1 January or anniversary of a peer lies within a day of the civil one."""
    ours = counted(sire, finland)
    wanted = pd.DataFrame(reference("sire")[peer])
    both = wanted.merge(ours, on=KEYS, suffixes=("_peer", ""), how="outer").fillna(0)
    apart = (both["person_years"] - both["person_years_peer"]).abs()
    assert (apart <= 2 * both["n"] / 365.25).all()
    assert apart.sum() > 0
    moved = (both["observed_any"] - both["observed_any_peer"]).abs().sum() / 2
    assert moved <= 10
    total = both.sum()
    assert total["observed_any"] == total["observed_any_peer"] == 4579
    assert abs(total["expected"] / total["expected_peer"] - 1) < 1e-4
    if peer == "epi":
        assert abs(total["person_years"] / total["person_years_peer"] - 1) < 1e-9


def test_age_and_year_frozen_at_diagnosis_give_half_as_much_again(sire, finland):
    result = person_years(sire, **SIRE_TIMES, event={"any": ("status", [1, 2])}, rates=finland)
    attained = incidence_ratios(result).summary()["estimate"].iloc[0]
    day = days(sire)
    age = years_between(day["born"], day["diagnosed"])
    frozen = finland.rates_at(age, calendar_year(day["diagnosed"]))
    frozen = frozen @ (day["left"] - day["diagnosed"]) / 365.25
    observed = result.summary()["observed"].iloc[0]
    assert round(attained, 2) == 3.07
    assert round(observed / frozen, 2) == 4.88


def test_age_and_year_frozen_in_a_sample_of_1500(sire, finland):
    """Times as popEpi's numbers: 274.2 deaths expected and a ratio of 3.06, not 175.1 and 4.80."""
    (rows,) = reference("sire")["sample_rows"]
    people = sire.iloc[[int(row) for row in rows.split()]]
    years = {name: calendar_year(day) for name, day in days(people).items()}
    split = counted(people.assign(**years), finland, {})
    age = years["diagnosed"] - years["born"]
    frozen = finland.rates_at(age, years["diagnosed"]) @ (years["left"] - years["diagnosed"])
    observed, expected = split[["observed_any", "expected"]].iloc[0]
    assert [round(expected, 1), round(observed / expected, 2)] == [274.2, 3.06]
    assert [round(frozen, 1), round(observed / frozen, 2)] == [175.1, 4.80]


def test_background_rates_of_each_person_add_up_to_what_is_expected(sire, finland):
    day = days(sire)
    times = (day[name] for name in SIRE_TIMES.values())
    group = np.zeros(len(sire), dtype=np.intp)
    found = background_rate(finland, *times, group, civil=True)
    result = person_years(sire, **SIRE_TIMES, rates=finland, zero_time="include")
    np.testing.assert_allclose(
        found.cumulative.sum(), result.summary()["expected"].iloc[0], **EXACT
    )
    year = calendar_year(day["left"] - 1)
    age = np.floor(years_between(day["born"], day["left"] - 1))
    followed = day["left"] > day["diagnosed"]
    np.testing.assert_array_equal(found.rate[followed], finland.rates_at(age, year)[followed])


@pytest.fixture(scope="module")
def minnesota():
    """The table in survival's own time: a year is 365.25 days, but starts on 1 January."""
    rows = pd.read_csv(HERE / "reference" / "mgus2" / "rates.csv")
    edges = first_of_january(rows["year"]) / 365.25
    return rate_table(
        rows.assign(period=edges), rate="per_day", per=1 / 365.25, period="period", by="sex",
        period_width=float(np.diff(np.unique(edges))[-1]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def mgus2():
    people = pd.read_csv(HERE / "reference" / "mgus2" / "people.csv")
    entry = people["entry"].to_numpy("datetime64[D]").astype(int) / 365.25
    return people.assign(
        entry=entry,
        born=entry - people["age_days"] / 365.25,
        left=entry + people["days"] / 365.25,
    )


def test_mgus2_cells_are_those_of_pyears(mgus2, minnesota):
    result = person_years(
        mgus2,
        birth="born",
        entry="entry",
        exit="left",
        event="death",
        by="sex",
        age=[0, 60, 70, 80, 120],
        follow_up=[0, 1, 5, 10, 50],
        rates=minnesota,
        missing_rates="nearest",
    )
    wanted = pd.DataFrame(reference("mgus2")["cells"])
    keys = ["age", "follow_up", "sex"]
    both = wanted.merge(result.summary(), on=keys, suffixes=("_pyears", ""), how="outer")
    assert len(both) == len(wanted)
    for name in ("n", "person_years", "observed", "expected"):
        np.testing.assert_allclose(both[name], both[f"{name}_pyears"], **SUMMED)
    assert result.borrowed["rows"].tolist() == [(mgus2["entry"] < 0).sum()]


def test_mgus2_cumulative_rates_are_those_of_survexp(mgus2, minnesota):
    late = mgus2["entry"] >= 0
    some = mgus2[late]
    found = background_rate(
        minnesota,
        *(some[name].to_numpy() for name in ("born", "entry", "left")),
        minnesota.group_codes({"sex": some["sex"]}),
        civil=False,
    )
    wanted = np.array(reference("mgus2")["cumulative"])[late]
    np.testing.assert_allclose(found.cumulative, wanted, **SUMMED)
