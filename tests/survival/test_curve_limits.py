"""Intervals of probabilities along a curve: by hand, nested by level, none of width 0."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.tolerances import CLOSED_FORM, EXACT

from paraneo.survival.curve_limits import (
    SCALES,
    largest_risk,
    probability_limits,
    ratio_limits,
    step_values,
)

HALF, ERROR = np.array([0.5]), np.array([0.1])


def test_intervals_of_one_half_by_hand():
    z = stats.norm.isf(0.025)
    by_hand = {
        "plain": (0.5 - 0.1 * z, 0.5 + 0.1 * z),
        "log": (0.5 * np.exp(-0.2 * z), 0.5 * np.exp(0.2 * z)),
        "log-log": (
            0.5 ** np.exp(0.2 * z / np.log(2)),
            0.5 ** np.exp(-0.2 * z / np.log(2)),
        ),
    }
    for scale in SCALES:
        found = probability_limits(HALF, ERROR, scale, 0.95)
        np.testing.assert_allclose(np.ravel(found), by_hand[scale], **EXACT)


@given(st.floats(0.02, 0.98), st.floats(0.001, 0.3), st.sampled_from(SCALES))
def test_a_wider_level_holds_the_narrower_and_both_stay_probabilities(p, error, scale):
    estimate, std_error = np.array([p]), np.array([error])
    narrow = probability_limits(estimate, std_error, scale, 0.8)
    wide = probability_limits(estimate, std_error, scale, 0.95)
    assert 0 <= wide.lower[0] <= narrow.lower[0] <= p <= narrow.upper[0] <= wide.upper[0] <= 1


@pytest.mark.parametrize("scale", SCALES)
def test_a_standard_error_of_0_says_nothing_and_gives_no_interval(scale):
    for limits in (probability_limits, ratio_limits):
        assert np.isnan(limits(HALF, np.zeros(1), scale, 0.95)).all()


def test_net_survival_above_1_is_bounded_on_the_log_scale():
    estimate, std_error = np.array([1.1]), np.array([0.05])
    found = ratio_limits(estimate, std_error, "log-log", 0.95)
    np.testing.assert_allclose(found, ratio_limits(estimate, std_error, "log", 0.95), **EXACT)


def test_nobody_of_ten_by_the_exact_binomial():
    peer = stats.binomtest(0, 10).proportion_ci(0.95, method="exact").high
    np.testing.assert_allclose(largest_risk(10, 0.95), peer, **CLOSED_FORM)


def test_a_step_function_is_right_continuous():
    times, values = np.array([1.0, 2.0]), np.array([0.9, 0.5])
    asked = np.array([0.5, 1.0, 1.5, 2.0, 9.0])
    assert step_values(times, values, asked, 1.0).tolist() == [1.0, 0.9, 0.9, 0.5, 0.5]
