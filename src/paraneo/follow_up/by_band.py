"""Ratios and rates laid out over the bands of one time scale, for drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.numerics.poisson_limits import limits_of_counts

from ._endpoints import ENDPOINT

if TYPE_CHECKING:
    from ._table import PersonYears

#: What the axes of the time scales say.
SCALES = {
    "age": "Age (years)",
    "period": "Calendar year",
    "follow_up": "Years of follow-up",
}


def next_edges(starts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the bands end: at the next start; the last is as wide as the one before."""
    distinct = np.unique(starts)
    width = distinct[-1] - distinct[-2] if len(distinct) > 1 else 1.0
    ends = np.append(distinct[1:], distinct[-1] + width)
    return np.asarray(ends[np.searchsorted(distinct, starts)])


def ratio_bands(summary: pd.DataFrame, over: str, by: Sequence[str]) -> pd.DataFrame:
    """Return the summary of incidence ratios as bands of its column ``over``."""
    faults = Faults("the picture of ratios by band")
    if over not in by or summary[over].dtype.kind not in "iuf":
        known = [name for name in by if summary[name].dtype.kind in "iuf"]
        cure = f"Choose from: {', '.join(known)}" if known else "Name a column of numbers in by"
        faults.add("over", f"{over!r} is no column of numbers in by", cure)
    faults.raise_any()
    start = summary[over].to_numpy(dtype=np.float64)
    return summary.assign(
        label=_labels(summary, [name for name in by if name != over]),
        start=start,
        end=next_edges(start),
    )


def table_bands(
    table: PersonYears,
    summary: pd.DataFrame,
    over: str | None,
    by: Sequence[str],
    counts: tuple[str, str | None],
    per: float,
    level: float,
) -> tuple[pd.DataFrame, str]:
    """Return ratios (or rates, without expected counts) over bands, and the scale drawn.

    ``summary`` holds the rows of the table to draw, and ``counts`` names the columns of
    observed and of expected events.
    """
    faults = Faults("the picture of person-years")
    known = [name for name in ("follow_up", "age", "period") if name in table.bands]
    scale = over or (known[0] if known else "")
    if scale not in known:
        cure = (
            f"Choose from: {', '.join(known)}" if known else "Make it with age, period or follow_up"
        )
        faults.add("over", f"the table has no bands of {scale or 'time'}", cure)
    for name in by:
        if name not in table.by and not (name == ENDPOINT and table.endpoints):
            faults.add("by", f"the table has no groups by {name!r}", "Name them in person_years")
    for name in filter(None, counts):
        if name not in summary:
            faults.add(None, f"the table has no column {name!r}", "Name the event or the rates")
    faults.raise_any()
    observed, expected = counts
    columns = ["person_years", *filter(None, counts)]
    sums = summary.groupby([*by, scale], as_index=False, sort=True)[columns].sum()
    edges = table.bands[scale]
    start = sums[scale].to_numpy(dtype=np.float64)
    base = sums[expected or "person_years"].to_numpy(dtype=np.float64)
    base = base if expected else base / per
    count = sums[observed].to_numpy(dtype=np.float64)
    low, high = limits_of_counts(count, "exact", level)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = {"estimate": count / base, "lower": low / base, "upper": high / base}
    end = edges[np.searchsorted(edges, start, side="right")]
    frame = sums.assign(label=_labels(sums, by), start=start, end=end, **values)
    return frame[base > 0], scale


def _labels(frame: pd.DataFrame, names: Sequence[str]) -> list[Any]:
    if not names:
        return ["all"] * len(frame)
    return [", ".join(map(str, row)) for row in frame[list(names)].itertuples(index=False)]
