"""Files in: tables of any usual kind."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

import pandas as pd

from paraneo.errors import FileError

from .delimited import delimited_batches, first_delimited, opened, read_delimited

#: Endings of tables of delimited text, and of other kinds of files.
DELIMITED = (".csv", ".tsv", ".txt", ".tab", ".psv", ".dat")
PARQUET = (".parquet", ".pq")
FEATHER = (".feather", ".arrow", ".ipc")
STATA, SAS, EXCEL, JSON = (".dta",), (".sas7bdat", ".xpt"), (".xlsx", ".xlsm"), (".json", ".jsonl")
PACKED = (".gz", ".bz2", ".zst")
ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".tgz", ".xz")

_FIELDS = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
_NEEDS = {"openpyxl": "'paraneo[excel]'", "pyarrow": "'paraneo[parquet]'"}


def read_table(path: str | Path, *, decimal: Literal[".", ","] | None = None) -> pd.DataFrame:
    """Read a file that holds a table into a frame; its ending says of which kind it is.

    Parameters
    ----------
    path : str or Path
        Delimited text (.csv, .tsv, .txt and so on, by commas, semicolons, tabs or bars),
        .parquet, .feather, .dta of Stata, .sas7bdat and .xpt of SAS, .xlsx, or .json. Each
        may be packed (.gz, .bz2, .zst).
    decimal : {".", ","}, optional
        The decimal mark of delimited text; left out, the file tells, and numbers that can be
        read in two ways stay text.

    Raises
    ------
    FileError
        When the file is absent, empty, of another kind, or cannot be parsed.
    """
    path = present(path)
    kind = _kind(path)
    with _in_words(path):
        if kind in DELIMITED:
            return read_delimited(path, decimal)
        with opened(path) as file:
            return _read_other(path, file, kind)


def read_batches(
    path: str | Path, *, rows: int, columns: Iterable[str], text: Iterable[str] = ()
) -> Iterator[pd.DataFrame]:
    """Read a file a batch of rows at a time, and of it only some columns.

    Delimited text and Parquet are read in batches, other kinds in whole. A column that the
    file does not have is left out; all others are then read. Columns in ``text`` stay as they
    are written, even where a batch of them holds nothing but numbers.

    Raises
    ------
    FileError
        When the file is absent, empty, of another kind, or cannot be parsed.
    """
    path = present(path)
    kind, wanted = _kind(path), set(columns)
    with _in_words(path):
        if kind in PARQUET and not path.name.lower().endswith(PACKED):
            yield from _parquet_batches(path, rows, wanted)
        elif kind in DELIMITED:
            yield from delimited_batches(path, rows, wanted, dict.fromkeys(text, "object"))
        else:
            with opened(path) as file:
                frame = _read_other(path, file, kind)
            for start in range(0, len(frame), rows):
                yield frame.iloc[start : start + rows]


def first_rows(path: str | Path, rows: int, wanted: Callable[[str], bool]) -> pd.DataFrame | None:
    """Return the first rows of some columns of a file; None where it has none of them.

    Only delimited text and Parquet are looked into, which are else read by columns.
    """
    path = present(path)
    kind = _kind(path)
    with _in_words(path):
        if kind in DELIMITED:
            return first_delimited(path, rows, wanted)
        if kind not in PARQUET or path.name.lower().endswith(PACKED):
            return None
        from pyarrow.parquet import ParquetFile

        with ParquetFile(path) as file:
            names = [name for name in file.schema_arrow.names if wanted(name)]
            batches = file.iter_batches(batch_size=rows, columns=names) if names else iter(())
            first = next(batches, None)
            return None if first is None else first.to_pandas()


def present(path: Any) -> Path:
    """Return the path of a file that is there."""
    found = path_of(path)
    try:
        there, folder = found.is_file(), found.is_dir()
    except OSError:  # such as a name that is too long to be one
        there = folder = False
    if folder:
        raise FileError(f"'{found}' is a folder. Name a file in it.")
    if not there:
        raise FileError(f"There is no file '{found}'. Check the name and the folder.")
    if not os.access(found, os.R_OK):
        raise FileError(f"There is no permission to read '{found}'. Ask its owner for it.")
    return found


def _kind(path: Path) -> str:
    """Return the ending that says what a file is, or refuse it."""
    name = path.name.lower()
    for ending in PACKED:
        name = name.removesuffix(ending)
    known = (*DELIMITED, *PARQUET, *FEATHER, *STATA, *SAS, *EXCEL, *JSON)
    kind = Path(name).suffix
    if kind in ARCHIVES:
        raise FileError(f"'{path}' is an archive by its ending. Unpack the table in it first.")
    if kind not in known:
        raise FileError(
            f"'{path}' is not a table by its ending. Save it as .csv or .parquet; these are read: "
            f"{', '.join(known)}."
        )
    return kind


def _read_other(path: Path, file: IO[bytes], kind: str) -> pd.DataFrame:
    """Read a file of a kind that says itself what its columns are."""
    if kind in PARQUET:
        return pd.read_parquet(path if not path.name.lower().endswith(PACKED) else _whole(file))
    if kind in FEATHER:
        return pd.read_feather(_whole(file))
    if kind in STATA:
        return pd.read_stata(_whole(file))
    if kind in SAS:
        form = kind.strip(".").replace("xpt", "xport")
        table = pd.read_sas(_whole(file), format=form, encoding="latin-1")  # type: ignore[call-overload]
        assert isinstance(table, pd.DataFrame)
        return table
    if kind in EXCEL:
        return pd.read_excel(_whole(file))
    return pd.read_json(_whole(file), lines=kind == ".jsonl", convert_dates=False)


def _whole(file: IO[bytes]) -> io.BytesIO:
    return io.BytesIO(file.read())


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is read into an error that names it."""
    try:
        yield
    except ImportError as error:
        package = next((name for name in _NEEDS if name in str(error)), "pyarrow")
        raise FileError(
            f"Reading '{path}' needs {package}. Install it with: pip install {_NEEDS[package]}."
        ) from error
    except (FileError, GeneratorExit):
        raise
    except Exception as error:  # whatever a reader of broken files raises
        what = "a Stata file" if _kind(path) in STATA else "a table"
        raise FileError(f"'{path}' cannot be read as {what}: {_said(error)}") from error


def is_path(data: object) -> bool:
    """Return whether ``data`` is the path of a file, as text or as such."""
    return isinstance(data, str | os.PathLike)


def path_of(path: Any) -> Path:
    """Return a path that was given as text or as such; a table or anything else is none."""
    if isinstance(path, str | os.PathLike):
        return Path(path)
    raise FileError(f"A path to a file is needed, and this is of type {type(path).__name__}.")


def _said(error: Exception) -> str:
    """Return what a reader of files says, in one line."""
    text = " ".join(str(error).split())
    if found := _FIELDS.search(text):
        return (
            f"line {found[2]} has {found[3]} fields where the lines before it have {found[1]}. "
            "Put words that hold the separator in quotation marks"
        )
    return text


def _parquet_batches(path: Path, rows: int, wanted: set[str]) -> Iterator[pd.DataFrame]:
    from pyarrow import default_memory_pool
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path, pre_buffer=False, buffer_size=2**16) as file:
        names = file.schema_arrow.names
        present = [name for name in names if name in wanted or not wanted <= set(names)]
        # Threads of its own and memory kept for later would be most of what is needed here.
        for batch in file.iter_batches(batch_size=rows, columns=present, use_threads=False):
            frame = batch.to_pandas(date_as_object=False, use_threads=False)
            del batch
            default_memory_pool().release_unused()
            yield frame
