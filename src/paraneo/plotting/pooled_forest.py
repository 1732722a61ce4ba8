"""A forest of studies with what was pooled from them below."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .forest import forest
from .style import colour

#: Half the height of a diamond, in rows.
HALF = 0.28
#: Pooled ratios this many times above or below 1 are not incidence ratios.
FAR = 50.0


def pooled_forest(frame: pd.DataFrame, *, xlabel: str, ax: Axes | None = None) -> Axes:
    """Draw studies as squares sized by weight, pooled ratios as diamonds, predictions as bars.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``study kind estimate lower upper weight``; ``kind`` is "study", "pooled"
        or "prediction".
    xlabel : str
        What the numbers are.
    """
    shown = frame.reset_index(drop=True).copy()
    kind = shown["kind"].to_numpy()
    predicted = kind == "prediction"
    shown.loc[predicted, "study"] = "prediction" + shown.loc[predicted, "study"].str.removeprefix(
        "pooled"
    )
    # Far from 1 these are rates, to which 1 says nothing.
    middle = float(shown.loc[kind == "pooled", "estimate"].median())
    reference = 1.0 if 1 / FAR < middle < FAR else middle
    ax = forest(shown, label="study", xlabel=xlabel, reference=reference, ax=ax)
    left, right = ax.get_xlim()
    ax.lines[0].set_visible(False)  # one size of square gives way to the weights
    ends = shown[["lower", "upper"]].to_numpy(dtype=np.float64).clip(left, right)
    point = shown["estimate"].to_numpy(dtype=np.float64)
    studies = np.flatnonzero((kind == "study") & (point > 0))
    size = 10.0 + 90.0 * shown["weight"].to_numpy(dtype=np.float64)[studies]
    ax.scatter(point[studies], studies, s=size, marker="s", color=colour(0), zorder=3)
    for row in np.flatnonzero(kind == "pooled"):
        low, high = ends[row]
        corners = [(low, row), (point[row], row - HALF), (high, row), (point[row], row + HALF)]
        x, y = zip(*corners, strict=True)
        ax.fill(x, y, color="black", zorder=3)
    for row in np.flatnonzero(predicted):
        ax.hlines(row, *ends[row], color="0.55", linewidth=4, zorder=3)
    if (kind == "study").any():
        ax.axhline(float(np.flatnonzero(kind != "study")[0]) - 0.5, color="0.8", linewidth=0.8)
    return ax
