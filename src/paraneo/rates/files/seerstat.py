"""Rates exported from a rate session of SEER*Stat."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from paraneo.errors import FileError
from paraneo.gate.tables import as_names
from paraneo.gate.verbs import verb
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import column_named, described, words_of

_NOT_LABELS = re.compile(r"rate|count|population|standard error|confidence|percent", re.IGNORECASE)
_ALL = re.compile(r"^\s*(?:all|total)\b", re.IGNORECASE)
_SPAN = re.compile(r"^(\d{4})\s*-\s*(\d{4})$")


@verb
def read_seerstat(
    path: str | Path,
    *,
    by: str | Sequence[str] | None = None,
    age: str | None = None,
    year: str | None = None,
    per: float = 100_000,
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    r"""Read crude rates by age exported from SEER*Stat as delimited text with labels.

    Parameters
    ----------
    path : str or Path
        Tab, comma or semicolon separated, with variable names in the first line and
        labels rather than codes ("00 years", "01-04 years", … "85+ years"). Packed files
        (.gz) will do.
    by : str or sequence of str, optional
        Columns that make the groups; left out, every column of labels with more than
        one value.
    age, year : str, optional
        Columns; left out, those whose names begin with "Age" and "Year".
    per : float
        Person-years to which crude rates refer, as the session was set to show them.
    provenance : mapping of str to str, optional

    Returns
    -------
    RateTable
        From counts and population where both were exported, else from crude rates.
        Suppressed cells (^ or ~) are missing. Totals over all ages or years are
        left out, and so are rows of unknown age, whose cases the provenance counts.

    Raises
    ------
    FileError
        When the file is not of this form, or holds codes in place of labels.

    Examples
    --------
    A simulated export, whose totals and unknown ages are left out:

    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "export.csv"
    >>> lines = [
    ...     "Age recode,Sex,Crude Rate,Count,Population",
    ...     "All ages,Female,,103,100000",
    ...     "00-49 years,Female,33.3,20,60000",
    ...     "50+ years,Female,200.0,80,40000",
    ...     "Unknown,Female,,3,0",
    ...     "00-49 years,Male,50.0,30,60000",
    ...     "50+ years,Male,400.0,120,30000",
    ... ]
    >>> _ = path.write_text("\n".join(lines))
    >>> table = read_seerstat(path)
    >>> table.summary()
          Sex   age age_band  age_end  cases  person_years      rate
    0  Female   0.0  0 to 50     50.0   20.0       60000.0  0.000333
    1  Female  50.0      50+      inf   80.0       40000.0  0.002000
    2    Male   0.0  0 to 50     50.0   30.0       60000.0  0.000500
    3    Male  50.0      50+      inf  120.0       30000.0  0.004000
    >>> folder.cleanup()
    """
    frame = words_of(path)
    ages = age or _beginning(frame, "age", path)
    years = year or _beginning(frame, "year", None)
    if ages not in frame.columns:
        shown = ", ".join(map(str, frame.columns[:20]))
        raise FileError(f"'{path}' has no column '{ages}'. Name it in age=. It has: {shown}.")
    words = frame[ages].str.strip()
    if words.str.fullmatch(r"\d{1,2}").all() and "single" not in ages.casefold():
        raise FileError(
            f"'{path}' holds codes of age groups in '{ages}'. Export labels, not numbers."
        )
    columns = _measures(frame, path)
    kept = ~words.str.contains(_ALL)
    if years is not None:
        kept &= ~_whole_spans(frame[years].str.strip())
    groups = as_names(by) if by is not None else _labels(frame[kept], (ages, years))
    table = pd.DataFrame({name: frame.loc[kept, name].str.strip() for name in groups})
    table["age"] = words[kept]
    if years is not None:
        table["period"] = frame.loc[kept, years].str.strip()
    for role, name in columns.items():
        table[role] = frame.loc[kept, name]
    options: dict[str, Any] = {role: role for role in columns}
    if "rate" in columns:
        options["per"] = per
    return rate_table(
        table.reset_index(drop=True),
        by=groups,
        period="period" if years is not None else None,
        decimal=".",
        provenance=described(provenance, path, source="SEER*Stat"),
        **options,
    )


def _beginning(frame: pd.DataFrame, word: str, path: str | Path | None) -> Any:
    """Return the column whose name begins with a word and that holds labels."""
    names = [
        name
        for name in frame.columns
        if str(name).casefold().startswith(word) and not _NOT_LABELS.search(str(name))
    ]
    if names or path is None:
        return names[0] if names else None
    shown = ", ".join(map(str, frame.columns[:20]))
    raise FileError(
        f"'{path}' has no column that begins with {word!r}. Let the export write variable names "
        f"before the data. It has: {shown}."
    )


def _measures(frame: pd.DataFrame, path: str | Path) -> dict[str, str]:
    count, people = column_named(frame, ("Count",)), column_named(frame, ("Population",))
    if count is not None and people is not None:
        return {"cases": count, "person_years": people}
    rate = column_named(frame, ("Crude Rate", "Rate"))
    if rate is None:
        shown = ", ".join(map(str, frame.columns[:20]))
        raise FileError(
            f"'{path}' has neither Count and Population nor Crude Rate. It has: {shown}."
        )
    return {"rate": rate}


def _labels(frame: pd.DataFrame, taken: tuple[str, str | None]) -> tuple[str, ...]:
    names = [name for name in frame.columns if name not in taken and not _NOT_LABELS.search(name)]
    return tuple(name for name in names if len(frame[name].unique()) > 1)


def _whole_spans(years: pd.Series[str]) -> pd.Series[bool]:
    """Mark totals over years: "2000-2004" where its single years have rows of their own."""
    single = {int(word) for word in years.unique() if word.isdigit()}

    def covered(word: str) -> bool:
        found = _SPAN.match(word)
        return found is not None and {int(found[1]), int(found[2])} <= single

    return years.map(covered) | years.str.contains(_ALL)
