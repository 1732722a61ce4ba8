"""Accuracy of several studies in the ROC plane, drawn from frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paraneo.plotting.style import COLOURS, axes_of, name_all, plain_label

POOLED, CURVE = COLOURS[1], "0.25"
#: Area in points² of the circle of the largest study.
LARGEST = 160.0


def sroc_plot(
    studies: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    curve: pd.DataFrame | None,
    confidence: pd.DataFrame | None,
    prediction: pd.DataFrame | None,
    level: float,
    name: str = "Pooled",
    ax: Axes | None = None,
) -> Axes:
    """Draw sensitivity over 1 − specificity.

    Parameters
    ----------
    studies : pandas.DataFrame
        Columns ``tp fp fn tn sensitivity specificity``; circles have areas in proportion
        to the number of people.
    summary : pandas.DataFrame
        Columns ``measure estimate``.
    curve, confidence, prediction : pandas.DataFrame or None
        Columns ``false_positive_rate sensitivity``; None where there is none.
    level : float
        Of the regions.
    name : str
        What the point is called in the legend.
    """
    ax = axes_of(ax, (5.6, 5.6))
    people = studies[["tp", "fp", "fn", "tn"]].sum(axis=1).to_numpy(np.float64)
    area = np.maximum(LARGEST * people / people.max(), 8.0)
    observed = 1 - studies["specificity"], studies["sensitivity"]
    ax.scatter(*observed, s=area, facecolor="none", edgecolor="0.45", label="Studies")
    percent = f"{100 * level:g}%"
    for frame, style, region in (
        (prediction, ":", f"{percent} prediction region"),
        (confidence, "--", f"{percent} confidence region"),
    ):
        if frame is not None:
            border = frame["false_positive_rate"], frame["sensitivity"]
            ax.plot(*border, style, color=POOLED, linewidth=1.2, label=region)
    if curve is not None:
        line = curve["false_positive_rate"], curve["sensitivity"]
        ax.plot(*line, color=CURVE, linewidth=1.4, label="Summary ROC curve")
    value = summary.set_index("measure")["estimate"]
    point = 1 - value["specificity"], value["sensitivity"]
    ax.plot(*point, "s", color=POOLED, markersize=6, label=plain_label(name), zorder=3)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.set_xlabel("1 − specificity")
    ax.set_ylabel("Sensitivity")
    name_all(ax, loc="lower right")
    return ax
