"""Predictive values over prevalence, and proportions, from summary frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paraneo.plotting.forest import forest
from paraneo.plotting.style import COLOURS, axes_of, label_axes, name_all

SHADES = {"ppv": COLOURS[1], "npv": COLOURS[0]}
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
            ax.plot(x, value, color=SHADES[key], label=NAMES[key])
            ax.fill_between(x, low, high, color=SHADES[key], alpha=0.2, linewidth=0)
        else:
            ax.plot(x, value, "o", color=SHADES[key], label=NAMES[key])
            ax.vlines(x, low, high, color=SHADES[key])
    ax.set(ylim=(0, 1.02))
    label_axes(ax, f"Prevalence {window}".strip(), "Predictive value")
    name_all(ax)
    return ax


def proportions_plot(frame: pd.DataFrame, *, level: float, ax: Axes | None = None) -> Axes:
    """Draw sensitivity and specificity with confidence intervals, from an accuracy summary."""
    part = frame[frame["measure"].isin(["sensitivity", "specificity"])].reset_index(drop=True)
    part["name"] = part["measure"].str.capitalize()
    if "table" in part:
        part["name"] += ", table " + part["table"].astype(str)
    xlabel = f"Proportion ({100 * level:g}% CI)"
    nowhere = float("nan")
    ax = forest(part, label="name", xlabel=xlabel, reference=nowhere, log=False, ax=ax)
    ax.set_xlim(0, 1.02)
    return ax
