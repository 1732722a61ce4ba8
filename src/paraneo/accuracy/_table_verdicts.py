"""What the figures of one published row say about its two-by-two table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._table_search import MOST_TABLES, ODDS, fits_of, possible_tables, with_limits

CELLS = ("tp", "fp", "fn", "tn")
#: How limits of an odds ratio are made: Woolf's are quick, exact ones a search a table.
LIMIT_RULES = ("woolf", "exact")
#: Exact limits are not worked out for more tables than this.
MOST_EXACT = 2000
#: So many tables are named in a sentence.
NAMED = 3
NO_TABLES: NDArray[np.int64] = np.zeros((4, 0), dtype=np.int64)


class Printed(NamedTuple):
    """One row: counts and margins by name, figures as text, and the ranges they stand for."""

    counts: Mapping[str, int]
    texts: Mapping[str, str]
    ranges: Mapping[str, tuple[float, float]]

    @property
    def people(self) -> float:
        """How many people there were, from the four counts where n is not printed."""
        if "n" in self.counts:
            return self.counts["n"]
        whole = all(cell in self.counts for cell in CELLS)
        return sum(self.counts[cell] for cell in CELLS) if whole else np.nan


class Verdict(NamedTuple):
    """``tables``, shape (4, solutions); ``looked`` is False where no search was possible."""

    tables: NDArray[np.int64]
    looked: bool
    rule: str
    verdict: str
    flag: bool
    reason: str
    instead: str


def judged(printed: Printed, level: float) -> Verdict:
    """Search for the tables of a row and say what follows."""
    counts = printed.counts
    whole = all(cell in counts for cell in CELLS)
    if whole:
        cells, tried = np.array([[counts[cell]] for cell in CELLS]), 1
    elif "n" not in counts:
        return _unchecked("neither the people nor all four counts are printed")
    else:
        margins = counts["n"], counts.get("diseased"), counts.get("positive")
        cells, tried = possible_tables(*margins)
        if tried > MOST_TABLES:
            return _unchecked("the margins allow too many tables; give diseased or positive")
    claims = _claims(printed, cells, whole=whole)
    if not claims and not printed.ranges:
        if not whole:
            return _unchecked("no figure is printed beside the margins")
        alone = "not checked: no figure is printed beside the counts"
        return Verdict(cells, True, "", alone, False, "", "")
    tables, rule = _solved(cells, claims.values(), printed.ranges, level)
    if tables.shape[1]:
        return _possible(tables, rule, whole=whole)
    return _contradiction(printed, cells, claims, level, whole=whole)


def _claims(printed: Printed, cells: Any, *, whole: bool) -> dict[str, NDArray[np.bool_]]:
    """Return, by name, which tables agree with each figure but limits of the odds ratio."""
    tp, fp, fn, tn = cells
    claims = {
        name: fits_of(cells, {name: printed.ranges[name]})
        for name in printed.ranges
        if name not in ODDS[1:]
    }
    if whole:
        margins = {"n": tp + fp + fn + tn, "diseased": tp + fn, "positive": tp + fp}
        own = {name: margins[name] for name in margins if name in printed.counts}
    else:
        parts = dict(zip(CELLS, cells, strict=True))
        own = {name: parts[name] for name in CELLS if name in printed.counts}
    return claims | {name: value == printed.counts[name] for name, value in own.items()}


def _solved(
    cells: Any,
    claims: Iterable[NDArray[np.bool_]],
    ranges: Mapping[str, tuple[float, float]],
    level: float,
) -> tuple[NDArray[np.int64], str]:
    """Return the tables for which all claims hold, and by which rule the limits do."""
    fits = np.ones(cells.shape[1], dtype=bool)
    for claim in claims:
        fits &= claim
    kept = cells[:, fits]
    if not set(ODDS[1:]) & set(ranges) or not kept.shape[1]:
        return kept, ""
    found = {}
    for rule in LIMIT_RULES:
        if rule == "woolf" or kept.shape[1] <= MOST_EXACT:
            tables = with_limits(kept, ranges, rule, level)[0]
            if tables.shape[1]:
                found[rule] = tables
    if not found:
        return NO_TABLES, ""
    tables = np.unique(np.concatenate([*found.values()], axis=1), axis=1)
    return tables, ", ".join(found)


def _unchecked(why: str) -> Verdict:
    return Verdict(NO_TABLES, False, "", f"not checked: {why}", False, "", "")


def _possible(tables: NDArray[np.int64], rule: str, *, whole: bool) -> Verdict:
    number = tables.shape[1]
    verdict = "consistent" if whole else ("one table" if number == 1 else f"{number} tables")
    if number == 1:
        instead = "" if whole else f"Use {_named(tables)}."
    else:
        instead = f"Ask for the counts; the figures are those of {_named(tables)}."
    return Verdict(tables, True, rule, verdict, False, "", instead)


def _contradiction(
    printed: Printed,
    cells: Any,
    claims: Mapping[str, NDArray[np.bool_]],
    level: float,
    *,
    whole: bool,
) -> Verdict:
    """Say which figure, left out alone, would make the others agree."""
    limits = [name for name in ODDS[1:] if name in printed.ranges]
    if whole:
        wrong = [name for name, claim in claims.items() if not claim[0]]
        if not _solved(cells, (), printed.ranges, level)[0].shape[1]:
            wrong += limits
        reason = f"The printed counts do not give the printed {_listed(printed, wrong)}."
        instead = f"Use the counts {_named(cells)}, if they are right, and not what is printed."
        return Verdict(NO_TABLES, True, "", "counts and figures disagree", True, reason, instead)
    suspects = {}
    for name in [*claims, *(["limits"] if limits else [])]:
        rest = [claim for other, claim in claims.items() if other != name]
        ranges = {} if name == "limits" else printed.ranges
        tables = _solved(cells, rest, ranges, level)[0]
        if tables.shape[1]:
            suspects[name] = tables
    if not suspects:
        reason = "No table gives all that is printed, whichever single figure is left out."
        return Verdict(NO_TABLES, True, "", "no table at all", True, reason, "Ask for the counts.")
    said, kept = [], []
    for name, tables in suspects.items():
        number = tables.shape[1]
        left_out = _listed(printed, limits if name == "limits" else [name])
        said.append(f"without {left_out} {'one does' if number == 1 else f'{number} do'}")
        kept.append(f"{_named(tables)} (without {left_out})")
    reason = f"No table gives all that is printed; {'; '.join(said)}."
    instead = f"{' or '.join(kept)}, if that is the misprint: ask for the counts."
    return Verdict(NO_TABLES, True, "", "no table at all", True, reason, instead)


def _listed(printed: Printed, names: Iterable[str]) -> str:
    shown = dict(printed.texts) | {name: str(count) for name, count in printed.counts.items()}
    return ", ".join(f"{name} ({shown[name]})" for name in names)


def _named(tables: NDArray[np.int64]) -> str:
    """Return the first tables as tp/fp/fn/tn."""
    number = tables.shape[1]
    first = ", ".join("/".join(map(str, table)) for table in tables.T[:NAMED].tolist())
    more = f" and {number - NAMED} more" if number > NAMED else ""
    return f"tp/fp/fn/tn {first}{more}"
