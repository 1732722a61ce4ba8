"""What is no rate table is told by every verb that takes one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.gate.calls import CALLS, PEOPLE, RATES, call

import paraneo
from paraneo import ParaneoError, simulation

NO_TABLES = {
    "a number": 0.01,
    "a whole number": 1,
    "text": "rates.csv",
    "a list": [0.01, 0.02],
    "an array": np.array([0.01]),
    "a frame": pd.DataFrame({"age": [0], "rate": [0.01]}),
    "a class": paraneo.RateTable,
}
VERBS = {
    name: lambda rates, name=name: call(name, rates=rates)
    for name, (_, needed) in CALLS.items()
    if "rates" in needed or name == "person_years"
}
VERBS |= {
    "background_hazard": lambda rates: paraneo.background_hazard(
        PEOPLE, birth="born", entry="came", exit="left", rates=rates
    ),
    "life_table": lambda rates: paraneo.life_table(
        PEOPLE, birth="born", origin="came", exit="left", event="what", rates=rates, breaks=[0, 9]
    ),
    "follow_up_walk": lambda rates: call("follow_up_walk", rates=rates),
    "cancer_risk": lambda rates: _risk(rates=rates),
    "cancer_risk, mortality": lambda rates: _risk(mortality=rates),
}


def _risk(**given):
    ratios = {"start": [0], "end": [9], "estimate": [2.0]}
    tables = {"rates": RATES, "mortality": RATES} | given
    return paraneo.cancer_risk(ratios, age=60, year=2020, horizon=5, **tables)


@pytest.mark.parametrize("given", NO_TABLES)
@pytest.mark.parametrize("verb", VERBS)
def test_what_is_no_rate_table_is_told_with_the_cure(verb, given):
    with pytest.raises(ParaneoError) as caught:
        VERBS[verb](NO_TABLES[given])
    said = str(caught.value)
    assert "'rates" in said or "'mortality'" in said
    assert "a RateTable" in said
    assert ("read_rate_table" if given == "text" else "rate_table(...)") in said


@pytest.mark.parametrize("verb", ["background_hazard", "net_survival", "crude_probabilities"])
def test_rates_that_a_verb_cannot_do_without(verb):
    with pytest.raises(ParaneoError, match="'rates': no rates are given"):
        VERBS[verb](None)


@pytest.mark.parametrize("name", ["rates", "mortality"])
@pytest.mark.parametrize("given", ["text", "a list", "an array", "a frame", "a class"])
def test_simulated_cohorts_take_a_rate_table_or_one_number(name, given):
    tables = {"rates": 0.01, "mortality": 0.02} | {name: NO_TABLES[given]}
    with pytest.raises(ParaneoError, match=f"'{name}': "):
        simulation.simulated_cohort(10, **tables, rng=np.random.default_rng(1))
