"""A fit is the same whatever unit and origin a covariate has, in whatever order the rows stand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tolerances import CONVERGED

from paraneo.accuracy import pooled_accuracy
from paraneo.incidence import pooled_ratios, ratio_regression

YEARS = np.array([1995.0, 1999, 2003, 2004, 2008, 2011, 2015, 2019])
ACCURACY = pd.DataFrame(
    {
        "study": list("ABCDEFGH"),
        "tp": [18, 31, 9, 44, 20, 33, 14, 27],
        "fp": [4, 29, 1, 12, 3, 40, 8, 6],
        "fn": [6, 5, 1, 31, 2, 19, 7, 3],
        "tn": [70, 88, 35, 140, 90, 77, 60, 51],
    }
)
RATIOS = pd.DataFrame(
    {
        "study": list("ABCDEFGH"),
        "observed": [12, 20, 7, 33, 5, 15, 41, 9],
        "expected": [6.7, 18.3, 2.1, 20.5, 1.1, 10.2, 22.9, 9.4],
    }
)


def of_accuracy(years, at, order, model):
    table = ACCURACY.assign(x=years).iloc[order]
    found = pooled_accuracy(table, formula="x", model=model)
    assert found.convergence.reached
    there = found.at({"x": at})
    limits = there.summary()[["estimate", "lower", "upper"]].to_numpy()
    return [
        found.log_likelihood,
        *there.mean,
        *np.log(limits).ravel(),
        *found.between_study.ravel(),
    ]


def of_ratios(years, at, order, model):
    table = RATIOS.assign(x=years).iloc[order]
    found = pooled_ratios(table, formula="x", model=model)
    assert found.convergence.reached
    there = np.log(found.ratios(at={"x": [at]}).to_numpy()).ravel()
    p_value = found.coefficients["p_value"].iloc[1]
    return [found.log_likelihood, *there, found.tau2.value, p_value]


def of_regression(years, _at, order, _model):
    found = ratio_regression(RATIOS.assign(x=years).iloc[order], formula="x")
    return [found.log_likelihood, found.coefficients["p_value"].iloc[1]]


CASES = [
    (of_accuracy, "binomial"), (of_accuracy, "normal"), (of_ratios, "poisson"),
    (of_ratios, "normal"), (of_regression, "poisson"),
]  # fmt: skip
SAME = list(range(8))


@pytest.mark.parametrize(("fit", "model"), CASES)
@pytest.mark.parametrize(
    ("factor", "origin"), [(1, -2000), (1e-9, 0), (1e9, 0), (-3, 1e6), (1e9, -2007e9), (1, 1e7)]
)
def test_units_and_origin_of_a_covariate_change_nothing(fit, model, factor, origin):
    plain = fit(YEARS, 2000.0, SAME, model)
    moved = fit(factor * YEARS + origin, factor * 2000.0 + origin, SAME, model)
    np.testing.assert_allclose(moved, plain, **CONVERGED)


@pytest.mark.parametrize(("fit", "model"), CASES)
@settings(max_examples=4, deadline=None)
@given(
    factor=st.floats(-9, 9).map(lambda power: 10.0**power),
    sign=st.sampled_from([-1.0, 1.0]),
    shift=st.floats(-1e4, 1e4),
    order=st.permutations(SAME),
)
def test_any_linear_change_and_any_order_change_nothing(fit, model, factor, sign, shift, order):
    plain = fit(YEARS, 2000.0, SAME, model)
    years, at = (sign * factor * (part + shift) for part in (YEARS, 2000.0))
    moved = fit(years[list(order)][np.argsort(order)], at, list(order), model)
    np.testing.assert_allclose(moved, plain, **CONVERGED)
