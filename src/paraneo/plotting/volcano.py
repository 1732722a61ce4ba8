"""A volcano: ratios against their p-values."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import GREY, PALE, axes_of, colour, label_axes, mark_log, plain_label

#: A smaller p-value stands at the edge.
LEAST = 1e-12


def volcano(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw each ratio on a log axis against −log10 of its p-value, and name what was found.

    Parameters
    ----------
    frame : DataFrame
        Columns ``estimate p_value label found``. Ratios of 0 stand at the left edge, open.
    """
    axes = axes_of(ax, (7.0, 4.8))
    ratio = frame["estimate"].to_numpy(dtype=np.float64)
    height = -np.log10(np.maximum(frame["p_value"].to_numpy(dtype=np.float64), LEAST))
    found = frame["found"].to_numpy(dtype=bool)
    some = ratio[ratio > 0]
    low, high = (some.min(initial=1.0) / 1.6, some.max(initial=1.0) * 1.6)
    x = np.where(ratio > 0, ratio, low)
    for own, look, name in (
        (~found, PALE, "not found"),
        (found, colour(1), "found after adjustment"),
    ):
        axes.plot(x[own & (ratio > 0)], height[own & (ratio > 0)], "o", color=look, label=name)
    none = ratio == 0
    axes.plot(x[none], height[none], "<", color=PALE, markerfacecolor="white", clip_on=False)
    for k in np.flatnonzero(found):
        text = plain_label(frame["label"].iloc[k])
        axes.annotate(text, (x[k], height[k]), (5, 3), textcoords="offset points", fontsize=8)
    axes.axvline(1.0, color=GREY, linewidth=0.8, linestyle="--")
    axes.set_xscale("log")
    mark_log(axes.xaxis, low, high)
    axes.set_xlim(low, high)
    axes.set_ylim(bottom=0.0)
    label_axes(axes, "Observed / expected cancers", "−log10 of the p-value")
    if found.any():
        axes.legend(frameon=False)
    return axes
