"""The chance of a cancer by marker, from a predictive value to a risk."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import axes_of, plain_label

COLOURS = {"positive": "#b2182b", "unknown": "0.5", "negative": "#2166ac"}


def reconciled_plot(frame: pd.DataFrame, *, window: float, ax: Axes | None = None) -> Axes:
    """Draw the chance by marker, a row a step.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``step unknown positive negative``.
    window : float
        Years, for the label.
    """
    ax = axes_of(ax)
    place = np.arange(len(frame))[::-1]
    for name, colour in COLOURS.items():
        ax.plot(frame[name], place, "o", color=colour, label=name)
    ax.set_yticks(place, list(map(plain_label, frame["step"])))
    ax.set(xlim=(0, None), xlabel=f"Chance of a cancer within {window:g} years")
    ax.legend(frameon=False, title="Marker")
    return ax
