"""Rates by age, drawn as steps from a tidy frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .style import axes_of, colour, label_axes, name_all, plain_label, wrapped

#: Above so many lines a legend hides more than it tells.
MOST_NAMED = 10
#: An open last band is drawn so many years wide.
OPEN_WIDTH = 5.0


def rates_by_age(
    frame: pd.DataFrame, *, per: float = 100_000, title: str = "", ax: Axes | None = None
) -> Axes:
    """Draw a line of steps per group; a missing rate or a rate of zero leaves a gap.

    Parameters
    ----------
    frame : DataFrame
        Columns ``group age age_end rate``, the rate per person-year.
    per : float
        Person-years to which the drawn rates refer.
    """
    axes = axes_of(ax, (7, 4.5))
    names = list(dict.fromkeys(frame["group"]))
    for number, name in enumerate(names):
        own = frame[frame["group"] == name].sort_values("age")
        ends = own["age_end"].to_numpy(dtype=np.float64)
        opened = bool(np.isinf(ends[-1]))
        ends = np.where(np.isinf(ends), own["age"] + OPEN_WIDTH, ends)
        rates = own["rate"].to_numpy(dtype=np.float64) * per
        rates = np.where(rates > 0, rates, np.nan)
        edges = np.append(own["age"].to_numpy(dtype=np.float64), ends[-1])
        look: dict[str, Any] = {"baseline": None, "linewidth": 1.6, "color": colour(number)}
        closed = len(rates) - opened
        axes.stairs(rates[:closed], edges[: closed + 1], label=plain_label(name), **look)
        if opened:  # nobody says where it ends
            axes.stairs(rates[closed:], edges[closed:], linestyle=":", **look)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_title(wrapped(title))
    label_axes(axes, "Age (years)", f"Events per {per:,.0f} person-years")
    if 1 < len(names) <= MOST_NAMED:
        name_all(axes)
    return axes
