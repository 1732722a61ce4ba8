"""From a predictive value to a risk: two ways to one number, a simulated clinic, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.tolerances import CLOSED_FORM, EXACT, MONTE_CARLO_ERRORS

from paraneo import (
    ArgumentError,
    cancer_risk,
    diagnostic_accuracy,
    predictive_values,
    published_accuracy,
    rate_table,
    reconciled_risk,
)

FLAT = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
DEATH = rate_table({"age": [0], "rate": [0.05]}, rate="rate")
RATIOS = {"start": [0, 1], "end": [1, 10], "estimate": [7.0, 2.0]}
TEST = published_accuracy(sensitivity=0.6, specificity=0.85)


def risk(**options):
    usual = {"age": 60, "year": 2020, "rates": FLAT, "mortality": DEATH, "horizon": 5.0}
    return cancer_risk(RATIOS, **(usual | {"accuracy": TEST, "accuracy_window": 3.0} | options))


@given(st.floats(0.3, 0.6), st.floats(0.6, 0.9), st.sampled_from([None, (3.0, 2.0)]))
def test_bayes_and_the_risk_that_follows_people_agree(se, sp, before):
    accuracy = published_accuracy(sensitivity=se, specificity=sp)
    frame = reconciled_risk(risk(accuracy=accuracy, before=before)).summary()
    first, second, third = frame[["unknown", "positive", "negative"]].to_numpy()
    if before is None:
        assert_allclose(first, second, **CLOSED_FORM)
        assert_allclose(second[0], -np.expm1(-(0.07 + 2 * 0.02)), **CLOSED_FORM)
    else:
        assert_allclose(first[0], -np.expm1(-(0.07 + 2 * 0.02 + 2 * 0.03)), **CLOSED_FORM)
        assert (first > second).all()
    assert (second > third).all()


def test_each_step_is_what_its_own_verb_says():
    frame = reconciled_risk(risk(), prevalence=0.17).summary().set_index("step")
    given_ = predictive_values(TEST, 0.17)
    clinic = frame.loc["predictive values at the prevalence that is given"]
    assert_allclose(clinic.astype(float), [0.17, given_.ppv.value, 1 - given_.npv.value], **EXACT)
    last = frame.iloc[-1]
    for marker in ("positive", "negative"):
        own = risk().with_marker(marker).at(3)["estimate"].iloc[0]
        assert_allclose(last[marker], own, **EXACT)
    assert_allclose(last["unknown"], risk().at(3)["estimate"].iloc[0], **EXACT)


def test_a_simulated_clinic_has_these_predictive_values_and_risks():
    """People with excess and ordinary cancers and deaths, tested with a marker of the excess."""
    rng, n = np.random.default_rng(8), 1_000_000
    first_year, later = 0.06, 0.01
    spent = rng.exponential(size=n)
    excess = np.where(spent < first_year, spent / first_year, 1 + (spent - first_year) / later)
    excess[excess > 10.0] = np.inf
    ordinary, death = rng.exponential(100.0, n), rng.exponential(20.0, n)
    marker = rng.random(n) < np.where(np.isfinite(excess), 0.7, 0.12)
    first = np.minimum(excess, ordinary)
    case = first <= 3.0
    accuracy = diagnostic_accuracy(
        *(int(part.sum()) for part in (case & marker, ~case & marker, case & ~marker)),
        int((~case & ~marker).sum()),
    )
    frame = reconciled_risk(risk(accuracy=accuracy)).summary()
    seen = case & (first < death)
    for column, who in (("positive", marker), ("negative", ~marker)):
        for row, outcome in ((1, case), (2, seen)):
            wanted = frame[column].iloc[row]
            error = np.sqrt(wanted * (1 - wanted) / who.sum())
            assert abs(outcome[who].mean() - wanted) < MONTE_CARLO_ERRORS * error


@pytest.mark.parametrize(
    ("made", "options", "said"),
    [
        (lambda: risk(accuracy=None), {}, "made without an accuracy"),
        (lambda: risk(horizon=2.0), {}, "shorter than the accuracy"),
        (lambda: risk().given(1.0), {}, "not of the time of diagnosis"),
        (lambda: risk(age=[50, 60]), {}, "2 people"),
        (risk, {"prevalence": 17}, "looks like a percentage"),
    ],
)
def test_what_cannot_be_reconciled(made, options, said):
    with pytest.raises(ArgumentError, match=said):
        reconciled_risk(made(), **options)


def test_picture():
    axes = reconciled_risk(risk(), prevalence=0.17).plot()
    assert axes.get_xlabel() == "Chance of a cancer within 3 years"
    assert len(axes.get_yticklabels()) == 4
