"""Fine and Gray's model against cmprsk and finegray, and what holds of every fit."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.support import HERE, reference
from tests.tolerances import CONVERGED, ITERATED, SUMMED

from paraneo import ConvergenceWarning, TableError, cox_regression, fine_gray_regression

VALUES = reference("fine_gray")
DATA = pd.read_csv(HERE / "reference" / "survival" / "data.csv")
NAMES = {"exit": "time", "event": "event", "formula": "~ x + second"}
FITS = {
    "loose": {"exit": "loose"},
    "tied": {},
    "years": {"exit": "year"},
    "other": {"cause": 2},
    "late": {"exit": "loose", "entry": "start"},
}


@pytest.fixture(params=["mgus2", "pbc"])
def study(request):
    data = DATA[DATA["study"] == request.param].reset_index(drop=True)
    loose = data["time"] + data["id"] * 1e-6
    made = data.assign(
        year=np.ceil(data["time"]),
        second=data["sex"].isin(["f", "M"]).astype(int),
        loose=loose,
        start=np.where(data["id"] % 2 == 0, 0, loose * ((data["id"] % 7) / 10)),
    )
    return made, VALUES[request.param]


@pytest.mark.parametrize("name", FITS)
def test_fits_agree_with_r(study, name):
    data, values = study
    fit, wanted = fine_gray_regression(data, **{**NAMES, **FITS[name]}), values[name]
    assert_allclose(fit.coefficients["estimate"], wanted["coef"], **ITERATED)
    assert_allclose(fit.covariance, wanted["vcov"], **ITERATED)
    if "loglik" in wanted:
        found = [fit.null_log_likelihood, fit.log_likelihood]
        assert_allclose(found, wanted["loglik"], **SUMMED)


def test_without_competing_events_it_is_cox_s_model(study):
    data, _ = study
    alone = data.assign(event=(data["event"] > 0).astype(int))
    for more in ({}, {"exit": "loose", "entry": "start", "weights": "id"}):
        names = {**NAMES, **more}
        fit = fine_gray_regression(alone, **names)
        cox = cox_regression(alone, ties="breslow", **names)
        assert_allclose(fit.coefficients["estimate"], cox.coefficients["estimate"], **CONVERGED)
        assert_allclose(fit.log_likelihood, cox.log_likelihood, **CONVERGED)
    row = fine_gray_regression(alone, cluster="id", **NAMES).covariance
    robust = cox_regression(alone, ties="breslow", cluster="id", **NAMES).covariance
    assert_allclose(row, robust, **CONVERGED)


def test_weights_that_count_people_are_those_people(study):
    data, _ = study
    w = 1 + data["id"] % 3
    once = fine_gray_regression(data.assign(w=w), weights="w", **NAMES)
    each = fine_gray_regression(data.loc[data.index.repeat(w)].drop(columns="id"), **NAMES)
    assert_allclose(once.coefficients["estimate"], each.coefficients["estimate"], **CONVERGED)
    assert_allclose(once.covariance, each.covariance, **CONVERGED)
    half = fine_gray_regression(data.assign(w=w / 2), weights="w", **NAMES)
    assert_allclose(half.coefficients["estimate"], once.coefficients["estimate"], **CONVERGED)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_units_origins_and_order_change_nothing(study, unit):
    data, _ = study
    wanted = fine_gray_regression(data, **NAMES).coefficients
    other = data.assign(x=unit * (data["x"] + 2000), time=data["time"] * unit)
    found = fine_gray_regression(other.sample(frac=1, random_state=1), **NAMES).coefficients
    assert_allclose(found["estimate"] * [unit, 1], wanted["estimate"], **CONVERGED)
    assert_allclose(found["p_value"], wanted["p_value"], **CONVERGED)


def test_what_is_separated_unknown_or_empty_is_said():
    people = {"t": [1, 2, 3, 4], "what": [1, 1, 2, 2], "mark": [1, 1, 0, 0], "from": [0, 1.5, 2, 3]}
    names = {"exit": "t", "event": "what", "formula": "~ mark", "competing": 2}
    with pytest.warns(ConvergenceWarning, match="separated from those without by mark"):
        fit = fine_gray_regression(people, **names)
    row = fit.coefficients.iloc[0]
    assert row["ratio"] == np.inf
    assert np.isfinite(row["lower"])
    assert fit.tests()["statistic"].isna().all()
    assert "2 events, 2 competing" in repr(fit)
    with pytest.warns(ConvergenceWarning, match="there are no events"):
        fit = fine_gray_regression({**people, "what": [0] * 4}, **names)
    assert fit.coefficients["estimate"].isna().all()
    early = {**people, "what": [2, 1, 1, 1]}
    with pytest.raises(TableError, match="had just entered"):
        fine_gray_regression(early, entry="from", **names)
    assert len(fine_gray_regression(DATA[DATA["study"] == "pbc"], exit="time", event="event",
                                    formula="~ x").plot().get_yticks()) == 1  # fmt: skip
