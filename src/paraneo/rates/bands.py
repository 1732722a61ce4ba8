"""Bands of age and period: labels such as "40-44" and "85+" turned into edges."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import MOST_YEARS, numbers
from paraneo.numerics.arrays import Vector

Codes = NDArray[np.intp]

_NUMBER = r"(\d+(?:\.\d+)?)"
_PLAIN = re.compile(rf"^{_NUMBER}$")
_OPEN = re.compile(rf"^(?:>=|≥)\s*{_NUMBER}$|^{_NUMBER}\s*(?:\+|plus|and (?:over|older|above))$")
_BELOW = re.compile(rf"^<\s*{_NUMBER}$")
_SPAN = re.compile(rf"^{_NUMBER}\s*(?:-|–|—|_|to)\s*{_NUMBER}$")
_HALF_OPEN = re.compile(rf"^\[\s*{_NUMBER}\s*[,;]\s*(?:{_NUMBER}|inf)\s*[)\[]$")
_WORDS = re.compile(r"\b(?:years?|yrs?|ages?|aged)\b\.?")


class Bands(NamedTuple):
    """Where each row's band begins and, as far as its label says, where it ends.

    ``upper`` is NaN where the label holds a lower edge alone. ``span`` marks labels
    such as "40-44", whose end may or may not belong to the band.
    """

    lower: Vector
    upper: Vector
    span: NDArray[np.bool_]


def read_bands(values: pd.Series[Any], name: str, faults: Faults) -> Bands:
    """Return the bands of a column of numbers or labels; what is neither is a fault."""
    code, distinct = pd.factorize(values, use_na_sentinel=True)
    parsed = [_band(value) for value in distinct]
    table = np.array([*parsed, (np.nan, np.nan, 0.0)], dtype=np.float64)
    lower, upper, span = table[code].T
    missing = np.flatnonzero(code < 0)
    if len(missing):
        faults.add(name, "band is missing", "Fill it in or leave the row out", rows=list(missing))
    unread = np.flatnonzero((code >= 0) & ~(np.abs(lower) <= MOST_YEARS))
    if len(unread):
        faults.add(
            name,
            f"{values.iloc[unread[0]]!r} is not a band",
            'Give lower edges or labels such as "40-44" and "85+"; leave out rows of unknown age',
            rows=list(unread),
        )
    return Bands(lower, upper, span > 0)


def band_edges(bands: Bands, name: str, faults: Faults) -> tuple[Vector, Codes]:
    """Return the edges of the bands and each row's place among them.

    The last edge is NaN where no label tells it. Holes between bands and bands that
    overlap are faults.
    """
    starts, code = np.unique(bands.lower, return_inverse=True)
    following = np.append(starts[1:], np.nan)[code]
    last = code == len(starts) - 1
    upper = bands.upper + _closing(bands, following, last)
    for broken, problem in (
        (upper < following, "the band ends before the next one begins"),
        (upper > following, "the band overlaps the next one"),
        (upper <= bands.lower, "the band ends before it begins"),
    ):
        rows = np.flatnonzero(broken)
        if len(rows):
            cure = "Bands must follow each other without hole or overlap"
            faults.add(name, problem, cure, rows=list(rows))
    ends = np.unique(upper[last & np.isfinite(bands.lower)])
    ends = ends[~np.isnan(ends)]
    if len(ends) > 1:
        rows = np.flatnonzero(last)
        faults.add(name, "the last band has two ends", "Give it the same label", rows=list(rows))
    return np.append(starts, ends[:1] if len(ends) else np.nan), code.astype(np.intp)


def kept_edges(edges: Vector, wanted: ArrayLike | None, name: str, faults: Faults) -> Codes:
    """Return the places of the edges to keep; what is no edge of the table is a fault."""
    if wanted is None:
        return np.arange(len(edges))
    values = np.atleast_1d(numbers(wanted, name, (), faults))
    if len(values) < 2 or not np.all(np.diff(values) > 0):
        faults.add(name, "edges do not rise, or are fewer than two", "Give rising edges")
        return np.arange(len(edges))
    strange = [f"{value:g}" for value in values[~np.isin(values, edges)]]
    if strange:
        shown = ", ".join(f"{edge:g}" for edge in edges)
        faults.add(name, f"{', '.join(strange)} is no edge of the table", f"Choose from: {shown}")
    return np.searchsorted(edges, values).astype(np.intp)


def band_of(edges: Vector, at: Vector) -> Codes:
    """Return the band [a, b) each number lies in; -1 outside all and for NaN."""
    code = np.searchsorted(edges, at, side="right") - 1
    inside = (at >= edges[0]) & ((at < edges[-1]) | (np.isinf(edges[-1]) & np.isfinite(at)))
    inside |= np.isinf(edges[0]) & np.isinf(edges[-1]) & ~np.isnan(at)
    return np.where(inside, np.minimum(code, len(edges) - 2), -1).astype(np.intp)


def _closing(bands: Bands, following: Vector, last: NDArray[np.bool_]) -> Vector:
    """Return what to add to the ends: "40-44" means up to 45 unless 44 begins the next band."""
    spans = bands.span & ~last
    exclusive = spans.any() and bool(np.all(bands.upper[spans] == following[spans]))
    return np.where(bands.span & (not exclusive), 1.0, 0.0)


def _band(value: Any) -> tuple[float, float, float]:
    """Return lower edge, upper edge (NaN where not said) and whether it is a span."""
    if isinstance(value, pd.Interval):
        whole = (float(value.left), float(value.right), 0.0)
        return whole if value.closed == "left" else (np.nan, np.nan, 0.0)
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return float(value), np.nan, 0.0
    text = _WORDS.sub("", str(value).casefold()).strip()
    if found := _PLAIN.match(text):
        return float(found[1]), np.nan, 0.0
    if found := _SPAN.match(text):
        return float(found[1]), float(found[2]), 1.0
    if found := _OPEN.match(text):
        return float(found[1] or found[2]), np.inf, 0.0
    if found := _HALF_OPEN.match(text):
        return float(found[1]), float(found[2] or np.inf), 0.0
    if found := _BELOW.match(text):
        return 0.0, float(found[1]), 0.0
    return np.nan, np.nan, 0.0
