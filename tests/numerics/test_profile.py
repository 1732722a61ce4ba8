"""The search for limits by profile likelihood, on likelihoods whose limits are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tolerances import CLOSED_FORM, EXACT, SUMMED

from paraneo.numerics.profile import profile_limit
from paraneo.numerics.roots import root, roots

DEVIATE = 1.959963984540054


def squared(mean: float, error: float):
    """Return the fall of a normal log-likelihood."""
    return lambda x: ((x - mean) / error) ** 2 / 2.0


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(0.01, 30.0))
def test_a_normal_likelihood_gives_wald_limits_in_any_unit(mean, error, first):
    for way in (-1.0, 1.0):
        found = profile_limit(squared(mean, error), mean, way * first * error, DEVIATE)
        np.testing.assert_allclose((found - mean) / error, way * DEVIATE, **SUMMED)


@pytest.mark.parametrize("start", [40.0, 2.5, -40.0])
def test_where_the_likelihood_rises_without_end_a_search_may_start_anywhere(start):
    found = profile_limit(np.exp, start, 1.0, DEVIATE)
    np.testing.assert_allclose(found, np.log(DEVIATE**2 / 2.0), **SUMMED)


def test_a_likelihood_that_does_not_fall_so_far_has_no_limit():
    assert profile_limit(lambda x: 1.0 - np.exp(-x), 0.0, 1.0, DEVIATE) == np.inf
    assert profile_limit(lambda x: 1.0 - np.exp(x), 0.0, -1.0, DEVIATE) == -np.inf
    assert profile_limit(squared(0.0, 1.0), 0.0, -1.0, DEVIATE, end=-1.5) == -1.5


def test_a_likelihood_nowhere_within_has_an_empty_region():
    assert profile_limit(lambda _: 5.0, 0.0, 1.0, DEVIATE) == -np.inf


def test_a_likelihood_of_zero_is_approached_from_within():
    def fall(x: float) -> float:
        return -2.0 * np.log(1.0 - x) if x < 1.0 else np.inf

    found = profile_limit(fall, 0.0, 8.0, DEVIATE)
    np.testing.assert_allclose(found, 1.0 - np.exp(-(DEVIATE**2) / 4.0), **SUMMED)


def test_each_value_is_asked_for_once():
    asked = []

    def fall(x: float) -> float:
        asked.append(x)
        return float(np.expm1(x) - x)

    profile_limit(fall, 0.0, 0.3, DEVIATE)
    assert len(asked) == len(set(asked)) < 15


def test_roots_of_one_equation_and_of_many_agree():
    values = np.array([0.5, 2.0, 1e6])
    many = roots(lambda x, v: x * x - v, np.zeros(3), 1.0 + values, values)
    np.testing.assert_allclose(many, np.sqrt(values), **EXACT)
    one = root(lambda x: x * x - 2.0, 0.0, 3.0)
    np.testing.assert_allclose(one, np.sqrt(2.0), **CLOSED_FORM)


def test_no_root_is_not_a_number():
    found = roots(lambda x, v: x - v, np.zeros(2), np.ones(2), np.array([0.5, 3.0]))
    np.testing.assert_array_equal(np.isnan(found), [False, True])
    assert roots(lambda x: x, np.empty(0), np.empty(0)).shape == (0,)
