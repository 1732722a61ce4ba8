"""Published figures of 0 and 100 %, limits beyond 1, and what both likelihood ratios make."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize
from scipy.special import logit
from tests.tolerances import EXACT, ITERATED, PRINTED, SUMMED

from paraneo.accuracy import (
    Prevalence,
    diagnostic_accuracy,
    panel_accuracy,
    predictive_values,
    published_accuracy,
)
from paraneo.errors import ArgumentError
from paraneo.numerics.mover import Bounded, mover_ratio

USUAL = (0.89, 0.82, 0.93)
FULL = (1.0, 0.8, 1.0)


def test_a_sensitivity_of_100_percent_is_used_with_its_limits():
    accuracy = published_accuracy(sensitivity=FULL, specificity=USUAL)
    minus = accuracy.negative_likelihood_ratio
    # by hand: 0.2/√{0.82 (2·0.89 − 0.82)}
    np.testing.assert_allclose(minus.upper, 0.2 / np.sqrt(0.82 * 0.96), **EXACT)
    assert (minus.value, minus.lower) == (0, 0)
    found = predictive_values(accuracy, 0.1)
    odds = 0.1 / 0.9 * minus.upper
    assert (found.npv.value, found.npv.upper) == (1, 1)
    np.testing.assert_allclose(found.npv.lower, 1 / (1 + odds), **EXACT)
    assert 0 < found.ppv.lower < found.ppv.value < found.ppv.upper < 1


@pytest.mark.parametrize("zero", [(0.0, 0.0, 0.2), FULL])
@pytest.mark.parametrize("which", ["sensitivity", "specificity", "both"])
@pytest.mark.parametrize("prevalence", [0.1, Prevalence(10, 100)])
def test_no_limit_of_nobody_or_everybody_is_missing_or_of_width_0(zero, which, prevalence):
    given = {
        "sensitivity": zero if which in ("sensitivity", "both") else USUAL,
        "specificity": zero if which in ("specificity", "both") else USUAL,
    }
    accuracy = published_accuracy(**given)
    frames = [accuracy.summary(), predictive_values(accuracy, prevalence).summary()]
    for frame in frames:
        known = frame.dropna(subset="estimate")  # 0/0 has no value
        assert not known[["lower", "upper"]].isna().any().any()
        assert (known["lower"] < known["upper"]).all()
        assert (known["lower"] <= known["estimate"]).all()
        assert (known["estimate"] <= known["upper"]).all()


def test_a_bare_100_percent_has_no_limits_and_says_so():
    accuracy = published_accuracy(sensitivity=1.0, specificity=USUAL)
    assert "published without limits" in repr(accuracy)
    found = predictive_values(accuracy, 0.1)
    assert found.npv.value == 1
    assert np.isnan(found.npv.lower)
    assert found.notes


def test_limits_of_100_percent_hold_at_their_own_level():
    accuracy = published_accuracy(sensitivity=FULL, specificity=USUAL)
    with pytest.raises(ArgumentError, match=r"Take level=0.95"):
        predictive_values(accuracy, 0.1, level=0.9)


def test_the_limits_of_a_ratio_solve_the_linear_contrast():
    above = Bounded(*map(np.asarray, (0.3, 0.2, 0.45)))
    below = Bounded(*map(np.asarray, (0.6, 0.5, 0.75)))
    found = mover_ratio(above, below)

    def lower(ratio):
        return above.value - ratio * below.value - np.hypot(0.1, ratio * 0.15)

    def upper(ratio):
        return above.value - ratio * below.value + np.hypot(0.15, ratio * 0.1)

    wanted = [optimize.brentq(gap, 1e-3, 10) for gap in (lower, upper)]
    np.testing.assert_allclose([found.lower, found.upper], wanted, **SUMMED)


@pytest.mark.parametrize("rule", ["any", "all", "serial"])
def test_a_panel_takes_a_test_of_100_percent(rule):
    one = published_accuracy(sensitivity=FULL, specificity=USUAL)
    other = published_accuracy(sensitivity=(0.5, 0.4, 0.6), specificity=(0.9, 0.8, 0.95))
    panel = panel_accuracy({"A": one, "B": other}, rule=rule)
    se = panel.sensitivity
    if rule == "any":
        assert (se.value, se.upper) == (1, 1)
        np.testing.assert_allclose(se.lower, 1 - 0.2 * 0.5, **EXACT)  # the second moves nothing
    else:
        np.testing.assert_allclose(se.value, 0.5, **EXACT)
        np.testing.assert_allclose(se.lower, 0.5 - np.hypot(0.1, 0.1), **EXACT)
    values = predictive_values(panel, 0.1).summary()
    assert (values["lower"] < values["upper"]).all()
    bare = panel_accuracy({"A": one, "B": published_accuracy(sensitivity=0.5, specificity=0.9)})
    assert "A test without limits gives the panel none" in repr(bare)


def test_a_printed_limit_above_1_is_that_of_a_normal_interval():
    got = published_accuracy(sensitivity=(0.9, 0.78, 1.02), specificity=USUAL)
    spread = 0.12 / 1.959963984540054
    np.testing.assert_allclose(got.sensitivity.std_error, spread / 0.09, **SUMMED)
    assert (got.sensitivity.lower, got.sensitivity.upper) == (0.78, 1.0)
    assert got.sensitivity.method == "published, normal interval cut at 0 and 1"
    low = published_accuracy(sensitivity=(0.05, -0.04, 0.14), specificity=USUAL)
    assert low.sensitivity.lower == 0
    values = predictive_values(got, 0.1).summary()
    assert (values["lower"] < values["upper"]).all()


@pytest.mark.parametrize("triple", [(0.9, 0.7, 1.02), (90, 78, 102), (0.9, 0.78, 102)])
def test_other_limits_above_1_are_refused(triple):
    with pytest.raises(ArgumentError, match="probability is above 1"):
        published_accuracy(sensitivity=triple, specificity=USUAL)


def test_both_likelihood_ratios_make_the_accuracy():
    table = diagnostic_accuracy(31, 12, 9, 148)
    plus, minus = table.positive_likelihood_ratio, table.negative_likelihood_ratio
    got = published_accuracy(
        positive_likelihood_ratio=(plus.value, plus.lower, plus.upper),
        negative_likelihood_ratio=(minus.value, minus.lower, minus.upper),
    )
    np.testing.assert_allclose(got.mean, logit([31 / 40, 148 / 160]), **SUMMED)
    # Simel's variances of both log ratios are those of independent logits
    np.testing.assert_allclose(np.diag(got.covariance), np.diag(table.covariance), **ITERATED)
    odds, woolf = got.diagnostic_odds_ratio, table.diagnostic_odds_ratio
    np.testing.assert_allclose(
        [odds.value, odds.lower, odds.upper], [woolf.value, woolf.lower, woolf.upper], **ITERATED
    )
    one, other = (predictive_values(x, 0.1).summary() for x in (got, table))
    np.testing.assert_allclose(one["estimate"], other["estimate"], **SUMMED)


def test_bare_ratios_make_an_odds_ratio():
    got = published_accuracy(positive_likelihood_ratio=8.18, negative_likelihood_ratio=0.112)
    np.testing.assert_allclose(got.diagnostic_odds_ratio.value, 8.18 / 0.112, **SUMMED)
    np.testing.assert_allclose(got.sensitivity.value, 0.9, **PRINTED[3])


def test_a_negative_ratio_of_0_has_its_limit_carried():
    got = published_accuracy(
        positive_likelihood_ratio=(8.0, 5.0, 12.8), negative_likelihood_ratio=(0.0, 0.0, 0.2)
    )
    npv = predictive_values(got, 0.1).npv
    np.testing.assert_allclose(npv.lower, 1 / (1 + 0.2 / 9), **SUMMED)
