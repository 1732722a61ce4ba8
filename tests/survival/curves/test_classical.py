"""Kaplan-Meier, Nelson-Aalen and log-rank against survival in R and lifelines."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtri
from tests.support import HERE, reference
from tests.tolerances import EXACT, SUMMED

from paraneo import (
    TableError,
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
    assert_allclose(found["estimate"], wanted["surv"], **SUMMED)
    assert_allclose(found["lower"], wanted["lower"], **SUMMED)
    assert_allclose(found["upper"], wanted["upper"], **SUMMED)
    assert_allclose(found["std_error"], wanted["se"], **SUMMED)
    assert found["at_risk"].tolist() == wanted["n_risk"].tolist()
    found = nelson_aalen(data, **ANY).at(peer["times"])
    assert_allclose(found["estimate"], wanted["cumhaz"], **SUMMED)
    reach = np.exp(-ndtri(0.025) * wanted["se_cumhaz"] / wanted["cumhaz"])
    assert_allclose(found["lower"], wanted["cumhaz"] / reach, **SUMMED)
    assert_allclose(found["upper"], wanted["cumhaz"] * reach, **SUMMED)


def test_where_one_is_left_the_hazard_is_in_doubt_and_the_edges_have_exact_limits():
    people = {"years": [1, 2, 3], "what": [1, 0, 1], "late": [0.5, 0, 0]}
    columns = {"exit": "years", "event": "what", "entry": "late"}
    hazard = nelson_aalen(people, **columns).at([0.2, 3])
    # two are at risk by 0.2 and nobody has had the event: (1 - q)^2 = 0.025
    assert_allclose(hazard["upper"][0], -np.log(0.025) / 2, **EXACT)
    # 1/3 + 1/1, with variance 1/9 + 1
    reach = np.exp(-ndtri(0.025) * np.sqrt(10 / 9) / (4 / 3))
    assert_allclose(
        hazard.loc[1, ["estimate", "lower", "upper"]].astype(float),
        [4 / 3, 4 / 3 / reach, 4 / 3 * reach],
        **SUMMED,
    )
    survival = kaplan_meier(people, **columns).at([0.2, 1, 3])
    assert survival["estimate"].round(9).tolist() == [1, 0.666666667, 0]
    middle = survival["upper"][1]
    assert_allclose(survival["lower"], [0.025**0.5, survival["lower"][1], 0.0], **EXACT)
    assert_allclose(survival["upper"], [1.0, middle, middle * 0.975], **EXACT)


def test_quantiles_agree_with_survfit(study):
    data, peer = study
    found = kaplan_meier(data, **ANY).quantiles([0.1, 0.25, 0.5])
    assert_allclose(found["estimate"], peer["quantiles"], **EXACT)
    assert (found["lower"] < found["estimate"]).all()


def test_late_entry_agrees_with_survfit(study):
    data, peer = study
    start = peer["ages"][0]
    data = data[data["out"] > start]
    data = data.assign(age=np.maximum(data["age"], start))
    found = kaplan_meier(data, exit="out", event="any", entry="age").at(peer["ages"][1:])
    assert_allclose(found["estimate"], pd.DataFrame(peer["late_km"])["surv"][1:], **SUMMED)


def test_log_rank_agrees_with_survdiff(study):
    data, peer = study
    found = log_rank(data, by="sex", **ANY).summary().iloc[0]
    assert_allclose(found["statistic"], peer["log_rank"]["chi2"], **SUMMED)
    assert_allclose(found["p_value"], peer["log_rank"]["p"], **SUMMED)


def test_entry_at_the_time_of_an_event_is_not_at_risk_for_it():
    people = {"in": [0, 2, 0, 1], "out": [2, 4, 5, 3], "what": [1, 1, 0, 1]}
    names = {"exit": "out", "entry": "in", "event": "what"}
    found = kaplan_meier(people, **names).at([2, 3, 4])["estimate"]
    wanted = cumulative_incidence(people, **names).event_free([2, 3, 4])["estimate"]
    assert_allclose(found, wanted, **EXACT)
    assert_allclose(found.iloc[0], 2 / 3, **EXACT)


def test_lifelines_says_the_same(study):
    from lifelines import KaplanMeierFitter, NelsonAalenFitter
    from lifelines.statistics import multivariate_logrank_test

    data, _ = study
    ends = data["time"], data["any"]
    fitter = KaplanMeierFitter().fit(*ends)
    times = np.linspace(0.5, 10, 9)
    curve = kaplan_meier(data, **ANY)
    assert_allclose(curve.at(times)["estimate"], fitter.predict(times), **SUMMED)
    assert_allclose(curve.quantiles()["estimate"], fitter.median_survival_time_, **EXACT)
    fitter = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(*ends)
    found = nelson_aalen(data, **ANY).at(times)["estimate"]
    assert_allclose(found, fitter.predict(times), **SUMMED)
    test = multivariate_logrank_test(data["time"], data["id"] % 4, data["any"])
    found = log_rank(data.assign(part=data["id"] % 4), by="part", **ANY)
    assert_allclose(found.statistic, test.test_statistic, **SUMMED)


def test_groups_and_pictures():
    data = DATA[DATA["study"] == "pbc"]
    found = kaplan_meier(data, exit="time", event="event", by="sex")
    assert found.at([0, 5])["sex"].tolist() == ["f", "f", "m", "m"]
    assert found.at([0])["estimate"].tolist() == [1, 1]
    assert len(found.plot().lines) == 2
    assert "survival) of 418 people" in repr(found)


def test_groups_of_which_one_has_all_the_events_are_compared():
    people = {
        "t": [1, 2, 3, 4, 5, 6, 7, 8],
        "what": [1, 1, 1, 1, 0, 0, 0, 0],
        "arm": list("aaaabbbb"),
    }
    apart = log_rank(people, exit="t", event="what", by="arm")
    assert apart.groups["observed"].tolist() == [4, 0]
    expected = 4 / 8 + 3 / 7 + 2 / 6 + 1 / 5
    assert_allclose(apart.groups["expected"], [expected, 4 - expected], **EXACT)
    with pytest.raises(TableError, match="there is only one group"):
        log_rank(people, exit="t", event="what", by=())
    never = {**people, "arm": list("aabbcccc"), "t": [1, 2, 3, 4, 9, 9, 9, 9]}
    assert log_rank(never, exit="t", event="what", by="arm").df == 2
