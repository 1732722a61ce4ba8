"""Delimited text: one way to read CSV and its kin, for tables in whole, in batches or as words.

The beginning of a file shows how it is packed, encoded and separated, and which mark its
decimals have. The parsing is pandas', which the plain install has: pyarrow and DuckDB read as
fast, but neither is always there, and both pad or guess where a line is too long or a mark is in
doubt.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import pandas as pd

from paraneo.errors import FileError

from .missing_marks import is_missing
from .written_numbers import Decimal, decimal_mark, is_written

_MARKS = ",;\t|"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP = b"PK\x03\x04"
_START = 2**16
#: Letters of the first line, and columns, beyond which a file cannot be a table of this kind.
_LONGEST_LINE, _MOST_COLUMNS = 1_000_000, 20_000
_ROWS = 500
_QUOTED = re.compile('"[^"]*"')
#: The line below the table in exports of CDC WONDER, whose first column is called Notes.
_FOOTER = re.compile(r'^"?---"?\s*$', re.MULTILINE)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")


class Form(NamedTuple):
    """How a file of delimited text is written.

    Attributes
    ----------
    names : list of str
    separator, encoding : str
    decimal : {".", ","} or None
        None where the beginning of the file does not show it.
    doubtful : list of str
        Columns that a parser would take for decimals, and that may be thousands.
    """

    names: list[str]
    separator: str
    encoding: str
    decimal: Decimal | None
    doubtful: list[str]


def opened(path: Path) -> Any:
    """Open a file for reading, unpacking gzip, bzip2 and zstd."""
    with path.open("rb") as file:
        first = file.read(4)
    if first.startswith(b"\x1f\x8b"):
        return gzip.open(path)
    if first.startswith(b"BZh"):
        return bz2.open(path)
    if first == b"\x28\xb5\x2f\xfd":
        import pyarrow

        return pyarrow.input_stream(str(path), compression="zstd")
    return path.open("rb")


def form_of(path: Path, decimal: Decimal | None = None) -> Form:
    """Return how a file is written, by its beginning."""
    with opened(path) as file:
        raw = file.read(_START)
        if len(raw) == _START:  # to the end of a line, the first of which may be a long one
            raw += file.readline(_LONGEST_LINE)
    _check_text(raw, path)
    encoding = "utf-16" if raw.startswith(_UTF_16) else "utf-8"
    try:
        start = codecs.getincrementaldecoder(encoding)().decode(raw)
    except UnicodeDecodeError:
        encoding = "cp1252"
        start = raw.decode(encoding, errors="replace")
    lines = _lines(start)
    separator = _separator(lines, path)
    cut = lines if len(raw) < _START else lines[:-1] or lines
    rows = _rows(cut[: _ROWS + 1], separator, path)
    names = [name.strip("\ufeff\r") for name in rows[0]] if rows else []
    _check_first_row(rows, names, path)
    mark = decimal or _mark(rows[1:], separator)
    doubtful = [] if mark or separator == "," else _doubtful(rows[1:], names)
    return Form(names, separator, encoding, mark, doubtful)


def read_delimited(path: Path, decimal: Decimal | None = None) -> pd.DataFrame:
    """Read a file of delimited text into a frame, numbers where a column is nothing else."""
    form = form_of(path, decimal)
    _check_names(form.names, path, set(form.names))
    with opened(path) as file:
        held = _without_footer(file, form)
        frame: pd.DataFrame = pd.read_csv(held, **_options(form))
    if form.names[:1] == ["Notes"]:
        frame = frame[~frame["Notes"].eq("Total")].reset_index(drop=True)
    return _marked(frame, form)


def delimited_batches(
    path: Path, rows: int, wanted: set[str], text: dict[str, str]
) -> Iterator[pd.DataFrame]:
    """Read a file of delimited text a batch of rows at a time, and of it some columns."""
    form = form_of(path)
    _check_names(form.names, path, wanted)
    # where a column is absent all others are shown, among them the one that was meant
    columns = wanted if wanted <= set(form.names) else set(form.names)
    options = _options(form)
    options["dtype"] = {**options["dtype"], **text}
    # not by usecols=, which cuts a line that is too long without a word
    with opened(path) as file, pd.read_csv(file, chunksize=rows, **options) as reader:
        for frame in reader:
            yield _marked(frame[[name for name in frame if name in columns]], form)


def first_delimited(path: Path, rows: int, wanted: Callable[[str], bool]) -> pd.DataFrame | None:
    """Return the first rows of some columns of a file of delimited text, as words."""
    form = form_of(path)
    names = [name for name in form.names if wanted(name)]
    if not names:
        return None
    with opened(path) as file:
        options = {**_options(form), "dtype": "object"}
        frame: pd.DataFrame = pd.read_csv(file, usecols=names, nrows=rows, **options)
    return frame


def read_words(path: Path) -> pd.DataFrame:
    """Read delimited text as words, every field as it is written."""
    lines = _lines(text_of(path))
    separator = _separator(lines, path)
    end = next((n for n, line in enumerate(lines) if _FOOTER.match(line)), len(lines))
    rows = [row for row in _rows(lines[:end], separator, path) if any(map(str.strip, row))]
    wrong = [number for number, row in enumerate(rows) if len(row) != len(rows[0])]
    if wrong:
        raise FileError(
            f"'{path}' is not a table: line {wrong[0] + 1} has {len(rows[wrong[0]])} fields and "
            f"the first {len(rows[0])}. Remove what is not part of the table."
        )
    names = [name.strip() for name in rows[0]]
    _check_names(names, path, set(names))
    frame = pd.DataFrame(rows[1:], columns=names)
    mark = _mark(rows[1:], separator)
    if mark is not None:
        frame.attrs["decimal"] = mark
    return frame


def text_of(path: Path) -> str:
    """Return the text of a file, packed or not, whichever of the usual encodings it has."""
    try:
        with opened(path) as file:
            raw: bytes = file.read()
    except (EOFError, OSError, zlib.error) as error:
        raise FileError(f"'{path}' cannot be unpacked ({error}). Download it again.") from error
    _check_text(raw, path)
    try:
        return raw.decode("utf-16" if raw.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _check_text(raw: bytes, path: Path) -> None:
    """Refuse what is an archive, or no text."""
    if raw.startswith(_ZIP):
        raise FileError(
            f"'{path}' is a zip archive or a workbook, not text. Unpack it, or let it end in .xlsx."
        )
    if b"\0" in raw and not raw.startswith(_UTF_16):
        half = raw.count(b"\0") * 3 > len(raw)
        what = "seems to be UTF-16 without its mark" if half else "is not text, or is damaged"
        raise FileError(f"'{path}' {what}: it holds NUL bytes. Save it as CSV in UTF-8.")


def _lines(text: str) -> list[str]:
    """Return the lines of a text, whichever of the usual ends they have."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _separator(lines: list[str], path: Path) -> str:
    """Return the mark that is most frequent in the header."""
    first = next((line for line in lines if line.strip("\ufeff \t")), None)
    if first is None:
        raise FileError(f"'{path}' is empty. Export it again.")
    if len(first) >= _LONGEST_LINE:
        raise FileError(
            f"The first line of '{path}' has {_LONGEST_LINE:,d} letters or more, which is no "
            "header. Save it with an end to each line, and keep the columns that are needed."
        )
    return max(_MARKS, key=_QUOTED.sub("", first).count)


def _rows(lines: list[str], separator: str, path: Path) -> list[list[str]]:
    """Return the fields of each line."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    try:
        return list(reader)
    except csv.Error as error:
        raise FileError(
            f"'{path}' is not a table: line {reader.line_num} cannot be split into fields "
            f"({error}). A quotation mark may be open there; correct the line."
        ) from error


def _options(form: Form) -> dict[str, Any]:
    return {
        "sep": form.separator,
        "decimal": "," if form.decimal == "," and form.separator != "," else ".",
        "encoding": form.encoding,
        "dtype": dict.fromkeys(form.doubtful, "object"),
        "low_memory": False,  # a column is of one type, and not of another in every piece of it
    }


def _without_footer(file: IO[bytes], form: Form) -> IO[bytes]:
    """Return a file without the notes that CDC WONDER writes below its table."""
    if form.names[:1] != ["Notes"]:
        return file
    text = file.read().decode(form.encoding, errors="replace")
    found = _FOOTER.search(text)
    return io.BytesIO((text[: found.start()] if found else text).encode(form.encoding))


def _marked(frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    if form.decimal is not None:
        frame.attrs["decimal"] = form.decimal
    return frame


def _mark(rows: list[list[str]], separator: str) -> Decimal | None:
    """Return the decimal mark of a file's numbers; where commas separate, the point is likelier."""
    written = {cell.strip() for row in rows for cell in row if is_written(cell)}
    marked = [word for word in written if "," in word or "." in word]
    mark = decimal_mark(marked) if marked else None
    return "." if mark is None and separator == "," else mark


def _doubtful(rows: list[list[str]], names: list[str]) -> list[str]:
    """Return the columns all of whose numbers are as "412.350"."""
    columns = zip(*(row for row in rows if len(row) == len(names)), strict=True)
    found = []
    for name, cells in zip(names, columns, strict=False):
        words = [cell.strip() for cell in cells if not is_missing(cell)]
        dotted = [word for word in words if "." in word]
        if dotted and all(map(_GROUPED.fullmatch, dotted)) and all(map(is_written, words)):
            found.append(name)
    return found


def _check_names(names: list[str], path: Path, wanted: set[str]) -> None:
    """Refuse a name that two columns have, of which one would be taken without a word."""
    if len(names) > _MOST_COLUMNS:
        raise FileError(
            f"'{path}' has {len(names):,d} columns, and {_MOST_COLUMNS:,d} are the most that are "
            "read. Keep the columns that are needed."
        )
    count = Counter(names)
    doubled = {name for name in wanted if name and count[name] > 1}
    if doubled:
        shown = ", ".join(f"'{name}'" for name in sorted(doubled))
        raise FileError(f"'{path}' has more than one column {shown}. Rename or drop one.")


def _check_first_row(rows: list[list[str]], names: list[str], path: Path) -> None:
    """Refuse a separator at the end of rows alone: each column would be taken for the next."""
    first = rows[1:2]
    if first and len(first[0]) == len(names) + 1 and not first[0][-1].strip():
        raise FileError(
            f"The rows of '{path}' end in a separator that its header does not have. Leave it "
            "out of the rows, or put one at the end of the header."
        )
