"""What is typed and what lies in files, turned into a cohort."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import ArgumentError, Fault, Faults
from paraneo.gate.files import read_table
from paraneo.gate.groups import as_written
from paraneo.gate.tables import Columns

from .console import option

#: The options that the arguments of verbs come from.
NAMES = {
    **{
        name: option(name)
        for name in (
            *("birth", "entry", "exit", "origin", "id", "by", "age", "period", "follow_up"),
            *("window", "zero_time", "missing_rates", "per", "highest_rate", "rates"),
        )
    },
    "event": "--cause",
    "cause": "--cause",
    "standardised_rates": "--standard",
    "ratio_regression": "--formula",
}
_MOST_EDGES = 10_000


@dataclass(frozen=True, slots=True)
class CohortOptions:
    """The options of ``paraneo cohort``, as typed."""

    birth: str = "birth"
    entry: str = "entry"
    exit: str = "exit"
    event: str = "event"
    cause: str = ""
    origin: str | None = None
    id: str | None = None
    by: str = ""
    age: str = ""
    period: str = ""
    follow_up: str = ""
    window: str = ""
    date_format: str = ""
    rate: str | None = None
    rate_age: str = "age"
    per: float = 1.0
    period_width: float | None = None
    rates_as: str = "table"
    cancers: str = ""
    area: str | None = None
    population: Path | None = None
    highest_rate: float | None = None
    holes: str = "raise"
    formula: str = ""
    standard: str = ""
    missing_rates: str = "raise"
    zero_time: str = "exclude"

    def names(self) -> tuple[str, ...]:
        """Return the columns of groups."""
        return tuple(name.strip() for name in self.by.split(",") if name.strip())

    def causes(self) -> list[str] | None:
        """Return the codes of the event, if any were typed."""
        return [code.strip() for code in self.cause.split(",") if code.strip()] or None

    def edges(self) -> dict[str, list[float]]:
        """Return the edges of bands that were typed, naming all that cannot be read."""
        faults = Faults("the options")
        typed = {"age": self.age, "period": self.period, "follow_up": self.follow_up}
        found = {
            name: read_edges(text, f"--{name.replace('_', '-')}", faults)
            for name, text in typed.items()
            if text
        }
        faults.raise_any()
        return found

    def limits(self) -> tuple[float, float] | None:
        """Return the window of follow-up that counts, if one was typed."""
        if not self.window:
            return None
        faults = Faults("the options")
        edges = read_edges(self.window, "--window", faults)
        if not faults.found and len(edges) != 2:
            faults.add("--window", f"{self.window!r} needs two ends", "Write 0.1667,inf")
        faults.raise_any()
        return edges[0], edges[1]


def read_edges(text: str, name: str, faults: Faults) -> list[float]:
    """Read edges such as 0,50,60,inf or 0:80:10,inf (from, to, step).

    >>> read_edges("0:20:5,inf", "--age", Faults("an example"))
    [0.0, 5.0, 10.0, 15.0, 20.0, inf]
    """
    edges: list[float] = []
    for part in text.split(","):
        try:
            numbers = [float(number) for number in part.split(":")]
        except ValueError:
            numbers = []
        if len(numbers) == 1:
            edges += numbers
        elif len(numbers) == 3 and np.isfinite(numbers).all() and numbers[2] > 0:
            first, last, step = numbers
            count = int(np.floor((last - first) / step + 1e-9)) + 1
            edges += [first + step * k for k in range(min(max(count, 0), _MOST_EDGES))]
        else:
            faults.add(name, f"{part!r} is not an edge", "Write 0,50,60,inf or 0:80:10,inf")
    return edges


def read_cohort(path: Path, options: CohortOptions) -> pd.DataFrame:
    """Return the cohort, dates read in the format that was typed."""
    table = read_table(path)
    if not options.date_format:
        return table
    faults = Faults(f"'{path}'")
    source = Columns(table, faults)
    for name in dict.fromkeys((options.birth, options.entry, options.exit, options.origin)):
        column = None if name is None else source.native(name)
        if name is None or column is None:
            continue
        words = _dates_as_written(column, options.date_format)
        try:
            dates = pd.to_datetime(words, format=options.date_format, errors="coerce")
        except ValueError as error:
            raise _no_format(options.date_format, error) from None
        wrong = (dates.isna() & column.notna()).to_numpy()
        example = words[wrong].iloc[0] if wrong.any() else ""
        said = f"{example!r} is not a date written {options.date_format}"
        source.rows_where(wrong, name, said, "Correct it, or change --date-format")
        table[name] = dates
    faults.raise_any()
    return table


def _dates_as_written(column: pd.Series[Any], date_format: str) -> pd.Series[Any]:
    """Return dates as text: 01021950 is read as a number of a digit less, or as a float."""
    words = column.map(as_written)
    if column.dtype.kind not in "iuf":
        return words
    return words.str.zfill(len(date(2000, 12, 31).strftime(date_format)))


def _no_format(text: str, error: ValueError) -> ArgumentError:
    faults = Faults("the options")
    faults.add(
        "--date-format",
        f"{text!r} is not a date format ({error})",
        "Write one such as %d/%m/%Y or %Y%m%d",
    )
    return ArgumentError(faults.subject, faults.found)


def with_date_format(
    faults: Iterable[Fault], people: pd.DataFrame, options: CohortOptions
) -> list[Fault]:
    """Return faults that say, of dates that were not read as such, which option reads them."""
    dates = {options.birth, options.entry, options.exit, options.origin}
    cure = "or name how they are written by --date-format, such as %d/%m/%Y or %Y%m%d"

    def unread(fault: Fault) -> bool:
        if fault.column not in dates or fault.column not in people or options.date_format:
            return False
        said = ("not a date", "number of years")
        return any(words in fault.problem for words in said)

    return [
        replace(fault, remedy=f"{fault.remedy}; {cure}") if unread(fault) else fault
        for fault in faults
    ]
