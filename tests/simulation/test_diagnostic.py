"""Simulated diagnostic studies: their truth by hand, their tables against it, their faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.tolerances import EXACT_LAW, SIMULATED, SUMMED

from paraneo import ArgumentError, diagnostic_accuracy, verified_accuracy
from paraneo.simulation import DiagnosticTruth, simulated_diagnostic_study

inside = st.floats(0.01, 0.99)
COHORT = {"sensitivity": 0.8, "specificity": 0.9, "n": 60, "prevalence": 0.1}
CONTROL = {"sensitivity": 0.8, "specificity": 0.9, "diseased": 12, "healthy": 30}


def study(seed=3, **parts):
    return simulated_diagnostic_study(rng=np.random.default_rng(seed), **parts)


def test_the_truth_is_that_of_a_hundred_people_by_hand():
    truth = DiagnosticTruth(0.8, 0.9, 0.1, (1.0, 0.5))
    # 8 and 9 positive, 2 and 81 negative, of whom every second is verified
    np.testing.assert_allclose(truth.cells(), [0.08, 0.09, 0.01, 0.405, 0, 0.415], **EXACT_LAW)
    np.testing.assert_allclose(truth.predictive_values(), [8 / 17, 81 / 83], **EXACT_LAW)
    np.testing.assert_allclose(truth.naive, [8 / 9, 40.5 / 49.5], **EXACT_LAW)
    assert truth.positive_likelihood_ratio == pytest.approx(8)
    assert truth.negative_likelihood_ratio == pytest.approx(2 / 9)
    assert truth.diagnostic_odds_ratio == pytest.approx(36)


@given(inside, inside, inside, inside, inside)
def test_naive_accuracy_is_that_of_the_verified_cells(se, sp, prevalence, v1, v0):
    truth = DiagnosticTruth(se, sp, prevalence, (v1, v0))
    cells = truth.cells()
    np.testing.assert_allclose(cells.sum(), 1, **EXACT_LAW)
    assert truth.naive[0] == pytest.approx(
        cells["tp"] / (cells["tp"] + cells["fn"]), rel=SUMMED["rtol"]
    )
    assert truth.naive[1] == pytest.approx(
        cells["tn"] / (cells["tn"] + cells["fp"]), rel=SUMMED["rtol"]
    )
    assert (truth.naive[0] >= se) == (v1 >= v0) or truth.naive[0] == pytest.approx(se)


@pytest.mark.parametrize("verified", [(1.0, 1.0), (0.9, 0.4)], ids=["all", "some"])
def test_cells_of_a_cohort_have_multinomial_moments(verified):
    made = study(**COHORT, verified=verified, replicates=40_000)
    true, n = made.truth.cells(), COHORT["n"]
    for name in made.summary().columns.drop("replicate"):
        x, p = made.summary()[name].to_numpy(), true[name]
        error = np.sqrt(n * p * (1 - p) / len(x))
        assert abs(x.mean() - n * p) <= 4 * error, name
        # a variance has a standard error of about √(2/replicates) of itself
        assert abs(x.var() / (n * p * (1 - p)) - 1) < 0.04, name
    first, second = made.summary()["tp"], made.summary()["tn"]
    covariance = -n * true["tp"] * true["tn"]
    error = np.sqrt((first.var() * second.var() + covariance**2) / len(first))
    assert abs(np.cov(first, second)[0, 1] - covariance) < 4 * error


def test_cells_of_a_case_control_study_are_binomial():
    made = study(**CONTROL, replicates=20_000)
    table = made.summary()
    assert ((table["tp"] + table["fn"]) == 12).all()
    assert ((table["fp"] + table["tn"]) == 30).all()
    for cell, n, p in (("tp", 12, 0.8), ("tn", 30, 0.9)):
        seen = np.bincount(table[cell], minlength=n + 1)
        true = stats.binom.pmf(np.arange(n + 1), n, p) * len(table)
        some = true > 5
        rest = [seen[~some].sum()], [true[~some].sum()]
        pairs = (np.append(part[some], more) for part, more in zip((seen, true), rest, strict=True))
        assert stats.chisquare(*pairs).pvalue > 1e-3


def test_begg_and_greenes_find_the_truth_again_where_naive_limits_do_not():
    made = study(sensitivity=0.6, specificity=0.95, n=60_000, prevalence=0.2, verified=(0.9, 0.1))
    row = made.summary().drop(columns="replicate").iloc[0]
    found = verified_accuracy(**row.astype(int).to_dict())
    for one, true in ((found.sensitivity, 0.6), (found.specificity, 0.95)):
        assert abs(np.log(one.value / (1 - one.value)) - np.log(true / (1 - true))) < (
            4 * one.std_error
        )
    assert float(found.naive_sensitivity.value) == pytest.approx(
        made.truth.naive[0], abs=SIMULATED["rtol"]
    )
    assert float(found.naive_specificity.value) == pytest.approx(
        made.truth.naive[1], abs=SIMULATED["rtol"]
    )


def test_tables_go_into_the_verbs_as_they_are():
    table = study(**CONTROL, replicates=5).summary()
    cells = table[["tp", "fp", "fn", "tn"]].to_dict("series")
    found = diagnostic_accuracy(**cells, design="case-control")
    assert found.sensitivity.value.shape == (5,)
    assert study(**CONTROL, replicates=5).summary().equals(table)


def test_a_case_control_study_has_no_predictive_values_of_its_own():
    truth = study(**CONTROL).truth
    with pytest.raises(ArgumentError, match="has none of its own"):
        truth.predictive_values()
    assert float(truth.predictive_values(0.1)[0]) == pytest.approx(8 / 17)


def test_a_perfect_test_has_no_false_results():
    made = study(sensitivity=1.0, specificity=1.0, n=100, prevalence=0.3, replicates=50)
    assert (made.summary()[["fp", "fn"]] == 0).all(axis=None)
    assert np.isinf(made.truth.positive_likelihood_ratio)
    assert made.truth.predictive_values()[0] == 1


def test_every_fault_is_told_at_once():
    with pytest.raises(ArgumentError) as told:
        simulated_diagnostic_study(
            rng=1, sensitivity=80, specificity=[0.9, 0.8], n=0, diseased=5, verified=(0.5, 2),
            replicates=1.5,
        )  # fmt: skip
    text = str(told.value)
    for name in ("rng", "sensitivity", "specificity", "'n'", "verified", "replicates"):
        assert name in text, name
    assert "Divide it by 100" in text
    assert "n and diseased given, which is neither design" in text
    with pytest.raises(ArgumentError, match="nothing given"):
        study(sensitivity=0.8, specificity=0.9)
    with pytest.raises(ArgumentError, match="known in a case–control study"):
        study(**CONTROL, verified=(1.0, 0.5))


def test_it_shows_and_draws_itself():
    made = study(**COHORT)
    assert "SimulatedDiagnosticStudy (cohort): 1 tables" in repr(made)
    ax = made.plot()
    assert [line.get_label() for line in ax.lines] == ["PPV", "NPV"]
