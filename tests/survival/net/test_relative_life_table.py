"""Survival by interval over the population's, and weighted to a standard, against popEpi."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.support import HERE, kept, reference
from tests.tolerances import COARSE, EXACT, PRINTED, SHIFTED_BREAKS, SUMMED

from paraneo import ArgumentError, TableError, life_table, net_survival, rate_table
from paraneo.survival.net import _intervals
from paraneo.survival.net import _table_background as background

PEER = reference("life_table")
FOLDER = HERE / "reference" / "life_table"
PEOPLE = pd.read_csv(FOLDER / "people.csv")
RATES = rate_table(pd.read_csv(FOLDER / "rates.csv"), rate="rate", period="year")
NAMES = {"birth": "birth", "origin": "entry", "exit": "exit", "event": "event", "rates": RATES}
BREAKS = PEER["breaks"]


def table(quantity, people=PEOPLE, **options):
    found = life_table(people, **{**NAMES, "breaks": BREAKS, **options}).summary()
    return found[found["quantity"] == quantity].reset_index(drop=True)


def agree(found, peer, name, tolerance=SUMMED):
    for ours, theirs in {
        "estimate": name,
        "lower": f"{name}.lo",
        "upper": f"{name}.hi",
        "std_error": f"SE.{name}",
        "events": "d",
        "expected": "d.exp",
    }.items():
        if theirs in peer:
            assert_allclose(found[ours], peer[theirs], **tolerance)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("hazard", {"population": "midpoint"}),
        ("exact", {"population": "exact"}),
        ("actuarial", {"population": "midpoint", "form": "actuarial"}),
        ("log", {"population": "midpoint", "interval": "log"}),
        ("plain", {"population": "midpoint", "interval": "plain"}),
        ("bands", {"population": "midpoint", "by": "band"}),
    ],
)
def test_relative_survival_agrees_with_survtab(name, options):
    agree(table("relative", **options), PEER["relative"][name], "r.e2")


@pytest.mark.parametrize(
    ("name", "weights"), [("chosen", dict(enumerate(PEER["weights"]))), ("internal", "internal")]
)
def test_standardised_survival_agrees_with_survtab(name, weights):
    whole = life_table(PEOPLE, **NAMES, breaks=BREAKS, by="band", population="midpoint")
    found = whole.standardised("band", weights).summary().set_index("quantity")
    agree(found.loc["relative"], PEER["standardised"][name], "r.e2.as")
    agree(found.loc["observed"], PEER["standardised"][name], "surv.obs.as")


def test_net_survival_agrees_with_survtab_once_its_sign_is_corrected():
    options = {"method": "pohar-perme", "population": "midpoint"}
    found = table("net", **options)
    agree(found, PEER["net"]["mended"], "r.pp", SHIFTED_BREAKS)
    whole = life_table(PEOPLE, **NAMES, breaks=BREAKS, by="band", **options)
    weighted = whole.standardised("band", dict(enumerate(PEER["weights"]))).summary()
    weighted = weighted[weighted["quantity"] == "net"]
    agree(weighted, PEER["net"]["mended_bands"], "r.pp.as", SHIFTED_BREAKS)


def as_shipped(people, names, breaks):
    """Return net survival with the sign of the peer, whose weights start below 1."""
    from paraneo.errors import Faults
    from paraneo.gate.events import Events
    from paraneo.gate.tables import Columns
    from paraneo.survival.net._life_frames import followed
    from paraneo.survival.records import read_records

    source = Columns(people, Faults("the table"))
    records = read_records(
        source, exit_column="exit", event_column=names["event"], entry_column=None,
        id_column=None, events=Events((1,), (2,), 0), by=(), origin_column="entry",
    )  # fmt: skip
    (group,) = followed(
        source, records, names["rates"], birth="birth", origin="entry", entry=None,
        exit_column="exit", by=(), method="pohar-perme",
    )  # fmt: skip
    sums = background.at_midpoints(group, np.array(breaks, dtype=float), towards=-1.0)
    return sums, _intervals.net(sums, np.diff(breaks))


def test_the_sign_is_all_that_survtab_has_otherwise():
    """Its weights 1 / S* of the first interval lie below 1, which no survival allows."""
    peer = PEER["net"]["as_shipped"]
    sums, found = as_shipped(PEOPLE, NAMES, BREAKS)
    assert peer["d.pp"][0] < peer["d"][0]
    assert_allclose(sums.events, peer["d.pp"], **SHIFTED_BREAKS)
    assert_allclose(found.value, peer["r.pp"], **SHIFTED_BREAKS)
    assert_allclose(found.error, peer["SE.r.pp"], **SHIFTED_BREAKS)


def test_shared_life_table_case():
    """Another export of the same patients, dates turned to years here."""
    folder = kept("survtab_sire")
    want = reference("survtab_sire")
    people = pd.read_csv(folder / "data.csv")
    people = people[people["ex_date"] > people["dg_date"]].copy()
    for name, dates in {"birth": "bi_date", "entry": "dg_date", "exit": "ex_date"}.items():
        when = pd.to_datetime(people[dates]).dt
        people[name] = when.year + (when.dayofyear - 1) / np.where(when.is_leap_year, 366, 365)
    people["group"] = np.digitize(people["entry"] - people["birth"], want["age_breaks"])
    rates = pd.read_csv(folder / "rates.csv")
    rates = rate_table(rates, rate="haz", age="agegroup", period="year")
    names = {**NAMES, "event": "status", "rates": rates}
    breaks = want["breaks"]
    options = {"breaks": breaks, "population": "midpoint"}
    for case, more in (
        ("relative_e2_hazard", {}),
        ("relative_e2_lifetable", {"form": "actuarial"}),
        ("log_log_plain_ci", {"interval": "plain"}),
        ("by_age_group_e2", {"by": "group"}),
    ):
        found = life_table(people, **{**names, **options, **more}).summary()
        agree(found[found["quantity"] == "relative"], want[case], "r.e2")
    groups = life_table(people, **names, **options, by="group")
    found = groups.standardised("group", dict(enumerate(want["weights"]))).summary()
    case = want["age_standardised_e2_internal_weights"]
    agree(found[found["quantity"] == "relative"], case, "r.e2.as")
    assert_allclose(groups.standardised("group").summary()["estimate"], found["estimate"])
    shipped = as_shipped(people, names, breaks)[1]
    case = want["net_pohar_perme_hazard"]
    assert_allclose(shipped.value, case["r.pp"], **SHIFTED_BREAKS)
    assert_allclose(shipped.error, case["SE.r.pp"], **SHIFTED_BREAKS)


@pytest.mark.parametrize(("method", "quantity"), [("pohar-perme", "net"), ("ederer2", "relative")])
def test_narrow_intervals_tend_to_the_curve_without_intervals(method, quantity):
    """The corrected weights lead there, those of the peer as it is shipped do not."""
    some = PEOPLE.iloc[::4]
    curve = net_survival(
        some, birth="birth", entry="entry", exit="exit", event="event", cause=[1, 2],
        rates=RATES, method=method, form="exponential",
    )  # fmt: skip
    fine = table(quantity, some, method=method, breaks=np.arange(0, 7.001, 1 / 100))
    want = curve.at(fine["end"])
    assert_allclose(fine["estimate"], want["estimate"], **COARSE)
    assert_allclose(fine["std_error"], want["std_error"], **PRINTED[3])


@settings(max_examples=40, deadline=None)
@given(
    hazard=st.floats(0.0, 0.3),
    years=st.lists(st.floats(0.05, 3.0), min_size=3, max_size=12),
    late=st.floats(0.0, 0.9),
)
def test_a_hazard_that_all_share_is_taken_off(hazard, years, late):
    """Then relative survival is observed over e^(-ht), whatever the entries."""
    rates = rate_table({"age": [0], "rate": [hazard]}, rate="rate")
    n = len(years)
    entry = 2000.0 + late * np.array(years) * (np.arange(n) % 2)
    people = {
        "birth": np.full(n, 1950.0),
        "entry": np.full(n, 2000.0),
        "from": entry,
        "exit": 2000.0 + np.array(years),
        "event": np.ones(n, dtype=int),
    }
    names = {**NAMES, "rates": rates, "entry": "from", "breaks": [0, 1, 2, 3]}
    found = life_table(people, **names).summary()
    parts = dict(list(found.groupby("quantity")))
    shared = np.exp(-hazard * parts["observed"]["end"].to_numpy())
    for column in ("estimate", "std_error"):
        want = parts["observed"][column].to_numpy() / shared
        assert_allclose(parts["relative"][column], want, **SUMMED)


def test_a_world_by_hand():
    """Two people, hazards 0.1 and 0.3: one dies after half a year, one is followed for 1."""
    rates = rate_table({"age": [0, 60], "rate": [0.1, 0.3]}, rate="rate")
    people = {
        "birth": [1950.0, 1930.0], "entry": [2000.0, 2000.0], "exit": [2000.5, 2001.0],
        "event": [1, 0],
    }  # fmt: skip
    names = {**NAMES, "rates": rates, "breaks": [0, 1], "method": "pohar-perme"}
    found = life_table(people, **names).summary().set_index("quantity").loc["net"]
    grown = np.array([np.expm1(0.05), np.expm1(0.3)])
    time = (grown / [0.1, 0.3]).sum()
    dead = np.exp(0.05)
    assert_allclose(found["expected"], 0.1 * 0.5 + 0.3, **EXACT)
    net = np.exp(-(dead - grown.sum()) / time)
    assert_allclose(found["estimate"], net, **EXACT)
    assert_allclose(found["std_error"], net * dead / time, **EXACT)


def test_order_of_rows_and_dates_or_years():
    mixed = PEOPLE.sample(frac=1.0, random_state=3)
    for method, quantity in (("ederer2", "relative"), ("pohar-perme", "net")):
        assert_allclose(
            table(quantity, mixed, method=method)["estimate"],
            table(quantity, method=method)["estimate"],
            **SUMMED,
        )


def test_one_group_is_its_own_standard_and_limits_follow():
    whole = life_table(PEOPLE.assign(all="x"), **NAMES, breaks=BREAKS, by="all")
    alone = whole.standardised("all", {"x": 3.0})
    for column in ("estimate", "lower", "upper", "std_error", "expected"):
        assert_allclose(alone.summary()[column], whole.summary()[column], **SUMMED)
    two = life_table(PEOPLE, **NAMES, breaks=BREAKS, by=["older", "band"])
    with pytest.raises(ArgumentError, match="some groups lack some 'band'"):
        _ = two.standardised("band")


def test_named_standards():
    five = PEOPLE.assign(age=np.digitize(PEOPLE["entry"] - PEOPLE["birth"], [45, 55, 65, 75]))
    whole = life_table(five, **NAMES, breaks=[0, 1, 2], by="age")
    found = whole.standardised("age", "icss-1").summary()
    relative = whole.summary().query("quantity == 'relative' and end == 2")["estimate"]
    want = relative.to_numpy() @ [0.07, 0.12, 0.23, 0.29, 0.29]
    assert_allclose(found["estimate"].iloc[-1], want, **EXACT)


def test_pictures_and_bad_input():
    whole = life_table(PEOPLE, **NAMES, breaks=BREAKS, by="older")
    assert whole.plot().get_ylabel() == "Relative survival (95% CI)"
    assert len(whole.plot(quantity="incidence").lines) == 2
    for wrong, message in (
        ({"birth": None}, "the rates need the age and year of each person"),
        ({"origin": None, "exit": "years"}, "Name the column of time zero"),
        ({"method": "pohar-perme", "form": "actuarial"}, "net survival is by hazards here"),
        ({"method": "ederer"}, "Did you mean 'ederer2'"),
    ):
        with pytest.raises(TableError, match=message):
            life_table(PEOPLE, **{**NAMES, "breaks": BREAKS, **wrong})
    for over, weights, message in (
        ("band", "internal", "there are no groups by 'band'"),
        ("older", "icss-1", "icss-1 has five groups of age, and here are 2"),
        ("older", "icss", "Choose internal, icss-1, icss-2, icss-3"),
        ("older", {0: 1.0}, "there is none for 1"),
        ("older", {0: 1.0, 1: 1.0, 2: 1.0}, "there is no group 2"),
        ("older", {0: -1.0, 1: 1.0}, "they are not numbers of 0 or more"),
    ):
        with pytest.raises(ArgumentError, match=message):
            _ = whole.standardised(over, weights)
