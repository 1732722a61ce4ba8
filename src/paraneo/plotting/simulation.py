"""Pictures of simulation studies: zip, lollipop and nested loop, from tidy frames."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import COLOURS, GREY, axes_of, colour, name_all, plain_label, wrapped

#: Intervals drawn in one column of a zip; more are thinned evenly by rank.
INTERVALS_SHOWN = 1000
#: Inches that a zip plot of its own takes at most.
WIDEST = 16.0
#: How much of the height of a nested loop plot the steps of the factors take.
STEPS = 0.35


def _scenario_names(frame: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    if not by:
        return pd.Series("all", index=frame.index)
    return frame[list(by)].astype(str).agg(", ".join, axis=1)


def lollipop(
    frame: pd.DataFrame, *, by: Sequence[str], measure: str, target: float, ax: Axes | None = None
) -> Axes:
    """Draw a measure with its Monte Carlo CI, a row a scenario, a colour a method."""
    names = _scenario_names(frame, by)
    scenarios, methods = names.drop_duplicates().tolist(), frame["method"].unique().tolist()
    if ax is None:
        height = 1.2 + 0.25 * len(scenarios) * (len(methods) + 0.6)
        ax = plt.subplots(figsize=(7.5, max(height, 2.2)), layout="constrained")[1]
    spread = np.linspace(-0.3, 0.3, len(methods)) if len(methods) > 1 else np.zeros(1)
    for k, method in enumerate(methods):
        part = frame[frame["method"] == method]
        y = np.array([scenarios.index(name) for name in names[part.index]]) + spread[k]
        value = part["estimate"].to_numpy(dtype=np.float64)
        ax.hlines(y, target, value, color=colour(k), linewidth=1)
        ax.plot(value, y, "o", color=colour(k), label=plain_label(method), markersize=5)
        ax.plot(part["lower"], y, "|", part["upper"], y, "|", color=colour(k), markersize=7)
    ax.axvline(target, color=GREY, linewidth=0.8, linestyle="--")
    ax.set_yticks(range(len(scenarios)), list(map(wrapped, scenarios)))
    ax.set_ylim(len(scenarios) - 0.4, -0.6)
    ax.set_ylabel(wrapped(", ".join(by)))
    ax.set_xlabel(f"{measure.replace('_', ' ')} (marks: Monte Carlo CI)")
    name_all(ax, "method", loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def zip_plot(
    frame: pd.DataFrame, *, by: Sequence[str], level: float, ax: Axes | None = None
) -> Axes:
    """Draw every replicate's interval about the truth, ranked; those that miss it in red.

    The intervals stand from the best estimate at the bottom to the worst at the top, ranked
    by the distance of the estimate from the truth in standard errors. With coverage as
    promised all above the dashed line are red and none below it.
    """
    shown = frame[frame["finished"]].dropna(subset=["lower", "upper"])
    columns = [
        ("\n".join([", ".join(map(str, key[:-1])), str(key[-1])]).strip(), part)
        for key, part in shown.groupby([*by, "method"], sort=False)
    ]
    if ax is None:
        width = min(max(3.5, 2.3 * len(columns)), WIDEST)
        ax = plt.subplots(figsize=(width, 5), layout="constrained")[1]
    apart = _spacing([part for _, part in columns])
    for k, (_, part) in enumerate(columns):
        _one_zip(ax, part, k * apart)
        ax.axvline(k * apart, color=GREY, linewidth=0.8)
    ax.axhline(100 * level, color=GREY, linewidth=0.8, linestyle="--")
    places, names = [k * apart for k in range(len(columns))], [name for name, _ in columns]
    upright = 2.3 * len(columns) > WIDEST
    ax.set_xticks(
        places, [wrapped(name, 40 if upright else 22) for name in names], rotation=90 * upright
    )
    ax.set_xlim(-0.55 * apart, (len(columns) - 0.45) * apart)
    ax.set_ylim(0, 100)
    ax.set_ylabel("rank of the replicate, best below (%)")
    ax.set_xlabel("distance from the truth (red: the interval misses it)")
    return ax


def _spacing(parts: list[pd.DataFrame]) -> float:
    """Return how far columns stand apart: nearly all intervals of each find room."""
    ends = [np.abs(p[["lower", "upper"]].sub(p["truth"], axis=0).to_numpy()) for p in parts]
    finite = [e[np.isfinite(e)] for e in ends]
    reach = max((float(np.quantile(e, 0.99)) for e in finite if e.size), default=1.0)
    return 2.1 * reach if reach > 0 else 1.0


def _one_zip(ax: Axes, part: pd.DataFrame, centre: float) -> None:
    value, low, high = (
        (part[name] - part["truth"]).to_numpy(dtype=np.float64)
        for name in ("estimate", "lower", "upper")
    )
    half = np.where(value >= 0, value - low, high - value)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.abs(value) / half
    order = np.argsort(np.nan_to_num(distance, nan=np.inf), kind="stable")
    rank = 100 * (np.arange(len(order)) + 0.5) / len(order)
    step = max(len(order) // INTERVALS_SHOWN, 1)
    chosen = np.arange(0, len(order), step)
    low, high = low[order][chosen], high[order][chosen]
    colours = np.where((low <= 0) & (high >= 0), "0.75", COLOURS[1])
    ax.hlines(rank[chosen], centre + low, centre + high, colors=list(colours), linewidth=0.8)


def nested_loop(
    frame: pd.DataFrame, *, by: Sequence[str], measure: str, target: float, ax: Axes | None = None
) -> Axes:
    """Draw one line a method over all scenarios in order; factors are stepped below it."""
    ax = axes_of(ax, (9, 5))
    names = _scenario_names(frame, by)
    scenarios = names.drop_duplicates().tolist()
    methods = list(frame.groupby("method", sort=False))
    # the first lines are the widest, so that those that coincide are all seen
    widths = np.linspace(3.0, 1.2, len(methods))
    for k, (method, part) in enumerate(methods):
        x = np.array([scenarios.index(name) for name in names[part.index]])
        order = np.argsort(x)
        ax.step(
            x[order],
            part["estimate"].to_numpy()[order],
            where="mid",
            color=colour(k),
            label=plain_label(method),
            linewidth=widths[k],
        )
    ax.axhline(target, color=GREY, linewidth=0.8, linestyle="--")
    values = frame["estimate"].to_numpy(dtype=np.float64)
    low, high = np.nanmin([*values, target]), np.nanmax([*values, target])
    height = (high - low) or 1.0
    first = frame.assign(_name=names).drop_duplicates("_name")
    room = STEPS * height / max(len(by), 1)
    for k, factor in enumerate(by):
        levels = first[factor].drop_duplicates().tolist()
        code = np.array([levels.index(value) for value in first[factor]])
        base = low - 0.1 * height - (k + 1) * room
        ax.step(
            range(len(scenarios)),
            base + 0.5 * room * code / max(len(levels) - 1, 1),
            where="mid",
            color="0.35",
            linewidth=1,
        )
        label = f"{factor}: {', '.join(map(str, levels))}"
        ax.text(0, base + 0.55 * room, plain_label(label), fontsize=8, color="0.35", va="bottom")
    ax.set_xlabel("scenario, in the order of the factors below")
    ax.set_ylabel(measure.replace("_", " "))
    name_all(ax, "method", loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax
