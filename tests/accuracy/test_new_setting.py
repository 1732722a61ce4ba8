"""Predictive values of a pooled accuracy, and in a setting not among its studies."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from tests.tolerances import EXACT, MONTE_CARLO_ERRORS, PRINTED, SUMMED

from paraneo.accuracy import Prevalence, pooled_accuracy, predictive_values
from paraneo.errors import ArgumentError

STUDIES = {
    "tp": [18, 31, 9, 44, 20, 33],
    "fp": [4, 29, 0, 12, 3, 40],
    "fn": [6, 5, 1, 31, 2, 19],
    "tn": [70, 88, 35, 140, 90, 77],
}


def test_limits_come_from_the_covariance_of_the_two_logits():
    pooled = pooled_accuracy(STUDIES, test="z")
    got = predictive_values(pooled, 0.2)
    se, sp = pooled.sensitivity.value, pooled.specificity.value
    slope = np.array([1 - se, sp])
    spread = 1.959963984540054 * np.sqrt(slope @ pooled.mean_covariance @ slope)
    centre = logit(0.2) + np.log(se / (1 - sp))
    np.testing.assert_allclose(
        [got.ppv.value, got.ppv.lower, got.ppv.upper],
        expit([centre, centre - spread, centre + spread]),
        **EXACT,
    )


@pytest.mark.parametrize("prevalence", [0.15, Prevalence(30, 200)])
def test_quantiles_are_those_of_drawn_settings(prevalence):
    pooled = pooled_accuracy(STUDIES, test="z")
    got = predictive_values(pooled, prevalence).new_setting
    rng = np.random.default_rng(9)
    draws = 400_000
    total = pooled.mean_covariance + pooled.between_study
    a, b = rng.multivariate_normal(pooled.mean, total, draws).T
    odds = np.full(draws, logit(0.15))
    if isinstance(prevalence, Prevalence):
        moments = prevalence.logit_moments()
        odds = rng.normal(moments.mean, np.sqrt(moments.variance), draws)
    ppv = expit(odds + np.log(expit(a) / expit(-b)))
    npv = expit(-odds - np.log(expit(-a) / expit(b)))
    for estimate, drawn in ((got.ppv, ppv), (got.npv, npv)):
        for end, share in ((estimate.lower, 0.025), (estimate.value, 0.5), (estimate.upper, 0.975)):
            error = np.sqrt(share * (1 - share) / draws)
            assert abs((drawn <= end).mean() - share) < MONTE_CARLO_ERRORS * error


def test_degrees_of_freedom_are_carried_to_predictive_values_and_to_a_further_setting():
    """By t with 5 degrees of freedom (R: qt(0.975, 5)), a further setting with 4 (Higgins)."""
    normal, pooled = (pooled_accuracy(STUDIES, test=test) for test in ("z", "t"))
    assert (normal.df, pooled.df) == (np.inf, 5.0)
    one, other = (predictive_values(accuracy, 0.2) for accuracy in (normal, pooled))
    for name in ("ppv", "npv"):
        wide = [logit(getattr(x, name).upper) - logit(getattr(x, name).value) for x in (one, other)]
        np.testing.assert_allclose(wide[1] / wide[0], 2.570581835636 / 1.959963984540, **SUMMED)
    # so far out as t has its limits the normal has those of a higher level: 2 pnorm(-qt(0.975, 4))
    tail = 0.005495691459928978
    ends = one.new_setting.quantiles([tail / 2, 1 - tail / 2])
    for name in ("ppv", "npv"):
        far = getattr(other.new_setting, name)
        wanted = ends[ends["measure"] == name]["value"]
        np.testing.assert_allclose([far.lower, far.upper], wanted, **SUMMED)


def test_two_studies_leave_nothing_known_of_a_further_setting():
    two = {name: counts[:2] for name, counts in STUDIES.items()}
    found = predictive_values(pooled_accuracy(two, test="t"), 0.2)
    for one in (found.new_setting.ppv, found.new_setting.npv):
        assert (one.lower, one.upper) == (0, 1)
        assert 0 < one.value < 1


def test_a_new_setting_is_less_certain_than_the_mean():
    got = predictive_values(pooled_accuracy(STUDIES), [0.05, 0.2])
    assert (got.new_setting.ppv.lower < got.ppv.lower).all()
    assert (got.new_setting.ppv.upper > got.ppv.upper).all()
    frame = got.new_setting.quantiles([0.1, 0.9])
    assert list(frame.columns) == ["measure", "setting", "probability", "value"]
    assert len(frame) == 8


def test_without_spread_in_sensitivity_it_is_the_normal_quantile():
    pooled = pooled_accuracy(STUDIES, structure="fixed")
    got = predictive_values(pooled, 0.3).new_setting
    one = predictive_values(pooled, 0.3)
    # the median over the spread left in the logits is that of their mean, to a second order
    np.testing.assert_allclose(got.ppv.value, one.ppv.value, **PRINTED[2])


def test_a_perfect_test_has_values_with_limits():
    pooled = pooled_accuracy({"tp": [5, 5], "fp": [1, 0], "fn": [0, 0], "tn": [9, 8]})
    got = predictive_values(pooled, 0.1)
    assert got.npv.value == 1
    assert 0 < got.npv.lower < 1
    assert got.new_setting is None
    with pytest.raises(ArgumentError, match="Pool at this level"):
        predictive_values(pooled, 0.1, level=0.9)
