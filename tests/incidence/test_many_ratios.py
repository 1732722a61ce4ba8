"""Many ratios at once: shrunken, adjusted, and their pictures."""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.support import reference
from tests.tolerances import (
    CLOSED_FORM,
    COARSE,
    EXACT,
    ITERATED,
    NUMERICAL,
    PRINTED,
    SIMULATED,
    SUMMED,
)

from paraneo import incidence_ratios
from paraneo.errors import ArgumentError
from paraneo.incidence import _shrinkage
from paraneo.incidence._ratios import _e_value
from paraneo.incidence.multiplicity import false_findings, funnel_limits

CASES = reference("shrunken")["cases"]


def ratios(observed, expected, **options):
    frame = {"site": [f"s{k}" for k in range(len(observed))]}
    frame |= {"observed": observed, "expected": expected}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return incidence_ratios(frame, by="site", **options)


def of(case, **options):
    # labels that sort as text do not stand in the order of the case
    order = np.argsort([f"s{k}" for k in range(12)])
    found = ratios(case["observed"], case["expected"], **options)
    return found, order


@pytest.mark.parametrize("case", CASES)
def test_moments_are_those_of_epi_empbayes(case):
    found, order = of(case)
    shrunken = found.shrunken(method="moments")
    np.testing.assert_allclose(shrunken.mean, case["mean"], **CLOSED_FORM)
    np.testing.assert_allclose(shrunken.variance, case["variance"], **CLOSED_FORM)
    np.testing.assert_allclose(shrunken.estimate, np.array(case["empbayes"])[order], **CLOSED_FORM)


@pytest.mark.parametrize("case", CASES)
def test_likelihoods_are_those_of_glm_nb_and_glmer(case):
    found, _ = of(case)
    shrunken = found.shrunken(method="ml")
    np.testing.assert_allclose(shrunken.mean, case["ml_mean"], **ITERATED)
    np.testing.assert_allclose(shrunken.mean**2 / shrunken.variance, case["theta"], **NUMERICAL)
    np.testing.assert_allclose(shrunken.statistic, case["gain"], **ITERATED)
    [test] = shrunken.tests().to_dict("records")
    np.testing.assert_allclose(test["p_value"], stats.chi2.sf(case["gain"], 1) / 2, **ITERATED)
    log_normal = found.shrunken(method="ml", prior="log-normal")
    mean = np.exp(case["log_mean"] + case["log_sd"] ** 2 / 2)
    np.testing.assert_allclose(log_normal.mean, mean, **NUMERICAL)
    variance = mean**2 * np.expm1(case["log_sd"] ** 2)
    np.testing.assert_allclose(log_normal.variance, variance, **COARSE)


@pytest.mark.parametrize("case", CASES)
def test_adjusted_p_values_are_those_of_p_adjust(case):
    found, order = of(case)
    for method in ("holm", "bh"):
        adjusted = found.adjusted(method)
        np.testing.assert_allclose(adjusted.p_value, np.array(case["p"])[order], **SUMMED)
        np.testing.assert_allclose(adjusted.p_adjusted, np.array(case[method])[order], **SUMMED)


def test_three_sites_by_hand():
    """O = 2, 9, 10 and E = 4, 6, 5: mean 7/5, variance 32/75 − 7/25 = 11/75."""
    observed, expected = [2, 9, 10], [4, 6, 5]
    mean = Fraction(21, 15)
    between = sum(
        Fraction(e, 15) * (Fraction(o, e) - mean) ** 2
        for o, e in zip(observed, expected, strict=True)
    )
    variance = between - mean / 5
    assert (mean, variance) == (Fraction(7, 5), between - Fraction(7, 25))
    shape, rate = mean**2 / variance, mean / variance
    wanted = [(o + shape) / (e + rate) for o, e in zip(observed, expected, strict=True)]
    found = ratios(observed, expected).shrunken(method="moments")
    np.testing.assert_allclose(found.estimate, [float(x) for x in wanted], **EXACT)
    low = stats.gamma.ppf(0.025, 2 + float(shape), scale=1 / (4 + float(rate)))
    np.testing.assert_allclose(found.lower[0], low, **CLOSED_FORM)
    above = stats.gamma.sf(1.0, 9 + float(shape), scale=1 / (6 + float(rate)))
    np.testing.assert_allclose(found.above_1[1], above, **CLOSED_FORM)


def test_integrated_priors_are_those_of_a_fine_grid():
    """The same posterior by sums over a plain grid of mean and coefficient of variation."""
    o, e = np.array([2.0, 9, 10, 0, 21]), np.array([4.0, 6, 5, 2, 9])
    prior = _shrinkage.gamma_priors(o, e)
    found = _shrinkage.gamma_posterior(o, e, prior, 0.95)
    spread, log_mean = np.meshgrid(np.linspace(0.0025, 6, 1200), np.linspace(-5, 6, 220))
    shape = 1.0 / spread.ravel() ** 2
    mean = np.exp(log_mean.ravel())
    weight = -(spread.ravel() ** 2) / 2
    for one, base in zip(o, e, strict=True):
        weight += stats.nbinom.logpmf(one, shape, shape / (shape + mean * base))
    weight = np.exp(weight - weight.max())
    wanted = [
        ((one + shape) / (base + shape / mean)) @ weight / weight.sum()
        for one, base in zip(o, e, strict=True)
    ]
    np.testing.assert_allclose(found.mean, wanted, **COARSE)


def test_both_priors_agree_where_the_data_speak():
    o = np.array([200.0, 350, 120, 80, 500, 260, 90, 310])
    e = np.array([180.0, 300, 140, 60, 520, 190, 100, 290])
    found = ratios(o, e)
    gamma, log_normal = (found.shrunken(prior=prior) for prior in ("gamma", "log-normal"))
    for name in ("estimate", "lower", "upper"):
        one, other = (getattr(result, name) for result in (gamma, log_normal))
        np.testing.assert_allclose(one, other, **SIMULATED)


@pytest.mark.parametrize("prior", ["gamma", "log-normal"])
@pytest.mark.parametrize("method", ["bayes", "ml"])
def test_sites_without_cancers_and_without_spread_have_intervals(prior, method):
    for observed in ([0, 0, 1, 0], [5, 5, 5, 5], [0, 30, 2, 100]):
        found = ratios(observed, [5.0, 5, 5, 5]).shrunken(prior=prior, method=method)
        frame = found.summary()
        assert (frame["lower"] < frame["estimate"]).all()
        assert (frame["estimate"] < frame["upper"]).all()
        assert np.isfinite(frame[["estimate", "lower", "upper"]].to_numpy()).all()
        repr(found)


def test_shrunken_ratios_lie_between_their_own_and_the_mean():
    found = ratios([12, 3, 25, 8, 80], [6.1, 4.2, 20.5, 3.3, 33.0]).shrunken(method="ml")
    frame = found.summary()
    low, high = np.minimum(frame["ratio"], found.mean), np.maximum(frame["ratio"], found.mean)
    assert ((low < frame["estimate"]) & (frame["estimate"] < high)).all()


def test_expected_false_findings_by_hand():
    """With mean 2 the exact p-value is 0.05 or less from 6 on: 2 P(O ≥ 6) = 0.0331."""
    wanted = stats.poisson.sf(5, 2.0)
    np.testing.assert_allclose(false_findings(np.array([2.0]), "exact", 0.05), wanted, **SUMMED)
    twice = false_findings(np.array([2.0, 2.0]), "exact", 0.05)
    np.testing.assert_allclose(twice, 2 * wanted, **SUMMED)
    assert 4.5 < false_findings(np.full(100, 4000.0), "exact", 0.05) < 5.0


def test_intervals_hold_together():
    found = ratios([12, 3, 25, 8, 40], [6.1, 4.2, 20.5, 3.3, 33.0])
    holm = found.adjusted().summary()
    single = ratios([12, 3, 25, 8, 40], [6.1, 4.2, 20.5, 3.3, 33.0], level=0.99).summary()
    np.testing.assert_allclose(holm["adjusted_lower"], single["lower"], **EXACT)
    bh = found.adjusted("bh")
    assert len(bh.found) == 0
    assert bh.summary()["adjusted_lower"].isna().all()
    strong = ratios([30, 3, 25, 8, 40], [6.1, 4.2, 20.5, 3.3, 33.0]).adjusted("bh")
    assert list(strong.found["site"]) == ["s0"]
    assert strong.summary()["adjusted_upper"].notna().sum() == 1
    assert "2 before adjustment" in repr(strong)


def test_funnel_limits_are_quantiles_with_the_step_shared_out():
    low, high = funnel_limits(np.array([400.0]), 0.95)
    np.testing.assert_allclose([low, high], [[1 - 1.96 / 20], [1 + 1.96 / 20]], **SIMULATED)
    few, _ = funnel_limits(np.array([0.5]), 0.95)
    assert few == 0


def test_pictures_of_many_ratios():
    found = ratios([30, 3, 25, 0, 80], [6.1, 4.2, 20.5, 3.3, 33.0])
    assert found.plot(kind="funnel").get_xlabel() == "Expected cancers"
    names = {text.get_text() for text in found.adjusted().plot().texts}
    assert names == {"s0", "s4"}
    labels = [text.get_text() for text in found.shrunken().plot().get_yticklabels()]
    assert labels == ["s0", "s4", "s2", "s1", "s3"]


def test_what_cannot_be_shrunken_is_said():
    found = ratios([3, 4], [1.0, 2.0])
    with pytest.raises(ArgumentError, match="2 sites say nothing of how sites differ"):
        found.shrunken()
    with pytest.raises(ArgumentError, match="no cancer was observed"):
        ratios([0, 0, 0], [1.0, 2.0, 3.0]).shrunken()
    with pytest.raises(ArgumentError, match="moments belong to the gamma"):
        ratios([1, 2, 3], [1.0, 2.0, 3.0]).shrunken(prior="log-normal", method="moments")
    with pytest.raises(ArgumentError, match="method"):
        found.adjusted("sidak")


def test_bands_keep_their_text():
    table = pd.DataFrame(
        {
            "follow_up": [0.0, 1.0, 5.0],
            "follow_up_band": ["0 to 1", "1 to 5", "5+"],
            "observed": [9, 5, 4],
            "expected": [3.0, 4.0, 4.5],
        }
    )
    found = incidence_ratios(table, by="follow_up")
    for result in (found.shrunken(), found.adjusted()):
        assert list(result.summary()["follow_up_band"]) == ["0 to 1", "1 to 5", "5+"]


def test_e_values_of_the_paper():
    """VanderWeele and Ding 2017: 3.9 gives 7.26, a limit of 1.8 gives 3.0."""
    found = ratios([390, 100, 0], [100.0, 390.0, 5.0]).e_values()
    np.testing.assert_allclose(found["e_value"][:2], [7.26, 7.26], **PRINTED[2])
    assert np.isinf(found["e_value"][2])
    np.testing.assert_allclose(_e_value(np.array([1.8, 1.0])), [3.0, 1.0], **PRINTED[1])
    wide = ratios([3, 2, 9], [2.0, 3.0, 3.0]).e_values()
    assert list(wide["e_value_limit"][:2]) == [1.0, 1.0]
    assert wide["e_value_limit"][2] > 1.0
