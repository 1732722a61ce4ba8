"""Mortality from the popmort files that Stata users keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from paraneo.errors import FileError
from paraneo.gate.files import read_table
from paraneo.gate.tables import as_names
from paraneo.gate.verbs import verb
from paraneo.rates.rate_table import RateTable, rate_table

from ._reading import described, required


@verb
def read_popmort(
    path: str | Path,
    *,
    prob: str = "prob",
    age: str = "_age",
    period: str | None = "_year",
    by: str | Sequence[str] = "sex",
    provenance: Mapping[str, str] | None = None,
) -> RateTable:
    """Read a population mortality file as used with ``strs`` and ``stpp`` in Stata.

    Its ``prob`` is the chance to *survive* one year of age, not to die in it, so that the
    hazard is -log(prob) per year.

    Parameters
    ----------
    path : str or Path
        A ``.dta`` file, or the same as CSV or Parquet. Labels of values are read where
        the file has them, so that 1 and 2 become what it calls them.
    prob, age, period : str
        Columns: survival in [0, 1], age in single years, calendar year or None.
    by : str or sequence of str
    provenance : mapping of str to str, optional

    Raises
    ------
    FileError
        When the file cannot be read, lacks a column, or holds chances of death.
    TableError
        As `rate_table`; a survival of 0 has no finite hazard.

    References
    ----------
    Dickman PW, Coviello E. Estimating and modeling relative survival. Stata J
    2015;15:186-215. doi:10.1177/1536867X1501500112.

    Examples
    --------
    Two ages and one year of a simulated country. The hazard is a little more than 1 - prob:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "popmort.dta"
    >>> alive = {"sex": [1, 1, 2, 2], "_age": [60, 61, 60, 61], "_year": 2000}
    >>> alive |= {"prob": [0.980, 0.978, 0.990, 0.989]}
    >>> pd.DataFrame(alive).to_stata(path, write_index=False)
    >>> table = read_popmort(path)
    >>> table.summary().round(5)
       sex   age  age_band  age_end  period   period_band  period_end     rate
    0    1  60.0  60 to 61     61.0  2000.0  2000 to 2001      2001.0  0.02020
    1    1  61.0       61+      inf  2000.0  2000 to 2001      2001.0  0.02225
    2    2  60.0  60 to 61     61.0  2000.0  2000 to 2001      2001.0  0.01005
    3    2  61.0       61+      inf  2000.0  2000 to 2001      2001.0  0.01106
    >>> folder.cleanup()
    """
    frame = read_table(path)
    names = as_names(by)
    wanted = [prob, age, *names] + ([period] if period else [])
    required(frame, {name: (name,) for name in wanted}, path)
    survival = pd.to_numeric(frame[prob], errors="coerce").to_numpy(dtype=np.float64)
    if np.nanmedian(survival) < 0.5:
        raise FileError(
            f"'{path}' holds chances below one half in '{prob}', so that they seem to be of death. "
            "Read it with read_rate_table(..., kind='probability')."
        )
    table = frame[[age, *names] + ([period] if period else [])].copy()
    for name in names:
        if isinstance(table[name].dtype, pd.CategoricalDtype):
            table[name] = table[name].astype(str)
    table["chance_of_death"] = 1.0 - survival
    table = _single_years(table, age, period)
    return rate_table(
        table,
        rate="chance_of_death",
        kind="probability",
        age=age,
        period=period,
        by=names,
        holes="missing",
        highest_rate=float("inf"),
        provenance=described(provenance, path, source="popmort file"),
    )


def _single_years(table: pd.DataFrame, age: str, period: str | None) -> pd.DataFrame:
    """Say that ages and years are single ones, but for the last age, which is open."""
    ages = pd.to_numeric(table[age], errors="coerce")
    table[f"{age}_end"] = (ages + 1).where(ages < ages.max())
    if period is not None:
        table[f"{period}_end"] = pd.to_numeric(table[period], errors="coerce") + 1
    return table
