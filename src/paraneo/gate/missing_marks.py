"""The marks by which tables say that a value is missing, suppressed or not applicable."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

#: Marks of a missing value, in lower case. A number such as 999 is never one by itself.
MARKS = frozenset(
    {"", ".", "..", "...", "-", "--", "–", "—", "^", "~", "*", "**", "***", ":", "#n/a", "n/a"}
    | {"na", "<na>", "nan", "null", "nd", "n.d.", "n.a.", "na.", "missing", "suppressed"}
    | {"not applicable", "not available", "not calculated", "unreliable", "confidential"}
)
_LETTERED = re.compile(r"\.[a-z_]|:\s?[a-z]+")  # .a to .z of Stata and SAS; ": c" of Eurostat
_UNKNOWN = re.compile(
    r"\?+|none|unk|unknown\b.*|unspecified"
    r"|not (?:stated|known|specified|reported|recorded)"
)
_BELOW = re.compile(r"(?:<|≤|<=|less than|under)\s*\d[\d.,]*%?")


def is_missing(value: Any) -> bool:
    """Return whether a single value is missing, or a mark that says so.

    A count that is only known to lie below a number, such as "<5", is missing too.

    Examples
    --------
    >>> [is_missing(value) for value in ("Suppressed", "<5", ".A", None, 0, "999")]
    [True, True, True, True, False, False]
    """
    if isinstance(value, str):
        word = value.replace("\xa0", " ").strip().casefold()
        return word in MARKS or any(mark.fullmatch(word) for mark in (_LETTERED, _BELOW))
    return value is None or value is pd.NA or value is pd.NaT or _is_nan(value)


def is_unknown(value: Any) -> bool:
    """Return whether a single value is missing, or a word for what is not known.

    >>> [is_unknown(value) for value in ("Not stated", "?", "-", None, "none", "alive")]
    [True, True, True, True, True, False]
    """
    word = value.strip().casefold() if isinstance(value, str) else ""
    return is_missing(value) or _UNKNOWN.fullmatch(word) is not None


def _is_nan(value: Any) -> bool:
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))
