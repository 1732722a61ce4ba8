"""Deaths or cases exported from CDC WONDER."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from paraneo.errors import FileError
from paraneo.gate.tables import as_names
from paraneo.gate.verbs import verb
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import column_named, described, words_of

_CASES = ("Deaths", "Count", "Cases", "Births")


@verb
def read_cdc_wonder(
    path: str | Path,
    *,
    by: str | Sequence[str] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    r"""Read counts and populations by age exported from CDC WONDER.

    Parameters
    ----------
    path : str or Path
        The tab separated text as it was exported, with its footer: results by an age group
        (ten-year, five-year or single-year), and by year where there are several.
    by : str or sequence of str, optional
        Columns that make the groups; left out, every column of labels, not of codes, with
        more than one value.
    provenance : mapping of str to str, optional

    Returns
    -------
    RateTable
        Suppressed counts and populations that are "Not Applicable" are missing. Rows of totals
        are left out, and so are rows of unknown age, whose cases the provenance counts.

    Raises
    ------
    FileError
        When no column holds ages, counts or the population.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "wonder.txt"
    >>> lines = [
    ...     "Notes\tTen-Year Age Groups\tTen-Year Age Groups Code\tDeaths\tPopulation",
    ...     "\t< 1 year\t1\t450\t101000",
    ...     "\t1-84 years\t1-84\tSuppressed\t4000000",
    ...     "\t85+ years\t85+\t2237\tNot Applicable",
    ...     "\tNot Stated\tNS\t12\tNot Applicable",
    ...     "---",
    ...     "Dataset: a simulated one",
    ... ]
    >>> _ = path.write_text("\n".join(lines))
    >>> table = read_cdc_wonder(path)
    >>> table.summary()[["age", "age_end", "cases", "person_years"]]
        age  age_end   cases  person_years
    0   0.0      1.0   450.0      101000.0
    1   1.0     85.0     NaN     4000000.0
    2  85.0      inf  2237.0           NaN
    >>> table.provenance["left_out"]
    '12 cases of unknown age'
    >>> folder.cleanup()
    """
    frame = words_of(path)
    if "Notes" in frame:
        frame = frame[frame["Notes"].str.strip() != "Total"].reset_index(drop=True)
    names = [str(name) for name in frame]
    ages = [name for name in names if "age" in name.casefold().split() or name.endswith("Ages")]
    ages = [name for name in ages if not name.endswith("Code")]
    cases, people = column_named(frame, _CASES), column_named(frame, ("Population",))
    if not ages or cases is None or people is None:
        shown = ", ".join(map(str, frame.columns[:20]))
        raise FileError(
            f"'{path}' lacks ages, counts or the population. Group the results by an age group, "
            f"and export them. It has: {shown}."
        )
    year = column_named(frame, ("Year",))
    table = frame.assign(age=frame[ages[0]])
    options: dict[str, Any] = {"period": year} if year is not None else {}
    return rate_table(
        table,
        cases=cases,
        person_years=people,
        by=as_names(by) if by is not None else _groups(frame, (*ages, year, cases, people)),
        decimal=".",
        provenance=described(provenance, path, source="CDC WONDER"),
        **options,
    )


def _groups(frame: pd.DataFrame, taken: Sequence[str | None]) -> tuple[str, ...]:
    """Return the columns of labels, which are those that have a column of codes."""
    labels = [name for name in map(str, frame) if f"{name} Code" in frame and name not in taken]
    return tuple(name for name in labels if len(frame[name].unique()) > 1)
