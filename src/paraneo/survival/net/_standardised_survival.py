"""Survival of groups weighted to one standard, as registries do it by age."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector

#: International Cancer Survival Standards: weights in per cent of five groups of age, for
#: most cancers 15-44, 45-54, 55-64, 65-74 and 75 or more.
ICSS = {
    "icss-1": (7.0, 12.0, 23.0, 29.0, 29.0),
    "icss-2": (28.0, 17.0, 21.0, 20.0, 14.0),
    "icss-3": (60.0, 10.0, 10.0, 10.0, 10.0),
}
#: Columns that are added up over the groups.
SUMS = ("at_risk", "censored", "events", "person_time", "expected")
#: Columns of the interval.
LIMITS = ("lower", "upper")


def read_weights(
    weights: str | Mapping[Any, float], labels: list[Any], start: pd.Series[Any], faults: Faults
) -> Vector:
    """Return the share of each label, which sum to 1, or note what is wrong.

    Parameters
    ----------
    weights : str or mapping
    labels : list
        In their order.
    start : Series
        People at the start of follow-up, by label.
    """
    if isinstance(weights, str):
        if weights == "internal":
            found = start.loc[labels].to_numpy(np.float64)
        elif weights not in ICSS:
            known = ", ".join(["internal", *ICSS])
            faults.add("weights", f"there is no {weights!r}", f"Choose {known}, or a mapping")
            return np.zeros(len(labels))
        elif len(labels) != len(ICSS[weights]):
            problem = f"{weights} has five groups of age, and here are {len(labels)}"
            faults.add("weights", problem, "Make groups 15-44, 45-54, 55-64, 65-74 and 75+")
            return np.zeros(len(labels))
        else:
            found = np.array(ICSS[weights])
    else:
        for label in labels:
            if label not in weights:
                faults.add("weights", f"there is none for {label!r}", "Weight every group")
        for label in weights:
            if label not in labels:
                faults.add("weights", f"there is no group {label!r}", f"The groups are {labels}")
        found = np.array([weights.get(label, np.nan) for label in labels], dtype=np.float64)
    wrong = not (np.isfinite(found).all() and (found >= 0).all() and found.sum() > 0)
    if wrong and not faults.found:
        faults.add("weights", "they are not numbers of 0 or more", "Give one such for each group")
    return found / found.sum() if found.sum() > 0 else found


def standard(
    groups: pd.DataFrame,
    over: str,
    weights: str | Mapping[Any, float],
    first: pd.DataFrame,
    subject: str,
) -> tuple[list[str], dict[Any, float], pd.DataFrame]:
    """Return the other columns of groups, the share of each label of ``over``, and what is left.

    ``first`` holds ``at_risk`` at the start of each group.
    """
    faults = Faults(subject)
    names = [str(name) for name in groups]
    if over not in names:
        faults.add("over", f"there are no groups by {over!r}", f"It has {names or 'no groups'}")
        faults.raise_any()
    keys = [name for name in names if name != over]
    labels = list(dict.fromkeys(groups.sort_values(over)[over]))
    count = first.groupby(over, observed=True)["at_risk"].sum()
    share = read_weights(weights, labels, count, faults)
    kept = groups[keys].drop_duplicates() if keys else pd.DataFrame(index=range(1))
    if len(kept) * len(labels) != len(groups):
        faults.add("over", f"some groups lack some {over!r}", "Merge groups")
    faults.raise_any()
    return keys, dict(zip(labels, share.tolist(), strict=True)), kept


def standardise(
    table: pd.DataFrame, over: str, keys: list[str], share: Mapping[Any, float]
) -> pd.DataFrame:
    """Return counts added up, and weighted estimates with their standard errors and limits.

    Only intervals that every group has are kept, in the order of the table. The limits are there
    where some group's standard error is 0: the squares of what each group's own limits are from
    its estimate, added up (Zou and Donner 2008).
    """
    part = table.assign(_share=table[over].map(share).astype(np.float64))
    sides = {side: (part[side] - part["estimate"]) * part["_share"] for side in LIMITS}
    part = part.assign(
        estimate=part["estimate"] * part["_share"],
        _empty=(part["std_error"] == 0) & (part["_share"] > 0),
        std_error=(part["std_error"] * part["_share"]) ** 2,
        **{side: distance**2 for side, distance in sides.items()},
    )
    by = [*keys, "quantity", "start", "end"]
    grouped = part.groupby(by, sort=False, observed=True, dropna=False)
    sums = [name for name in SUMS if name in table]
    found = grouped[[*sums, "estimate", "std_error", *LIMITS]].sum(min_count=1)
    some = grouped["_empty"].any()
    for side, way in zip(LIMITS, (-1.0, 1.0), strict=True):
        found[side] = np.where(some, found["estimate"] + way * np.sqrt(found[side]), np.nan)
    whole = grouped["estimate"].size() == len(share)
    found = found[whole].reset_index()
    return found.assign(std_error=np.sqrt(found["std_error"]))
