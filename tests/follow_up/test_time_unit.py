"""The unit of time changes nothing: years, decades, days or seconds, and rates to match."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.tolerances import EXACT, SUMMED

from paraneo import incidence_ratios, person_years, rate_table

RNG = np.random.default_rng(20)
PEOPLE = 400
TIMES = {"birth": "born", "entry": "start", "exit": "stop", "event": "ill"}
EDGES = {"age": [20, 40, 60, 100], "follow_up": [0, 0.5, 2, 30], "period": [1990, 2000, 2020]}


def cohort():
    """Return people whose times are quarters of years, many of them at the edges of bands."""
    start = RNG.integers(4 * 1990, 4 * 2010, PEOPLE) / 4
    people = {"born": start - RNG.integers(4 * 20, 4 * 80, PEOPLE) / 4, "start": start}
    people["stop"] = start + RNG.integers(1, 40, PEOPLE) / 4
    return pd.DataFrame(people | {"ill": RNG.integers(0, 2, PEOPLE)})


COHORT = cohort()
RATES = pd.DataFrame(
    [(age, year, 2.0 ** (age / 30 - 12)) for age in range(20, 100) for year in (1980, 1995, 2010)],
    columns=["age", "year", "rate"],
)


def ratios(people, rates, years=1.0):
    """Return ratios by band and all in all, where a unit of time lasts so many years."""
    edges = {name: np.array(each) / years for name, each in EDGES.items()}
    window = (0.25 / years, np.inf)
    table = person_years(people, **TIMES, **edges, rates=rates, window=window)
    names = ["observed", "expected", "estimate", "lower", "upper"]
    frames = [incidence_ratios(table, by=by).summary()[names] for by in ((), "age", "follow_up")]
    return pd.concat(frames).to_numpy(), table.summary()["person_years"].to_numpy()


def in_units(years):
    """Return people and rates where a unit of time lasts so many years."""
    people = COHORT.copy()
    people[["born", "start", "stop"]] /= years
    rows = RATES.assign(age=RATES["age"] / years, year=RATES["year"] / years)
    rows["age_end"] = (RATES["age"] + 1) / years
    rows["rate"] *= years
    width = 15 / years
    return people, rate_table(rows, rate="rate", period="year", period_width=width)


@pytest.mark.filterwarnings("ignore::paraneo.ComparabilityWarning")  # many events in a decade
@pytest.mark.parametrize("years", [4.0, 8.0, 32.0])
def test_in_units_of_a_power_of_two_no_digit_differs(years):
    (usual, time), (other, units) = ratios(*in_units(1.0)), ratios(*in_units(years), years)
    np.testing.assert_array_equal(other, usual)
    np.testing.assert_array_equal(units * years, time)


@pytest.mark.filterwarnings("ignore::paraneo.ComparabilityWarning")
@pytest.mark.parametrize("years", [10.0, 12.0, 100 / 3])
def test_in_other_units_only_rounding_differs(years):
    (usual, time), (other, units) = ratios(*in_units(1.0)), ratios(*in_units(years), years)
    np.testing.assert_allclose(other, usual, **SUMMED)
    np.testing.assert_allclose(units * years, time, **SUMMED)


@pytest.mark.parametrize("per", [1 / 12, 1 / 365.25, 1000.0, 100_000.0])
def test_rates_per_month_per_day_or_per_many_person_years(per):
    rows = RATES.assign(rate=RATES["rate"] * per)
    width = {"period": "year", "period_width": 15}
    people = in_units(1.0)[0]
    usual, _ = ratios(people, rate_table(RATES, rate="rate", **width))
    other, _ = ratios(people, rate_table(rows, rate="rate", per=per, **width))
    np.testing.assert_allclose(other, usual, **EXACT)


def test_the_unit_that_dates_are_kept_in_changes_no_digit():
    first = np.datetime64("1900-01-01")
    days = (365.25 * (COHORT[["born", "start", "stop"]] - 1900)).astype(int)
    rates = rate_table(RATES, rate="rate", period="year", period_width=15)
    given = []
    for unit in ("s", "ms", "us", "ns", "text"):
        people = COHORT.copy()
        for name in days:
            dates = first + days[name].to_numpy()
            text = unit == "text"
            people[name] = dates.astype(str) if text else dates.astype(f"datetime64[{unit}]")
        given.append(ratios(people, rates))
    for values, time in given:
        np.testing.assert_array_equal(values, given[0][0])
        np.testing.assert_array_equal(time, given[0][1])
