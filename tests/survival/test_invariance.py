"""No fit depends on the unit or origin of a covariate, the unit of time, or the order of rows."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.tolerances import CONVERGED

from paraneo import (
    ConvergenceWarning,
    cox_regression,
    cumulative_incidence,
    excess_hazard,
    kaplan_meier,
    life_table,
    log_rank,
    occult_cancer,
)

UNITS = st.sampled_from([1e-9, 1e-3, 1.0, 40.0, 1e9])
ORIGINS = st.sampled_from([0.0, 0.3, -7.0, 2000.0, 1e5])


def people(n=160, seed=8):
    """Times in whole months, two causes, delayed entry, a covariate, groups and pairs."""
    rng = np.random.default_rng(seed)
    x, arm = rng.normal(size=n), rng.choice(["a", "b"], n)
    event = np.ceil(40 * rng.exponential(np.exp(-0.5 * x)))
    gone = np.ceil(rng.uniform(1, 90, n))
    what = np.where(event <= gone, rng.integers(1, 3, n), 0)
    end = np.minimum(event, gone)
    return pd.DataFrame(
        {
            "end": end, "start": np.where(rng.random(n) < 0.3, end - 1, 0.0), "what": what, "x": x,
            "arm": arm, "pair": np.arange(n) // 2, "w": rng.integers(1, 4, n),
            "site": rng.integers(0, 3, n),
        }
    )  # fmt: skip


PEOPLE = people()
TIMES = {"exit": "end", "event": "what"}
COX = {
    "efron": {},
    "breslow late": {"ties": "breslow", "entry": "start"},
    "exact strata": {"ties": "exact", "strata": "site"},
    "firth": {"penalty": "firth", "interval": "profile"},
    "cluster": {"cluster": "pair", "weights": "w", "strata": "site", "entry": "start"},
}
EXCESS = {
    "bands": {"breaks": [0, 12, 36, np.inf]},
    "bands by arm": {"breaks": [0, 12, 36, np.inf], "by": "arm"},
    "spline": {"shape": "spline", "breaks": 1},
    "changing": {"shape": "spline", "breaks": 1, "time_varying": "x"},
}


def cox(table, way):
    return cox_regression(table, formula="~ x + arm", **TIMES, **COX[way])


@cache
def cox_of(way):
    return cox(PEOPLE, way)


@pytest.mark.parametrize("way", list(COX))
@given(at=ORIGINS, unit=UNITS, turned=st.booleans(), of_time=UNITS, seed=st.integers(0, 99))
@settings(max_examples=5, deadline=None)
def test_a_cox_model(way, at, unit, turned, of_time, seed):
    step = -unit if turned else unit
    other = PEOPLE.assign(x=step * (PEOPLE["x"] + at))
    other = other.assign(end=other["end"] * of_time, start=other["start"] * of_time)
    found, wanted = cox(other.sample(frac=1, random_state=seed), way), cox_of(way)
    scale = np.array([step, 1.0])
    one, two = found.coefficients, wanted.coefficients
    assert_allclose(one["estimate"] * scale, two["estimate"], **CONVERGED)
    assert_allclose(one["std_error"] * np.abs(scale), two["std_error"], **CONVERGED)
    sides = ["upper", "lower"] if turned else ["lower", "upper"]
    assert_allclose(one[sides[0]][0] * step, two["lower"][0], **CONVERGED)
    assert_allclose(one[sides[1]][0] * step, two["upper"][0], **CONVERGED)
    assert_allclose(found.log_likelihood, wanted.log_likelihood, **CONVERGED)
    curves = [
        fit.survival_function([12 * u, 30 * u], {"x": x, "arm": "b"})["upper"]
        for fit, u, x in ((found, of_time, step * (0.4 + at)), (wanted, 1.0, 0.4))
    ]
    assert_allclose(*curves, **CONVERGED)
    tests = [fit.time_dependence_test("km")["statistic"] for fit in (found, wanted)]
    assert_allclose(*tests, **CONVERGED)


@pytest.mark.parametrize("way", list(EXCESS))
@given(of_time=st.sampled_from([1e-9, 1e-3, 40.0, 365.25]), seed=st.integers(0, 99))
@settings(max_examples=4, deadline=None)
def test_an_excess_hazard_without_a_background(way, of_time, seed):
    asked = EXCESS[way]
    other = PEOPLE.assign(end=PEOPLE["end"] * of_time, start=PEOPLE["start"] * of_time)
    moved = dict(asked)
    if isinstance(asked["breaks"], list):
        moved["breaks"] = [edge * of_time for edge in asked["breaks"]]
    names = {**TIMES, "entry": "start", "formula": "x"}
    found = excess_hazard(other.sample(frac=1, random_state=seed), **names, **moved)
    wanted = excess_hazard(PEOPLE, **names, **asked)
    at = {"x": 0.3, **({"arm": "b"} if "by" in asked else {})}
    one = found.hazard(np.array([6.0, 20.0]) * of_time, at).iloc[:, -3:] * of_time
    two = wanted.hazard([6.0, 20.0], at).iloc[:, -3:]
    assert_allclose(one, two, **CONVERGED)
    total = [fit.cumulative_hazard([20.0 * u], at).iloc[:, -3:]
             for fit, u in ((found, of_time), (wanted, 1.0))]  # fmt: skip
    assert_allclose(*total, **CONVERGED)


@given(of_time=UNITS, seed=st.integers(0, 99))
@settings(max_examples=6, deadline=None)
def test_curves_tests_and_life_tables(of_time, seed):
    other = PEOPLE.assign(end=PEOPLE["end"] * of_time, start=PEOPLE["start"] * of_time)
    other = other.sample(frac=1, random_state=seed)
    shown = ["estimate", "lower", "upper", "std_error"]
    names = {**TIMES, "entry": "start", "by": "arm"}
    for verb in (kaplan_meier, cumulative_incidence):
        one = verb(other, **names).at(np.array([12.0, 40.0]) * of_time)
        assert_allclose(one[shown], verb(PEOPLE, **names).at([12.0, 40.0])[shown], **CONVERGED)
    breaks = np.array([0.0, 12.0, 40.0, 90.0])
    tables = [life_table(table, breaks=breaks * u, **names).summary()
              for table, u in ((other, of_time), (PEOPLE, 1.0))]  # fmt: skip
    assert_allclose(tables[0][shown], tables[1][shown], **CONVERGED)
    tests = [log_rank(table, **names, test="tarone-ware").statistic for table in (other, PEOPLE)]
    assert_allclose(*tests, **CONVERGED)
    gray = [cumulative_incidence(table, by="arm", **TIMES).gray_test()["statistic"]
            for table in (other, PEOPLE)]  # fmt: skip
    assert_allclose(*gray, **CONVERGED)


@given(at=st.sampled_from([0.0, -7.0, 2000.0]), unit=UNITS, seed=st.integers(0, 99))
@settings(max_examples=3, deadline=None)
def test_an_occult_cancer_model(at, unit, seed):
    table = PEOPLE.assign(end=PEOPLE["end"] / 12, hit=(PEOPLE["what"] == 1).astype(int))
    asked = {"exit": "end", "event": "hit", "distribution": "exponential", "formula": "x"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        wanted = occult_cancer(table, **asked)
        other = table.assign(x=unit * (table["x"] + at)).sample(frac=1, random_state=seed)
        found = occult_cancer(other, **asked)
    assert_allclose(found.log_likelihood, wanted.log_likelihood, **CONVERGED)
    one, two = (fit.coefficients.set_index("term")["estimate"] for fit in (found, wanted))
    effects = [term for term in two.index if "x" in term and "Intercept" not in term]
    assert effects
    assert_allclose(one[effects] * unit, two[effects], **CONVERGED)
