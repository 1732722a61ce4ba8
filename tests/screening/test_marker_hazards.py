"""Marker-specific hazards: check values, a simulated population, properties, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.tolerances import CLOSED_FORM, EXACT, MONTE_CARLO_ERRORS, PRINTED, SUMMED

from paraneo import (
    ArgumentError,
    diagnostic_accuracy,
    excess_hazard,
    marker_hazards,
    occult_cancer,
    published_accuracy,
)
from paraneo.screening._marker import Positives, hazard_of_group, seen_by_study, solved

EDGES = [0, 0.5, 1, 3, 10]
inside = st.floats(0.05, 0.95)
rate = st.floats(0.0, 0.6)
#: An occult share of 0.12 that halves each half year, over a background of 0.01 a year.
SHARE, HALF, BACKGROUND, MARKED = 0.12, 0.5, 0.01, (0.78, 0.11)


def occult(time):
    """Return the cumulative excess hazard of the check world by a time, and that still ahead."""
    left = 2.0 ** (-np.asarray(time, dtype=float) / HALF)
    cumulative = -np.log1p(-SHARE * (1 - left))
    return cumulative, -np.log1p(-SHARE) - cumulative


def check_hazards(time, sign):
    left = 2.0 ** (-np.asarray(time, dtype=float) / HALF)
    excess = SHARE * np.log(2) / HALF * left / (1 - SHARE * (1 - left))
    group = Positives(*np.array(MARKED)).of(sign)
    return hazard_of_group(np.array(BACKGROUND), excess, group, occult(time)[1])


def test_check_values_of_the_marker_on_the_excess():
    time = [0.5, 1.5, 2.5, 3.5, 5.0]
    wanted = {
        1: [0.461801, 0.159490, 0.050661, 0.020394, 0.011308],
        -1: [0.032977, 0.015817, 0.011459, 0.010365, 0.010046],
    }
    for sign, values in wanted.items():
        assert_allclose(check_hazards(time, sign), values, **PRINTED[6])
    passed, ahead = (np.array(part) for part in occult(3.0))
    years = np.array(3 * BACKGROUND)
    seen = seen_by_study(Positives(*np.array(MARKED)), years, passed, ahead)
    assert_allclose(seen, [0.659149, 0.888575], **PRINTED[6])
    assert_allclose(solved(*seen, years, passed, ahead), MARKED, **CLOSED_FORM)


def test_a_simulated_population_has_these_hazards_at_every_half_year():
    """Two million people with occult and ordinary cancers, markers and deaths."""
    rng, n = np.random.default_rng(20), 2_000_000
    hidden = rng.random(n) < SHARE
    marker = rng.random(n) < np.where(hidden, *MARKED)
    excess = np.where(hidden, rng.exponential(HALF / np.log(2), n), np.inf)
    first = np.minimum(excess, rng.exponential(1 / BACKGROUND, n))
    out = np.minimum(first, rng.exponential(1 / 0.05, n))
    for sign, who in ((1, marker), (-1, ~marker)):
        for start in np.arange(0.0, 4.0, 0.5):
            time = out[who]
            lived = np.clip(time - start, 0.0, 0.5).sum()
            cancers = ((time > start) & (time <= start + 0.5) & (first[who] == time)).sum()
            at = start + (np.arange(200) + 0.5) / 400
            hazard = check_hazards(at, sign)
            # weighted by those still alive without cancer
            fall = np.exp(-np.concatenate([[0.0], np.cumsum(hazard + 0.05)[:-1]]) / 400)
            expected = lived * (hazard @ fall) / fall.sum()
            assert abs(cancers - expected) < MONTE_CARLO_ERRORS * np.sqrt(expected), (sign, start)


def bands(excess, background=0.01):
    return EDGES, [background + value for value in excess]


@given(inside, inside, st.lists(rate, min_size=4, max_size=4))
def test_the_hazards_mix_back_and_never_fall_below_the_background(s, f, excess):
    time = [0, 0.1, 0.5, 0.7, 2, 5, 10]
    got = marker_hazards(bands(excess), time, positives=(s, f), background=0.01, draws=1).hazards()
    share = got["prevalence"]
    mixed = share * got["positive"] + (1 - share) * got["negative"]
    assert_allclose(mixed, got["all"], **SUMMED)
    assert ((share > 0) & (share < 1)).all()
    assert (got[["positive", "negative"]] >= 0.01).all(axis=None)


def test_positive_and_negative_people_add_up_to_the_accuracy_of_the_study():
    """Integrating each hazard over its own people gives back the accuracy within the window."""
    accuracy = published_accuracy(sensitivity=0.7, specificity=0.8)
    cut = np.linspace(0, 3, 3001)
    hazard = (EDGES, [0.2, 0.1, 0.05, 0.02])
    middle = (cut[1:] + cut[:-1]) / 2
    options = {"accuracy": accuracy, "window": 3, "background": 0.01, "draws": 1}
    got = marker_hazards(hazard, middle, **options).hazards()
    start = marker_hazards(hazard, [0], **options).hazards()["prevalence"].iloc[0]
    free = {
        marker: np.exp(-(got[marker].to_numpy() * np.diff(cut)).sum())
        for marker in ("positive", "negative")
    }
    risk = -np.expm1(-(0.1 + 0.05 + 0.1))
    assert_allclose(start * (1 - free["positive"]) / risk, 0.7, **PRINTED[5])
    assert_allclose((1 - start) * free["negative"] / (1 - risk), 0.8, **PRINTED[5])


def test_a_useless_marker_tells_nothing():
    accuracy = published_accuracy(sensitivity=0.3, specificity=0.7)
    hazard = (EDGES, [0.2, 0.1, 0.05, 0.02])
    wide = marker_hazards(hazard, [0, 2, 8], accuracy=accuracy, window=5, draws=1).hazards()
    assert_allclose(wide["positive"], wide["all"], **EXACT)
    assert_allclose(wide["negative"], wide["all"], **EXACT)


def test_hazards_below_the_background_are_nobody_s_excess():
    got = marker_hazards(
        ([0, 1, 4], [0.005, 0.03]), [0.5, 2], positives=(0.8, 0.1), background=0.01, draws=1
    ).hazards()
    assert_allclose(got.loc[0, ["positive", "negative", "all"]].astype(float), 0.005, **EXACT)
    assert got.loc[1, "positive"] > 0.03 > got.loc[1, "negative"] > 0.01


def test_an_occult_cancer_model_holds_all_of_its_cancers():
    rng = np.random.default_rng(3)
    hidden = np.where(rng.random(4000) < 0.2, rng.exponential(0.5, 4000), np.inf)
    people = {"exit": np.minimum(hidden, 4.0), "event": (hidden < 4.0).astype(int)}
    fit = occult_cancer(people, distribution="exponential", interval="wald")
    got = marker_hazards(fit, [0.0, 1.0, 3.0], positives=(0.8, 0.1), draws=50).hazards()
    share, mean = fit.share.value, np.exp(fit.parameters[1])
    start = 0.8 * share + 0.1 * (1 - share)
    assert_allclose(got["prevalence"].iloc[0], start, **SUMMED)
    assert_allclose(got["positive"].iloc[0], 0.8 * share / mean / start, **PRINTED[6])


def test_limits_hold_the_estimate_widen_with_level_and_come_from_a_stream_that_is_named():
    table = {"exit": np.linspace(0.1, 6, 60), "event": [1, 0, 0] * 20}
    model = excess_hazard(table, breaks=[0, 2, np.inf])
    accuracy = diagnostic_accuracy(20, 10, 10, 80)
    done = [
        marker_hazards(model, [1, 4], accuracy=accuracy, window=5, level=level, draws=300)
        for level in (0.95, 0.5)
    ]
    wide, narrow = (one.summary() for one in done)
    assert (wide["lower"] < narrow["lower"]).all()
    assert (wide["upper"] > narrow["upper"]).all()
    assert ((wide["lower"] < wide["estimate"]) & (wide["estimate"] < wide["upper"])).all()
    total = model.hazard([1, 4])["estimate"]
    assert_allclose(wide.loc[wide["marker"] == "all", "estimate"], total)
    assert "stream of seed 0" in repr(done[0])


ACCURACY = published_accuracy(sensitivity=0.7, specificity=0.8)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give either it or positives"),
        ({"accuracy": ACCURACY}, "needs the years within which"),
        ({"positives": 0.5}, "must be two proportions"),
        ({"accuracy": ACCURACY, "window": 20}, "known up to 10 years"),
        ({"positives": (0.9, 0.1), "background": [0.1, 0.1]}, "does not fit the bands"),
        ({"positives": (60, 0.5)}, "looks like a percentage"),
        ({"accuracy": ACCURACY, "window": 3, "background": 0.45}, "contradict the model"),
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
    assert axes.get_ylabel().startswith("Hazard per year")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "positive", "negative", "all",
    ]  # fmt: skip
