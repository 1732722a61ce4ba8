"""A funnel plot: small studies at the bottom, about what they say together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paraneo.plotting.style import GREY, axes_of, colour, label_axes, mark_log

#: Two-sided limits of the funnel.
DEVIATE = 1.959963984540054


def study_funnel(
    frame: pd.DataFrame, *, centre: float, xlabel: str, ylabel: str, limits: bool, ax: Axes | None
) -> Axes:
    """Draw ``estimate``, a ratio, over ``spread``, small spreads at the top.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``estimate spread``; the spread is a standard error of the log, or 1/√n.
    centre : float
        What is pooled.
    limits : bool
        Whether the spread is a standard error: then 95 % of studies without heterogeneity
        lie between two lines.
    """
    ax = axes_of(ax, (6.2, 4.6))
    shown = frame[(frame["estimate"] > 0) & np.isfinite(frame["spread"])]
    value = shown["estimate"].to_numpy(np.float64)
    spread = shown["spread"].to_numpy(np.float64)
    widest = 1.1 * float(spread.max(initial=0.1))
    reach = [*value, centre]
    if limits:
        down = np.array([0.0, widest])
        for sign in (-1, 1):
            ax.plot(
                centre * np.exp(sign * DEVIATE * down), down, color=GREY, linestyle="--", lw=0.9
            )
        reach += [centre * np.exp(sign * DEVIATE * widest) for sign in (-1, 1)]
    ax.plot(value, spread, "o", color=colour(0), markerfacecolor="white")
    ax.axvline(centre, color=GREY, linewidth=0.9)
    ax.set_xscale("log")
    low, high = min(reach) / 1.1, max(reach) * 1.1
    ax.set_xlim(low, high)
    ax.set_ylim(widest, 0)
    mark_log(ax.xaxis, low, high)
    label_axes(ax, xlabel, ylabel)
    return ax
