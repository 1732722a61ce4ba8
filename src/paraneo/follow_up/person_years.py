"""Person-years, observed and expected events from individual follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.gate.tables import as_names
from paraneo.gate.unit_check import warn_of_unit
from paraneo.gate.verbs import verb
from paraneo.gate.written_codes import Recode
from paraneo.gate.written_dates import DateFormat
from paraneo.rates import RateTable
from paraneo.results.bands import banded
from paraneo.results.result import Result

from ._request import BANDS, request
from ._sums import REASON_NAMES, REASONS, Totals
from ._ticks import tick_years
from .by_band import SCALES, table_bands

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Rows read and counted at a time; about 10 MB.
BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PersonYears(Result):
    """Follow-up summed over cells of age, period, follow-up and groups.

    Attributes
    ----------
    bands : mapping
        The edges asked for, in years: "age", "period", "follow_up" or fewer.
    by : tuple of str
        Columns whose labels make the groups.
    event_names, rate_names : tuple of str
        What is appended to "observed" and "expected"; "" where there is only one.
    civil : bool
        Time was given in dates and split in whole days.
    window : tuple of float
        Years since origin within which time and events were counted.
    totals : Totals
        The sums themselves, exact.

    Notes
    -----
    ``a + b`` adds two tables of one layout, such as those of two registers. The tables must
    not share individuals, who are not matched across tables.
    """

    bands: Mapping[str, NDArray[np.float64]]
    by: tuple[str, ...]
    event_names: tuple[str, ...]
    rate_names: tuple[str, ...]
    civil: bool
    window: tuple[float, float]
    totals: Totals

    def summary(self) -> pd.DataFrame:
        """Return one row per cell that anybody passed through.

        Columns ``age``, ``period`` and ``follow_up`` hold the lower edges of the bands
        asked for, and ``age_band``, ``period_band`` and ``follow_up_band`` beside them their
        text, such as "45 to 50" and "85+"; then the ``by`` columns; ``n`` is the number of
        people (of rows, where no ``id`` was named) who contributed; ``person_years``;
        ``observed`` and ``expected``, with ``_name`` appended where several types of events or
        rate tables were named.
        """
        strata, number, sums = self.totals.occupied()
        sizes = [len(self.bands[name]) - 1 if name in self.bands else 1 for name in BANDS]
        places = np.unravel_index(number, sizes)
        columns: dict[str, Any] = {}
        for name, place in zip(BANDS, places, strict=True):
            if name in self.bands:
                columns |= banded(name, self.bands[name], place)
        labels = list(zip(*strata, strict=True)) or [()] * len(self.by)
        columns |= {name: list(label) for name, label in zip(self.by, labels, strict=True)}
        keys = [*(name for name in BANDS if name in self.bands), *self.by]
        columns |= self._counts(sums)
        return _in_order(pd.DataFrame(columns), keys)

    @property
    def excluded(self) -> pd.DataFrame:
        """Rows, events and person-years outside all cells, by reason."""
        sums = self.totals.others[:REASONS]
        return self._reasons("reason", REASON_NAMES, sums)

    @property
    def borrowed(self) -> pd.DataFrame:
        """Person-time assigned the nearest available rate: by rate table, as ``excluded``."""
        names = [name or "rates" for name in self.rate_names]
        return self._reasons("rates", names, self.totals.others[REASONS:])

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
            Columns whose labels get a colour each.
        event, rates : str, optional
            Which of several; left out, the first event, and its own or the first rates.
        measure : {"ratio", "rate"}, optional
            Left out, the ratio where there are expected events.
        per : float
            Person-years to which drawn rates refer.
        level : float
            Confidence level of the exact intervals.
        """
        from paraneo.plotting.by_band import by_band

        event = next(iter(self.event_names), "") if event is None else event
        rates = event if rates is None and event in self.rate_names else rates
        rates = next(iter(self.rate_names), "") if rates is None else rates
        ratio = bool(self.rate_names) if measure is None else measure == "ratio"
        counts = (_suffixed("observed", event), _suffixed("expected", rates) if ratio else None)
        frame, scale = table_bands(self, over, as_names(by), counts, per, level)
        what = "Observed / expected" if ratio else f"Events per {per:,.0f} person-years"
        label = f"{what} ({100 * level:g}% CI)"
        one = 1.0 if ratio else None
        legend = ", ".join(as_names(by))
        return by_band(
            frame, xlabel=SCALES[scale], ylabel=label, reference=one, legend=legend, ax=ax
        )

    def __add__(self, other: PersonYears) -> PersonYears:
        """Add a table of the same layout."""
        if not isinstance(other, PersonYears):
            return NotImplemented
        faults = Faults("the second table")
        for name in ("by", "event_names", "rate_names", "civil", "window"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                faults.add(name, f"{theirs!r} is not {mine!r}", "Make both tables in one way")
        for name in BANDS:
            if not np.array_equal(self.bands.get(name, ()), other.bands.get(name, ())):
                faults.add(name, "its bands differ", "Make both tables with the same edges")
        faults.raise_any()
        return replace(self, totals=self.totals + other.totals)

    def __radd__(self, other: object) -> PersonYears:
        """Let ``sum(tables)`` begin with its 0."""
        return self if other == 0 else NotImplemented

    def _heading(self) -> str:
        rows = self.excluded.shape[0]
        left_out = f"; {rows} kinds of exclusion, see .excluded" if rows else ""
        window = "" if self.window == (-np.inf, np.inf) else f", window {self.window}"
        return f"Person-years in {'days' if self.civil else 'years'} as given{window}{left_out}"

    def _counts(self, sums: NDArray[np.int64]) -> dict[str, Any]:
        tick = tick_years(civil=self.civil)
        counts: dict[str, Any] = {
            "n": self.totals.people(sums),
            "person_years": self.totals.years(sums, tick),
        }
        for k, name in enumerate(self.event_names):
            counts[_suffixed("observed", name)] = self.totals.events(sums, k)
        for k, name in enumerate(self.rate_names):
            counts[_suffixed("expected", name)] = self.totals.expected(sums, k, tick)
        return counts

    def _reasons(self, label: str, names: Sequence[str], sums: NDArray[np.int64]) -> pd.DataFrame:
        columns = {label: list(names), "rows": self.totals.people(sums)}
        for k, name in enumerate(self.event_names):
            columns[_suffixed("events", name)] = self.totals.events(sums, k)
        columns["person_years"] = self.totals.years(sums, tick_years(civil=self.civil))
        frame = pd.DataFrame(columns)
        return frame[frame["rows"] > 0].reset_index(drop=True)


@verb
def person_years(
    data: Any,
    *,
    birth: str,
    entry: str,
    exit: str,  # noqa: A002 - the word for the end of follow-up
    event: str | Sequence[str] | Mapping[str, Any] | None = None,
    cause: Any = None,
    censored: Any = None,
    by: str | Sequence[str] = (),
    age: ArrayLike | None = None,
    period: ArrayLike | None = None,
    follow_up: ArrayLike | None = None,
    origin: str | None = None,
    rates: RateTable | Mapping[str, RateTable] | None = None,
    missing_rates: Literal["raise", "nearest", "drop"] = "raise",
    zero_time: Literal["exclude", "include", "half_day"] = "exclude",
    executor: Executor | None = None,
    id: str | None = None,  # noqa: A002
    window: tuple[float, float] | None = None,
    recode: Recode | None = None,
    date_format: DateFormat | None = None,
    batch_rows: int = BATCH_ROWS,
) -> PersonYears:
    """Sum person-years, observed and expected events over cells of the Lexis diagram.

    Parameters
    ----------
    data : frame, mapping, path, or iterable of frames or paths
        One row per person, or per spell of a person. CSV or Parquet files and a run of
        frames are read in batches, so that they may be of any size.
    birth, entry, exit : str
        Columns of dates (ISO text will do), or of plain numbers of years. Follow-up runs
        from entry to exit.
    event : str, sequence or mapping, optional
        A 0/1 column, whether follow-up ended in the event, or with ``cause`` a column of
        codes; several 0/1 columns; or a mapping from a name to a column, or to
        ``(column, code)`` or ``(column, codes)``.
    cause : code or sequence of codes, optional
        The codes of the event, patterns ("C34*") and ranges ("C33-C34") among them. A code
        matches as it is written: 162, 162.0 and "162" are one, "D" and "d" are two. One that
        no row holds is an error.
    censored : code or sequence of codes, optional
        The codes of no event; any other code is then an error. Left out, every code that is
        not in ``cause`` is no event.
    by : str or sequence of str
        Columns whose labels make groups.
    age, period, follow_up : array, optional
        Edges in years of bands [a, b), rising; ``inf`` opens the last. ``period`` is in
        calendar years, ``follow_up`` in years since ``origin``. What lies in no band is
        reported in ``.excluded``.
    origin : str, optional
        Column of the time zero of follow-up, such as diagnosis; left out, the entry.
    rates : RateTable, or mapping from name to RateTable, optional
        Where expected events come from, at the attained age and year. Its columns of
        groups are looked for in ``data``.
    missing_rates : {"raise", "nearest", "drop"}
        What to do where a table has no rate: raise an error that lists the cells with their
        person-years and the rows, take the rate of the nearest cell of the same group and
        count it in ``.borrowed`` (an error where the group has none), or leave out person-time
        and events together.
    zero_time : {"exclude", "include", "half_day"}
        Rows whose exit is their entry: leave them out with their events, count them and
        their events without time, or give them half a day.
    executor : concurrent.futures.Executor, optional
        Spreads the batches over its workers; the digits are the same.
    id : str, optional
        Column that identifies people, where some have several spells. Overlapping spells
        and several dates of birth are refused, and each person counts once in ``n``. In a
        file or a run of frames the spells of a person have to stand together.
    window : tuple of two numbers, optional
        Years since ``origin`` within which time and events count, such as ``(2/12, inf)``
        to leave out the first two months.
    recode : mapping of str to mapping, optional
        What codes stand for, by column, as in ``{"sex": {1: "male", 2: "female"}}``.
    date_format : str or mapping of str to str, optional
        How dates are written where not year-month-day: "day-first", "month-first", a pattern
        such as "%d/%m/%Y", or the program whose day numbers they are ("stata", "sas", "r",
        "excel", "excel-1904"); a mapping gives it for each column.
    batch_rows : int
        Most rows taken at a time.

    Returns
    -------
    PersonYears

    Raises
    ------
    TableError, ArgumentError
        Naming every fault of rows, columns and arguments at once.

    Warns
    -----
    ComparabilityWarning
        When the events of all cells are so far from those expected that only a mistaken unit
        explains it: 50 or more are expected and less than a fiftieth of them observed, or 20
        or more are observed and more than 500 times those expected. An event is held against
        the rates of its own name, or the only event against the only rates.

    Notes
    -----
    *Dates* are split in whole days: calendar years on 1 January, ages at birthdays,
    follow-up at the anniversaries of ``origin``. An anniversary of 29 February is 1 March in
    common years; fractions of a year are rounded to whole days. The day of exit is not at
    risk. Person-years are days / 365.25. *Plain numbers* are compared as numbers.

    An event at the very edge of a band belongs to the band that ends there, where its
    person-time is. Sums are exact: order of rows, size of batches and number of workers do
    not change a digit.

    References
    ----------
    Clayton D, Hills M. Statistical Models in Epidemiology. Oxford 1993, ch. 6.
    Berry G. The analysis of mortality by the subject-years method. Biometrics 1983;39:173-184.

    Examples
    --------
    Somebody born in mid-1950 is followed for two years from 1 January 2000; both
    the turn of the year and two birthdays cut the time:

    >>> cohort = {"born": ["1950-07-01"], "from": ["2000-01-01"], "to": ["2002-01-01"], "ill": [1]}
    >>> table = person_years(cohort, birth="born", entry="from", exit="to", event="ill",
    ...                      age=[45, 50, 55], period=[2000, 2001, 2002])
    >>> table.summary().round(3)
        age  age_band  period   period_band  n  person_years  observed
    0  45.0  45 to 50  2000.0  2000 to 2001  1         0.498         0
    1  50.0  50 to 55  2000.0  2000 to 2001  1         0.504         0
    2  50.0  50 to 55  2001.0  2001 to 2002  1         0.999         1
    """
    asked = request(
        birth=birth,
        entry=entry,
        exit=exit,
        event=event,
        cause=cause,
        censored=censored,
        by=by,
        age=age,
        period=period,
        follow_up=follow_up,
        origin=origin,
        rates=rates,
        missing_rates=missing_rates,
        zero_time=zero_time,
        id=id,
        window=window,
        recode=recode,
        date_format=date_format,
    )
    from ._counting import count_all

    faults = Faults("the table of follow-up")
    faults.in_table = True
    totals, plan = count_all(data, asked, batch_rows, executor, faults)
    faults.raise_any()
    if missing_rates != "drop" and totals.missing.any():
        from ._missing_rates import note_missing

        note_missing(data, asked, plan, totals.missing, batch_rows, faults)
        faults.raise_any()
    table = PersonYears(
        bands=dict(asked.bands),
        by=asked.by,
        event_names=tuple(asked.events),
        rate_names=tuple(asked.tables),
        civil=plan.civil,
        window=asked.window,
        totals=totals,
    )
    _check_units(table)
    return table


def _check_units(table: PersonYears) -> None:
    """Hold the observed events of a name against those that rates of this name predict."""
    totals, tick = table.totals, tick_years(civil=table.civil)
    sums = totals.whole()
    single = len(table.event_names) == len(table.rate_names) == 1
    for k, event in enumerate(table.event_names):
        rates = table.rate_names[0] if single else event
        if rates in table.rate_names:
            observed = totals.events(sums, k)[0]
            expected = totals.expected(sums, table.rate_names.index(rates), tick)[0]
            names = _suffixed("observed", event), _suffixed("expected", rates)
            warn_of_unit(int(observed), float(expected), names)


def _suffixed(name: str, suffix: str) -> str:
    return f"{name}_{suffix}" if suffix else name


def _in_order(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows sorted by their labels, as text where labels cannot be compared."""
    if not keys:
        return frame
    try:
        return frame.sort_values(keys, ignore_index=True)
    except TypeError:
        return frame.sort_values(keys, ignore_index=True, key=lambda column: column.map(str))
