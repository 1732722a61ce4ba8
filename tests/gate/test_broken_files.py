"""Files and frames that nobody can use: a named error from every reader and verb, and soon."""

from __future__ import annotations

import bz2
import gzip
import io
import time
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.gate.calls import CALLS, PEOPLE, RATES
from tests.tolerances import EXACT

import paraneo
from paraneo import FileError, ParaneoError, rates

GOOD = "age,sex,rate\n0-49,F,80\n50+,F,90\n"
#: Longest message that anybody reads, and seconds that a refusal may take.
LONGEST, SOON = 3000, 2.0


def _zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.csv", GOOD)
    return held.getvalue()


def _parquet() -> bytes:
    held = io.BytesIO()
    pd.DataFrame({"age": [0, 50], "sex": ["F", "F"], "rate": [0.1, 0.2]}).to_parquet(held)
    return held.getvalue()


_GZIP, _BZIP2 = gzip.compress(GOOD.encode() * 2000), bz2.compress(GOOD.encode())
BROKEN: dict[str, bytes | str] = {
    "empty.csv": "",
    "blank.csv": "\n\n\n",
    "spaces.csv": "  \n \n",
    "mark_alone.csv": b"\xef\xbb\xbf",
    "utf16_mark_alone.csv": b"\xff\xfe",
    "header_alone.csv": "age,sex,rate\n",
    "long_cell.csv": "age,sex,rate\n0-49," + "F" * 200_000 + ",80\n",
    "long_line.csv": "a" * 10_000_000,
    "many_columns.csv": ",".join(f"c{n}" for n in range(100_000)) + "\n" + "1," * 99_999 + "1\n",
    "doubled.csv": "age,sex,rate,rate\n0-49,F,80,90\n",
    "long_name.csv": "age,sex," + "r" * 5000 + "\n0,F,1\n",
    "nul.csv": "age,sex,rate\n0-49,F\x00,80\n",
    "nuls.csv": b"\x00" * 5000,
    "utf16_without_mark.csv": GOOD.encode("utf-16-le"),
    "open_quote.csv": 'age,sex,rate\n"0-49,F,80\n50+,F,90\n',
    "ragged.csv": "age,sex,rate\n0-49,F,80,1,2\n50+,F\n",
    "binary.csv": np.random.default_rng(1).bytes(20_000),
    "page.csv": "<!DOCTYPE html><html><body>Not found</body></html>",
    "zip.csv": _zipped(),
    "a.csv.zip": _zipped(),
    "cut.csv.gz": _GZIP[: len(_GZIP) // 2],
    "corrupt.csv.gz": _GZIP[:20] + b"xxxx" + _GZIP[24:],
    "wrong_sum.csv.gz": _GZIP[:-8] + b"\0" * 8,
    "cut.csv.bz2": _BZIP2[: len(_BZIP2) // 2],
    "corrupt.csv.zst": b"\x28\xb5\x2f\xfdxxxxx",
    "cut.parquet": _parquet()[:300],
    "corrupt.parquet": _parquet()[:40] + b"\xff" * 40 + _parquet()[80:],
    "empty.parquet": b"",
    "binary.dta": np.random.default_rng(2).bytes(3000),
    "binary.xlsx": np.random.default_rng(3).bytes(3000),
    "list.json": "[1, 2, 3]",
    "deep.json": "[" * 100_000,
    "folder.csv": "",
    "absent.csv": "",
    "a" * 5000 + ".csv": "",
    "a\0b.csv": "",
}
READERS = {
    "read_ci5": lambda path: rates.read_ci5(path, cancers=1),
    "read_hmd, counts": lambda path: rates.read_hmd(deaths=path, exposures=path),
    "read_wpp, counts": lambda path: rates.read_wpp(deaths=path, population=path),
    "read_who_mortality": lambda path: rates.read_who_mortality(path, path, country=1, cause="AAA"),
    "read_rate_table": lambda path: rates.read_rate_table(path, rate="rate", per=1e5, by="sex"),
}
READERS |= {
    name: getattr(rates, name)
    for name in rates.__all__
    if name.startswith("read_") and name not in READERS
}
VERBS = {
    name: lambda path, name=name, needed=needed: getattr(paraneo, name)(path, **needed)
    for name, (_, needed) in CALLS.items()
}
VERBS |= {
    "person_years, id": lambda path: VERBS_OF["person_years"](path, id="who"),
    "background_hazard": lambda path: paraneo.background_hazard(
        path, birth="born", entry="came", exit="left", rates=RATES
    ),
    "pooled_ratios": paraneo.pooled_ratios,
    "pooled_accuracy": paraneo.pooled_accuracy,
    "audited_ratios": paraneo.audited_ratios,
    "standard_population": rates.standard_population,
}
VERBS_OF = {
    "person_years": lambda path, **more: paraneo.person_years(
        path, **CALLS["person_years"][1], **more
    )
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("broken")
    (made / "folder.csv").mkdir()
    for name, held in BROKEN.items():
        if held != "" or name == "empty.csv":
            data = held if isinstance(held, bytes) else held.encode()
            (made / name).write_bytes(data)
    (made / "empty.parquet").write_bytes(b"")
    return made


CASES = [(name, call) for name in BROKEN for call in READERS | VERBS]
CASES.remove(("long_cell.csv", "read_rate_table"))  # there a label may be of any length


@pytest.mark.parametrize(("name", "call"), CASES)
def test_a_broken_file_is_named_soon(folder, name, call):
    begin = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ParaneoError) as caught:
            (READERS | VERBS)[call](folder / name)
    assert time.process_time() - begin < SOON
    assert len(str(caught.value)) < LONGEST


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("blank.csv", "is empty"),
        ("doubled.csv", "more than one column 'rate'"),
        ("zip.csv", "Unpack it"),
        ("a.csv.zip", "Unpack"),
        ("nul.csv", "NUL bytes"),
        ("utf16_without_mark.csv", "UTF-16 without its mark"),
        ("many_columns.csv", "columns"),
        ("long_line.csv", "an end to each line"),
        ("folder.csv", "is a folder"),
        ("absent.csv", "There is no file"),
    ],
)
@pytest.mark.parametrize("call", ["read_seerstat", "read_rate_table", "read_globocan"])
def test_the_error_says_what_to_do(folder, name, said, call):
    with pytest.raises(FileError, match=said):
        READERS[call](folder / name)


@pytest.mark.parametrize("call", ["read_seerstat", "read_rate_table", "read_globocan"])
def test_a_file_that_may_not_be_read(folder, call, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(FileError, match="no permission to read"):
        READERS[call](folder / "long_name.csv")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("call", ["read_seerstat", "read_rate_table", "read_globocan"])
def test_lines_may_end_in_any_way(tmp_path, call, end):
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD.replace("\n", end).encode())
    assert_allclose(READERS[call](path).rates.ravel(), [8e-4, 9e-4], **EXACT)


def test_a_cell_may_hold_marks_that_end_lines_elsewhere(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("age,sex,rate\n0-49,women…,80\n50+,women…,90\n".encode("cp1252"))
    table = rates.read_seerstat(path, by="sex")
    assert table.groups["sex"].tolist() == ["women…"]


def _many_levels(table):
    frame = pd.DataFrame(table)
    frame.columns = pd.MultiIndex.from_tuples([("a", name) for name in frame.columns])
    return frame


UNLIKE = {
    "columns of several levels": _many_levels,
    "numbers for names": lambda table: pd.DataFrame(pd.DataFrame(table).to_numpy()),
    "doubled columns": lambda table: pd.concat([pd.DataFrame(table)] * 2, axis=1),
    "no rows": lambda table: pd.DataFrame(table).iloc[:0],
    "cells of lists": lambda table: {name: [[v] for v in held] for name, held in table.items()},
    "rows of lists": lambda table: {name: np.array([held] * 2) for name, held in table.items()},
    "an array": lambda _: np.zeros((3, 3)),
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("verb", CALLS)
@pytest.mark.parametrize("kind", UNLIKE)
def test_frames_that_are_none_are_named(kind, verb):
    table, needed = CALLS[verb]
    with pytest.raises(ParaneoError):
        getattr(paraneo, verb)(UNLIKE[kind](table), **needed)


@pytest.mark.parametrize("order", [">i4", ">f8"])
@pytest.mark.parametrize("verb", ["person_years", "kaplan_meier", "incidence_ratios"])
def test_numbers_of_other_machines_are_numbers(verb, order):
    table, needed = CALLS[verb]
    turned = {
        name: held if isinstance(held[0], str) else np.array(held).astype(order)
        for name, held in table.items()
    }
    call = getattr(paraneo, verb)
    pd.testing.assert_frame_equal(
        call(pd.DataFrame(turned), **needed).summary(), call(table, **needed).summary()
    )


def test_names_of_columns_need_not_be_text():
    wide = pd.DataFrame(PEOPLE).assign(**{"r" * 5000: 1})
    wide[0] = 1
    assert paraneo.person_years(wide, **CALLS["person_years"][1]).summary()["observed"][0] == 8
