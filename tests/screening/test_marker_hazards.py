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
    group = marked(*MARKED).of(sign)
    ahead = occult(time)[1][..., None]
    return hazard_of_group(np.array(BACKGROUND), excess, group.excess[0], group, ahead)


def marked(excess, others):
    return Positives(np.atleast_1d(excess), np.array(others))


def test_check_values_of_the_marker_on_the_excess():
    time = [0.5, 1.5, 2.5, 3.5, 5.0]
    wanted = {
        1: [0.461801, 0.159490, 0.050661, 0.020394, 0.011308],
        -1: [0.032977, 0.015817, 0.011459, 0.010365, 0.010046],
    }
    for sign, values in wanted.items():
        assert_allclose(check_hazards(time, sign), values, **PRINTED[6])
    passed, ahead = (np.array(part) for part in occult(3.0))
    years = np.array([3 * BACKGROUND])
    seen = seen_by_study(marked(*MARKED), years, passed[None], ahead)
    assert_allclose([seen[0][0], seen[1]], [0.659149, 0.888575], **PRINTED[6])
    found = solved(*seen, years, passed[None], ahead)
    assert_allclose([found.excess[0], found.others], MARKED, **CLOSED_FORM)


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


#: Sensitivity for excess cancers of the first year, of the two after it, and later.
BY_TIME, ENDS = np.array([0.9, 0.6, 0.3]), np.array([1.0, 3.0])


def test_a_simulated_marker_that_wanes_has_these_hazards_and_this_accuracy():
    """Two million people; antibodies are rarer the later the occult cancer shows."""
    rng, n = np.random.default_rng(21), 2_000_000
    hidden = rng.random(n) < SHARE
    excess = np.where(hidden, rng.exponential(HALF / np.log(2), n), np.inf)
    chance = np.where(hidden, BY_TIME[np.searchsorted(ENDS, excess)], MARKED[1])
    marker = rng.random(n) < chance
    first = np.minimum(excess, rng.exponential(1 / BACKGROUND, n))
    passed = np.append(occult(ENDS)[0], sum(occult(0.0)))
    group = marked(BY_TIME, MARKED[1])
    for sign, who in ((1, marker), (-1, ~marker)):
        own = group.of(sign)
        for start in np.arange(0.0, 4.0, 0.5):
            lived = np.clip(first[who] - start, 0.0, 0.5).sum()
            cancers = ((first[who] > start) & (first[who] <= start + 0.5)).sum()
            at = start + (np.arange(200) + 0.5) / 400
            left = SHARE * 2.0 ** (-at / HALF)
            rate = np.log(2) / HALF * left / (1 - SHARE + left)
            ahead = np.maximum(passed - occult(at)[0][:, None], 0.0)
            band = own.excess[np.searchsorted(ENDS, at)]
            hazard = hazard_of_group(np.array(BACKGROUND), rate, band, own, ahead)
            fall = np.exp(-np.concatenate([[0.0], np.cumsum(hazard)[:-1]]) / 400)
            expected = lived * (hazard @ fall) / fall.sum()
            assert abs(cancers - expected) < MONTE_CARLO_ERRORS * np.sqrt(expected), (sign, start)
    # a study of three years sees a sensitivity in each band
    first_two = marked(BY_TIME[:2], MARKED[1])
    rest = (first > 3.0) & marker
    seen = []
    for low, high in ((0.0, 1.0), (1.0, 3.0)):
        those = (first > low) & (first <= high)
        seen.append((those & marker).sum() / those.sum())
    specificity = 1 - rest.sum() / (first > 3.0).sum()
    # those to come are waned: what the study's last band would say of them is put right first
    ahead = passed[-1] - passed[1]
    among = MARKED[1] + (BY_TIME[2] - BY_TIME[1]) * np.expm1(ahead)
    wanted = seen_by_study(
        first_two._replace(others=np.array(among)), BACKGROUND * ENDS, passed[:2], ahead
    )
    error = np.sqrt(0.25 / np.array([(first <= 1).sum(), ((first > 1) & (first <= 3)).sum()]))
    assert (np.abs(seen - wanted[0]) < MONTE_CARLO_ERRORS * error).all()
    assert abs(specificity - wanted[1]) < MONTE_CARLO_ERRORS * np.sqrt(0.1 / n)
    back = solved(*wanted, BACKGROUND * ENDS, passed[:2], ahead)
    assert_allclose(back.excess, BY_TIME[:2], **CLOSED_FORM)


def test_a_sensitivity_that_does_not_vary_is_the_constant_one():
    hazard, time = (EDGES, [0.2, 0.1, 0.05, 0.02]), [0.2, 0.7, 2, 8]
    accuracy = published_accuracy(sensitivity=(0.7, 0.5, 0.85), specificity=(0.8, 0.7, 0.9))
    options = {"accuracy": accuracy, "background": 0.01, "draws": 500}
    one = marker_hazards(hazard, time, window=3, **options)
    table = {"start": [0], "end": [3], "estimate": [0.7], "lower": [0.5], "upper": [0.85]}
    other = marker_hazards(hazard, time, sensitivity_by_time=table, **options)
    numbers = ["estimate", "lower", "upper"]
    assert_allclose(one.summary()[numbers], other.summary()[numbers], **CLOSED_FORM)
    # cut in two where the study would have seen what one s for all gives
    ordinary, passed = 0.01 * np.array([1.0, 3.0]), np.array([0.14, 0.22])
    group = marked(np.repeat(one.positives[0], 2), one.positives[1])
    seen = seen_by_study(group, ordinary, passed, np.array(0.07))[0]
    cut = {"start": [0, 1], "end": [1, 3], "estimate": seen}
    third = marker_hazards(hazard, time, sensitivity_by_time=cut, window=3, **options)
    assert_allclose(third.summary()["estimate"], one.summary()["estimate"], **SUMMED)
    assert third.summary()[["lower", "upper"]].isna().all(axis=None)
    assert_allclose(third.positives[0], one.positives[0], **SUMMED)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"start": [0, 1], "end": [1, 2], "estimate": [0.8, 0.6]}, "at 2 years, the accuracy's"),
        ({"start": [0, 2], "end": [1, 3], "estimate": [0.8, 0.6]}, "do not follow each other"),
        ({"start": [0, 1], "end": [1, 3], "estimate": [80, 0.6]}, "estimate: "),
        ({"start": [0, 1], "end": [1, 3]}, "there is no such column"),
    ],
)
def test_a_sensitivity_by_time_that_cannot_be(table, said):
    with pytest.raises(ArgumentError, match="sensitivity_by_time") as caught:
        marker_hazards(
            (EDGES, [0.2, 0.1, 0.05, 0.02]),
            [1],
            accuracy=ACCURACY,
            window=3,
            sensitivity_by_time=table,
        )
    assert said in str(caught.value)


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
