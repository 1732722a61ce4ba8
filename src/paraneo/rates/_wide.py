"""Wide tables of rates, ages down and years or sexes across, made long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.tables import Columns

_OF_R = re.compile(r"X(?=\d)")


def long_table(data: Any, wide: str, keys: Sequence[str], faults: Faults) -> pd.DataFrame:
    """Return a table with a row a cell: the names of all columns but ``keys`` are labels.

    Parameters
    ----------
    wide : str
        What the names stand for, "period" or the name of a group; it becomes a column, and
        what stands in the columns becomes "rate". X2001, as R writes it, is 2001.
    keys : sequence of str
        Columns of age and of groups. Those of ends, such as age_end, are kept too.

    Examples
    --------
    >>> long_table({"age": [0, 60], "2001": [0.1, 0.3]}, "period", ["age"], Faults("the rates"))
       age period  rate
    0    0   2001   0.1
    1   60   2001   0.3
    """
    source = Columns(data, faults)
    source.require(keys)
    kept = [name for name in source.names if name in keys or name.removesuffix("_end") in keys]
    across = [name for name in source.names if name not in kept]
    for name in {wide, "rate"} & {*source.names}:
        cure = "Leave out wide=, or name in by= what is not across"
        faults.add(name, f"the table is not wide by {wide}: it has such a column", cure)
    if not across:
        faults.add("wide", "no columns are left to go across", "Leave it out, or correct by=")
    faults.raise_any()
    frame = pd.DataFrame({name: source.native(name) for name in source.names})
    table = frame.melt(kept, across, var_name=wide, value_name="rate")
    table[wide] = table[wide].map(lambda name: _OF_R.sub("", name))
    if source.likely is not None:
        table.attrs["decimal"] = source.likely
    return table
