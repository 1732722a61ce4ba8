"""Codes of events by their beginning or in a range: "C34*", "C33-C34", "140-208"."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from .written_codes import as_written

_NUMBER = re.compile(r"\d+(\.\d+)?")
_RANGE = re.compile(r"([A-Za-z]*)(\d+(?:\.\d+)?)\s*[-–]\s*([A-Za-z]*)(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Codes that begin in one way, or lie in a range.

    Attributes
    ----------
    code : str
        As it was given.
    like : re.Pattern or None
    ends : tuple of two str, or of two float
        Of a range; a number that ends one is not in it.
    """

    code: str
    like: re.Pattern[str] | None
    ends: tuple[Any, Any] = ("", "")

    def holds(self, value: Any) -> bool:
        """Return whether a value of a column is among the codes."""
        word, (low, high) = as_written(value).strip(), self.ends
        if self.like is not None:
            return self.like.fullmatch(word) is not None
        if isinstance(low, float):
            number = number_of(value)
            return number is not None and low <= number < high
        word = word.replace(".", "")
        enough = len(word) >= max(len(low), len(high))
        return enough and low <= word[: len(low)] and word[: len(high)] <= high


def pattern_of(code: Any) -> Pattern | None:
    """Return a code as a pattern; None where it is one code."""
    if not isinstance(code, str):
        return None
    word = code.strip()
    if "*" in word:
        return Pattern(code, re.compile(".*".join(map(re.escape, word.split("*"))), re.DOTALL))
    parts = _RANGE.fullmatch(word)
    if parts is None:
        return None
    first, low, last, high = parts.groups()
    if not first and not last:
        after = np.nextafter(float(high), np.inf) if "." in high else float(high) + 1.0
        return Pattern(code, None, (float(low), float(after)))
    ends = ((first + low).replace(".", ""), (last + high).replace(".", ""))
    return Pattern(code, None, ends) if first and last else None


def number_of(value: Any) -> float | None:
    """Return a number, or one that is written as text; None for what is none."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value.strip()) else None
    if not isinstance(value, int | float | np.number | np.bool_):
        return None
    try:
        return float(value)
    except OverflowError:  # beyond any float, and so beyond any code
        return float("inf") if value > 0 else float("-inf")


def is_several(value: Any) -> bool:
    """Return whether a value holds codes; an array of no dimension is one, and no code."""
    several = isinstance(value, Collection) and not isinstance(value, str | bytes)
    return several and getattr(value, "ndim", 1) > 0
