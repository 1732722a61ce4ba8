"""Files in and out: CSV or Parquet read, and nothing half-written under its final name."""

from __future__ import annotations

import codecs
import csv
import gzip
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from paraneo.errors import FileError

#: The endings that are read and written, and what each is.
PARQUET = (".parquet", ".pq")
CSV = (".csv", ".csv.gz", ".txt")

#: How a file begins that some programs call Unicode text.
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_START = 2**16
_FIELDS = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
_QUOTED = re.compile('"[^"]*"')
_DECIMAL_COMMA = re.compile(r'(?:^|[;\t])"?-?\d+,\d+(?:[eE][-+]?\d+)?"?(?=[;\t\r\n])', re.MULTILINE)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV or Parquet file into a frame.

    CSV may be separated by commas, semicolons or tabs; with the latter two a comma may mark
    decimals.

    Raises
    ------
    FileError
        When the file is absent, empty, of another kind, or cannot be parsed.
    """
    path = path_of(path)
    if not path.is_file():
        raise FileError(f"There is no file '{path}'. Check the name and the folder.")
    name = path.name.lower()
    try:
        if name.endswith(PARQUET):
            return pd.read_parquet(path)
        if name.endswith(CSV):
            table: pd.DataFrame = pd.read_csv(path, **_form(path)[0])
            return table
    except ImportError as error:
        raise FileError(
            f"Reading '{path}' needs pyarrow. Install it with: pip install 'paraneo[parquet]'."
        ) from error
    except FileError:
        raise
    except Exception as error:
        raise FileError(f"'{path}' cannot be read as a table: {_said(error)}") from error
    raise FileError(
        f"'{path}' is neither CSV nor Parquet by its ending. Save it as .csv or .parquet."
    )


def read_batches(
    path: str | Path, *, rows: int, columns: Iterable[str], text: Iterable[str] = ()
) -> Iterator[pd.DataFrame]:
    """Read a CSV or Parquet file a batch of rows at a time, and of it only some columns.

    A column that the file does not have is left out; all others are then read. Columns in
    ``text`` stay as they are written, even where a batch of them holds nothing but numbers.

    Raises
    ------
    FileError
        When the file is absent, empty, of another kind, or cannot be parsed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileError(f"There is no file '{path}'. Check the name and the folder.")
    name = path.name.lower()
    wanted = set(columns)
    if not name.endswith(PARQUET + CSV):
        raise FileError(
            f"'{path}' is neither CSV nor Parquet by its ending. Save it as .csv or .parquet."
        )
    try:
        if name.endswith(PARQUET):
            yield from _parquet_batches(path, rows, wanted)
        else:
            yield from _csv_batches(path, rows, wanted, dict.fromkeys(text, "object"))
    except ImportError as error:
        raise FileError(
            f"Reading '{path}' needs pyarrow. Install it with: pip install 'paraneo[parquet]'."
        ) from error
    except FileError:
        raise
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise FileError(f"'{path}' cannot be read as a table: {_said(error)}") from error


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


def _csv_batches(
    path: Path, rows: int, wanted: set[str], kinds: dict[str, str]
) -> Iterator[pd.DataFrame]:
    form, names = _form(path, wanted)
    # where a column is absent all others are shown, among them the one that was meant
    columns = wanted if wanted <= set(names) else set(names)
    # not by usecols=, which cuts a line that is too long without a word
    with pd.read_csv(path, chunksize=rows, dtype=kinds, **form) as reader:
        for frame in reader:
            yield frame[[name for name in frame if name in columns]]


def _form(path: Path, wanted: set[str] | None = None) -> tuple[dict[str, Any], list[str]]:
    """Return how the start of a CSV file separates, marks decimals and writes, and its names."""
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
        raw = file.read(_START)
    encoding = "utf-16" if raw.startswith(UTF_16) else "utf-8"
    try:
        start = codecs.getincrementaldecoder(encoding)().decode(raw)
    except UnicodeDecodeError:
        encoding = "cp1252"
        start = raw.decode(encoding, errors="replace")
    first = start.partition("\n")[0]
    header = _QUOTED.sub("", first)
    mark = max(",;\t", key=header.count)
    names = next(csv.reader([first], delimiter=mark), [])
    names = [name.strip("\ufeff\r") for name in names]
    _check_header(names, path, wanted)
    _check_first_row(start, names, mark, path)
    comma = mark != "," and _DECIMAL_COMMA.search(start) is not None
    form = {
        "sep": mark,
        "decimal": "," if comma else ".",
        "encoding": encoding,
        "low_memory": False,  # a column is of one type, and not of another in every piece of it
    }
    return form, names


def _check_header(names: list[str], path: Path, wanted: set[str] | None) -> None:
    """Refuse a name that two columns have, of which one would be taken without a word."""
    doubled = {name for name in names if name and names.count(name) > 1}
    doubled &= doubled if wanted is None else wanted
    if doubled:
        shown = ", ".join(f"'{name}'" for name in sorted(doubled))
        raise FileError(f"'{path}' has more than one column {shown}. Rename or drop one.")


def _check_first_row(start: str, names: list[str], mark: str, path: Path) -> None:
    """Refuse a separator at the end of rows alone: each column would be taken for the next."""
    rows = csv.reader(start.splitlines()[:2], delimiter=mark)
    first = list(rows)[1:]
    if first and len(first[0]) == len(names) + 1 and not first[0][-1].strip():
        raise FileError(
            f"The rows of '{path}' end in a separator that its header does not have. Leave it "
            "out of the rows, or put one at the end of the header."
        )


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


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``; it takes the final name only when all went well.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "table.csv") as part:
    ...     _ = part.write_text("estimate,lower,upper")
    >>> [file.name for file in folder.iterdir()]
    ['table.csv']
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
        os.close(handle)
    except OSError as error:
        raise FileError(f"Cannot write into '{path.parent}': {error.strerror}.") from error
    try:
        yield Path(part)
        Path(part).chmod(0o644)
        Path(part).replace(path)
    except OSError as error:
        raise FileError(f"Cannot write '{path}': {error.strerror}.") from error
    finally:
        Path(part).unlink(missing_ok=True)


@contextmanager
def written_together(folder: str | Path) -> Iterator[Path]:
    """Give a folder beside ``folder``; its files move there only when all went well.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp()) / "results"
    >>> try:
    ...     with written_together(folder) as part:
    ...         _ = (part / "one.csv").write_text("1")
    ...         raise ValueError("the second table cannot be made")
    ... except ValueError:
    ...     folder.exists()
    False
    """
    folder = Path(folder)
    created = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=folder, prefix=".part-"))
    except OSError as error:
        raise FileError(f"Cannot write into '{folder}': {error.strerror}.") from error
    whole = False
    try:
        yield part
        _move_all(part, folder)
        whole = True
    except OSError as error:
        raise FileError(f"Cannot write into '{folder}': {error.strerror}.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if created and not whole:
            with suppress(OSError):
                folder.rmdir()


def _move_all(part: Path, folder: Path) -> None:
    """Move the files of one folder into another; where one cannot be moved, none is.

    The file made last goes first: it sums up the others, so that a process that is killed here
    never leaves an old summary beside new tables.
    """
    made = sorted(part.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    names = [file.name for file in made]
    old = part / "old"
    old.mkdir()
    for name in names:
        if (folder / name).exists():
            shutil.copy2(folder / name, old / name)
    try:
        for name in names:
            (part / name).replace(folder / name)
    except BaseException:
        for name in names:
            if (old / name).exists():
                (old / name).replace(folder / name)
            elif not (part / name).exists():
                (folder / name).unlink()
        raise


def check_folder(folder: str | Path) -> None:
    """Raise an error unless files can be written into a folder, which need not exist yet.

    Raises
    ------
    FileError
        Naming what stands in the way. Nothing is made.
    """
    place = Path(folder)
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise FileError(f"Cannot write into '{folder}': '{place}' is a file.")
    if not os.access(place, os.W_OK | os.X_OK):
        raise FileError(f"Cannot write into '{folder}': there is no permission to write there.")


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a frame as CSV, whole or not at all."""
    with written_whole(path) as part:
        frame.to_csv(part, index=False)
