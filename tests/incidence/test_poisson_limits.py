"""Limits of Poisson counts against printed values, laws and bad input."""

import math
from decimal import Decimal, localcontext
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from tests.tolerances import CONVERGED, EXACT, PRINTED, SUMMED

from paraneo.errors import ArgumentError, TableError
from paraneo.incidence import PoissonInterval, implied_count, incidence_ratios, poisson_limits
from paraneo.numerics.poisson_limits import LIMITS, p_values

COUNTS = st.integers(0, 10**7)


@pytest.mark.parametrize(
    ("interval", "lower", "upper"),
    [
        ("exact", 0.925459, 3.128595),
        ("mid-p", 0.970425, 3.044903),
        ("byar", 0.924404, 3.128785),
        ("vandenbroucke", 0.921022, 2.947743),
        ("log-wald", 1.017152, 3.153749),
    ],
)
def test_twelve_events_where_6_7_were_expected(interval, lower, upper):
    limits = poisson_limits(12, interval=interval)
    np.testing.assert_allclose(limits.lower / 6.7, lower, **PRINTED[6])
    np.testing.assert_allclose(limits.upper / 6.7, upper, **PRINTED[6])


def test_scottish_and_taiwanese_cohorts():
    found = poisson_limits(np.array([50, 95]))
    np.testing.assert_allclose(found.lower * [7.7 / 50, 5.11 / 95], [5.72, 4.13], **PRINTED[2])
    np.testing.assert_allclose(found.upper * [7.7 / 50, 5.11 / 95], [10.15, 6.25], **PRINTED[2])


def test_printed_limits_imply_about_9100_events():
    found = implied_count(5.11, 5.01, 5.22)
    assert 9050 < found.events < 9200
    assert list(found.summary()) == ["estimate", "lower", "upper", "implied_events"]


@given(st.integers(1, 10**6), st.floats(0.5, 0.99))
def test_implied_count_undoes_exact_limits(count, level):
    exact = poisson_limits(count, level=level)
    found = implied_count(count, exact.lower, exact.upper, level=level)
    np.testing.assert_allclose(found.events, count, **SUMMED)


@given(COUNTS, st.sampled_from(sorted(LIMITS)), st.floats(0.8, 0.98))
def test_limits_contain_the_count_and_widen_with_level(count, interval, level):
    narrow = poisson_limits(count, interval=interval, level=level)
    wide = poisson_limits(count, interval=interval, level=level + 0.01)
    assert 0 <= wide.lower <= narrow.lower <= count <= narrow.upper <= wide.upper


@given(st.integers(0, 10**6), st.floats(0.5, 0.99))
def test_exact_contains_mid_p(count, level):
    exact = poisson_limits(count, level=level)
    mid = poisson_limits(count, interval="mid-p", level=level)
    assert exact.lower <= mid.lower
    assert mid.upper <= exact.upper


@given(st.integers(0, 500), st.floats(0.01, 700), st.sampled_from(sorted(LIMITS)))
def test_p_value_is_small_exactly_where_limits_exclude(count, mean, interval):
    found = poisson_limits(count, interval=interval)
    p = p_values(np.array([float(count)]), np.array([mean]), interval)[0]
    if abs(p - 0.05) > 1e-9:
        assert (p < 0.05) == (mean < found.lower or mean > found.upper)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8), st.sampled_from(sorted(LIMITS)))
def test_a_zero_never_changes_another_count(counts, interval):
    alone = [poisson_limits(c, interval=interval).upper for c in counts]
    beside = poisson_limits([*counts, 0], interval=interval).upper[:-1]
    np.testing.assert_allclose(beside, alone, **EXACT)


def test_all_faults_are_named_at_once():
    with pytest.raises(ArgumentError) as caught:
        poisson_limits([1, -1, 2.5, np.nan], interval="exakt", level=95)  # type: ignore[arg-type]
    text = str(caught.value)
    for part in ("row 1", "negative", "row 2", "not whole", "missing", "'exact'", "Write 0.95"):
        assert part in text


def log_tail(count, mean, *, below):
    """The log of P(X ≤ count) or P(X ≥ count): its first term in 50 decimals, times a series."""
    with localcontext(prec=50):
        n, m = Decimal(count), Decimal(mean)
        stirling = 1 / (12 * n) - 1 / (360 * n**3) + 1 / (1260 * n**5) - 1 / (1680 * n**7)
        first = n - m - n * (n / m).ln() - (2 * n * Decimal(math.pi)).ln() / 2 - stirling
    steps = np.arange(min(count, int(40 * math.sqrt(count)) + 100), dtype=float)
    ratios = (count - steps) / mean if below else mean / (count + 1 + steps)
    return float(first) + np.log1p(np.cumprod(ratios).sum())


@pytest.mark.parametrize("level", [0.95, 1 - 1e-12])
@pytest.mark.parametrize("count", [200, 10**4, 10**6, 10**7, 10**9])
def test_the_tails_beyond_exact_limits_are_half_of_what_the_level_leaves(count, level):
    limits = poisson_limits(count, level=level)
    above = log_tail(count, float(limits.lower), below=False)
    below = log_tail(count, float(limits.upper), below=True)
    np.testing.assert_allclose([above, below], np.log((1 - level) / 2), **CONVERGED)


@pytest.mark.parametrize("level", [0.95, 1 - 1e-12])
@pytest.mark.parametrize("interval", get_args(PoissonInterval))
def test_limits_of_enormous_counts_are_those_of_the_normal_distribution(interval, level):
    z = -special.ndtri((1 - level) / 2)
    for count in (1e12, 1e15, 2.0**53):
        limits = poisson_limits(count, interval=interval, level=level)
        ends = np.array([limits.lower, limits.upper])
        assert (np.abs(ends - count - np.sqrt(count) * np.array([-z, z])) < z**2 / 2 + 4).all()


@pytest.mark.parametrize("count", [2.0**53 + 2, 1e19, 1e300])
def test_a_count_that_doubles_cannot_hold_is_refused(count):
    with pytest.raises(ArgumentError, match="count is too large"):
        poisson_limits(count)
    with pytest.raises(TableError, match="count is too large"):
        incidence_ratios({"observed": [count], "expected": [2.7]})
