"""What all drawings have in common: axes, colours, labels as text, marks of a log axis."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from paraneo.results.words import printable

if TYPE_CHECKING:
    from matplotlib.axis import Axis

#: Okabe and Ito's colours, which people who confuse red and green tell apart; yellow is left
#: out, as it is too pale for a line on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D")
#: What stands behind: lines of no difference, and second intervals.
GREY, PALE = "0.4", "0.6"
#: Marks of a log axis, whatever its range.
_MARKS = np.outer(10.0 ** np.arange(-4, 7), [1, 2, 5]).ravel()
#: Of more marks only the powers of ten are kept.
_MOST_MARKS = 8
#: Letters of an axis label that fit on an inch, and of a name in a line.
LETTERS_AN_INCH, LONGEST_NAME = 9.0, 44


def axes_of(ax: Axes | None, size: tuple[float, float] = (6.5, 4.2)) -> Axes:
    """Return the axes to draw on, those of a new figure of so many inches where none are given."""
    if ax is None:
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def colour(number: int) -> str:
    """Return the colour of the first, second, … thing that is drawn.

    >>> colour(0), colour(7)
    ('#0072B2', '#0072B2')
    """
    return COLOURS[number % len(COLOURS)]


def plain_label(text: object) -> str:
    r"""Return a label that is drawn as it is written: no formula between dollars, none left out.

    >>> plain_label("cost $5 to $9")
    'cost \\$5 to \\$9'
    """
    label = "\n".join(map(printable, str(text).split("\n"))).replace("$", r"\$")
    return f" {label}" if label.startswith("_") else label  # matplotlib would hide it


def wrapped(text: object, width: int = LONGEST_NAME) -> str:
    r"""Return a label as it is written, in lines of at most so many letters.

    >>> wrapped("women and men of the north", 12)
    'women and\nmen of the\nnorth'
    """
    lines = str(text).split("\n")
    parts = [part for line in lines for part in textwrap.wrap(line, max(width, 4)) or [""]]
    return plain_label("\n".join(parts))


def label_axes(ax: Axes, x: str, y: str) -> None:
    """Label both axes, in as many lines as each needs to stay within its panel."""
    figure = ax.figure.get_figure(root=True)
    wide, high = (6.5, 4.2) if figure is None else figure.get_size_inches()
    if (spec := ax.get_subplotspec()) is not None:
        wide, high = wide / spec.get_gridspec().ncols, high / spec.get_gridspec().nrows
    ax.set_xlabel(wrapped(x, int(LETTERS_AN_INCH * wide)))
    ax.set_ylabel(wrapped(y, int(LETTERS_AN_INCH * high)))


def log_marks(low: float, high: float, most: int = _MOST_MARKS) -> tuple[list[float], list[str]]:
    """Return round marks of a log axis between two values, and their labels.

    >>> log_marks(0.4, 12)
    ([0.5, 1.0, 2.0, 5.0, 10.0], ['0.5', '1', '2', '5', '10'])
    """
    marks = [float(mark) for mark in _MARKS if low <= mark <= high]
    if len(marks) > most:
        tens = [mark for mark in marks if f"{mark:e}".startswith("1.")]
        marks = tens[:: max(-(-len(tens) // most), 1)] or marks[:: -(-len(marks) // most)]
    return marks, [f"{mark:,g}" for mark in marks]


class _RoundMarks(FixedLocator):
    """Round marks of a log axis, as many as find room where it is drawn."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__(log_marks(low, high)[0])
        self.low, self.high = low, high

    def __call__(self) -> list[float]:
        room = self.axis.get_tick_space() if self.axis is not None else _MOST_MARKS
        return log_marks(self.low, self.high, min(max(room, 2), _MOST_MARKS))[0]


def mark_log(axis: Axis, low: float, high: float) -> None:
    """Set the marks of a log axis between two values."""
    axis.set_major_locator(_RoundMarks(low, high))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.set_minor_locator(NullLocator())


def longest(labels: Iterable[object]) -> int:
    """Return how many letters the longest line of some labels has, as they are wrapped."""
    lines = [line for label in labels for line in wrapped(label).split("\n")]
    return max(map(len, lines), default=0)


def name_all(ax: Axes, title: str = "", **options: Any) -> None:
    """Name what is drawn, with the names wrapped; beside the axes where there are many."""
    handles, names = ax.get_legend_handles_labels()
    if not handles:
        return
    names = ["\n".join(textwrap.wrap(name, LONGEST_NAME)) or name for name in names]
    many = len(handles) > 6 or (longest(names) > 28 and len(handles) > 2)
    beside: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    given = (beside if many else {"loc": "best"}) | options
    ax.legend(handles, names, frameon=False, title=wrapped(title, 28) if title else None, **given)
