"""Rows of several endpoints, which share the person-time that each has beside it."""

from __future__ import annotations

from collections.abc import Collection

from paraneo.gate.tables import Columns

#: The column in which `person_years` tells endpoints apart.
ENDPOINT = "endpoint"


def check_endpoints(source: Columns, by: Collection[str], where: str) -> None:
    """Note where rows of several endpoints would be added up, and their person-time with them.

    Parameters
    ----------
    by : collection of str
        The columns that keep rows apart.
    where : str
        The argument that names them.
    """
    if ENDPOINT in by or not source.has(ENDPOINT):
        return
    column = source.native(ENDPOINT)
    count = 0 if column is None else column.nunique()
    if count > 1:
        said = f"rows of {count} endpoints would be added up, and the same people's time with them"
        cure = f"Name '{ENDPOINT}' here, keep the rows of one, or drop the column"
        source.faults.add(where, said, cure)
