"""Absolute risk over time since diagnosis, from a tidy frame."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from .style import axes_of, colour, label_axes, name_all

#: More people than this are drawn without limits.
PEOPLE_WITH_LIMITS = 4


def risk_curve(
    frame: pd.DataFrame, *, start: float, level: float, estimand: str, ax: Axes | None = None
) -> Axes:
    """Draw risk with its CI and, dashed, the population's.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``time estimate lower upper population`` and ``person`` for several.
    start : float
        Where the curves begin, at risk 0.
    level, estimand
        For the labels.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    ax = axes_of(ax)
    several = "person" in frame
    groups = [part for _, part in frame.groupby("person")] if several else [frame]
    for k, part in enumerate(groups):
        x = [start, *part["time"]]
        label = f"person {part['person'].iloc[0]}" if several else "with the disease"
        ax.plot(x, [0.0, *part["estimate"]], color=colour(k), label=label)
        if len(groups) <= PEOPLE_WITH_LIMITS:
            low, high = [0.0, *part["lower"]], [0.0, *part["upper"]]
            ax.fill_between(x, low, high, color=colour(k), alpha=0.2, linewidth=0)
        ax.plot(x, [0.0, *part["population"]], color=colour(k), linestyle="--", linewidth=1)
    ax.plot([], [], color="0.3", linestyle="--", linewidth=1, label="population")
    ax.set_ylim(bottom=0)
    ax.set_xlim(left=start)
    limits = f" ({100 * level:g}% CI)" if frame["upper"].notna().any() else ""
    label_axes(ax, "Years since diagnosis", f"{estimand.capitalize()} risk of cancer{limits}")
    name_all(ax)
    return ax
