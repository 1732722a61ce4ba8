"""Sensitivity and specificity of each study, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paraneo.plotting.forest import LETTER_WIDTH, LINE_HEIGHT, MARGIN, ROW_HEIGHT
from paraneo.plotting.style import COLOURS, axes_of, longest, wrapped

#: Where the axis of specificity begins, in lengths of that of sensitivity, and where numbers stand.
SECOND, NUMBERS = 1.75, 1.03
SIDES = {"sensitivity": 0.0, "specificity": SECOND}
#: Inches of both axes with their numbers.
WIDTH = 8.0


def size_of(names: Sequence[str]) -> tuple[float, float]:
    """Return width and height in inches that rows of these names need."""
    further = sum(wrapped(name).count("\n") for name in names)
    height = MARGIN + 0.3 + ROW_HEIGHT * (len(names) + 1) + LINE_HEIGHT * further
    return WIDTH + LETTER_WIDTH * longest(names), height


def paired_forest(frame: pd.DataFrame, *, level: float, ax: Axes | None = None) -> Axes:
    """Draw both proportions of a study in one row, the pooled ones as diamonds.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``study pooled measure estimate lower upper``, two rows a study.
    level : float
        Of the intervals.
    """
    names = list(dict.fromkeys(frame["study"]))
    ax = axes_of(ax, size_of(names))
    for measure, start in SIDES.items():
        part = frame[frame["measure"] == measure].set_index("study")
        for row, name in enumerate(names):
            if name not in part.index:
                continue
            one = part.loc[name]
            value, low, high = (float(one[k]) for k in ("estimate", "lower", "upper"))
            _draw(ax, row, start + np.array([low, value, high]), bool(one["pooled"]))
            text = f"{value:.2f} ({low:.2f} to {high:.2f})" if low <= high else f"{value:.2f}"
            ax.text(start + NUMBERS, row, text, va="center", fontsize="small")
        ax.plot(
            [start, start + 1], [len(names) - 0.4] * 2, color="black", linewidth=0.8, clip_on=False
        )
        title = f"{measure.capitalize()} ({100 * level:g}% CI)"
        ax.text(start + 0.5, -0.8, title, ha="center", va="bottom")
    places = [start + mark for start in SIDES.values() for mark in (0.0, 0.5, 1.0)]
    ax.set_xticks(places, ["0", "0.5", "1"] * 2)
    ax.set_yticks(range(len(names)), [wrapped(name) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.8)
    ax.set_xlim(-0.03, SECOND + NUMBERS + 0.6)
    ax.spines["bottom"].set_visible(False)
    return ax


def _draw(
    ax: Axes, row: int, x: np.ndarray[tuple[int], np.dtype[np.float64]], pooled: bool
) -> None:
    low, value, high = x
    if pooled:
        ax.fill([low, value, high, value], [row, row - 0.25, row, row + 0.25], color="black")
        return
    ax.hlines(row, low, high, color=COLOURS[0])
    ax.plot(value, row, "s", color=COLOURS[0], markersize=4)
