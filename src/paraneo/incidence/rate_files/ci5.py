"""Rates from the databases of Cancer Incidence in Five Continents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import FileError
from paraneo.incidence.rate_table import RateTable, rate_table

from ._reading import as_numbers, column_named, delimited, described, required, text_of, total

_ROLES = {
    "sex": ("sex",),
    "cancer": ("cancer", "cancer_code"),
    "age": ("age", "age_group"),
    "cases": ("cases",),
    "person_years": ("py", "person_years", "population"),
}
_UNKNOWN_AGE = 19
_SEXES = {1: "male", 2: "female"}


def read_ci5(
    path: str | Path,
    *,
    cancers: int | Sequence[int],
    registry: int | str | None = None,
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    """Read one registry of Cancer Incidence in Five Continents (CI5), or of CI5plus.

    Parameters
    ----------
    path : str or Path
        A CSV file with sex (1 male, 2 female), cancer code, age group (1 for 0-4 up to 18
        for 85 and over, 19 unknown), cases and person-years, in this order where it has
        no header. A column of years makes periods.
    cancers : int or sequence of int
        Codes of the dictionary that comes with the files. Their cases are added; take no
        code together with another that contains it, and mind that "all sites" comes with
        and without non-melanoma skin cancer (C44).
    registry : int or str, optional
        The one to take where a file holds several.
    provenance : mapping of str to str, optional

    Returns
    -------
    RateTable
        With a column "sex" of "female" and "male". Cases of unknown age are left out, and
        their number stands in the provenance. The last age group in which anybody lived
        is open: some registries know the population up to 70 or 75 only.

    Raises
    ------
    FileError
        When the file is not of this form or lacks a code that is asked for.
    """
    frame = _only(_read(path), registry, path)
    codes = [int(code) for code in np.atleast_1d(cancers)]
    absent = sorted(set(codes) - set(frame["cancer"].astype(int)))
    if absent or not codes:
        raise FileError(f"'{path}' has no cancer code {absent}. See the dictionary beside it.")
    keys = ["sex", "age"] + (["year"] if "year" in frame else [])
    frame = frame[frame["cancer"].isin(codes) & frame["sex"].isin(list(_SEXES))]
    doubled = frame.duplicated([*keys, "cancer"])
    if doubled.any():
        raise FileError(f"'{path}' has two rows for one cell. Name the registry to take.")
    known_age = frame["age"] != _UNKNOWN_AGE
    lost = frame.loc[~known_age, "cases"].to_numpy(dtype=np.float64)
    grouped = frame[known_age].groupby(keys)
    lived = grouped["person_years"]
    if (lived.max() != lived.min()).any():
        raise FileError(f"'{path}' has different person-years for cancers of one cell.")
    cells = grouped.agg(cases=("cases", "sum"), person_years=("person_years", "first"))
    cells = cells.reset_index()
    peopled = cells.loc[(cells["person_years"] > 0) | (cells["cases"] > 0), "age"]
    last = int(peopled.max()) if len(peopled) else 1
    cells = cells[cells["age"] <= last]
    cells = cells.assign(age=5.0 * (cells["age"] - 1), sex=cells["sex"].map(_SEXES))
    note = f"{total(lost)} cases of unknown age" if lost.sum() > 0 else ""
    known = {
        "source": "Cancer Incidence in Five Continents, IARC",
        "sites": f"cancer codes {', '.join(map(str, codes))}",
        "left_out": note,
    }
    return rate_table(
        cells,
        cases="cases",
        person_years="person_years",
        period="year" if "year" in cells else None,
        by="sex",
        provenance=described(provenance, path, **known),
    )


def _read(path: str | Path) -> pd.DataFrame:
    """Return the columns under their plain names, as numbers."""
    first = (text_of(path).splitlines() or [""])[0]
    if any(letter.isalpha() for letter in first):
        frame = delimited(path)
        required(frame, _ROLES, path)
        found = {role: column_named(frame, names) for role, names in _ROLES.items()}
        found["year"] = column_named(frame, ("year",))
        found["registry"] = column_named(frame, ("registry", "id_code", "id", "cancer_registry"))
    else:
        frame = pd.read_csv(path, header=None, dtype=str)
        if frame.shape[1] != len(_ROLES):
            raise FileError(
                f"'{path}' has {frame.shape[1]} columns and no header; sex, cancer, age, cases and "
                "person-years are expected. Add a header."
            )
        found = dict(zip(_ROLES, frame.columns, strict=True))
    columns: dict[str, pd.Series[Any]] = {
        role: as_numbers(frame[name]) for role, name in found.items() if name is not None
    }
    if "registry" in columns:
        columns["registry"] = frame[found["registry"]].str.strip()
    table = pd.DataFrame(columns)
    _check(table, path)
    return table


def _check(table: pd.DataFrame, path: str | Path) -> None:
    for role in (*_ROLES, "year"):
        if role in table and (table[role].dtype == object or table[role].isna().any()):
            raise FileError(f"'{path}' holds something other than numbers in its column of {role}.")
    if not table["age"].isin(range(1, _UNKNOWN_AGE + 1)).all():
        raise FileError(f"'{path}' has age groups outside 1 to 19. Give five-year age groups.")


def _only(frame: pd.DataFrame, registry: int | str | None, path: str | Path) -> pd.DataFrame:
    if "registry" not in frame:
        return frame
    known = list(frame["registry"].unique())
    if registry is None and len(known) == 1:
        return frame
    if str(registry) not in known:
        shown = ", ".join(known[:8])
        raise FileError(f"'{path}' holds {len(known)} registries. Name one: {shown} …")
    return frame[frame["registry"] == str(registry)]
