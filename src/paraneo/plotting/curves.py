"""Step curves with confidence intervals, and the numbers at risk below them."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import axes_of, plain_label

Side = Literal["left", "center", "right"]
#: Height of one line of numbers at risk, and where the first stands, in points from the axis.
LINE, FIRST = 14.0, -46.0


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
    ax = axes_of(ax, (7.0, 4.6))
    colours: dict[object, str] = {}
    for number, (label, part) in enumerate(frame.groupby("label", sort=False)):
        colour = colours[label] = f"C{number % 10}"
        time = part["time"].to_numpy(np.float64)
        low, high = (part[side].to_numpy(np.float64) for side in ("lower", "upper"))
        style = "steps-post" if steps else "default"
        ax.plot(time, part["estimate"], drawstyle=style, color=colour, label=plain_label(label))
        ax.fill_between(
            time, low, high, step="post" if steps else None, color=colour, alpha=0.18, linewidth=0
        )
    ax.set_xlim(left=0)
    ax.set_ylim(0, top)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(plain_label(ylabel))
    if len(colours) > 1:
        ax.legend(frameon=False, loc="best", title=plain_label(legend) or None)
    if at_risk is not None:
        _numbers_below(ax, at_risk, colours)
    return ax


def _numbers_below(ax: Axes, at_risk: pd.DataFrame, colours: dict[object, str]) -> None:
    """Print the numbers at risk under the axis, a line a curve."""
    ax.set_xticks(np.unique(at_risk["time"].to_numpy(np.float64)))

    def write(text: str, time: float, y: float, side: Side = "center", colour: str = "k") -> None:
        ax.annotate(
            text, (time, 0.0), xycoords=ax.get_xaxis_transform(), xytext=(0.0, y),
            textcoords="offset points", va="center", ha=side, fontsize="small", color=colour,
        )  # fmt: skip

    write("At risk", 0.0, FIRST, "left")
    several = len(set(at_risk["label"])) > 1
    for line, (label, part) in enumerate(at_risk.groupby("label", sort=False), start=1):
        y, colour = FIRST - LINE * line, colours.get(label, "0.2") if several else "0.2"
        if several:
            # clear of the number at time 0, which is centred there
            write(f"{plain_label(label)}      ", 0.0, y, "right", colour)
        for time, number in zip(part["time"], part["at_risk"], strict=True):
            write(f"{int(number)}", float(time), y, colour=colour)
