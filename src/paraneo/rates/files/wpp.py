"""Death rates from the files of the United Nations' World Population Prospects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import ArgumentError, Fault, FileError
from paraneo.gate.files import read_table
from paraneo.gate.verbs import verb
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import described, required

_SEXES = ("female", "male", "total")
_PLACES = ("Location", "ISO3_code", "ISO2_code", "LocID")
_THOUSANDS = 1000.0


@verb
def read_wpp(
    rates: str | Path | None = None,
    *,
    deaths: str | Path | None = None,
    population: str | Path | None = None,
    location: str | int | None = None,
    sexes: Sequence[str] = ("female", "male"),
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    r"""Read death rates, or deaths and exposures, of the World Population Prospects.

    Parameters
    ----------
    rates : path, optional
        A life table such as ``WPP2024_Life_Table_Complete_Medium_Female_1950-2023.csv.gz``,
        of whose columns mx is taken.
    deaths, population : path, optional
        ``…_DeathsBySingleAgeSex_…`` and ``…_PopulationExposureBySingleAgeSex_…`` instead,
        whose thousands are turned into people; the table can then be made coarser. A
        population at mid-year stands for the person-years of the year.
    location : str or int, optional
        Name, code of letters or number of the country; needed where the file holds several.
    sexes : sequence of str
        Among "female", "male" and "total", which become labels of a column "sex".
    provenance : mapping of str to str, optional

    Raises
    ------
    FileError
        When a file is absent, not of this form, or does not hold the location or a sex.

    References
    ----------
    United Nations, Department of Economic and Social Affairs, Population Division. World
    Population Prospects. population.un.org/wpp.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "life_table.csv"
    >>> lines = [
    ...     "LocID,ISO3_code,Location,Time,Sex,AgeGrp,AgeGrpStart,AgeGrpSpan,mx,qx",
    ...     "999,UTO,Utopia,2020,Female,0,0,1,0.003,0.003",
    ...     "999,UTO,Utopia,2020,Female,1+,1,-1,0.010,1",
    ... ]
    >>> _ = path.write_text("\n".join(lines))
    >>> read_wpp(path, sexes=["female"]).rates.ravel()
    array([0.003, 0.01 ])
    >>> folder.cleanup()
    """
    wrong = [sex for sex in sexes if sex not in _SEXES] if sexes else ["none"]
    faults = [Fault("sexes", (), f"no sex {sex!r}", f"Choose from {_SEXES}") for sex in wrong]
    counted = deaths is not None and population is not None
    if (rates is not None) == counted or (deaths is None) != (population is None):
        cure = "Give rates, or deaths and population"
        faults.append(Fault(None, (), "neither one file of rates nor two of counts", cure))
    if faults:
        raise ArgumentError("the files of the World Population Prospects", faults)
    if rates is not None:
        frame, place = _placed(rates, location, ("Sex", "mx"))
        frame = frame.assign(sex=frame["Sex"].astype(str).str.casefold(), value=frame["mx"])
        path, names = rates, {"rate": "value"}
    else:
        assert deaths is not None
        assert population is not None
        frame, place = _placed(deaths, location, ())
        other, _ = _placed(population, location, ())
        frame = _by_sex(frame, "Death", sexes, deaths).merge(
            _by_sex(other, "Pop", sexes, population),
            on=["Time", "AgeGrpStart", "AgeGrpSpan", "sex"],
            how="outer",
            suffixes=("", "_at_risk"),
        )
        path, names = deaths, {"cases": "value", "person_years": "value_at_risk"}
    frame = frame[frame["sex"].isin(list(sexes))]
    absent = [sex for sex in sexes if sex not in set(frame["sex"])]
    if absent:
        raise FileError(f"'{path}' has no row of sex {absent[0]}. Name in sexes= those it has.")
    starts = pd.to_numeric(frame["AgeGrpStart"]).to_numpy(dtype=np.float64)
    spans = pd.to_numeric(frame["AgeGrpSpan"]).to_numpy(dtype=np.float64)
    table = frame.assign(
        age=starts, age_end=np.where(spans < 0, np.inf, starts + spans), period=frame["Time"]
    ).assign(period_end=lambda rows: pd.to_numeric(rows["period"]) + 1)
    options: dict[str, Any] = names
    return rate_table(
        table,
        period="period",
        by="sex",
        holes="missing",
        highest_rate=float("inf"),
        provenance=described(
            provenance, path, source="UN World Population Prospects", region=place
        ),
        **options,
    )


def _placed(
    path: str | Path, location: str | int | None, more: Sequence[str]
) -> tuple[pd.DataFrame, str]:
    """Return the rows of one location, and its name."""
    frame = read_table(path, decimal=".")
    wanted = ("Location", "Time", "AgeGrpStart", "AgeGrpSpan", *more)
    required(frame, {name: (name,) for name in wanted}, path)
    held = frame["Location"].astype(str).unique().tolist()
    if location is not None:
        same = np.zeros(len(frame), dtype=bool)
        for name in _PLACES:
            if name in frame:
                word = str(location).casefold()
                same |= frame[name].astype(str).str.casefold().eq(word).to_numpy()
        frame = frame[same]
    if len(frame["Location"].unique()) != 1:
        asked = "holds several locations" if location is None else f"has no location {location!r}"
        raise FileError(f"'{path}' {asked}. Choose location= from: {', '.join(held[:20])}.")
    return frame, str(frame["Location"].iloc[0])


def _by_sex(frame: pd.DataFrame, what: str, sexes: Sequence[str], path: str | Path) -> pd.DataFrame:
    """Return counts in long form, in people."""
    columns = {f"{what}{sex.title()}": sex for sex in sexes}
    required(frame, {name: (name,) for name in columns}, path)
    keys = ["Time", "AgeGrpStart", "AgeGrpSpan"]
    long = frame.melt(keys, list(columns), "sex", "value")
    number = pd.to_numeric(long["value"], errors="coerce") * _THOUSANDS
    return long.assign(sex=long["sex"].map(columns), value=number)
