"""What every function that plans a study gives: the sizes, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from paraneo.results.result import Result


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StudySize(Result):
    """How large a study has to be, or what a study of a given size can show.

    Attributes
    ----------
    table : DataFrame
        One row an answer; ``size["people"]`` is a column of it, a plain number where it has
        one row.
    asked : str
        The question in words.

    Examples
    --------
    >>> from paraneo.simulation import people_needed
    >>> size = people_needed(0.78, half_width=0.10)
    >>> size["people"]
    63
    """

    table: pd.DataFrame
    asked: str

    def summary(self) -> pd.DataFrame:
        """Return the table."""
        return self.table.copy()

    def __getitem__(self, column: str) -> Any:
        values = self.table[column].to_numpy()
        return values[0].item() if len(values) == 1 else values

    def _heading(self) -> str:
        return self.asked
