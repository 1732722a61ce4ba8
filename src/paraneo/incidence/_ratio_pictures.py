"""What pictures of many ratios need beside the ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .multiplicity import funnel_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The limits of a funnel, and points along them.
LEVELS, POINTS = (0.95, 0.998), 200


def funnel_of(frame: pd.DataFrame, ax: Axes | None) -> Axes:
    """Draw ratios over their expected cancers."""
    from paraneo.plotting.funnel import funnel

    expected = frame["expected"].to_numpy(dtype=np.float64)
    grid = np.geomspace(expected.min() / 1.3, expected.max() * 1.3, POINTS)
    limits = {}
    for level in LEVELS:
        low, high = funnel_limits(grid, level)
        limits[level] = pd.DataFrame({"expected": grid, "lower": low, "upper": high})
    return funnel(frame, limits, ax=ax)
