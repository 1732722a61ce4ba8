"""The adapters to lifelines: our tables in, our frames out, R's values."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtri
from tests.support import HERE, reference
from tests.tolerances import COX, NONPARAMETRIC

from paraneo import (
    TableError,
    cox_regression,
    cumulative_incidence,
    kaplan_meier,
    log_rank,
    nelson_aalen,
)

VALUES = reference("survival")
DATA = pd.read_csv(HERE / "reference" / "survival" / "data.csv")
ANY = {"exit": "time", "event": "any"}


@pytest.fixture(params=["mgus2", "pbc"])
def study(request):
    data = DATA[DATA["study"] == request.param].reset_index(drop=True)
    return (
        data.assign(
            out=np.round(data["age"] + data["time"], 6),
            any=(data["event"] > 0).astype(int),
            second=data["sex"].isin(["f", "M"]).astype(int),
        ),
        VALUES[request.param],
    )


def test_kaplan_meier_and_nelson_aalen_agree_with_survfit(study):
    data, peer = study
    wanted = pd.DataFrame(peer["km"]["log-log"])
    found = kaplan_meier(data, **ANY).at(peer["times"])
    assert_allclose(found["estimate"], wanted["surv"], **NONPARAMETRIC)
    assert_allclose(found["lower"], wanted["lower"], **NONPARAMETRIC)
    assert_allclose(found["upper"], wanted["upper"], **NONPARAMETRIC)
    assert found["at_risk"].tolist() == wanted["n_risk"].tolist()
    found = nelson_aalen(data, **ANY).at(peer["times"])
    assert_allclose(found["estimate"], wanted["cumhaz"], **NONPARAMETRIC)
    reach = np.exp(-ndtri(0.025) * wanted["se_cumhaz"] / wanted["cumhaz"])
    assert_allclose(found["lower"], wanted["cumhaz"] / reach, **NONPARAMETRIC)
    assert_allclose(found["upper"], wanted["cumhaz"] * reach, **NONPARAMETRIC)


def test_where_one_is_left_the_hazard_is_in_doubt_and_a_certain_survival_has_no_limits():
    people = {"years": [1, 2, 3], "what": [1, 0, 1], "late": [0.5, 0, 0]}
    columns = {"exit": "years", "event": "what", "entry": "late"}
    hazard = nelson_aalen(people, **columns).at([0.2, 3])
    assert np.isnan(hazard["lower"][0])
    # 1/3 + 1/1, with variance 1/9 + 1
    reach = np.exp(-ndtri(0.025) * np.sqrt(10 / 9) / (4 / 3))
    assert_allclose(
        hazard.loc[1, ["estimate", "lower", "upper"]].astype(float),
        [4 / 3, 4 / 3 / reach, 4 / 3 * reach],
        **NONPARAMETRIC,
    )
    survival = kaplan_meier(people, **columns).at([0.2, 1, 3])
    assert survival["estimate"].round(9).tolist() == [1, 0.666666667, 0]
    assert np.isnan(survival[["lower", "upper"]]).all(axis=1).tolist() == [True, False, True]


def test_the_median_comes_from_the_fitted_object(study):
    data, peer = study
    fitter = kaplan_meier(data, **ANY).fitters[0]
    assert fitter.median_survival_time_ == pytest.approx(peer["quantiles"][2])


def test_late_entry_agrees_with_survfit(study):
    data, peer = study
    start = peer["ages"][0]
    data = data[data["out"] > start]
    data = data.assign(age=np.maximum(data["age"], start))
    found = kaplan_meier(data, exit="out", event="any", entry="age").at(peer["ages"][1:])
    assert_allclose(found["estimate"], pd.DataFrame(peer["late_km"])["surv"][1:], **NONPARAMETRIC)


def test_log_rank_agrees_with_survdiff(study):
    data, peer = study
    found = log_rank(data, by="sex", **ANY).iloc[0]
    assert_allclose(found["chi2"], peer["log_rank"]["chi2"], **NONPARAMETRIC)
    assert_allclose(found["p_value"], peer["log_rank"]["p"], **NONPARAMETRIC)


def test_cox_agrees_with_coxph(study):
    data, peer = study
    fits = {
        "cox_efron": cox_regression(data, formula="~ x + second", **ANY),
        "cox_cause": cox_regression(data, exit="time", event="event", formula="~ x + second"),
        "cox_late": cox_regression(data, exit="out", entry="age", event="any", formula="~ x"),
    }
    for name, fit in fits.items():
        wanted = peer[name]
        assert_allclose(fit.coefficients["coefficient"], np.ravel(wanted["coef"]), **COX)
        assert_allclose(fit.covariance, np.atleast_2d(wanted["vcov"]), **COX)
        assert fit.log_likelihood == pytest.approx(wanted["loglik"], rel=1e-12)
    assert fits["cox_efron"].summary()["term"].tolist() == ["x", "second"]
    assert len(fits["cox_efron"].plot().get_yticks()) == 2


def test_entry_at_the_time_of_an_event_is_not_at_risk_for_it():
    people = {"in": [0, 2, 0, 1], "out": [2, 4, 5, 3], "what": [1, 1, 0, 1]}
    names = {"exit": "out", "entry": "in", "event": "what"}
    found = kaplan_meier(people, **names).at([2, 3, 4])["estimate"]
    wanted = cumulative_incidence(people, **names).event_free([2, 3, 4])["estimate"]
    assert_allclose(found, wanted, rtol=1e-14)
    assert_allclose(found.iloc[0], 2 / 3)


def test_groups_and_pictures():
    data = DATA[DATA["study"] == "pbc"]
    found = kaplan_meier(data, exit="time", event="event", by="sex")
    assert found.at([0, 5])["sex"].tolist() == ["f", "f", "m", "m"]
    assert found.at([0])["estimate"].tolist() == [1, 1]
    assert len(found.plot().lines) == 2
    assert "survival) of 418 people" in repr(found)


def test_a_covariate_that_separates_is_told():
    people = {
        "t": [1, 2, 3, 4, 5, 6, 7, 8],
        "what": [1, 1, 1, 1, 0, 0, 0, 0],
        "mark": [1, 1, 1, 1, 0, 0, 0, 0],
        "arm": list("aaaabbbb"),
    }
    with pytest.raises(TableError, match="no finite estimate was found"):
        cox_regression(people, exit="t", event="what", formula="~ mark")
    with pytest.raises(TableError, match="events in fewer than two groups"):
        log_rank(people, exit="t", event="what", by="arm")
