"""Excess hazards at the edges: other units, groups without events, limits at covariates."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import optimize
from tests.survival.excess.test_excess_hazard import WAYS, cohort, fitted, visited, ways
from tests.tolerances import EXACT, ITERATED, SUMMED

from paraneo import ConvergenceWarning, excess_hazard, poisson_limits

#: What a fit in other units may differ by: the promise is 1e-8.
SAME_FIT = {"rtol": 1e-8, "atol": 1e-8}
TABLE = visited(cohort(250), 0.5)


@cache
def fit_of(name):
    return fitted(TABLE, **WAYS[name])


@pytest.mark.parametrize("name", list(WAYS))
@given(
    at=st.sampled_from([0.0, 0.3, -7.0, 40.0, 2000.0, 1e5]),
    unit=st.sampled_from([1e-9, 1e-3, 1.0, 40.0, 1e9]),
    turned=st.booleans(),
)
@settings(max_examples=4, deadline=None)
def test_a_linear_change_of_a_covariate_gives_the_same_fit(name, at, unit, turned):
    """x becomes unit (x + at), at in standard deviations: more digits than that x does not hold."""
    one, step = fit_of(name), -unit if turned else unit
    other = fitted(TABLE.assign(x=step * (TABLE["x"] + at)), **WAYS[name])
    effects = [k for k, term in enumerate(one.names) if term.startswith("x")]
    assert_allclose(other.parameters[effects] * step, one.parameters[effects], **SAME_FIT)
    assert_allclose(other.log_likelihood, one.log_likelihood, **SAME_FIT)
    errors = (fit.coefficients["std_error"].to_numpy()[effects] for fit in (other, one))
    assert_allclose(next(errors) * unit, next(errors), **SAME_FIT)
    group = {"sex": "f"} if "by" in WAYS[name] else {}
    curves = [
        fit.hazard([0.5, 2.0], {"x": x, **group})
        for fit, x in ((other, step * (0.4 + at)), (one, 0.4))
    ]
    assert_allclose(curves[0], curves[1], **SAME_FIT)


@ways
def test_parameters_in_the_user_s_units_are_those_of_the_likelihood(way):
    fit = fitted(TABLE.assign(x=TABLE["x"] + 50.0), **way)
    value, slope = fit.log_likelihood_at(fit.parameters)
    assert_allclose(value, fit.log_likelihood, **SUMMED)
    errors = np.sqrt(np.diag(fit.covariance))
    assert np.abs(slope * errors).max() < 1e-3
    at = {"x": 50.5, "sex": "m"}
    drawn = fit.draws(3, rng=np.random.default_rng(1))
    assert_allclose(fit.cumulative_at([1.0], at, drawn)[0, 0].shape, (1,))
    own = fit.cumulative_at([1.0, 3.0], at, fit.parameters)[0]
    if "by" not in way and way.get("scale") != "relative":
        assert_allclose(own, fit.cumulative_hazard([1.0, 3.0], at)["estimate"], **SUMMED)
    robust = np.diag(fit.robust_covariance) / np.diag(fit.covariance)
    assert ((robust > 0.2) & (robust < 5.0)).all()


def only_women():
    table = cohort()
    return table.assign(event=table["event"] * (table["sex"] == "f"))


def test_a_stratum_without_events_has_an_excess_of_0_with_an_upper_limit():
    table = only_women()
    fit = fitted(table, formula=None, by="sex", rates=None)
    alone = fitted(table[table["sex"] == "f"], formula=None, rates=None)
    got = fit.coefficients
    assert_allclose(got.iloc[:3, 1:5], alone.coefficients.iloc[:, 1:5], **SUMMED)
    assert (got["estimate"][3:] == -np.inf).all()
    men = table[table["sex"] == "m"]
    inside = np.minimum(men["exit"] - men["origin"], 1.0) - (men["entry"] - men["origin"])
    most = poisson_limits(0, interval="profile").upper / inside.clip(lower=0).sum()
    found = fit.hazard([0.5], at={"sex": "m"}).iloc[0]
    assert_allclose(found, [0.5, 0.0, 0.0, most], **ITERATED)
    total = fit.cumulative_hazard([1.0], at={"sex": "m"}).iloc[0]
    assert_allclose(total, [1.0, 0.0, 0.0, most], **ITERATED)


@pytest.mark.parametrize("code", [{"f": 0, "m": 1}, {"f": 1, "m": 2}, {"f": -1, "m": -2}])
def test_a_level_without_events_has_an_excess_of_0_however_it_is_coded(code):
    table = only_women()
    fit = fitted(table.assign(x=table["sex"].map(code)), rates=None)
    alone = fitted(table[table["sex"] == "f"], formula=None, rates=None)
    women, men = (fit.hazard([0.5, 2.0], {"x": code[sex]}).iloc[:, 1:] for sex in "fm")
    assert_allclose(women, alone.hazard([0.5, 2.0]).iloc[:, 1:], **SUMMED)
    assert (men[["estimate", "lower"]] == 0.0).all(axis=None)
    assert ((men["upper"] > 0) & (men["upper"] < women["estimate"])).all()
    own = fit.coefficients.set_index("term").loc["x"]
    assert np.isinf(own["estimate"])
    assert np.isfinite([own["lower"], own["upper"]]).sum() == 1


def test_where_nobody_has_an_event_every_band_is_bounded_and_effects_are_unknown():
    event = pd.Categorical([0] * 40, categories=[0, 1])
    table = pd.DataFrame({"exit": 2.0, "event": event, "x": np.arange(40)})
    fit = excess_hazard(table, breaks=[0, 1, 2])
    most = poisson_limits(0, interval="profile").upper / 40
    assert_allclose(fit.hazard([0.5, 1.5])[["estimate", "lower"]], 0.0)
    assert_allclose(fit.hazard([0.5, 1.5])["upper"], most, **ITERATED)
    with pytest.warns(ConvergenceWarning, match="effects cannot be estimated"):
        fit = excess_hazard(table, breaks=[0, 1, 2], formula="x")
    assert np.isnan(fit.parameters).all()


def test_limits_at_a_covariate_are_profile_limits_of_the_sum():
    fit = fitted(cohort(300), breaks=[0, 1, 3, np.inf])
    at = fit.hazard([0.5], {"x": 1.7}).iloc[0]
    fall = 1.959963984540054**2 / 2
    for limit in (at["lower"], at["upper"]):

        def minus(rest, limit=limit):
            theta = np.array([np.log(limit) - 1.7 * rest[2], *rest])
            return -fit.log_likelihood_at(theta)[0]

        best = optimize.minimize(minus, fit.parameters[1:], method="Nelder-Mead",
                                 options={"xatol": 1e-9, "fatol": 1e-11})  # fmt: skip
        assert_allclose(fit.log_likelihood + best.fun, fall, **ITERATED)
    plain = fit.hazard([0.5]).iloc[0]
    assert_allclose(np.log(plain[["lower", "upper"]]), fit.coefficients.loc[0, ["lower", "upper"]]
                    .astype(float), **EXACT)  # fmt: skip


def test_tests_of_every_term():
    fit = fitted(cohort(800), formula="x + sex")
    found = fit.tests()
    assert list(found) == ["term", "test", "statistic", "df", "p_value"]
    assert list(found["term"]) == ["x", "x", "sex", "sex"]
    one = fit.likelihood_ratio_test("x")
    assert_allclose(found["statistic"][0], one["statistic"][0], **EXACT)
    assert fitted(cohort(), formula=None).tests().empty


def test_what_lies_outside_the_bands_is_excluded_with_its_time():
    table = cohort(late=False)
    whole, part = (fitted(table, breaks=edges) for edges in ([0, np.inf], [0, 1, 2]))
    assert list(part.excluded) == ["reason", "rows", "events", "person_years"]
    years = (table["exit"] - table["origin"]).to_numpy()
    beyond = np.maximum(years - 2.0, 0.0).sum()
    assert_allclose(part.excluded["person_years"], beyond, **SUMMED)
    assert whole.excluded["person_years"].item() == 0.0
