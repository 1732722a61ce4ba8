"""How every command prints, draws and writes, and says what it cannot use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paraneo.errors import InputError, ParaneoError
from paraneo.gate.writing import check_folder, write_csv, written_together, written_whole
from paraneo.results.words import printable

from .output import CURRENT, print_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Columns of a page where there is no terminal; narrower ones break numbers apart.
PAGE_WIDTH = 118
#: On fewer columns tables cannot be read.
LEAST_WIDTH = 60
#: Printed under all that could be read as advice.
CAUTION = "For research, not for the care of a person."
#: What is to be written under which name, in order.
Files = Mapping[str, Callable[[Path], object]]
#: How to end the word that something is worked out.
_BUSY: ContextVar[Callable[[], None]] = ContextVar("busy", default=lambda: None)


@contextmanager
def answered(out: Path) -> Iterator[None]:
    """Check the folder before the work begins, and turn the package's errors into a message."""
    try:
        check_folder(out)
        with _busy():
            yield
    except ParaneoError as error:
        typer.echo("\n".join(map(printable, str(error).split("\n"))), err=True)
        raise typer.Exit(1) from None


@contextmanager
def options(names: Mapping[str, str], subject: str = "the options") -> Iterator[None]:
    """Let errors of the arguments of a verb name the options that they come from."""
    try:
        yield
    except InputError as error:
        raise error.renamed(names, subject=subject) from None


def option(name: str) -> str:
    """Return the option that an argument comes from where both have the same name."""
    return f"--{name.replace('_', '-')}"


def page() -> Console:
    """Return where a command prints; nowhere where nothing, or JSON, was asked for."""
    _BUSY.get()()
    asked = CURRENT.get()
    silent = asked.quiet or asked.as_json
    console = Console(emoji=False, quiet=silent)
    if console.is_terminal:
        return console
    return Console(width=_width(), emoji=False, quiet=silent)


def _width() -> int:
    """Return the columns of the terminal also where its output is read by something else."""
    with suppress(KeyError, ValueError):
        return max(int(os.environ["COLUMNS"]), LEAST_WIDTH)
    for stream in (0, 2):
        with suppress(OSError):
            if os.isatty(stream):
                return max(os.get_terminal_size(stream).columns, LEAST_WIDTH)
    return PAGE_WIDTH


@contextmanager
def _busy() -> Iterator[None]:
    """Say on a terminal that something is worked out, until a command begins to print."""
    status = Console(stderr=True, quiet=CURRENT.get().quiet).status("Working …")
    token = _BUSY.set(status.stop)
    try:
        with status:
            yield
    finally:
        _BUSY.reset(token)


def say(console: Console, *paragraphs: str) -> None:
    """Print paragraphs as they are, without what a terminal would obey."""
    for words in filter(None, paragraphs):
        console.print(Text("\n".join(map(printable, words.split("\n")))), soft_wrap=False)


def grid(
    frame: pd.DataFrame,
    title: str,
    *,
    words: Iterable[str] = (),
    widths: Iterable[int | None] | None = None,
    sections: str | None = None,
) -> Table:
    """Return a frame to print: numbers to the right, ``words`` to the left.

    Parameters
    ----------
    widths
        How wide columns are in proportion; None where the content says it.
    sections
        A column whose label is printed once above a line, for each of its labels.
    """
    table = Table(title=title)
    left = set(words)
    for heading, width in zip(frame.columns, widths or [None] * frame.shape[1], strict=True):
        side: Literal["left", "right"] = "left" if heading in left else "right"
        table.add_column(Text(str(heading)), justify=side, ratio=width)
    previous = None
    for row in frame.to_dict("records"):
        if sections is not None and row[sections] != previous:
            previous = row[sections]
            table.add_section()
        elif sections is not None:
            row = row | {sections: ""}
        table.add_row(*(Text(printable(str(cell))) for cell in row.values()))
    return table


def csv(frame: pd.DataFrame) -> Callable[[Path], None]:
    """Return what writes a table."""
    return partial(write_csv, frame)


def picture(
    *drawings: Callable[[Axes], object],
    size: tuple[float, float],
    across: int | None = None,
    sharey: bool = False,
) -> Callable[[Path], None]:
    """Return what draws a picture, a panel a drawing, and writes it as its name ends.

    Parameters
    ----------
    size
        Of one panel, in inches.
    across
        Panels side by side at most.
    sharey
        Whether panels side by side have one scale.
    """
    return partial(_draw, drawings=drawings, size=size, across=across, sharey=sharey)


def _draw(
    path: Path,
    *,
    drawings: tuple[Callable[[Axes], object], ...],
    size: tuple[float, float],
    across: int | None,
    sharey: bool,
) -> None:
    import matplotlib.pyplot as plt

    wide = min(across or len(drawings), len(drawings))
    high = -(-len(drawings) // wide)
    figsize = (size[0] * wide, size[1] * high)
    figure, axes = plt.subplots(
        high, wide, figsize=figsize, squeeze=False, sharey=sharey, layout="constrained"
    )
    try:
        for ax, draw in zip(axes.flat, drawings, strict=False):
            draw(ax)
        for ax in axes.flat[len(drawings) :]:
            ax.set_visible(False)
        with written_whole(path) as part:
            _save(figure, part, path.suffix.removeprefix("."))
    finally:
        plt.close(figure)


def _save(figure: Figure, path: Path, form: str) -> None:
    """Write a figure, the same bytes every time."""
    from matplotlib import rc_context

    nameless: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    fast: dict[str, Any] = {"pil_kwargs": {"compress_level": 1}} if form == "png" else {}
    with rc_context({"svg.hashsalt": "paraneo"}):
        figure.savefig(path, dpi=150, format=form, metadata=nameless.get(form), **fast)


def write(console: Console, out: Path, files: Files) -> None:
    """Write all files, or none, and say which; pictures in the form that was asked for."""
    asked = CURRENT.get()
    formed = {
        f"{name.removesuffix('.png')}.{asked.form.value}" if name.endswith(".png") else name: one
        for name, one in files.items()
    }
    with console.status("Writing tables and pictures …"), written_together(out) as folder:
        for name, one in formed.items():
            one(folder / name)
    say(console, f"Written into {out}: {', '.join(formed)}")
    if asked.as_json and not asked.quiet:
        tables = {
            name.removesuffix(".csv"): one.args[0]
            for name, one in files.items()
            if name.endswith(".csv") and isinstance(one, partial)
        }
        print_json(tables, str(out))
