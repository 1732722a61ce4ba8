"""What a caller asks of person-years, checked before any row is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import MOST_YEARS, check_option, numbers
from paraneo.gate.events import Events, codes_of
from paraneo.gate.groups import by_names
from paraneo.gate.tables import as_names
from paraneo.gate.written_codes import Recode, check_recode
from paraneo.gate.written_dates import DateFormat, check_format
from paraneo.rates import RateTable
from paraneo.rates.given import given_rates

from ._endpoints import ENDPOINT, Event, rates_of_endpoints

if TYPE_CHECKING:
    from ._plan import Plan
    from ._reading import Reading

Vector = NDArray[np.float64]
BANDS = ("age", "period", "follow_up")
#: Columns of the text of bands.
TEXTS = tuple(f"{name}_band" for name in BANDS)
MISSING_RATES = ("raise", "nearest", "drop")
ZERO_TIME = ("exclude", "include", "half_day")
#: More cells than these would fill any memory before the first row is read.
_MOST_CELLS = 20_000_000
#: No band of age or follow-up begins later; edges that do are days, or calendar years.
_LONGEST = 150.0
_CODES = "For a code write event={'cancer': ('status', 1)}"
_NOBODY = "Name in censored the label of those without an event"


@dataclass(frozen=True, slots=True)
class Request:
    """A checked question; see `person_years` for the meaning of each part."""

    birth: str
    entry: str
    exit: str | Mapping[str, str]
    origin: str | None
    events: Mapping[str, Event]
    endpoints: bool
    by: tuple[str, ...]
    bands: Mapping[str, Vector]
    tables: Mapping[str, RateTable]
    other_tables: Mapping[str, RateTable]
    cut_by: Mapping[str, RateTable]
    missing_rates: str
    zero_time: str
    id: str | None
    window: tuple[float, float]
    recode: Recode
    date_format: DateFormat | None

    @property
    def calendar(self) -> bool:
        """Whether anything depends on the calendar year."""
        return "period" in self.bands or any(t.has_periods for t in self.tables.values())

    def exit_of(self, endpoint: str) -> str:
        """Return the column in which the follow-up for an endpoint ends."""
        return self.exit if isinstance(self.exit, str) else self.exit[endpoint]

    @property
    def exits(self) -> tuple[str, ...]:
        """Every column in which follow-up ends."""
        named = (self.exit,) if isinstance(self.exit, str) else tuple(self.exit.values())
        return tuple(dict.fromkeys(named))

    def reading(self) -> Reading:
        """Return which columns are read, and how."""
        from ._reading import Reading

        return Reading(
            birth=self.birth,
            entry=self.entry,
            exits=self.exits,
            origin=self.origin,
            events=tuple(self.events.values()),
            endpoints=self.endpoints,
            by=self.by,
            id=self.id,
            zero_time=self.zero_time,
            tables=self.tables,
            other_tables=self.other_tables,
            unknown_groups=self.missing_rates == "drop",
            calendar=self.calendar,
            recode=self.recode,
            date_format=self.date_format,
        )

    def plan(self, *, civil: bool) -> Plan:
        """Return what the compiled pass needs; ``civil`` where time is given in dates."""
        from ._plan import plan

        return plan(
            civil=civil,
            age=self.bands.get("age"),
            period=self.bands.get("period"),
            follow_up=self.bands.get("follow_up"),
            window=self.window,
            tables=self.tables,
            every={**self.tables, **self.cut_by},
            missing_rates=self.missing_rates,
            types=len(self.events),
        )


def request(
    *,
    birth: str,
    entry: str,
    exit: str | Mapping[str, str],  # noqa: A002 - the word for the end of follow-up
    event: str | Sequence[str] | Mapping[str, Any] | None = None,
    cause: Any = None,
    censored: Any = None,
    endpoint: str | None = None,
    by: str | Sequence[str] = (),
    age: ArrayLike | None = None,
    period: ArrayLike | None = None,
    follow_up: ArrayLike | None = None,
    origin: str | None = None,
    rates: RateTable | Mapping[str, RateTable] | None = None,
    missing_rates: str = "raise",
    zero_time: str = "exclude",
    id: str | None = None,  # noqa: A002
    window: tuple[float, float] | None = None,
    recode: Recode | None = None,
    date_format: DateFormat | None = None,
) -> Request:
    """Check the arguments of `person_years` and return them in one form.

    Raises
    ------
    ArgumentError
        Naming everything that is wrong with them at once.
    """
    faults = Faults("the arguments of person_years")
    check_option(missing_rates, MISSING_RATES, "missing_rates", faults)
    check_format(date_format, faults)
    check_option(zero_time, ZERO_TIME, "zero_time", faults)
    roles: dict[str, Any] = {"birth": birth, "entry": entry, "exit": exit}
    for role, column in roles.items():
        if column is None:
            faults.add(role, "no column is named", "Name the column that holds it")
    counted = [name for name in as_names(by) if str(name).startswith(("observed_", "expected_"))]
    several = endpoint is not None or (event is not None and not isinstance(event, str))
    taken = (*BANDS, *TEXTS, *counted, *((ENDPOINT,) if several else ()))
    names = by_names(by, faults, taken=taken)
    given = zip(BANDS, (age, period, follow_up), strict=True)
    bands = {name: _edges(name, edges, faults) for name, edges in given if edges is not None}
    cells = int(np.prod([float(len(edges)) for edges in bands.values()]))
    if cells > _MOST_CELLS:
        said = f"they make {cells:,d} cells, which no memory holds"
        faults.add(" × ".join(bands), said, "Take wider bands, or fewer")
    if several:
        events, tables, others = _endpoints(event, cause, censored, endpoint, rates, faults)
    else:
        events, tables, others = (
            _one_event(event, cause, censored, faults),
            _tables(rates, faults),
            {},
        )
    _check_exit(exit, events, several, faults)
    asked = Request(
        birth,
        entry,
        exit,
        origin,
        events=events,
        endpoints=several,
        by=names,
        bands=bands,
        tables=tables,
        other_tables=others,
        cut_by=tables,
        missing_rates=missing_rates,
        zero_time=zero_time,
        id=id,
        window=_window(window, faults),
        recode=check_recode(recode, faults),
        date_format=date_format,
    )
    faults.raise_any()
    return asked


def _edges(name: str, edges: ArrayLike, faults: Faults) -> Vector:
    told = len(faults.found)
    values = np.atleast_1d(numbers(edges, name, (), faults))
    if len(faults.found) > told:
        return values
    if values.ndim != 1 or len(values) < 2:
        faults.add(name, "at least two edges are needed", "Give lower edges and the last upper one")
    elif np.isnan(values).any() or (np.diff(values) <= 0).any():
        faults.add(name, "its edges do not rise", "Give each edge once, smallest first")
    elif np.abs(values[np.isfinite(values)]).max(initial=0.0) > MOST_YEARS:
        faults.add(name, "an edge is not a number of years", "Write inf to open the last band")
    elif name != "period" and values[:-1].max() > _LONGEST:
        said = f"an edge lies beyond {_LONGEST:g} years"
        faults.add(name, said, "Give years; divide days by 365.25, and write inf for an open end")
    elif name == "age" and values[-1] < 0:
        faults.add(name, "all ages are below 0", "Give ages in years")
    return values


def _window(window: tuple[float, float] | None, faults: Faults) -> tuple[float, float]:
    if window is None:
        return -np.inf, np.inf
    told = len(faults.found)
    edges = _edges("window", window, faults)
    if len(faults.found) == told and edges.shape != (2,):
        faults.add("window", "it must have two ends", "Give (from, to) in years since origin")
    if len(faults.found) > told:
        return -np.inf, np.inf
    return float(edges[0]), float(edges[1])


Meanings = dict[str, Event]


def _one_event(event: Any, cause: Any, censored: Any, faults: Faults) -> Meanings:
    """Return the column of one event, and what its codes mean; None for 0 and 1."""
    _check_words(event, cause, censored, faults)
    if event is None:
        return {}
    codes = None if cause is None else Events(cause, (), censored)
    return {"": Event("", event, codes)}


def _check_words(event: Any, cause: Any, censored: Any, faults: Faults) -> None:
    for word, code in (("cause", cause), ("censored", censored)):
        if code is not None and not isinstance(event, str):
            faults.add(word, "it belongs to one column named in event", _CODES)
    if censored is not None and cause is None:
        faults.add("censored", "cause is not named", "Name the code of the event in cause")


def _endpoints(
    event: Any, cause: Any, censored: Any, endpoint: str | None, rates: Any, faults: Faults
) -> tuple[Meanings, dict[str, RateTable], dict[str, RateTable]]:
    """Return column and codes of each endpoint, its rates, and rates of other endpoints."""
    if event is not None and not isinstance(event, str):
        _check_words(event, cause, censored, faults)
        events = _named_events(event, faults)
        if not events and not faults.found:
            faults.add("event", "it names no column", "Name one, or leave it out")
        tables = rates_of_endpoints(rates, endpoint or ENDPOINT, events, faults)
    else:
        if cause is not None:
            said = "endpoint takes every label of the rates as an event"
            faults.add("cause", said, "Name endpoints and codes in event={name: (column, codes)}")
        if rates is None:
            cure = "Pass rates by that column, or name endpoints in event={name: (column, codes)}"
            faults.add("endpoint", "without rates nothing says which endpoints there are", cure)
        if censored is None:
            faults.add("censored", "it is not named", _NOBODY)
        tables = rates_of_endpoints(rates, endpoint or ENDPOINT, None, faults)
        column = event or endpoint or ENDPOINT
        codes = Events(list(tables), (), censored, separate=True)
        events = {name: Event(name, column, codes, k) for k, name in enumerate(tables, start=1)}
    known = {name: tables[name] for name in events if name in tables}
    return events, known, {name: tables[name] for name in tables if name not in known}


def _named_events(event: Any, faults: Faults) -> Meanings:
    """Return the column and codes of each endpoint that a caller names."""
    if not isinstance(event, Mapping):
        columns = list(event) if isinstance(event, Iterable) else [event]
        if all(isinstance(column, str) for column in columns):
            return {column: Event(column, column) for column in columns}
        faults.add("event", f"{event!r} is not a list of columns", _CODES)
        return {}
    if not event:
        faults.add("event", "no endpoint is named", _CODES)
    return {str(name): _coded(str(name), where, faults) for name, where in event.items()}


def _check_exit(leave: Any, events: Meanings, several: bool, faults: Faults) -> None:
    """Note endpoints without an exit, and exits of none."""
    if not isinstance(leave, Mapping):
        return
    if not several:
        cure = "Name the endpoints in event={name: …}"
        faults.add("exit", "it names columns of endpoints, and there are none", cure)
        return
    for name in events:
        if not isinstance(leave.get(name), str):
            faults.add("exit", f"no column is named for '{name}'", "Name one for each endpoint")
    for name in leave:
        if name not in events:
            faults.add("exit", f"'{name}' is no endpoint", "Name it in event, or leave it out")


def _coded(name: str, where: Any, faults: Faults) -> Event:
    """Return the column of an event, and its codes, from what a caller says of them."""
    if isinstance(where, str):
        return Event(name, where)
    if not (isinstance(where, tuple) and len(where) == 2 and isinstance(where[0], str)):
        faults.add("event", f"{where!r} does not say where '{name}' is found", _CODES)
        return Event(name, "")
    codes = codes_of(where[1])
    if not codes or any(pd.isna(code) for code in codes):
        said = "a missing code is named" if codes else "no code is named"
        faults.add("event", f"{said} for '{name}'", _CODES)
    return Event(name, where[0], Events(codes, (), None))


def _tables(rates: Any, faults: Faults) -> dict[str, RateTable]:
    if rates is None:
        return {}
    tables = dict(rates) if isinstance(rates, Mapping) else {"": rates}
    for name, table in tables.items():
        given_rates(table, faults, f"rates['{name}']" if name else "rates")
    return tables
