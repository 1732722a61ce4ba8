"""Accuracy at the edges: empty cells, certain prevalences, very many people, tiny rates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats.contingency import odds_ratio
from tests.tolerances import EXACT, ITERATED, NEXT_ORDER, SUMMED

from paraneo import (
    Prevalence,
    diagnostic_accuracy,
    pooled_accuracy,
    predictive_values,
    published_accuracy,
)
from paraneo.errors import ArgumentError

MANY = 10**9
SHARES = [0, 1e-300, 0.1, 1, Prevalence(0, 10), Prevalence(10, 10), Prevalence(1, MANY)]
TABLES = [(0, 0, 5, 7), (5, 7, 0, 0), (0, 5, 5, 0), (5, 0, 0, 7), (1, MANY, MANY, 1), (MANY,) * 4]


@pytest.mark.parametrize("interval", ["logit", "adjusted-logit", "bayes", "likelihood-ratio"])
def test_predictive_values_at_the_edge_are_numbers_or_say_why_not(interval):
    for table, share in itertools.product(TABLES, SHARES):
        got = predictive_values(diagnostic_accuracy(*table), share, interval=interval)
        found = got.summary()[["estimate", "lower", "upper"]].to_numpy()
        assert got.notes or not np.isnan(found).any()
        estimate, lower, upper = found[~np.isnan(found).any(axis=1)].T
        assert np.all((lower <= estimate + 1e-12) & (estimate <= upper + 1e-12))
        people = got.natural_frequencies().to_numpy()
        assert np.all(np.isnan(people) | (people >= 0))


def test_a_published_accuracy_without_limits_says_so_by_likelihood_ratios():
    certain = published_accuracy(sensitivity=(0.8, 0.6, 0.9), specificity=1)
    got = predictive_values(certain, 0.1, interval="likelihood-ratio")
    assert got.ppv.value == 1
    assert np.isnan(got.ppv.lower)
    assert "CIs are unavailable" in got.notes[0]


def test_the_standard_error_of_a_predictive_value_is_that_of_its_logit():
    table = diagnostic_accuracy(31, 12, 9, 148, level=0.8)
    for share in (0.1, Prevalence(17, 100)):
        got = predictive_values(table, share, level=0.8)
        for one in (got.ppv, got.npv):
            logits = [np.log(x / (1 - x)) for x in (one.lower, one.upper)]
            np.testing.assert_allclose(one.std_error, np.diff(logits)[0] / 2 / 1.2815515655446004)
    assert predictive_values(table, 1).ppv.std_error == 0


@pytest.mark.parametrize("interval", ["wald", "logit"])
def test_the_standard_error_of_a_proportion_is_the_one_its_limits_were_made_of(interval):
    one = diagnostic_accuracy(31, 12, 9, 148, interval=interval, level=0.8).sensitivity
    shown = (np.log(one.upper / (1 - one.upper)) - np.log(one.lower / (1 - one.lower))) / 2
    half = shown if interval == "logit" else (one.upper - one.lower) / 2
    np.testing.assert_allclose(one.std_error, half / 1.2815515655446004, **EXACT)


def test_youden_never_leaves_its_bounds():
    wide = (0.9, 0.1, 0.99)
    youden = published_accuracy(sensitivity=wide, specificity=wide, correlation=1).youden
    assert -1 <= youden.lower <= youden.value <= youden.upper <= 1


@pytest.mark.parametrize("level", [0.8, 0.99])
@pytest.mark.parametrize(
    "table", [(3, 1, 2, 8), (0, 4, 5, 6), (4, 0, 1, 6), (1, 1, 0, 5), (0, 0, 3, 4), (40, 7, 31, 90)]
)
def test_the_conditional_odds_ratio_agrees_with_scipy(table, level):
    got = diagnostic_accuracy(*table, odds_interval="exact", level=level).diagnostic_odds_ratio
    peer = odds_ratio(np.reshape(table, (2, 2)), kind="conditional")
    limits = peer.confidence_interval(level)
    np.testing.assert_allclose(
        [got.value, got.lower, got.upper], [peer.statistic, *limits], **ITERATED
    )


def test_the_conditional_odds_ratio_of_very_many_people_is_woolfs():
    # summed within a window beyond 50 000; both sides of that border follow one law
    for n in (24_000, 26_000, MANY):
        table = diagnostic_accuracy(n, n, n, n, odds_interval="exact").diagnostic_odds_ratio
        woolf = diagnostic_accuracy(n, n, n, n).diagnostic_odds_ratio
        np.testing.assert_allclose(table.value, 1, **SUMMED)
        # the exact tail counts half a step of 2/n more
        step = np.log(table.upper) - np.log(woolf.upper)
        np.testing.assert_allclose(step * n, 2, **NEXT_ORDER)


def test_the_posterior_is_found_at_the_smallest_prevalence():
    table = diagnostic_accuracy(31, 12, 9, 148)
    tiny, small = (
        predictive_values(table, share, interval="bayes").ppv for share in (1e-300, 1e-12)
    )
    # at small prevalences the value is the prevalence times the likelihood ratio
    for part in ("value", "lower", "upper"):
        np.testing.assert_allclose(getattr(tiny, part) * 1e288, getattr(small, part), **SUMMED)


@pytest.mark.parametrize("interval", ["logit", "likelihood-ratio"])
def test_predictive_values_of_an_accuracy_pooled_by_t_have_limits_by_t(interval):
    studies = {"study": list("ABCD"), "tp": [20, 31, 12, 40], "fp": [3, 9, 8, 2]}
    studies |= {"fn": [4, 9, 6, 2], "tn": [60, 80, 45, 90]}
    for test in ("z", "t"):
        pooled = pooled_accuracy(studies, test=test, level=0.8)
        ppv = predictive_values(pooled, 0.1, interval=interval, level=0.8).ppv
        ratio = pooled.positive_likelihood_ratio
        # at a known prevalence the odds are those of the likelihood ratio times a constant
        odds = [x / (1 - x) * 9 for x in (ppv.value, ppv.lower, ppv.upper)]
        np.testing.assert_allclose(odds, [ratio.value, ratio.lower, ratio.upper], **SUMMED)


@pytest.mark.parametrize(("plus", "minus"), [(5.0, 3.0), (0.5, 0.3)])
def test_likelihood_ratios_on_one_side_of_1_are_refused(plus, minus):
    with pytest.raises(ArgumentError, match="is not possible: no sensitivity"):
        published_accuracy(positive_likelihood_ratio=plus, negative_likelihood_ratio=minus)


@pytest.mark.parametrize("people", [10**9, 10**12, 10**14])
def test_mid_p_limits_of_enormous_counts_lie_beside_the_exact_ones(people):
    counts = people * 9 // 10, 10, people // 10, 90
    exact, mid_p = (
        diagnostic_accuracy(*counts, interval=interval).sensitivity
        for interval in ("exact", "mid-p")
    )
    assert exact.lower <= mid_p.lower < mid_p.value < mid_p.upper <= exact.upper
    assert max(mid_p.lower - exact.lower, exact.upper - mid_p.upper) < 1 / people
