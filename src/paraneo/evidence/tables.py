"""Published tables read from the package's own data files."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files

import pandas as pd

from paraneo.errors import Faults

from ._columns import HOLDS, NUMBERS, WHOLE, WORDS

_DATA = files("paraneo.evidence") / "data"
#: Stands in ``doi_or_pmid`` where the publication is known but its identifier is not.
#: No default computation of the package uses such a row.
NOT_ESTABLISHED = "not established"
_CITATION = ("source_citation", "doi_or_pmid")


def names() -> list[str]:
    """Return the names of the published tables.

    Examples
    --------
    >>> "sir_overall" in names()
    True
    """
    found = (entry.name for entry in _DATA.iterdir())
    return sorted(name.removesuffix(".csv") for name in found if name.endswith(".csv"))


def load(name: str) -> pd.DataFrame:
    """Return one published table, a row a figure, each with its source.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    pandas.DataFrame
        ``source_citation`` and ``doi_or_pmid`` say where each row comes from, ``note``
        what a reader should know of it, known misprints among them. Columns of numbers
        are floats, NaN where the source prints none (years are whole numbers); all other
        columns are text, empty where there is nothing to say. Open age groups and windows
        end at infinity.

    Raises
    ------
    ArgumentError
        When there is no table of this name.

    See Also
    --------
    describe : What each table holds.

    Examples
    --------
    >>> float(load("sir_overall").loc[0, "sir"])
    7.7
    """
    known = names()
    if not isinstance(name, str) or name not in known:
        faults = Faults("the name of the evidence table")
        near = get_close_matches(str(name).removesuffix(".csv").lower(), known, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        faults.add("name", f"there is no table {name!r}", f"{hint}Choose from: {', '.join(known)}")
        faults.raise_any()
    with (_DATA / f"{name}.csv").open("r", encoding="utf-8") as file:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    return frame.apply(lambda column: _typed(name, column))


def _typed(table: str, column: pd.Series) -> pd.Series:
    """Return a column as the kind it has in every table, whatever its rows happen to hold."""
    name = str(column.name)
    if name in WHOLE:
        return column.astype("int64")
    if (table, name) in WORDS or (name not in NUMBERS and not _all_numbers(column)):
        return column
    return column.replace("", "nan").astype("float64")


def _all_numbers(column: pd.Series) -> bool:
    printed = column[column != ""]
    return bool(len(printed)) and bool(pd.to_numeric(printed, errors="coerce").notna().all())


def describe() -> pd.DataFrame:
    """Return what the tables hold, a row a table.

    Returns
    -------
    pandas.DataFrame
        Columns ``name``, ``holds`` (one line), ``rows`` and ``sources`` (how many
        publications the rows come from).

    Examples
    --------
    >>> int(describe().set_index("name").loc["imacs_validation", "rows"])
    6
    """
    tables = {name: load(name) for name in names()}
    return pd.DataFrame(
        {
            "name": list(tables),
            "holds": [HOLDS.get(name, "") for name in tables],
            "rows": [len(table) for table in tables.values()],
            "sources": [len(_publications(table)) for table in tables.values()],
        }
    )


def sources(name: str | None = None) -> pd.DataFrame:
    """Return the publications that the figures come from, a row a table and publication.

    Parameters
    ----------
    name : str, optional
        One of `names`; every table by default.

    Returns
    -------
    pandas.DataFrame
        Columns ``name`` (of the table), ``source_citation``, ``doi_or_pmid`` and ``rows``,
        in the order in which the tables cite them. `NOT_ESTABLISHED` stands where a
        publication is known but its identifier is not.

    Raises
    ------
    ArgumentError
        When there is no table of this name.

    Examples
    --------
    >>> sources("sir_by_age").loc[0, "source_citation"]
    'Qiang 2017 J Cutan Med Surg 21:131-6'
    """
    chosen = names() if name is None else [name]
    found = [_publications(load(table)).assign(name=table) for table in chosen]
    frame = pd.concat(found, ignore_index=True)
    return frame[["name", *_CITATION, "rows"]]


def _publications(table: pd.DataFrame) -> pd.DataFrame:
    cited = table.reindex(columns=list(_CITATION), fill_value="")
    return cited.groupby(list(_CITATION), sort=False).size().reset_index(name="rows")
