"""A ratio over a covariate, with its limits, on a log axis."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes


def ratio_by_covariate(
    frame: pd.DataFrame, *, x: str, xlabel: str, ylabel: str, ax: Axes | None = None
) -> Axes:
    """Draw ``estimate`` with ``lower`` and ``upper`` over ``x``; categories as points.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``x estimate lower upper``; what is 0 or infinite runs out of the axes.
    """
    if ax is None:
        ax = plt.subplots(figsize=(7.0, 4.4), layout="constrained")[1]
    columns = [frame[name].to_numpy(np.float64) for name in ("estimate", "lower", "upper")]
    shown = np.concatenate([*columns, np.ones(1)])
    shown = shown[np.isfinite(shown) & (shown > 0)]
    bottom, top = float(shown.min()) / 1.2, float(shown.max()) * 1.2
    point, low, high = (np.clip(column, bottom / 10, top * 10) for column in columns)
    if frame[x].dtype.kind in "iuf":
        place = frame[x].to_numpy(np.float64)
        ax.fill_between(place, low, high, color="C0", alpha=0.18, linewidth=0)
        ax.plot(place, point, color="C0")
    else:
        place = np.arange(len(frame), dtype=np.float64)
        ax.vlines(place, low, high, color="C0")
        ax.plot(place, point, "s", color="C0", markersize=4)
        ax.set_xticks(place, [str(value) for value in frame[x]])
    ax.axhline(1.0, color="0.4", linewidth=0.8, linestyle="--")
    ax.set_yscale("log")
    ax.set_ylim(bottom, top)
    ticks = [t for t in (0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000) if bottom <= t <= top]
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
