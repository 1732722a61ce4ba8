"""Rubin's rules over what verbs return."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from tests.tolerances import CLOSED_FORM, EXACT, SUMMED

from paraneo import diagnostic_accuracy, pooled_ratios
from paraneo.errors import ArgumentError
from paraneo.results.estimate import Estimate
from paraneo.simulation import pooled_imputations

ESTIMATES = [0.9, 1.0, 1.1, 1.35, 0.8]
ERRORS = [0.2, 0.21, 0.19, 0.25, 0.2]
#: From tests/reference/rubin/run.R: estimate, error, df, limits, fraction missing, p.
BY_R = {
    47: [1.03, 0.312953670692644, 8.12648698688896, 0.310278071625451, 1.74972192837455,
         0.6269769338285, 0.0107649213452475],
    np.inf: [1.03, 0.312953670692644, 13.455432955996, 0.356223591969426, 1.70377640803057,
             0.600504489246526, 0.00561047633201231],
}  # fmt: skip
SHOWN = ["estimate", "std_error", "df", "lower", "upper", "fraction_missing", "p_value"]


def five():
    return [{"estimate": q, "std_error": u} for q, u in zip(ESTIMATES, ERRORS, strict=True)]


@pytest.mark.parametrize("df", [47, np.inf])
def test_the_rules_of_rubin_with_barnard_s_degrees_of_freedom(df):
    found = pooled_imputations(five(), scale="identity", df=df).summary().iloc[0]
    np.testing.assert_allclose(found[SHOWN].to_list(), BY_R[df], **CLOSED_FORM)


def ratios_of(extra):
    table = {"study": list("ABCD"), "observed": [12, 20 + extra, 7, 33],
             "expected": [6.7, 18.3, 2.1, 20.5], "x": [0.0, 1.0, 2.0, 3.0]}  # fmt: skip
    return pooled_ratios(table, formula="x")


def test_coefficients_of_a_model_are_pooled_by_term():
    models = [ratios_of(extra) for extra in (0, 3, 6)]
    found = pooled_imputations(models)
    assert found.scale == "identity"
    assert found.summary()["estimand"].tolist() == ["Intercept", "x"]
    slopes = [model.coefficients["estimate"][1] for model in models]
    np.testing.assert_allclose(found.summary()["estimate"][1], np.mean(slopes), **EXACT)


def test_an_estimate_is_pooled_on_the_scale_of_its_limits():
    models = [ratios_of(extra).estimate for extra in (0, 3, 6)]
    found = pooled_imputations(models)
    assert found.scale == "log"
    np.testing.assert_allclose(
        found.summary()["estimate"], np.exp(np.mean(np.log([m.value for m in models]))), **EXACT
    )
    shares = [Estimate(expit(x), expit(x - 0.5), expit(x + 0.5)) for x in (0.1, 0.4)]
    assert pooled_imputations(shares).scale == "logit"
    row = pooled_imputations(shares).summary().iloc[0]
    np.testing.assert_allclose(logit(row["estimate"]), 0.25, **SUMMED)
    np.testing.assert_allclose(row["within"], (0.5 / 1.959963984540054) ** 2, **SUMMED)


def test_where_imputations_agree_nothing_is_missing():
    row = pooled_imputations([five()[0]] * 3, scale="identity", df=20).summary().iloc[0]
    np.testing.assert_allclose(row["std_error"], 0.2, **EXACT)
    assert row["between"] == 0
    assert 17 < row["df"] <= 20
    assert row["fraction_missing"] < 0.1


def test_measures_of_a_table_are_pooled_where_a_scale_is_given():
    given = [(31 + k, 12, 9, 148) for k in range(3)]
    wilson = [diagnostic_accuracy(*table).sensitivity for table in given]
    assert pooled_imputations(wilson).scale == "logit"  # on which Wilson's limits are even
    tables = [diagnostic_accuracy(*table, interval="exact").sensitivity for table in given]
    with pytest.raises(ArgumentError, match="Write scale='log' for ratios"):
        pooled_imputations(tables)
    row = pooled_imputations(tables, scale="logit").summary().iloc[0]
    assert row["lower"] < tables[0].value < row["upper"]


@pytest.mark.parametrize(
    ("results", "options", "words"),
    [
        ([{"estimate": 1.0, "std_error": 0.1}], {}, "the variance between imputations needs two"),
        ([], {}, "0 given"),
        (
            [pd.DataFrame({"term": list("ab"), "estimate": 1.0, "std_error": 0.1}),
             pd.DataFrame({"term": ["a"], "estimate": 1.0, "std_error": 0.1})],
            {"scale": "identity"},
            r"imputation 1 has 1 estimates \(a\), the first has 2 \(a, b\)",
        ),
        ([{"estimate": 1.0}] * 2, {"scale": "identity"}, "no finite estimate or error"),
        ([{"estimate": np.nan, "std_error": 1.0}] * 2, {"scale": "log"}, "no finite estimate"),
        ([3, 4], {}, "int holds no estimate"),
        (five(), {"df": 0}, "is not above 0"),
        (five(), {"scale": "square"}, "no option 'square'"),
    ],
)  # fmt: skip
def test_what_cannot_be_pooled_is_said(results, options, words):
    with pytest.raises(ArgumentError, match=words):
        pooled_imputations(results, **options)
