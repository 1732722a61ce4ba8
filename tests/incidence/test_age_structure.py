"""Ratios of groups of other ages are compared with a warning, and with the way out named."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from tests.tolerances import EXACT

from paraneo import ComparabilityWarning, ParaneoWarning, incidence_ratios
from paraneo.incidence._age_structure import LEAST_OVERLAP, overlap

TABLE = {
    "age": [40, 70, 40, 70, 40, 70],
    "site": ["old", "old", "young", "young", "mixed", "mixed"],
    "observed": [2, 20, 9, 3, 5, 9],
    "expected": [0.5, 9.5, 9.0, 1.0, 4.0, 6.0],
}


def test_overlap_by_hand():
    by_age = np.array([[0.5, 9.5], [9.0, 1.0], [4.0, 6.0]])
    np.testing.assert_allclose(overlap(by_age, 0), [1.0, 0.05 + 0.1, 0.05 + 0.6], **EXACT)
    np.testing.assert_allclose(overlap(7 * by_age, 0), overlap(by_age, 0), **EXACT)
    np.testing.assert_array_equal(overlap(np.array([[0.0, 0.0], [1.0, 1.0]]), 1), [1, 1])


def test_one_warning_names_the_strata_and_the_standardised_rates(as_frame):
    assert issubclass(ComparabilityWarning, ParaneoWarning)
    result = incidence_ratios(as_frame(TABLE), by="site")
    with pytest.warns(ComparabilityWarning) as caught:
        frame = result.compare("old")
    assert len(caught) == 1
    said = str(caught[0].message)
    assert said.startswith("the ages of young (15%) are hardly those of old")
    assert "standardised_rates" in said
    assert caught[0].filename == __file__
    assert list(frame["site"]) == ["mixed", "young"]


def test_tests_over_all_strata_warn_against_the_largest():
    larger = {**TABLE, "expected": [1.0, 19.0, *TABLE["expected"][2:]]}
    result = incidence_ratios(larger, by="site")
    for test in (result.homogeneity, result.trend):
        with pytest.warns(ComparabilityWarning, match=r"^the ages of young \(15%\) are") as caught:
            test()
        assert len(caught) == 1
        assert caught[0].filename == __file__


@pytest.mark.parametrize("change", [{"expected": [2.0, 5.0, 2.5, 4.5, 4.0, 6.0]}, {"age": None}])
def test_like_ages_or_none_are_compared_without_a_word(change):
    table = {name: column for name, column in (TABLE | change).items() if column is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = incidence_ratios(table, by="site")
        result.compare("old"), result.homogeneity(), result.trend()
        incidence_ratios(TABLE, by=["site", "age"]).compare(("old", 40))


def test_the_edge_is_half():
    share = np.array([[1.0, 0.0], [LEAST_OVERLAP, 1 - LEAST_OVERLAP]])
    table = {
        "age": [40, 70, 40, 70],
        "site": ["a", "a", "b", "b"],
        "observed": [3, 0, 3, 3],
        "expected": 4 * share.ravel(),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        incidence_ratios(table, by="site").compare("a")
