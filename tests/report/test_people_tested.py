"""People tested: whole numbers that sum, at any prevalence and accuracy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tolerances import EXACT

import paraneo as pn
from paraneo.report import whole_people

KINDS = ["true_positives", "false_positives", "false_negatives", "true_negatives"]
ACCURACY = pn.diagnostic_accuracy(tp=31, fp=12, fn=9, tn=148)


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(sum), st.integers(10, 1000))
def test_whole_people_sum_and_are_each_near(parts, per):
    exact = per * np.array([parts]) / sum(parts)
    whole = whole_people(exact, per)
    assert whole.sum() == per
    assert (np.abs(whole - exact) < 1 + 1e-6).all()


def test_a_case_by_hand():
    """170 of 1000 ill, sensitivity 31/40, specificity 148/160."""
    row = pn.people_tested(ACCURACY, 0.17).chosen()
    assert row[KINDS].tolist() == [132, 62, 38, 768]  # 131.75, 62.25, 38.25, 767.75
    np.testing.assert_allclose(row["ppv"], 131.75 / 194, **EXACT)


@pytest.mark.parametrize(
    "accuracy",
    [
        ACCURACY,
        pn.diagnostic_accuracy(31, 0, 9, 148),
        pn.diagnostic_accuracy(31, 12, 0, 148),
        pn.published_accuracy(sensitivity=0.8, specificity=0.9),
        pn.published_accuracy(
            positive_likelihood_ratio=(6.79, 4.11, 11.23),
            negative_likelihood_ratio=(0.25, 0.08, 0.76),
        ),
    ],
)
@pytest.mark.parametrize("prevalence", [0.17, 0.5])
def test_every_accuracy_can_be_shown(accuracy, prevalence):
    found = pn.people_tested(accuracy, prevalence)
    assert (found.summary()[KINDS].sum(axis=1) == 1000).all()
    assert found.chosen()["prevalence"] == prevalence
    labels = [text.get_text() for text in found.plot().get_legend().get_texts()]
    assert sum(int(label.split()[0]) for label in labels) == 1000


def test_nobody_and_everybody_may_be_ill():
    for prevalence, column in ((0.0, ["false_positives", "true_negatives"]), (1.0, KINDS[::2])):
        row = pn.people_tested(ACCURACY, prevalence).chosen()
        assert row[column].sum() == 1000


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(pn.ArgumentError, match=r"(?s)'prevalence'.*'per': 5 is not a whole number"):
        pn.people_tested(ACCURACY, 1.7, per=5)
    with pytest.raises(pn.ArgumentError, match="it is not one number"):
        pn.people_tested(ACCURACY, [0.1, 0.2])
