"""Person-years, observed and expected events from individual follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.unit_check import warn_of_unit
from paraneo.gate.verbs import verb
from paraneo.gate.written_codes import Recode
from paraneo.gate.written_dates import DateFormat
from paraneo.numerics.ticks import tick_years
from paraneo.rates import RateTable

from ._endpoints import ENDPOINT
from ._request import request
from ._table import Part, PersonYears

if TYPE_CHECKING:
    from ._counting import Sums

__all__ = ["BATCH_ROWS", "ENDPOINT", "PersonYears", "person_years"]

#: Rows read and counted at a time, about 10 MB; several endpoints take four times as many,
#: since rates are looked up once a batch for each.
BATCH_ROWS = 65_536


@verb
def person_years(
    data: Any,
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
    missing_rates: Literal["raise", "nearest", "drop"] = "raise",
    zero_time: Literal["exclude", "include", "half_day"] = "exclude",
    executor: Executor | None = None,
    id: str | None = None,  # noqa: A002
    window: tuple[float, float] | None = None,
    recode: Recode | None = None,
    date_format: DateFormat | None = None,
    batch_rows: int | None = None,
) -> PersonYears:
    """Sum person-years, observed and expected events over cells of the Lexis diagram.

    Parameters
    ----------
    data : frame, mapping, path, or iterable of frames or paths
        One row per person, or per spell of a person. CSV or Parquet files and a run of
        frames are read in batches, so that they may be of any size.
    birth, entry, exit : str
        Columns of dates (ISO text will do), or of plain numbers of years. Follow-up runs
        from entry to exit. ``exit`` may be a mapping from each endpoint to its column, where
        its follow-up ends in its own event.
    event : str, sequence or mapping, optional
        A 0/1 column, whether follow-up ended in the event, or with ``cause`` a column of
        codes. Several endpoints, a row each in every cell, are several 0/1 columns, or a
        mapping from a name to a column, to ``(column, code)`` or to ``(column, codes)``;
        ``(column, "*")`` is any code but a missing one.
    cause : code or sequence of codes, optional
        The codes of the event, patterns ("C34*") and ranges ("C33-C34") among them. A code
        matches as it is written: 162, 162.0 and "162" are one, "D" and "d" are two. One that
        no row holds is an error.
    censored : code or sequence of codes, optional
        The codes of no event; any other code is then an error. Left out, every code that is
        not in ``cause`` is no event.
    endpoint : str, optional
        The column of ``rates`` that tells endpoints apart, "endpoint" if left out. Without a
        mapping in ``event`` every label that it has there is an endpoint, and ``data`` holds
        these labels in the column ``event``, or in one of the same name; ``censored`` is then
        the label of those without an event.
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
        groups are looked for in ``data``. Of several endpoints each has its own: in one
        table by the column ``endpoint``, or by its name in a mapping.
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
    batch_rows : int, optional
        Most rows taken at a time; left out, 65,536, and four times as many of endpoints.

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

    *Endpoints* do not touch each other: each has the rows that it has alone. Without
    own columns of exit all are at risk until the one exit, whatever ended it, and each
    counts those exits that are events of its own. An endpoint such as all cancers is so one
    event a row, the first where follow-up ends at the first, however many sites there are;
    it has rates of its own, and is not the sum of the others. Groups that other endpoints
    have rates for, and this one has not, are not at risk of it: a site of one sex counts
    that sex alone, and the others stand in ``.excluded`` as "no rates for the group"; an
    event among them is an error, unless ``missing_rates="drop"``.

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
        endpoint=endpoint,
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

    rows = BATCH_ROWS * (4 if asked.endpoints else 1) if batch_rows is None else batch_rows
    faults = Faults("the table of follow-up")
    faults.in_table = True
    counted, shared = count_all(data, asked, rows, executor, faults)
    faults.raise_any()
    for sums in counted:
        if missing_rates != "drop" and sums.totals.missing.any():
            from ._missing_rates import note_missing

            note_missing(data, sums.asked, sums.plan, sums.totals.missing, rows, faults)
    faults.raise_any()
    parts = [Part(tuple(s.asked.events), tuple(s.asked.tables), s.totals) for s in counted]
    table = PersonYears(
        bands=dict(asked.bands),
        by=asked.by,
        endpoints=tuple(asked.events) if asked.endpoints else (),
        civil=counted[0].plan.civil,
        window=asked.window,
        parts=tuple(parts),
        shared_events=shared,
    )
    for part, sums in zip(parts, counted, strict=True):
        _check_units(part, sums)
    return table


def _check_units(part: Part, sums: Sums) -> None:
    """Hold the observed events of a name against those that rates of this name predict."""
    totals, tick = part.totals, tick_years(civil=sums.plan.civil)
    whole = totals.whole()
    single = len(part.event_names) == len(part.rate_names) == 1
    for k, event in enumerate(part.event_names):
        rates = part.rate_names[0] if single else event
        if rates in part.rate_names:
            observed = totals.events(whole, k)[0]
            expected = totals.expected(whole, part.rate_names.index(rates), tick)[0]
            named = f" of {event}" if event else ""
            warn_of_unit(int(observed), float(expected), (f"observed{named}", f"expected{named}"))
