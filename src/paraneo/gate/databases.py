"""Answers of databases, read a batch of rows at a time."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import pandas as pd

from paraneo.errors import Faults

from .verbs import verb

_ROWS = 100_000


class Query:
    """A query whose answer is read anew, in batches, each time it is asked for.

    Attributes
    ----------
    connection : object
        Of ADBC, DuckDB, SQLite, psycopg or any other that follows Python's DB-API.
    sql : str
    rows : int
        How many rows make a batch.
    """

    def __init__(self, connection: Any, sql: str, rows: int) -> None:
        self.connection, self.sql, self.rows = connection, sql, rows

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield the answer, a batch of rows at a time."""
        cursor = self._asked()
        if hasattr(cursor, "to_arrow_reader"):  # a relation of DuckDB
            for batch in cursor.to_arrow_reader(self.rows):
                yield batch.to_pandas(date_as_object=False)
            return
        try:
            if hasattr(cursor, "fetch_record_batch"):
                for batch in cursor.fetch_record_batch():
                    yield batch.to_pandas(date_as_object=False)
                return
            met = False
            while rows := cursor.fetchmany(self.rows):
                met = True
                yield pd.DataFrame.from_records(rows, columns=_names(cursor))
            if not met:
                yield pd.DataFrame(columns=_names(cursor))
        finally:
            cursor.close()

    def _asked(self) -> Any:
        """Return a cursor that holds the answer; psycopg leaves it at the server if it is named.

        A cursor of DuckDB does not know the frames that were registered; a relation does.
        """
        faults = Faults("the query")
        served = type(self.connection).__module__.startswith("psycopg")
        try:
            if type(self.connection).__module__.strip("_").startswith("duckdb") and _has_arrow():
                return self.connection.sql(self.sql)
            cursor = self.connection.cursor(**({"name": "paraneo"} if served else {}))
            cursor.execute(self.sql)
        except AttributeError:
            kind = type(self.connection).__name__
            cure = "Pass one of ADBC, DuckDB, SQLite, psycopg or another that follows the DB-API"
            faults.add("connection", f"it is of type {kind}, not a connection", cure)
        except Exception as error:  # each database has its own kinds
            said = " ".join(str(error).split())
            faults.add("sql", f"the database refuses it: {said}", "Correct the query")
        faults.raise_any()
        return cursor


@verb
def query(connection: Any, sql: str, *, rows: int = _ROWS) -> Query:
    """Return the answer of a database as a table that is read in batches.

    It may stand wherever a table is taken. `person_years` reads it a batch at a time and never
    holds it in whole; other verbs gather it first.

    Parameters
    ----------
    connection : object
        Of ADBC, DuckDB, SQLite, psycopg or any other that follows Python's DB-API.
    sql : str
        A query whose columns are those of the table. For `person_years` with ``id``, let it
        order the rows by person.
    rows : int
        How many rows make a batch, where the database leaves the choice.

    Examples
    --------
    >>> import sqlite3
    >>> base = sqlite3.connect(":memory:")
    >>> _ = base.execute("create table town (observed, expected)")
    >>> _ = base.execute("insert into town values (12, 8.0)")
    >>> from paraneo import incidence_ratios
    >>> incidence_ratios(query(base, "select * from town")).summary()["estimate"][0]
    np.float64(1.5)
    >>> base.close()
    """
    return Query(connection, sql, rows)


def _has_arrow() -> bool:
    return importlib.util.find_spec("pyarrow") is not None


def _names(cursor: Any) -> list[str]:
    return [column[0] for column in cursor.description]
