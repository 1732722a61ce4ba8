"""A ratio over a covariate, with its confidence interval, on a log axis."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import GREY, axes_of, colour, label_axes, mark_log, wrapped

#: Names of more levels are written upright.
MOST_LEVEL = 6


def ratio_by_covariate(
    frame: pd.DataFrame, *, x: str, xlabel: str, ylabel: str, ax: Axes | None = None
) -> Axes:
    """Draw ``estimate`` with ``lower`` and ``upper`` over ``x``; categories as points.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``x estimate lower upper``; what is 0 or infinite runs out of the axes.
    """
    ax = axes_of(ax, (7.0, 4.4))
    columns = [frame[name].to_numpy(np.float64) for name in ("estimate", "lower", "upper")]
    shown = np.concatenate([*columns, np.ones(1)])
    shown = shown[np.isfinite(shown) & (shown > 0)]
    bottom, top = float(shown.min()) / 1.2, float(shown.max()) * 1.2
    point, low, high = (np.clip(column, bottom / 10, top * 10) for column in columns)
    if frame[x].dtype.kind in "iuf":
        place = frame[x].to_numpy(np.float64)
        ax.fill_between(place, low, high, color=colour(0), alpha=0.18, linewidth=0)
        ax.plot(place, point, color=colour(0))
    else:
        place = np.arange(len(frame), dtype=np.float64)
        ax.vlines(place, low, high, color=colour(0))
        ax.plot(place, point, "s", color=colour(0), markersize=4)
        each = max(72 // max(len(frame), 1), 9)
        upright = len(frame) > MOST_LEVEL
        names = [wrapped(level, 30 if upright else each) for level in frame[x]]
        ax.set_xticks(place, names, rotation=90 if upright else 0)
        ax.set_xlim(-0.6, len(frame) - 0.4)
    ax.axhline(1.0, color=GREY, linewidth=0.8, linestyle="--")
    ax.set_yscale("log")
    ax.set_ylim(bottom, top)
    mark_log(ax.yaxis, bottom, top)
    label_axes(ax, xlabel, ylabel)
    return ax
