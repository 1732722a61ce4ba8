"""Weights of people: those that count people, and those that do not, against R and laws."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.support import HERE, reference
from tests.tolerances import CLOSED_FORM, SUMMED

from paraneo import (
    ArgumentError,
    TableError,
    cumulative_incidence,
    kaplan_meier,
    log_rank,
    nelson_aalen,
)

VALUES = reference("weights")
DATA = pd.read_csv(HERE / "reference" / "survival" / "data.csv")
AT = [1, 3, 6, 10]
ANY, WHAT = {"exit": "time", "event": "any"}, {"exit": "time", "event": "event", "cause": [1, 2]}
SHOWN = ["at_risk", "estimate", "lower", "upper", "std_error"]


@pytest.fixture(params=["mgus2", "pbc"])
def study(request):
    data = DATA[DATA["study"] == request.param].reset_index(drop=True)
    made = data.assign(
        any=(data["event"] > 0).astype(int),
        ip=1 / (0.2 + (data["id"] % 5) / 8),
        w=1 + data["id"] % 3,
        loose=data["time"] + data["id"] * 1e-6,
        third=data["id"] % 3,
        start=np.where(data["id"] % 2 == 0, 0, data["time"] * ((data["id"] % 7) / 10)),
    )
    return made, VALUES[request.param]


@pytest.mark.parametrize("late", ["", "_late"])
def test_kaplan_meier_agrees_with_survfit(study, late):
    data, values = study
    more = {"entry": "start"} if late else {}
    found = kaplan_meier(data, **ANY, **more, weights="ip").at(AT)
    wanted = values[f"km{late}"]
    for ours, theirs in zip(
        ["estimate", "std_error", "lower", "upper"],
        ["surv", "se", "lower", "upper"],
        strict=True,
    ):
        assert_allclose(found[ours], wanted[theirs], **SUMMED)
    if not late:  # between events survfit gives the number at the next one, ours is that then
        assert_allclose(found["at_risk"], wanted["at_risk"], **SUMMED)


def test_nelson_aalen_agrees_with_survfit(study):
    data, values = study
    found = nelson_aalen(data, **ANY, weights="ip").at(AT)
    assert_allclose(found["estimate"], values["na"]["cumhaz"], **SUMMED)
    assert_allclose(found["std_error"], values["na"]["se"], **SUMMED)


@pytest.mark.parametrize("late", ["", "_late"])
def test_cumulative_incidence_agrees_with_survfit(study, late):
    data, values = study
    more = {"entry": "start"} if late else {}
    fit = cumulative_incidence(data, **WHAT, **more, weights="ip")
    assert fit.std_error == "jackknife"
    found, wanted = fit.at(AT), values[f"cif{late}"]
    for ours, theirs in (("estimate", "pstate"), ("std_error", "se")):
        assert_allclose(found[ours], np.transpose(wanted[theirs]).ravel(), **SUMMED)


def test_the_log_rank_test_is_the_robust_score_test(study):
    data, values = study
    found = log_rank(data, exit="loose", event="any", by="third", weights="ip")
    assert_allclose(found.statistic, values["rank"], **SUMMED)
    assert found.df == 2


def test_weights_that_count_people_are_those_people(study):
    data, _ = study
    each = data.loc[data.index.repeat(data["w"])].drop(columns="id")
    for verb, names in ((kaplan_meier, ANY), (nelson_aalen, ANY), (cumulative_incidence, WHAT)):
        for more in ({}, {"entry": "start", "by": "third"}):
            once = verb(data.drop(columns="id"), **names, **more, weights="w").summary()
            whole = verb(each, **names, **more).summary()
            assert_allclose(once[SHOWN], whole[SHOWN], **SUMMED)
    jackknife = [
        cumulative_incidence(table, **WHAT, std_error="jackknife", entry="start", **more)
        for table, more in ((data, {"weights": "w"}), (each, {}))
    ]
    assert_allclose(*(fit.summary()[SHOWN] for fit in jackknife), **SUMMED)
    for test in ("log-rank", "gehan", "g-rho"):
        names = {**ANY, "by": "third", "test": test}
        once, whole = log_rank(data, weights="w", **names), log_rank(each, **names)
        assert_allclose(once.statistic, whole.statistic, **SUMMED)
        assert once.groups["observed"].tolist() == whole.groups["observed"].tolist()


def test_weights_of_one_size_are_none(study):
    """The influences' variance of a Kaplan-Meier curve is Greenwood's, whatever the size."""
    data, _ = study
    found = kaplan_meier(data.assign(ip=0.3), **ANY, weights="ip").summary()
    wanted = kaplan_meier(data, **ANY).summary()
    assert_allclose(found[SHOWN[1:]], wanted[SHOWN[1:]], **SUMMED)
    assert_allclose(found["at_risk"], 0.3 * wanted["at_risk"], **CLOSED_FORM)


def test_nobody_with_weights_has_an_exact_limit():
    people = {"t": [4.0] * 4, "what": [0] * 4, "w": [0.5, 0.5, 1.0, 2.0]}
    found = kaplan_meier(people, exit="t", event="what", weights="w").at([1.0])
    assert_allclose(found["lower"], 0.025 ** (5.5 / 16), **CLOSED_FORM)


def test_what_weights_do_not_go_with_is_named(study):
    data, _ = study
    with pytest.raises(TableError, match="'greenwood' counts people"):
        cumulative_incidence(data, **WHAT, weights="ip", std_error="greenwood")
    fit = cumulative_incidence(data, **WHAT, weights="w", by="third")
    with pytest.raises(ArgumentError, match="Gray's test does not support weights"):
        fit.gray_test()
    with pytest.raises(TableError, match="must be above zero"):
        kaplan_meier(data.assign(w=0), **ANY, weights="w")
