"""Predictive values over prevalence, and proportions, from summary frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import axes_of, plain_label

COLOURS = {"ppv": "#b2182b", "npv": "#2166ac"}
NAMES = {"ppv": "PPV", "npv": "NPV"}


def predictive_values_plot(
    frame: pd.DataFrame, *, window: str = "", ax: Axes | None = None
) -> Axes:
    """Draw PPV and NPV over prevalence with their confidence intervals.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``prevalence measure estimate lower upper``.
    window : str
        Added to the label of the prevalence.
    """
    ax = axes_of(ax)
    for measure, part in frame.groupby("measure", sort=False):
        part = part.sort_values("prevalence")
        key = str(measure)
        x = part["prevalence"].to_numpy()
        value, low, high = (part[name].to_numpy() for name in ("estimate", "lower", "upper"))
        if len(np.unique(x)) == len(x) > 2:
            ax.plot(x, value, color=COLOURS[key], label=NAMES[key])
            ax.fill_between(x, low, high, color=COLOURS[key], alpha=0.2, linewidth=0)
        else:
            ax.plot(x, value, "o", color=COLOURS[key], label=NAMES[key])
            ax.vlines(x, low, high, color=COLOURS[key])
    ax.set(ylim=(0, 1.02), ylabel="Predictive value")
    ax.set_xlabel(plain_label(f"Prevalence {window}".strip()))
    ax.legend(frameon=False)
    return ax


def proportions_plot(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw sensitivity and specificity with confidence intervals, from an accuracy summary."""
    ax = axes_of(ax)
    part = frame[frame["measure"].isin(["sensitivity", "specificity"])]
    place = np.arange(len(part))[::-1]
    ax.hlines(place, part["lower"], part["upper"], color="0.4")
    ax.plot(part["estimate"], place, "s", color="black")
    names = part["measure"].astype(str)
    if "table" in part:
        names = names + " " + part["table"].astype(str)
    ax.set_yticks(place, list(map(plain_label, names)))
    ax.set(xlim=(0, 1.02), xlabel="Proportion")
    return ax
