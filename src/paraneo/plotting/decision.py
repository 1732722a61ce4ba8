"""Net benefit over the threshold, from a tidy frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import GREY, axes_of, colour, label_axes, name_all, plain_label

#: Strategies that are drawn in grey, without limits.
PLAIN = {"all": "-", "none": ":"}


def decision_plot(
    frame: pd.DataFrame, *, horizon: float, level: float, ax: Axes | None = None
) -> Axes:
    """Draw a line a strategy, with CI where the strategy chooses among people.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``label strategy threshold estimate lower upper``.
    horizon, level : float
        For the labels.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    ax = axes_of(ax)
    drawn = 0
    for label, part in frame.groupby("label", sort=False):
        part = part.sort_values("threshold")
        plain = PLAIN.get(str(part["strategy"].iloc[0]))
        x, value = part["threshold"], part["estimate"]
        mark = "o" if len(part) == 1 else ""
        if plain:
            ax.plot(x, value, color=GREY, linestyle=plain, marker=mark, label=plain_label(label))
            continue
        ax.plot(x, value, color=colour(drawn), marker=mark, label=plain_label(label))
        ax.fill_between(
            x, part["lower"], part["upper"], color=colour(drawn), alpha=0.15, linewidth=0
        )
        drawn += 1
    top = float(np.nanmax(frame["upper"]))
    # far below 0 nobody would screen: what matters is above
    ax.set_ylim(-0.35 * max(top, 1e-6), 1.05 * max(top, 1e-6))
    xlabel = "Threshold: the risk from which on one would screen"
    label_axes(ax, xlabel, f"Net benefit by {horizon:g} years ({100 * level:g}% CI)")
    name_all(ax)
    return ax
