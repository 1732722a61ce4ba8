"""Printed figures as ranges of numbers, and the two-by-two tables that give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector

from ._conditional_odds import conditional_odds_ratio
from ._ratios import log_limits, odds_ratio, odds_ratio_std_error

#: A proportion that a paper may print, as numerator and denominator.
Share = Callable[[Any, Any, Any, Any], tuple[Any, Any]]


def _sensitivity(tp: Any, _fp: Any, fn: Any, _tn: Any) -> tuple[Any, Any]:
    return tp, tp + fn


def _specificity(_tp: Any, fp: Any, _fn: Any, tn: Any) -> tuple[Any, Any]:
    return tn, fp + tn


def _ppv(tp: Any, fp: Any, _fn: Any, _tn: Any) -> tuple[Any, Any]:
    return tp, tp + fp


def _npv(_tp: Any, _fp: Any, fn: Any, tn: Any) -> tuple[Any, Any]:
    return tn, fn + tn


def _prevalence(tp: Any, fp: Any, fn: Any, tn: Any) -> tuple[Any, Any]:
    return tp + fn, tp + fp + fn + tn


def _positive_share(tp: Any, fp: Any, fn: Any, tn: Any) -> tuple[Any, Any]:
    return tp + fp, tp + fp + fn + tn


PROPORTIONS: dict[str, Share] = {
    "sensitivity": _sensitivity,
    "specificity": _specificity,
    "ppv": _ppv,
    "npv": _npv,
    "prevalence": _prevalence,
    "positive_share": _positive_share,
}
ODDS = ("odds_ratio", "odds_lower", "odds_upper")
#: Rounding of a figure worked out in doubles.
TINY = 1e-9
#: So many tables are looked through at most.
MOST_TABLES = 40_000_000
#: Pairs of margins looked at together.
PAIRS_AT_ONCE = 1_000_000
#: Bounds are this much wider than the printed figures; `fits_of` has the last word.
SLACK = 1e-6


def read_figure(value: Any, name: str, faults: Faults) -> tuple[float, float]:
    """Return the lowest and the highest number that is printed so."""
    text = str(value).strip()
    percent = text.endswith("%")
    digits = text.rstrip("% ").replace(",", ".")
    try:
        number = float(digits)
    except ValueError:
        faults.add(name, f"{value!r} is not a number", "Write it as printed, such as '71%'")
        return np.nan, np.nan
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
    if name in PROPORTIONS and not percent and number > 1:
        faults.add(name, f"{value!r} looks like a percentage", "Write '%' after it")
    scale = 0.01 if percent else 1.0
    return (number - half) * scale - TINY, (number + half) * scale + TINY


def possible_tables(
    n: int,
    diseased: int | None,
    positive: int | None,
    read: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[Any, int]:
    """Return the tables with these margins, shape (4, tables), and how many were to be tried.

    With the margins of a table given, every proportion in ``read`` bounds its true positives
    from both sides, so that only tables near the printed figures are made. Beyond
    `MOST_TABLES` none are.
    """
    read = read or {}
    pairs = (n + 1) ** ((diseased is None) + (positive is None))
    if pairs > MOST_TABLES or (not read and (n // 2 + 1) * pairs > MOST_TABLES):
        return np.zeros((4, 0), dtype=np.int64), (n // 2 + 1) * pairs
    ill = np.arange(n + 1) if diseased is None else np.array([diseased])
    pos = np.arange(n + 1) if positive is None else np.array([positive])
    ill = ill[_within(ill, n, read.get("prevalence"))]
    pos = pos[_within(pos, n, read.get("positive_share"))]
    made, tried = [np.zeros((4, 0), dtype=np.int64)], len(ill) * len(pos)
    rows = max(1, PAIRS_AT_ONCE // max(1, len(pos)))
    for first in range(0, len(ill), rows):
        if tried > MOST_TABLES:
            break
        some = ill[first : first + rows, None]
        low, high = _bounds(n, some, pos, read)
        made.append(_filled(n, np.broadcast_to(some, low.shape), pos, low, high))
        tried += int(np.maximum(high - low + 1, 0).sum())
    if tried > MOST_TABLES:
        return np.zeros((4, 0), dtype=np.int64), tried
    return np.concatenate(made, axis=1), sum(part.shape[1] for part in made)


def _within(count: Any, n: int, share: tuple[float, float] | None) -> Any:
    if share is None:
        return slice(None)
    return (count >= share[0] * n - 0.5) & (count <= share[1] * n + 0.5)


def _bounds(n: int, ill: Any, pos: Any, read: Mapping[str, tuple[float, float]]) -> tuple[Any, Any]:
    """Return the fewest and the most true positives of each pair of margins."""
    low, high = np.maximum(0, ill + pos - n), np.minimum(ill, pos)
    shift = n - ill - pos
    bounds = {
        "sensitivity": (ill, 0),
        "ppv": (pos, 0),
        "specificity": (n - ill, shift),
        "npv": (n - pos, shift),
    }
    for name, (people, away) in bounds.items():
        if name in read:
            least = np.ceil(people * read[name][0] - SLACK).astype(np.int64) - away
            most = np.floor(people * read[name][1] + SLACK).astype(np.int64) - away
            low, high = np.maximum(low, least), np.minimum(high, most)
    return low, high


def _filled(n: int, ill: Any, pos: Any, low: Any, high: Any) -> Any:
    """Return every table between the bounds, shape (4, tables)."""
    repeat = np.maximum(high - low + 1, 0).ravel()
    first = np.repeat(low.ravel(), repeat)
    tp = first + np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    ills = np.repeat(ill.ravel(), repeat)
    poss = np.repeat(np.broadcast_to(pos, low.shape).ravel(), repeat)
    return np.stack([tp, poss - tp, ills - tp, n - ills - poss + tp])


def fits_of(cells: Any, read: Mapping[str, tuple[float, float]]) -> NDArray[np.bool_]:
    fits = np.ones(cells.shape[1], dtype=bool)
    for name, share in PROPORTIONS.items():
        if name in read:
            top, bottom = share(*cells)
            value = np.where(bottom > 0, top / np.maximum(bottom, 1), np.nan)
            fits &= (value >= read[name][0]) & (value <= read[name][1])
    if "odds_ratio" in read:
        value = odds_of(cells)
        fits &= (value >= read["odds_ratio"][0]) & (value <= read["odds_ratio"][1])
    return fits


def odds_of(cells: Any) -> Vector:
    return odds_ratio(*(np.asarray(cell, dtype=np.float64) for cell in cells))


def with_limits(
    cells: Any, read: Mapping[str, tuple[float, float]], interval: str, level: float
) -> tuple[Any, tuple[Vector, Vector, Vector]]:
    """Return the tables whose limits fit too, with odds ratios and limits."""
    tp, fp, fn, tn = (np.asarray(cell, dtype=np.float64) for cell in cells)
    value = odds_of(cells)
    if not len(value):
        return cells, (value, value, value)
    if interval == "exact":
        limits = conditional_odds_ratio(tp, fp, fn, tn, level)[1]
    else:
        limits = log_limits(value, odds_ratio_std_error(tp, fp, fn, tn), level)
    fits = np.ones(len(value), dtype=bool)
    for name, limit in zip(ODDS[1:], limits, strict=True):
        if name in read:
            fits &= (limit >= read[name][0]) & (limit <= read[name][1])
    return cells[:, fits], (value[fits], limits.lower[fits], limits.upper[fits])
