"""The flow of people into a study, as STROBE asks for it."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .style import GREY, axes_of, plain_label, wrapped

#: Letters in a line of a box.
WIDE = 44


def flow(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw who was given, who was left out and why, and who is followed.

    Parameters
    ----------
    frame : DataFrame
        ``stage reason people tumours``, stages "given", "left out" and "followed".
    """
    out = frame[(frame["stage"] == "left out") & ((frame["people"] > 0) | (frame["tumours"] > 0))]
    given, kept = (frame[frame["stage"] == stage].iloc[0] for stage in ("given", "followed"))
    axes = axes_of(ax, (7.5, 2.6 + 0.34 * len(out)))
    axes.set_axis_off()
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    lines = [
        f"{_counted(row['people'], row['tumours'])}: {row['reason']}" for _, row in out.iterrows()
    ]
    box: dict[str, Any] = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": GREY}
    look: dict[str, Any] = {"va": "center", "fontsize": 9, "bbox": box}
    first = f"Given\n{_counted(given['people'], given['tumours'])}"
    last = f"Followed\n{_counted(kept['people'], kept['tumours'])}"
    axes.text(0.22, 0.9, plain_label(first), ha="center", **look)
    axes.text(0.22, 0.1, plain_label(last), ha="center", **look)
    arrow = {"arrowstyle": "->", "color": GREY}
    axes.annotate("", (0.22, 0.2), (0.22, 0.8), arrowprops=arrow)
    if lines:
        text = "Left out\n" + "\n".join(wrapped(line, WIDE) for line in lines)
        axes.text(0.42, 0.5, text, ha="left", **look)
        axes.annotate("", (0.4, 0.5), (0.22, 0.5), arrowprops=arrow)
    return axes


def _counted(people: int, tumours: int) -> str:
    """Return counts as a box holds them.

    >>> _counted(1200, 1), _counted(0, 3)
    ('1,200 people, 1 tumour', '3 tumours')
    """
    word = "tumour" if tumours == 1 else "tumours"
    who = "person" if people == 1 else "people"
    parts = [f"{people:,d} {who}"] if people else []
    parts += [f"{tumours:,d} {word}"] if tumours else []
    return ", ".join(parts) or "nobody"
