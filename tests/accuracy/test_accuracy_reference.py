"""Accuracy and predictive values against what others computed or printed."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep
from tests.support import reference, shared_folder, shared_reference
from tests.tolerances import ITERATED, PRINTED, STOPPED_EARLY, SUMMED

from paraneo.accuracy import diagnostic_accuracy, predictive_values, published_accuracy

INTERVALS = {
    "exact": "clopper_pearson",
    "wilson": "wilson",
    "wilson-cc": "wilson_cc",
    "jeffreys": "jeffreys_equal_tailed",
    "agresti-coull": "agresti_coull",
    "wald": "wald",
    "logit": "logit_wald",
    "mid-p": "midp",
}


def numbers(values):
    words = {"Inf": np.inf, "-Inf": -np.inf, None: np.nan}
    return np.asarray([words.get(v, v) for v in values], dtype=float)


def cases():
    """Every table with its counts, expected values and level."""
    expected = shared_reference("D1_predictive")
    rows = np.genfromtxt(shared_folder("D1_predictive") / "data.csv", delimiter=",", skip_header=1)[
        :, 1:
    ]
    for row, values in zip(rows, expected["tables"], strict=True):
        yield row, values, 0.95
    yield rows[0], expected["table1_level90"], 0.90


def check_proportions(interval):
    tolerance = ITERATED if interval == "mid-p" else SUMMED
    for row, expected, level in cases():
        got = diagnostic_accuracy(*row, interval=interval, level=level)
        for name in ("sensitivity", "specificity"):
            one = getattr(got, name)
            # R leaves Wald's and Agresti and Coull's limits outside [0, 1]
            limits = np.clip(numbers(expected[name][INTERVALS[interval]]), 0, 1)
            np.testing.assert_allclose(one.value, expected[name]["est"], **tolerance)
            np.testing.assert_allclose([one.lower, one.upper], limits, **tolerance)


def check_ratios_and_odds():
    names = {
        "lr_pos_log": "positive_likelihood_ratio",
        "lr_neg_log": "negative_likelihood_ratio",
        "dor_log": "diagnostic_odds_ratio",
    }
    for row, expected, level in cases():
        got = diagnostic_accuracy(*row, level=level)
        for key, name in names.items():
            one = getattr(got, name)
            wanted = numbers(expected[key].values())
            np.testing.assert_allclose(one.value, wanted[0], **SUMMED)
            # R has no limits at an empty cell: there Koopman's and the exact ones stand
            known = np.isfinite(wanted).all()
            limits = wanted[1:] if known else [one.lower, one.upper]
            np.testing.assert_allclose([one.lower, one.upper], limits, **SUMMED)
            assert known == (one.method in ("log", "Woolf"))


def check_predictive_values(interval):
    key = {"logit": "logit_mercaldo", "adjusted-logit": "adjusted_logit"}[interval]
    compared = 0
    for row, expected, level in cases():
        table = diagnostic_accuracy(*row, level=level)
        if interval == "logit" and (row == 0).any():
            continue  # the adjusted logit takes over
        for given in expected["given_prevalence"]:
            got = predictive_values(table, given["prevalence"], interval=interval, level=level)
            for name in ("ppv", "npv"):
                one = getattr(got, name)
                wanted = numbers(given[f"{name}_{key}"].values())
                np.testing.assert_allclose([one.value, one.lower, one.upper], wanted, **SUMMED)
                compared += 1
    assert compared == {"logit": 56, "adjusted-logit": 80}[interval]


def check_own_predictive_values():
    for row, expected, level in cases():
        got = predictive_values(diagnostic_accuracy(*row), None, level=level)
        for name, n in (("ppv", row[0] + row[1]), ("npv", row[2] + row[3])):
            assert n > 0
            one = getattr(got, name)
            wanted = numbers([expected[name]["est"], *expected[name]["clopper_pearson"]])
            np.testing.assert_allclose([one.value, one.lower, one.upper], wanted, **SUMMED)


def test_the_shared_case_agrees():
    for interval in INTERVALS:
        check_proportions(interval)
    check_ratios_and_odds()
    for interval in ("logit", "adjusted-logit"):
        check_predictive_values(interval)
    check_own_predictive_values()


@pytest.mark.parametrize("case", reference("two_by_two")["cases"], ids=lambda c: f"{c['tp']}")
def test_two_by_two_tables_agree_with_r(case):
    counts, level = [case[name] for name in ("tp", "fp", "fn", "tn")], case["level"]
    for interval in INTERVALS:
        got = diagnostic_accuracy(*counts, interval=interval, level=level)
        for name in ("sensitivity", "specificity"):
            one = getattr(got, name)
            tolerance = ITERATED if interval == "mid-p" else SUMMED
            limits = np.clip(case[name][interval], 0, 1)  # R leaves some outside [0, 1]
            np.testing.assert_allclose(one.value, case[name]["estimate"], **SUMMED)
            np.testing.assert_allclose([one.lower, one.upper], limits, **tolerance)
    for name in ("positive_likelihood_ratio", "negative_likelihood_ratio", "diagnostic_odds_ratio"):
        one = getattr(got, name)
        np.testing.assert_allclose([one.value, one.lower, one.upper], case[name], **SUMMED)
    for row in case["predictive"]:
        values = predictive_values(got, row["prevalence"], interval="logit", level=level)
        for name in ("ppv", "npv"):
            one = getattr(values, name)
            np.testing.assert_allclose([one.value, one.lower, one.upper], row[name], **SUMMED)


def test_mercaldo_at_ten_percent():
    got = predictive_values(diagnostic_accuracy(31, 12, 9, 148), 0.1)
    np.testing.assert_allclose(
        got.summary()[["estimate", "lower", "upper"]],
        [[0.534483, 0.393875, 0.669816], [0.973684, 0.954090, 0.985047]],
        **PRINTED[6],
    )


def test_trallero_araguas_2012_at_17_percent():
    ratios = published_accuracy(positive_likelihood_ratio=6.79, negative_likelihood_ratio=0.25)
    shares = published_accuracy(sensitivity=0.78, specificity=0.89)
    for accuracy, ppv, npv in ((ratios, 0.582, 0.951), (shares, 0.592, 0.952)):
        got = predictive_values(accuracy, 0.17)
        np.testing.assert_allclose([got.ppv.value, got.npv.value], [ppv, npv], **PRINTED[3])
        assert np.isnan(got.ppv.lower)
        assert "CIs are unavailable" in got.notes[0]


def test_trallero_2010_woolf():
    odds = diagnostic_accuracy(10, 5, 4, 46).diagnostic_odds_ratio
    assert odds.value == 23
    np.testing.assert_allclose(odds.lower, 5.23, **PRINTED[2])
    np.testing.assert_allclose(odds.upper, 101.2, **PRINTED[1])


def test_chinoy_2007_exact_conditional():
    odds = diagnostic_accuracy(8, 11, 8, 253, odds_interval="exact").diagnostic_odds_ratio
    np.testing.assert_allclose([odds.lower, odds.upper], [6.10, 83.83], **PRINTED[2])
    assert odds.method == "exact conditional"


@pytest.mark.parametrize(
    "row", [(31, 12, 9, 148), (10, 5, 4, 46), (8, 11, 8, 253), (2, 1, 1, 3), (231, 32, 27, 54)]
)
def test_koopman_agrees_with_statsmodels(row):
    tp, fp, fn, tn = row
    got = diagnostic_accuracy(*row, ratio_interval="koopman")
    for one, x, y in (
        (got.positive_likelihood_ratio, tp, fp),
        (got.negative_likelihood_ratio, fn, tn),
    ):
        wanted = confint_proportions_2indep(
            x, tp + fn, y, fp + tn, compare="ratio", method="score", correction=False
        )
        np.testing.assert_allclose([one.lower, one.upper], wanted, **STOPPED_EARLY)
