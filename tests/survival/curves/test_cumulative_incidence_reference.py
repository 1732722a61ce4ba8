"""Aalen-Johansen curves against survival, cmprsk and etm in R."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.support import HERE, kept, reference
from tests.tolerances import PRINTED, SUMMED

from paraneo import cumulative_incidence

VALUES = reference("survival")
DATA = pd.read_csv(HERE / "reference" / "survival" / "data.csv")
STUDIES = ["mgus2", "pbc"]


@pytest.fixture(params=STUDIES)
def study(request):
    data = DATA[DATA["study"] == request.param].reset_index(drop=True)
    return data.assign(out=np.round(data["age"] + data["time"], 6)), VALUES[request.param]


def curve(data, times, **options):
    fit = cumulative_incidence(data, exit="time", event="event", cause=[1, 2], **options)
    return fit.at(times).set_index("cause")


def close(found, wanted):
    assert_allclose(np.asarray(found, float), np.asarray(wanted, float), **SUMMED)


@pytest.mark.parametrize("scale", ["log-log", "log", "plain"])
def test_estimates_and_limits_agree_with_survfit(study, scale):
    data, peer = study
    found = curve(data, peer["times"], std_error="jackknife", interval=scale)
    wanted = {name: np.array(rows, float) for name, rows in peer["aalen_johansen"][scale].items()}
    for cause in (1, 2):
        part = found.loc[cause]
        close(part["estimate"], wanted["pstate"][:, cause])
        close(part["std_error"], wanted["se"][:, cause])
        # where nobody has had the event the peer has no interval, or one of width 0
        some = wanted["pstate"][:, cause] > 0
        close(part["lower"][some], wanted["lower"][some, cause])
        close(part["upper"][some], wanted["upper"][some, cause])
        assert (part["lower"][~some] == 0).all()
        assert (part["upper"][~some] > 0).all()
    close(found.loc[1, "at_risk"], wanted["n_risk"])


@pytest.mark.parametrize("scale", ["log-log", "log", "plain"])
def test_event_free_probability_is_kaplan_meier_of_any_event(study, scale):
    data, peer = study
    for std_error in ("greenwood", "jackknife"):
        fit = cumulative_incidence(
            data, exit="time", event="event", std_error=std_error, interval=scale
        )
        found, wanted = fit.event_free(peer["times"]), pd.DataFrame(peer["km"][scale])
        close(found["estimate"], wanted["surv"])
        close(found["std_error"], wanted["se"])
        close(found["lower"], wanted["lower"])


def test_variance_called_aalen_agrees_with_cuminc(study):
    data, peer = study
    found = curve(data, peer["times"], std_error="aalen")
    for cause in (1, 2):
        close(found.loc[cause, "estimate"], peer["cuminc"]["est"][cause - 1])
        close(found.loc[cause, "std_error"] ** 2, peer["cuminc"]["var"][cause - 1])


def test_three_causes_agree_with_cuminc_and_survfit(study):
    data, peer = study
    male = data["sex"].str.lower() == "m"
    data["event"] = data["event"].mask((data["event"] == 2) & male, 3)
    for std_error in ("aalen", "jackknife"):
        fit = cumulative_incidence(
            data, exit="time", event="event", cause=[1, 2, 3], std_error=std_error
        )
        found = fit.at(peer["times"]).set_index("cause")
        for cause in (1, 2, 3):
            close(found.loc[cause, "estimate"], peer["cuminc_three"]["est"][cause - 1])
            error = found.loc[cause, "std_error"]
            if std_error == "aalen":
                close(error**2, peer["cuminc_three"]["var"][cause - 1])
            else:
                close(error, np.array(peer["three"]["se"])[:, cause])


def test_events_at_time_zero_count(study):
    data, peer = study
    data.loc[:99, "time"] = 0.0
    data.loc[:99, "event"] = [1, 2] * 50
    found = curve(data, peer["times"], std_error="aalen", zero_time="include")
    for cause in (1, 2):
        close(found.loc[cause, "estimate"], peer["cuminc_zero"]["est"][cause - 1])
        close(found.loc[cause, "std_error"] ** 2, peer["cuminc_zero"]["var"][cause - 1])


def test_groups_and_grays_test_agree_with_cuminc(study):
    data, peer = study
    options = {"exit": "time", "event": "event", "cause": [1, 2], "by": "sex"}
    fit = cumulative_incidence(data, std_error="aalen", **options)
    found = fit.at(peer["times"]).set_index(["sex", "cause"])
    for k, name in enumerate(peer["by_sex"]["curves"]):
        sex, cause = name.split()
        known = np.array([x is not None for x in peer["by_sex"]["est"][k]])
        part = found.loc[(sex, int(cause))]
        wanted = (
            np.array(peer["by_sex"]["est"][k], float),
            np.array(peer["by_sex"]["var"][k], float),
        )
        close(part["estimate"][known], wanted[0][known])
        close(part["std_error"][known] ** 2, wanted[1][known])
    test = fit.gray_test()
    close(test["statistic"], peer["gray"]["chi2"])
    close(test["p_value"], peer["gray"]["p"])
    four = data.assign(part=data["id"] % 4)
    test = cumulative_incidence(four, **{**options, "by": "part"}).gray_test()
    close(test["statistic"], peer["gray_four"]["chi2"])
    close(test["p_value"], peer["gray_four"]["p"])
    assert test["df"].tolist() == [3, 3]


def test_late_entry_agrees_with_survfit_and_etm(study):
    data, peer = study
    start, ages = peer["ages"][0], np.array(peer["ages"][1:])
    options = {"exit": "out", "entry": "age", "event": "event", "cause": [1, 2]}
    for std_error in ("jackknife", "greenwood"):
        fit = cumulative_incidence(data, std_error=std_error, **options).given(start)
        found = fit.at(ages - start).set_index("cause")
        free = fit.event_free(ages - start)
        for cause in (1, 2):
            part = found.loc[cause]
            close(part["estimate"], np.array(peer["late"]["pstate"])[1:, cause])
            if std_error == "jackknife":
                close(part["std_error"], np.array(peer["late"]["se"])[1:, cause])
                close(free["std_error"], np.array(peer["late"]["se"])[1:, 0])
            else:
                close(part["estimate"], peer["etm"][f"cif{cause}"])
                close(part["std_error"] ** 2, peer["etm"][f"var{cause}"])
                close(free["std_error"] ** 2, peer["etm"]["var_surv"])
                close(free["std_error"], pd.DataFrame(peer["late_km"])["se"][1:])


@pytest.mark.parametrize("start", [1, 2])
def test_conditional_risk_agrees_with_survfit_started_late(study, start):
    data, peer = study
    times = np.array([t for t in peer["times"] if t > start], float)
    fit = cumulative_incidence(
        data, exit="time", event="event", cause=[1, 2], std_error="jackknife", interval="log"
    )
    found = fit.given(start).at(times - start).set_index("cause")
    wanted = peer["conditional"][str(start)]
    for cause in (1, 2):
        close(found.loc[cause, "estimate"], np.array(wanted["pstate"])[:, cause])
        close(found.loc[cause, "std_error"], np.array(wanted["se"])[:, cause])
        close(found.loc[cause, "upper"], np.array(wanted["upper"])[:, cause])


def test_mean_time_lost_agrees_with_the_restricted_mean(study):
    data, peer = study
    fit = cumulative_incidence(data, exit="time", event="event", cause=[1, 2])
    lost = fit.mean_time_lost(peer["tau"])
    close(lost["estimate"], np.array(peer["mean_time"]["table"])[1:, 2])
    close(peer["tau"] - lost["estimate"].sum(), peer["rmst"][0])
    any_event = data.assign(event=(data["event"] > 0).astype(int))
    lost = cumulative_incidence(any_event, exit="time", event="event").mean_time_lost(peer["tau"])
    close(lost["std_error"], peer["rmst"][1:])


def test_the_small_table_with_late_entry():
    """Sixty simulated people, with the values that survival in R gives for them."""
    data = pd.read_csv(kept("left_truncated") / "data.csv")
    options = {"exit": "t", "event": "e", "std_error": "jackknife"}
    late = cumulative_incidence(data, entry="ent", **options).at(5).iloc[0]
    assert_allclose(
        late[["estimate", "std_error"]].astype(float), [0.3592374, 0.0847867], **PRINTED[7]
    )
    never = cumulative_incidence(data, **options).at(5).iloc[0]
    assert_allclose(
        never[["estimate", "std_error"]].astype(float), [0.2826481, 0.0654388], **PRINTED[7]
    )
