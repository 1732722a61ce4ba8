"""Simulated meta-analyses of accuracy: closed forms, counts by enumeration, faults."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import expit
from tests.tolerances import EXACT, EXACT_LAW, SETTLED_NODES, SUMMED

from paraneo import ArgumentError, pooled_accuracy
from paraneo.accuracy.pooled.pooled_batch import pooled_accuracy_batch
from paraneo.accuracy.pooled.sroc import hsroc
from paraneo.simulation import BivariateAccuracy, ThresholdAccuracy, simulated_accuracy_studies
from paraneo.simulation._draws import some_of

BIVARIATE = BivariateAccuracy(0.7, 0.95, between=(0.6, 0.9), correlation=-0.5)
THRESHOLD = ThresholdAccuracy(4.0, -0.8, shape=0.3, accuracy_sd=0.7, threshold_sd=0.5)
LAWS = pytest.mark.parametrize(
    "distribution", [BIVARIATE, THRESHOLD], ids=["bivariate", "threshold"]
)
#: Both sides integrate a smooth function.
QUADRATURE = {"rtol": 1e-9, "atol": 0.0}


def studies(k, distribution=BIVARIATE, seed=11, **parts):
    return simulated_accuracy_studies(
        k, rng=np.random.default_rng(seed), distribution=distribution, **parts
    )


@LAWS
def test_marginal_means_are_the_integrals(distribution):
    for i in (0, 1):
        place, spread = distribution.mean[i], np.sqrt(distribution.between_study[i, i])
        true = integrate.quad(
            lambda z, place=place, spread=spread: expit(place + spread * z) * stats.norm.pdf(z),
            -12, 12, epsabs=EXACT["rtol"],
        )[0]  # fmt: skip
        np.testing.assert_allclose(distribution.marginal[i], true, **QUADRATURE)
    assert (abs(distribution.marginal - 0.5) < abs(distribution.median - 0.5)).all()


def test_a_wide_law_is_integrated_too():
    distribution = BivariateAccuracy(0.9, 0.99, between=(2.0, 2.0))
    true = integrate.quad(
        lambda z: expit(distribution.mean[1] + 2 * z) * stats.norm.pdf(z),
        -12,
        12,
        epsabs=EXACT["rtol"],
    )[0]
    np.testing.assert_allclose(distribution.marginal[1], true, **SUMMED)


def test_the_threshold_law_is_the_one_that_the_fit_reports():
    found = hsroc(THRESHOLD.mean, THRESHOLD.between_study)
    given = (4.0, -0.8, 0.3, 0.7**2, 0.5**2)
    np.testing.assert_allclose(found[:5], given, **EXACT)


def test_prediction_and_predictive_values_follow_from_the_law():
    low, high = BIVARIATE.prediction(0.9)
    reach = stats.norm.ppf(0.95) * np.array([0.6, 0.9])
    np.testing.assert_allclose(low, expit(BIVARIATE.mean - reach), **EXACT_LAW)
    np.testing.assert_allclose(high, expit(BIVARIATE.mean + reach), **EXACT_LAW)
    np.testing.assert_allclose(BIVARIATE.share_within(low, high), 0.9, **SUMMED)
    alike = BivariateAccuracy(0.7, 0.95)
    assert alike.share_within([0.6, 0.96], [0.8, 0.97]).tolist() == [1, 0]
    ppv, npv = BIVARIATE.predictive_values(0.2)
    np.testing.assert_allclose([ppv, npv], [0.14 / 0.18, 0.76 / 0.82], **EXACT_LAW)


@LAWS
def test_drawn_studies_have_the_moments_of_the_law(distribution):
    n = 40_000
    drawn = distribution.draw((n,), np.random.default_rng(2))
    place = np.stack([drawn["logit_sensitivity"], drawn["logit_specificity"]])
    true = distribution.between_study
    assert (abs(place.mean(axis=1) - distribution.mean) < 4 * np.sqrt(np.diag(true) / n)).all()
    variances = np.outer(np.diag(true), np.diag(true))
    assert (abs(np.cov(place) - true) < 4 * np.sqrt((variances + true**2) / n)).all()


def test_right_answers_are_binomial_given_a_normal_logit():
    n = 30_000
    made = studies(1, sizes=[(8, 5)], replicates=n)
    for cell, people, i in (("tp", 8, 0), ("tn", 5, 1)):
        node, weight = np.polynomial.hermite_e.hermegauss(80)
        share = expit(BIVARIATE.mean[i] + np.sqrt(BIVARIATE.between_study[i, i]) * node)
        counts = np.arange(people + 1)
        true = stats.binom.pmf(counts[:, None], people, share) @ weight / weight.sum()
        seen = np.bincount(made.summary()[cell], minlength=people + 1)
        assert stats.chisquare(seen, n * true).pvalue > 1e-3
    assert ((made.data["tp"] + made.data["fn"]) == 8).all()
    assert ((made.data["tn"] + made.data["fp"]) == 5).all()


def test_numbers_with_the_condition_are_binomial_between_the_ends():
    n, people, share = 30_000, 5, 0.15
    drawn = some_of(np.full(n, people), np.full(n, share), np.random.default_rng(4))
    true = stats.binom.pmf(np.arange(1, people), people, share)
    assert stats.chisquare(np.bincount(drawn)[1:], n * true / true.sum()).pvalue > 1e-3
    assert (some_of(np.full(9, 2), np.full(9, 1e-12), np.random.default_rng(1)) == 1).all()


def test_sizes_prevalences_and_designs_follow_their_laws():
    made = studies(
        20_000, people=(120, 0.7), prevalence=(0.2, 0.4), case_control=0.3, case_share=0.4
    )
    table, n = made.summary(), 20_000
    people = table[["tp", "fp", "fn", "tn"]].sum(axis=1)
    # rounding adds 1/12 of one person's variance, far below these bounds
    assert abs(np.log(people).mean() - np.log(120)) < 4 * 0.7 / np.sqrt(n)
    assert abs(np.log(people).std() - 0.7) < 4 * 0.7 / np.sqrt(2 * n)
    control = table["design"] == "case-control"
    assert abs(control.mean() - 0.3) < 4 * np.sqrt(0.21 / n)
    ill = (table["tp"] + table["fn"]) / people
    assert (abs(ill - 0.4) <= 0.5 / people + 1e-9)[control].all()
    logit = np.log(made.latent["prevalence"] / (1 - made.latent["prevalence"]))
    assert made.latent["prevalence"].isna().equals(control)
    assert abs(logit.mean() - np.log(0.25)) < 4 * 0.4 / np.sqrt(0.7 * n)
    assert ((ill > 0) & (ill < 1)).all()


@LAWS
def test_pooling_a_big_meta_analysis_finds_the_law_again(distribution):
    made = studies(300, distribution, people=(400, 0.5))
    found = pooled_accuracy(made.summary())
    assert (abs(found.mean - distribution.mean) < 4 * np.sqrt(np.diag(found.mean_covariance))).all()
    true = distribution.between_study
    error = np.sqrt((np.outer(np.diag(true), np.diag(true)) + true**2) / 300)
    # counting people adds less than as much again to the error of 300 true logits
    assert (abs(found.between_study - true) < 4 * 2 * error).all()


def test_all_meta_analyses_reshape_into_arrays_for_the_batch():
    made = studies(5, replicates=3)
    arrays = {x: made.data[x].to_numpy().reshape(-1, made.k) for x in ("tp", "fp", "fn", "tn")}
    batch = pooled_accuracy_batch(**arrays)
    one = made.summary().query("replicate == 1")
    np.testing.assert_allclose(pooled_accuracy(one).mean, batch.mean[1], **SETTLED_NODES)
    assert studies(5, replicates=3).data.equals(made.data)


def test_every_fault_is_told_at_once():
    with pytest.raises(ArgumentError) as told:
        simulated_accuracy_studies(
            0, rng=None, distribution=0.8, people=(0, 1), prevalence=(30, -1), case_control=2,
            case_share=1, sizes=[(1, 2, 3)], replicates="many",
        )  # fmt: skip
    text = str(told.value)
    names = (
        "rng",
        "'k'",
        "distribution",
        "people",
        "prevalence",
        "case_control",
        "case_share",
        "sizes",
    )
    for name in (*names, "replicates"):
        assert name in text, name
    assert "has the shape (1, 3), not (1, 2)" in text
    with pytest.raises(ArgumentError) as told:
        BivariateAccuracy(1.0, 95, between=(0.5, -1), correlation=3)
    for name in ("sensitivity", "specificity", "between", "correlation"):
        assert name in str(told.value), name
    with pytest.raises(ArgumentError, match="accuracy_sd"):
        ThresholdAccuracy(4, 0, accuracy_sd=-1)


@LAWS
def test_it_shows_and_draws_itself(distribution):
    made = studies(6, distribution)
    assert "1 meta-analyses of 6 studies" in repr(made)
    ax = made.plot()
    assert "Summary ROC curve" in [line.get_label() for line in ax.lines]
