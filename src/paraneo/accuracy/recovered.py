"""Two-by-two tables found again from what a paper prints of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo._arguments import COUNT, POSITIVE, check_level, check_option, numbers
from paraneo._estimate import Vector
from paraneo._result import Result
from paraneo.errors import Faults

from ._ratios import conditional_odds_ratio, log_limits, odds_ratio, odds_ratio_std_error

#: A proportion that a paper may print, as numerator and denominator.
Share = Callable[[Any, Any, Any, Any], tuple[Any, Any]]


def _sensitivity(tp: Any, _fp: Any, fn: Any, _tn: Any) -> tuple[Any, Any]:
    return tp, tp + fn


def _specificity(_tp: Any, fp: Any, _fn: Any, tn: Any) -> tuple[Any, Any]:
    return tn, fp + tn


def _ppv(tp: Any, fp: Any, _fn: Any, _tn: Any) -> tuple[Any, Any]:
    return tp, tp + fp


def _npv(_tp: Any, _fp: Any, fn: Any, tn: Any) -> tuple[Any, Any]:
    return tn, fn + tn


def _prevalence(tp: Any, fp: Any, fn: Any, tn: Any) -> tuple[Any, Any]:
    return tp + fn, tp + fp + fn + tn


def _positive_share(tp: Any, fp: Any, fn: Any, tn: Any) -> tuple[Any, Any]:
    return tp + fp, tp + fp + fn + tn


PROPORTIONS: dict[str, Share] = {
    "sensitivity": _sensitivity,
    "specificity": _specificity,
    "ppv": _ppv,
    "npv": _npv,
    "prevalence": _prevalence,
    "positive_share": _positive_share,
}
ODDS = ("odds_ratio", "odds_lower", "odds_upper")
#: Rounding of a figure worked out in doubles.
TINY = 1e-9
#: So many tables are looked through at most.
MOST_TABLES = 40_000_000


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


def recovered_tables(
    *,
    n: int,
    diseased: int | None = None,
    positive: int | None = None,
    printed: Mapping[str, str | float],
    odds_interval: str = "woolf",
    level: float = 0.95,
) -> RecoveredTables:
    """Find the two-by-two tables behind printed percentages and odds ratios.

    Every table of ``n`` people with the given margins is tried; those that give each
    printed figure when rounded as it was printed are listed. One table means that the
    paper's counts are known; several, that they are not; none, that its figures contradict
    each other.

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
    odds_interval : {"woolf", "exact"}
        How the limits of the odds ratio were made.
    level : float
        Of those limits.

    Returns
    -------
    RecoveredTables

    Raises
    ------
    ArgumentError
        Naming every fault at once: figures that are no numbers, unknown names, margins
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
    check_option(odds_interval, ("woolf", "exact"), "odds_interval", faults)
    check_level(level, faults)
    read = {str(name): _read(value, str(name), faults) for name, value in printed.items()}
    for name in read:
        check_option(name, (*PROPORTIONS, *ODDS), "printed", faults)
    if not read:
        faults.add("printed", "there is no figure", "Give at least one")
    margins = _margins(n, diseased, positive, faults)
    faults.raise_any()
    cells, tried = _possible(*margins)
    if tried > MOST_TABLES:
        faults.add("n", f"allows {tried} tables", "Give diseased or positive, where printed")
    faults.raise_any()
    kept = cells[:, _fits(cells, read)]
    kept, figures = _with_odds(kept, read, odds_interval, level)
    frame = pd.DataFrame(dict(zip(("tp", "fp", "fn", "tn"), kept, strict=True)), dtype=np.int64)
    for name, share in PROPORTIONS.items():
        top, bottom = share(*kept)
        frame[name] = np.where(bottom > 0, top / np.maximum(bottom, 1), np.nan)
    for name, values in zip(ODDS, figures, strict=True):
        frame[name] = values
    return RecoveredTables(frame, tried)


def _read(value: Any, name: str, faults: Faults) -> tuple[float, float]:
    """Return the lowest and the highest number that is printed so."""
    text = str(value).strip()
    percent = text.endswith("%")
    digits = text.rstrip("% ").replace(",", ".")
    try:
        number = float(digits)
    except ValueError:
        faults.add(name, f"{value!r} is no number", "Write it as printed, such as '71%'")
        return np.nan, np.nan
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
    if name in PROPORTIONS and not percent and number > 1:
        faults.add(name, f"{value!r} looks like a percentage", "Write '%' after it")
    scale = 0.01 if percent else 1.0
    return (number - half) * scale - TINY, (number + half) * scale + TINY


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


def _possible(n: int, diseased: int | None, positive: int | None) -> tuple[Any, int]:
    """Return every table with these margins, shape (4, tables), and their number."""
    ill = np.arange(n + 1) if diseased is None else np.array([diseased])
    pos = np.arange(n + 1) if positive is None else np.array([positive])
    count = len(ill) * len(pos) * (n // 2 + 1)
    if count > MOST_TABLES:
        return np.zeros((4, 0), dtype=np.int64), count
    ills, poss = (part.ravel() for part in np.meshgrid(ill, pos, indexing="ij"))
    low, high = np.maximum(0, ills + poss - n), np.minimum(ills, poss)
    repeat = high - low + 1
    first = np.repeat(low, repeat)
    offset = np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    tp = first + offset
    ills, poss = np.repeat(ills, repeat), np.repeat(poss, repeat)
    return np.stack([tp, poss - tp, ills - tp, n - ills - poss + tp]), int(repeat.sum())


def _fits(cells: Any, read: Mapping[str, tuple[float, float]]) -> NDArray[np.bool_]:
    fits = np.ones(cells.shape[1], dtype=bool)
    for name, share in PROPORTIONS.items():
        if name in read:
            top, bottom = share(*cells)
            value = np.where(bottom > 0, top / np.maximum(bottom, 1), np.nan)
            fits &= (value >= read[name][0]) & (value <= read[name][1])
    if "odds_ratio" in read:
        value = _odds(cells)
        fits &= (value >= read["odds_ratio"][0]) & (value <= read["odds_ratio"][1])
    return fits


def _odds(cells: Any) -> Vector:
    return odds_ratio(*(np.asarray(cell, dtype=np.float64) for cell in cells))


def _with_odds(
    cells: Any, read: Mapping[str, tuple[float, float]], interval: str, level: float
) -> tuple[Any, tuple[Vector, Vector, Vector]]:
    """Return the tables whose limits fit too, with odds ratios and limits."""
    tp, fp, fn, tn = (np.asarray(cell, dtype=np.float64) for cell in cells)
    value = _odds(cells)
    if not len(value):
        return cells, (value, value, value)
    if interval == "exact":
        limits = conditional_odds_ratio(tp, fp, fn, tn, level)[1]
    else:
        limits = log_limits(value, odds_ratio_std_error(tp, fp, fn, tn), level)
    fits = np.ones(len(value), dtype=bool)
    for name, limit in zip(ODDS[1:], limits, strict=True):
        if name in read:
            fits &= (limit >= read[name][0]) & (limit <= read[name][1])
    return cells[:, fits], (value[fits], limits.lower[fits], limits.upper[fits])
