"""Rates from tables of the Global Cancer Observatory (GLOBOCAN)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from paraneo.errors import FileError
from paraneo.gate.verbs import verb
from paraneo.rates.bands import AgeCodes
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import as_numbers, column_named, described, is_numeric, words_of

_SEXES = {"0": "both", "1": "male", "2": "female", "both sexes": "both"} | {
    "males": "male",
    "females": "female",
    "men": "male",
    "women": "female",
}
_SEX = ("sex", "gender")
_AGE = ("age", "age_group", "age group", "age_low")
_CASES = ("cases", "number", "total", "new cases")
_PEOPLE = ("population", "py", "person_years", "risk")
_RATE = ("rate_per_100k", "crude rate", "crude_rate", "age-specific rate", "rate")
_SITE = ("site", "cancer", "cancer label", "cancer_label", "label", "cancer code")
_AREA = ("area", "country", "country label", "population label", "alpha-3 code")
_YEAR = ("year",)
_BAND = re.compile(r"^\d{1,2}\s*(?:[-–_]\s*\d{0,2}|\+)?$")


@verb
def read_globocan(
    path: str | Path,
    *,
    site: str | None = None,
    area: str | None = None,
    age_codes: AgeCodes | None = None,
    decimal: Literal[".", ","] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    r"""Read age-specific rates of one cancer in one area from a GLOBOCAN table.

    Parameters
    ----------
    path : str or Path
        Delimited text with a row per sex and age group that holds cases and population,
        or a rate per 100 000; or a row per sex with a column of rates per 100 000 for
        each age group (0-4, 5-9, … 85+, or 0, 5, … 85). Columns are known by their usual
        names; a column of several years makes periods, and one of a single year stands in
        the provenance. Tables of all ages together, whose rates are standardised, serve
        for nothing here and are refused.
    site, area : str, optional
        The cancer and the area to take where the table holds several. "All cancers" comes
        with and without non-melanoma skin cancer (C44); the cases of the cohort must be
        counted the same way.
    age_codes : "5-year" or mapping, optional
        What codes of age groups mean, as in `rate_table`.
    decimal : {".", ","}, optional
        The decimal mark, where the file does not show it.
    provenance : mapping of str to str, optional

    Returns
    -------
    RateTable
        With a column "sex" of "female", "male" and, where the table has it, "both"; the
        codes 0, 1 and 2 of the Observatory mean both, male and female. Made from counts
        where there are any.

    Raises
    ------
    FileError
        When no column plays a part that is needed, or the table holds several cancers or
        areas and none is chosen.

    Examples
    --------
    Two cancers of a simulated country; the ages of one are wanted:

    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "utopia.csv"
    >>> lines = [
    ...     "country,cancer,sex,age,cases,population",
    ...     "Utopia,Ovary,2,0-39,12,400000",
    ...     "Utopia,Ovary,2,40+,90,300000",
    ...     "Utopia,Breast,2,0-39,30,400000",
    ...     "Utopia,Breast,2,40+,600,300000",
    ... ]
    >>> _ = path.write_text("\n".join(lines))
    >>> table = read_globocan(path, site="Ovary")
    >>> table.summary()
          sex   age age_band  age_end  cases  person_years     rate
    0  female   0.0  0 to 40     40.0   12.0      400000.0  0.00003
    1  female  40.0      40+      inf   90.0      300000.0  0.00030
    >>> folder.cleanup()
    """
    frame = words_of(path)
    mark = decimal or frame.attrs.get("decimal")
    frame, cancer = _only(frame, _SITE, site, "site", path)
    people = column_named(frame, _PEOPLE)
    named = people is not None and not is_numeric(frame[people])
    areas = (*_AREA, str(people)) if named else _AREA
    frame, country = _only(frame, areas, area, "area", path)
    sex = column_named(frame, _SEX)
    age = column_named(frame, _AGE)
    year = column_named(frame, _YEAR)
    years = list(frame[year].str.strip().unique()) if year is not None else []
    if age is None:
        kept = [name for name in (sex, year) if name is not None]
        frame, age, columns = _long(frame, kept, path)
    else:
        columns = _columns(frame, path)
    table = pd.DataFrame({"age": frame[age].astype(str).str.strip()})
    if len(years) > 1:
        table["period"] = frame[year].str.strip().to_numpy()
    for role, name in columns.items():
        whole = role != "rate"
        table[role] = as_numbers(frame[name], decimal=mark, whole=whole).to_numpy()
    if sex is not None:
        words = frame[sex].astype(str).str.strip().str.casefold()
        table["sex"] = words.map(lambda word: _SEXES.get(word, word)).to_numpy()
    options: dict[str, Any] = {role: role for role in columns}
    if "rate" in columns:
        options["per"] = 100_000
    known = described(
        provenance,
        path,
        source="GLOBOCAN, Global Cancer Observatory, IARC",
        region=country,
        sites=cancer,
        year=years[0] if len(years) == 1 else "",
    )
    options["period"] = "period" if "period" in table else None
    options |= {"age_codes": age_codes, "decimal": mark}
    return rate_table(table, by="sex" if sex else (), provenance=known, **options)


def _columns(frame: pd.DataFrame, path: str | Path) -> dict[str, str]:
    cases, people = column_named(frame, _CASES), column_named(frame, _PEOPLE)
    if cases is not None and people is not None and is_numeric(frame[people]):
        return {"cases": cases, "person_years": people}
    rate = column_named(frame, _RATE)
    if rate is None:
        shown = ", ".join(map(str, frame.columns[:20]))
        raise FileError(
            f"'{path}' has neither cases and population nor rates by age. It has: {shown}."
        )
    return {"rate": rate}


def _long(
    frame: pd.DataFrame, kept: list[str], path: str | Path
) -> tuple[pd.DataFrame, str, dict[str, str]]:
    """Return a row per age group from a table with a column per age group."""
    bands = [name for name in frame.columns if _BAND.match(str(name))]
    if not bands:
        shown = ", ".join(map(str, frame.columns[:20]))
        raise FileError(
            f"'{path}' has no column of ages and no columns for age groups, as a table of all ages "
            f"has not. Take a table of rates by age. It has: {shown}."
        )
    return (
        frame.melt(kept, bands, "age_of_rate", "rate_of_age"),
        "age_of_rate",
        {"rate": "rate_of_age"},
    )


def _only(
    frame: pd.DataFrame, names: tuple[str, ...], wanted: str | None, what: str, path: str | Path
) -> tuple[pd.DataFrame, str]:
    """Return the rows of one site or area, and its name."""
    column = column_named(frame, names)
    if column is None:
        return frame, wanted or ""
    words = frame[column].astype(str).str.strip()
    known = list(words.unique())
    if wanted is None and len(known) == 1:
        return frame, known[0]
    if wanted not in known:
        shown = "; ".join(known[:12])
        raise FileError(f"'{path}' holds {len(known)} of {what}. Choose {what}= from: {shown}.")
    return frame[words == wanted], str(wanted)
