"""Death rates by cause from the raw files of the WHO Mortality Database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import FileError
from paraneo.gate.event_patterns import pattern_of
from paraneo.gate.events import codes_of
from paraneo.gate.verbs import verb
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import as_numbers, described, required, words_of

_SEXES = {"1": "male", "2": "female"}
_KEYS = ("Country", "Year", "Sex", "Frmat")
#: Of formats 00, 01 and 02: the last numbered column of an age, which is open.
_OPEN = {"00": 25, "01": 23, "02": 23}
#: That of unknown ages.
_UNKNOWN = 26


@verb
def read_who_mortality(
    deaths: str | Path,
    population: str | Path,
    *,
    country: str | int,
    cause: Any,
    years: Sequence[int] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    """Read deaths of a cause and populations of the WHO Mortality Database.

    Parameters
    ----------
    deaths : path
        A file such as ``Morticd10_part5``, with columns Country, Year, Cause, Sex, Frmat and
        Deaths1 to Deaths26. Deaths of unknown age are left out and counted.
    population : path
        The file ``pop``, with Pop1 to Pop26.
    country : str or int
        The database's number of the country.
    cause : code or sequence of codes
        As in the column Cause, such as "C349"; patterns ("C34*") and ranges ("C33-C34") too.
        "AAA" is all causes.
    years : sequence of int, optional
        Left out, all years that both files have.
    provenance : mapping of str to str, optional

    Returns
    -------
    RateTable
        By sex and year, with counts: a population at mid-year stands for the person-years.
        A year and sex without a row of the cause had no death of it.

    Raises
    ------
    FileError
        When a file is not of this form, holds no row of the country or of the cause, has
        several rows of one year and sex, or ages in a format other than 00, 01 and 02.

    References
    ----------
    World Health Organization. WHO Mortality Database: raw data files and documentation.
    www.who.int/data/data-collection-tools/who-mortality-database.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> paths = [Path(folder.name) / name for name in ("mortality.csv", "pop.csv")]
    >>> for path, what, cell in zip(paths, ("Deaths", "Pop"), (4, 1000)):
    ...     head = ["Country,Year,Cause,Sex,Frmat", *(f"{what}{k}" for k in range(1, 27))]
    ...     row = ["9999,2010,C349,2,01", *(str(cell) for k in range(26))]
    ...     _ = path.write_text(",".join(head) + chr(10) + ",".join(row))
    >>> table = read_who_mortality(*paths, country=9999, cause="C34*")
    >>> table.age_edges[[0, 1, 5, 6, -2, -1]]
    array([ 0.,  1.,  5., 10., 85., inf])
    >>> table.rates_at(70, 2010.5)
    array(0.004)
    >>> table.provenance["left_out"]
    '4 cases of unknown age'
    >>> folder.cleanup()
    """
    died = _of_country(deaths, country, (*_KEYS, "Cause"), "Deaths")
    lived = _of_country(population, country, _KEYS, "Pop")
    died = _of_cause(died, cause, deaths)
    counts = _long(died, "Deaths", deaths).groupby(["year", "sex", "age"], sort=False)["value"]
    people = _long(lived, "Pop", population)
    twice = people.duplicated(["year", "sex", "age"])
    if twice.any():
        year = people.loc[twice, "year"].iloc[0]
        raise FileError(f"'{population}' has several populations of {year}. Keep one of them.")
    table = people.merge(
        counts.sum(min_count=1).reset_index(), on=["year", "sex", "age"], how="outer",
        suffixes=("_people", "_deaths"), indicator=True,
    )  # fmt: skip
    covered = set(died["Year"]) & set(lived["Year"])
    wanted = covered if years is None else {str(year) for year in years}
    if not wanted or not wanted <= covered:
        shown = ", ".join(sorted(covered)) or "none"
        raise FileError(f"The years that '{deaths}' and '{population}' both have are: {shown}.")
    table = table[table["year"].isin(wanted)]
    silent = table["_merge"].eq("left_only")  # no row of the cause: nobody died of it
    table["value_deaths"] = table["value_deaths"].mask(silent, 0.0)
    return rate_table(
        table.assign(year=table["year"].astype(int)),
        cases="value_deaths",
        person_years="value_people",
        period="year",
        by="sex",
        holes="missing",
        highest_rate=float("inf"),
        provenance=described(
            provenance, deaths, source="WHO Mortality Database", region=str(country),
            data=f"deaths of {', '.join(map(str, codes_of(cause)))}",
        ),
    )  # fmt: skip


def _of_country(
    path: str | Path, country: str | int, names: Sequence[str], what: str
) -> pd.DataFrame:
    """Return the rows of one country, of the whole of it."""
    frame = words_of(path)
    required(frame, {name: (name,) for name in (*names, f"{what}1", f"{what}{_UNKNOWN}")}, path)
    frame = frame.apply(lambda column: column.str.strip())
    whole = frame["Country"] == str(country)
    for name in ("Admin1", "SubDiv"):
        if name in frame:
            whole &= frame[name].eq("")
    if not whole.any():
        held = ", ".join(sorted(frame["Country"].unique())[:20])
        raise FileError(f"'{path}' has no country {country}. It has: {held}.")
    rows: pd.DataFrame = frame[whole & frame["Sex"].isin(list(_SEXES))]
    return rows


def _of_cause(frame: pd.DataFrame, cause: Any, path: str | Path) -> pd.DataFrame:
    """Return the rows of a cause, each code of which some row must have."""
    kept = np.zeros(len(frame), dtype=bool)
    for code in codes_of(cause):
        pattern = pattern_of(code)
        same = frame["Cause"].eq(str(code))
        if pattern is not None:
            same |= frame["Cause"].map(pattern.holds)
        if not same.any():
            near = [held for held in frame["Cause"].unique() if held.startswith(str(code)[:3])]
            shown = ", ".join(sorted(near or frame["Cause"].unique())[:8])
            raise FileError(f"'{path}' has no cause {code!r} here. It has: {shown} …")
        kept |= same.to_numpy(dtype=bool)
    return frame[kept]


def _long(frame: pd.DataFrame, what: str, path: str | Path) -> pd.DataFrame:
    """Return a row for each age of each row, by the format of its ages."""
    parts = []
    for form, rows in frame.groupby("Frmat"):
        code = str(form).zfill(2)
        if code not in _OPEN:
            raise FileError(
                f"'{path}' has ages in format {code}; 00, 01 and 02 are read. Leave its years out "
                "by years=, or add the ages up to one format first."
            )
        ages = _ages(code)
        numbers = rows[[f"{what}{place}" for place in ages]].apply(as_numbers)
        numbers.columns = list(ages.values())
        keys = rows[["Year", "Sex"]].set_axis(["year", "sex"], axis=1)
        keys["sex"] = keys["sex"].map(_SEXES)
        parts.append(pd.concat([keys, numbers], axis=1).melt(["year", "sex"], None, "age", "value"))
    return pd.concat(parts, ignore_index=True)


def _ages(form: str) -> dict[int, str]:
    """Return the label of each numbered column of a format."""
    single = {2: "0-0", 3: "1-1", 4: "2-2", 5: "3-3", 6: "4-4"}
    first = {2: "0-0", 3: "1-4"} if form == "02" else single
    last = _OPEN[form]
    five = {place: f"{5 * place - 30}-{5 * place - 26}" for place in range(7, last)}
    return {**first, **five, last: f"{5 * last - 30}+", _UNKNOWN: "unknown"}
