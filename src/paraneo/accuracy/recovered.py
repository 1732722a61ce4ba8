"""Two-by-two tables found again from what a paper prints of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, POSITIVE, check_level, check_option, numbers
from paraneo.gate.verbs import verb
from paraneo.results.result import Result

from ._table_search import (
    MOST_TABLES,
    ODDS,
    PROPORTIONS,
    fits_of,
    possible_tables,
    read_figure,
    with_limits,
)
from .two_by_two import OddsInterval


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RecoveredTables(Result):
    """Every table that gives all the printed figures.

    Attributes
    ----------
    tables : pandas.DataFrame
        ``tp fp fn tn`` and the figures of each; empty where no table fits.
    tried : int
        How many tables the margins allow.
    """

    tables: pd.DataFrame
    tried: int

    def summary(self) -> pd.DataFrame:
        """Return the tables, a row each, with their figures unrounded."""
        return self.tables.copy()

    @property
    def unique(self) -> bool:
        """Whether exactly one table fits."""
        return len(self.tables) == 1

    def _heading(self) -> str:
        n = len(self.tables)
        words = {0: "No table gives", 1: "One table gives"}.get(n, f"{n} tables give")
        return f"{words} all printed figures, of {self.tried} that the margins allow"


@verb
def recovered_tables(
    *,
    n: int,
    diseased: int | None = None,
    positive: int | None = None,
    printed: Mapping[str, str | float],
    interval: OddsInterval = "woolf",
    level: float = 0.95,
) -> RecoveredTables:
    """Find the two-by-two tables behind printed percentages and odds ratios.

    Every table of ``n`` people with the given margins is tried that the printed proportions
    do not rule out; those that give each printed figure when rounded as it was printed are
    listed. One table means that the paper's counts are known; several, that they are not;
    none, that its figures contradict each other.

    Parameters
    ----------
    n : int
        People in all.
    diseased, positive : int, optional
        How many had the condition, and how many a positive test, where printed.
    printed : mapping
        Figures by name: ``sensitivity specificity ppv npv prevalence positive_share``,
        ``odds_ratio odds_lower odds_upper``. As text with all printed digits, such as
        ``"71%"``, ``"0.775"`` or ``"23.0"``; a number stands for its shortest text.
    interval : {"woolf", "exact"}, default "woolf"
        How the printed confidence limits of the odds ratio were made.
    level : float
        Of those limits.

    Returns
    -------
    RecoveredTables

    Raises
    ------
    ArgumentError
        Naming every fault at once: figures that are not numbers, unknown names, margins
        that exceed the people, more tables than can be tried.

    Notes
    -----
    A figure printed as 71 % was anything from 70.5 to 71.5 %; both ends count. The odds
    ratio is that of the sample, also beside exact limits, as most programs print it.

    Examples
    --------
    Kaji 2007: 7 of 52 positive, cancer in 71 % of them and in 11 % of the others.

    >>> found = recovered_tables(n=52, positive=7, printed={"ppv": "71%", "npv": "89%"})
    >>> found.tables[["tp", "fp", "fn", "tn"]].to_numpy().tolist()
    [[5, 2, 5, 40]]
    """
    faults = Faults("the printed figures")
    check_option(interval, get_args(OddsInterval), "interval", faults)
    check_level(level, faults)
    read = {str(name): read_figure(value, str(name), faults) for name, value in printed.items()}
    for name in read:
        check_option(name, (*PROPORTIONS, *ODDS), "printed", faults)
    if not read:
        faults.add("printed", "at least one figure is required", "Give for example {'ppv': '71%'}")
    margins = _margins(n, diseased, positive, faults)
    faults.raise_any()
    cells, tried = possible_tables(*margins, read)
    if tried > MOST_TABLES:
        faults.add("n", f"allows {tried} tables", "Give diseased or positive, where printed")
    faults.raise_any()
    kept = cells[:, fits_of(cells, read)]
    kept, figures = with_limits(kept, read, interval, level)
    frame = pd.DataFrame(dict(zip(("tp", "fp", "fn", "tn"), kept, strict=True)), dtype=np.int64)
    for name, share in PROPORTIONS.items():
        top, bottom = share(*kept)
        frame[name] = np.where(bottom > 0, top / np.maximum(bottom, 1), np.nan)
    for name, values in zip(ODDS, figures, strict=True):
        frame[name] = values
    return RecoveredTables(frame, tried)


def _margins(
    n: Any, diseased: Any, positive: Any, faults: Faults
) -> tuple[int, int | None, int | None]:
    people = numbers(n, "n", (*COUNT, *POSITIVE), faults)
    known = []
    for name, value in (("diseased", diseased), ("positive", positive)):
        count = None if value is None else numbers(value, name, COUNT, faults)
        if count is not None and not faults.found and count > people:
            faults.add(name, f"{value} are more than all {n} people", "Check both counts")
        known.append(None if count is None or faults.found else int(count))
    return 0 if faults.found else int(people), known[0], known[1]
