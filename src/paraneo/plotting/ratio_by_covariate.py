"""A ratio over a covariate, with its confidence interval, on a log axis."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import axes_of, log_marks, plain_label


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
        ax.fill_between(place, low, high, color="C0", alpha=0.18, linewidth=0)
        ax.plot(place, point, color="C0")
    else:
        place = np.arange(len(frame), dtype=np.float64)
        ax.vlines(place, low, high, color="C0")
        ax.plot(place, point, "s", color="C0", markersize=4)
        ax.set_xticks(place, list(map(plain_label, frame[x])))
    ax.axhline(1.0, color="0.4", linewidth=0.8, linestyle="--")
    ax.set_yscale("log")
    ax.set_ylim(bottom, top)
    ax.set_yticks(*log_marks(bottom, top))
    ax.minorticks_off()
    ax.set_xlabel(plain_label(xlabel))
    ax.set_ylabel(plain_label(ylabel))
    return ax
