"""The Lexis diagram: a line a person over calendar time and age."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from .style import axes_of, colour, label_axes

#: From so many lines on they are drawn thinner, so that the picture stays readable.
MANY = 60


def lexis(
    frame: pd.DataFrame,
    *,
    ages: NDArray[np.float64],
    years: NDArray[np.float64],
    xlabel: str = "Calendar year",
    ylabel: str = "Age (years)",
    ax: Axes | None = None,
) -> Axes:
    """Draw each person from entry to exit, a dot where follow-up ended in an event.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``entry_year exit_year entry_age exit_age event``.
    ages, years : array
        Edges of bands, drawn as a grid behind the lines; infinite ones are left out.
    """
    ax = axes_of(ax, (7.0, 6.0))
    for edge in years[np.isfinite(years)]:
        ax.axvline(edge, color="0.85", linewidth=0.8, zorder=0)
    for edge in ages[np.isfinite(ages)]:
        ax.axhline(edge, color="0.85", linewidth=0.8, zorder=0)
    start, stop = (frame[[f"{end}_year", f"{end}_age"]].to_numpy() for end in ("entry", "exit"))
    thin = np.clip(MANY / max(len(frame), 1), 0.0, 1.0)
    lines = np.stack([start, stop], axis=1)
    look = {"linewidths": 0.4 + 0.8 * thin, "alpha": 0.35 + 0.6 * thin}
    ax.add_collection(LineCollection(list(lines), colors=colour(0), **look))
    event = frame["event"].to_numpy(dtype=bool)
    ax.plot(*stop[event].T, "o", color=colour(1), markersize=2.5 + 2.5 * thin, label="event")
    ax.set_xlim(*_span(start[:, 0], stop[:, 0]))
    ax.set_ylim(*_span(start[:, 1], stop[:, 1]))
    ax.set_aspect("equal", adjustable="box")  # everybody ages one year a year: 45 degrees
    label_axes(ax, xlabel, ylabel)
    if event.any():
        ax.legend(frameon=False, loc="upper left")
    return ax


def _span(start: NDArray[np.float64], stop: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of an axis: from the first start to the last stop, with some room."""
    first, last = float(start.min(initial=np.inf)), float(stop.max(initial=-np.inf))
    room = 0.04 * (last - first) + 0.5
    return first - room, last + room
