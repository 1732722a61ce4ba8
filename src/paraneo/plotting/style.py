"""What all drawings have in common: axes, labels as text, marks of a log axis."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from paraneo.results.words import printable

#: Marks of a log axis, whatever its range.
_MARKS = np.outer(10.0 ** np.arange(-4, 7), [1, 2, 5]).ravel()
#: Of more marks only the powers of ten are kept.
_MOST_MARKS = 8


def axes_of(ax: Axes | None, size: tuple[float, float] = (6.5, 4.2)) -> Axes:
    """Return the axes to draw on, those of a new figure of so many inches where none are given."""
    if ax is None:
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def plain_label(text: object) -> str:
    r"""Return a label that is drawn as it is written: no formula between dollars, none left out.

    >>> plain_label("cost $5 to $9")
    'cost \\$5 to \\$9'
    """
    label = "\n".join(map(printable, str(text).split("\n"))).replace("$", r"\$")
    return f" {label}" if label.startswith("_") else label  # matplotlib would hide it


def log_marks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Return round marks of a log axis between two values, and their labels.

    >>> log_marks(0.4, 12)
    ([0.5, 1.0, 2.0, 5.0, 10.0], ['0.5', '1', '2', '5', '10'])
    """
    marks = [float(mark) for mark in _MARKS if low <= mark <= high]
    if len(marks) > _MOST_MARKS:
        marks = [mark for mark in marks if f"{mark:e}".startswith("1.")]
    return marks, [f"{mark:,g}" for mark in marks]
