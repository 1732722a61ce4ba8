"""Coverage over the truth as lines, or over two parameters as a map."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm

from .style import GREY, axes_of, colour

#: From so many values of both on, one interval is drawn as a map: up, across, and their names.
MAP_FROM = 4
MAPS = {
    ("n", "truth"): ("number of people, n", "true value"),
    ("sensitivity", "specificity"): ("sensitivity", "specificity"),
}


def coverage_plot(frame: pd.DataFrame, *, level: float, ax: Axes | None = None) -> Axes:
    """Draw exact coverage.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``truth interval coverage``, and ``n``, or ``sensitivity specificity
        prevalence``, for a map.
    level : float
        The nominal coverage.
    """
    ax = axes_of(ax, (7.5, 4.5))
    levels = {name: len(frame[name].unique()) for name in frame}
    if levels["interval"] == 1 and levels.get("prevalence", 1) == 1:
        for pair in MAPS:
            if min(levels.get(name, 0) for name in pair) >= MAP_FROM:
                return _map(frame, pair, level, ax)
    varied = [name for name in ("n", "prevalence") if levels.get(name, 1) > 1]
    if levels.get("sensitivity", 1) == levels.get("specificity", 1) == 1:
        varied = [name for name in varied if name != "prevalence"]  # it alone moves the truth
    if levels.get("sensitivity", 1) > 1 and levels["specificity"] > 1:
        varied.insert(0, "sensitivity")
    groups = list(frame.groupby(["interval", *varied], sort=False))
    # the first lines are the widest, so that those that coincide are all seen
    widths = np.linspace(2.4, 1.0, len(groups))
    for number, (width, (key, part)) in enumerate(zip(widths, groups, strict=True)):
        part = part.sort_values("truth")
        label = ", ".join(
            [str(key[0]), *(f"{s} {v:g}" for s, v in zip(varied, key[1:], strict=True))]
        )
        marker = "o" if len(part) < 12 else ""
        look = {"linewidth": width, "marker": marker, "color": colour(number)}
        ax.plot(part["truth"], part["coverage"], label=label, **look)
    ax.axhline(level, color=GREY, linewidth=0.8, linestyle="--")
    ax.set_xlabel("true value")
    ax.set_ylabel("coverage (exact)")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def _map(frame: pd.DataFrame, pair: tuple[str, str], level: float, ax: Axes) -> Axes:
    up, across = pair
    table = frame.pivot_table(index=up, columns=across, values="coverage")
    reach = min(0.1, max(level - float(np.nanmin(table)), 1 - level))
    drawn = ax.pcolormesh(
        table.columns,
        table.index,
        table.to_numpy(),
        cmap="RdBu",
        norm=TwoSlopeNorm(level, level - reach, 1.0),
        shading="nearest",
    )
    bar = ax.figure.colorbar(drawn, ax=ax, extend="min")
    bar.set_label(f"coverage (exact); white: the nominal {100 * level:g} %")
    ylabel, xlabel = MAPS[pair]
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    title = str(frame["interval"].iloc[0])
    if "prevalence" in frame:
        title += f", prevalence {frame['prevalence'].iloc[0]:g}"
    ax.set_title(title, fontsize=10)
    return ax
