"""Dates written as text or as numbers of days, in every verb that reads dates."""

from __future__ import annotations

import inspect
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.gate.calls import CALLS, call, verbs_with

import paraneo
from paraneo import ArgumentError, TableError, lexis_diagram

DATED = [name for name in verbs_with("date_format") if "birth" in CALLS[name][1]]
DAY = np.datetime64("1970-01-01")
COLUMNS = ("born", "came", "left")
#: How a day is written in each form.
FORMS: dict[str, Any] = {
    "day-first": lambda day: f"{day.day}.{day.month}.{day.year}",
    "month-first": lambda day: f"{day.month:02}/{day.day:02}/{day.year}",
    "%d/%m/%Y": lambda day: f"{day:%d/%m/%Y}",
    "%d%b%Y": lambda day: f"{day:%d%b%Y}".lower(),
    "%d%m%Y": lambda day: int(f"{day:%d%m%Y}"),
    "stata": lambda day: (day - date(1960, 1, 1)).days,
    "sas": lambda day: float((day - date(1960, 1, 1)).days),
    "r": lambda day: str((day - date(1970, 1, 1)).days),
    "excel": lambda day: (day - date(1899, 12, 30)).days,
    "excel-1904": lambda day: (day - date(1904, 1, 1)).days,
}


def days_of(name: str) -> dict[str, list[date]]:
    """Return the dates of the people of a call, the 3rd of some month in each year."""
    table = CALLS[name][0]
    return {
        column: [date(int(year), 1 + k % 12, 3) for k, year in enumerate(table[column])]
        for column in COLUMNS
    }


def test_every_verb_of_dates_is_here() -> None:
    expected = {"person_years", "net_survival", "crude_probabilities", "excess_hazard"}
    assert expected | {"occult_cancer"} <= set(DATED)
    for name in ("lexis_diagram", "cumulative_incidence", "life_table", "background_hazard"):
        assert "date_format" in inspect.signature(getattr(paraneo, name)).parameters


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["person_years", "net_survival", "excess_hazard"])
def test_a_form_that_is_named_gives_the_digits_of_dates(name: str, form: str) -> None:
    dates = days_of(name)
    written = {column: list(map(FORMS[form], days)) for column, days in dates.items()}
    found = call(name, written, date_format=form).summary()
    pd.testing.assert_frame_equal(found, call(name, dates).summary())


def test_each_column_may_have_a_form_of_its_own_and_a_walk_reads_them_too() -> None:
    dates = days_of("person_years")
    written = dates | {"born": list(map(FORMS["excel"], dates["born"]))}
    walk = call("follow_up_walk", written, date_format={"born": "excel"})
    pd.testing.assert_frame_equal(walk, call("follow_up_walk", dates))
    written |= {"came": list(map(FORMS["day-first"], dates["came"]))}
    axes = lexis_diagram(
        pl.DataFrame(written),
        birth="born",
        entry="came",
        exit="left",
        date_format={"born": "excel", "came": "day-first"},
    )
    assert axes.has_data()


@pytest.mark.parametrize(
    ("written", "cure"),
    [
        ("17/03/1951", "Say date_format='day-first' or 'month-first'"),
        ("17 March 1951", "Say date_format='day-first'"),
        ("1951-03", "Supply the day; where only the month or year is known"),
        ("03/1951", "Supply the day"),
        ("mar1951", "Supply the day"),
        ("1951", "Supply the day"),
        ("17.3.51", "name its form in date_format="),
    ],
)
@pytest.mark.parametrize("name", ["person_years", "net_survival"])
def test_a_date_that_is_not_read_is_not_printed_and_has_its_cure(name, written, cure) -> None:
    dates: dict[str, list[Any]] = dict(days_of(name))
    dates["born"] = [written, *(f"{day}" for day in dates["born"][1:])]
    with pytest.raises(TableError) as caught:
        call(name, dates)
    said = str(caught.value)
    assert cure in said
    assert "'born' at row 0" in said
    assert "51" not in said
    assert "17" not in said


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ("%m/%Y", "'%m/%Y' has no day. Supply the day"),
        ("%Y", "'%Y' has no day"),
        ("spss", "there is no form of dates 'spss'"),
        ("%Q", "'%Q' is not a form of dates"),
    ],
)
def test_a_form_that_cannot_be_used_is_refused(form: str, problem: str) -> None:
    with pytest.raises(ArgumentError, match="cannot be used") as caught:
        call("person_years", days_of("person_years"), date_format=form)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("form", "value"), [("excel", 60), ("stata", 3e8), ("day-first", "31.2.1950"), ("r", "x")]
)
def test_a_day_that_there_is_not_is_refused_by_row(form: str, value: Any) -> None:
    dates = {
        column: list(map(FORMS[form], days)) for column, days in days_of("person_years").items()
    }
    dates["born"][2] = value
    with pytest.raises(TableError, match=f"'born' at row 2: .* is not a date written {form}"):
        call("person_years", dates, date_format=form)
