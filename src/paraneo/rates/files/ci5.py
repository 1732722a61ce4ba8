"""Rates from the databases of Cancer Incidence in Five Continents."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import FileError
from paraneo.gate.verbs import verb
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import as_numbers, column_named, described, required, text_of, total, words_of

_ROLES = {
    "sex": ("sex",),
    "cancer": ("cancer", "cancer_code"),
    "age": ("age", "age_group"),
    "cases": ("cases",),
    "person_years": ("py", "person_years", "population"),
}
_REGISTRIES = ("registry", "registry_code", "id_code", "id", "cancer_registry")
_UNKNOWN_AGE = 19
_FIRST_AGES = "0_4"
_SEXES = {1: "male", 2: "female"}


@verb
def read_ci5(
    path: str | Path,
    *,
    cancers: int | Sequence[int],
    registry: int | str | None = None,
    population: str | Path | None = None,
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    r"""Read one registry of Cancer Incidence in Five Continents (CI5), or of CI5plus.

    Parameters
    ----------
    path : str or Path
        A CSV file with sex (1 male, 2 female), cancer code, age group (1 for 0-4 up to 18
        for 85 and over, 19 unknown), cases and person-years, in this order where it has
        no header, as the detailed databases are, one file a registry. A column of years
        makes periods. Or ``cases.csv`` of a summary database, with a column of cases for
        each age group (N0_4, N5_9, … N85, N_unk).
    cancers : int or sequence of int
        Codes of the dictionary that comes with the files. Their cases are added; take no
        code together with another that contains it, and mind that "all sites" comes with
        and without non-melanoma skin cancer (C44).
    registry : int or str, optional
        The one to take where a file holds several.
    population : str or Path, optional
        ``pop.csv`` of the same summary database (P0_4, P5_9, … P85, P_unk).
    provenance : mapping of str to str, optional

    Returns
    -------
    RateTable
        With a column "sex" of "female" and "male". Cases of unknown age are left out, and
        their number stands in the provenance. The last age group in which anybody lived
        is open: some registries, or some of their years, know the population up to 70 or
        75 only; what other years tell of older people is added up to the same open group.

    Raises
    ------
    FileError
        When the file is not of this form or lacks a code that is asked for.

    Examples
    --------
    A detailed database has no header: sex, cancer, age group, cases and person-years. In the
    last age group, 19, the age is unknown:

    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "utopia.csv"
    >>> lines = [
    ...     "1,5,1,2,50000",
    ...     "1,5,2,9,45000",
    ...     "1,5,19,1,0",
    ...     "2,5,1,1,48000",
    ...     "2,5,2,7,47000",
    ...     "2,5,19,1,0",
    ... ]
    >>> _ = path.write_text("\n".join(lines))
    >>> table = read_ci5(path, cancers=5)
    >>> table.summary()
          sex  age age_band  age_end  cases  person_years      rate
    0  female  0.0   0 to 5      5.0    1.0       48000.0  0.000021
    1  female  5.0       5+      inf    7.0       47000.0  0.000149
    2    male  0.0   0 to 5      5.0    2.0       50000.0  0.000040
    3    male  5.0       5+      inf    9.0       45000.0  0.000200
    >>> table.provenance["left_out"]
    '2 cases of unknown age'
    >>> folder.cleanup()
    """
    frame = _read(path, registry, population)
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
    cells = _to_the_same_age(cells.reset_index(), keys)
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


def _to_the_same_age(cells: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add up all beyond the youngest of the open age groups that sexes and years end in."""
    others = [key for key in keys if key != "age"]
    peopled = cells[(cells["person_years"] > 0) | (cells["cases"] > 0)]
    ends = peopled.groupby(others)["age"].max()
    cells = cells.assign(age=cells["age"].clip(upper=ends.min() if len(ends) else 1))
    return cells.groupby(keys, as_index=False)[["cases", "person_years"]].sum()


def _read(
    path: str | Path, registry: int | str | None, population: str | Path | None
) -> pd.DataFrame:
    """Return the columns of one registry under their plain names, as numbers."""
    first = (text_of(path).splitlines() or [""])[0]
    if any(letter.isalpha() for letter in first):
        frame = _only(words_of(path), registry, path)
        if column_named(frame, [f"N{_FIRST_AGES}"]) is not None:
            frame = _joined(frame, path, registry, population)
        required(frame, _ROLES, path)
        found = {role: column_named(frame, names) for role, names in _ROLES.items()}
        found["year"] = column_named(frame, ("year",))
    else:
        text = text_of(path).replace("\0", "")
        if not text.strip():
            raise FileError(f"'{path}' is empty. Download it again.")
        try:
            frame = pd.read_csv(io.StringIO(text), header=None, dtype=str)
        except pd.errors.ParserError as error:
            raise FileError(f"'{path}' cannot be read as a table: {str(error).strip()}") from error
        if frame.shape[1] != len(_ROLES):
            raise FileError(
                f"'{path}' has {frame.shape[1]} columns and no header; sex, cancer, age, cases and "
                "person-years are expected. Add a header."
            )
        found = dict(zip(_ROLES, frame.columns, strict=True))
    columns: dict[str, pd.Series[Any]] = {
        role: as_numbers(frame[name], decimal=".")
        for role, name in found.items()
        if name is not None
    }
    table = pd.DataFrame(columns)
    _check(table, path)
    return table


def _joined(
    frame: pd.DataFrame,
    path: str | Path,
    registry: int | str | None,
    population: str | Path | None,
) -> pd.DataFrame:
    """Return cases and people of one registry of a summary database, a row a cell."""
    if population is None:
        raise FileError(
            f"'{path}' holds cases without people. Name the file of the population that comes "
            "with it by population=."
        )
    people = _only(words_of(population), registry, population)
    required(people, {"people by age": [f"P{_FIRST_AGES}"]}, population)
    cases = _by_age(frame, "N", "cases", ["SEX", "CANCER"], path)
    lived = _by_age(people, "P", "py", ["SEX"], population)
    return cases.merge(lived, on=["SEX", "age"], how="left")


def _by_age(
    frame: pd.DataFrame, letter: str, values: str, keys: list[str], path: str | Path
) -> pd.DataFrame:
    """Return a row for each age group from a column for each, numbered from 1."""
    required(frame, {key: [key] for key in keys}, path)
    ages = [name for name in frame if re.fullmatch(rf"{letter}(\d+(_\d+)?|_unk)", str(name))]
    if len(ages) != _UNKNOWN_AGE:
        raise FileError(
            f"'{path}' has {len(ages)} columns of age groups, and {_UNKNOWN_AGE} are expected: "
            f"{letter}{_FIRST_AGES}, … {letter}85, {letter}_unk."
        )
    long = frame.melt(keys, ages, "age", values)
    return long.assign(age=long["age"].map({name: str(n + 1) for n, name in enumerate(ages)}))


def _check(table: pd.DataFrame, path: str | Path) -> None:
    unknown = table["age"] == _UNKNOWN_AGE
    table["person_years"] = table["person_years"].mask(unknown & table["person_years"].isna(), 0.0)
    for role in (*_ROLES, "year"):
        if role in table and (table[role].dtype == object or table[role].isna().any()):
            raise FileError(f"'{path}' holds something other than numbers in its column of {role}.")
    if not table["age"].isin(range(1, _UNKNOWN_AGE + 1)).all():
        raise FileError(f"'{path}' has age groups outside 1 to 19. Give five-year age groups.")


def _only(frame: pd.DataFrame, registry: int | str | None, path: str | Path) -> pd.DataFrame:
    """Return the rows of one registry; all where no column tells them apart."""
    column = column_named(frame, _REGISTRIES)
    if column is None:
        return frame
    words = frame[column].str.strip()
    known = list(words.unique())
    if registry is None and len(known) == 1:
        return frame
    if str(registry) not in known:
        shown = ", ".join(known[:8]) + (" …" if len(known) > 8 else "")
        word = "registry" if len(known) == 1 else "registries"
        said = (
            "Name one by registry=" if registry is None else f"There is no {registry!r} among them"
        )
        raise FileError(f"'{path}' holds {len(known)} {word}. {said}: {shown}.")
    return frame[words == str(registry)]
