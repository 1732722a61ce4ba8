"""What people's own tables hold, through each door: read rightly, or named once and in words."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from paraneo import ArgumentError, FileError, TableError, incidence_ratios, person_years, rate_table
from paraneo.rates import read_rate_table

COHORT = {
    "birth": ["1950-02-28", "1960-02-29", "1940-01-01"],
    "entry": ["1990-01-01", "1991-05-05", "1992-02-29"],
    "exit": ["1999-12-31", "2001-01-01", "2003-07-07"],
    "cancer": [0, 1, 0],
    "sex": ["f", "m", "f"],
}
RATES = rate_table(
    {"age": [0, 50, 0, 50], "sex": ["f", "f", "m", "m"], "rate": [0.001, 0.01, 0.002, 0.02]},
    rate="rate",
    by="sex",
)
DATES = ("birth", "entry", "exit")


def cohort(**changed: list[Any]) -> pd.DataFrame:
    """Return the cohort as pandas has it, with some columns replaced."""
    table = pd.DataFrame(COHORT).astype(dict.fromkeys(DATES, "datetime64[ns]"))
    return table.assign(**changed)


def counted(data: Any, **options: Any) -> pd.DataFrame:
    asked = {"age": [0, 50, np.inf], "by": "sex", "rates": RATES, "event": "cancer"} | options
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return person_years(data, birth="birth", entry="entry", exit="exit", **asked).summary()


def faults(data: Any, **options: Any) -> list[tuple[str | None, tuple[int, ...], str]]:
    with pytest.raises(TableError) as caught:
        counted(data, **options)
    return [(fault.column, fault.rows, fault.problem) for fault in caught.value.faults]


def arrow(kind: pa.DataType) -> pa.Table:
    """Return the cohort as pyarrow has it, with dates of one kind."""
    table = pa.Table.from_pandas(cohort())
    for name in DATES:
        table = table.set_column(table.column_names.index(name), name, table[name].cast(kind))
    return table


def in_pandas(kind: pa.DataType) -> pd.DataFrame:
    """Return the cohort as pandas has it, with dates that pyarrow holds."""
    return arrow(kind).to_pandas(types_mapper=pd.ArrowDtype)


DOORS: dict[str, Callable[[], Any]] = {
    "lists": lambda: COHORT,
    "tuples": lambda: {name: tuple(values) for name, values in COHORT.items()},
    "iterators": lambda: {name: iter(values) for name, values in COHORT.items()},
    "text": lambda: pd.DataFrame(COHORT),
    "text of pyarrow": lambda: pd.DataFrame(COHORT).astype(dict.fromkeys(DATES, "string[pyarrow]")),
    "categories of text": lambda: pd.DataFrame(COHORT).astype(dict.fromkeys(DATES, "category")),
    "categories of dates": lambda: cohort().astype(dict.fromkeys(DATES, "category")),
    "periods of a day": lambda: cohort().astype(dict.fromkeys(DATES, "period[D]")),
    "python's dates": lambda: cohort(**{n: list(cohort()[n].dt.date) for n in DATES}),
    "date32 in pandas": lambda: in_pandas(pa.date32()),
    "date64 in pandas": lambda: in_pandas(pa.date64()),
    "timestamps in pandas": lambda: in_pandas(pa.timestamp("ms")),
    "date32": lambda: arrow(pa.date32()),
    "date64": lambda: arrow(pa.date64()),
    "timestamps": lambda: arrow(pa.timestamp("us")),
    "polars": lambda: pl.DataFrame(COHORT).with_columns(pl.col(DATES).str.to_date()),
    "levels unused": lambda: cohort(sex=pd.Categorical(COHORT["sex"], ["x", "m", "f"])),
    "nullable counts": lambda: cohort(cancer=pd.array([0, 1, 0], dtype="Int64")),
    "nullable truths": lambda: cohort(cancer=pd.array([False, True, False], dtype="boolean")),
    "frames": lambda: iter([cohort().iloc[:1], cohort().iloc[:0], cohort().iloc[1:]]),
    "frames of two kinds": lambda: [cohort().iloc[:1], pl.from_pandas(cohort().iloc[1:])],
}


@pytest.mark.parametrize("door", DOORS)
def test_the_same_people_give_the_same_table_through_every_door(door: str) -> None:
    pd.testing.assert_frame_equal(counted(DOORS[door]()), counted(cohort()), check_dtype=False)


def test_spells_of_a_person_may_come_from_frames_of_two_kinds() -> None:
    one = cohort().iloc[:1].assign(id=7)
    more = one.assign(entry=one["exit"], exit=pd.Timestamp("2005-01-01"))
    rows = [one, pl.from_pandas(more)]
    assert counted(rows, id="id", by=(), age=None, rates=None)["n"].tolist() == [1]


def test_pyarrow_columns_that_hold_the_same_are_not_columns_of_one_name() -> None:
    table = pa.table({name: pa.array(values) for name, values in COHORT.items()})
    table = table.append_column("death", table["cancer"])
    assert counted(table, event=["cancer", "death"], rates=None)["observed"].sum() == 2
    doubled = table.append_column("exit", table["exit"])
    assert ("exit", (), "there is more than one column of this name") in faults(doubled)


LATE = "it lies in the future"


@pytest.mark.parametrize("column", DATES)
@pytest.mark.parametrize("day", ["2200-01-01", "9999-12-31"])
@pytest.mark.parametrize("kind", [str, np.datetime64, dt.date.fromisoformat])
def test_a_day_in_the_future_is_told_once(column: str, day: str, kind: Any) -> None:
    values = [*COHORT[column][:1], day, *COHORT[column][2:]]
    table = COHORT | {column: [kind(value) for value in values]}
    if kind is np.datetime64:
        table[column] = np.array(values, dtype="datetime64[s]")
    assert faults(table) == [(column, (1,), LATE)]


@pytest.mark.parametrize(
    "values",
    [
        pd.PeriodIndex(COHORT["exit"], freq="M"),
        pd.to_timedelta([1, 2, 3], unit="D"),
        [[1], [2], [3]],
        [1j, 2, 3],
    ],
    ids=["months", "lengths of time", "lists", "complex numbers"],
)
def test_what_is_neither_date_nor_number_is_refused(values: Any) -> None:
    [(column, _, problem)] = faults(cohort(exit=values))
    assert column == "exit"
    assert problem.startswith("it holds values of type ")


def zones() -> Iterator[Any]:
    """Give dates with a time zone, as each kind of column holds them."""
    zoned = cohort()["exit"].dt.tz_localize("Europe/Paris")
    yield cohort(exit=zoned)
    yield cohort(exit=zoned.astype(object))
    yield cohort(exit=[*zoned[:1], *cohort()["exit"][1:]])
    yield cohort(exit=zoned.astype(pd.ArrowDtype(pa.timestamp("us", "Europe/Paris"))))
    yield pl.from_pandas(cohort(exit=zoned))
    yield pa.Table.from_pandas(cohort(exit=zoned))
    for ending in ("T00:00:00Z", " 00:00:00+02:00", "T00:00-0500", "T00+01"):
        yield cohort(exit=[day + ending for day in COHORT["exit"]])
        yield cohort(exit=[COHORT["exit"][0] + ending, *COHORT["exit"][1:]])


@pytest.mark.parametrize("table", list(zones()))
def test_a_time_zone_is_named_as_such(table: Any) -> None:
    [(column, _, problem)] = faults(table)
    assert column == "exit"
    assert "time zone" in problem


def test_a_missing_label_is_told_once() -> None:
    missing = cohort(sex=pd.Categorical(["f", None, "m"], ["x", "f", "m"]))
    assert faults(missing) == [("sex", (1,), "label is missing")]
    assert faults(cohort(sex=["x", None, "m"])) == [
        ("sex", (1,), "label is missing"),
        ("sex", (0,), "the rate table has no group x"),
    ]


def test_lists_are_no_labels() -> None:
    [(column, _, problem)] = faults(cohort(place=[[1], [2], [1]]), by="place")
    assert column == "place"
    assert problem == "it holds values of type list, which cannot be labels"


def test_rows_one_by_one_are_no_table() -> None:
    with pytest.raises(TableError, match="Give each column as a list"):
        counted([{name: values[0] for name, values in COHORT.items()}])


def test_text_in_a_column_of_counts_is_told_once() -> None:
    table = {"observed": [3, "four", None], "expected": [1.0, 2.0, 2.0]}
    with pytest.raises(TableError) as caught:
        incidence_ratios(table)
    told = [(fault.rows, fault.problem) for fault in caught.value.faults]
    assert told == [((1,), "'four' is not a number"), ((2,), "value is missing")]


def test_the_word_is_named_that_makes_text_of_a_column_of_numbers() -> None:
    assert faults(cohort(cancer=["0", "yes", "0"])) == [
        ("cancer", (1,), "event 'yes' is not 0 or 1")
    ]
    assert counted(cohort(cancer=["0", "1", "0"]))["observed"].sum() == 1


def test_dates_written_as_numbers_are_told_once() -> None:
    [(column, rows, problem)] = faults(cohort(birth=[19500228, 19600229, 19400101]))
    assert (column, rows) == ("birth", (0, 1, 2))
    assert problem == "value is not a number of years"


SITES = ["162", "C34", "162", "173", "C44", "0162", "162.1"]


def sites(values: list[Any]) -> pd.DataFrame:
    """Return one person a value of the column ``site``."""
    rows = len(values)
    table = {name: [COHORT[name][0]] * rows for name in DATES}
    return pd.DataFrame(table | {"site": pd.Series(values, dtype=object)})


def events(data: Any, *codes: Any, **options: Any) -> int:
    asked = {"by": (), "rates": None, "age": None, "event": {"lung": ("site", codes)}} | options
    return int(counted(data, **asked)["observed"].sum())


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_codes_among_words_mean_the_same_in_every_batch_of_a_file(tmp_path: Any, rows: int) -> None:
    sites(SITES).to_csv(tmp_path / "sites.csv", index=False)
    found = [
        events(tmp_path / "sites.csv", *codes, batch_rows=rows)
        for codes in (("162", "C34"), (162, "C34"), ("C34",), ("162.1",), (162.1, "C44"), (173.0,))
    ]
    # 0162 is 162 to a reader of numbers, and to a code that is a number
    assert found[2:] == [1, 1, 2, 1]
    assert found[1] == 4
    assert found[0] in (3, 4)


@pytest.mark.parametrize(
    ("values", "codes", "hits"),
    [
        ([1, 2, 1], ["1"], 2),
        (["1", "2", "1"], [1], 2),
        (pd.Categorical([1, 2, 1]), ["1"], 2),
        (pd.Categorical(["a ", "b", "a "], ["c", "a ", "b"]), ["a"], 2),
        ([1.0, 2.0, 1.5], [1, "1.5"], 2),
        ([True, False, True], [1], 2),
        ([dt.date(2001, 1, 1), dt.date(2002, 1, 1), "b"], [dt.date(2001, 1, 1)], 1),
        (["162.0", "162", "162.9"], ["162"], 1),
    ],
)
def test_a_code_is_what_is_written(values: Any, codes: list[Any], hits: int) -> None:
    assert events(cohort(site=values), *codes) == hits


def test_a_code_in_other_letters_is_said() -> None:
    table = cohort(site=["dead", "DEAD", "alive"])
    problem = "'DEAD' is not the code 'dead', but for its letters' case"
    assert faults(table, event={"death": ("site", "dead")}, rates=None) == [("site", (1,), problem)]
    assert events(table, "dead", "DEAD") == 2


@pytest.mark.parametrize("rows", [1, 2, 3, 9])
def test_labels_among_words_are_the_same_in_every_batch_of_a_file(tmp_path: Any, rows: int) -> None:
    table = cohort().iloc[[0, 1, 2, 0, 1]].assign(site=["1", "1.5", "a", "1", "1"])
    table.to_csv(tmp_path / "sites.csv", index=False)
    found = counted(tmp_path / "sites.csv", by="site", age=None, rates=None, batch_rows=rows)
    assert found["site"].tolist() == ["1", "1.5", "a"]
    assert found["n"].tolist() == [3, 1, 1]
    halves = [
        person_years(part, birth="birth", entry="entry", exit="exit", by="site")
        for part in (table.iloc[:3], table.iloc[3:].assign(site=1))
    ]
    assert (halves[0] + halves[1]).summary()["n"].tolist() == [3, 1, 1]


def test_two_columns_of_one_name_in_a_file_are_refused(tmp_path: Any) -> None:
    table = cohort().assign(note="", more="")
    table.columns = pd.Index([*DATES, "cancer", "sex", "note", "note"])
    table.to_csv(tmp_path / "people.csv", index=False)
    assert len(counted(tmp_path / "people.csv")) == 3
    table.columns = pd.Index([*DATES, "cancer", "sex", "note", "exit"])
    table.to_csv(tmp_path / "people.csv", index=False)
    with pytest.raises(FileError, match="has more than one column 'exit'"):
        counted(tmp_path / "people.csv")
    with pytest.raises(FileError, match="has more than one column 'exit'"):
        read_rate_table(tmp_path / "people.csv", rate="cancer")


@pytest.mark.parametrize(
    ("options", "column", "problem"),
    [
        ({"age": [0, 1e9]}, "age", "an edge is not a number of years"),
        ({"period": [1990, 20_000_101]}, "period", "an edge is not a number of years"),
        ({"age": np.arange(0, 100, 0.001), "period": np.arange(1990, 2001, 0.01)}, None, "cells"),
        ({"age": "0,50"}, "age", "'0,50' is not a number"),
        ({"follow_up": [0, 30, 365, np.inf]}, "follow_up", "an edge lies beyond 150 years"),
        ({"age": [1950, 1960]}, "age", "an edge lies beyond 150 years"),
        ({"window": (365, np.inf)}, "window", "an edge lies beyond 150 years"),
        ({"window": "all"}, "window", "'all' is not a number"),
        ({"window": 3}, "window", "at least two edges are needed"),
        ({"window": (0, 1, 2)}, "window", "it must have two ends"),
        ({"by": ["sex", "sex"]}, "sex", "it is named twice in by"),
        ({"event": {"ill": ("cancer", None)}}, "event", "a missing code is named for 'ill'"),
        ({"event": {"ill": ("cancer", np.nan)}}, "event", "a missing code is named for 'ill'"),
        ({"event": {"ill": ("cancer", ())}}, "event", "no code is named for 'ill'"),
        ({"batch_rows": 0}, "batch_rows", "0 must be a positive integer"),
        ({"batch_rows": 2.5}, "batch_rows", "2.5 must be a positive integer"),
        ({"executor": 4}, "executor", "it is of type int"),
    ],
)
def test_an_argument_that_is_none_is_told_once(
    options: dict[str, Any], column: str | None, problem: str
) -> None:
    with pytest.raises(ArgumentError) as caught:
        counted(cohort(), **options)
    [fault] = caught.value.faults
    assert fault.column == column or column is None
    assert problem in fault.problem


def test_a_column_has_to_be_named() -> None:
    with pytest.raises(ArgumentError, match="'birth': no column is named"):
        person_years(cohort(), birth=None, entry="entry", exit="exit")


@pytest.mark.parametrize("rows", [1, 9])
def test_a_person_is_born_once(rows: int) -> None:
    one = {"id": [7, 7, 8], "birth": ["1950-02-28", "1950-02-27", "1940-01-01"]}
    spells = cohort(entry=["1990-01-01", "1999-12-31", "1992-02-29"], **one)
    spells["birth"] = pd.to_datetime(spells["birth"])
    told = [("birth", (1,), "it differs from that of another row of the same person")]
    for data in (spells, [spells.iloc[:1], spells.iloc[1:]]):
        assert faults(data, id="id", batch_rows=rows) == told
    numbers = {"birth": [1950.1, 1950.1 + 1e-7], "entry": [1990, 1991], "exit": [1991, 1992]}
    table = pd.DataFrame(numbers).assign(id=7, cancer=0, sex="f")
    assert counted(table, id="id")["n"].tolist() == [1]


@pytest.mark.parametrize("data", [cohort, lambda **new: [cohort(**new)]], ids=["frame", "frames"])
def test_lists_are_no_ids(data: Any) -> None:
    told = [("id", (), "it holds values of type list, which cannot be labels")]
    assert faults(data(id=[[1], [2], [3]]), id="id") == told


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_column_that_a_file_lacks_is_told_with_those_it_has(tmp_path: Any, ending: str) -> None:
    table = cohort().rename(columns={"exit": "exit_date", "entry": "Entry"}).assign(more=1)
    path = tmp_path / f"people.{ending}"
    table.to_csv(path, index=False) if ending == "csv" else table.to_parquet(path)
    with pytest.raises(TableError) as caught:
        counted(path)
    assert "'exit': there is no such column. Did you mean 'exit_date'?" in str(caught.value)
    assert "'entry': there is no such column. Did you mean 'Entry'?" in str(caught.value)


def test_tables_are_summed() -> None:
    parts = [
        person_years(cohort().iloc[rows], birth="birth", entry="entry", exit="exit", by="sex")
        for rows in ([0], [1, 2])
    ]
    whole = person_years(cohort(), birth="birth", entry="entry", exit="exit", by="sex")
    pd.testing.assert_frame_equal(sum(parts).summary(), whole.summary())
    with pytest.raises(TypeError):
        1 + whole


@pytest.mark.parametrize("per", ["1e5", [1, 2], 0])
def test_a_unit_that_is_none_is_refused(per: Any) -> None:
    with pytest.raises(TableError, match="'per': "):
        incidence_ratios({"observed": [3], "expected": [2.0]}, per=per)


@pytest.mark.parametrize("rows", [1, 2, 3, 9])
def test_ids_among_words_are_the_same_in_every_batch_of_a_file(tmp_path: Any, rows: int) -> None:
    spells = pd.concat([cohort().iloc[[0]]] * 5, ignore_index=True).assign(
        id=["7", "12", "12", "A3", "007"], entry=pd.to_datetime("1990-01-01")
    )
    spells.loc[2, ["entry", "exit"]] = [spells.loc[1, "exit"], pd.Timestamp("2005-01-01")]
    spells.to_csv(tmp_path / "spells.csv", index=False)
    options = {"id": "id", "age": None, "rates": None, "batch_rows": rows}
    assert counted(tmp_path / "spells.csv", **options)["n"].tolist() == [4]


LINES = "birth,entry,exit,cancer,sex\n1950-01-01,2000-01-01,2005-01-01,1,f\n"


def test_a_line_with_a_field_too_many_is_refused_and_not_cut(tmp_path: Any) -> None:
    path = tmp_path / "people.csv"
    path.write_text(LINES + "1950-01-01,2000-01-01,2005-01-01,0,f, m\n")
    with pytest.raises(FileError, match="line 3 has 6 fields where the lines before it have 5"):
        counted(path)


def test_a_separator_that_only_the_rows_end_in_is_refused(tmp_path: Any) -> None:
    """It would make row names of the first column, and of each column the one before it."""
    path = tmp_path / "people.csv"
    path.write_text(LINES.replace(",f\n", ",f,\n"))
    with pytest.raises(FileError, match="end in a separator that its header does not have"):
        counted(path)


def test_row_names_without_a_header_are_no_column(tmp_path: Any) -> None:
    """As R's write.table writes them."""
    path = tmp_path / "people.csv"
    path.write_text(LINES.replace("1950", '"1",1950'))
    assert counted(path)["observed"].sum() == 1
