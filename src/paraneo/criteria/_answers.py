"""Items as the caller gives them: present, absent or not known."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from paraneo.errors import Faults

#: Nobody is older; a greater number is a slip, such as an age in months.
OLDEST = 120.0


def read_answers(given: Mapping[str, object], faults: Faults) -> dict[str, bool | None]:
    """Return True, False or None for each item; note whatever is none of them."""
    answers: dict[str, bool | None] = {}
    for name, value in given.items():
        answers[name] = bool(value) if isinstance(value, bool | np.bool_) else None
        if value is not None and not isinstance(value, bool | np.bool_):
            faults.add(
                name,
                f"{value!r} is neither True, False nor None",
                "Pass True (present), False (absent) or None (not known)",
            )
    return answers


def read_years(
    value: object, name: str, faults: Faults, *, highest: float = math.inf
) -> float | None:
    """Return a number of years, or None where it is not known."""
    if value is None:
        return None
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        faults.add(name, f"{value!r} is not a number of years", "Pass a number, or None")
        return None
    years = float(value)
    if math.isnan(years):
        faults.add(name, "value is missing", "Pass a number of years, or None if it is not known")
    elif years < 0:
        faults.add(name, f"{years:g} years is negative", "Count the years from 0")
    elif math.isinf(years) or years > highest:
        limit = f" to {highest:g}" if math.isfinite(highest) else ""
        faults.add(name, f"{years:g} years is too many", f"Give years (not months), from 0{limit}")
    else:
        return years
    return None


def say(answer: bool | None) -> str:
    """Return the word for an answer."""
    return {True: "present", False: "absent", None: "not known"}[answer]
