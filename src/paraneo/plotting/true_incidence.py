"""The true cumulative incidence behind a simulated cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .style import axes_of, colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def true_incidence(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw ``cancer`` and ``death`` over ``time``."""
    ax = axes_of(ax)
    for number, (name, style) in enumerate((("cancer", "-"), ("death", "--"))):
        drawn = frame["time"], 100 * frame[name]
        ax.plot(*drawn, style, color=colour(number), label=name.capitalize())
    ax.set_xlabel("Years since diagnosis")
    ax.set_ylabel("True cumulative incidence (%)")
    ax.set_ylim(bottom=0)
    ax.set_xlim(left=0)
    ax.legend(frameon=False)
    return ax
