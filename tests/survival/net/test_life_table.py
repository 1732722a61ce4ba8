"""Life tables against popEpi, and against curves without intervals."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.support import HERE, reference
from tests.tolerances import COARSE, NUMERICAL, PRINTED, SUMMED

from paraneo import TableError, cumulative_incidence, life_table
from paraneo.survival.net import _intervals

PEER = reference("life_table")
PEOPLE = pd.read_csv(HERE / "reference" / "life_table" / "people.csv")


def table(**options):
    names = {"exit": "years", "event": "event", "breaks": PEER["breaks"]}
    found = life_table(PEOPLE, **{**names, **options}).summary()
    return found.set_index("quantity")


@pytest.mark.parametrize(
    ("form", "limits", "name"),
    [
        ("hazard", "log-log", "hazard"),
        ("actuarial", "log-log", "actuarial"),
        ("hazard", "plain", "plain"),
    ],
)
def test_observed_survival_agrees_with_survtab(form, limits, name):
    found, peer = table(form=form, interval=limits).loc["observed"], PEER[name]
    for ours, theirs in {
        "estimate": "surv.obs",
        "lower": "surv.obs.lo",
        "upper": "surv.obs.hi",
        "std_error": "SE.surv.obs",
        "events": "d",
        **({"person_time": "pyrs"} if form == "hazard" else {"at_risk": "n", "censored": "n.cens"}),
    }.items():
        assert_allclose(found[ours], peer[theirs], **SUMMED)


def test_cause_specific_survival_and_incidence_agree_with_survtab():
    found = table()
    peer = PEER["cause"]
    assert_allclose(found.loc["cause-specific", "estimate"], peer["surv.obs.cancer"], **SUMMED)
    assert_allclose(found.loc["cause-specific", "std_error"], peer["SE.surv.obs.cancer"], **SUMMED)
    assert_allclose(found.loc["incidence", "estimate"], PEER["incidence"]["CIF_cancer"], **SUMMED)


def test_groups_agree_with_survtab():
    found = table(by="older").loc["observed"]
    assert_allclose(found["estimate"], PEER["older"]["surv.obs"], **SUMMED)
    assert found["older"].tolist() == PEER["older"]["older"]


def test_incidence_error_is_that_of_its_derivatives():
    at = _intervals.Counts(
        np.array([60.0, 40, 20]),
        np.array([5.0, 6, 8]),
        np.array([15.0, 14, 2]),
        np.array([6.0, 5, 0]),
        np.array([50.0, 60, 40]),
    )
    width = np.array([1.0, 2.0, 2.0])
    total = np.zeros(3)
    for mine in (True, False):
        count = at.cause if mine else at.events - at.cause
        for k in range(3):
            step = 1e-5 * (np.arange(3) == k)
            ends = [
                _intervals.incidence(
                    at._replace(events=at.events + s, cause=at.cause + s * mine), width
                ).value
                for s in (step, -step)
            ]
            total += ((ends[0] - ends[1]) / 2e-5) ** 2 * count[k]
    assert_allclose(_intervals.incidence(at, width).error, np.sqrt(total), **NUMERICAL)


def test_narrow_intervals_tend_to_the_curve_without_intervals():
    fine = table(breaks=np.arange(0, 5.0001, 1 / 200)).loc["incidence"]
    curve = cumulative_incidence(PEOPLE, exit="years", event="event").at(fine["end"])
    assert_allclose(fine["estimate"], curve["estimate"], **COARSE)
    assert_allclose(fine["std_error"], curve["std_error"], **PRINTED[3])


def test_pictures_and_bad_input():
    options = {"exit": "years", "event": "event", "by": "older", "breaks": PEER["breaks"]}
    assert len(life_table(PEOPLE, **options).plot().lines) == 2
    with pytest.raises(TableError, match="breaks must rise from 0"):
        life_table(PEOPLE, **{**options, "breaks": [0, 2, 1]})
    with pytest.raises(TableError, match="the actuarial method does not support delayed entry"):
        life_table(PEOPLE, **options, entry="event", form="actuarial")
