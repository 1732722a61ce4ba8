"""What each visit of a schedule finds and costs, from a tidy frame."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes


def visits_plot(frame: pd.DataFrame, *, per: float, ax: Axes | None = None) -> Axes:
    """Draw cancers found at each visit, with examinations per cancer found above the bars.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``visit examinations found false_positives``.
    per : float
        How many people start.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    ax = plt.subplots(figsize=(6.5, 4.0), layout="constrained")[1] if ax is None else ax
    place = range(len(frame))
    ax.bar(place, frame["found"], color="C0", width=0.6)
    for k, (found, examined) in enumerate(zip(frame["found"], frame["examinations"], strict=True)):
        text = f"1 in {examined / found:.0f}" if found > 0 else "none"
        ax.annotate(text, (k, found), xytext=(0, 3), textcoords="offset points", ha="center")
    ax.set_xticks(list(place), [f"{visit:g}" for visit in frame["visit"]])
    ax.set_xlabel("Visit, years since diagnosis")
    ax.set_ylabel(f"Cancers found per {per:g} people\n(above: one cancer in how many examined)")
    ax.margins(y=0.15)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
