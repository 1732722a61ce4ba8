"""Bands of age, calendar time and follow-up as results name them: "1 to 2", "85+"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def band_label(lower: float, upper: float) -> str:
    """Return the text of the band [lower, upper).

    >>> band_label(0.5, 1), band_label(85, float("inf")), band_label(float("-inf"), 20)
    ('0.5 to 1', '85+', 'under 20')
    """
    if np.isinf(upper):
        return "all" if np.isinf(lower) else f"{lower:g}+"
    return f"under {upper:g}" if np.isinf(lower) else f"{lower:g} to {upper:g}"


def band_labels(edges: ArrayLike) -> list[str]:
    """Return the text of each band between rising edges."""
    return [band_label(low, high) for low, high in pairwise(np.asarray(edges, dtype=np.float64))]


def banded(name: str, edges: ArrayLike, place: Any) -> dict[str, Any]:
    """Return the columns of a time scale: lower edges, and beside them ``name_band``, the text.

    A place of -1 is outside of all bands. The text is plain, so that tables can be summed.
    """
    at, outside = np.asarray(place), np.asarray(place) < 0
    text = np.array([*band_labels(edges), None], dtype=object)[np.where(outside, -1, at)]
    lower = np.asarray(edges, dtype=np.float64)[at]
    return {name: np.where(outside, np.nan, lower), f"{name}_band": text}


def band_texts(table: Any, by: Sequence[Any], code: Any) -> dict[str, list[str]]:
    """Return the texts of bands among groups, by the name of the group's column.

    Parameters
    ----------
    table : Columns
        Of which a column ``name_band`` holds the text of the bands in ``name``.
    by : sequence of str
        Columns that make the groups.
    code : array of int
        Each row's group.
    """
    texts = {}
    for name in by:
        band = f"{name}_band"
        if band not in by and table.has(band):
            first = (
                table.native(band).astype(str).groupby(np.asarray(code)).agg(["first", "nunique"])
            )
            if (first["nunique"] == 1).all():
                texts[str(name)] = first["first"].tolist()
    return texts


def with_bands(groups: pd.DataFrame, texts: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the columns of groups, each time scale with the text of its bands beside it."""
    columns: dict[Any, Any] = {}
    for name in groups:
        columns[name] = groups[name]
        if str(name) in texts:
            columns[f"{name}_band"] = list(texts[str(name)])
    return pd.DataFrame(columns, index=groups.index)
