"""Guards of tables of cases, people and rates: what every verb that reads one refuses.

Cases without people, a population that is repeated in the rows of each site, rates that the
unit cannot mean. Each notes its faults with rows and cure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import ParaneoWarning, warn
from paraneo.numerics.arrays import Vector

from .tables import Columns, as_names

#: What a column that identifies people is called, without blanks and lines between words.
_IDENTIFIERS = frozenset(
    (
        *("id", "pid", "patient", "patientid", "patientnumber", "person", "personid", "subject"),
        *("subjectid", "subjid", "usubjid", "participantid", "lopnr", "mrn"),
    )
)
#: What to do about rows of one person.
_ONE_EACH = "Keep one row a person, or name it in id= or cluster= where the verb has it."
#: A population of all ages dies and falls ill more slowly than this per person-year.
_WHOLE = 0.5
#: Where rates of so much are believed, as they are by default; where more are, so is more of all.
_USUAL_HIGHEST = 2.0
#: Among the last survivors, and in the first weeks, rates run up to this many times the limit.
_OLD, _LAST_SURVIVORS = 95.0, 10.0
_FIRST_WEEKS = 1 / 12


def check_people(
    source: Columns, cases: tuple[str, Vector], person_years: tuple[str, Vector]
) -> None:
    """Note cases without person-years, where both are known."""
    source.rows_where(
        (person_years[1] == 0) & (cases[1] > 0),
        cases[0],
        "cases without person-years",
        "Correct one of the two; write Unknown for an unknown age",
    )


def check_repeats(source: Columns, name: str, person_years: Vector, cell: NDArray[np.intp]) -> None:
    """Note a population that stands anew in each of several rows of one cell.

    Parameters
    ----------
    person_years : array
    cell : array of int
        Rows with the same number are added up; -1 where a row is left out.
    """
    known = (cell >= 0) & ~np.isnan(person_years)
    order = np.argsort(cell[known], kind="stable")
    code, years = cell[known][order], person_years[known][order]
    if not len(code):
        return
    first = np.flatnonzero(np.r_[True, np.diff(code) > 0])
    rows = np.diff(np.r_[first, len(code)])
    same = np.maximum.reduceat(years, first) == np.minimum.reduceat(years, first)
    several = (rows > 1) & (years[first] > 0)
    if several.sum() > 1 and same[several].all() and len(np.unique(years[first][several])) > 1:
        doubled = np.isin(cell, code[first][several])
        source.rows_where(
            doubled,
            name,
            "several rows of one age hold the same people, as a table by site does, and would "
            "be counted as often",
            "Name in by= the column that sets the rows apart, or add up the cases first",
        )


def warn_of_same_people(
    source: Columns, named: Iterable[str | None], by: str | Sequence[str] | None = ()
) -> None:
    """Warn where a column named like an identifier repeats and the verb was not told of it.

    Parameters
    ----------
    named : iterable of str
        The columns that the verb takes as people or clusters.
    by : str or sequence of str
        A person may stand once in each group of the column that a frame's ``attrs`` names as
        `ONE_WITHIN`, as simulated data of several replicates do, where it is named here.
    """
    known = set(named)
    groups = {name: source.native(name) for name in as_names(by) if name == source.one_within}
    for name in source.names:
        if not is_identifier(name) or known & {name}:
            continue
        series = source.native(name)
        if series is None:
            continue
        rows = pd.DataFrame({**groups, name: series}).dropna(subset=[name])
        again = int(rows.astype(str).duplicated().sum())
        if again:
            repeated = "1 row repeats" if again == 1 else f"{again:,d} rows repeat"
            warn(
                f"{repeated} an earlier '{name}': each row counts as a person. {_ONE_EACH}",
                ParaneoWarning,
            )


def is_identifier(name: str) -> bool:
    """Return whether a column is called as those are that identify people."""
    plain = "".join(letter for letter in str(name).casefold() if letter.isalnum())
    return plain in _IDENTIFIERS


def check_unit(
    source: Columns,
    name: str,
    rates: Vector,
    ages: tuple[Vector, Vector],
    highest: float,
    *,
    of_rates: bool,
) -> None:
    """Note rates that are so high that they must be in another unit.

    One cell above ``highest`` is one, but for the last survivors and the first weeks of life,
    where few people give any rate. So is a table most of whose rates are above 0.5 a year, or
    above a quarter of ``highest`` where that is more.

    Parameters
    ----------
    ages : tuple of array
        Where the band of each row begins and ends.
    """
    if not np.isfinite(highest):
        return
    cure = "Give per=, such as per=100_000"
    if not of_rates:
        cure = "Give person-years in single years, not in thousands"
    few = (ages[0] >= _OLD) | (ages[1] <= _FIRST_WEEKS)
    above = rates > np.where(few, _LAST_SURVIVORS, 1.0) * highest
    source.rows_where(
        above,
        name,
        f"more than {highest:g} events per person-year; the unit must be another",
        f"{cure}, or raise highest_rate= if the rates are right",
    )
    usual = rates[(rates > 0) & (ages[0] >= 1) & (ages[0] < 80)]
    limit = min(highest, _WHOLE * max(1.0, highest / _USUAL_HIGHEST))
    if not above.any() and len(usual) > 2 and np.median(usual) > limit:
        source.faults.add(
            name,
            f"half the rates of ages below 80 are above {limit:g} per person-year; the unit must "
            "be another",
            f"{cure}, or pass highest_rate=float('inf') if the rates are right",
        )
