"""Log-rank tests of every weight and Gray's test, within strata, against R and lifelines."""

import numpy as np
import pandas as pd
import pytest
from lifelines.statistics import multivariate_logrank_test
from numpy.testing import assert_allclose
from tests.support import HERE, reference
from tests.tolerances import SUMMED

from paraneo import ParaneoWarning, cumulative_incidence, log_rank

VALUES = reference("group_tests")
DATA = pd.read_csv(HERE / "reference" / "survival" / "data.csv")
RANK = {
    "plain": {"exit": "year"},
    "peto": {"exit": "year", "test": "g-rho"},
    "late": {"exit": "time", "test": "g-rho", "rho": -0.5},
    "strata": {"exit": "year", "strata": "hospital"},
    "strata_peto": {"exit": "year", "strata": "hospital", "test": "g-rho"},
}


@pytest.fixture(params=["mgus2", "pbc"])
def study(request):
    data = DATA[DATA["study"] == request.param].reset_index(drop=True)
    made = data.assign(
        any=(data["event"] > 0).astype(int),
        year=np.ceil(data["time"]),
        third=data["id"] % 3,
        hospital=data["id"] % 4,
    )
    made["half"] = np.where((made["third"] == 0) & (made["event"] == 1), 0, made["event"])
    return made, VALUES[request.param]


@pytest.mark.parametrize("name", RANK)
def test_weighted_and_stratified_tests_agree_with_survdiff(study, name):
    data, values = study
    found = log_rank(data, event="any", by="third", **RANK[name])
    assert_allclose(found.statistic, values[name]["statistic"], **SUMMED)
    if "peto" not in name and name != "late":  # survdiff weights what it calls observed
        assert_allclose(found.groups["observed"], values[name]["observed"], **SUMMED)
        assert_allclose(found.groups["expected"], values[name]["expected"], **SUMMED)


@pytest.mark.parametrize(("test", "theirs"), [("gehan", "wilcoxon"), ("tarone-ware",) * 2])
def test_tests_weighted_by_numbers_at_risk_agree_with_lifelines(study, test, theirs):
    data, _ = study
    found = log_rank(data, exit="year", event="any", by="third", test=test)
    wanted = multivariate_logrank_test(data["year"], data["third"], data["any"], weightings=theirs)
    assert_allclose(found.statistic, wanted.test_statistic, **SUMMED)
    assert found.summary()["test"].tolist() == [test]


@pytest.mark.parametrize(
    ("name", "exit_", "event", "strata"),
    [
        ("gray", "time", "event", ()),
        ("gray_strata", "time", "event", "hospital"),
        ("gray_tied_strata", "year", "event", "hospital"),
        ("gray_empty", "time", "half", ()),
    ],
)
def test_gray_s_test_agrees_with_cuminc(study, name, exit_, event, strata):
    data, values = study
    by = ["third", "hospital"] if strata else "third"
    fit = cumulative_incidence(data, exit=exit_, event=event, cause=[1, 2], by=by)
    found = fit.gray_test(strata)
    assert_allclose(found["statistic"], values[name]["statistic"], **SUMMED)
    assert found["df"].tolist() == values[name]["df"]


@pytest.mark.parametrize("what", [[0] * 6, [1] * 6])
def test_where_nothing_is_compared_the_p_value_is_unknown_and_that_is_said(what):
    people = {"t": [2.0] * 6, "what": what, "arm": list("aabbcc")}
    with pytest.warns(ParaneoWarning, match="compares nothing"):
        found = log_rank(people, exit="t", event="what", by="arm").summary()
    fit = cumulative_incidence(people, exit="t", event="what", by="arm")
    with pytest.warns(ParaneoWarning, match="compares nothing"):
        gray = fit.gray_test()
    for test in (found, gray):
        assert test[["statistic", "df"]].to_numpy().tolist() == [[0, 0]]
        assert test["p_value"].isna().all()
