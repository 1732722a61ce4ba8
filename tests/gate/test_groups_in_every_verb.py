"""Every verb that makes groups says the same of the same fault; so of levels and streams."""

from __future__ import annotations

from typing import Any

import pytest
from tests.gate.calls import CALLS, call, verbs_with

from paraneo import ArgumentError, TableError

GROUPED = verbs_with("by")


def told(name: str, changes: dict[str, Any] | None = None, **arguments: Any) -> list[str]:
    """Return all faults of a call."""
    with pytest.raises((TableError, ArgumentError)) as caught:
        call(name, changes, **arguments)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("name", GROUPED)
def test_a_name_that_is_given_twice(name: str) -> None:
    faults = told(name, by=["sex", "sex"])
    assert faults == ["'sex': it is named twice in by. Name it once"]


@pytest.mark.parametrize("name", GROUPED)
def test_a_column_that_is_not_there(name: str) -> None:
    assert "'sexe': there is no such column. Did you mean 'sex'?" in told(name, by="sexe")


@pytest.mark.parametrize("word", ["estimate", "person_years", "time"])
@pytest.mark.parametrize("name", GROUPED)
def test_a_column_of_the_result(name: str, word: str) -> None:
    table = CALLS[name][0]
    faults = told(name, {word: table.get(word, table["sex"])}, by=word)
    cure = "Rename the column"
    assert f"'{word}': it is named in by and is a column of the result. {cure}" in faults


@pytest.mark.parametrize("name", GROUPED)
def test_a_missing_label(name: str) -> None:
    row = 0 if name == "follow_up_walk" else 3
    sex = [None if k == row else one for k, one in enumerate(CALLS[name][0]["sex"])]
    fill = "Fill it in or leave the row out"
    assert told(name, {"sex": sex}, by="sex") == [f"'sex' at row {row}: label is missing. {fill}"]


@pytest.mark.parametrize("level", [0, 1, 95, None, True, "0.95"])
@pytest.mark.parametrize("name", verbs_with("level"))
def test_a_level_that_is_none(name: str, level: Any) -> None:
    cure = "Write 0.95" if level == 95 else "Give a number such as 0.95"
    said = f"'level': {level!r} does not lie strictly between 0 and 1. {cure}"
    assert said in told(name, level=level)
