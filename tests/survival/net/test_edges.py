"""Net survival, crude probabilities and life tables where nobody has died."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.tolerances import CLOSED_FORM, EXACT

from paraneo import crude_probabilities, life_table, net_survival, rate_table

FLAT = rate_table({"age": [0], "rate": [0.02]}, rate="rate")
PEOPLE = {
    "born": [1950.0] * 5, "start": [2000.0] * 5, "stop": [2001.0, 2002, 2003, 2004, 2005],
    "dead": [0] * 5, "arm": list("aabbb"),
}  # fmt: skip
NAMES = {"birth": "born", "entry": "start", "exit": "stop", "event": "dead", "rates": FLAT}
LIVED = {"birth": "born", "origin": "start", "exit": "stop", "event": "dead", "rates": FLAT}


@pytest.mark.parametrize("interval", ["log-log", "log", "plain"])
def test_net_survival_without_deaths_runs_from_what_no_death_allows_to_the_estimate(interval):
    found = net_survival(PEOPLE, **NAMES, form="exponential", interval=interval).at([1, 3, 5])
    estimate = np.exp(0.02 * np.array([1, 3, 5]))
    assert_allclose(found["estimate"], estimate, **EXACT)
    assert_allclose(found["upper"], estimate, **EXACT)
    assert_allclose(found["lower"], estimate * 0.025 ** (1 / np.array([5, 3, 1])), **EXACT)


@pytest.mark.parametrize("method", ["pohar-perme", "ederer2", "ederer1", "hakulinen"])
def test_every_method_takes_a_group_without_deaths(method):
    people = {**PEOPLE, "dead": [1, 0, 0, 0, 0]}
    found = net_survival(people, **NAMES, method=method, by="arm").summary()
    wide = (found["upper"] - found["lower"])[found["time"] > 0]
    assert (wide > 0).all()
    assert found[found["arm"] == "b"]["upper"].notna().sum() == 3


def test_crude_probabilities_without_deaths():
    found = crude_probabilities(PEOPLE, **NAMES).at([3]).set_index("cause")
    risk = 1 - 0.025 ** (1 / 3)
    assert_allclose(
        found.loc["disease", ["estimate", "lower", "upper"]].astype(float),
        [-0.06, -0.06, -0.06 + risk],
        **EXACT,
    )
    assert_allclose(
        found.loc["population", ["estimate", "lower", "upper"]].astype(float),
        [0.06, 0.06 * (1 - risk), 0.06],
        **EXACT,
    )


def test_where_net_survival_exceeds_one_the_interval_is_on_the_log_scale():
    """One early death of many, and a background that makes up for it."""
    rates = rate_table({"age": [0], "rate": [0.1]}, rate="rate")
    n = 40
    people = {
        "born": [1950.0] * n, "start": [2000.0] * n, "stop": [2000.5, *[2005.0] * (n - 1)],
        "dead": [1, *[0] * (n - 1)],
    }  # fmt: skip
    found = {
        interval: net_survival(people, **{**NAMES, "rates": rates}, interval=interval).at([0.5, 4])
        for interval in ("log-log", "log")
    }
    assert found["log"]["estimate"].gt(1).tolist() == [True, True]
    assert_allclose(found["log-log"]["lower"], found["log"]["lower"], **EXACT)
    assert "log where the estimate is 1 or more" in repr(net_survival(people, **NAMES))


def test_a_life_table_without_events():
    """Person-time 4.5 and 3.5 in the first two years: the second is the weaker."""
    people = {**PEOPLE, "stop": [2000.5, 2001.5, 2003.0, 2004.0, 2005.0]}
    whole = life_table(people, **LIVED, breaks=[0, 1, 2])
    found = whole.summary().set_index("quantity")
    hazard = -np.log(0.025) / np.array([4.5, 3.5])
    assert_allclose(found.loc["observed", "lower"], np.exp(-hazard), **EXACT)
    assert_allclose(found.loc["observed", "upper"], 1.0, **EXACT)
    assert_allclose(found.loc["incidence", "upper"], -np.expm1(-hazard), **EXACT)
    relative = np.exp(0.02 * np.array([1, 2]))
    assert_allclose(found.loc["relative", "upper"], relative, **EXACT)
    assert_allclose(found.loc["relative", "lower"], relative * np.exp(-hazard), **EXACT)
    assert whole.excluded.to_dict("records") == [
        {"reason": "after the last break", "rows": 3, "events": 0, "person_years": 6.0}
    ]
    assert len(whole.plot().lines) == 1


def test_the_actuarial_limit_is_that_of_none_of_those_exposed():
    people = {"years": [0.5, 2, 2, 2], "dead": [0] * 4}
    found = life_table(people, exit="years", event="dead", breaks=[0, 1, 2], form="actuarial")
    lower = found.summary().set_index("quantity").loc["observed", "lower"]
    assert_allclose(lower, [0.025 ** (1 / 3.5), 0.025 ** (1 / 1.5)], **CLOSED_FORM)


def test_no_width_is_zero_in_a_life_table_of_groups():
    rng = np.random.default_rng(1)
    people = pd.DataFrame(PEOPLE | {"dead": [0, 1, 0, 0, 0]}).sample(
        60, replace=True, random_state=1
    )
    people["stop"] += rng.uniform(0, 1, 60)
    for interval in ("log-log", "log", "plain"):
        found = life_table(
            people, **LIVED, breaks=[0, 1, 2, 3], by="arm", interval=interval
        ).summary()
        wide = found["upper"] - found["lower"]
        assert (wide[wide.notna()] > 0).all()
        assert wide.notna().all()


def test_where_all_died_at_once_curves_have_limits():
    """All of 6 die at one time: exact limits of nobody left, 1 - 0.025^(1/6)."""
    people = {k: [v[0]] * 6 for k, v in PEOPLE.items()} | {"dead": [1] * 6}
    few = 1 - 0.025 ** (1 / 6)
    found = crude_probabilities(people, **NAMES).at([1]).set_index("cause")
    assert_allclose(found.loc["disease", ["estimate", "upper"]].astype(float), 0.98, **EXACT)
    assert_allclose(found.loc["disease", "lower"], 0.98 - few, **EXACT)
    assert_allclose(found.loc["population", "lower"], 0.02 * (1 - few), **EXACT)
    for interval in ("log-log", "log", "plain"):
        net = net_survival(people, **NAMES, method="ederer1", interval=interval).at([1])
        assert_allclose(net[["estimate", "lower", "upper"]], [[0, 0, few]], **EXACT)
    people["stop"] = [2.0] * 6
    table = life_table(people, exit="stop", event="dead", breaks=[0, 3], form="actuarial")
    observed = table.summary().set_index("quantity").loc["observed", ["lower", "upper"]]
    assert_allclose(observed.astype(float), [0.0, few], **EXACT)


def test_a_standard_over_groups_without_deaths_adds_their_distances():
    names = {**LIVED, "by": "arm", "breaks": [0, 1]}
    whole = life_table(PEOPLE, **names)
    found = whole.standardised("arm", {"a": 1, "b": 3}).summary()
    own = whole.summary()
    for quantity, part in own.groupby("quantity"):
        row = found[found["quantity"] == quantity].iloc[0]
        down = (part["estimate"] - part["lower"]).to_numpy() * [0.25, 0.75]
        assert_allclose(row["estimate"] - row["lower"], np.sqrt(down @ down), **EXACT)
    assert (found["upper"] > found["lower"]).all()


def test_standardised_curves_are_weighted_means_of_the_groups_curves():
    rng = np.random.default_rng(4)
    people = pd.DataFrame(PEOPLE).sample(80, replace=True, random_state=1, ignore_index=True)
    people["stop"] += rng.uniform(0, 1, 80)
    people["dead"] = (rng.random(80) < 0.8).astype(int)
    people["sex"], people["arm"] = rng.choice(["f", "m"], 80), rng.choice(["a", "b"], 80)
    fit = net_survival(people, **NAMES, by=["arm", "sex"])
    weights = {"a": 1, "b": 3}
    found = fit.standardised("arm", weights, times=[0.0, 1.0, 3.8])
    assert found["sex"].tolist() == ["f"] * 3 + ["m"] * 3
    own = fit.at([0.0, 1.0, 3.8]).pivot_table(
        ["estimate", "std_error", "at_risk"], ["sex", "time"], "arm"
    )
    share = np.array([0.25, 0.75])
    assert_allclose(found["estimate"], own["estimate"] @ share, **EXACT)
    assert_allclose(found["std_error"], np.sqrt(own["std_error"] ** 2 @ share**2), **EXACT)
    assert found["at_risk"].tolist() == own["at_risk"].sum(axis=1).tolist()
    late = found[found["time"] == 3.8]
    from paraneo.survival.curve_limits import ratio_limits

    limits = ratio_limits(*late[["estimate", "std_error"]].to_numpy().T, "log-log", 0.95)
    assert_allclose(late["lower"], limits.lower, **EXACT)
    alone = fit.standardised("arm", {"a": 1, "b": 0}, times=[3.8])
    wanted = fit.at([3.8]).query("arm == 'a'")
    for name in ("estimate", "lower", "upper", "std_error"):
        assert_allclose(alone[name], wanted[name], **EXACT)
    nobody = net_survival(people.assign(dead=0), **NAMES, by="arm").standardised("arm", times=[1])
    assert (nobody["lower"] < nobody["estimate"]).all()
