"""A forest plot drawn from a tidy frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paraneo.results.words import plain_term

from .style import axes_of, log_marks, plain_label

#: Height of a row in inches, and what title and axis need beside the rows.
ROW_HEIGHT, MARGIN = 0.32, 1.3
#: How far the second interval stands below the first, in rows.
OFFSET = 0.28


def forest(
    frame: pd.DataFrame,
    *,
    label: str,
    xlabel: str,
    reference: float = 1.0,
    log: bool = True,
    name: str = "",
    second: tuple[str, str] | None = None,
    second_name: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw ``estimate``, ``lower`` and ``upper`` a row each, numbers at the right.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``estimate lower upper`` and ``label``.
    label, xlabel : str
        The column that names the rows; what the numbers are, with their unit.
    reference : float
        Where the dashed line of no difference stands.
    log : bool
        On a log axis confidence limits at 0 or infinity run to the edge of the axes.
    second : pair of column names, optional
        Another interval of the same estimates, drawn below in grey.
    name, second_name : str
        What the two intervals are called in the legend.
    """
    ax = axes_of(ax, (8.5, MARGIN + ROW_HEIGHT * len(frame)))
    columns = ["estimate", "lower", "upper", *(second or ())]
    values = {column: frame[column].to_numpy(np.float64) for column in columns}
    left, right = _span([*values.values(), np.array([reference])], log)
    y = np.arange(len(frame), dtype=np.float64)
    point, low, high = values["estimate"], values["lower"], values["upper"]
    ax.hlines(y, np.clip(low, left, right), np.clip(high, left, right), color="C0", label=name)
    if second:
        low2, high2 = (np.clip(values[column], left, right) for column in second)
        ax.hlines(y + OFFSET, low2, high2, color="0.6", linewidth=1.2, label=second_name)
        ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    ax.plot(np.where((point > 0) | (not log), point, np.nan), y, "s", color="C0", markersize=4)
    ax.axvline(reference, color="0.4", linewidth=0.8, linestyle="--")
    if log:
        ax.set_xscale("log")
        ax.set_xticks(*log_marks(left, right))
        ax.minorticks_off()
    ax.set_xlim(left, right)
    ax.set_ylim(len(frame) - 0.4, -0.6)
    names = [plain_term(str(one)) if label == "term" else str(one) for one in frame[label]]
    ax.set_yticks(y, list(map(plain_label, names)))
    ax.set_xlabel(plain_label(xlabel))
    for row in range(len(frame)):
        text = f"{point[row]:.2f}"
        if np.isfinite(low[row]) or np.isfinite(high[row]):
            text += f" ({low[row]:.2f} to {high[row]:.2f})"
        ax.text(1.02, float(row), text, transform=ax.get_yaxis_transform(), va="center")
    return ax


def _span(
    values: list[np.ndarray[tuple[int], np.dtype[np.float64]]], log: bool
) -> tuple[float, float]:
    """Return the ends of the axis: all finite values with a little room."""
    shown = np.concatenate(values)
    shown = shown[np.isfinite(shown) & ((shown > 0) | (not log))]
    if log:
        return float(shown.min()) / 1.3, float(shown.max()) * 1.3
    pad = 0.1 * float(np.ptp(shown)) + 1e-12
    return float(shown.min()) - pad, float(shown.max()) + pad
