"""Marker-specific hazards: laws, a world by hand, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.tolerances import EXACT_LAW

from paraneo import (
    ArgumentError,
    diagnostic_accuracy,
    excess_hazard,
    marker_hazards,
    published_accuracy,
)

EDGES = [0, 0.5, 1, 3, 10]
inside = st.floats(0.05, 0.95)
rate = st.floats(0.0, 0.6)


@given(inside, inside, st.lists(rate, min_size=4, max_size=4), st.floats(0.2, 9.0))
def test_the_hazards_mix_back_to_the_hazard_of_all(sensitivity, specificity, rates, window):
    accuracy = published_accuracy(sensitivity=sensitivity, specificity=specificity)
    time = [0, 0.1, 0.5, 0.7, 2, 5, 10]
    got = marker_hazards((EDGES, rates), time, accuracy=accuracy, window=window).hazards()
    share = got["prevalence"]
    mixed = share * got["positive"] + (1 - share) * got["negative"]
    assert_allclose(mixed, got["all"], rtol=1e-9, atol=1e-12)
    assert ((share > 0) & (share < 1)).all()


def test_positive_and_negative_people_add_up_to_the_cancers_of_all():
    """Integrating each hazard over its own people gives back the accuracy within the window."""
    accuracy = published_accuracy(sensitivity=0.7, specificity=0.8)
    time = np.linspace(0, 3, 30001)
    rates = [0.2, 0.1, 0.05, 0.02]
    got = marker_hazards((EDGES, rates), time, accuracy=accuracy, window=3).hazards()
    width, free = np.diff(time), {}
    for marker in ("positive", "negative"):
        free[marker] = np.exp(-(got[marker].to_numpy()[1:] * width).sum())
    start = got["prevalence"].iloc[0]
    cancers = start * (1 - free["positive"]) + (1 - start) * (1 - free["negative"])
    risk = -np.expm1(-(0.1 + 0.05 + 0.1))
    assert_allclose(cancers, risk, rtol=1e-4)
    assert_allclose(start * (1 - free["positive"]) / risk, 0.7, rtol=1e-4)
    specificity = (1 - start) * free["negative"] / (1 - risk)
    assert_allclose(specificity, 0.8, rtol=1e-4)


def test_a_useless_marker_tells_nothing():
    accuracy = published_accuracy(sensitivity=0.3, specificity=0.7)
    got = marker_hazards((EDGES, [0.2, 0.1, 0.05, 0.02]), [0, 2, 8], accuracy=accuracy, window=5)
    wide = got.hazards()
    assert_allclose(wide["positive"], wide["all"], **EXACT_LAW)
    assert_allclose(wide["negative"], wide["all"], **EXACT_LAW)


def test_by_hand_with_a_prevalence():
    """One band, hazard 0.5, half of cancers positive, 40 % positive: at t their share by hand."""
    got = marker_hazards(([0, 4], [0.5]), [1], sensitivity=0.5, prevalence=0.4).hazards()
    free = np.exp(-0.5)
    left = 0.4 - 0.5 * (1 - free)
    assert_allclose(got["prevalence"], left / free, **EXACT_LAW)
    assert_allclose(got["positive"], 0.5 * 0.5 * free / left, **EXACT_LAW)
    assert_allclose(got["negative"], 0.5 * 0.5 * free / (free - left), **EXACT_LAW)


def test_limits_hold_the_estimate_and_widen_with_level():
    table = {"exit": np.linspace(0.1, 6, 60), "event": [1, 0, 0] * 20}
    model = excess_hazard(table, breaks=[0, 2, np.inf])
    accuracy = diagnostic_accuracy(20, 10, 10, 80)
    wide, narrow = (
        marker_hazards(
            model, [1, 4], accuracy=accuracy, window=5, level=level, draws=300,
            rng=np.random.default_rng(1),
        ).summary()
        for level in (0.95, 0.5)
    )  # fmt: skip
    assert (wide["lower"] < narrow["lower"]).all()
    assert (wide["upper"] > narrow["upper"]).all()
    assert ((wide["lower"] < wide["estimate"]) & (wide["estimate"] < wide["upper"])).all()
    total = model.hazard([1, 4])["estimate"]
    assert_allclose(wide.loc[wide["marker"] == "all", "estimate"], total)


ACCURACY = published_accuracy(sensitivity=0.7, specificity=0.8)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give either it or sensitivity"),
        ({"accuracy": ACCURACY}, "needs the years within which"),
        ({"sensitivity": 0.5}, "needs the share of positives"),
        ({"sensitivity": 0.9, "prevalence": 0.1}, "more positive cancers than positive people"),
        ({"accuracy": ACCURACY, "window": 20}, "known up to 10 years"),
        ({"sensitivity": [0.9, 0.1], "prevalence": 0.9}, "does not fit the bands"),
        ({"sensitivity": 60, "prevalence": 0.5}, "looks like a percentage"),
    ],
)
def test_bad_input_has_one_clear_error(options, said):
    with pytest.raises(ArgumentError, match=said) as caught:
        marker_hazards((EDGES, [0.5, 0.5, 0.5, 0.5]), [1, 4], **options)
    assert len(caught.value.faults) == 1, caught.value


def test_picture():
    got = marker_hazards((EDGES, [0.2, 0.1, 0.05, 0.02]), [0, 1, 4], accuracy=ACCURACY, window=3)
    axes = got.plot()
    assert axes.get_xlabel() == "Years"
    assert axes.get_ylabel() == "Hazard per year"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "positive", "negative", "all",
    ]  # fmt: skip
