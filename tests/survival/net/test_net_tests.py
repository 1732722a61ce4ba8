"""Tests between net survival curves, and expected survival, against relsurv."""

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.support import HERE, reference
from tests.tolerances import ITERATED, STOPPED_EARLY, SUMMED

from paraneo import (
    ArgumentError,
    ParaneoWarning,
    TableError,
    expected_survival,
    log_rank,
    net_survival,
    rate_table,
)
from paraneo.survival.net._net_tests import gaps

FOLDER = HERE / "reference" / "net_survival"
PEER = reference("net_tests")
YEAR = PEER["year_days"]


def years(dates):
    """Return dates on the scale of the peer: days over its length of a year."""
    return (pd.to_datetime(dates) - pd.Timestamp("1970-01-01")).dt.days / YEAR


@pytest.fixture(scope="module")
def cohort():
    people = pd.read_csv(FOLDER / "people.csv").iloc[:: PEER["every"]].reset_index(drop=True)
    people["entry"] = years(people["entry"])
    people["birth"] = people["entry"] - people["age_days"] / YEAR
    people["exit"] = people["entry"] + people["days"] / YEAR
    people["late"] = (people.index + 1) % 3
    people["old"] = (people["age_days"] > 65 * YEAR).astype(int)
    rates = pd.read_csv(FOLDER / "rates.csv")
    rates["from"] = years(rates["year"].astype(str) + "-01-01")
    rates["rate"] = rates["per_day"] * YEAR
    # the last year is carried on, as the peer does unsaid
    table = rate_table(rates, rate="rate", period="from", by="sex", period_width=100)
    columns = {"birth": "birth", "entry": "entry", "exit": "exit", "event": "died"}
    return people, {**columns, "rates": table}


@pytest.mark.parametrize(
    ("name", "by", "strata"),
    [("plain", "late", ()), ("two", "sex", ()), ("strata", ["late", "old"], "old")],
)
def test_the_test_is_where_relsurv_s_steps_lead(cohort, name, by, strata):
    """What its steps leave falls with their width: twice the half step less the whole has none."""
    people, columns = cohort
    found = net_survival(people, **columns, by=by).tests(strata)
    wide, narrow = PEER[name][1:]
    wanted = 2.0 * narrow["statistic"] - wide["statistic"]
    assert_allclose(found["statistic"], wanted, **ITERATED)
    assert found["df"].tolist() == [narrow["df"]]
    assert found["test"].tolist() == ["net log-rank"]


def test_without_a_background_the_gaps_are_those_of_the_log_rank_test(cohort):
    people, columns = cohort
    none = rate_table({"age": [0], "rate": [0.0]}, rate="rate")
    fit = net_survival(people, **{**columns, "rates": none}, by="late")
    found = gaps(fit._people, np.arange(3), 3)[0]
    after = people.assign(time=people["exit"] - people["entry"])
    wanted = log_rank(after, exit="time", event="died", by="late").groups
    assert_allclose(found, wanted["observed"] - wanted["expected"], **SUMMED)


def test_where_nobody_died_nothing_is_compared(cohort):
    people, columns = cohort
    fit = net_survival(people.assign(died=0), **columns, by="late")
    with pytest.warns(ParaneoWarning, match="Nobody died while two groups"):
        found = fit.tests()
    assert found[["statistic", "df"]].to_numpy().tolist() == [[0, 0]]
    assert np.isnan(found["p_value"][0])
    with pytest.raises(ArgumentError, match="there is only one group"):
        net_survival(people, **columns).tests()
    with pytest.raises(ArgumentError, match="'old' is not in by"):
        fit.tests("old")


def test_expected_numbers_and_potential_years_agree_with_nessie(cohort):
    """Its years are a sum of survival at half years, ours the integral."""
    people, columns = cohort
    peer = json.loads((HERE / "reference" / "net_tests" / "nessie.json").read_text())
    found = expected_survival(
        people, birth="birth", origin="entry", rates=columns["rates"], by="sex",
        times=[0, 1, 5, 10, *np.arange(0.5, 100.5, 0.5) * 1.0],
    ).summary()  # fmt: skip
    for sex, expected, years_lived in zip(("female", "male"), peer["expected"], peer["years"],
                                          strict=True):  # fmt: skip
        own = found[found["sex"] == sex].set_index("time")
        assert_allclose(own.loc[[0, 1, 5, 10], "expected"], expected, **ITERATED)
        assert_allclose(own.loc[100.0, "years"], years_lived, **STOPPED_EARLY)


def test_expected_survival_by_hand(cohort):
    """A rate of 0.1 until the fiftieth birthday and 0.5 from there on, half a year after entry."""
    rates = rate_table({"age": [0, 50], "rate": [0.1, 0.5]}, rate="rate")
    person = {"born": [1950.0], "from": [1999.5]}
    fit = expected_survival(person, birth="born", origin="from", rates=rates, times=[2.5])
    row = fit.summary().iloc[0]
    half = np.exp(-0.05)
    assert_allclose(row["estimate"], half * np.exp(-1.0), **SUMMED)
    assert_allclose(row["years"], (1 - half) / 0.1 + half * (1 - np.exp(-1)) / 0.5, **SUMMED)
    assert len(fit.plot().lines) == 1
    assert "of 1 people" in repr(fit)
    with pytest.raises(TableError, match="it lies before 'from'"):
        expected_survival(person, birth="from", origin="born", rates=rates, times=[1])
