"""Laws that accuracy and predictive values obey, a small world, and bad input."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tolerances import CLOSED_FORM, EXACT, MONTE_CARLO_ERRORS, PRINTED, SUMMED

from paraneo.accuracy import (
    Prevalence,
    diagnostic_accuracy,
    predictive_values,
    published_accuracy,
)
from paraneo.errors import ArgumentError

CELLS = st.tuples(*[st.integers(1, 300)] * 4)
ANY_CELLS = st.tuples(*[st.integers(0, 60)] * 4).filter(lambda c: c[0] + c[2] and c[1] + c[3])
METHODS = ["logit", "adjusted-logit", "bayes", "likelihood-ratio"]
PROPORTIONS = [
    "exact", "wilson", "wilson-cc", "agresti-coull", "jeffreys", "mid-p", "wald", "logit",
]  # fmt: skip
SHARES = np.linspace(0.0, 1.0, 6)


@pytest.mark.parametrize("interval", METHODS)
@given(cells=CELLS)
def test_ppv_and_one_minus_npv_are_bounded_and_rise_with_prevalence(interval, cells):
    got = predictive_values(diagnostic_accuracy(*cells), SHARES, interval=interval)
    for one in (got.ppv, got.npv):
        for part in (one.value, one.lower, one.upper):
            assert np.all((part >= 0) & (part <= 1))
        assert np.all((one.lower <= one.value + 1e-12) & (one.value <= one.upper + 1e-12))
    assert np.all(np.diff(got.ppv.value) >= 0)
    assert np.all(np.diff(got.npv.value) <= 0)


@given(half=st.integers(1, 50), share=st.floats(0.001, 0.999))
def test_a_useless_test_returns_the_prevalence(half, share):
    got = predictive_values(diagnostic_accuracy(half, half, half, half), share)
    np.testing.assert_allclose([got.ppv.value, 1 - got.npv.value], share, **EXACT)


@given(cells=ANY_CELLS)
def test_swapping_cases_and_results_swaps_sensitivity_and_specificity(cells):
    tp, fp, fn, tn = cells
    one, other = diagnostic_accuracy(tp, fp, fn, tn), diagnostic_accuracy(tn, fn, fp, tp)
    for name, twin in (("sensitivity", "specificity"), ("specificity", "sensitivity")):
        a, b = getattr(one, name), getattr(other, twin)
        assert (a.value, a.lower, a.upper) == (b.value, b.lower, b.upper)


@pytest.mark.parametrize("interval", PROPORTIONS)
@given(cells=ANY_CELLS)
def test_limits_widen_with_level_and_contain_the_estimate(interval, cells):
    narrow, wide = (
        diagnostic_accuracy(*cells, interval=interval, ratio_interval="koopman", level=level)
        for level in (0.8, 0.99)
    )
    for name in ("sensitivity", "specificity", "positive_likelihood_ratio"):
        inner, outer = getattr(narrow, name), getattr(wide, name)
        if np.isnan(inner.value) or np.isnan(inner.lower):
            continue
        assert outer.lower <= inner.lower + 1e-12
        assert inner.upper <= outer.upper + 1e-12
        assert inner.lower <= inner.value * (1 + 1e-12)
        assert inner.value <= inner.upper * (1 + 1e-12) + 1e-15


@pytest.mark.parametrize("interval", METHODS)
def test_a_prevalence_from_very_many_people_is_a_fixed_number(interval):
    table = diagnostic_accuracy(31, 12, 9, 148)
    fixed = predictive_values(table, 0.17, interval=interval)
    counted = predictive_values(
        table, Prevalence(17 * 10**12, 10**14, window="3 years"), interval=interval
    )
    np.testing.assert_allclose(
        counted.summary()[["estimate", "lower", "upper"]],
        fixed.summary()[["estimate", "lower", "upper"]],
        **SUMMED,
    )
    loose = predictive_values(table, Prevalence(17, 100), interval=interval)
    assert loose.ppv.lower < fixed.ppv.lower < fixed.ppv.upper < loose.ppv.upper


def test_the_posterior_agrees_with_draws():
    rng = np.random.default_rng(20250101)
    draws = 400_000
    se, sp = rng.beta(31.5, 9.5, draws), rng.beta(148.5, 12.5, draws)
    pi = rng.beta(17.5, 83.5, draws)
    ppv = se * pi / (se * pi + (1 - sp) * (1 - pi))
    npv = sp * (1 - pi) / (sp * (1 - pi) + (1 - se) * pi)
    table = diagnostic_accuracy(31, 12, 9, 148)
    got = predictive_values(table, Prevalence(17, 100), interval="bayes")
    for one, drawn in ((got.ppv, ppv), (got.npv, npv)):
        for end, share in ((one.lower, 0.025), (one.value, 0.5), (one.upper, 0.975)):
            error = np.sqrt(share * (1 - share) / draws)
            assert abs((drawn <= end).mean() - share) < MONTE_CARLO_ERRORS * error


def test_a_world_of_a_thousand_people_worked_by_hand():
    # 100 ill, of whom 80 are found; 900 well, of whom 90 test positive
    table = diagnostic_accuracy(80, 90, 20, 810)
    people = table.natural_frequencies(0.1)
    np.testing.assert_allclose(people.to_numpy()[0], [0.1, 80, 90, 20, 810], **EXACT)
    got = predictive_values(table, 0.1)
    np.testing.assert_allclose(got.ppv.value, 80 / 170, **EXACT)
    np.testing.assert_allclose(got.npv.value, 810 / 830, **EXACT)
    np.testing.assert_allclose(got.natural_frequencies().to_numpy(), people.to_numpy(), **SUMMED)
    assert predictive_values(table, None).ppv.value == 80 / 170


def test_each_predictive_value_looks_at_its_own_two_cells():
    # FN is empty, which is a cell of NPV: PPV has Mercaldo's logit from TP and FP
    got = predictive_values(diagnostic_accuracy(10, 1, 0, 19), 0.05)
    np.testing.assert_allclose(
        [got.ppv.value, got.ppv.lower, got.ppv.upper], [0.513, 0.135, 0.877], **PRINTED[3]
    )
    assert got.ppv.method == "logit"
    assert got.npv.method.startswith("Bayes, Beta(0.5, 0.5) priors")
    assert got.npv.kind == "credible"
    posterior = predictive_values(diagnostic_accuracy(10, 1, 0, 19), 0.05, interval="bayes").npv
    np.testing.assert_allclose(
        [got.npv.value, got.npv.lower, got.npv.upper],
        [posterior.value, posterior.lower, posterior.upper],
        **EXACT,
    )
    assert "empty cell of its own" in repr(got)


def test_at_an_empty_cell_the_posterior_takes_over_and_says_so():
    tables = diagnostic_accuracy([25, 31], [0, 12], [15, 9], [160, 148])
    got = predictive_values(tables, 0.1)
    methods = got.summary()["method"]
    assert methods.str.startswith("Bayes").tolist() == [True, False, False, False]
    alone = predictive_values(diagnostic_accuracy(31, 12, 9, 148), 0.1)
    np.testing.assert_allclose(got.ppv.upper[1], alone.ppv.upper, **EXACT)


def test_where_no_false_positive_was_seen_the_truth_is_reached():
    # 20 healthy people and a specificity of 0.99: four studies of five see no false positive
    truth = 0.1 * 0.8 / (0.1 * 0.8 + 0.9 * 0.01)
    table = diagnostic_accuracy(8, 0, 2, 20)
    assert predictive_values(table, 0.1, interval="adjusted-logit").ppv.upper < truth
    held = predictive_values(table, 0.1).ppv
    assert held.lower < truth < held.upper


def test_zero_cells_get_what_the_method_gives():
    log = diagnostic_accuracy(25, 0, 15, 160)
    assert log.positive_likelihood_ratio.value == np.inf
    score = diagnostic_accuracy(25, 0, 15, 160, ratio_interval="koopman")
    assert score.positive_likelihood_ratio.upper == np.inf
    assert score.positive_likelihood_ratio.lower > 1
    assert log.positive_likelihood_ratio.lower == score.positive_likelihood_ratio.lower
    assert diagnostic_accuracy(0, 4, 9, 120).diagnostic_odds_ratio.value == 0


def test_the_window_is_printed_and_a_prevalence_of_zero_events_is_noted():
    got = predictive_values(
        diagnostic_accuracy(31, 12, 9, 148), Prevalence(0, 50, window="within 3 years")
    )
    assert "within 3 years" in repr(got)
    assert "0.5 was added to both counts" in repr(got)


class Pooled(NamedTuple):
    mean: np.ndarray
    covariance: np.ndarray


@pytest.mark.parametrize("interval", ["logit", "likelihood-ratio"])
def test_anything_with_mean_and_covariance_will_do(interval):
    table = diagnostic_accuracy(31, 12, 9, 148)
    pooled = predictive_values(Pooled(table.mean, table.covariance), 0.1, interval=interval)
    wanted = predictive_values(table, 0.1)
    np.testing.assert_allclose(pooled.ppv.lower, wanted.ppv.lower, **EXACT)


def test_published_limits_give_back_the_table_they_came_from():
    table = diagnostic_accuracy(31, 12, 9, 148, interval="logit")
    se, sp = ((e.value, e.lower, e.upper) for e in (table.sensitivity, table.specificity))
    read = published_accuracy(sensitivity=se, specificity=sp)
    wanted, got = predictive_values(table, 0.1), predictive_values(read, 0.1)
    np.testing.assert_allclose(
        got.summary()[["estimate", "lower", "upper"]],
        wanted.summary()[["estimate", "lower", "upper"]],
        **CLOSED_FORM,
    )


def test_plots_draw_on_the_axes_given():
    from matplotlib import pyplot as plt

    table = diagnostic_accuracy(31, 12, 9, 148)
    axes = plt.subplots(1, 2)[1]
    assert table.plot(axes[0]) is axes[0]
    curve = predictive_values(table, np.linspace(0.01, 0.5, 20))
    assert curve.plot(axes[1]) is axes[1]
    np.testing.assert_allclose(axes[1].lines[0].get_ydata(), curve.ppv.value, **PRINTED[7])
    plt.close("all")


def test_every_fault_is_told_at_once():
    with pytest.raises(ArgumentError) as caught:
        diagnostic_accuracy([-1, 2.5], [np.nan, 1], [np.inf, 1], "many", interval="wilsn", level=95)
    text = str(caught.value)
    for part in (
        "'tp' at row 0: count is negative", "'tp' at row 1: count is not whole",
        "'fp' at row 0: value is missing", "'fn' at row 0: value is infinite",
        "'many' is not a number", "Did you mean 'wilson'", "Write 0.95",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (([], [], [], []), "at least one table is required"),
        ((0, 1, 0, 3), "nobody with the condition"),
        ((1, 0, 2, 0), "nobody without the condition"),
        (([1, 2], [1, 2, 3], 1, 1), "lengths do not match"),
    ],
)
def test_tables_that_cannot_be_used(cells, words):
    with pytest.raises(ArgumentError, match=words):
        diagnostic_accuracy(*cells)


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"sensitivity": 78, "specificity": 0.9}, "looks like a percentage"),
        ({"sensitivity": (0.7, 0.8, 0.9), "specificity": 0.9}, "lower <= estimate <= upper"),
        ({"sensitivity": "high", "specificity": 0.9}, "not a number"),
        ({"sensitivity": 0.7}, "'specificity': is needed"),
        ({}, "no figure was given"),
        ({"sensitivity": (0.7, 0.8), "specificity": 0.9}, "neither a number nor three"),
        ({"positive_likelihood_ratio": -1}, "not a likelihood ratio"),
        ({"sensitivity": 0.7, "specificity": 0.9, "correlation": 2}, "correlation"),
        ({"sensitivity": 0.7, "specificity": 0.9, "positive_likelihood_ratio": 7}, "both"),
    ],
)
def test_published_figures_that_cannot_be_used(figures, words):
    with pytest.raises(ArgumentError, match=words):
        published_accuracy(**figures)


@pytest.mark.parametrize(
    ("share", "options", "words"),
    [
        (None, {}, "chosen by the investigator"),
        (17, {}, "looks like a percentage"),
        ([], {}, "is empty"),
        ("some", {}, "not a number"),
        (0.1, {"interval": "delta"}, "no option 'delta'"),
        (0.1, {"prior": (0, 1)}, "must be two Beta parameters"),
        (0.1, {"level": 0}, "strictly between"),
    ],
)
def test_predictive_values_that_cannot_be_had(share, options, words):
    table = diagnostic_accuracy(31, 12, 9, 148, design="case-control")
    with pytest.raises(ArgumentError, match=words):
        predictive_values(table, share, **options)


def test_a_published_accuracy_has_no_posterior():
    with pytest.raises(ArgumentError, match="needs the counts"):
        predictive_values(
            published_accuracy(sensitivity=0.7, specificity=0.9), 0.1, interval="bayes"
        )


@pytest.mark.parametrize(
    ("events", "n", "words"),
    [(5, 4, "more events"), (0, 0, "nobody"), (-1, 4, "negative"), (1.5, 4, "not whole")],
)
def test_a_prevalence_that_cannot_be(events, n, words):
    with pytest.raises(ArgumentError, match=words):
        Prevalence(events, n)
