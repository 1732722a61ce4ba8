"""What each visit of a schedule finds and costs, from a tidy frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paraneo.numerics.arrays import Vector

from .style import GREY, axes_of, colour, label_axes, wrapped

#: Of more visits the numbers above are upright, and of still more left out.
UPRIGHT_FROM, NONE_FROM = 9, 31
#: Letters in a line of a name beside the axes, and how far below each other lines stand, as a
#: part of an inch.
NAME_WIDTH, LINE = 30, 0.19


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
    ax = axes_of(ax)
    time = frame["visit"].to_numpy(np.float64)
    found = frame["screen_detected"].to_numpy(np.float64)
    gap = float(np.diff(np.sort(time)).min(initial=1.0)) or 1.0
    ax.bar(time, found, color=colour(0), width=0.6 * gap)
    many = len(frame)
    for x, one, examined in zip(time, found, frame["examinations"], strict=True):
        if many >= NONE_FROM:
            break
        text = f"1 in {examined / one:.0f}" if one > 0 else "none"
        ax.annotate(
            text, (x, one), xytext=(0, 3), textcoords="offset points", ha="center",
            fontsize="small", rotation=90 if many >= UPRIGHT_FROM else 0,
        )  # fmt: skip
    ax.margins(y=0.15 if many < UPRIGHT_FROM else 0.3)
    ax.set_xlim(float(time.min()) - 0.6 * gap, float(time.max()) + 0.6 * gap)
    if many < UPRIGHT_FROM:
        ax.set_xticks(time, [f"{visit:g}" for visit in time])
    above = "\n(above: one cancer in how many examined)" if many < NONE_FROM else ""
    ylabel = f"Screen-detected cancers per {per:g} people{above}"
    label_axes(ax, "Visit, years since diagnosis", ylabel)
    return ax


def schedules_plot(
    frame: pd.DataFrame,
    *,
    names: str,
    per: float,
    title: str = "",
    joined: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw screen-detected cancers over examinations, a named point a schedule.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``screen_detected examinations`` and the column of names.
    names : str
        That column.
    per : float
        How many people start.
    title : str
        What the names are, above them.
    joined : bool
        Whether a line leads from point to point, as along a frontier.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    labels = [wrapped(name, NAME_WIDTH) for name in frame[names]]
    lines = sum(label.count("\n") + 1 for label in labels)
    ax = axes_of(ax, (8.0, max(4.2, 1.4 + LINE * lines)))
    x, y = (frame[name].to_numpy(np.float64) for name in ("examinations", "screen_detected"))
    if joined:
        ax.plot(x, y, color=GREY, linewidth=1.0)
    ax.plot(x, y, "o", color=colour(0))
    ax.set_ylim(bottom=0, top=1.08 * float(np.nanmax(y, initial=0.0)) or 1.0)
    ax.set_xlim(0, 1.05 * float(np.nanmax(x, initial=0.0)) or 1.0)
    _name_beside(ax, x, y, labels, title)
    label_axes(
        ax, f"Examinations per {per:g} people", f"Screen-detected cancers per {per:g} people"
    )
    return ax


def _name_beside(ax: Axes, x: Vector, y: Vector, labels: list[str], title: str) -> None:
    """Write the names right of the axes in the order of the points, a thin line to each."""
    figure = ax.figure.get_figure(root=True)
    assert figure is not None
    inches = float(figure.get_size_inches()[1]) - 0.8
    top = ax.get_ylim()[1]
    tall = np.array([(label.count("\n") + 1) * LINE / inches + 0.015 for label in labels])
    order = np.lexsort((x, y))[::-1]
    place = np.minimum(y / top, 1.0)
    ceiling = 1.0
    for k in order:  # from above, each below the one before
        place[k] = min(place[k], ceiling - tall[k] / 2)
        ceiling = place[k] - tall[k] / 2
    floor = 0.0
    for k in order[::-1]:  # and none below the axis
        place[k] = max(place[k], floor + tall[k] / 2)
        floor = place[k] + tall[k] / 2
    for k in order:
        ax.annotate(
            labels[k], (x[k], y[k]), xytext=(1.05, place[k]), textcoords="axes fraction",
            va="center", ha="left", fontsize="small", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "0.75", "linewidth": 0.7, "shrinkB": 4},
        )  # fmt: skip
    if title:
        ax.text(
            1.05, max(floor, 1.0) + 0.02, title, transform=ax.transAxes, color=GREY, size="small"
        )
