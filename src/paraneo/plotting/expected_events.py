"""The events that a population's rates predict, over time."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from .style import axes_of, colour, label_axes


def expected_events(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw ``estimate``, a number of events, over ``time``."""
    ax = axes_of(ax)
    ax.plot(frame["time"], frame["estimate"], color=colour(0))
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    label_axes(ax, "Years since the origin", "Events expected from the population's rates")
    return ax
