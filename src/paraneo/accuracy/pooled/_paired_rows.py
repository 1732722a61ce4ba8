"""Studies and what was pooled from them as rows of a paired forest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo.accuracy._proportions import proportion_limits

#: The cells of those that a measure is about: right results, and wrong ones.
CELLS = {"sensitivity": ("tp", "fn"), "specificity": ("tn", "fp")}


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
