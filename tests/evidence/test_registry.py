"""The simulated registry gives its truth back, and site groups are those of the dictionaries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.tolerances import MONTE_CARLO_ERRORS

from paraneo import index_cohort, rate_table
from paraneo.errors import ArgumentError
from paraneo.evidence import simulated_registry, site_groups


@pytest.fixture(scope="module")
def registry():
    return simulated_registry()


@pytest.fixture(scope="module")
def groups(registry):
    return {name: site_groups()[name] for name in registry.rates["endpoint"].unique()}


@pytest.fixture(scope="module")
def table(registry, groups):
    ends = {"death": "death", "ends": "emigration", "study_end": registry.study_end}
    cohort = index_cohort(
        registry.tumours, registry.people, **ends, groups=groups, until="own", rule="all"
    )
    rates = rate_table(registry.rates, rate="rate", period="year", by=["endpoint", "sex"])
    return cohort.person_years(
        rates=rates, by=["sex", "radiotherapy"], follow_up=[0, 1, np.inf]
    ).summary()


def test_first_tumours_of_each_site_come_at_the_true_ratios(registry, table):
    truth = registry.truth.rename(columns={"site": "endpoint"})
    cells = table.merge(truth, on=["endpoint", "radiotherapy", "follow_up"], validate="many_to_one")
    assert len(cells) == len(table)
    cells["mean"] = cells["expected"] * cells["ratio"]
    for by in (["endpoint"], ["radiotherapy", "follow_up"], ["sex"]):
        sums = cells.groupby(by)[["observed", "mean"]].sum()
        away = (sums["observed"] - sums["mean"]) / np.sqrt(sums["mean"])
        assert (away.abs() < MONTE_CARLO_ERRORS).all()
    own = cells.groupby("endpoint")[["observed", "mean"]].sum()
    chi2 = ((own["observed"] - own["mean"]) ** 2 / own["mean"]).sum()
    assert 0.001 < stats.chi2.sf(chi2, len(own)) < 0.999


def test_the_registry_is_what_it_says(registry):
    assert len(registry.people) == 20_000
    assert registry.people["id"].is_unique
    assert registry.truth["site"].nunique() == registry.rates["endpoint"].nunique() == 20
    of_one_sex = registry.rates.groupby("endpoint")["sex"].nunique()
    assert set(of_one_sex.index[of_one_sex == 1]) == {
        *("Breast", "Cervix uteri", "Corpus uteri", "Ovary", "Prostate", "Testis")
    }
    again, other = simulated_registry(100), simulated_registry(100, seed=1)
    pd.testing.assert_frame_equal(again.tumours, simulated_registry(100).tumours)
    assert not again.tumours.equals(other.tumours)
    assert registry.summary()["first"].sum() == 20_000
    assert "20,000 people" in repr(registry)
    rates = registry.rates
    assert rates["rate"].between(0, 0.06).all()
    with pytest.raises(ArgumentError, match="people"):
        simulated_registry(0)


def test_site_groups_do_not_overlap_and_name_the_codes_of_their_source():
    groups = site_groups()
    assert len(groups) == 27
    assert groups["Colorectum"] == ["C18-C21"]
    assert groups["Multiple myeloma"] == ["C88*", "C90*"]
    codes = [f"C{k:02d}.0" for k in range(97)]
    people = pd.DataFrame({"id": range(97), "birth": 1950.0})
    tumours = people.assign(date=2000.0, site=codes)
    found = index_cohort(tumours, people, study_end=2010.0, groups=groups).tumours
    named = found.set_index("site")["site_group"]
    assert named["C34.0"] == "Lung"
    assert named["C44.0"] == named["C17.0"] == ""
    assert named["C96.0"] == "Non-Hodgkin lymphoma"
    assert len(site_groups("iarc-organs")) == 8
    with pytest.raises(ArgumentError, match="Choose from: globocan, iarc-organs"):
        site_groups("seer")
