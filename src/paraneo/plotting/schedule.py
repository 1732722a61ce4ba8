"""What each visit of a schedule finds and costs, from a tidy frame."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes


def visits_plot(frame: pd.DataFrame, *, per: float, ax: Axes | None = None) -> Axes:
    """Draw screen-detected cancers at each visit, and above examinations per cancer found.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``visit examinations screen_detected false_positives``.
    per : float
        How many people start.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    ax = plt.subplots(figsize=(6.5, 4.0), layout="constrained")[1] if ax is None else ax
    place = range(len(frame))
    ax.bar(place, frame["screen_detected"], color="C0", width=0.6)
    for k, (found, examined) in enumerate(
        zip(frame["screen_detected"], frame["examinations"], strict=True)
    ):
        text = f"1 in {examined / found:.0f}" if found > 0 else "none"
        ax.annotate(text, (k, found), xytext=(0, 3), textcoords="offset points", ha="center")
    ax.set_xticks(list(place), [f"{visit:g}" for visit in frame["visit"]])
    ax.set_xlabel("Visit, years since diagnosis")
    ax.set_ylabel(
        f"Screen-detected cancers per {per:g} people\n(above: one cancer in how many examined)"
    )
    ax.margins(y=0.15)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def schedules_plot(frame: pd.DataFrame, *, names: str, per: float, ax: Axes | None = None) -> Axes:
    """Draw screen-detected cancers over examinations, a named point a schedule.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``screen_detected examinations`` and the column of names.
    names : str
        That column.
    per : float
        How many people start.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    ax = plt.subplots(figsize=(6.5, 4.0), layout="constrained")[1] if ax is None else ax
    ax.plot(frame["examinations"], frame["screen_detected"], "o", color="C0")
    for x, y, name in zip(
        frame["examinations"], frame["screen_detected"], frame[names], strict=True
    ):
        ax.annotate(str(name), (x, y), xytext=(6, 3), textcoords="offset points")
    ax.set_xlabel(f"Examinations per {per:g} people")
    ax.set_ylabel(f"Screen-detected cancers per {per:g} people")
    ax.set_ylim(bottom=0)
    ax.margins(x=0.15)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
