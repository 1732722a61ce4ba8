"""Published tables read from the package's own data files."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files

import pandas as pd

from paraneo.errors import Faults

_DATA = files("paraneo.evidence") / "data"


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
        what a reader should know of it. A figure that its source does not print is NaN.

    Raises
    ------
    ArgumentError
        When there is no table of this name.

    Examples
    --------
    >>> float(load("sir_overall").loc[0, "sir"])
    7.7
    """
    known = names()
    if name not in known:
        faults = Faults("the name of the evidence table")
        near = get_close_matches(str(name), known, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        faults.add("name", f"there is no table {name!r}", f"{hint}Choose from: {', '.join(known)}")
        faults.raise_any()
    with (_DATA / f"{name}.csv").open("r", encoding="utf-8") as file:
        return pd.read_csv(file)
