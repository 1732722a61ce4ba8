"""Every verb that reads events says the same of the same fault."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from tests.gate.calls import CALLS, PEOPLE, call, verbs_with

import paraneo
from paraneo import ParaneoWarning, TableError

WHAT = PEOPLE["what"]
#: Those without a `cause` read 0 and 1 alone.
EVENTS = verbs_with("event")
CODED = [name for name in EVENTS if name in verbs_with("cause")]


def told(name: str, changes: dict[str, Any] | None = None, **arguments: Any) -> list[str]:
    """Return all faults of a call."""
    with pytest.raises(TableError) as caught:
        call(name, changes, **arguments)
    return [str(fault) for fault in caught.value.faults]


def test_every_verb_of_events_is_here() -> None:
    assert len(EVENTS) >= 14
    assert set(CODED) == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_a_column_that_is_not_there(name: str) -> None:
    assert "'waht': there is no such column. Did you mean 'what'?" in told(name, event="waht")


@pytest.mark.parametrize("name", EVENTS)
def test_a_missing_event(name: str) -> None:
    row = 0 if name == "follow_up_walk" else 3
    changed = [None if k == row else one for k, one in enumerate(WHAT)]
    fill = "Fill it in, write a code for no event, or leave the row out"
    assert told(name, {"what": changed}) == [f"'what' at row {row}: event is missing. {fill}"]


@pytest.mark.parametrize("name", [one for one in CODED if one != "follow_up_walk"])
def test_a_code_that_nobody_has(name: str) -> None:
    icd = ["C34.1" if one else "Z00" for one in WHAT]
    arguments = {"cause": "C34", "censored": "Z00"}
    faults = told(name, {"what": icd}, **arguments)
    cure = "It holds 'C34.1', 'Z00'; write 'C34*' for all that begin so"
    assert f"'what': there is no event of cause 'C34'. {cure}" in faults


@pytest.mark.parametrize("name", CODED)
def test_a_code_that_is_not_named(name: str) -> None:
    changed = ["x" if k == 0 else str(one) for k, one in enumerate(WHAT)]
    faults = told(name, {"what": changed}, cause=1, censored=0)
    assert any("'what' at row 0: event 'x' is not among those named (1, 0)" in f for f in faults)


@pytest.mark.parametrize("name", CODED)
def test_a_code_that_is_named_twice(name: str) -> None:
    cure = "Name each code once in cause, competing and censored"
    faults = told(name, cause=[1, "1"], censored=0)
    assert f"'what': the code '1' is named twice. {cure}" in faults


@pytest.mark.parametrize("name", [one for one in CODED if one != "follow_up_walk"])
def test_patterns_mean_what_the_codes_mean(name: str) -> None:
    icd = ["C34.1" if one and k % 2 else "C349" if one else "Z00" for k, one in enumerate(WHAT)]
    coded = call(name, {"what": icd}, cause="C33-C34", censored="Z*")
    plain = repr(call(name, cause=1, censored=0))
    assert repr(coded).replace("C33-C34", "1").split() == plain.split()


@pytest.mark.parametrize(
    "name", [name for name in EVENTS if "person" not in name and "walk" not in name]
)
def test_several_events_at_once_are_refused_with_the_word(name: str) -> None:
    faults = told(name, event={"ill": ("what", 1)})
    assert any("Name one column here, and its codes in cause" in fault for fault in faults)


MARKS = ["", " ", ".", "-", "--", "~", "?", "*", ":", "NA", "n/a", ".A", "#N/A", "NULL", "None"]
MARKS += ["missing", "Suppressed", "Unknown", "unknown cause", "Not stated", "Unspecified"]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("name", CODED)
def test_a_mark_of_a_missing_event_is_never_no_event(name: str, mark: str) -> None:
    codes = ["C34.1" if hit else "alive" for hit in CALLS[name][0]["what"]]
    changes = {"what": [mark, *codes[1:]]}
    for named in ({"cause": "C34*", "censored": "alive"}, {"cause": "C34*"}):
        if "censored" in named or name == "person_years":
            with pytest.raises(TableError, match="'what' at row 0: event is missing"):
                call(name, changes, **named)


def test_a_code_of_icd_that_could_mark_the_unknown_is_a_cause_among_others():
    people = {"years": [1.0, 2.0, 3.0, 4.0], "what": [162, 998, 410, 0]}
    found = paraneo.cumulative_incidence(people, exit="years", event="what", cause=162)
    assert found.at([4.0])["estimate"].notna().all()


@pytest.mark.parametrize("code", [9, 99, 999])
@pytest.mark.parametrize("name", verbs_with("competing"))
def test_a_code_of_what_is_not_known_is_no_further_cause(name: str, code: int) -> None:
    changes = {"what": [code, *CALLS[name][0]["what"][1:]]}
    with pytest.raises(TableError, match=f"event {code} looks like a code of what is not known"):
        call(name, changes)
    call(name, changes, competing=code)


@pytest.mark.parametrize("name", verbs_with("competing"))
def test_1_and_2_without_a_code_of_no_event_are_ambiguous(name: str) -> None:
    changes = {"what": [1 + hit for hit in CALLS[name][0]["what"]]}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ParaneoWarning)
        call(name, changes)
    assert any("say cause=2, censored=1" in str(one.message) for one in said)
