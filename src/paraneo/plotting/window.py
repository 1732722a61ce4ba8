"""A screening window: the curve a rule looks at, its threshold and where it ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import GREY, axes_of, colour, label_axes, mark_log


def _limits_of_end(ax: Axes, row: pd.Series, horizon: float) -> None:
    """Draw the limits as a bar; an arrow at the edge where there is no upper one."""
    reach = [min(float(row[side]), horizon) for side in ("lower", "upper")]
    at = float(row["threshold"])
    ax.plot(reach, [at] * 2, color=colour(1), linewidth=3, solid_capstyle="butt")
    if np.isfinite(row["estimate"]):
        ax.plot(row["estimate"], at, "o", color=colour(1), clip_on=False, zorder=4)
    if np.isinf(row["upper"]):
        ax.plot(horizon, at, ">", color=colour(1), markersize=8, clip_on=False, zorder=4)


def window_plot(
    curve: pd.DataFrame,
    window: pd.DataFrame,
    *,
    label: str,
    horizon: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw curve, threshold and window.

    Parameters
    ----------
    curve : pandas.DataFrame
        ``time estimate lower upper``.
    window : pandas.DataFrame
        One row ``rule threshold estimate lower upper``.
    label : str
        What the curve is, with its unit.
    horizon : float
        Where the data end.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    ax = axes_of(ax)
    row = window.iloc[0]
    x, value, low, high = (curve[name] for name in ("time", "estimate", "lower", "upper"))
    if row["rule"] == "ratio":
        ax.step(x, value, color=colour(0), where="post")
        ax.fill_between(x, low, high, step="post", color=colour(0), alpha=0.2, linewidth=0)
    else:
        ax.plot(x, value, color=colour(0))
        ax.fill_between(x, low, high, color=colour(0), alpha=0.2, linewidth=0)
    ax.axhline(row["threshold"], color=GREY, linewidth=0.8, linestyle="--")
    end = min(float(row["estimate"]), horizon)
    ax.axvspan(float(curve["time"].iloc[0]), end, color=colour(1), alpha=0.12, linewidth=0)
    if np.isfinite(row["estimate"]):
        ax.axvline(end, color=colour(1))
    _limits_of_end(ax, row, horizon)
    if row["rule"] == "ratio":
        ax.set_yscale("log")
        shown = np.concatenate([low, value, high, [row["threshold"]]])
        bottom, top = 0.8 * np.nanmin(shown), 1.2 * np.nanmax(shown)
        mark_log(ax.yaxis, float(bottom), float(top))
    else:
        ax.set_ylim(bottom=0)
    ax.set_xlim(float(curve["time"].iloc[0]), horizon)
    none = f"; arrow: none by {horizon:g} years" if np.isinf(row["upper"]) else ""
    xlabel = f"Years since diagnosis\n(shaded: the window; bar: its CI{none})"
    label_axes(ax, xlabel, label[0].upper() + label[1:])
    return ax
