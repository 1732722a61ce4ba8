"""Coverage over the truth as lines, or over truth and number as a map."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm

#: From so many numbers on, one interval is drawn as a map.
MAP_FROM = 4


def coverage_plot(frame: pd.DataFrame, *, level: float, ax: Axes | None = None) -> Axes:
    """Draw exact coverage.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``truth interval coverage``, and ``n`` for a map.
    level : float
        The nominal coverage.
    ax : matplotlib.axes.Axes, optional
        A new one is made if none is given.
    """
    ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")[1] if ax is None else ax
    many = "n" in frame and len(frame["n"].unique()) >= MAP_FROM
    if many and len(frame["interval"].unique()) == 1:
        return _map(frame, level, ax)
    setting = [
        name for name in ("n", "prevalence") if name in frame and len(frame[name].unique()) > 1
    ]
    groups = list(frame.groupby(["interval", *setting], sort=False))
    # the first lines are the widest, so that those that coincide are all seen
    for width, (key, part) in zip(np.linspace(2.4, 1.0, len(groups)), groups, strict=True):
        part = part.sort_values("truth")
        label = ", ".join(
            [str(key[0]), *(f"{s} {v:g}" for s, v in zip(setting, key[1:], strict=True))]
        )
        marker = "o" if len(part) < 12 else ""
        ax.plot(part["truth"], part["coverage"], label=label, linewidth=width, marker=marker)
    ax.axhline(level, color="0.4", linewidth=0.8, linestyle="--")
    ax.set_xlabel("true value")
    ax.set_ylabel("coverage (exact)")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _map(frame: pd.DataFrame, level: float, ax: Axes) -> Axes:
    table = frame.pivot_table(index="n", columns="truth", values="coverage")
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
    ax.set_xlabel("true value")
    ax.set_ylabel("number of people, n")
    ax.set_title(str(frame["interval"].iloc[0]), fontsize=10)
    return ax
