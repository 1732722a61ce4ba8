"""Queries of databases: the same digits as from a table, a batch of rows at a time."""

from __future__ import annotations

import sqlite3

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from paraneo import ArgumentError, incidence_ratios, person_years, query


@pytest.fixture
def base():
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"b": rng.uniform(1930, 1960, 500), "s": 2000.0})
    people["e"] = 2000 + rng.uniform(1, 10, 500)
    people["d"] = rng.integers(0, 2, 500)
    connection = sqlite3.connect(":memory:")
    people.to_sql("people", connection, index=False)
    yield connection, people
    connection.close()


NAMES = {"birth": "b", "entry": "s", "exit": "e", "event": "d", "age": [0, 60, 70, np.inf]}


def test_person_years_of_a_query_are_those_of_its_table(base):
    connection, people = base
    asked = query(connection, "select * from people", rows=64)
    assert [len(batch) for batch in asked] == [64] * 7 + [52]
    frame = person_years(asked, **NAMES).summary()
    pd.testing.assert_frame_equal(frame, person_years(people, **NAMES).summary())


def test_other_verbs_gather_the_answer(base):
    connection, _ = base
    asked = query(connection, "select 12 as observed, 8.0 as expected", rows=1)
    assert incidence_ratios(asked).summary()["estimate"][0] == 1.5


def test_record_batches_are_taken_where_the_database_has_them():
    class Cursor:
        def execute(self, _):
            self.answer = pa.table({"observed": [3, 5], "expected": [2.0, 2.0]})

        def fetch_record_batch(self):
            return self.answer.to_reader(max_chunksize=1)

        def close(self):
            pass

    class Connection:
        cursor = Cursor

    asked = query(Connection(), "select")
    assert [len(batch) for batch in asked] == [1, 1]
    assert incidence_ratios(asked).summary()["estimate"][0] == 2.0


def test_a_query_that_cannot_be_run_says_so(base):
    with pytest.raises(ArgumentError, match="'sql': the database refuses it: no such table: town"):
        incidence_ratios(query(base[0], "select * from town"))
    with pytest.raises(ArgumentError, match="it is of type int, not a connection"):
        incidence_ratios(query(3, "select 1"))
