"""Covariates of a pooled accuracy: their unit and origin, unused levels, their covariance."""

import numpy as np
import pandas as pd
import pytest
from tests.support import kept, reference
from tests.tolerances import CLOSED_FORM, COARSE, PRINTED

from paraneo.accuracy.pooled import pooled_accuracy
from paraneo.errors import TableError

STUDIES = pd.DataFrame(
    {
        "tp": [20, 13, 7, 44, 12, 30],
        "fp": [3, 5, 1, 0, 2, 8],
        "fn": [2, 4, 1, 4, 3, 9],
        "tn": [70, 88, 31, 50, 44, 61],
        "x": [1.0, 2.0, 3.0, 4.0, 5.0, 7.0],
    }
)


@pytest.mark.parametrize(
    "options",
    [{}, {"model": "normal", "method": "reml", "correction": "single"}],
    ids=["binomial", "reml"],
)
@pytest.mark.parametrize(("unit", "origin"), [(1.0, 2000.0), (1e-9, 0.0), (1e9, 0.0), (1e3, 1e6)])
def test_a_fit_does_not_change_with_the_unit_of_a_covariate(unit, origin, options):
    plain = pooled_accuracy(STUDIES, formula="x", **options)
    moved = pooled_accuracy(STUDIES.assign(x=unit * STUDIES["x"] + origin), formula="x", **options)
    np.testing.assert_allclose(moved.log_likelihood, plain.log_likelihood, **CLOSED_FORM)
    np.testing.assert_allclose(moved.mean, plain.mean, **CLOSED_FORM)
    np.testing.assert_allclose(moved.mean_covariance, plain.mean_covariance, **CLOSED_FORM)
    slopes, wanted = (
        fit.coefficients.query("term == 'x'")[["estimate", "std_error"]] for fit in (moved, plain)
    )
    np.testing.assert_allclose(slopes * unit, wanted, **CLOSED_FORM)


def anti_ccp():
    table = pd.read_csv(kept("cochrane_accuracy") / "anti_ccp.csv")
    return table.assign(year=table["study"].str.extract(r"(\d{4})")[0].astype(int))


def test_a_year_is_a_covariate_like_any_other():
    wanted = reference("cochrane_accuracy")["year_slopes"]
    year, moved = (
        pooled_accuracy(anti_ccp(), formula=text, nodes=1).coefficients["estimate"][[1, 3]]
        for text in ("year", "I(year - 2000)")
    )
    np.testing.assert_allclose(year, moved, **CLOSED_FORM)
    np.testing.assert_allclose(year, wanted, **PRINTED[3])


def test_the_printed_values_of_the_handbook_are_found():
    wanted = reference("cochrane_accuracy")
    table = anti_ccp()
    found = pooled_accuracy(table, nodes=1, test="z").summary().set_index("measure")
    for measure, values in wanted["anti_ccp"].items():
        row = found.loc[measure, ["estimate", "lower", "upper"]].to_numpy(float)
        scale = np.log if values[0] > 1 else np.asarray  # glmer keeps three digits of a log ratio
        close = {"rtol": COARSE["rtol"], "atol": PRINTED[3]["atol"]}
        np.testing.assert_allclose(scale(row), scale(values), **close)
    newer = pooled_accuracy(table[table["generation"] == "CCP2"], nodes=1).asymmetry()
    np.testing.assert_allclose(newer["p_value"], wanted["deeks_p_value_ccp2"], **PRINTED[3])


@pytest.mark.parametrize("text", ["center(x)", "scale(x)", "I(x - 2000)"])
def test_transforms_of_a_covariate_give_the_same_model(text):
    plain = pooled_accuracy(STUDIES, formula="x")
    again = pooled_accuracy(STUDIES, formula=text)
    np.testing.assert_allclose(again.log_likelihood, plain.log_likelihood, **CLOSED_FORM)
    np.testing.assert_allclose(again.at({"x": 3.0}).mean, plain.at({"x": 3.0}).mean, **CLOSED_FORM)


@pytest.mark.parametrize("categories", [["a", "b", "none"], ["none", "a", "b"]])
def test_a_category_of_no_study_is_left_out(categories):
    assay = pd.Categorical(list("aaabbb"), categories=categories)
    got = pooled_accuracy(STUDIES.assign(assay=assay), formula="assay")
    assert got.coefficients["term"].tolist() == ["Intercept", "assay[T.b]"] * 2


def test_a_formula_runs_nothing():
    with pytest.raises(TableError, match=r"no column 'x.foo', and a formula has no attributes"):
        pooled_accuracy(STUDIES, formula="~ x.foo")
    with pytest.raises(TableError, match="a block of Python"):
        pooled_accuracy(STUDIES, formula={"sensitivity": "{open('x', 'w')}"})


def test_the_covariance_is_that_of_all_coefficients():
    got = pooled_accuracy(STUDIES, formula={"sensitivity": "x"})
    names = ["sensitivity: Intercept", "sensitivity: x", "specificity: Intercept"]
    assert got.covariance.index.tolist() == got.covariance.columns.tolist() == names
    rows = np.array([[1.0, STUDIES["x"].mean(), 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(
        rows @ got.covariance.to_numpy() @ rows.T, got.mean_covariance, **CLOSED_FORM
    )
