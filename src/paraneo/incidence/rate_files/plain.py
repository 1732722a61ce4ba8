"""Rates from a plain CSV or Parquet file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paraneo._files import read_table
from paraneo.incidence.rate_table import RateTable, rate_table

from ._reading import described


def read_rate_table(
    path: str | Path, *, provenance: Mapping[str, str] | None = None, **columns: Any
) -> RateTable:
    """Read rates from a CSV or Parquet file in long form.

    Parameters
    ----------
    path : str or Path
        Its ending says what it is: .csv, .csv.gz, .txt, .parquet, .pq.
    provenance : mapping of str to str, optional
        Source, region, years, sites; the name of the file is added.
    **columns
        As in `rate_table`: ``rate``, or ``cases`` and ``person_years``; ``per``, ``age``,
        ``period``, ``by``, ``kind`` and so on.

    Raises
    ------
    FileError
        When the file cannot be read.
    TableError
        As `rate_table`.
    """
    return rate_table(read_table(path), provenance=described(provenance, path), **columns)
