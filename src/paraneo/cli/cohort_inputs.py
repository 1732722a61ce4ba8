"""What is typed and what lies in files, turned into a cohort."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paraneo.errors import Faults

from .console import option

#: The options that the arguments of verbs come from.
NAMES = {
    **{
        name: option(name)
        for name in (
            *("birth", "entry", "exit", "origin", "id", "by", "age", "period", "follow_up"),
            *(
                "date_format",
                "recode",
                "window",
                "zero_time",
                "missing_rates",
                "per",
                "highest_rate",
                "rates",
                "endpoint",
                "censored",
                "suppress",
            ),
        )
    },
    "event": "--cause",
    "cause": "--cause",
    "competing": "--competing",
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
    competing: str = ""
    endpoint: str | None = None
    censored: str = "no event"
    suppress: int | None = None
    origin: str | None = None
    id: str | None = None
    by: str = ""
    age: str = ""
    period: str = ""
    follow_up: str = ""
    window: str = ""
    date_format: str = ""
    recode: str = ""
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

    def competitors(self) -> list[str] | None:
        """Return the codes of events that compete, if any were typed."""
        return [code.strip() for code in self.competing.split(",") if code.strip()] or None

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


def read_recode(text: str) -> dict[str, dict[str, str]] | None:
    """Read what codes stand for, such as sex:1=male,2=female; several columns by semicolons.

    >>> read_recode("sex:1=male,2=female")
    {'sex': {'1': 'male', '2': 'female'}}
    """
    if not text:
        return None
    faults = Faults("the options")
    found: dict[str, dict[str, str]] = {}
    for part in text.split(";"):
        name, _, words = part.partition(":")
        pairs = [pair.partition("=") for pair in words.split(",")]
        if not all(code.strip() and equals and word.strip() for code, equals, word in pairs):
            cure = "Write sex:1=male,2=female"
            faults.add("--recode", f"{part!r} does not say what codes stand for", cure)
        found[name.strip()] = {code.strip(): word.strip() for code, _, word in pairs}
    faults.raise_any()
    return found
