"""What the results of all criteria have in common."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import pandas as pd

from paraneo.results.result import Result

#: Stands over every result that speaks of a person.
CAUTION = "For research, not for the care of a person."


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a set of criteria.

    Attributes
    ----------
    name : str
        As the argument is called.
    finding : str
        ``"present"``, ``"absent"``, ``"not known"``, or the value given.
    counts : str
        What it counts towards the class, in the words or points of the criteria; empty
        where it counts nothing.
    matters : bool
        Whether it is not known and could change the class.
    """

    name: str
    finding: str
    counts: str
    matters: bool


@dataclass(frozen=True, slots=True, repr=False)
class Classified(Result):
    """A class under a set of criteria.

    Attributes
    ----------
    category : str
        The class that holds whatever the items not known turn out to be.
    possible : tuple of str
        All classes that the items not known leave open, weakest first.
    items : tuple of Item
        Every item, what was found, and what it counts.
    """

    category: str
    possible: tuple[str, ...]
    items: tuple[Item, ...]

    @property
    @abstractmethod
    def criteria(self) -> str:
        """The name of the criteria."""

    @property
    @abstractmethod
    def source(self) -> str:
        """Where the criteria were published, with DOI."""

    @property
    def counted(self) -> tuple[str, ...]:
        """The items that count towards the class."""
        return tuple(item.name for item in self.items if item.counts)

    @property
    def unknown_that_matter(self) -> tuple[str, ...]:
        """The items that are not known and could change the class."""
        return tuple(item.name for item in self.items if item.matters)

    @property
    def settled(self) -> bool:
        """Whether no item that is not known could change the class."""
        return len(self.possible) == 1

    def summary(self) -> pd.DataFrame:
        """Return a row an item: ``item finding counts matters``."""
        return pd.DataFrame(
            [(item.name, item.finding, item.counts, item.matters) for item in self.items],
            columns=["item", "finding", "counts", "matters"],
        )

    def _verdict(self) -> str:
        return self.category

    def _heading(self) -> str:
        lines = [f"{self.criteria}: {self._verdict()}."]
        if not self.settled:
            others = ", ".join(name for name in self.possible if name != self.category)
            lines.append(
                f"Could also be {others}, depending on what is not known: "
                f"{', '.join(self.unknown_that_matter)}."
            )
        lines.append(f"{CAUTION} Source: {self.source}")
        return "\n".join(lines)
