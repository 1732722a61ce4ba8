"""A funnel: ratios against how many cancers are expected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import GREY, axes_of, colour, label_axes, mark_log, plain_label

#: Dashes of the narrower and of the wider limits.
DASHES = ("--", ":")


def funnel(
    frame: pd.DataFrame, limits: dict[float, pd.DataFrame], *, ax: Axes | None = None
) -> Axes:
    """Draw ratios over expected cancers, with limits within which they lie by chance.

    Parameters
    ----------
    frame : DataFrame
        Columns ``expected estimate label``; those outside the widest limits are named.
    limits : mapping
        From a level to a frame of ``expected lower upper``.
    """
    axes = axes_of(ax, (7.0, 4.8))
    x = frame["expected"].to_numpy(dtype=np.float64)
    y = frame["estimate"].to_numpy(dtype=np.float64)
    axes.axhline(1.0, color=GREY, linewidth=0.8)
    outside = np.ones(len(frame), dtype=bool)
    for (level, ends), dash in zip(limits.items(), DASHES, strict=False):
        grid = ends["expected"].to_numpy(dtype=np.float64)
        low, high = (ends[name].to_numpy(dtype=np.float64) for name in ("lower", "upper"))
        look: dict[str, Any] = {"color": GREY, "linewidth": 1.0, "linestyle": dash}
        axes.plot(grid, high, label=f"{100 * level:g}% by chance", **look)
        axes.plot(grid, low, **look)
        inside = (np.interp(x, grid, low) <= y) & (y <= np.interp(x, grid, high))
        outside = ~inside
    axes.plot(x, y, "o", color=colour(0), markersize=4.5)
    for k in np.flatnonzero(outside):
        text = plain_label(frame["label"].iloc[k])
        axes.annotate(text, (x[k], y[k]), (5, 3), textcoords="offset points", fontsize=8)
    axes.set_xscale("log")
    mark_log(axes.xaxis, float(x.min()) / 1.3, float(x.max()) * 1.3)
    axes.set_xlim(float(x.min()) / 1.3, float(x.max()) * 1.3)
    axes.set_ylim(0.0, 1.15 * max(float(y.max()), 2.0))
    label_axes(axes, "Expected cancers", "Observed / expected cancers")
    axes.legend(frameon=False)
    return axes
