"""The true cumulative incidence behind an invented cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def true_incidence(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw ``cancer`` and ``death`` over ``time``."""
    import matplotlib.pyplot as plt

    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    for name, style in (("cancer", "-"), ("death", "--")):
        ax.plot(frame["time"], 100 * frame[name], style, label=name.capitalize())
    ax.set_xlabel("Years since diagnosis")
    ax.set_ylabel("True cumulative incidence (%)")
    ax.set_ylim(bottom=0)
    ax.set_xlim(left=0)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax
