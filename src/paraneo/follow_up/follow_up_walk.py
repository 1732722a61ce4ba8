"""One person's follow-up, piece by piece, as it enters a table of person-years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.frames import rows_of
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics import calendar as _calendar
from paraneo.numerics.ticks import TICKS_PER_DAY, tick_years
from paraneo.results.bands import banded

from ._exact import BITS, RATE_LIMBS
from ._request import BANDS, Request, request
from ._sums import BORROWED, MISSING, OUTSIDE_WINDOW

if TYPE_CHECKING:
    from ._lexis_inputs import Spells
    from ._plan import Plan

Whole = NDArray[np.int64]


@verb
def follow_up_walk(data: Any, person: Any, *, id: str, **how: Any) -> pd.DataFrame:  # noqa: A002
    """Return the pieces into which one person's follow-up is cut, to be followed by hand.

    Parameters
    ----------
    data : frame or mapping
        As for `person_years`.
    person : label
        Whose follow-up; a value of the column ``id``.
    id : str
        Column that identifies people.
    **how
        The other arguments of `person_years`: ``birth``, ``entry``, ``exit``, ``event``,
        ``age``, ``period``, ``follow_up``, ``origin``, ``rates``, ``window``, …

    Returns
    -------
    DataFrame
        One row per piece: ``from`` and ``to`` (dates, or years as given); ``age`` and
        ``year`` at its start; the text of each band asked for, as ``age_band``,
        ``period_band``, ``follow_up_band``, missing outside of them; ``days`` and
        ``person_years``; ``rate`` per year and ``expected`` events of each rate table;
        ``observed`` events of each type, at the end of the last piece; ``counted``, whether
        the piece is in the table. The pieces that are counted add up to what
        `person_years` holds of this person.

    Raises
    ------
    TableError
        When there is no such person, or what `person_years` would refuse.

    Examples
    --------
    >>> cohort = {"who": ["A"], "born": ["1950-07-01"], "from": ["2000-01-01"],
    ...           "to": ["2001-03-01"], "ill": [1]}
    >>> walk = follow_up_walk(cohort, "A", id="who", birth="born", entry="from", exit="to",
    ...                       event="ill", age=[40, 50, 60])
    >>> walk[["from", "to", "age_band", "days", "observed"]]
            from         to  age_band   days  observed
    0 2000-01-01 2000-07-01  40 to 50  182.0         0
    1 2000-07-01 2001-03-01  50 to 60  243.0         1
    """
    for name in ("executor", "batch_rows"):
        how.pop(name, None)
    asked = verb(request, called="follow_up_walk")(id=id, **how)
    faults = Faults("the table of follow-up")
    source = Columns(data, faults)
    series = source.native(id)
    one = pd.api.types.is_scalar(person) and not pd.isna(person)
    known = series is not None and one
    rows = np.flatnonzero(series == person) if known else np.zeros(0, dtype=np.intp)
    if not one:
        faults.add("person", "it is not one person", f"Give one value of the column '{id}'")
    elif series is not None and not len(rows):
        faults.add("person", "no row is of this person", f"Give a value of the column '{id}'")
    faults.raise_any()

    from ._batches import Batch
    from ._reading import civil_time, read_spells

    batch = Batch(rows_of(data, rows), rows)
    reading = asked.reading()
    plan = asked.plan(civil=civil_time(batch, reading))
    followed, _ = read_spells(batch, reading, civil=plan.civil, faults=faults)
    followed = faults.checked(followed)
    pieces = [_pieces(k, followed.spells, plan, asked) for k in range(len(followed.spells.start))]
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()


def _pieces(k: int, spells: Spells, plan: Plan, asked: Request) -> pd.DataFrame:
    from ._lexis import walk

    longest = sum(len(cuts) + 1 for cuts in plan.cuts)
    until = np.empty(longest, dtype=np.int64)
    passed = np.empty((longest, 3), dtype=np.int64)
    start, birth = spells.start[k], spells.birth[k]
    count = walk(plan.axes, birth, spells.origin[k], start, spells.stop[k], until, passed)
    until, passed = until[:count], passed[:count]
    begin = np.concatenate(([start], until[:-1]))
    columns = _times(begin, until, birth, civil=plan.civil)
    maps = (plan.bands.age, plan.bands.period, plan.bands.follow_up)
    counted = np.ones(count, dtype=bool)
    for name, band_of, place in zip(BANDS, maps, passed.T, strict=True):
        band = band_of[place]
        counted &= band >= 0
        if name in asked.bands:
            own = banded(name, asked.bands[name], np.maximum(band, -1))
            columns[f"{name}_band"] = own[f"{name}_band"]
        if name == "follow_up" and (band == OUTSIDE_WINDOW).any():
            columns["in_window"] = band != OUTSIDE_WINDOW
    time = (until - begin) * tick_years(civil=plan.civil)
    columns |= {"days": time * _calendar.DAYS_PER_YEAR, "person_years": time}
    counted &= _rates(k, spells, plan, asked, passed, time, columns)
    for kind, name in enumerate(asked.events):
        event = np.zeros(count, dtype=np.int64)
        event[-1] = spells.event[k, kind]
        columns[f"observed_{name}" if name else "observed"] = event
    return pd.DataFrame({**columns, "counted": counted})


def _times(begin: Whole, until: Whole, birth: int, *, civil: bool) -> dict[str, Any]:
    if not civil:
        tick = tick_years(civil=False)
        return {
            "from": begin * tick,
            "to": until * tick,
            "age": (begin - birth) * tick,
            "year": begin * tick,
        }
    first = begin // TICKS_PER_DAY
    return {
        "from": _calendar.dates(first),
        "to": _calendar.dates(until // TICKS_PER_DAY),
        "age": _calendar.years_between(birth // TICKS_PER_DAY, first),
        "year": _calendar.calendar_year(first),
    }


def _rates(
    k: int,
    spells: Spells,
    plan: Plan,
    asked: Request,
    passed: Whole,
    time: NDArray[Any],
    columns: dict[str, Any],
) -> NDArray[np.bool_]:
    """Add the rate and the expected events of each table; return which pieces are kept."""
    kept = np.ones(len(time), dtype=bool)
    rates = plan.rates
    for table, name in enumerate(asked.tables):
        group = spells.rate_group[table, spells.kind[k]]
        row = group * rates.ages[table] + rates.age[table, passed[:, 0]]
        at = rates.first[table] + row * rates.periods[table] + rates.period[table, passed[:, 1]]
        rate = rates.limbs[at] @ 2.0 ** (BITS * (np.arange(RATE_LIMBS) - RATE_LIMBS))
        state = rates.state[at]
        rate = np.where(state == MISSING, np.nan, rate)
        suffix = f"_{name}" if name else ""
        columns[f"rate{suffix}"] = rate
        if (state == BORROWED).any():
            columns[f"borrowed{suffix}"] = state == BORROWED
        columns[f"expected{suffix}"] = rate * time
        kept &= (state != MISSING) | (not plan.drop)
    return kept
