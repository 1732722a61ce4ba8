"""Several tests in the same studies, and studies with people of one side alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from scipy.special import expit
from tests.support import kept, reference
from tests.tolerances import CLOSED_FORM, ITERATED, PRINTED, STOPPED_EARLY

from paraneo.accuracy import pooled_accuracy
from paraneo.errors import TableError

CELLS = ["tp", "fp", "fn", "tn"]


@pytest.fixture
def tests():
    return pd.read_csv(kept("cochrane_accuracy") / "two_tests.csv")


def test_ct_and_mri_are_compared_as_the_handbook_does(tests):
    """Cochrane handbook of accuracy reviews v2, ch. 10, app. 12, by Laplace's approximation."""
    wanted = reference("cochrane_accuracy")["two_tests"]
    got = pooled_accuracy(tests, formula="test", nodes=1, structure="unstructured")
    for test in ("CT", "MRI"):
        at = got.at({"test": test})
        for outcome in ("sensitivity", "specificity"):
            value = getattr(at, outcome).value
            np.testing.assert_allclose(value, wanted[outcome][test], **PRINTED[3])
    both = got.tests().set_index("outcome").loc["both"]
    np.testing.assert_allclose(both["statistic"], wanted["likelihood_ratio"], **PRINTED[3])
    assert both["df"] == 2
    glmer = wanted["glmer"]
    np.testing.assert_allclose(got.log_likelihood, glmer["both"], **ITERATED)
    assert got.log_likelihood > glmer["both"]  # which stops a little below the optimum
    alone = pooled_accuracy(tests, formula="test", nodes=1)  # on its bound: one random effect
    assert alone.structure == "specificity"
    np.testing.assert_allclose(alone.log_likelihood, glmer["specificity_alone"], **STOPPED_EARLY)
    # Laplace's approximation is off by 0.016 here
    full = pooled_accuracy(tests, formula="test")
    assert 0.01 < full.log_likelihood - alone.log_likelihood < 0.02


def test_the_likelihood_shares_the_effect_of_a_study(tests):
    """By scipy's own integration over the one effect of each study."""
    got = pooled_accuracy(tests, formula="test", structure="specificity")
    beta = got.coefficients["estimate"].to_numpy()
    spread = np.sqrt(got.between_study[1, 1])
    total = 0.0
    for _, rows in tests.groupby("study"):
        mri = (rows["test"] == "MRI").to_numpy(float)
        se, sp = beta[0] + beta[1] * mri, beta[2] + beta[3] * mri
        ill, well = rows["tp"] + rows["fn"], rows["tn"] + rows["fp"]
        total += stats.binom.logpmf(rows["tp"], ill, expit(se)).sum()

        def chance(u, rows=rows, well=well, sp=sp):
            each = stats.binom.pmf(rows["tn"], well, expit(sp + u))
            return each.prod() * stats.norm.pdf(u, scale=spread)

        total += np.log(integrate.quad(chance, -12, 12, epsabs=0, epsrel=1e-10, limit=400)[0])
    np.testing.assert_allclose(got.log_likelihood, total, **ITERATED)


def test_rows_of_one_study_count_once(tests):
    got = pooled_accuracy(tests, formula="test")
    assert got.df == 3
    assert "of 5 studies" in repr(got)
    assert "10 rows of 5 studies: those of one study share its random effects." in got.notes
    apart = pooled_accuracy(tests.assign(study=range(10)), formula="test")
    assert apart.df == 8
    assert apart.log_likelihood != got.log_likelihood
    again = pooled_accuracy(tests.sample(frac=1, random_state=3), formula="test")
    np.testing.assert_allclose(again.log_likelihood, got.log_likelihood, **CLOSED_FORM)


def test_rows_of_one_study_are_distinguished_or_refused(tests):
    with pytest.raises(TableError, match="distinguished by their column in the formula"):
        pooled_accuracy(tests)
    with pytest.raises(TableError, match="named more than once"):
        pooled_accuracy(pd.concat([tests, tests[:1]]), formula="test")
    years = tests.assign(year=np.arange(10.0))  # a number does not distinguish tests
    with pytest.raises(TableError, match="named more than once"):
        pooled_accuracy(years, formula="year")
    with pytest.raises(TableError, match="which the normal model cannot join"):
        pooled_accuracy(tests, formula="test", model="normal", correction="single")


ONE_SIDE = pd.DataFrame(
    {
        "tp": [18, 31, 9, 0, 25],
        "fn": [6, 5, 1, 0, 9],
        "fp": [4, 0, 9, 12, 3],
        "tn": [70, 0, 35, 140, 20],
    }
)


def test_a_study_of_one_side_counts_for_that_side():
    got = pooled_accuracy(ONE_SIDE, structure="independent")
    # with independent effects each side is pooled by itself: nobody of the other side matters
    other = ONE_SIDE.assign(tp=[18, 31, 9, 3, 25], fn=[6, 5, 1, 3, 9])
    np.testing.assert_allclose(
        got.specificity.value,
        pooled_accuracy(other, structure="independent").specificity.value,
        **ITERATED,
    )
    assert got.notes[0].startswith("1 of 5 rows have nobody with the condition")
    assert np.isnan(got.studies["sensitivity"][3])
    assert got.asymmetry()["df"].tolist() == [1]
    assert got.inconsistency()["estimate"].between(0, 1).all()
    got.leave_one_out()
    got.plot()


def test_one_study_of_a_side_is_too_few():
    table = ONE_SIDE.assign(tp=[18, 0, 0, 0, 0], fn=[6, 0, 0, 0, 0])
    with pytest.raises(TableError, match="pool the other measure by itself"):
        pooled_accuracy(table)


def test_covariates_that_one_side_cannot_tell_are_refused():
    table = ONE_SIDE.assign(assay=list("aaaba"))
    with pytest.raises(TableError, match="count for sensitivity do not differ in its covariates"):
        pooled_accuracy(table, formula="assay")
