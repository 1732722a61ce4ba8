"""The table of person-years: sums by cell, of one kind of event or of several endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.tables import as_names
from paraneo.numerics.ticks import tick_years
from paraneo.results.bands import banded
from paraneo.results.result import Result

from ._endpoints import ENDPOINT
from ._request import BANDS
from ._sums import REASON_NAMES, REASONS, Totals
from .by_band import SCALES, table_bands

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is counted over the same time at risk.

    Attributes
    ----------
    event_names, rate_names : tuple of str
        The endpoints, and those of them that have rates; of one event that is not named,
        what is appended to "observed" and "expected".
    totals : Totals
        The sums themselves, exact.
    """

    event_names: tuple[str, ...]
    rate_names: tuple[str, ...]
    totals: Totals


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PersonYears(Result):
    """Follow-up summed over cells of age, period, follow-up and groups.

    Attributes
    ----------
    bands : mapping
        The edges asked for, in years: "age", "period", "follow_up" or fewer.
    by : tuple of str
        Columns whose labels make the groups.
    endpoints : tuple of str
        The endpoints, where events were named; each has rows of its own.
    civil : bool
        Time was given in dates and split in whole days.
    window : tuple of float
        Years since origin within which time and events were counted.
    parts : tuple of Part
        The sums, together for endpoints that share their time at risk.
    shared_events : int
        Rows whose event is one of several endpoints, such as of a site and of all sites.

    Notes
    -----
    ``a + b`` adds two tables of one layout, such as those of two registers. The tables must
    not share individuals, who are not matched across tables.
    """

    bands: Mapping[str, NDArray[np.float64]]
    by: tuple[str, ...]
    endpoints: tuple[str, ...]
    civil: bool
    window: tuple[float, float]
    parts: tuple[Part, ...]
    shared_events: int = 0

    def summary(self) -> pd.DataFrame:
        """Return one row per cell that anybody passed through.

        Columns ``age``, ``period`` and ``follow_up`` hold the lower edges of the bands
        asked for, and ``age_band``, ``period_band`` and ``follow_up_band`` beside them their
        text, such as "45 to 50" and "85+"; then the ``by`` columns; ``n`` is the number of
        people (of rows, where no ``id`` was named) who contributed; ``person_years``;
        ``observed`` and ``expected``, the latter with ``_name`` appended where several rate
        tables were named for one event. Where endpoints were named, ``endpoint`` stands first,
        and each has a row for every cell in which anybody was at risk of it.
        """
        if not self.endpoints:
            return self._cells(self.parts[0])
        frames = [
            frame.assign(**{ENDPOINT: name})
            for part, name in self._each_endpoint()
            for frame in [self._cells(part, name)]
        ]
        return _first(ENDPOINT, pd.concat(frames, ignore_index=True))

    @property
    def excluded(self) -> pd.DataFrame:
        """Rows, events and person-years outside all cells, by reason, of each endpoint."""
        if not self.endpoints:
            sums = self.parts[0].totals.others[:REASONS]
            return self._reasons(self.parts[0], "reason", REASON_NAMES, sums)
        frames = []
        for part, name in self._each_endpoint():
            sums = part.totals.others[:REASONS]
            frame = self._reasons(part, "reason", REASON_NAMES, sums, name)
            frames.append(frame.assign(**{ENDPOINT: name}))
        return _first(ENDPOINT, pd.concat(frames, ignore_index=True))

    @property
    def borrowed(self) -> pd.DataFrame:
        """Person-time assigned the nearest available rate: by rate table, as ``excluded``."""
        frames = []
        for part in self.parts:
            names = [name or "rates" for name in part.rate_names]
            for k, name in enumerate(names):
                sums = part.totals.others[REASONS + k : REASONS + k + 1]
                event = name if self.endpoints else None
                frames.append(self._reasons(part, "rates", [name], sums, event))
        none = self._reasons(self.parts[0], "rates", [], self.parts[0].totals.others[:0])
        held = [frame for frame in frames if len(frame)]
        return pd.concat(held, ignore_index=True) if held else none

    def plot(
        self,
        ax: Axes | None = None,
        *,
        over: str | None = None,
        by: str | Sequence[str] = (),
        event: str | None = None,
        rates: str | None = None,
        measure: Literal["ratio", "rate"] | None = None,
        per: float = 100_000,
        level: float = 0.95,
    ) -> Axes:
        """Draw incidence ratios, or rates, over the bands of one time scale.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        over : {"follow_up", "age", "period"}, optional
            Left out, the first of these that the table has.
        by : str or sequence of str
            Columns whose labels get a colour each; "endpoint" may be among them.
        event : str, optional
            Which endpoint; left out, the first, unless ``by`` tells them apart.
        rates : str, optional
            Which of several rate tables of one event; left out, the first.
        measure : {"ratio", "rate"}, optional
            Left out, the ratio where there are expected events.
        per : float
            Person-years to which drawn rates refer.
        level : float
            Confidence level of the exact intervals.
        """
        from paraneo.plotting.by_band import by_band

        table, names = self._drawn(event, as_names(by)), as_names(by)
        rate_names = self.parts[0].rate_names
        ratio = bool(rate_names) if measure is None else measure == "ratio"
        which = "" if self.endpoints else next(iter(rate_names), "") if rates is None else rates
        counts = ("observed", _suffixed("expected", which) if ratio else None)
        frame, scale = table_bands(self, table, over, names, counts, per, level)
        what = "Observed / expected" if ratio else f"Events per {per:,.0f} person-years"
        label = f"{what} ({100 * level:g}% CI)"
        one = 1.0 if ratio else None
        return by_band(
            frame, xlabel=SCALES[scale], ylabel=label, reference=one, legend=", ".join(names), ax=ax
        )

    def _drawn(self, event: str | None, by: Sequence[str]) -> pd.DataFrame:
        """Return the rows to draw: all, or those of one endpoint."""
        faults = Faults("the picture of person-years")
        known = ", ".join(self.endpoints) or "none, the one event has no name"
        if event is not None and event not in self.endpoints:
            faults.add("event", f"there is no endpoint {event!r}", f"Endpoints: {known}")
        faults.raise_any()
        frame = self.summary()
        if not self.endpoints or (event is None and ENDPOINT in by):
            return frame
        one = frame[ENDPOINT] == (self.endpoints[0] if event is None else event)
        return frame[one].reset_index(drop=True)

    def __add__(self, other: PersonYears) -> PersonYears:
        """Add a table of the same layout."""
        if not isinstance(other, PersonYears):
            return NotImplemented
        faults = Faults("the second table")
        for name in ("by", "endpoints", "rate_names", "civil", "window"):
            mine, theirs = (
                _rate_names(table) if name == "rate_names" else getattr(table, name)
                for table in (self, other)
            )
            if mine != theirs:
                faults.add(name, f"{theirs!r} is not {mine!r}", "Make both tables in one way")
        for name in BANDS:
            if not np.array_equal(self.bands.get(name, ()), other.bands.get(name, ())):
                faults.add(name, "its bands differ", "Make both tables with the same edges")
        if [part.event_names for part in self.parts] != [part.event_names for part in other.parts]:
            said = "its endpoints are at risk in other groups"
            faults.add("rates", said, "Make both tables with the same rates")
        faults.raise_any()
        parts = tuple(
            replace(mine, totals=mine.totals + theirs.totals)
            for mine, theirs in zip(self.parts, other.parts, strict=True)
        )
        return replace(self, parts=parts, shared_events=self.shared_events + other.shared_events)

    def __radd__(self, other: object) -> PersonYears:
        """Let ``sum(tables)`` begin with its 0."""
        return self if other == 0 else NotImplemented

    def _heading(self) -> str:
        rows = self.excluded.shape[0]
        left_out = f"; {rows} kinds of exclusion, see .excluded" if rows else ""
        window = "" if self.window == (-np.inf, np.inf) else f", window {self.window}"
        of = f" of {len(self.endpoints)} endpoints" if len(self.endpoints) > 1 else ""
        unit = "days" if self.civil else "years"
        shared = (
            f"; {self.shared_events:,d} events are of several endpoints at once, each of which "
            "counts one event a row: their sum over endpoints is not a number of people"
            if self.shared_events
            else ""
        )
        return f"Person-years{of} in {unit} as given{window}{left_out}{shared}"

    def _each_endpoint(self) -> Iterator[tuple[Part, str]]:
        part_of = {name: part for part in self.parts for name in part.event_names}
        for name in self.endpoints:
            yield part_of[name], name

    def _cells(self, part: Part, endpoint: str | None = None) -> pd.DataFrame:
        """Return the cells of a part with the counts of one endpoint, or of all it has."""
        strata, group, number, sums = part.totals.occupied()
        sizes = [len(self.bands[name]) - 1 if name in self.bands else 1 for name in BANDS]
        places = np.unravel_index(number, sizes)
        columns: dict[str, Any] = {}
        for name, place in zip(BANDS, places, strict=True):
            if name in self.bands:
                columns |= banded(name, self.bands[name], place)
        labels = pd.DataFrame(
            {name: [stratum[k] for stratum in strata] for k, name in enumerate(self.by)},
            index=range(len(strata)),
        )
        columns |= {name: labels[name].take(group).array for name in self.by}
        tick = tick_years(civil=self.civil)
        columns["n"] = part.totals.people(sums)
        columns["person_years"] = part.totals.years(sums, tick)
        for k, name in enumerate(part.event_names):
            if endpoint in (None, name):
                shown = "observed" if endpoint is not None else _suffixed("observed", name)
                columns[shown] = part.totals.events(sums, k)
        for k, name in enumerate(part.rate_names):
            if endpoint in (None, name):
                shown = "expected" if endpoint is not None else _suffixed("expected", name)
                columns[shown] = part.totals.expected(sums, k, tick)
        rank = np.empty(len(strata), dtype=np.int64)
        rank[_in_order(labels).index] = np.arange(len(strata))
        order = np.lexsort((rank[group], *reversed(places)))
        return pd.DataFrame(columns).take(order).reset_index(drop=True)

    def _reasons(
        self,
        part: Part,
        label: str,
        names: Sequence[str],
        sums: NDArray[np.int64],
        endpoint: str | None = None,
    ) -> pd.DataFrame:
        columns = {label: list(names), "rows": part.totals.people(sums)}
        for k, name in enumerate(part.event_names):
            if endpoint in (None, name):
                columns["events"] = part.totals.events(sums, k)
        columns["person_years"] = part.totals.years(sums, tick_years(civil=self.civil))
        frame = pd.DataFrame(columns)
        return frame[frame["rows"] > 0].reset_index(drop=True)


def _rate_names(table: PersonYears) -> tuple[str, ...]:
    return tuple(name for part in table.parts for name in part.rate_names)


def _suffixed(name: str, suffix: str) -> str:
    return f"{name}_{suffix}" if suffix else name


def _first(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with one of its columns moved to the front."""
    return frame[[name, *frame.columns.drop(name)]]


def _in_order(labels: pd.DataFrame) -> pd.DataFrame:
    """Return strata sorted by their labels, as text where labels cannot be compared."""
    keys = list(labels.columns)
    if not keys:
        return labels
    try:
        return labels.sort_values(keys)
    except TypeError:
        return labels.sort_values(keys, key=lambda column: column.map(str))
