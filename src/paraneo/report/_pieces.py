"""What a page is made of: paragraphs, tables and pictures, from whatever is to be shown."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from paraneo.errors import FileError, ParaneoError
from paraneo.results.result import Result
from paraneo.results.words import plain_term

from ._people_piece import Slider, slider
from .people_tested import PeopleTested

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Kinds of files that browsers show as pictures.
PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}
KINDS = PICTURES | {".csv": "text/csv;charset=utf-8"}
#: Of longer tables only so many rows are kept in the page.
MOST_SAVED = 20_000
#: Columns whose values are names of ours, and what those are called in words.
CODED = ("measure", "rule", "quantity", "hypothesis", "reason", "dimension")
WORDS = {
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "youden": "Youden's index",
    "auc": "area under the curve",
}
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
    ``headed`` says whether the first column names the rows. ``csv`` is an address that holds the
    whole table with all digits, ``file`` what it is called when it is saved.
    """

    columns: tuple[str, ...]
    looks: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int
    headed: bool
    csv: str
    file: str
    caption: str = ""
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as an address that holds all of it, and what it shows in words."""

    address: str
    words: str
    caption: str = ""
    kind: str = "picture"


@dataclass(frozen=True, slots=True)
class Lines:
    """Short lines of a list."""

    lines: tuple[str, ...]
    kind: str = "list"


@dataclass(frozen=True, slots=True)
class Captioned:
    """A table or picture of a report with words of its own; see `captioned`."""

    item: Any
    words: str


Piece = Paragraph | Lines | Table | Picture | Slider


def pieces_of(item: Any, pictures: bool, most_rows: int) -> Iterator[Piece]:
    """Give the pieces by which one thing is shown; see `html_report` for what it may be."""
    if isinstance(item, str):
        yield from paragraphs(item)
    elif isinstance(item, Captioned):
        for piece in pieces_of(item.item, pictures, most_rows):
            yield _with_words(piece, item.words)
    elif isinstance(item, Path):
        yield picture_file(item)
    elif isinstance(item, pd.DataFrame):
        yield table(item, most_rows)
    elif isinstance(item, Result):
        yield Paragraph(item._heading(), said_by_result=True)
        if isinstance(item, PeopleTested):
            yield slider(item)
            return
        yield table(item.summary(), most_rows)
        if pictures and hasattr(item, "plot"):
            yield _drawn(item)
    else:
        yield picture(item, in_words(item.axes))


def paragraphs(text: str) -> list[Paragraph]:
    """Return the paragraphs of a text, between which lines are empty."""
    return [Paragraph(part.strip()) for part in text.split("\n\n") if part.strip()]


def table(frame: pd.DataFrame, most_rows: int) -> Table:
    """Return a frame as it is shown: its index where that has a name, no column of blanks."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    head = frame.dropna(axis="columns", how="all").head(most_rows)
    columns = [[_word(str(name), value) for value in values] for name, values in head.items()]
    names = tuple(str(name).replace("_", " ") for name in head.columns)
    return Table(
        columns=names,
        looks=tuple(
            "n" if _numeric(kind, cells) else "long" * (max(map(len, cells), default=0) > _LONG)
            for kind, cells in zip(head.dtypes, columns, strict=True)
        ),
        rows=tuple(zip(*columns, strict=True)),
        more=len(frame) - len(head),
        headed=len(columns) > 1 and not _numeric(head.dtypes.iloc[0], columns[0]),
        csv=_address(frame.head(MOST_SAVED).to_csv(index=False).encode(), ".csv"),
        file=f"{re.sub('[^a-z0-9]+', '_', '_'.join(names[:3]).lower()).strip('_') or 'table'}.csv",
    )


def _with_words(piece: Piece, words: str) -> Piece:
    """Return a piece under words of its own: the caption of a table, what a picture shows."""
    if isinstance(piece, Table):
        name = re.sub("[^a-z0-9]+", "_", words.lower()).strip("_")[:40].rstrip("_")
        return replace(piece, caption=words, file=f"{name or 'table'}.csv")
    if isinstance(piece, Picture):
        return replace(piece, words=words, caption=words)
    return piece


def _word(name: str, value: Any) -> str:
    """Return a cell in words: what codes and terms of formulas stand for."""
    if name == "term":
        return plain_term(str(value))
    if name in CODED and isinstance(value, str):
        return WORDS.get(value, value.replace("_", " "))
    return shown(value)


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
        return picture(axes.figure, in_words([axes]))
    except ParaneoError as error:
        return Paragraph(f"Not drawn: {error}", said_by_result=True)
    finally:
        for number in set(plt.get_fignums()) - before:
            plt.close(number)


def in_words(axes: Iterable[Any]) -> str:
    """Return what a picture shows for those who do not see it: titles, axes and names."""
    said = []
    for ax in axes:
        across, upwards, title = (
            " ".join(text.replace(r"\$", "$").split())
            for text in (ax.get_xlabel(), ax.get_ylabel(), ax.get_title())
        )
        rows = [label.get_text() for label in ax.get_yticklabels()]
        what = f"{upwards} over {across}" if across and upwards else across or upwards
        if across and not upwards and rows:
            what = (
                f"{across}, a row each for {', '.join(' '.join(row.split()) for row in rows[:12])}"
            )
        names = ax.get_legend().get_texts() if ax.get_legend() else []
        drawn = (
            f" ({', '.join(' '.join(name.get_text().split()) for name in names)})" if names else ""
        )
        said.append(f"{title}: {what}{drawn}" if title and what else f"{title}{what}{drawn}")
    words = "; ".join(filter(None, said)) or "a figure"
    return f"Picture: {words}."


def _address(content: bytes, ending: str) -> str:
    return f"data:{KINDS[ending]};base64,{base64.b64encode(content).decode('ascii')}"
