"""Person-years held against Epi, popEpi and survival."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support import HERE, reference
from tests.tolerances import PERSON_YEARS

from paraneo import incidence_ratios, person_years, rate_table

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
    return people.assign(
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


def test_nickel_cells_are_those_of_epi(nickel):
    wanted = pd.DataFrame(reference("nickel")["cells"])
    keys = ["age", "period", "follow_up"]
    ours = nickel.summary().groupby(keys, as_index=False).sum()
    both = wanted.merge(ours, on=keys, suffixes=("_epi", ""), how="outer")
    assert len(both) == len(wanted)
    for name in wanted.columns.drop(keys):
        np.testing.assert_allclose(both[name], both[f"{name}_epi"], **PERSON_YEARS, err_msg=name)


def test_nickel_ratios_by_exposure(nickel):
    wanted = pd.DataFrame(reference("nickel")["by_exposure"])
    for cause in ("lung", "nasal", "all"):
        result = incidence_ratios(
            nickel, by="exposed", observed=f"observed_{cause}", expected=f"expected_{cause}"
        ).summary()
        ratio = wanted[f"observed_{cause}"] / wanted[f"expected_{cause}"]
        np.testing.assert_allclose(result["estimate"], ratio, **PERSON_YEARS)


def test_nickel_lung_cancer_is_the_printed_one(nickel):
    total = nickel.summary().sum()
    assert round(total["person_years"], 1) == 15348.1
    assert total["observed_lung"] == 137
    assert round(total["expected_lung"], 2) == 27.54
