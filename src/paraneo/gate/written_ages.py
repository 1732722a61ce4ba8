"""Bands of age and period as offices write them: "Under 1", "20 to 24 years", "Y_GE85"."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from .missing_marks import is_missing

_N = r"(\d+(?:\.\d+)?)"
_DASH = r"(?:-{1,2}|_|/|~|\.{2,3}|_to_|to|t|through|thru|until|till|up to)"
_AND = r"(?:and|or|&)"
_MORE = r"(?:over|older|above|more|up|upwards?)"
_PLAIN = re.compile(rf"{_N}")
_OPEN = re.compile(
    rf"(?:>\s*=|≥|ge|at least)\s*_?{_N}"
    rf"|{_N}\s*(?:\+|plus|{_AND}\s*{_MORE}|{_DASH}\s*(?:inf|∞|highest|max))"
)
_BELOW = re.compile(rf"(?:<|lt|under|below|less than|younger than)\s*_?{_N}")
_SPAN = re.compile(rf"{_N}\s*{_DASH}\s*{_N}")
_UP_TO = re.compile(rf"{_N}\s*{_DASH}\s*(?:<|under)\s*{_N}")
_HALF_OPEN = re.compile(rf"\[\s*{_N}\s*[,;]\s*(?:{_N}|inf|∞)\s*[)\[]")
_CLOSED = re.compile(rf"\[\s*{_N}\s*[,;]\s*{_N}\s*\]|\(\s*{_N}\s*{_DASH}\s*{_N}\s*\)")
_WORDS = re.compile(
    r"\by\.o\.|\b(?:years? of age|years? old|year[- ]olds?|years?|yrs?|yo|y"
    r"|age[ _]groups?|age[_ ]?(?=\d)|ages?|aged|from)(?:\b|(?=\d))[._:]?"
)
#: The same after a number: "40y", "40yrs".
_AFTER = re.compile(r"(?<=\d)(?:years?|yrs?|yo|y)\b")
_EUROSTAT = re.compile(r"^y[_ ]?(?=\d|lt|ge|unk|tot)")
_ALIKE = str.maketrans({**dict.fromkeys("‐‑‒–—−", "-"), "\xa0": " ", "…": "..."})
_ONE = re.compile(r"\bone\b")
_SAID_LATER = re.compile(r"\s*\((?:provisional|partial|preliminary)[^)]*\)")

_UNKNOWN = re.compile(
    r"(?:unknown|unk|not (?:stated|known|specified|reported|recorded)|unspecified|n\.?s\.?"
    r"|n[/.]?k\.?|missing|blank|undefined)"
    r"(?:\s*\(?s?\)?)?|(?:other|blank).*\b(?:unknown|unspecified)|(?:unknown|blank).*"
)
_TOTAL = re.compile(
    r"(?:(?:grand |sub)?totals?|overall|combined|tot|all(?: combined| together| groups)?)"
    r"(?:[ ,]*\(?(?:all|total)\)?)?"
)


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
    text = str(value).translate(_ALIKE).casefold().strip().strip("\"'*")
    text = _SAID_LATER.sub("", _WORDS.sub(" ", _AFTER.sub(" ", _EUROSTAT.sub("", text))))
    text = " ".join(_ONE.sub("1", text).replace("( )", " ").split())
    return _of_numbers(text) or _of_words(text, value)


def _of_numbers(text: str) -> Band | None:
    """Return the band of a label that holds numbers."""
    if found := _PLAIN.fullmatch(text):
        return Band(float(found[1]), np.nan, "edge")
    if found := _SPAN.fullmatch(text):
        return Band(float(found[1]), _end(found[1], found[2]), "span")
    if found := _CLOSED.fullmatch(text):
        return Band(float(found[1] or found[3]), float(found[2] or found[4]), "span")
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
