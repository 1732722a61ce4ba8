"""Ratios or rates over bands of time: a bar over each band, with its confidence interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import GREY, axes_of, colour, label_axes, mark_log, name_all, plain_label


def by_band(
    frame: pd.DataFrame,
    *,
    xlabel: str,
    ylabel: str,
    reference: float | None = None,
    legend: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw ``estimate`` as a bar over its band and ``lower`` to ``upper`` as a line.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``label start end estimate lower upper``; a colour a label. An infinite
        end is drawn as wide as the band before it, with a dotted bar. On the log axis a
        value of 0 stands on the floor as an open triangle.
    reference : float, optional
        Where a dashed line of no difference stands.
    legend : str
        What the labels are, over the legend of several.
    """
    ax = axes_of(ax, (7.5, 4.4))
    numbers = frame[["estimate", "lower", "upper"]].to_numpy(np.float64).ravel()
    shown = np.append(numbers, reference or np.nan)
    shown = shown[np.isfinite(shown) & (shown > 0)]
    floor, top = (float(shown.min()) / 1.3, float(shown.max()) * 1.3) if len(shown) else (0.1, 10.0)
    labels = list(dict.fromkeys(frame["label"]))
    for number, label in enumerate(labels):
        part = frame[frame["label"] == label].sort_values("start")
        place = (number + 1.0) / (len(labels) + 1.0)
        _draw(ax, part, colour(number), place, floor, top)
        if len(labels) > 1:
            ax.plot([], [], color=colour(number), linewidth=2.4, label=plain_label(label))
    if reference is not None:
        ax.axhline(reference, color=GREY, linewidth=0.8, linestyle="--")
    if len(labels) > 1:
        name_all(ax, legend)
    ax.set_yscale("log")
    ax.set_ylim(floor, top)
    mark_log(ax.yaxis, floor, top)
    label_axes(ax, xlabel, ylabel)
    return ax


def _draw(
    ax: Axes, part: pd.DataFrame, colour: str, place: float, floor: float, top: float
) -> None:
    start, end = (part[name].to_numpy(np.float64) for name in ("start", "end"))
    point, low, high = (part[n].to_numpy(np.float64) for n in ("estimate", "lower", "upper"))
    widths = (end - start)[np.isfinite(end - start)]
    opened = ~np.isfinite(end)
    end = np.where(opened, start + (widths[-1] if len(widths) else 1.0), end)
    middle = start + place * (end - start)
    some = point > 0
    closed, ends = some & ~opened, some & opened
    ax.hlines(point[closed], start[closed], end[closed], colors=colour, linewidth=2.4)
    ax.hlines(point[ends], start[ends], end[ends], colors=colour, lw=2.4, linestyles="dotted")
    ax.vlines(middle, np.clip(low, floor, top), np.clip(high, floor, top), colors=colour, lw=1.0)
    none = np.where(point == 0, floor, np.nan)
    ax.plot(middle, none, "^", color=colour, markerfacecolor="white", clip_on=False)
