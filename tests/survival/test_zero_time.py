"""Rows whose exit is their entry: one argument, one default, one word in what was left out."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.gate.calls import CALLS, PEOPLE, call
from tests.tolerances import EXACT, ITERATED

import paraneo
from paraneo import ParaneoError

VERBS = [
    name
    for name in CALLS
    if "zero_time" in inspect.signature(getattr(paraneo, name)).parameters
    and name != "follow_up_walk"
]
DATED = [name for name in VERBS if "birth" in CALLS[name][1]]
HALF = 0.5 / 365.25


def without(name: str, row: int) -> dict[str, list[Any]]:
    table = CALLS[name][0]
    return {column: [v for k, v in enumerate(held) if k != row] for column, held in table.items()}


def shortened(name: str, row: int, by: float = 0.0) -> dict[str, list[Any]]:
    """Return the columns of times, with so little time in one row."""
    table = CALLS[name][0]
    came, left, years = list(table["came"]), list(table["left"]), list(table["years"])
    left[row], years[row] = came[row] + by, by
    return {"left": left, "years": years}


def shown(result: Any) -> pd.DataFrame:
    return result.summary().select_dtypes("number")


def test_every_verb_of_survival_has_the_argument_and_one_default() -> None:
    assert set(VERBS) == {
        *("person_years", "kaplan_meier", "nelson_aalen", "log_rank", "cox_regression"),
        *("cumulative_incidence", "life_table", "net_survival", "crude_probabilities"),
        *("excess_hazard", "occult_cancer"),
    }
    for name in VERBS:
        parameter = inspect.signature(getattr(paraneo, name)).parameters["zero_time"]
        assert parameter.default == "exclude"


@pytest.mark.filterwarnings("ignore::paraneo.ParaneoWarning")
@pytest.mark.parametrize("name", VERBS)
def test_rows_without_time_are_left_out_and_counted(name: str) -> None:
    found = call(name, shortened(name, 2))
    fewer = getattr(paraneo, name)(without(name, 2), **CALLS[name][1])
    assert_allclose(shown(found), shown(fewer), **EXACT)
    left = found.excluded.set_index("reason").loc["no follow-up time"]
    assert left["rows"] == 1
    assert left["events"] == PEOPLE["what"][2]
    assert left["person_years"] == 0
    assert "no follow-up time" not in fewer.excluded["reason"].tolist()


@pytest.mark.filterwarnings("ignore::paraneo.ParaneoWarning")
@pytest.mark.parametrize("name", VERBS)
def test_half_a_day_is_half_a_day(name: str) -> None:
    found = call(name, shortened(name, 2), zero_time="half_day")
    given = call(name, shortened(name, 2, HALF))
    assert_allclose(shown(found), shown(given), **ITERATED)
    assert "no follow-up time" not in found.excluded["reason"].tolist()


@pytest.mark.parametrize("name", [*DATED, "kaplan_meier", "cox_regression"])
def test_events_without_time_count_where_they_can(name: str) -> None:
    if name in ("person_years", "kaplan_meier", "cox_regression"):
        found = call(name, shortened(name, 2), zero_time="include")
        assert "no follow-up time" not in found.excluded["reason"].tolist()
        return
    with pytest.raises(ParaneoError, match="'zero_time': 1 rows have no time"):
        call(name, shortened(name, 2), zero_time="include")


@pytest.mark.parametrize("name", VERBS)
def test_another_word_is_refused(name: str) -> None:
    with pytest.raises(ParaneoError, match="'zero_time': there is no option 'drop'"):
        call(name, zero_time="drop")


@pytest.mark.parametrize("name", VERBS)
def test_faults_name_the_rows_of_the_whole_table(name: str) -> None:
    changes = shortened(name, 2)
    changes["what"] = [*PEOPLE["what"][:5], None, *PEOPLE["what"][6:]]
    with pytest.raises(ParaneoError, match="'what' at row 5: event is missing"):
        call(name, changes)


def test_events_at_time_0_count_in_a_curve_on_demand() -> None:
    people = {"years": [0, 1, 2, 0], "what": [1, 1, 0, 0]}
    curve = paraneo.kaplan_meier(people, exit="years", event="what", zero_time="include")
    assert_allclose(curve.at([0, 1])["estimate"], [3 / 4, 3 / 8], **EXACT)
    plain = paraneo.kaplan_meier(people, exit="years", event="what")
    assert_allclose(plain.at([0, 1])["estimate"], [1, 1 / 2], **EXACT)
    assert plain.excluded["rows"].tolist() == [2]
    assert plain.excluded["events"].tolist() == [1]


def test_dated_rows_may_be_given_half_a_day() -> None:
    people = pd.DataFrame(
        {
            "born": ["1950-01-01"] * 3,
            "came": ["2000-01-01"] * 3,
            "left": ["2000-01-01", "2002-01-01", "2003-01-01"],
            "what": [1, 1, 0],
        }
    )
    fit = paraneo.excess_hazard(
        people, birth="born", entry="came", exit="left", event="what", breaks=[0, np.inf],
        zero_time="half_day",
    )  # fmt: skip
    years = (0.5 + 731 + 1096) / 365.25
    assert_allclose(np.exp(fit.coefficients["estimate"]), 2 / years, **ITERATED)
