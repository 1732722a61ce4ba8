"""From tumour rows to person-time: by hand, by R, and with every kind of bad row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.support import kept, reference
from tests.tolerances import EXACT, SUMMED

from paraneo import incidence_ratios, index_cohort, person_years, rate_table
from paraneo.errors import ArgumentError, TableError

SITES = {name: name for name in ("C16", "C18", "C34", "C50", "C64")}
BIRTH = {"a": 1940, "b": 1945, "c": 1950, "d": 1955, "e": 1930, "f": 1960}
PEOPLE = pd.DataFrame(
    {
        "id": list(BIRTH),
        "birth": [float(year) for year in BIRTH.values()],
        "died": [2009.0, np.nan, np.nan, 2002.1, 2004.0, np.nan],
        "left": [np.nan, 2006.0, np.nan, np.nan, np.nan, np.nan],
    }
)
TUMOURS = pd.DataFrame(
    [
        ("a", 2000.0, "C50.1"),  # index
        ("a", 2000.1, "C34.0"),  # synchronous
        ("a", 2004.0, "C34.1"),  # lung again: no primary
        ("a", 2005.0, "C18.2"),  # event
        ("a", 2006.0, "C16.1"),  # after the event
        ("b", 2001.0, "C18.0"),  # index
        ("b", 2003.0, "C44.1"),  # no outcome
        ("b", 2007.0, "C16.0"),  # after emigration
        ("c", 2002.0, "C61"),  # index, of no group
        ("c", 2008.0, "C50.9"),  # event
        ("d", 2002.0, "C16.0"),  # follow-up ends within the lag
        ("e", 2000.0, "C64"),  # index
    ],
    columns=["id", "date", "site"],
)
GROUPS = {
    "breast": "C50*",
    "lung": "C33-C34",
    "colon": "C18*",
    "stomach": ["C16.0", "C16.1"],
    "kidney": "C64*",
}
HOW = {"death": "died", "ends": "left", "study_end": 2010.0, "lag_months": 2, "groups": GROUPS}


def cohort(tumours=TUMOURS, people=PEOPLE, **options):
    return index_cohort(tumours, people, **HOW | options)


def fates(result):
    return list(result.tumours["fate"])


def test_a_small_register_by_hand():
    found = cohort()
    data = found.data.set_index("id")
    assert list(data.index) == ["a", "b", "c", "e"]
    np.testing.assert_allclose(
        data["entry"], [2000 + 1 / 6, 2001 + 1 / 6, 2002 + 1 / 6, 2000 + 1 / 6]
    )
    np.testing.assert_allclose(data["exit"], [2005.0, 2006.0, 2008.0, 2004.0], **EXACT)
    assert list(data["event"]) == ["colon", "no event", "breast", "no event"]
    assert list(data["index_site"]) == ["C50.1", "C18.0", "C61", "C64"]
    assert fates(found) == [
        *("index", "synchronous with the index", "further tumour of an organ or site", "event"),
        "after the event that ended follow-up",
        *("index", "not in a site group", "after the end of follow-up"),
        *("index", "event", "of people left out", "index"),
    ]


def accounted(found):
    flow = found.flow.groupby("stage")[["people", "tumours"]].sum()
    given, out, kept_ = (flow.loc[stage] for stage in ("given", "left out", "followed"))
    assert (given == out + kept_).all()
    assert flow.loc["tumours of those followed", "tumours"] == kept_["tumours"]
    assert kept_["people"] == len(found.data)
    assert (found.tumours["fate"] != "").all()
    return found.flow.set_index("reason")


def test_the_account_adds_up_and_is_drawn():
    found = cohort()
    account = accounted(found)
    assert account.loc["no index", "people"] == 1
    assert account.loc["follow-up ended within the lag", ["people", "tumours"]].tolist() == [1, 1]
    texts = [text.get_text() for text in found.plot().texts]
    assert texts[0] == "Given\n6 people, 12 tumours"
    assert texts[1] == "Followed\n4 people, 11 tumours"
    assert "1 tumour: follow-up ended within the lag" in " ".join(texts).replace("\n", " ")
    assert "4 people followed for 5 site groups" in repr(found)


@pytest.mark.parametrize("until", ["next", "any", "own"])
@pytest.mark.parametrize("rule", ["first-of-site", "iarc", "all"])
@pytest.mark.parametrize("prior", ["exclude", "keep"])
@pytest.mark.parametrize("index", [None, "C18*"])
def test_every_rule_accounts_for_everybody(until, rule, prior, index):
    accounted(cohort(until=until, rule=rule, prior=prior, index=index))
    accounted(cohort(until=until, rule=rule, prior=prior, synchronous_months=0))


def test_any_tumour_ends_follow_up_where_asked():
    data = cohort(until="any").data.set_index("id")
    assert data.loc["b", ["exit", "event"]].tolist() == [2003.0, "no event"]


def test_each_site_to_its_own_first_tumour():
    found = cohort(until="own")
    data = found.data.set_index("id")
    assert data.loc["a", ["exit_colon", "event_colon"]].tolist() == [2005.0, 1]
    assert data.loc["a", ["exit_stomach", "event_stomach"]].tolist() == [2006.0, 1]
    assert data.loc["a", ["exit_kidney", "event_kidney"]].tolist() == [2009.0, 0]
    table = found.person_years(sites=["colon", "kidney"]).summary().set_index("endpoint")
    # whose index was of the kidney, or the colon, is not at risk of it
    a, b, c, e = (years - 1 / 6 for years in (9, 5, 8, 4))
    np.testing.assert_allclose(table.loc["kidney", "person_years"], a + b + c, **SUMMED)
    np.testing.assert_allclose(table.loc["colon", "person_years"], (a - 4) + c + e, **SUMMED)
    assert list(table["n"]) == [3, 3]
    assert list(table["observed"]) == [1, 0]


def test_rules_for_multiple_primaries():
    rows = pd.DataFrame(
        [("a", 2000.0, "C19"), ("a", 2003.0, "C20"), ("a", 2004.0, "C20"), ("a", 2005.0, "C18.0")],
        columns=["id", "date", "site"],
    )
    groups = {"rectosigmoid": "C19*", "rectum": "C20*", "colon": "C18*"}
    event = {
        rule: cohort(rows, rule=rule, groups=groups).data["event"].tolist()
        for rule in ("all", "first-of-site", "iarc")
    }
    # C19 and C20 are one organ by the rules of 2004
    assert event == {"all": ["rectum"], "first-of-site": ["rectum"], "iarc": ["colon"]}
    twice = rows.assign(site=["C18.0", "C18.7", "C18.7", "C20"])
    assert cohort(twice, groups=groups).data["event"].tolist() == ["rectum"]
    assert cohort(twice, groups=groups, rule="all").data["event"].tolist() == ["colon"]


def test_nobody_is_at_risk_of_a_primary_that_the_rule_does_not_allow():
    rows = pd.DataFrame({"id": ["b", "f"], "date": 2000.0, "site": ["C19", "C18.0"]})
    groups = {"rectum": "C20*", "colorectum": "C18-C19"}
    more = pd.DataFrame({"id": ["a", "a"], "date": [2000.0, 2001.0], "site": ["C61", "C20"]})
    rows = pd.concat([rows, more], ignore_index=True)
    had = {
        rule: cohort(rows, groups=groups, rule=rule).had.astype(int).tolist()
        for rule in ("all", "first-of-site", "iarc")
    }
    # a: prostate, b: rectosigmoid junction, f: colon; by rows rectum and colorectum
    assert had["all"] == [[0, 0], [0, 0], [0, 0]]
    assert had["first-of-site"] == [[0, 0], [0, 1], [0, 1]]
    # C19 and C20 are one organ, C18 another: neither alone makes the whole colorectum
    assert had["iarc"] == [[0, 0], [1, 0], [0, 0]]
    with pytest.raises(ArgumentError, match="zero_time"):
        cohort().person_years(zero_time="include")


def test_an_index_by_code_and_by_date():
    found = cohort(index="C18*")
    assert list(found.data["id"]) == ["b"]
    assert accounted(found).loc["a tumour before the index", "people"] == 1
    both = cohort(index="C18*", prior="keep").data
    assert list(both["id"]) == ["a", "b"]
    people = PEOPLE.assign(ill=[1999.0, 2002.0, np.nan, np.nan, np.nan, 2003.0])
    disease = cohort(people=people, index_date="ill")
    data = disease.data.set_index("id")
    assert list(data.index) == ["a", "f"]
    assert data.loc["a", ["exit", "event", "index_site"]].tolist() == [2000.0, "breast", ""]
    assert accounted(disease).loc["a tumour before the index", "people"] == 1


def test_dates_and_other_frames():
    civil = TUMOURS.assign(date=[f"{int(y)}-{6 + (y % 1 > 0):02d}-01" for y in TUMOURS["date"]])
    people = pd.DataFrame(
        {
            "id": list(BIRTH),
            "birth": [f"{year}-01-01" for year in BIRTH.values()],
            "died": ["2009-01-01", None, None, "2002-07-01", "2004-01-01", None],
            "left": [None, "2006-01-01", None, None, None, None],
        }
    )
    found = cohort(civil, people, study_end="2010-01-01")
    data = found.data.set_index("id")
    assert str(data.loc["a", "entry"].date()) == "2000-08-01"
    assert data.loc["a", "event"] == "colon"
    other = cohort(pl.from_pandas(civil), pl.from_pandas(people), study_end="2010-01-01")
    pd.testing.assert_frame_equal(other.flow, found.flow)
    text = cohort(civil, people.assign(id=people["id"].astype("category")), study_end="2010-01-01")
    pd.testing.assert_frame_equal(text.flow, found.flow)


@pytest.fixture(scope="module")
def register():
    folder = kept("second_primaries")
    return pd.read_csv(folder / "tumours.csv"), pd.read_csv(folder / "people.csv")


def test_second_primaries_with_a_lag_are_those_of_r(register):
    found = index_cohort(
        *register, death="death", ends="left", study_end=2010.0, groups=SITES, lag_months=2
    )
    wanted = reference("second_primaries")
    assert len(found.data) == wanted["followed"]
    assert found.data["event"].value_counts().to_dict() == wanted["events"]
    accounted(found)
    ours = found.person_years(by="sex", age=[0, 50, 60, 70, 120]).summary()
    both = pd.DataFrame(wanted["cells"]).merge(
        ours, on=["endpoint", "sex", "age"], suffixes=("_r", ""), how="outer"
    )
    for name in ("n", "person_years", "observed"):
        np.testing.assert_allclose(both[name], both[f"{name}_r"], **SUMMED, err_msg=name)


def test_a_lag_is_a_window_of_the_same_follow_up(register):
    """Without synchronous tumours the lag leaves out the person-time that a window does."""
    how = {"death": "death", "ends": "left", "study_end": 2010.0, "groups": SITES}
    rows, people = register
    first = rows.sort_values("date").drop_duplicates("id")
    later = rows.merge(first[["id", "date"]], on="id", suffixes=("", "_first"))
    rows = later[
        (later["date"] == later["date_first"]) | (later["date"] > later["date_first"] + 0.2)
    ]
    how |= {"rule": "all"}
    lagged = index_cohort(rows, people, lag_months=2, **how).person_years().summary()
    whole = index_cohort(rows, people, **how)
    window = person_years(
        whole.data,
        birth="birth",
        entry="entry",
        exit="exit",
        origin="index_date",
        event={name: ("event", name) for name in SITES},
        window=(2 / 12, np.inf),
    ).summary()
    both = lagged.merge(window, on="endpoint")
    np.testing.assert_allclose(both["person_years_x"], both["person_years_y"], **SUMMED)
    assert (both["observed_x"] == both["observed_y"]).all()


def test_ratios_of_second_primaries_need_one_line_more(register):
    rates = rate_table(
        pd.DataFrame({"endpoint": list(SITES), "age": 0, "rate": 0.004}), rate="rate", by="endpoint"
    )
    found = index_cohort(
        *register, death="death", ends="left", study_end=2010.0, groups=SITES, lag_months=2
    )
    ratios = incidence_ratios(found.person_years(rates=rates), by="endpoint").summary()
    assert len(ratios) == 5
    assert (ratios["expected"] > 0).all()
    with pytest.raises(ArgumentError, match="'C99' is no site group that has rates"):
        found.person_years(rates=rates, sites=["C99"])


def told(tumours=TUMOURS, people=PEOPLE, **options):
    with pytest.raises((TableError, ArgumentError)) as caught:
        cohort(tumours, people, **options)
    return [(fault.column, fault.rows, fault.problem) for fault in caught.value.faults]


BAD = pd.DataFrame(
    [("a", 1939.0, "C18.0"), ("a", 2009.5, "C64"), ("z", 2001.0, "C64"), ("c", 2002.0, "C64")],
    columns=["id", "date", "site"],
)


def test_bad_rows_are_named_with_their_counts():
    rows = pd.concat([TUMOURS, BAD.iloc[:3]], ignore_index=True)
    assert told(rows) == [
        ("id", (14,), "this person is not in the table of people (1 rows)"),
        ("date", (12,), "the tumour is before birth (1 rows)"),
        ("date", (13,), "the tumour is after death (1 rows)"),
    ]
    twice = pd.concat([TUMOURS, BAD.iloc[3:]], ignore_index=True)
    assert told(twice) == [("date", (8, 12), "1 people have two index tumours on one day")]


def test_bad_rows_are_counted_where_asked():
    found = cohort(pd.concat([TUMOURS, BAD], ignore_index=True), faulty="leave_out")
    account = found.flow.set_index("reason")
    for reason in ("of nobody in the people", "before birth", "after death"):
        assert account.loc[reason, "tumours"] == 1
    assert account.loc["two index tumours on one day", "people"] == 1
    assert list(found.data["id"]) == ["a", "b", "e"]


def test_what_else_cannot_be_followed():
    assert told(people=pd.concat([PEOPLE, PEOPLE.iloc[:1]]))[0][0] == "id"
    [(column, rows, _)] = told(study_end=None)
    assert (column, rows) == ("left", (2, 5))
    overlap = told(groups={"one": "C5*", "two": "C50*"})
    assert overlap[0] == ("site", (), "'C50.1' is named by 'C5*' and 'C50*'")
    assert "there is no event of cause 'C99'" in told(groups={"one": "C99"})[0][2]
    assert told(lag_months=-1)[0][0] == "lag_months"
    assert told(index="C18*", index_date="left")[0][0] == "index"
    assert told(study_end="2010-01-01")[0][0] == "study_end"
    assert told(people=PEOPLE.assign(event=1))[0][0] == "event"
