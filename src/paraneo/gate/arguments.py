"""Checks of single arguments and of arrays given as arguments."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector

#: Of the stream from which draws are made where no generator is given.
SEED = 0
#: Neither an age nor a calendar year is as great.
MOST_YEARS = 1e5


@dataclass(frozen=True, slots=True)
class Rule:
    """What a column must not hold, said the way its owner would say it.

    Attributes
    ----------
    broken : callable
        Array of floats in, array of bool out: True where the rule is broken.
        NaN must not count as broken, except for the rule against NaN itself.
    problem, remedy : str
        What is wrong, and the cure.
    """

    broken: Callable[[Vector], NDArray[np.bool_]]
    problem: str
    remedy: str


PRESENT = Rule(np.isnan, "value is missing", "Supply it or leave the row out")
FINITE = Rule(np.isinf, "value is infinite", "Supply a finite number")
NOT_NEGATIVE = Rule(lambda x: x < 0, "value is negative", "It starts at 0")
ABOVE_ZERO = Rule(lambda x: x <= 0, "must be above zero", "Leave out or merge empty strata")

#: Beyond this, doubles do not hold every whole number.
MOST_COUNTED = 2.0**53
#: A count of people or events: 0, 1, 2, …
COUNT = (
    PRESENT,
    FINITE,
    Rule(lambda x: x < 0, "count is negative", "Counts start at 0"),
    Rule(
        lambda x: np.isfinite(x) & (x > MOST_COUNTED),
        "count is too large to be one",
        "Correct it; counts up to 2**53 are held exactly",
    ),
    Rule(
        lambda x: np.isfinite(x) & (x != np.floor(x)),
        "count is not whole",
        "Pass counts, not rates or percentages",
    ),
)
#: A quantity that has to be above zero, such as expected cancers.
POSITIVE = (PRESENT, FINITE, ABOVE_ZERO)
#: Person-years to which rates refer.
SCALE = (
    Rule(np.isnan, "it is not a number", "Give one such as 100_000"),
    Rule(np.isinf, "it is infinite", "Give a number such as 100_000"),
    Rule(lambda x: x <= 0, "it is not above zero", "Give a number such as 100_000"),
)
#: A quantity of 0 or more.
NONNEGATIVE = (PRESENT, FINITE, NOT_NEGATIVE)
#: Any finite number.
NUMBER = (PRESENT, FINITE)
#: A probability in [0, 1].
PROBABILITY = (
    PRESENT,
    Rule(lambda x: x < 0, "probability is negative", "Probabilities lie in [0, 1]"),
    Rule(
        lambda x: (x > 1) & (x <= 100),
        "probability is above 1; it looks like a percentage",
        "Divide it by 100",
    ),
    Rule(lambda x: x > 100, "probability is above 1", "Probabilities lie in [0, 1]"),
)


def optional(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules without the one against missing values."""
    return tuple(rule for rule in rules if rule is not PRESENT)


def apply_rules(
    values: Vector,
    name: str,
    rules: Iterable[Rule],
    faults: Faults,
    *,
    noted: Sequence[int] = (),
) -> None:
    """Note where ``values`` break a rule; a scalar is named without a row.

    Rows in ``noted`` have a fault already and get no other.
    """
    for rule in rules:
        broken = np.array(rule.broken(values))
        if noted:
            broken[list(noted)] = False
        if broken.any():
            rows = np.flatnonzero(broken) if values.ndim else ()
            faults.add(name, rule.problem, rule.remedy, rows=list(rows))


def numbers(value: ArrayLike, name: str, rules: Iterable[Rule], faults: Faults) -> Vector:
    """Return an argument as an array of floats, noting what is wrong with it.

    Whatever is not a number comes back as NaN, so that the checks of other
    arguments can go on.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        faults.add(name, "its parts have different lengths", "Pass one number or a flat array")
        return np.full((), np.nan)
    if array.dtype.kind not in "iufb":
        with suppress(ValueError):
            filled = [np.nan if x is None else x for x in np.ravel(array)]
            array = np.asarray(filled).reshape(array.shape)
    if array.dtype.kind not in "iufb":
        faults.add(name, f"{value!r} is not a number", "Pass numbers")
        return np.full(array.shape, np.nan)
    array = array.astype(np.float64)
    apply_rules(array, name, rules, faults)
    return array


def check_fits(many: float, name: str, faults: Faults) -> None:
    """Note a request for more numbers at once than the memory of this machine holds.

    Parameters
    ----------
    many : float
        Numbers that have to be there at the same time, of 8 bytes each.
    name : str
        The argument that decides.
    """
    needed, there = 8.0 * many, _memory()
    if needed > there:
        said = f"it would need {_size(needed)} of memory, and this machine has {_size(there)}"
        faults.add(name, said, "Ask for less at a time")


def _memory() -> float:
    """Return the bytes of memory of this machine; a usual size where it does not say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE")) * float(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return 1.6e10


def _size(needed: float) -> str:
    """Return a number of bytes in words.

    >>> _size(8.2e9), _size(3e17), _size(1e300)
    ('8.2 GB', '3e+05 TB', '1e+288 TB')
    """
    return f"{needed / 1e9:.3g} GB" if needed < 1e12 else f"{needed / 1e12:.3g} TB"


#: Person-years to which rates refer where nothing else is asked for.
PER = 100_000.0
#: Those of excess rates, which papers on cohorts give per 10 000 person-years.
EXCESS_PER = 10_000.0


def scale(value: ArrayLike, name: str, faults: Faults) -> float:
    """Return the person-years to which rates refer, noting what are none; then it is 1."""
    unit = numbers(value, name, SCALE, faults)
    if unit.ndim:
        faults.add(name, "it is not one number", "Give one for all, such as 100_000")
    return float(unit) if not unit.ndim and unit > 0 else 1.0


def together(arrays: dict[str, Vector], faults: Faults) -> dict[str, Vector]:
    """Return the arrays brought to one shape, or note that they cannot be."""
    try:
        shaped = np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        faults.add(None, f"lengths do not match: {shapes}", "Pass arrays of one length")
        return {name: np.full((), np.nan) for name in arrays}
    return dict(zip(arrays, shaped, strict=True))


def check_level(level: float, faults: Faults, *, name: str = "level") -> None:
    """Note a confidence level outside (0, 1)."""
    wrong = isinstance(level, bool) or not isinstance(level, int | float | np.number)
    if wrong or not 0 < level < 1:
        percent = not wrong and 1 < level < 100
        cure = f"Write {float(level) / 100:g}" if percent else "Give a number such as 0.95"
        faults.add(name, f"{level!r} does not lie strictly between 0 and 1", cure)


def check_rng(rng: Any, faults: Faults, *, optional: bool = False) -> np.random.Generator:
    """Return the generator that was given, noting what is none.

    Parameters
    ----------
    optional : bool
        Whether it may be left out: then draws come from the stream of `SEED`.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is not None or not optional:
        said = f"it is of type {type(rng).__name__}, not a numpy Generator"
        faults.add("rng", said, "Pass numpy.random.default_rng(seed)")
    return np.random.default_rng(SEED)


def check_option(value: object, allowed: Iterable[str], name: str, faults: Faults) -> bool:
    """Note an option word that is not among those allowed; True when it is fine."""
    words = list(allowed)
    if isinstance(value, str) and value in words:
        return True
    near = get_close_matches(str(value), words, n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    faults.add(name, f"there is no option {value!r}", f"{hint}Choose from: {', '.join(words)}")
    return False
