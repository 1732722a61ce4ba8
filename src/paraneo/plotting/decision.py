"""Net benefit over the threshold, from a tidy frame."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

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
    ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")[1] if ax is None else ax
    colour = 0
    for label, part in frame.groupby("label", sort=False):
        part = part.sort_values("threshold")
        plain = PLAIN.get(str(part["strategy"].iloc[0]))
        x, value = part["threshold"], part["estimate"]
        mark = "o" if len(part) == 1 else ""
        if plain:
            ax.plot(x, value, color="0.4", linestyle=plain, marker=mark, label=str(label))
            continue
        ax.plot(x, value, color=f"C{colour}", marker=mark, label=str(label))
        ax.fill_between(
            x, part["lower"], part["upper"], color=f"C{colour}", alpha=0.15, linewidth=0
        )
        colour += 1
    top = float(np.nanmax(frame["upper"]))
    # far below 0 nobody would screen: what matters is above
    ax.set_ylim(-0.35 * max(top, 1e-6), 1.05 * max(top, 1e-6))
    ax.set_xlabel("Threshold: the risk from which on one would screen")
    ax.set_ylabel(f"Net benefit by {horizon:g} ({100 * level:g}% CI)")
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
