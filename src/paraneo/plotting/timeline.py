"""How long to look, and when: windows as bars and visits as points, on one time line."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .forest import size_of
from .style import COLOURS, GREY, axes_of, label_axes, wrapped


def timeline(
    windows: pd.DataFrame,
    visits: pd.DataFrame,
    *,
    horizon: float,
    xlabel: str = "Years since diagnosis",
    ax: Axes | None = None,
) -> Axes:
    """Draw a row a window, then a row a schedule, to scale.

    Parameters
    ----------
    windows : pandas.DataFrame
        Columns ``label start end``, and ``lower upper`` of the end where they are known. An end
        beyond the horizon is drawn as an arrow.
    visits : pandas.DataFrame
        Columns ``label time``, a row a visit.
    horizon : float
        Where the axis ends.
    """
    names = [*windows["label"], *dict.fromkeys(visits["label"])]
    ax = axes_of(ax, size_of([str(name) for name in names]))
    for row in range(len(windows)):
        one = windows.iloc[row]
        start, last = float(one["start"]), float(one["end"])
        end = min(last, horizon)
        ax.barh(row, end - start, left=start, height=0.5, color=COLOURS[1], alpha=0.3)
        if last > horizon:
            ax.plot(horizon, row, ">", color=COLOURS[1], markersize=9, clip_on=False)
        text = f" {last:.2g} years" if last <= horizon else f" not within {horizon:g} years"
        low, high = (float(one.get(side, np.nan)) for side in ("lower", "upper"))
        if low <= high:
            reach = np.minimum([low, high], horizon)
            ax.plot(reach, [row, row], color=COLOURS[1], linewidth=2)
            text += f" ({low:.2g} to {high:.2g})" if np.isfinite(high) else f" (from {low:.2g})"
        ax.text(1.01, row, text, transform=ax.get_yaxis_transform(), va="center", fontsize="small")
    first = len(windows)
    for row, (_, part) in enumerate(visits.groupby("label", sort=False), start=first):
        time = part["time"].to_numpy(np.float64)
        ax.hlines(row, time.min(), time.max(), color=GREY, linewidth=0.8)
        ax.plot(time, np.full(len(time), row), "o", color=COLOURS[0], clip_on=False)
        text = f" {len(time)} visit{'s' * (len(time) != 1)}"
        ax.text(1.01, row, text, transform=ax.get_yaxis_transform(), va="center", fontsize="small")
    if 0 < first < len(names):
        ax.axhline(first - 0.5, color="0.8", linewidth=0.8)
    ax.set_yticks(range(len(names)), [wrapped(name) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0, horizon)
    label_axes(ax, xlabel, "")
    return ax
