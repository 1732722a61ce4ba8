"""A hazard, ratio or survival over time with confidence intervals, numbers at risk below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paraneo.numerics.arrays import Vector

from .curves import curves
from .style import GREY

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
        limit, whichever is lower, so that one wide limit does not flatten the curves. Below 0
        likewise, where an estimate is negative.
    """
    label = frame["row"].map(lambda row: names[row]) if "row" in frame else "all"
    values, low, high = (
        frame[name].to_numpy(np.float64) for name in ("estimate", "lower", "upper")
    )
    bottom, shown_top = _ends(values, low, high)
    frame = frame.assign(label=label)
    top = shown_top if top is None else top
    axes = curves(frame, at_risk, xlabel="Years", ylabel=ylabel, top=top, steps=steps, ax=ax)
    if bottom < 0:
        axes.axhline(0.0, color=GREY, linewidth=0.8)
        axes.set_ylim(bottom=bottom)
    elif (values == 0).any():  # else a band without excess hides under the axis
        axes.set_ylim(bottom=-0.015 * axes.get_ylim()[1])
    if reference is not None:
        axes.axhline(reference, color=GREY, linewidth=0.8, linestyle="--")
    return axes


def _ends(values: Vector, low: Vector, high: Vector) -> tuple[float, float | None]:
    """Return the ends of the axis: all estimates, below 0 too, and limits that are not too far."""
    known = values[np.isfinite(values)]
    least, most = float(known.min(initial=0.0)), float(known.max(initial=0.0))
    far = FURTHEST * max(most, -least)
    top = min(far, float(np.fmax.reduce(high, initial=most)))
    bottom = max(-far, float(np.fmin.reduce(low, initial=least))) if least < 0 else 0.0
    return 1.05 * bottom, 1.05 * top or None
