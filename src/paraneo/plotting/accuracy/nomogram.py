"""Fagan's nomogram: from the prevalence, over a likelihood ratio, to what a result means."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from paraneo.plotting.style import COLOURS, axes_of, wrapped

#: Marks of the two axes of probability, in percent, and of the likelihood ratio.
PERCENT = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9)
RATIOS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
#: What is drawn of each measure: how the result is called, its colour, and whether the axis at
#: the right has the value itself or its complement.
RESULTS = {
    "ppv": ("positive result", COLOURS[1], False),
    "npv": ("negative result", COLOURS[0], True),
}
#: Half the span of the axes of probability: the logit of 99.9 %.
SPAN = float(np.log(999.0))


def nomogram(frame: pd.DataFrame, *, window: str = "", ax: Axes | None = None) -> Axes:
    """Draw a straight line a result: prevalence, likelihood ratio, probability of the condition.

    The middle axis lies half way, where the heights of the others have their mean: logit of the
    probability = logit of the prevalence + log of the ratio.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``prevalence measure estimate``, at one prevalence.
    window : str
        Added to the label of the prevalence.
    """
    ax = axes_of(ax, (6.0, 6.6))
    for x, values, side in ((0.0, PERCENT, "right"), (2.0, PERCENT, "left")):
        ax.plot([x, x], [-SPAN, SPAN], color="black", linewidth=1)
        for value in values:
            y = _logit(value / 100) * (-1 if x == 0 else 1)
            out = -0.04 if x == 0 else 0.04
            ax.plot([x, x + out], [y, y], color="black", linewidth=0.8)
            ax.text(x + 1.8 * out, y, f"{value:g}", ha=side, va="center", fontsize=7)
    ax.plot([1, 1], [-SPAN, SPAN], color="black", linewidth=1)
    for value in (*RATIOS, 1.0, *(round(1 / one) for one in RATIOS)):
        y = np.log(value) / 2
        ax.plot([0.97, 1.03], [y, y], color="black", linewidth=0.8)
        ax.text(1.06, y, f"{value:,g}", ha="left", va="center", fontsize=7)
    for row in frame.itertuples(index=False):
        name, shade, other = RESULTS[str(row.measure)]
        after = 1 - float(row.estimate) if other else float(row.estimate)  # type: ignore[arg-type]
        before = float(row.prevalence)  # type: ignore[arg-type]
        if not (0 < before < 1 and 0 < after < 1):
            continue
        ends = -_logit(before), _logit(after)
        ratio = np.exp(ends[1] + ends[0])
        label = f"{name}: ratio {ratio:.3g}, {100 * before:.3g}% becomes {100 * after:.3g}%"
        ax.plot([0, 2], ends, "o-", color=shade, markersize=4, label=label, clip_on=True)
    ax.set_xlim(-0.35, 2.35)
    ax.set_ylim(-SPAN * 1.03, SPAN * 1.03)
    ax.set_xticks([0, 1, 2], [wrapped(f"Prevalence, % {window}", 22), "Likelihood\nratio",
                              "Probability of the\ncondition, %"])  # fmt: skip
    ax.set_yticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(axis="x", length=0)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize="small")
    return ax


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))
