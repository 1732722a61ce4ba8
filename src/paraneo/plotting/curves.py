"""Step curves with confidence intervals, and the numbers at risk below them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import axes_of, colour, label_axes, name_all, plain_label, wrapped

Side = Literal["left", "center", "right"]
#: Height of one line of numbers at risk, and where the first stands, in points from the axis.
LINE, FIRST = 14.0, -46.0
#: Half the width of a small letter in points; the longest name that stands beside its numbers, and
#: the longest line of a name above them.
LETTER, SHORT, LONG = 4.0, 12, 64


def curves(
    frame: pd.DataFrame,
    at_risk: pd.DataFrame | None = None,
    *,
    xlabel: str,
    ylabel: str,
    top: float | None = None,
    steps: bool = True,
    legend: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw ``estimate`` with ``lower`` and ``upper`` over ``time``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``label time estimate lower upper``; a curve a label.
    at_risk : pandas.DataFrame, optional
        Columns ``label time at_risk``: numbers to print below, at the marks of the axis.
    xlabel, ylabel : str
        What the axes show, with their unit.
    top : float, optional
        Upper end of the axis; left out, what the curves and their intervals need.
    steps : bool
        Steps, or straight lines from one time to the next.
    legend : str
        What the labels are, over the legend of several.
    """
    ax = axes_of(ax, (7.0, 4.4 + (0.0 if at_risk is None else LINE * _lines_below(at_risk) / 72)))
    colours: dict[object, str] = {}
    for number, (label, part) in enumerate(frame.groupby("label", sort=False)):
        own = colours[label] = colour(number)
        time = part["time"].to_numpy(np.float64)
        low, high = (part[side].to_numpy(np.float64) for side in ("lower", "upper"))
        style = "steps-post" if steps else "default"
        ax.plot(time, part["estimate"], drawstyle=style, color=own, label=plain_label(label))
        ax.fill_between(
            time, low, high, step="post" if steps else None, color=own, alpha=0.18, linewidth=0
        )
    ax.set_xlim(left=0)
    ax.set_ylim(0, top)
    label_axes(ax, xlabel, ylabel)
    if len(colours) > 1:
        name_all(ax, legend)
    if at_risk is not None:
        _numbers_below(ax, at_risk, colours)
    return ax


def _lines_below(at_risk: pd.DataFrame) -> int:
    """Return how many lines the numbers at risk and their names take."""
    names = at_risk["label"].unique()
    if len(names) == 1 or all(len(str(name)) <= SHORT for name in names):
        return len(names)
    return len(names) + sum(wrapped(name, LONG).count("\n") + 1 for name in names)


def _numbers_below(ax: Axes, at_risk: pd.DataFrame, colours: dict[object, str]) -> None:
    """Print the numbers at risk under the axis, a line a curve."""
    ax.set_xticks(np.unique(at_risk["time"].to_numpy(np.float64)))

    def write(
        text: str, time: float, y: float, side: Side = "center", own: str = "k", x: float = 0.0
    ) -> None:
        ax.annotate(
            text, (time, 0.0), xycoords=ax.get_xaxis_transform(), xytext=(x, y),
            textcoords="offset points", va="center", ha=side, fontsize="small", color=own,
        )  # fmt: skip

    first = FIRST - LINE * ax.get_xlabel().count("\n")
    write("At risk", 0.0, first, "left", x=-LETTER)
    groups = list(at_risk.groupby("label", sort=False))
    several = len(groups) > 1
    beside = all(len(str(label)) <= SHORT for label, _ in groups)
    y = first
    for label, part in groups:
        own = colours.get(label, "0.2") if several else "0.2"
        numbers = [f"{int(number)}" for number in part["at_risk"]]
        if several and not beside:  # a long name has lines of its own
            for line in wrapped(label, LONG).split("\n"):
                y -= LINE
                write(line, 0.0, y, "left", own, x=-LETTER)
        y -= LINE
        if several and beside:  # clear of the number at time 0, which is centred there
            write(plain_label(label), 0.0, y, "right", own, x=-LETTER * (len(numbers[0]) + 1))
        for time, number in zip(part["time"], numbers, strict=True):
            write(number, float(time), y, own=own)
