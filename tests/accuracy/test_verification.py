"""Partial verification and apparent prevalence: printed values, R, laws and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import reference
from tests.tolerances import CLOSED_FORM, EXACT, MONTE_CARLO_ERRORS, PRINTED, SUMMED

from paraneo.accuracy import (
    diagnostic_accuracy,
    predictive_values,
    rogan_gladen_prevalence,
    verified_accuracy,
)
from paraneo.errors import ArgumentError

COUNT = st.integers(1, 200)
SCAN = {"unverified_positive": 166, "unverified_negative": 140}


def test_printed_liver_scans_of_begg_and_greenes():
    scan = verified_accuracy(231, 32, 27, 54, **SCAN)
    found = [scan.sensitivity.value, scan.specificity.value, scan.naive_sensitivity.value]
    np.testing.assert_allclose(found, [0.84, 0.74, 0.90], **PRINTED[2])


def test_a_small_world_by_hand():
    # of 10 positives 5 were verified, 4 ill; of 90 negatives 10, 1 ill: 8 + 9 ill, 2 + 81 well
    found = verified_accuracy(4, 1, 1, 9, unverified_positive=5, unverified_negative=80)
    values = [found.sensitivity.value, found.specificity.value, found.prevalence.value]
    np.testing.assert_allclose(values, [8 / 17, 81 / 83, 0.17], **EXACT)
    variance = 1 / 4 - 1 / 5 + 1 / 1 - 1 / 10 + 1 / 10 + 1 / 90
    np.testing.assert_allclose(found.sensitivity.std_error, np.sqrt(variance), **EXACT)


@given(COUNT, COUNT, COUNT, COUNT)
def test_with_everybody_verified_nothing_is_corrected(tp, fp, fn, tn):
    found = verified_accuracy(tp, fp, fn, tn, unverified_positive=0, unverified_negative=0)
    whole = diagnostic_accuracy(tp, fp, fn, tn, interval="logit")
    for one, other in ((found.sensitivity, whole.sensitivity),
                       (found.specificity, whole.specificity)):  # fmt: skip
        np.testing.assert_allclose(
            [one.value, one.lower, one.upper], [other.value, other.lower, other.upper], **SUMMED
        )
    np.testing.assert_allclose(found.correlation, 0, **EXACT)


@given(COUNT, COUNT, COUNT, COUNT, COUNT)
def test_verifying_at_random_leaves_the_estimates_alone(tp, fp, fn, tn, times):
    unverified = {
        "unverified_positive": times * (tp + fp),
        "unverified_negative": times * (fn + tn),
    }
    found = verified_accuracy(tp, fp, fn, tn, **unverified)
    np.testing.assert_allclose(found.sensitivity.value, tp / (tp + fn), **EXACT)
    np.testing.assert_allclose(found.specificity.value, tn / (tn + fp), **EXACT)
    assert found.sensitivity.lower <= found.sensitivity.value <= found.sensitivity.upper


@given(COUNT, COUNT, COUNT, COUNT, st.integers(1, 500))
def test_more_unverified_negatives_mean_less_sensitivity_and_more_specificity(tp, fp, fn, tn, more):
    few = verified_accuracy(tp, fp, fn, tn, unverified_positive=9, unverified_negative=0)
    many = verified_accuracy(tp, fp, fn, tn, unverified_positive=9, unverified_negative=more)
    assert many.sensitivity.value < few.sensitivity.value
    assert many.specificity.value > few.specificity.value


def test_variances_are_those_of_drawn_studies():
    # the delta method against 40 000 studies drawn with known truth
    rng = np.random.default_rng(7)
    n, share, p1, p0 = 400_000, 0.3, 0.6, 0.1
    positive = rng.binomial(n, share, 40_000)
    m1, m0 = positive // 2, (n - positive) // 10
    tp, fn = rng.binomial(m1, p1), rng.binomial(m0, p0)
    odds = tp / m1 * positive / (fn / m0 * (n - positive))
    middle = verified_accuracy(
        36_000, 24_000, 2800, 25_200, unverified_positive=60_000, unverified_negative=252_000
    ).sensitivity
    error = middle.std_error / np.sqrt(2 * len(odds))
    assert abs(np.log(odds).std() - middle.std_error) < MONTE_CARLO_ERRORS * error


def test_corrected_accuracy_goes_on_to_predictive_values():
    scan = verified_accuracy(231, 32, 27, 54, **SCAN)
    values = predictive_values(scan.accuracy, scan.prevalence.value)
    # the predictive values are those of the verified, which verification does not touch
    np.testing.assert_allclose([values.ppv.value, values.npv.value], [231 / 263, 54 / 81])
    np.testing.assert_allclose(scan.accuracy.sensitivity.std_error, scan.sensitivity.std_error)


def test_an_empty_verified_cell_has_limits_of_half_a_person_more():
    found = verified_accuracy(9, 1, 0, 20, unverified_positive=0, unverified_negative=70)
    assert found.sensitivity.value == 1
    # by hand: 10.5 verified positives of 11, 0.5 of 21 negatives, 11 and 91 tested
    ill = 9.5 / 11 * 11, 0.5 / 21 * 91
    spread = np.sqrt(1 / 9.5 - 1 / 11 + 1 / 0.5 - 1 / 21 + 1 / 11 + 1 / 91)
    odds = ill[0] / ill[1] * np.exp(-1.959963984540054 * spread)
    np.testing.assert_allclose(found.sensitivity.lower, odds / (1 + odds), **SUMMED)
    assert found.sensitivity.upper == 1
    assert found.specificity.lower < found.specificity.value < found.specificity.upper


def test_faults_of_verification_are_told_together():
    with pytest.raises(ArgumentError) as caught:
        verified_accuracy(-1, 1.5, 2, 3, unverified_positive=[1], unverified_negative=0, level=95)
    for part in ("negative", "not whole", "one number", "0.95"):
        assert part in str(caught.value)
    with pytest.raises(ArgumentError, match="nobody with a negative test"):
        verified_accuracy(3, 1, 0, 0, unverified_positive=1, unverified_negative=9)


@pytest.mark.parametrize("case", reference("apparent_prevalence")["cases"])
def test_apparent_prevalence_agrees_with_epir(case):
    found = rogan_gladen_prevalence(
        case["positives"],
        case["n"],
        sensitivity=case["sensitivity"],
        specificity=case["specificity"],
        interval=case["interval"],
    )
    values = [found.value, found.lower, found.upper]
    wanted = np.clip(case["values"], 0, 1)
    if (
        wanted[1] == wanted[2]
    ):  # fewer positives than false ones: epiR's limits lie beyond the bound
        np.testing.assert_allclose(found.value, wanted[0], **SUMMED)
        assert found.lower < found.upper
    else:
        np.testing.assert_allclose(values, wanted, **SUMMED)


@given(st.integers(1, 99), st.floats(0.6, 1), st.floats(0.6, 1))
def test_expected_positives_give_the_prevalence_back(percent, se, sp):
    share = percent / 100
    n = 10**12
    positives = round(n * (share * se + (1 - share) * (1 - sp)))
    found = rogan_gladen_prevalence(positives, n, sensitivity=se, specificity=sp)
    np.testing.assert_allclose(found.value, share, **SUMMED)


@given(st.integers(0, 100), st.lists(COUNT, min_size=4, max_size=4))
def test_an_estimated_accuracy_never_gives_narrower_limits(positives, cells):
    tp, fp, fn, tn = cells
    if tp * tn <= fp * fn:
        return
    accuracy = diagnostic_accuracy(tp, fp, fn, tn)
    found = rogan_gladen_prevalence(positives, 100, accuracy=accuracy)
    gap = (tp + 1) / (tp + fn + 2) + (tn + 1) / (tn + fp + 2) - 1
    q = (positives + 1.959963984540054**2 / 2) / (100 + 1.959963984540054**2)
    if gap > 0:
        known = np.sqrt(q * (1 - q) / (100 + 1.959963984540054**2)) / gap
        assert found.std_error >= known * (1 - 1e-12)
    assert 0 <= found.lower <= found.value <= found.upper <= 1


def test_the_interval_of_lang_and_reiczigel_by_hand():
    found = rogan_gladen_prevalence(30, 100, accuracy=diagnostic_accuracy(16, 10, 4, 90))
    np.testing.assert_allclose(found.value, 2 / 7, **EXACT)  # (0.3 - 0.1) / (0.8 + 0.9 - 1)
    z = 1.959963984540054
    n, q = 100 + z**2, (30 + z**2 / 2) / (100 + z**2)
    se, sp = 17 / 22, 91 / 102
    share = (q + sp - 1) / (se + sp - 1)
    shift = 2 * z**2 * (share * se * (1 - se) / 22 - (1 - share) * sp * (1 - sp) / 102)
    variance = (
        q * (1 - q) / n + share**2 * se * (1 - se) / 22 + (1 - share) ** 2 * sp * (1 - sp) / 102
    )
    error = np.sqrt(variance) / (se + sp - 1)
    np.testing.assert_allclose(
        [found.std_error, found.lower, found.upper],
        [error, share + shift - z * error, share + shift + z * error],
        **CLOSED_FORM,
    )


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"sensitivity": 0.4, "specificity": 0.5}, "not above 1"),
        ({"sensitivity": 90, "specificity": 0.5}, "percentage"),
        ({"sensitivity": 0.9}, "twice or not at all"),
        ({}, "twice or not at all"),
    ],
)
def test_accuracies_that_say_nothing_are_refused(options, part):
    with pytest.raises(ArgumentError, match=part):
        rogan_gladen_prevalence(5, 10, **options)


def test_more_positives_than_people_are_refused():
    with pytest.raises(ArgumentError, match="more positives than people tested"):
        rogan_gladen_prevalence([5, 11], 10, sensitivity=0.9, specificity=0.9)


def test_plot_draws_five_proportions():
    import matplotlib.pyplot as plt

    assert len(verified_accuracy(231, 32, 27, 54, **SCAN).plot().get_yticklabels()) == 5
    plt.close("all")
