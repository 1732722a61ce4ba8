"""Doubts about a table of cases: what may be read right and is more often a slip.

Totals among their parts, rows that are repeated, cases where nobody is, person-years in another
unit. Each is a warning that says what to do; what cannot be right is refused in `guards`.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import ComparabilityWarning, ParaneoWarning, warn
from paraneo.numerics.arrays import Vector

from .groups import plain_word
from .tables import Columns
from .written_ages import read_band

#: Words for people of either sex, beside those for a total of anything.
_OF_BOTH = frozenset(
    {"both", "both sexes", "persons", "people", "person", "all persons", "mf", "m+f", "f+m"}
)
#: More labels than these are no groups whose total stands among them.
_MOST_LABELS = 1000
#: No population has as many events a person-year, over all ages.
_HIGHEST = 0.5
#: Cases from which a rate is no chance.
_ENOUGH = 5


def warn_of_totals(source: Columns, named: Collection[str]) -> None:
    """Warn where rows of a total stand beside those of its parts, and are added to them.

    Parameters
    ----------
    named : collection of str
        Columns that the verb takes: their labels make groups, or measure.
    """
    for name in source.names:
        series = None if name in named else source.native(name)
        if series is None or series.dtype.kind in "biufcmM":
            continue
        labels = series.dropna().astype(str).unique()[: _MOST_LABELS + 1].tolist()
        total = [label for label in labels if _is_total(label)]
        if total and len(labels) > len(total) and len(labels) <= _MOST_LABELS:
            warn(
                f"'{name}': rows of {total[0]!r} stand beside those of its parts, and all are "
                f"added up. Name '{name}' in by=, or leave these rows out.",
                ComparabilityWarning,
            )


def warn_of_copies(source: Columns, counts: Vector) -> None:
    """Warn of rows that are alike in every column and hold people or expected cases."""
    columns = {name: source.native(name) for name in source.names}
    if len(columns) < 3 or not source.length:
        return
    try:
        again = pd.DataFrame(columns).duplicated().to_numpy() & (counts > 0)
    except TypeError:  # what cannot be compared is a fault where it is read
        return
    if again.any():
        rows = np.flatnonzero(again)
        shown = ", ".join(map(str, rows[:8])) + (" …" if len(rows) > 8 else "")
        copies = "1 row is a copy" if len(rows) == 1 else f"{len(rows):,d} rows are copies"
        warn(
            f"{copies} of an earlier one ({shown}, counted from 0), and all are added up. Leave "
            "such rows out, or keep the column that sets them apart.",
            ParaneoWarning,
        )


def warn_of_nobody(
    cases: tuple[str, Vector], kept: NDArray[np.bool_], people: tuple[str, Vector], what: str
) -> None:
    """Warn of cases in rows that hold no people, or where no cases are expected.

    Parameters
    ----------
    what : str
        What such rows lack, such as "person-years".
    """
    alone = kept & (people[1] == 0) & (cases[1] > 0)
    if alone.any():
        number = float(cases[1][alone].sum())
        have = "case stands" if number == 1 else "cases stand"
        warn(
            f"{number:,.0f} {have} in rows without {what} ('{people[0]}' is 0). Leave out cases of "
            f"unknown age, or correct '{people[0]}'.",
            ComparabilityWarning,
        )


def warn_of_many(cases: tuple[str, Vector], people: tuple[str, Vector]) -> None:
    """Warn where there are so many cases that person-years must be in another unit."""
    number, years = float(np.nansum(cases[1])), float(np.nansum(people[1]))
    if number >= _ENOUGH and years > 0 and number > _HIGHEST * years:
        warn(
            f"{number:,.0f} cases ('{cases[0]}') in {years:,.6g} person-years ('{people[0]}') are "
            f"more than {_HIGHEST:g} a person-year, as no population has. Give person-years in "
            "single years, not in thousands.",
            ComparabilityWarning,
        )


def _is_total(label: str) -> bool:
    word = plain_word(label)
    return word in _OF_BOTH or read_band(word).kind == "total"
