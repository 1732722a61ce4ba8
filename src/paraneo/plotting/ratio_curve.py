"""A ratio over time since diagnosis, with the windows it was made from."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import GREY, axes_of, colour, label_axes, mark_log, name_all, plain_label


def ratio_curve(
    frame: pd.DataFrame, studies: pd.DataFrame, *, level: float, ax: Axes | None = None
) -> Axes:
    """Draw the curve with its band, and each row's ratio as a bar over its window.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``time estimate lower upper``, in order of time.
    studies : pandas.DataFrame
        Columns ``study start end estimate lower upper``.
    level : float
        Of the confidence interval.
    """
    ax = axes_of(ax, (7.5, 4.5))
    ax.fill_between(frame["time"], frame["lower"], frame["upper"], color="0.5", alpha=0.25)
    ax.plot(frame["time"], frame["estimate"], color="black", linewidth=2, label="pooled curve")
    positive = pd.concat([frame["lower"], studies.loc[studies["estimate"] > 0, "estimate"]])
    floor = float(positive[positive > 0].min()) / 1.6
    names = list(dict.fromkeys(studies["study"]))
    for number, name in enumerate(names):
        rows = studies[studies["study"] == name]
        height = rows["estimate"].clip(lower=floor)
        # Bars of studies with the same window stand side by side.
        place = (number + 1.0) / (len(names) + 1.0)
        middle = rows["start"] + place * (rows["end"] - rows["start"])
        ax.hlines(height, rows["start"], rows["end"], color=colour(number), label=plain_label(name))
        ax.vlines(
            middle, rows["lower"].clip(lower=floor), rows["upper"], color=colour(number), lw=0.8
        )
    ax.axhline(1.0, color=GREY, linewidth=0.8, linestyle="--")
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    mark_log(ax.yaxis, low, high)
    ax.set_xlim(float(np.min(frame["time"])), float(np.max(frame["time"])))
    ylabel = f"Observed / expected cancers ({100 * level:g}% CI)"
    label_axes(ax, "Years since diagnosis", ylabel)
    name_all(ax)
    return ax
