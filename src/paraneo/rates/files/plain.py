"""Rates from a plain file: CSV, Parquet and others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paraneo.gate.files import read_table
from paraneo.gate.verbs import verb
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import described


@verb
def read_rate_table(
    path: str | Path, *, provenance: Mapping[str, str] | None = None, **columns: Any
) -> RateTable:
    r"""Read rates from a file in long form.

    Parameters
    ----------
    path : str or Path
        Its ending says what it is: .csv, .tsv or .txt, .parquet, .feather, .dta,
        .sas7bdat, .xpt, .xlsx, .json; packed (.gz, .bz2, .zst) or not.
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

    Examples
    --------
    A small file of a simulated country:

    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "cancer.csv"
    >>> lines = [
    ...     "age,sex,rate",
    ...     "0-49,F,80",
    ...     "50+,F,700",
    ...     "0-49,M,100",
    ...     "50+,M,900",
    ... ]
    >>> _ = path.write_text("\n".join(lines))
    >>> table = read_rate_table(path, rate="rate", per=100_000, by="sex")
    >>> table.summary()
      sex   age age_band  age_end    rate
    0   F   0.0  0 to 50     50.0  0.0008
    1   F  50.0      50+      inf  0.0070
    2   M   0.0  0 to 50     50.0  0.0010
    3   M  50.0      50+      inf  0.0090
    >>> folder.cleanup()
    """
    table = read_table(path, decimal=columns.get("decimal"))
    return rate_table(table, provenance=described(provenance, path), **columns)
