"""A correlation of plus or minus 1: kept where the data speak for it, the other fit printed."""

import numpy as np
import pandas as pd
from tests.support import kept, reference
from tests.tolerances import PRINTED

from paraneo.accuracy.pooled import pooled_accuracy


def test_a_correlation_of_minus_1_is_kept_where_the_data_speak_for_it():
    table = pd.read_csv(kept("perfect_correlation") / "data.csv")
    wanted = reference("perfect_correlation")
    got = pooled_accuracy(table)
    assert got.structure == "shared"
    np.testing.assert_allclose(got.log_likelihood, wanted["log_likelihood"], **PRINTED[4])
    np.testing.assert_allclose(got.mean[1], wanted["logit_specificity"], **PRINTED[3])
    said = str(got.convergence)
    assert "correlation of −1" in said
    assert "log-likelihood -50.39, against -54.67 of the structure independent" in said
    assert "likelihood ratio 8.56" in said
    rho = got.between_study[0, 1] / np.sqrt(np.prod(np.diag(got.between_study)))
    assert rho == -1 or np.isclose(rho, -1)


def test_few_studies_that_do_not_speak_for_it_have_independent_effects():
    studies = {
        "tp": [18, 31, 9, 44],
        "fp": [4, 9, 0, 12],
        "fn": [6, 5, 1, 21],
        "tn": [70, 88, 35, 140],
    }
    got = pooled_accuracy(studies)
    assert got.structure == "sensitivity"


def test_no_variance_is_said_to_be_0_that_is_not():
    table = pd.read_csv(kept("perfect_correlation") / "data.csv")
    got = pooled_accuracy(table, structure="unstructured")
    assert got.between_study[1, 1] > 1
    assert "between-study variance" not in str(got.convergence)
