"""People as icons: of so many tested, who is positive and who has the condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from paraneo.plotting.style import COLOURS, axes_of, wrapped

#: Icons in a row.
ACROSS = 50
#: What each kind of people is called, and how it is drawn: colour, and whether it is filled.
KINDS = {
    "true_positives": ("positive, with the condition", COLOURS[1], True),
    "false_positives": ("positive, without it", COLOURS[1], False),
    "false_negatives": ("negative, with the condition", COLOURS[0], True),
    "true_negatives": ("negative, without it", "0.75", False),
}


def people_plot(counts: Mapping[str, int], *, title: str = "", ax: Axes | None = None) -> Axes:
    """Draw an icon a person, in the order of `KINDS`.

    Parameters
    ----------
    counts : mapping
        Whole numbers by kind.
    title : str
        Above the icons.
    """
    rows = -(-sum(counts.values()) // ACROSS)
    ax = axes_of(ax, (7.5, 1.2 + 0.14 * rows))
    first = 0
    for name, (words, shade, filled) in KINDS.items():
        place = np.arange(first, first + counts[name])
        first += counts[name]
        face = shade if filled else "white"
        label = f"{counts[name]} {words}"
        look: dict[str, Any] = {
            "markerfacecolor": face,
            "markeredgecolor": shade,
            "markersize": 5.5,
        }
        ax.plot(place % ACROSS, -(place // ACROSS), "o", label=label, linestyle="none", **look)
    ax.set_xlim(-0.8, ACROSS - 0.2)
    ax.set_ylim(-rows + 0.2, 0.8)
    ax.set_axis_off()
    ax.set_title(wrapped(title, 70), fontsize="medium")
    ax.legend(frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, 0.0))
    return ax
