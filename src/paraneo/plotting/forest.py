"""A forest plot drawn from a tidy frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paraneo.results.words import plain_term

from .style import GREY, PALE, axes_of, colour, label_axes, longest, mark_log, wrapped

#: Height of a row and of each further line of its name in inches, and what title and axis need
#: beside the rows.
ROW_HEIGHT, LINE_HEIGHT, MARGIN = 0.32, 0.17, 1.3
#: Width of the axes, of the numbers at the right, and of a letter of a name, in inches.
AXES_WIDTH, NUMBERS_WIDTH, LETTER_WIDTH = 4.6, 1.7, 0.085
#: How far the second interval stands below the first, in rows.
OFFSET = 0.28


def forest(
    frame: pd.DataFrame,
    *,
    label: str,
    xlabel: str,
    reference: float = 1.0,
    log: bool = True,
    name: str = "",
    second: tuple[str, str] | None = None,
    second_name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw ``estimate``, ``lower`` and ``upper`` a row each, numbers at the right.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``estimate lower upper`` and ``label``.
    label, xlabel : str
        The column that names the rows; what the numbers are, with their unit.
    reference : float
        Where the dashed line of no difference stands.
    log : bool
        On a log axis confidence limits at 0 or infinity run to the edge of the axes.
    second : pair of column names, optional
        Another interval of the same estimates, drawn below in grey.
    name, second_name : str
        What the two intervals are called in the legend.
    """
    names = [plain_term(str(one)) if label == "term" else str(one) for one in frame[label]]
    ax = axes_of(ax, size_of(names))
    columns = ["estimate", "lower", "upper", *(second or ())]
    values = {column: frame[column].to_numpy(np.float64) for column in columns}
    left, right = _span([*values.values(), np.array([reference])], log)
    y = np.arange(len(frame), dtype=np.float64)
    point, low, high = values["estimate"], values["lower"], values["upper"]
    ax.hlines(y, np.clip(low, left, right), np.clip(high, left, right), color=colour(0), label=name)
    if second:
        low2, high2 = (np.clip(values[column], left, right) for column in second)
        ax.hlines(y + OFFSET, low2, high2, color=PALE, linewidth=1.2, label=second_name)
        ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    ax.plot(np.where((point > 0) | (not log), point, np.nan), y, "s", color=colour(0), markersize=4)
    for beyond, edge, mark in ((point == 0, left, "<"), (np.isposinf(point), right, ">")):
        if log and beyond.any():  # an estimate of 0, or without end, stands at the edge, open
            look: dict[str, Any] = {
                "color": colour(0),
                "markerfacecolor": "white",
                "clip_on": False,
            }
            ax.plot(np.full(int(beyond.sum()), edge), y[beyond], mark, markersize=6, **look)
    ax.axvline(reference, color=GREY, linewidth=0.8, linestyle="--")
    if log:
        ax.set_xscale("log")
        mark_log(ax.xaxis, left, right)
    ax.set_xlim(left, right)
    ax.set_ylim(len(frame) - 0.4, -0.6)
    ax.set_yticks(y, list(map(wrapped, names)))
    label_axes(ax, xlabel, "")
    for row in range(len(frame)):
        text = written(point[row])
        if np.isfinite(low[row]) or np.isfinite(high[row]):
            text += f" ({written(low[row])} to {written(high[row])})"
        ax.text(1.02, float(row), text, transform=ax.get_yaxis_transform(), va="center")
    return ax


def size_of(names: Sequence[str]) -> tuple[float, float]:
    """Return width and height in inches that rows of these names need."""
    further = sum(wrapped(name).count("\n") for name in names)
    height = MARGIN + ROW_HEIGHT * len(names) + LINE_HEIGHT * further
    return AXES_WIDTH + NUMBERS_WIDTH + LETTER_WIDTH * longest(names), height


def written(number: float) -> str:
    """Return a number as it stands beside its interval.

    >>> [written(x) for x in (1.456, 0.0, 0.0123, 215.34, 1800.0, float("inf"), float("nan"))]
    ['1.46', '0', '0.012', '215', '1,800', '∞', '?']
    """
    if np.isnan(number):
        return "?"
    if np.isinf(number):
        return "∞" if number > 0 else "−∞"
    if number == 0:
        return "0"
    if abs(number) >= 99.995:
        return f"{number:,.0f}"
    return f"{number:.2f}" if abs(number) >= 0.0995 else f"{number:.2g}"


def _span(
    values: list[np.ndarray[tuple[int], np.dtype[np.float64]]], log: bool
) -> tuple[float, float]:
    """Return the ends of the axis: all finite values with a little room."""
    shown = np.concatenate(values)
    shown = shown[np.isfinite(shown) & ((shown > 0) | (not log))]
    if log:
        return float(shown.min()) / 1.3, float(shown.max()) * 1.3
    pad = 0.1 * float(np.ptp(shown)) + 1e-12
    return float(shown.min()) - pad, float(shown.max()) + pad
