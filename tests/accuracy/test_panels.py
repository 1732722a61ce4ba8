"""Panels of tests: by hand, as laws, and what cannot be combined."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tolerances import CLOSED_FORM, EXACT, SUMMED

from paraneo import diagnostic_accuracy, panel_accuracy, predictive_values, published_accuracy
from paraneo.errors import ArgumentError, TableError

ONE, TWO = diagnostic_accuracy(30, 10, 10, 90), diagnostic_accuracy(20, 20, 20, 80)
INSIDE = st.floats(0.05, 0.95)
JOINT = {
    "tif1": [1, 1, 0, 0],
    "nxp2": [1, 0, 1, 0],
    "diseased": [4, 12, 6, 18],
    "healthy": [2, 8, 10, 80],
}


def test_independent_tests_by_hand():
    tests = {"a": ONE, "b": TWO}
    either, both = panel_accuracy(tests, rule="any"), panel_accuracy(tests, rule="all")
    np.testing.assert_allclose(either.sensitivity.value, 1 - 0.25 * 0.5, **EXACT)
    np.testing.assert_allclose(either.specificity.value, 0.9 * 0.8, **EXACT)
    np.testing.assert_allclose(both.sensitivity.value, 0.75 * 0.5, **EXACT)
    np.testing.assert_allclose(both.specificity.value, 1 - 0.1 * 0.2, **EXACT)
    serial = panel_accuracy(tests, rule="serial")
    np.testing.assert_allclose(serial.tests_used, [1.75, 1.1], **EXACT)
    assert both.tests_used == (2.0, 2.0)


def test_limits_by_hand():
    # log(1 - Se) of "any" is the sum of those of the tests, so its variance is their sum
    either = panel_accuracy({"a": ONE, "b": TWO}, rule="any")
    missed = 0.25 * 0.5
    variance = 0.75 / (40 * 0.25) + 0.5 / (40 * 0.5)
    np.testing.assert_allclose(either.covariance.iloc[0, 0], variance / (1 - missed) ** 2, **SUMMED)


def test_a_joint_table_by_hand(as_frame):
    found = panel_accuracy(as_frame(JOINT), rule="any")
    np.testing.assert_allclose(found.sensitivity.value, 22 / 40, **EXACT)
    np.testing.assert_allclose(found.specificity.value, 80 / 100, **EXACT)
    alone = diagnostic_accuracy(22, 20, 18, 80)
    assert found.sensitivity.lower == alone.sensitivity.lower
    after = found.posterior(0.17)
    np.testing.assert_allclose(after["likelihood_ratio"][0], (4 / 40) / (2 / 100), **EXACT)
    error = np.sqrt(1 / 4 - 1 / 40 + 1 / 2 - 1 / 100)
    odds = 0.17 / 0.83 * 5
    np.testing.assert_allclose(after["estimate"][0], odds / (1 + odds), **EXACT)
    high = odds * np.exp(1.959963984540054 * error)
    np.testing.assert_allclose(after["upper"][0], high / (1 + high), **EXACT)


def test_dependence_given_by_its_covariance_is_that_of_the_joint_table():
    table = pd.DataFrame(JOINT)
    se = [table.loc[table[name] == 1, "diseased"].sum() / 40 for name in ("tif1", "nxp2")]
    sp = [table.loc[table[name] == 0, "healthy"].sum() / 100 for name in ("tif1", "nxp2")]
    covariance = (4 / 40 - se[0] * se[1], 2 / 100 - (1 - sp[0]) * (1 - sp[1]))
    alone = {
        name: published_accuracy(sensitivity=a, specificity=b)
        for name, a, b in zip(("tif1", "nxp2"), se, sp, strict=True)
    }
    for rule in ("any", "all"):
        found = panel_accuracy(alone, rule=rule, covariance=covariance)
        joint = panel_accuracy(table, rule=rule)
        np.testing.assert_allclose(found.sensitivity.value, joint.sensitivity.value, **EXACT)
        np.testing.assert_allclose(found.specificity.value, joint.specificity.value, **EXACT)


@given(INSIDE, INSIDE, INSIDE, INSIDE, st.floats(0.01, 0.99))
def test_posteriors_mix_back_to_the_prevalence(a, b, c, d, share):
    tests = {
        "x": published_accuracy(sensitivity=a, specificity=b),
        "y": published_accuracy(sensitivity=c, specificity=d),
    }
    found = panel_accuracy(tests)
    frame = found.patterns
    chance = share * frame["given_condition"] + (1 - share) * frame["given_none"]
    mixed = (found.posterior(share)["estimate"] * chance).sum()
    np.testing.assert_allclose(mixed, share, **CLOSED_FORM)
    np.testing.assert_allclose(chance.sum(), 1.0, **EXACT)


@given(INSIDE, INSIDE, INSIDE, INSIDE)
def test_any_is_more_sensitive_and_all_more_specific_than_each(a, b, c, d):
    tests = {
        "x": published_accuracy(sensitivity=a, specificity=b),
        "y": published_accuracy(sensitivity=c, specificity=d),
    }
    either, both = panel_accuracy(tests, rule="any"), panel_accuracy(tests, rule="all")
    assert either.sensitivity.value >= max(a, c) - 1e-12
    assert both.specificity.value >= max(b, d) - 1e-12


def test_a_panel_has_predictive_values():
    found = predictive_values(panel_accuracy({"a": ONE, "b": TWO}), 0.17)
    assert found.ppv.lower < found.ppv.value < found.ppv.upper


@pytest.mark.parametrize(
    ("tests", "options", "words"),
    [
        ({"a": ONE}, {}, "there are 1"),
        ({"a": ONE, "b": TWO}, {"rule": "most"}, "no option 'most'"),
        ({"a": ONE, "b": TWO}, {"covariance": (0.5, 0.0)}, "larger than the accuracies allow"),
        ({"a": ONE, "b": TWO, "c": TWO}, {"covariance": (0.0, 0.0)}, "is for two tests"),
        (JOINT | {"tif1": [1, 1, 0, 2]}, {}, "neither 0 nor 1"),
        (JOINT | {"tif1": [1, 1, 1, 0], "nxp2": [1, 1, 0, 0]}, {}, "is named twice"),
        (JOINT | {"diseased": [0, 0, 0, 0]}, {}, "nobody was counted"),
        (JOINT | {"healthy": [-1, 0, 0, 5]}, {}, "count is negative"),
    ],
)
def test_panels_that_cannot_be_worked_out(tests, options, words):
    with pytest.raises((ArgumentError, TableError), match=words):
        panel_accuracy(tests, **options)
