"""Which classes the items not known leave open, and which of those items decide.

A set of criteria is read as a sum. Each item adds a vector of whole numbers (points, or a
count of one), and the class is a function of the total. An item that is not known has
several vectors it may add. Whole numbers keep a score such as 5.3 exact: it is 53 tenths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Part: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """What can be said when some items are not known.

    Attributes
    ----------
    category : str
        The weakest class the unknown items leave open, which therefore holds at least.
    possible : tuple of str
        All classes left open, weakest first.
    deciding : tuple of str
        The unknown items on which the class hangs, whatever the others turn out to be.
    """

    category: str
    possible: tuple[str, ...]
    deciding: tuple[str, ...]


def settle(
    parts: Mapping[str, Sequence[Part]],
    classify: Callable[[Part], str],
    *,
    order: Sequence[str],
    outside: str,
) -> Settled:
    """Return the class that holds, those that could, and the items that decide.

    Parameters
    ----------
    parts : mapping
        For each item the vectors it may add: one where it is known.
    classify : callable
        Total in, name of the class out.
    order : sequence of str
        The classes, weakest first.
    outside : str
        The class of those to whom the criteria do not apply. It holds only where nothing
        else is possible; else it is named among the possible ones, last.
    """
    totals = _totals(parts.values())
    found = {classify(total) for total in totals}
    possible = tuple(name for name in (*order, outside) if name in found)
    deciding = tuple(
        name
        for name, alternatives in parts.items()
        if len(found) > 1 and len(set(alternatives)) > 1 and _decides(name, parts, classify)
    )
    return Settled(possible[0], possible, deciding)


def _decides(
    name: str, parts: Mapping[str, Sequence[Part]], classify: Callable[[Part], str]
) -> bool:
    others = _totals(alternatives for item, alternatives in parts.items() if item != name)
    return any(len({classify(_add(rest, part)) for part in parts[name]}) > 1 for rest in others)


def _totals(alternatives: Iterable[Sequence[Part]]) -> set[Part]:
    totals: set[Part] = {()}
    for choices in alternatives:
        totals = {_add(total, part) for total in totals for part in choices}
    return totals


def _add(total: Part, part: Part) -> Part:
    return tuple(a + b for a, b in zip(total, part, strict=True)) if total else part
