"""Any table that users hold comes through the gate, with the same digits."""

from __future__ import annotations

import struct
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.feather
import pytest
from numpy.testing import assert_array_equal

from paraneo import FileError, TableError, incidence_ratios, rate_table
from paraneo.errors import Faults
from paraneo.gate.files import read_batches, read_table
from paraneo.gate.frames import is_table
from paraneo.gate.tables import Columns

COLUMNS = {"observed": [3, 8, 12], "expected": [2.5, 4.0, 10.25], "sex": ["f", "m", "m"]}


class Stream:
    """Nothing but Arrow's stream, as a foreign library may offer it."""

    def __init__(self, columns):
        self._table = pa.table(columns)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


FORMS = {
    "mapping": dict,
    "pandas": pd.DataFrame,
    "pandas of arrow": lambda columns: pd.DataFrame(columns).convert_dtypes(
        dtype_backend="pyarrow"
    ),
    "polars": pl.DataFrame,
    "lazy polars": pl.LazyFrame,
    "arrow": pa.table,
    "batch": lambda columns: pa.RecordBatch.from_pydict(columns),
    "reader": lambda columns: pa.table(columns).to_reader(),
    "data set": lambda columns: pyarrow.dataset.dataset(pa.table(columns)),
    "stream": Stream,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_gives_the_same_digits(form):
    table = FORMS[form](COLUMNS)
    assert is_table(table)
    result = incidence_ratios(table, by="sex").summary()
    expected = incidence_ratios(COLUMNS, by="sex").summary()
    pd.testing.assert_frame_equal(result.astype({"sex": object}), expected)


WRITERS = {
    "a.csv": lambda f, p: f.to_csv(p, index=False),
    "a.tsv": lambda f, p: f.to_csv(p, index=False, sep="\t"),
    "a.txt": lambda f, p: f.to_csv(p, index=False, sep="|"),
    "a.csv.gz": lambda f, p: f.to_csv(p, index=False),
    "a.csv.bz2": lambda f, p: f.to_csv(p, index=False),
    "a.csv.zst": lambda f, p: _zst(f, p),
    "a.parquet": lambda f, p: f.to_parquet(p),
    "a.feather": lambda f, p: f.to_feather(p),
    "a.dta": lambda f, p: f.to_stata(p, write_index=False),
    "a.xlsx": lambda f, p: f.to_excel(p, index=False),
    "a.json": lambda f, p: f.to_json(p, orient="records"),
    "a.jsonl": lambda f, p: f.to_json(p, orient="records", lines=True),
}


def _zst(frame, path):
    with pa.output_stream(str(path), compression="zstd") as out:
        out.write(frame.to_csv(index=False).encode())


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_path_will_do_wherever_a_table_does(tmp_path, name, kind):
    path = tmp_path / name
    WRITERS[name](pd.DataFrame(COLUMNS), path)
    result = incidence_ratios(kind(path), by="sex").summary()
    pd.testing.assert_frame_equal(result, incidence_ratios(COLUMNS, by="sex").summary())
    batches = list(read_batches(path, rows=2, columns=["observed", "expected"]))
    assert [len(batch) for batch in batches] == [2, 1]


def test_a_file_of_sas_is_read_as_its_columns(tmp_path):
    path = tmp_path / "a.xpt"
    path.write_bytes(_transport({"observed": [3.0, 8.0, 12.0], "expected": [2.5, 4.0, 10.25]}))
    result = incidence_ratios(path).summary()
    columns = {name: COLUMNS[name] for name in ("observed", "expected")}
    pd.testing.assert_frame_equal(result, incidence_ratios(columns).summary())
    (tmp_path / "a.sas7bdat").write_bytes(b"no such file")
    with pytest.raises(FileError, match=r"a\.sas7bdat' cannot be read as a table"):
        incidence_ratios(tmp_path / "a.sas7bdat")


def _transport(columns):
    """Return columns of numbers as a transport file of SAS, version 5, by its published layout."""

    def cards(*texts):
        return b"".join(text.encode().ljust(80) for text in texts)

    def headed(kind, numbers):
        return f"HEADER RECORD*******{kind:8}HEADER RECORD!!!!!!!{numbers}"

    def ibm(value):
        exponent, mantissa = 0, abs(value)
        while mantissa >= 1:
            exponent, mantissa = exponent + 1, mantissa / 16
        return bytes([64 + exponent]) + int(mantissa * 2**56).to_bytes(7, "big")

    day = "01JAN20:00:00:00"
    zeros = "0" * 30
    out = cards(
        headed("LIBRARY", zeros),
        f"{'SAS':8}{'SAS':8}{'SASLIB':8}{'9.4':8}{'X':8}{'':24}{day}",
        day,
        headed("MEMBER", "000000000000000001600000000140"),
        headed("DSCRPTR", zeros),
        f"{'SAS':8}{'A':8}{'SASDATA':8}{'9.4':8}{'X':8}{'':24}{day}",
        day,
        headed("NAMESTR", f"000000{len(columns):04}00000000000000000000"),
    )
    described = b""
    for number, name in enumerate(columns):
        described += struct.pack(">hhhh", 1, 0, 8, number + 1) + name.encode().ljust(8)
        described += b" " * 40 + b" " * 8 + struct.pack(">hhh2s", 0, 0, 0, b"  ") + b" " * 8
        described += struct.pack(">hhl", 0, 0, 8 * number) + b"\0" * 52
    out += described.ljust(-(-len(described) // 80) * 80) + cards(headed("OBS", zeros))
    rows = b"".join(ibm(value) for row in zip(*columns.values(), strict=True) for value in row)
    return out + rows.ljust(-(-len(rows) // 80) * 80)


def test_a_file_of_no_known_kind_or_that_is_absent_says_so(tmp_path):
    (tmp_path / "a.doc").write_text("")
    with pytest.raises(FileError, match="is not a table by its ending"):
        read_table(tmp_path / "a.doc")
    with pytest.raises(FileError, match="There is no file"):
        incidence_ratios(tmp_path / "b.csv")


def test_what_is_no_table_is_refused():
    with pytest.raises(TableError, match="it is of type int, not a table"):
        incidence_ratios(3)


def test_text_is_read_by_the_column_and_doubt_is_a_fault():
    faults = Faults("the table")
    source = Columns({"a": ["1,5", "~"], "b": ["1,234", "5,678"], "c": ["7", "x"]}, faults)
    assert_array_equal(source.numbers("a"), [1.5, np.nan])
    assert np.isnan(source.numbers("b")).all()
    assert_array_equal(source.numbers("c"), [7, np.nan])
    assert [(fault.column, fault.rows) for fault in faults.found] == [("b", ()), ("c", (1,))]
    plain = Columns({"b": ["1,234", "5,678"]}, Faults("the table"), decimal=",")
    assert_array_equal(plain.numbers("b"), [1.234, 5.678])


def test_polars_needs_no_pyarrow():
    program = """
import sys
sys.modules["pyarrow"] = None
import datetime
import polars
from paraneo import incidence_ratios, person_years, rate_table
day = datetime.date
people = polars.DataFrame({"b": [day(1950, 1, 1), day(1960, 1, 1)], "s": [day(2000, 1, 1)] * 2,
                           "e": [day(2010, 1, 1)] * 2, "d": [1, 0], "sex": ["m", "f"]})
lived = person_years(people, birth="b", entry="s", exit="e", event="d", by="sex").summary()
print(lived["person_years"].round(3).tolist())
table = polars.LazyFrame({"observed": [3], "expected": [1.5]})
print(incidence_ratios(table).summary()["estimate"][0])
rates = polars.DataFrame({"age": ["0-39", "40+"], "rate": ["0,5", "1,5"]})
print(rate_table(rates, rate="rate").rates.ravel())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["[10.001, 10.001]", "2.0", "[0.5 1.5]"]


def test_rates_come_from_a_plan_or_a_path(tmp_path):
    rates = {"age": ["0-39", "40+"], "rate": [1e-4, 2e-3]}
    path = tmp_path / "rates.parquet"
    pd.DataFrame(rates).to_parquet(path)
    for table in (path, str(path), pl.LazyFrame(rates), Stream(rates)):
        assert_array_equal(rate_table(table, rate="rate").rates.ravel(), rates["rate"])
