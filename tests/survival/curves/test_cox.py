"""Cox models against coxph in R, and what holds of every fit."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.support import HERE, reference
from tests.tolerances import EXACT, ITERATED, SUMMED

from paraneo import TableError, cox_regression, log_rank
from paraneo.results.coefficients import COLUMNS

VALUES = reference("cox")
OLD = reference("survival")
DATA = pd.read_csv(HERE / "reference" / "survival" / "data.csv")
SEVERAL = {"formula": "~ x + age", "exit": "year", "event": "any"}
LATE = {"formula": "~ x", "exit": "out", "entry": "age", "event": "any"}
FITS = {
    "breslow": {**SEVERAL, "ties": "breslow"},
    "efron": SEVERAL,
    "strata": {**SEVERAL, "strata": "sex"},
    "late_strata": {**LATE, "strata": "sex"},
    "weights": {**SEVERAL, "weights": "w"},
    "cluster": {**SEVERAL, "cluster": "pair"},
    "everything": {**LATE, "strata": "sex", "weights": "w", "cluster": "pair"},
    "breslow_cluster": {
        **SEVERAL, "ties": "breslow", "strata": "sex", "weights": "w", "cluster": "pair",
    },
}  # fmt: skip


@pytest.fixture(params=["mgus2", "pbc"])
def study(request):
    data = DATA[DATA["study"] == request.param].reset_index(drop=True)
    made = data.assign(
        out=np.round(data["age"] + data["time"], 6),
        any=(data["event"] > 0).astype(int),
        second=data["sex"].isin(["f", "M"]).astype(int),
        year=np.ceil(data["time"]),
        w=1 + data["id"] % 3,
        pair=data["id"] // 2,
    )
    return made, request.param


@pytest.mark.parametrize("name", FITS)
def test_fits_agree_with_coxph(study, name):
    data, which = study
    fit, wanted = cox_regression(data, **FITS[name]), VALUES[which][name]
    assert_allclose(fit.coefficients["estimate"], np.ravel(wanted["coef"]), **ITERATED)
    assert_allclose(fit.covariance, np.atleast_2d(wanted["vcov"]), **ITERATED)
    found = [fit.null_log_likelihood, fit.log_likelihood]
    assert_allclose(found, wanted["loglik"], **SUMMED)
    if "cluster" not in FITS[name]:
        tests = fit.tests().set_index("test")["statistic"]
        assert_allclose(tests["score"], wanted["score"], **SUMMED)


def test_fits_of_untied_times_agree_with_coxph(study):
    data, which = study
    names = {"exit": "time", "event": "any"}
    fits = {
        "cox_efron": cox_regression(data, formula="~ x + second", **names),
        "cox_cause": cox_regression(data, exit="time", event="event", formula="~ x + second"),
        "cox_late": cox_regression(data, **LATE),
    }
    for name, fit in fits.items():
        wanted = OLD[which][name]
        assert_allclose(fit.coefficients["estimate"], np.ravel(wanted["coef"]), **ITERATED)
        assert_allclose(fit.covariance, np.atleast_2d(wanted["vcov"]), **ITERATED)
        assert_allclose(fit.log_likelihood, wanted["loglik"], **EXACT)
    assert list(fits["cox_efron"].coefficients) == list(COLUMNS)
    assert fits["cox_efron"].summary()["term"].tolist() == ["x", "second"]
    assert len(fits["cox_efron"].plot().get_yticks()) == 2


def test_the_partial_likelihood_by_hand():
    """Two of three have the event at once: Efron takes half of their risk off the second part."""
    people = {"t": [1, 1, 2], "what": [1, 1, 0], "x": [0.0, 1.0, 2.0]}
    for ties, second in (("efron", 0.5), ("breslow", 0.0)):
        fit = cox_regression(people, exit="t", event="what", formula="~ x", ties=ties)
        r = np.exp(fit.coefficients["estimate"][0] * np.array([0.0, 1.0, 2.0]))
        wanted = np.log(r[0] * r[1] / r.sum() / (r.sum() - second * (r[0] + r[1])))
        assert_allclose(fit.log_likelihood, wanted, **EXACT)
        assert_allclose(fit.null_log_likelihood, -np.log(3 * (3 - 2 * second)), **EXACT)


def test_weights_that_count_people_are_those_people():
    rng = np.random.default_rng(2)
    people = pd.DataFrame(
        {"t": rng.permutation(40) + 1.0, "what": rng.integers(0, 2, 40), "x": rng.normal(size=40)}
    )
    w = rng.integers(1, 4, 40)
    names = {"exit": "t", "event": "what", "formula": "~ x", "ties": "breslow"}
    once = cox_regression(people.assign(w=w), weights="w", **names)
    each = cox_regression(people.loc[people.index.repeat(w)], **names)
    assert_allclose(once.covariance, each.covariance, **SUMMED)
    assert_allclose(once.log_likelihood, each.log_likelihood, **SUMMED)


def test_rows_of_one_person_that_follow_on_each_other_change_nothing():
    rng = np.random.default_rng(5)
    end = rng.integers(2, 30, 80)
    people = pd.DataFrame(
        {"start": 0, "t": end, "what": rng.integers(0, 2, 80), "x": rng.normal(size=80)}
    )
    cut = end // 2
    halves = pd.concat([people.assign(t=cut, what=0), people.assign(start=cut)]).sample(
        frac=1, random_state=1
    )
    names = {"exit": "t", "event": "what", "entry": "start", "formula": "~ x"}
    whole, split = cox_regression(people, **names), cox_regression(halves, **names)
    assert_allclose(split.coefficients["estimate"], whole.coefficients["estimate"], **SUMMED)
    assert_allclose(split.covariance, whole.covariance, **SUMMED)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_unit_and_origin_of_a_covariate_change_nothing(study, unit):
    data, _ = study
    wanted = cox_regression(data, **SEVERAL).coefficients
    other = data.assign(x=data["x"] * unit, age=data["age"] + 1900)
    found = cox_regression(other, **SEVERAL).coefficients
    assert_allclose(found["estimate"] * [unit, 1], wanted["estimate"], **SUMMED)
    assert_allclose(found["p_value"], wanted["p_value"], **ITERATED)


def test_without_ties_the_score_test_is_the_log_rank_test(study):
    data, _ = study
    rng = np.random.default_rng(0)
    loose = data.assign(time=data["time"] + rng.uniform(0, 1e-3, len(data)))
    names = {"exit": "time", "event": "any"}
    late = loose.assign(start=loose["time"] * rng.uniform(0, 0.5, len(loose)))
    for people, more in ((loose, {}), (late, {"entry": "start"})):
        fit = cox_regression(people, formula="~ second", **names, **more)
        wanted = log_rank(people, by="second", **names, **more)
        assert_allclose(fit.tests()["statistic"][2], wanted.statistic, **SUMMED)


def test_bad_columns_and_options_are_reported():
    people = {
        "t": [1, 2, 3, 4, 5, 6, 7, 8],
        "what": [1, 1, 1, 1, 0, 0, 0, 0],
        "mark": [1, 1, 1, 1, 0, 0, 0, 0],
        "arm": list("aaaabbbb"),
        "w": [1, 1, 1, 1, 1, 1, 1, 0],
    }
    names = {"exit": "t", "event": "what", "formula": "~ mark"}
    with pytest.raises(TableError, match="'w' at row 7: must be above zero"):
        cox_regression(people, weights="w", **names)
    with pytest.raises(TableError, match="Did you mean 'efron'"):
        cox_regression(people, ties="efrom", **names)
    with pytest.raises(TableError, match="it has no covariate"):
        cox_regression(people, **{**names, "formula": "~ 1"})
