"""Codes that stand for words: as `recode` says in every verb, suggested and never assumed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest
from tests.gate.calls import CALLS, PEOPLE, call, verbs_with

from paraneo import TableError, person_years, rate_table
from paraneo.errors import InputError

SEXES = {1: "male", 2: "female"}
RATES = rate_table(
    {"age": [0, 60] * 2, "rate": [0.01, 0.03, 0.02, 0.05], "sex": ["male"] * 2 + ["female"] * 2},
    rate="rate",
    by="sex",
)
WORDS = ["male", "female"] * 6
MATCHED = [name for name in verbs_with("recode") if "rates" in CALLS[name][1]]
CODES = [1, 2] * 6


def test_every_verb_that_matches_rates_is_here() -> None:
    expected = {"net_survival", "crude_probabilities", "excess_hazard", "occult_cancer"}
    assert expected <= set(MATCHED)
    assert {"person_years", "life_table", "rate_table"} <= set(verbs_with("recode"))


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        *((name, CODES) for name in MATCHED),
        ("net_survival", [float(code) for code in CODES]),
        ("net_survival", list(map(str, CODES))),
    ],
)
def test_codes_give_what_their_words_give(name: str, codes: list[Any]) -> None:
    found = call(name, {"sex": codes}, rates=RATES, recode={"sex": SEXES})
    assert repr(found) == repr(call(name, {"sex": WORDS}, rates=RATES))


LIVES = CALLS["person_years"][1]


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_codes_of_groups_and_of_rates_are_recoded(frame: Any, tmp_path: Any) -> None:
    people = frame({**PEOPLE, "sex": CODES})
    found = person_years(people, **LIVES, by="sex", rates=RATES, recode={"sex": SEXES}).summary()
    assert found["sex"].tolist() == ["female", "male"]
    coded = {"age": [0, 60] * 2, "rate": [0.01, 0.03, 0.02, 0.05], "sex": [1, 1, 2, 2]}
    rates = rate_table(coded, rate="rate", by="sex", recode={"sex": SEXES})
    pd.testing.assert_frame_equal(rates.summary(), RATES.summary())
    path = tmp_path / "people.csv"
    pd.DataFrame({**PEOPLE, "sex": CODES}).to_csv(path, index=False)
    again = person_years(path, **LIVES, by="sex", rates=RATES, recode={"sex": SEXES}).summary()
    pd.testing.assert_frame_equal(again, found)


@pytest.mark.parametrize("name", ["person_years", "net_survival"])
def test_1_and_2_against_words_are_suggested_and_not_assumed(name: str) -> None:
    with pytest.raises(TableError) as caught:
        call(name, {"sex": CODES}, rates=RATES)
    said = str(caught.value)
    cure = "If 1 means male and 2 female here, pass recode={'sex': {1: 'male', 2: 'female'}}"
    assert f"the rate table has no group 1. It has female; male. {cure}" in said


def test_groups_that_nobody_is_in_are_named_beside_labels_that_the_rates_lack() -> None:
    with pytest.raises(TableError) as caught:
        call("person_years", {"sex": ["male", "fem."] * 6}, rates=RATES)
    said = "no group fem.. It has female; male, of which nobody here is in female. Recode the"
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("recode", "problem"),
    [
        ({"sexe": SEXES}, "'sexe': there is no such column. Did you mean 'sex'?"),
        ({"sex": {1: "male"}}, "'2' is not among the codes in recode (1). Add what it means"),
        ({"sex": "male"}, "it does not say what the codes of 'sex' mean"),
        (SEXES, "it does not say what the codes of '1' mean"),
        ("sex", "it is of type str"),
    ],
)
@pytest.mark.parametrize("name", ["person_years", "net_survival"])
def test_a_recoding_that_cannot_be_used_is_refused(name: str, recode: Any, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        call(name, {"sex": CODES}, rates=RATES, recode=recode)
    assert problem in str(caught.value)
