"""Sizes of studies: against enumeration by hand, simulation and what the definition says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paraneo import diagnostic_accuracy, expected_needed, people_needed, ratio_power
from paraneo.errors import ArgumentError


def mean_width(n, share):
    x = np.arange(n + 1)
    one = diagnostic_accuracy(x, 0 * x, n - x, 0 * x + 1).sensitivity
    return float(stats.binom.pmf(x, n, share) @ (one.upper - one.lower))


@pytest.mark.parametrize(("share", "half"), [(0.78, 0.1), (0.89, 0.05), (0.5, 0.2)])
def test_the_number_is_the_smallest_that_is_enough(share, half):
    n = people_needed(share, half_width=half)
    assert mean_width(n, share) <= 2 * half < mean_width(n - 1, share)


def test_it_is_near_the_usual_formula_where_that_holds():
    # Buderer 1996: z^2 p(1 - p)/d^2
    assert abs(people_needed(0.8, half_width=0.03) - 1.959964**2 * 0.16 / 0.0009) < 15


def test_power_by_hand():
    # the first count whose Garwood limit lies above 3
    lower = stats.chi2.ppf(0.025, 2 * np.arange(1, 30)) / 2
    first = 1 + int(np.argmax(lower > 3.0))
    wanted = stats.poisson.sf(first - 1, 3.0 * 2.5)
    np.testing.assert_allclose(ratio_power(3.0, true_ratio=2.5), wanted, rtol=1e-12)


@given(st.floats(0.5, 50), st.floats(0.2, 5))
def test_a_true_ratio_at_the_value_is_left_out_no_more_than_half_of_one_minus_level(e, value):
    for shift in (1 - 1e-9, 1 + 1e-9):
        power = ratio_power(e, true_ratio=value * shift, against=value)
        assert power <= 0.025 + 1e-6


def test_a_farther_ratio_has_more_power():
    power = [float(ratio_power(10.0, true_ratio=r)) for r in (1.5, 2.0, 3.0)]
    assert power == sorted(power)
    power = [float(ratio_power(20.0, true_ratio=r)) for r in (0.9, 0.5, 0.2)]
    assert power == sorted(power)


@pytest.mark.parametrize(("true", "against"), [(1.0, 1.5), (1.0, 2.0), (3.0, 1.0), (7.7, 1.0)])
def test_from_the_expected_events_on_power_is_never_below_the_wanted(true, against):
    e = expected_needed(true_ratio=true, against=against, power=0.8)
    grid = np.linspace(e * 1.01, e * 3, 500)
    assert (ratio_power(grid, true_ratio=true, against=against) >= 0.8).all()
    below = np.linspace(e * 0.5, e * 0.98, 300)
    assert (ratio_power(below, true_ratio=true, against=against) < 0.8).any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: people_needed(78, half_width=0.1), "looks like a percentage"),
        (lambda: people_needed(0.8, half_width=0.0), "is not in"),
        (lambda: people_needed(0.5, half_width=0.001), "more than 100000 people"),
        (lambda: ratio_power(0, true_ratio=2.0), "above zero"),
        (lambda: ratio_power(5, true_ratio=-2.0), "is no ratio"),
        (lambda: expected_needed(true_ratio=1.0, against=1.0), "equals the value"),
        (lambda: expected_needed(true_ratio=1.0, against=1.0001), "more than 20000"),
        (lambda: expected_needed(true_ratio=2.0, power=80), "is not in"),
    ],
)
def test_plans_that_cannot_be_made(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
