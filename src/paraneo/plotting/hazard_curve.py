"""A hazard, ratio or survival over time with confidence intervals, numbers at risk below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .curves import curves

#: The axis ends at this multiple of the highest estimate, where confidence limits reach further.
FURTHEST = 5.0


def hazard_curve(
    frame: pd.DataFrame,
    at_risk: pd.DataFrame | None,
    *,
    ylabel: str,
    names: Sequence[str] = (),
    steps: bool = True,
    reference: float | None = None,
    top: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw ``estimate`` with ``lower`` and ``upper`` over ``time``, a curve a ``row``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``time estimate lower upper``, and ``row`` where there are several curves.
    at_risk : pandas.DataFrame or None
        Columns ``label time at_risk``.
    ylabel : str
    names : sequence of str
        What each ``row`` is called.
    steps : bool
        For curves that are constant in bands.
    reference : float, optional
        Where a dashed line stands.
    top : float, optional
        Upper end of the axis; left out, five times the highest estimate or the highest
        limit, whichever is lower, so that one wide limit does not flatten the curves.
    """
    label = frame["row"].map(lambda row: names[row]) if "row" in frame else "all"
    if top is None:
        highest = float(np.nanmax(frame["estimate"].to_numpy()))
        limit = float(frame["upper"].max())
        top = 1.05 * min(FURTHEST * highest, max(highest, limit)) or None
    frame = frame.assign(label=label)
    axes = curves(frame, at_risk, xlabel="Years", ylabel=ylabel, top=top, steps=steps, ax=ax)
    if (frame["estimate"] == 0).any():  # else a band without excess hides under the axis
        axes.set_ylim(bottom=-0.015 * axes.get_ylim()[1])
    if reference is not None:
        axes.axhline(reference, color="0.4", linewidth=0.8, linestyle="--")
    return axes
