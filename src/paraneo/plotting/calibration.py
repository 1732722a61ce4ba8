"""Observed over predicted risk, from tidy frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import PALE, axes_of, colour, label_axes, name_all, plain_label


def calibration_plot(
    groups: pd.DataFrame,
    curve: pd.DataFrame,
    *,
    horizon: float,
    level: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw groups of predicted risk with their CI, the smooth curve, and the line of agreement.

    Parameters
    ----------
    groups, curve : pandas.DataFrame
        ``label predicted estimate lower upper``: one point a group, one line a label.
    horizon, level : float
        For the labels.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    ax = axes_of(ax, (5.4, 5.2))
    known = groups[["predicted", "estimate", "upper"]].to_numpy(dtype=float)
    top = 1.05 * max(float(np.nanmax(known, initial=0.0)), float(curve["predicted"].max()), 1e-3)
    ax.plot([0, 1], [0, 1], color=PALE, linewidth=1, linestyle="--", label="perfect")
    several = len(set(groups["label"])) > 1
    for k, (label, part) in enumerate(groups.groupby("label", sort=False)):
        line = curve[curve["label"] == label]
        ax.plot(line["predicted"], line["estimate"], color=colour(k), linewidth=1.5)
        ax.fill_between(
            line["predicted"],
            line["lower"],
            line["upper"],
            color=colour(k),
            alpha=0.15,
            linewidth=0,
        )
        ax.vlines(part["predicted"], part["lower"], part["upper"], color=colour(k))
        name = plain_label(label) if several else "groups, with CI; smooth curve"
        ax.plot(part["predicted"], part["estimate"], "o", color=colour(k), label=name)
    ax.set(xlim=(0, min(top, 1.02)), ylim=(0, min(top, 1.02)), aspect="equal")
    ylabel = f"Observed risk, death competing ({100 * level:g}% CI)"
    label_axes(ax, f"Predicted risk by {horizon:g} years", ylabel)
    name_all(ax, loc="upper left")
    return ax
