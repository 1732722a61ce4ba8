"""The two pictures of the main job."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paraneo.accuracy import Prevalence, predictive_values
from paraneo.plotting.forest import MARGIN, ROW_HEIGHT, forest

from .accuracies import Source

PANELS_ACROSS = 3
GRID = np.linspace(0.01, 0.6, 60)


def over_prevalence(sources: list[Source], given: float | Prevalence) -> Figure:
    """Draw predictive values over prevalence, a panel a source."""
    share = float(given.estimate.value if isinstance(given, Prevalence) else given)
    across = min(PANELS_ACROSS, len(sources))
    down = -(-len(sources) // across)
    size = (4.2 * across, 3.4 * down)
    figure, axes = plt.subplots(down, across, figsize=size, squeeze=False, layout="constrained")
    for ax, source in zip(axes.flat, sources, strict=False):
        predictive_values(source.accuracy, GRID).plot(ax=ax)
        ax.axvline(share, color="0.4", linewidth=0.8, linestyle="--")
        title = "\n".join(textwrap.wrap(f"{source.name} ({source.basis})", 44))
        ax.set_title(title, fontsize=9)
    for ax in axes.flat[len(sources) :]:
        ax.set_visible(False)
    return figure


def ratios(checked: pd.DataFrame) -> Figure:
    """Draw the ratios with the limits to use, and the printed ones."""
    bounded = checked["lower"].notna() & checked["upper"].notna()
    shown = checked[bounded & checked["estimate"].notna()].reset_index(drop=True)
    if shown.empty:
        shown = checked
    shown["source"] += np.where(shown["flag"], " *", "")
    figure, ax = plt.subplots(
        figsize=(11.0, MARGIN + ROW_HEIGHT * len(shown)), layout="constrained"
    )
    forest(
        shown,
        label="source",
        xlabel="Observed / expected cancers (log scale, 95% limits; * flagged)",
        name="exact limits of the count, where printed",
        second=("printed_lower", "printed_upper"),
        second_name="printed",
        ax=ax,
    )
    return figure


def close(figure: Figure) -> None:
    """Free a figure."""
    plt.close(figure)
