"""Mortality from a ratetable of R written as CSV."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from paraneo.errors import Faults, FileError
from paraneo.gate.arguments import POSITIVE, numbers
from paraneo.gate.files import read_table
from paraneo.gate.tables import as_names
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import column_named, described

_RATES = ("hazard", "rate", "Freq", "value", "x")
_DAYS = re.compile(r"^(\d+)\s*-\s*\d+\s*d(?:ays?)?$")
#: No one lives so many years; ages beyond are days.
_OLDEST = 150.0
#: Tables go on to ages with a last survivor or two, at a few deaths per person-year. Rates
#: per year taken for rates per day exceed it, being 365 times too high.
_HIGHEST = 20.0


@verb
def read_r_ratetable(
    path: str | Path,
    *,
    rate: str | None = None,
    age: str = "age",
    year: str | None = "year",
    by: str | Sequence[str] = "sex",
    days_per_year: float = 365.25,
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    r"""Read a ratetable as R writes it: hazards per day, in long form.

    In R, ``write.csv(as.data.frame.table(survexp.us), "survexp.csv", row.names = FALSE)``.

    Parameters
    ----------
    path : str or Path
        CSV or Parquet.
    rate : str, optional
        Column of hazards per *day*; left out, the first of hazard, rate, Freq, value, x.
    age : str
        Column of ages: years, days (known by numbers above 150), or labels of days such as
        "0-1d".
    year : str or None
        Column of calendar years or of dates. None for a table without periods.
    by : str or sequence of str
    days_per_year : float
        365.25 in the package survival; tables of relsurv have 365.241.
    provenance : mapping of str to str, optional

    Raises
    ------
    FileError
        When the file cannot be read or no column holds hazards.
    TableError
        As `rate_table`; among others where the rates seem to be per year already.

    Notes
    -----
    A rate of a year holds here from 1 January to 31 December; in R's tables for the United
    States it changes on the birthday.

    Examples
    --------
    A simulated table, with hazards per day:

    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "survexp.csv"
    >>> lines = [
    ...     "age,sex,year,Freq",
    ...     "60,male,2000,5e-5",
    ...     "61,male,2000,6e-5",
    ...     "60,female,2000,2e-5",
    ...     "61,female,2000,3e-5",
    ... ]
    >>> _ = path.write_text("\n".join(lines))
    >>> table = read_r_ratetable(path)
    >>> table.summary().round(5)
          sex   age  age_band  age_end  period   period_band  period_end     rate
    0  female  60.0  60 to 61     61.0  2000.0  2000 to 2001      2001.0  0.00731
    1  female  61.0       61+      inf  2000.0  2000 to 2001      2001.0  0.01096
    2    male  60.0  60 to 61     61.0  2000.0  2000 to 2001      2001.0  0.01826
    3    male  61.0       61+      inf  2000.0  2000 to 2001      2001.0  0.02192
    >>> folder.cleanup()
    """
    frame = read_table(path)
    hazard = rate or column_named(frame, _RATES)
    faults = Faults("the arguments of read_r_ratetable")
    days = numbers(days_per_year, "days_per_year", POSITIVE, faults)
    faults.raise_any()
    if hazard is None or hazard not in frame:
        shown = ", ".join(map(str, frame.columns[:20]))
        raise FileError(f"'{path}' has no column of hazards. Name it in rate=. It has: {shown}.")
    table = frame.copy()
    if age in frame:
        table[age] = _ages(frame[age], days_per_year)
    if year is not None and year in frame:
        table[year] = _years(frame[year])
    return rate_table(
        table,
        rate=hazard,
        per=1.0 / float(days),
        age=age,
        period=year,
        by=as_names(by),
        highest_rate=_HIGHEST,
        provenance=described(provenance, path, source="ratetable of R"),
    )


def _ages(ages: pd.Series[str], days_per_year: float) -> pd.Series[float] | pd.Series[str]:
    """Return ages in years; whole ones stay whole though they came as days."""
    found = ages.astype(str).str.strip().str.extract(_DAYS)[0]
    early = pd.to_numeric(found, errors="coerce") / days_per_year
    numbers = pd.to_numeric(ages, errors="coerce").fillna(early)
    if numbers.isna().any():
        return ages
    years = numbers.to_numpy(dtype=np.float64)
    if years.max(initial=0.0) > _OLDEST:
        years = years / days_per_year
    return pd.Series(_whole(years), index=ages.index)


def _whole(years: Vector) -> Vector:
    """Round what is within an hour of a whole year."""
    near = np.round(years)
    return np.where(np.abs(years - near) < 1e-4, near, years)


def _years(years: pd.Series[str]) -> pd.Series[int] | pd.Series[str]:
    """Return calendar years where dates are given."""
    words = years.astype(str).str.strip()
    dates = words.str.fullmatch(r"\d{4}-\d{2}-\d{2}")
    return words.str.slice(0, 4).astype(int) if dates.all() else years
