"""Several endpoints at once: rows of their own, held against survival::pyears and popEpi."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.support import kept, reference
from tests.tolerances import EXACT, SUMMED

from paraneo import incidence_ratios, person_years, rate_table, ratio_regression, standardised_rates
from paraneo.errors import ArgumentError, TableError
from paraneo.follow_up import _walks

TIMES = {"birth": "birth", "entry": "entry", "exit": "exit"}
BANDS = {"age": [0, 40, 50, 60, 70, 80, 120], "period": [1990, 1995, 2000, 2005, 2010, 2015]}
KEYS = ["endpoint", "sex", "age", "period"]


@pytest.fixture(scope="module")
def people():
    return pd.read_csv(kept("many_endpoints") / "people.csv")


@pytest.fixture(scope="module")
def rates():
    rows = pd.read_csv(kept("many_endpoints") / "rates.csv")
    return rate_table(rows, rate="rate", period="year", by=["endpoint", "sex"])


def counted(people, rates, **options):
    asked = {"event": "site", "endpoint": "endpoint", "censored": "no event"} | options
    return person_years(people, **TIMES, **BANDS, **{"by": "sex", "rates": rates} | asked)


def same_cells(ours, wanted):
    wanted = pd.DataFrame(wanted).rename(columns={"year": "period"})
    both = wanted.merge(ours, on=KEYS, suffixes=("_r", ""), how="outer", indicator=True)
    assert (both["_merge"] == "both").all()
    for name in ("n", "person_years", "observed", "expected"):
        np.testing.assert_allclose(both[name], both[f"{name}_r"], **SUMMED, err_msg=name)


def test_twenty_sites_in_every_cell_are_those_of_r(people, rates):
    ours = counted(people, rates).summary()
    same_cells(ours, reference("many_endpoints")["cells"])
    assert ours["endpoint"].nunique() == 20


def test_a_site_may_end_follow_up_in_its_own_tumour(people, rates):
    names = ["site1", "site2", "site3"]
    event = {name: f"ill{k}" for k, name in enumerate(names, start=1)}
    leave = {name: f"exit{k}" for k, name in enumerate(names, start=1)}
    times = {"birth": "birth", "entry": "entry", "exit": leave}
    table = person_years(people, **times, **BANDS, event=event, by="sex", rates=rates)
    same_cells(table.summary(), reference("many_endpoints")["own"])


def test_ratios_of_sites_are_those_of_r(people, rates):
    wanted = pd.DataFrame(reference("many_endpoints")["ratios"]).set_index("endpoint")
    ours = incidence_ratios(counted(people, rates, by=()), by="endpoint").summary()
    ours = ours.set_index("endpoint").loc[wanted.index]
    for name in ("observed", "expected", "p_value"):
        np.testing.assert_allclose(ours[name], wanted[name], **SUMMED)


def test_no_endpoint_touches_another(people, rates):
    every = counted(people, rates, by=()).summary()
    for names in (["site1"], ["site1", "prostate"], ["prostate", "ovary"], ["ovary", "site1"]):
        for missing in ("raise", "drop", "nearest"):
            some = counted(
                people,
                rates,
                by=(),
                event={name: ("site", name) for name in names},
                endpoint=None,
                censored=None,
                missing_rates=missing,
            ).summary()
            alone = every[every["endpoint"].isin(names)]
            alone = pd.concat([alone[alone["endpoint"] == name] for name in names])
            pd.testing.assert_frame_equal(some, alone.reset_index(drop=True), check_exact=True)


def test_a_site_of_one_sex_counts_that_sex_alone(people, rates):
    table = counted(people, rates, by=())
    years = (people["exit"] - people["entry"]).groupby(people["sex"]).sum()
    total = table.summary().groupby("endpoint")["person_years"].sum()
    np.testing.assert_allclose(total["prostate"], years["male"], **SUMMED)
    np.testing.assert_allclose(total["ovary"], years["female"], **SUMMED)
    np.testing.assert_allclose(total["site1"], years.sum(), **SUMMED)
    out = table.excluded.set_index("endpoint").loc["prostate"]
    assert out["reason"] == "no rates for the group"
    assert out["rows"] == (people["sex"] == "female").sum()
    np.testing.assert_allclose(out["person_years"], years["female"], **SUMMED)


def test_rates_by_name_are_those_of_one_table(people, rates):
    rows = rates.summary()
    names = ["site4", "testis", "uterus"]
    tables = {
        name: rate_table(
            rows[rows["endpoint"] == name], rate="rate", period="period", by="sex", period_width=5
        )
        for name in names
    }
    event = {name: ("site", name) for name in names}
    asked = {"event": event, "endpoint": None, "censored": None}
    one = counted(people, rates, **asked).summary()
    pd.testing.assert_frame_equal(counted(people, tables, **asked).summary(), one)


def test_all_sites_are_one_event_a_person(people, rates):
    rows = rates.summary().groupby(["sex", "age", "period"], as_index=False)["rate"].sum()
    every = rate_table(rows, rate="rate", period="period", by="sex", period_width=5)
    some = {name: ("site", name) for name in ("site1", "site2")}
    event = {"all": ("site", ["site*", "ovary", "uterus", "cervix", "prostate", "testis"]), **some}
    own = {
        name: rate_table(rows, rate="rate", period="period", by="sex", period_width=5)
        for name, rows in rates.summary().groupby("endpoint")
    }
    tables = {"all": every, "site1": own["site1"], "site2": own["site2"]}
    table = counted(people, tables, event=event, endpoint=None, censored=None, by=())
    observed = table.summary().groupby("endpoint")["observed"].sum()
    assert observed["all"] == (people["site"] != "no event").sum()
    assert table.shared_events == people["site"].isin(["site1", "site2"]).sum()
    assert f"{table.shared_events} events are of several endpoints" in repr(table)


def test_one_named_event_flows_into_ratios(people, rates):
    men = people[people["sex"] == "male"]
    for missing in ("raise", "drop"):
        table = counted(
            people,
            rates,
            event={"prostate": ("site", "prostate")},
            endpoint=None,
            censored=None,
            missing_rates=missing,
        )
        [row] = incidence_ratios(table).summary().to_dict("records")
        assert row["observed"] == (men["site"] == "prostate").sum()
        np.testing.assert_allclose(
            row["person_years"], (men["exit"] - men["entry"]).sum(), **SUMMED
        )


def test_several_endpoints_are_not_added_up_unasked(people, rates):
    table = counted(people, rates)
    for verb in (incidence_ratios, ratio_regression):
        with pytest.raises(TableError, match="rows of 20 endpoints would be added up"):
            verb(table)
    with pytest.raises(TableError, match="rows of 20 endpoints would be added up"):
        standardised_rates(table, standard="segi")
    model = ratio_regression(table, formula="~ endpoint")
    assert len(model.coefficients) == 20


def test_tables_of_endpoints_add_and_batches_change_no_digit(people, rates):
    whole = counted(people, rates)
    halves = counted(people.iloc[::2], rates) + counted(people.iloc[1::2], rates)
    small = counted(people, rates, batch_rows=37)
    other = counted(pl.from_pandas(people.sample(frac=1, random_state=1)), rates)
    for table in (halves, small, other):
        pd.testing.assert_frame_equal(table.summary(), whole.summary(), check_exact=True)
        pd.testing.assert_frame_equal(table.excluded, whole.excluded, check_exact=True)
        assert table.shared_events == whole.shared_events


def test_rates_that_are_missing_for_one_site_are_missing_for_it_alone(people, rates):
    rows = rates.summary()
    holes = rows[(rows["endpoint"] != "site2") | (rows["age"] < 70)]
    young = rate_table(
        holes, rate="rate", period="period", by=["endpoint", "sex"], period_width=5, holes="missing"
    )
    with pytest.raises(TableError, match=r"rates\['site2'\]"):
        counted(people, young)
    whole, dropped = counted(people, rates), counted(people, young, missing_rates="drop")
    nearest = counted(people, young, missing_rates="nearest")
    assert set(nearest.borrowed["rates"]) == {"site2"}
    for table in (dropped, nearest):
        ours, others = (t.summary().query("endpoint != 'site2'") for t in (table, whole))
        pd.testing.assert_frame_equal(
            ours.reset_index(drop=True), others.reset_index(drop=True), check_exact=True
        )
    assert (dropped.summary().query("endpoint == 'site2'")["age"] < 70).all()
    out = dropped.excluded.query("endpoint == 'site2'")
    late = whole.summary().query("endpoint == 'site2' and age >= 70")
    np.testing.assert_allclose(out["person_years"].sum(), late["person_years"].sum(), **EXACT)
    assert out["events"].sum() == late["observed"].sum()


def fault_of(error, people, rates, **options):
    with pytest.raises(error) as caught:
        counted(people, rates, **options)
    [fault] = caught.value.faults
    return fault


def test_what_cannot_be_counted_is_named(people, rates):
    named = {"endpoint": None, "censored": None}
    nobody = {"event": {"x": ("site", "sitex")}, **named}
    fault = fault_of(TableError, people, None, **nobody)
    assert fault.problem == "there is no event of cause 'sitex'"
    fault = fault_of(ArgumentError, people, rates, event={"sites1": ("site", "site1")}, **named)
    assert "'sites1' (is it 'site1'?)" in fault.problem
    two = {name: ("site", name) for name in ("site1", "site2")}
    plain = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    fault = fault_of(ArgumentError, people, plain, event=two, **named)
    assert "does not say whose rates" in fault.problem
    fault = fault_of(ArgumentError, people, rates, censored=None)
    assert fault.column == "censored"
    fault = fault_of(TableError, people.replace({"site": {"site3": "spleen"}}), rates)
    assert "event 'spleen' is not among those named" in fault.problem
    wrong = people.copy()
    row = wrong.index[wrong["site"] == "prostate"][0]
    wrong.loc[row, "sex"] = "female"
    fault = fault_of(TableError, wrong, rates)
    assert (fault.column, fault.rows) == ("site", (row,))
    assert "an event of 'prostate', of which there are no rates" in fault.problem
    left_out = counted(wrong, rates, missing_rates="drop").excluded
    assert left_out.set_index("endpoint")["events"].to_dict()["prostate"] == 1
    wrong.loc[0, ["sex", "site"]] = ["unknown", "no event"]
    fault = fault_of(TableError, wrong.drop(index=row), rates)
    assert (fault.column, fault.rows) == ("sex", (0,))
    fault = fault_of(ArgumentError, people.assign(endpoint="a"), rates, by=["sex", "endpoint"])
    assert fault.column == "endpoint"


def test_pictures_of_several_endpoints(people, rates):
    table = counted(people, rates)
    assert table.plot().get_xlabel() == "Age (years)"
    axes = table.plot(over="period", by=["endpoint"])
    assert len(axes.get_legend().get_texts()) == 20
    with pytest.raises(ArgumentError, match="there is no endpoint 'lung'"):
        table.plot(event="lung")


def test_walks_together_and_apart_give_the_same_digits(people, rates, monkeypatch):
    together = counted(people, rates, by=())
    monkeypatch.setattr(_walks, "walks_of", lambda *_: {})
    apart = counted(people, rates, by=())
    pd.testing.assert_frame_equal(together.summary(), apart.summary(), check_exact=True)
    pd.testing.assert_frame_equal(together.excluded, apart.excluded, check_exact=True)


def test_a_person_who_changes_between_groups_counts_once():
    """Rates of the rare site are known in the north alone, to which one of two people moves."""
    spells = pd.DataFrame(
        {
            "id": [1, 1, 2],
            "birth": [1940.0, 1940.0, 1950.0],
            "entry": [2000.0, 2003.0, 2000.0],
            "exit": [2003.0, 2010.0, 2004.0],
            "where": ["south", "north", "south"],
            "site": ["none seen", "rare", "common"],
        }
    )
    rows = pd.DataFrame(
        {
            "endpoint": ["common", "common", "rare"],
            "where": ["south", "north", "north"],
            "age": 0,
            "rate": [0.01, 0.02, 0.005],
        }
    )
    rates = rate_table(rows, rate="rate", by=["endpoint", "where"])
    table = person_years(
        spells,
        **TIMES,
        id="id",
        event="site",
        endpoint="endpoint",
        censored="none seen",
        rates=rates,
    )
    common, rare = table.summary().to_dict("records")
    assert [common["n"], common["person_years"], common["observed"]] == [2, 14, 1]
    np.testing.assert_allclose(common["expected"], 0.01 * 7 + 0.02 * 7, **EXACT)
    assert [rare["n"], rare["person_years"], rare["observed"]] == [1, 7, 1]
    np.testing.assert_allclose(rare["expected"], 0.005 * 7, **EXACT)
    [out] = table.excluded.to_dict("records")
    assert [out["endpoint"], out["rows"], out["person_years"]] == ["rare", 2, 7]
