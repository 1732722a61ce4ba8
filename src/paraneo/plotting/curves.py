"""Step curves with limits, and the numbers at risk below them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

#: Height of one line of numbers at risk, and where the first stands, in parts of the axes.
LINE, FIRST = 0.06, -0.2


def curves(
    frame: pd.DataFrame,
    at_risk: pd.DataFrame | None = None,
    *,
    xlabel: str,
    ylabel: str,
    top: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw ``estimate`` with ``lower`` and ``upper`` as steps over ``time``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``label time estimate lower upper``; a curve a label.
    at_risk : pandas.DataFrame, optional
        Columns ``label time at_risk``: numbers to print below, at the marks of the axis.
    xlabel, ylabel : str
        What the axes show, with their unit.
    top : float, optional
        Upper end of the axis; left out, what the curves and limits need.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    if ax is None:
        ax = plt.subplots(figsize=(7.0, 4.6), layout="constrained")[1]
    colours: dict[object, str] = {}
    for number, (label, part) in enumerate(frame.groupby("label", sort=False)):
        colour = colours[label] = f"C{number % 10}"
        time = part["time"].to_numpy(np.float64)
        low, high = (part[side].to_numpy(np.float64) for side in ("lower", "upper"))
        ax.step(time, part["estimate"], where="post", color=colour, label=str(label))
        ax.fill_between(time, low, high, step="post", color=colour, alpha=0.18, linewidth=0)
    ax.set_xlim(left=0)
    ax.set_ylim(0, top)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.spines[["top", "right"]].set_visible(False)
    if len(colours) > 1:
        ax.legend(frameon=False, loc="best")
    if at_risk is not None:
        _numbers_below(ax, at_risk, colours)
    return ax


def _numbers_below(ax: Axes, at_risk: pd.DataFrame, colours: dict[object, str]) -> None:
    """Print the numbers at risk under the axis, a line a curve."""
    ax.set_xticks(np.unique(at_risk["time"].to_numpy(np.float64)))
    place = ax.get_xaxis_transform()
    ax.text(0.0, FIRST, "At risk", transform=place, va="center", ha="left", fontsize="small")
    several = len(set(at_risk["label"])) > 1
    for line, (label, part) in enumerate(at_risk.groupby("label", sort=False), start=1):
        y, colour = FIRST - LINE * line, colours.get(label, "0.2") if several else "0.2"
        if several:
            ax.annotate(
                f"{label}  ",
                (0.0, y),
                xycoords=place,
                xytext=(-14, 0),
                textcoords="offset points",
                va="center",
                ha="right",
                fontsize="small",
                color=colour,
            )
        for time, number in zip(part["time"], part["at_risk"], strict=True):
            text = f"{int(number)}"
            ax.text(
                time, y, text, transform=place, va="center", ha="center",
                fontsize="small", color=colour,
            )  # fmt: skip
