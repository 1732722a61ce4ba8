"""Every verb that reads follow-up sees people who stand in several rows, and days for years."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.gate.calls import CALLS, PEOPLE, call

from paraneo import ParaneoWarning, TableError, person_years
from paraneo.simulation import simulated_cohort

FOLLOWED = [name for name, (_, needed) in CALLS.items() if {"exit", "event"} <= set(needed)]
#: These say by their own argument who is who, or judge risks of people who have one row.
OTHERS = ("follow_up_walk", "validated_risk", "decision_curve")
READERS = [name for name in FOLLOWED if name not in OTHERS]
TWICE = [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
AGED = [name for name in READERS if "birth" in CALLS[name][1]]


@pytest.mark.filterwarnings("ignore::paraneo.errors.ConvergenceWarning")
@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("column", ["id", "Patient ID", "person_id"])
def test_rows_of_one_person_without_a_word(name: str, column: str) -> None:
    said = f"1 row repeats an earlier '{column}': each row counts as a person"
    with pytest.warns(ParaneoWarning, match=said):
        call(name, {column: TWICE})


@pytest.mark.parametrize(("name", "argument"), [
    ("person_years", "id"), ("cumulative_incidence", "id"), ("cox_regression", "cluster"),
    ("excess_hazard", "cluster"),
])  # fmt: skip
def test_who_is_named_is_no_surprise(name: str, argument: str) -> None:
    changes: dict[str, Any] = {"id": TWICE}
    if name == "person_years":
        born = list(PEOPLE["born"])
        changes |= {"born": [born[1], *born[1:]], "came": [1999, *PEOPLE["came"][1:]]}
        changes["left"] = [2000, *PEOPLE["left"][1:]]
    call(name, changes, **{argument: "id"})


@pytest.mark.filterwarnings("ignore::paraneo.errors.ConvergenceWarning")
@pytest.mark.parametrize("name", READERS)
def test_a_row_for_each_is_no_surprise(name: str) -> None:
    call(name, {"id": list(range(12)), "arm": TWICE})


@pytest.mark.parametrize("name", AGED)
def test_days_taken_for_years(name: str) -> None:
    days = {c: list(365.25 * (np.array(PEOPLE[c]) - 1970)) for c in ("born", "came", "left")}
    with pytest.raises(TableError, match=r"'left' .*older than 120 then.*divide days by 365.25"):
        call(name, days)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "tsv"])
def test_people_who_stand_twice_in_a_file_are_told(tmp_path, kind):
    table = pd.DataFrame(PEOPLE).assign(Patient_ID=[1, 1, *range(2, 12)])
    path = tmp_path / f"people.{kind}"
    if kind == "parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False, sep="\t" if kind == "tsv" else ",")
    names = {"birth": "born", "entry": "came", "exit": "left", "event": "what"}
    with pytest.warns(ParaneoWarning, match="1 row repeats an earlier 'Patient_ID'"):
        person_years(path, **names)


def test_replicates_are_known_by_what_the_data_declare_not_by_a_name() -> None:
    streams = [np.random.default_rng(seed) for seed in (1, 2)]
    data = simulated_cohort(20, rates=0.05, rng=streams).data
    names = {"birth": "birth", "entry": "entry", "exit": "exit", "event": "event"}
    person_years(data, **names, by="replicate")
    data.attrs.clear()
    with pytest.warns(ParaneoWarning, match="rows repeat an earlier 'id'"):
        person_years(data, **names, by="replicate")
