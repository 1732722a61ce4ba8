"""Rates of the US population: where they come from, and the chances they give back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.reference.us_rates.coarse_rates import AGES, chance_of_cancer, coarse_cancer_rates
from tests.support import HERE
from tests.tolerances import COARSE, EXACT

from paraneo import evidence, rate_table

#: The rates lie this near to those of registries, as a proportion.
HOW_COARSE = 0.15
#: Printed to one decimal, from mortality of a year and an average of half a year at death.
ROUNDED_YEARS = 0.1
SEXES = ("female", "male")
PRINTED = {
    (row.sex, row.age_low, row.age_high): row.value
    for row in evidence.load("us_cancer_probability").itertuples()
    if row.measure == "probability"
}


def rates_of(name, sex):
    table = evidence.load(name)
    return table.loc[table["sex"] == sex, "rate"].to_numpy()


def chance(sex, start, end):
    cancer, mortality = rates_of("us_cancer_rates", sex), rates_of("us_mortality_2014", sex)
    return 100 * chance_of_cancer(cancer, mortality, start, end)


@pytest.mark.parametrize(("sex", "start", "end"), PRINTED)
def test_the_rates_give_back_the_printed_chances(sex, start, end):
    printed, ours = PRINTED[sex, start, end], chance(sex, start, end)
    if (start, end) == (0, np.inf):
        assert printed - 2.5 < ours < printed
    else:
        assert round(ours, 1) == printed


@pytest.mark.parametrize("sex", SEXES)
def test_the_rates_rise_with_age_and_are_flat_above_85(sex):
    assert np.all(np.diff(rates_of("us_cancer_rates", sex)) > 0)
    table = rate_table(evidence.load("us_cancer_rates"), rate="rate", by="sex")
    codes = table.group_codes({"sex": [sex]})
    assert table.age_edges[-2] == AGES[-1] == 85
    assert table.rates_at(86, group=codes) == table.rates_at(104, group=codes)


def test_the_derivation_makes_the_table_again():
    table = evidence.load("us_cancer_rates")
    again = coarse_cancer_rates(
        evidence.load("us_cancer_probability"), evidence.load("us_mortality_2014")
    )
    merged = table.merge(again, on=["sex", "age"], suffixes=("", "_again"), validate="1:1")
    assert len(merged) == len(table) == 2 * len(AGES)
    assert_allclose(merged["rate_again"] / merged["rate"], 1.0, **COARSE)


def test_both_sexes_together_come_near_the_registry_rates_of_young_adults():
    """They are no part of the derivation, so their nearness says what "coarse" means."""
    rates = evidence.load("us_cancer_probability").query("measure == 'rate'")
    women, men = (rates_of("us_cancer_rates", sex) for sex in SEXES)
    both = 1e5 * (women + men)[np.isin(AGES, rates["age_low"])] / 2
    assert np.abs(both / rates["value"] - 1).max() < HOW_COARSE


def test_the_chance_by_hand_with_constant_hazards():
    cancer, deaths = np.full(len(AGES), 0.01), np.full(110, 0.03)
    ten_years = 0.25 * (1 - np.exp(-0.4))
    assert_allclose(chance_of_cancer(cancer, deaths, 40, 50), ten_years, **EXACT)
    assert_allclose(chance_of_cancer(cancer, deaths, 40, np.inf), 0.25, **EXACT)


def test_mortality_has_every_age_of_both_sexes_and_the_published_expectation_of_life():
    table = rate_table(evidence.load("us_mortality_2014"), rate="rate", period="year", by="sex")
    assert_array_equal(table.age_edges, [*range(110), np.inf])
    assert_array_equal(table.period_edges, [2014, 2015])
    survivors = np.exp(-np.cumsum(table.rates[..., 0], axis=1))
    years = 1 + survivors[:, :-1].sum(axis=1) - 0.5
    assert np.abs(years - [81.3, 76.5]).max() < ROUNDED_YEARS


def test_mortality_is_that_of_the_transcription():
    path = HERE.parents[1] / "shared" / "evidence" / "life_tables.csv"
    if not path.is_file():
        pytest.skip("the transcription is not part of the project and not beside it")
    printed = pd.read_csv(path).query("country == 'USA'")
    ours = evidence.load("us_mortality_2014")
    both = ours.merge(printed, on=["sex", "age", "year"], validate="1:1")
    assert_array_equal(both["rate"], both["hazard_per_year"])
    assert len(both) == len(ours) == len(printed)
