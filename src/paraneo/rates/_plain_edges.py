"""Whether plain numbers can be the lower edges of bands; what looks like another thing is noted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector

#: Nobody grows older, and no code of an age group is higher.
_OLDEST, _HIGHEST_CODE = 130.0, 22.0
#: Codes of unknown age.
_UNKNOWN = (98.0, 99.0, 888.0, 998.0, 999.0, 9999.0)
#: A table of a whole population does not end in an open age of so few years.
_YOUNG = (4.0, 20.0)
_CODES = (
    "Pass age_codes='5-year' (1 for 0-4 up to 18 for 85 and over) or a mapping of each code to a "
    "label; if they are years of age, say so by a column of ends or by labels such as 18+"
)


def judge_ages(starts: Vector, name: str, faults: Faults, *, closed: bool = False) -> Vector:
    """Return where the bands end that begin at these ages, noting what they may be instead."""
    steps = np.diff(starts)
    shown = f"{starts[0]:g}, {starts[min(1, len(starts) - 1)]:g}, … {starts[-1]:g}"
    if _are_codes(starts, steps):
        faults.add(name, f"{shown} look like codes of age groups, not ages", _CODES)
    elif what := _within_groups(starts, steps):
        cure = "Give lower edges or labels such as 0-4, or the ends in a column of that name"
        faults.add(name, f"{shown} look like the {what} of age groups", f"{cure} with _end")
    elif _ends_in_a_code(starts, steps):
        cure = "Leave out the rows of unknown age, or write Unknown there"
        faults.add(name, f"{starts[-1]:g} looks like a code of unknown age", cure)
    elif starts[-1] > _OLDEST:
        faults.add(name, f"nobody is {starts[-1]:g} years old, so that these are no ages", _CODES)
    elif not closed and len(starts) > 3 and _YOUNG[0] <= starts[-1] <= _YOUNG[1]:
        cure = f"Write the last age as a label, such as {starts[-1]:g}+ or one with its end"
        faults.add(name, f"the last age would be open from {starts[-1]:g} years on", cure)
    return _stops(starts, steps, name, faults)


def judge_periods(starts: Vector, name: str, faults: Faults, *, closed: bool = False) -> Vector:
    """Return where the bands end that begin in these years, noting what is not known."""
    steps = np.diff(starts)
    cure = f"Write labels such as 2000-2004, or the ends in a column '{name}_end'"
    if len(starts) > 1 and np.all(starts % 1 == 0.5):
        shown = f"{starts[0]:g}, {starts[1]:g}, …"
        faults.add(name, f"{shown} look like the middles of periods", cure)
    if len(steps) > 1 and (steps == 1).any():
        return _single_years(starts, steps > 1)
    if len(steps) > 1 and not closed and not np.allclose(steps, steps[0]):
        said = "the steps between periods are uneven, so that the last one's width is not known"
        faults.add(name, said, f"Pass period_width=. {cure}")
        return np.append(starts[1:], np.nan)
    return _stops(starts, steps, name, faults)


def _are_codes(starts: Vector, steps: Vector) -> bool:
    """Return whether ages are whole numbers in a row that end where codes of groups do."""
    if not (np.all(starts % 1 == 0) and np.all(steps == 1)):
        return False
    least = {0.0: 9, 1.0: 2}.get(float(starts[0]), 3)
    return bool(starts[-1] <= _HIGHEST_CODE and len(starts) > least and starts[0] >= 0)


def _within_groups(starts: Vector, steps: Vector) -> str:
    """Return which part of their groups ages seem to be, "" where they may be lower edges."""
    if len(starts) < 2:
        return ""
    halves = starts % 1 == 0.5
    if starts[0] == 0.5 or (halves.mean() > 0.5 and halves[0]):
        return "middles"
    width = np.median(steps)
    if len(starts) < 3 or width not in (5, 10):
        return ""
    rest = starts % width
    if width == 5 and np.isin(rest, (2, 3)).mean() > 0.5:
        return "middles"
    if starts[0] == 5 and np.all(steps == 10):
        return "middles"
    return "last years" if (rest == width - 1).mean() > 0.5 else ""


def _ends_in_a_code(starts: Vector, steps: Vector) -> bool:
    """Return whether the last age stands apart from the others as a code of unknown age does."""
    if len(starts) < 3 or steps[-1] <= max(4.0, steps[-2]):
        return False
    return bool(starts[-1] > _OLDEST or (len(starts) > 3 and starts[-1] in _UNKNOWN))


def _stops(starts: Vector, steps: Vector, name: str, faults: Faults) -> Vector:
    """Return where bands end: at the next one, but for a hole between single years.

    One wide step among even ones is a row that is missing, or a band of two.
    """
    single = steps == 1
    if single.sum() > 1 and single.mean() > 0.5:
        first, last = np.flatnonzero(single)[[0, -1]]
        order = np.arange(len(steps))
        return _single_years(starts, (steps > 1) & (first < order) & (order < last))
    whole = np.all(starts % 1 == 0)  # in other units than years, rounding makes steps uneven
    for place in range(1, len(steps) - 1 if whole else 0):
        before, step, after = steps[place - 1 : place + 2]
        twice = round(step / before)
        if np.isclose(before, after) and twice > 1 and np.isclose(step, twice * before):
            missing = (
                f"a row seems to be missing between {starts[place]:g} and {starts[place + 1]:g}"
            )
            label = f"{starts[place]:g}-{starts[place + 1] - 1:g}"
            cure = f"Add it (empty where nothing is known), or write the label {label}"
            faults.add(name, missing, cure)
            break
    return np.append(starts[1:], np.nan)


def _single_years(starts: Vector, hole: NDArray[np.bool_]) -> Vector:
    """Return where bands end of which those before a hole are one year wide."""
    ends = np.where(hole, starts[:-1] + 1, starts[1:])
    return np.append(ends, np.nan)
