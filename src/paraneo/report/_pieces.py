"""What a page is made of: paragraphs, tables and pictures, from whatever is to be shown."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from paraneo.errors import FileError, ParaneoError
from paraneo.results.result import Result
from paraneo.results.words import plain_term

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Kinds of files that browsers show as pictures.
PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}
#: From here on a number has four digits before the point and is shown without others.
_LARGE = 1000
#: More letters than this in a cell are a sentence, which needs a wide column.
_LONG = 60
#: Numbers and what may stand between them: 5.11 (5.01–5.22).
_NUMBERS = re.compile(r"[-−\d.,?%×–() e+∞]*")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences; ``said_by_result`` where a result says them of itself."""

    text: str
    said_by_result: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words and numbers as they are shown.

    ``looks`` says of each column how it is set: "n" for numbers, "long" for sentences, or "".
    """

    columns: tuple[str, ...]
    looks: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as an address that holds all of it, and what it shows in words."""

    address: str
    words: str
    kind: str = "picture"


Piece = Paragraph | Table | Picture


def pieces_of(item: Any, pictures: bool, most_rows: int) -> Iterator[Piece]:
    """Give the pieces by which one thing is shown; see `html_report` for what it may be."""
    if isinstance(item, str):
        yield from paragraphs(item)
    elif isinstance(item, Path):
        yield picture_file(item)
    elif isinstance(item, pd.DataFrame):
        yield table(item, most_rows)
    elif isinstance(item, Result):
        yield Paragraph(item._heading(), said_by_result=True)
        yield table(item.summary(), most_rows)
        if pictures and hasattr(item, "plot"):
            yield _drawn(item)
    else:
        yield picture(item, "A figure")


def paragraphs(text: str) -> list[Paragraph]:
    """Return the paragraphs of a text, between which lines are empty."""
    return [Paragraph(part.strip()) for part in text.split("\n\n") if part.strip()]


def table(frame: pd.DataFrame, most_rows: int) -> Table:
    """Return a frame as it is shown: its index where that has a name, no column of blanks."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    head = frame.dropna(axis="columns", how="all").head(most_rows)
    columns = [
        [plain_term(str(value)) if name == "term" else shown(value) for value in values]
        for name, values in head.items()
    ]
    return Table(
        columns=tuple(str(name).replace("_", " ") for name in head.columns),
        looks=tuple(
            "n" if _numeric(kind, cells) else "long" * (max(map(len, cells), default=0) > _LONG)
            for kind, cells in zip(head.dtypes, columns, strict=True)
        ),
        rows=tuple(zip(*columns, strict=True)),
        more=len(frame) - len(head),
    )


def _numeric(kind: Any, cells: list[str]) -> bool:
    """Return whether a column is of numbers, alone or with an interval in brackets."""
    return pd.api.types.is_numeric_dtype(kind) or all(map(_NUMBERS.fullmatch, cells))


def shown(value: Any) -> str:
    """Return a value as it stands in a table: four digits of a number, nothing where missing.

    >>> [shown(x) for x in (2.0, 0.123456, 1234.56, 3e-7, float("inf"), float("nan"), "f", True)]
    ['2', '0.1235', '1235', '3e-07', '∞', '', 'f', 'yes']
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, Real):
        number = float(value)
        if math.isinf(number):
            return "∞" if number > 0 else "−∞"
        if math.isnan(number):
            return ""
        return f"{number:.0f}" if abs(number) >= _LARGE or number.is_integer() else f"{number:.4g}"
    missing = pd.isna(value)
    return "" if isinstance(missing, bool) and missing else str(value)


def picture(figure: Figure, words: str) -> Picture:
    """Return a figure as a picture that stays sharp, the same bytes every time."""
    from matplotlib import rc_context

    file = io.BytesIO()
    with rc_context({"svg.hashsalt": "paraneo"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return Picture(_address(file.getvalue(), ".svg"), words)


def picture_file(path: Path) -> Picture:
    """Return a picture from a file.

    Raises
    ------
    FileError
        Where it cannot be read.
    """
    try:
        return Picture(_address(path.read_bytes(), path.suffix.lower()), path.stem)
    except OSError as error:
        raise FileError(f"Cannot read the picture '{path}': {error.strerror}.") from error


def _drawn(result: Any) -> Piece:
    """Return a result's own picture, or why it has none."""
    import matplotlib.pyplot as plt
    import numpy as np

    before = set(plt.get_fignums())
    try:
        axes = np.ravel(result.plot())[0]
        return picture(axes.figure, f"Picture of {type(result).__name__}")
    except ParaneoError as error:
        return Paragraph(f"Not drawn: {error}", said_by_result=True)
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def _address(content: bytes, ending: str) -> str:
    return f"data:{PICTURES[ending]};base64,{base64.b64encode(content).decode('ascii')}"
