"""Studies and what was pooled from them: in the ROC plane, as a paired forest, as a funnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paraneo.accuracy._proportions import proportion_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .pooled_result import PooledAccuracy

#: The cells of those that a measure is about: right results, and wrong ones.
CELLS = {"sensitivity": ("tp", "fn"), "specificity": ("tn", "fp")}


def drawn(result: PooledAccuracy, kind: str, ax: Axes | None) -> Axes:
    """Draw a pooled accuracy; see its ``plot``."""
    if kind == "forest":
        from paraneo.plotting.accuracy.paired_forest import paired_forest

        rows = paired_rows(result.studies, result.summary(), result.level)
        return paired_forest(rows, level=result.level, ax=ax)
    if kind == "funnel":
        from paraneo.plotting.accuracy.study_funnel import study_funnel

        return study_funnel(
            odds_by_size(result.studies),
            centre=float(result.diagnostic_odds_ratio.value),
            xlabel="Diagnostic odds ratio (log scale)",
            ylabel="1 / √(effective sample size)",
            limits=False,
            ax=ax,
        )
    from paraneo.plotting.accuracy.sroc import sroc_plot

    finite = np.isfinite(result.mean).all()
    ahead = finite and np.isfinite(result.between_study).all()
    return sroc_plot(
        result.studies,
        result.summary(),
        curve=result.sroc() if finite else None,
        confidence=result.region("confidence") if finite else None,
        prediction=result.region("prediction") if ahead else None,
        level=result.level,
        ax=ax,
    )


def paired_rows(studies: pd.DataFrame, summary: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return ``study pooled measure estimate lower upper``; Wilson limits of each study."""
    frames = []
    for measure, (right, wrong) in CELLS.items():
        good, n = studies[right].to_numpy(np.float64), studies[[right, wrong]].sum(axis=1)
        low, high = proportion_limits(good, n.to_numpy(np.float64), interval="wilson", level=level)
        columns = {"study": studies["study"], "pooled": False, "measure": measure}
        columns |= {"estimate": studies[measure], "lower": low, "upper": high}
        frames.append(pd.DataFrame(columns)[n.to_numpy() > 0])
    pooled = summary[summary["measure"].isin(CELLS)].assign(study="Pooled", pooled=True)
    frames.append(pooled[["study", "pooled", "measure", "estimate", "lower", "upper"]])
    return pd.concat(frames, ignore_index=True)


def odds_by_size(studies: pd.DataFrame) -> pd.DataFrame:
    """Return each study's diagnostic odds ratio, and 1/√n of its effective sample size.

    Of n₁ people with and n₂ without the condition that is 4 n₁ n₂ / (n₁ + n₂). Studies with one
    side only have none.

    >>> table = pd.DataFrame({"tp": [8], "fp": [2], "fn": [2], "tn": [8]})
    >>> odds_by_size(table).round(4).to_dict("records")
    [{'estimate': 16.0, 'spread': 0.2236}]
    """
    cells = studies[["tp", "fp", "fn", "tn"]].to_numpy(np.float64)
    with_, without = cells[:, 0] + cells[:, 2], cells[:, 1] + cells[:, 3]
    both = (with_ > 0) & (without > 0)
    cells, with_, without = cells[both], with_[both], without[both]
    tp, fp, fn, tn = (cells + 0.5 * (cells == 0).any(axis=1, keepdims=True)).T
    size = 4 * with_ * without / (with_ + without)
    return pd.DataFrame({"estimate": tp * tn / (fp * fn), "spread": 1 / np.sqrt(size)})
