"""Bands of age and period as offices write them: "Under 1", "20 to 24 years", "Y_GE85"."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from .missing_marks import is_missing

_N = r"(\d+(?:\.\d+)?)"
_DASH = r"(?:-|–|—|_|/|to|through|until)"
_PLAIN = re.compile(rf"{_N}")
_OPEN = re.compile(
    rf"(?:>=|≥|ge|at least)\s*_?{_N}|{_N}\s*(?:\+|plus|(?:and|or|&)\s*(?:over|older|above|more|up))"
)
_BELOW = re.compile(rf"(?:<|lt|under|below|less than|younger than)\s*_?{_N}")
_SPAN = re.compile(rf"{_N}\s*{_DASH}\s*{_N}")
_UP_TO = re.compile(rf"{_N}\s*{_DASH}\s*(?:<|under)\s*{_N}")
_HALF_OPEN = re.compile(rf"\[\s*{_N}\s*[,;]\s*(?:{_N}|inf)\s*[)\[]")
_WORDS = re.compile(r"\b(?:year[- ]olds?|years?|yrs?|age[ _]group|age|ages|aged|from)\b[._:]?")
_EUROSTAT = re.compile(r"y[_ ]?(?=\d|lt|ge)")
_SAID_LATER = re.compile(r"\s*\((?:provisional|partial|preliminary)[^)]*\)")

_UNKNOWN = re.compile(
    r"(?:unknown|unk|not stated|not known|not specified|unspecified|ns|missing|blank)"
    r"(?:\s*\(?s?\)?)?|(?:other|blank).* (?:unknown|unspecified)|(?:unknown|blank).*"
)
_TOTAL = re.compile(r"(?:all|total|totals|overall|all combined|all together|combined)")


class Band(NamedTuple):
    """What a label says.

    Attributes
    ----------
    lower, upper : float
        NaN where the label does not say it.
    kind : str
        "edge" for a number alone, "span" for "40-44", whose end may or may not belong to the
        band, "band" where both ends are plain, "open", "unknown", "total", "missing", or ""
        where the label cannot be read.
    """

    lower: float
    upper: float
    kind: Literal["edge", "span", "band", "open", "unknown", "total", "missing", ""]


_UNREAD = Band(np.nan, np.nan, "")


def read_band(value: Any) -> Band:
    """Return the band that a number or a label stands for.

    Examples
    --------
    >>> [read_band(label)[:2] for label in ("Under 1", "01-04 years", "Y_GE85", "85 or older")]
    [(0.0, 1.0), (1.0, 4.0), (85.0, inf), (85.0, inf)]
    >>> read_band("Not stated").kind
    'unknown'
    """
    if isinstance(value, pd.Interval):
        closed = value.closed == "left"
        return Band(float(value.left), float(value.right), "band") if closed else _UNREAD
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return _UNREAD if np.isnan(value) else Band(float(value), np.nan, "edge")
    text = str(value).replace("\xa0", " ").casefold().strip().strip("\"'")
    text = _SAID_LATER.sub("", _EUROSTAT.sub("", _WORDS.sub(" ", text)))
    text = " ".join(text.split())
    return _of_numbers(text) or _of_words(text, value)


def _of_numbers(text: str) -> Band | None:
    """Return the band of a label that holds numbers."""
    if found := _PLAIN.fullmatch(text):
        return Band(float(found[1]), np.nan, "edge")
    if found := _SPAN.fullmatch(text):
        return Band(float(found[1]), _end(found[1], found[2]), "span")
    if found := _OPEN.fullmatch(text):
        return Band(float(found[1] or found[2]), np.inf, "open")
    if found := _UP_TO.fullmatch(text):
        return Band(float(found[1]), float(found[2]), "band")
    if found := _HALF_OPEN.fullmatch(text):
        return Band(float(found[1]), float(found[2] or np.inf), "band")
    if found := _BELOW.fullmatch(text):
        return Band(0.0, float(found[1]), "band")
    return None


def _of_words(text: str, value: Any) -> Band:
    """Return what a label without numbers says of the age."""
    if _UNKNOWN.fullmatch(text):
        return Band(np.nan, np.nan, "unknown")
    if _TOTAL.fullmatch(text):
        return Band(np.nan, np.nan, "total")
    return Band(np.nan, np.nan, "missing") if is_missing(value) else _UNREAD


def _end(first: str, last: str) -> float:
    """Return the end of a span; "1988-92" ends in 1992."""
    short = len(first) == 4 and len(last) == 2 and last > first[2:]
    return float(first[:2] + last if short else last)
