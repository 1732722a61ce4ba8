"""The one reader of events: codes as they are written, patterns, and codes nobody has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from paraneo.errors import Faults
from paraneo.gate.events import Events, Unmet, read_events, read_some_events
from paraneo.gate.tables import Columns


def read(values: Any, *meaning: Any, **named: Any) -> tuple[list[int], list[str]]:
    """Return the number of each row's cause, and every fault."""
    faults = Faults("the table")
    found, _ = read_events(Columns({"icd": values}, faults), "icd", Events(*meaning, **named))
    return found.tolist(), [str(fault) for fault in faults.found]


ICD = ["C34.1", "C349", "C33", "C50.1", "Z00", "C341 "]


@pytest.mark.parametrize(
    ("cause", "numbers"),
    [
        ("C33", [0, 0, 1, 0, 0, 0]),
        (["C33", "C349"], [0, 1, 1, 0, 0, 0]),
        ("C34*", [1, 1, 0, 0, 0, 1]),
        ("C33-C34", [1, 1, 1, 0, 0, 1]),
        ("C00-D48", [1, 1, 1, 1, 0, 1]),
        ("C34.1-C34.5", [1, 0, 0, 0, 0, 1]),
        (("C50*", "C33 - C33"), [0, 0, 1, 1, 0, 0]),
        ("*.1", [1, 0, 0, 1, 0, 0]),
        ("*", [1, 1, 1, 1, 1, 1]),
    ],
)
def test_codes_lists_patterns_and_ranges_of_icd(cause: Any, numbers: list[int]) -> None:
    assert read(ICD, cause, (), None) == (numbers, [])


@pytest.mark.parametrize("kind", [float, str, object])
def test_a_range_of_numbers_ends_with_its_last_category(kind: Any) -> None:
    values = pd.Series([139.9, 140, 162.9, 208.9, 209, 1500]).astype(kind)
    assert read(values, "140-208", (), None) == ([0, 1, 1, 1, 0, 0], [])


def test_a_code_that_is_written_like_a_range_is_met_as_it_stands() -> None:
    assert read(["C33-C34", "C33", "x"], "C33-C34", (), "x") == ([1, 1, 0], [])


def test_causes_apart_or_together_and_those_that_compete() -> None:
    values = [1, 2, 3, 0, 4]
    assert read(values, [1, 2]) == ([1, 1, 2, 0, 3], [])
    assert read(values, [1, 2], separate=True) == ([1, 2, 3, 0, 4], [])
    assert read(values, [[1, 2], 4], 3, separate=True) == ([1, 1, 3, 0, 2], [])
    assert read(["lung", "heart", "alive"], "lung", "*", "alive") == ([1, 2, 0], [])
    assert read(values, [3, 4], "1-2", 0) == ([2, 2, 1, 0, 1], [])


def test_any_code_that_is_not_named_is_a_fault_where_those_of_no_event_are() -> None:
    numbers, faults = read(["lung", "heart", "alive"], "lung", (), "alive")
    assert numbers == [1, 0, 0]
    assert faults == [
        "'icd' at row 1: event 'heart' is not among those named ('lung', 'alive'). "
        "Name it in cause, competing or censored, or correct it"
    ]
    assert read(["lung", "heart", "alive"], "lung", (), None) == ([1, 0, 0], [])


def test_many_codes_that_are_not_named_are_counted() -> None:
    _, faults = read([1, *range(100, 130)], 1, (), 0)
    assert len(faults) == 9
    assert "22 further codes are not among those named (1, 0)" in faults[-1]


@pytest.mark.parametrize("mark", [None, np.nan, "", " ", "NA", ".", "n/a", "missing"])
def test_a_missing_mark_is_missing_and_not_no_event(mark: Any) -> None:
    numbers, faults = read(["C34", mark, "0"], "C34", (), None)
    assert numbers == [1, 0, 0]
    assert [fault.split(". ")[0] for fault in faults] == ["'icd' at row 1: event is missing"]


def test_a_mark_that_is_named_is_a_code() -> None:
    assert read(["C34", "", "C50"], "C34", "C50", "") == ([1, 0, 2], [])


def test_a_code_that_no_row_has_names_the_nearest() -> None:
    _, faults = read(["C50", "C34.1", "C349", "Z00"], "C34", (), None)
    assert faults == [
        "'icd': there is no event of cause 'C34'. It holds 'C34.1', 'C349', 'C50', 'Z00'; "
        "write 'C34*' for all that begin so"
    ]
    assert "It holds 0, 2" in read([0, 2], 1)[1][0]
    for pattern in ("D*", "D00-D48"):
        assert f"there is no event of cause {pattern!r}" in read(["C50"], pattern, (), None)[1][0]


def test_every_code_of_a_list_has_to_be_met() -> None:
    assert "no event of cause 'C35'" in read(["C34", "C50"], ["C34", "C35"], (), None)[1][0]
    assert read(["C34", "C50"], "C34", ["C50", "D05"], 0) == ([1, 2], [])


@pytest.mark.parametrize("twice", [(1, 1), (1, "1"), ("1", 1.0), ("C34*", " C34*")])
def test_a_code_is_named_once(twice: tuple[Any, Any]) -> None:
    cure = "Name each code once in cause, competing and censored"
    told = f"'icd': the code {twice[1]!r} is named twice. {cure}"
    assert told in read([1, 0], twice[0], twice[1], 0)[1]
    assert told in read([1, 0], list(twice))[1]


def test_patterns_of_two_meanings_do_not_overlap() -> None:
    _, faults = read(["C34", "C50"], "C*", "C50*", 0)
    assert faults[0].startswith("'icd': 'C50' is named by 'C*' and 'C50*'")
    assert read(["C34", "C50"], "C34*", "*", 0) == ([1, 2], [])


def test_letters_in_another_case_are_a_fault_and_blanks_are_not() -> None:
    _, faults = read(["dead ", "DEAD", "alive"], "dead", (), None)
    told = "'icd' at row 1: 'DEAD' is not the code 'dead', but for its letters' case"
    assert [fault.split(". ")[0] for fault in faults] == [told]


@pytest.mark.parametrize("censored", [0, None])
def test_an_infinite_event_is_a_fault(censored: Any) -> None:
    _, faults = read([np.inf, 1, 0], 1, (), censored)
    assert "'icd' at row 0: event inf is not among those named" in faults[0]


@pytest.mark.parametrize("wrong", [{"death": ("icd", 1)}, ["icd"], 3, None])
def test_what_is_no_name_of_a_column_is_said(wrong: Any) -> None:
    faults = Faults("the table")
    read_events(Columns({"icd": [1, 0]}, faults), wrong, Events())
    assert "Name one column here, and its codes in cause" in str(faults.found[0])


def test_values_that_are_no_codes_are_said() -> None:
    assert "which are no codes" in read(pd.Series([[1], [2]]), 1)[1][0]
    assert "nan is no code" in read([1, 0], np.nan)[1][0]
    assert "no code is named" in read([1, 0], [])[1][0]


def test_codes_met_in_any_batch_are_met() -> None:
    faults = Faults("the table")
    unmet = [
        read_some_events(Columns({"icd": part}, faults), "icd", Events(["a", "b", "c"], (), None))
        for part in (["a", "x"], ["b", "y"])
    ]
    both = unmet[0].unmet.both(unmet[1].unmet)
    assert both == Unmet(("c",), dict.fromkeys(["a", "x", "b", "y"]))
    assert not faults.found
