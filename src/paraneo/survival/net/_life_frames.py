"""Life tables of one group: counts, and what the population's rates predict, as frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paraneo.follow_up.background import cut_lives, rate_groups, read_lives
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Limits, Vector
from paraneo.survival.curve_limits import (
    probability_limits,
    ratio_limits,
    where_all_have_gone,
)
from paraneo.survival.left_out import excluded_frame
from paraneo.survival.records import Records, group_names
from paraneo.survival.risk_sets import People

from . import _intervals
from ._net_people import pieces_of

if TYPE_CHECKING:
    from paraneo.rates import RateTable

    from ._table_background import Followed, Predicted

#: What survival against the population by each method is called.
QUANTITIES = {"ederer2": "relative", "pohar-perme": "net"}

#: Numbers at risk are printed no nearer to each other than this share of the axis.
ROOM = 0.08


def followed(
    source: Columns,
    records: Records,
    rates: RateTable,
    *,
    birth: str | None,
    origin: str | None,
    entry: str | None,
    exit_column: str,
    by: str | Sequence[str],
    method: str,
) -> tuple[Followed, ...] | None:
    """Return each group's people with the population's hazard; None where faults were noted."""
    from ._table_background import Followed

    faults = source.faults
    for name, given, cure in (
        ("birth", birth, "Name the column of birth"),
        ("origin", origin, "Name the column of time zero, and give exit as a date or year"),
    ):
        if given is None:
            faults.add(name, "the rates need the age and year of each person", cure)
    if birth is None or origin is None:
        return None
    lives = read_lives(
        source, birth=birth, entry=entry or origin, exit_column=exit_column, origin=origin, by=by
    )
    rate_group = rate_groups(source, rates)
    if lives is None or faults.found:
        return None
    # net survival weights by what was expected since time zero, also with delayed entry
    since = lives.origin if method == "pohar-perme" else lives.entry
    cut = cut_lives(source, lives, rates, rate_group, since, lives.exit, exit_column)
    if faults.found:
        return None
    group = read_groups(source, by)[1]
    parts = []
    for k, people in enumerate(records.people):
        begin = np.zeros(len(people.exit)) if people.entry is None else people.entry
        pieces = pieces_of(cut, np.flatnonzero(group == k))
        parts.append(Followed(begin, people.exit, people.cause > 0, pieces))
    return tuple(parts)


def quantities(
    at: _intervals.Counts,
    edges: Vector,
    population: Predicted | None,
    *,
    form: str,
    method: str,
    interval: str,
    level: float,
) -> pd.DataFrame:
    """Return all quantities, as far as anybody is under observation."""
    seen = int(np.sum(np.cumprod(at.time > 0)))
    some = _intervals.Counts(*(column[:seen] for column in at))
    width = np.diff(edges)[:seen]
    found = {
        "observed": _intervals.survival(some.events, some, width, form),
        "cause-specific": _intervals.survival(some.cause, some, width, form),
        "incidence": _intervals.incidence(some, width),
    }
    if population is not None:
        known = type(population)(*(column[:seen] for column in population))
        if method == "pohar-perme":
            found[QUANTITIES[method]] = _intervals.net(known, width)
        else:
            found[QUANTITIES[method]] = _intervals.relative(some, known.expected, width, form)
    risk, added = _intervals.without_events(some, width, form, level)
    parts = []
    for quantity, (value, error) in found.items():
        events = some.cause if quantity in ("cause-specific", "incidence") else some.events
        limits = limits_of(quantity, value, error, interval, level)
        lower, upper = limits
        if quantity != "incidence":
            lower, upper = where_all_have_gone(limits, value, some.at_risk, level)
        none = np.cumsum(events) == 0
        if quantity == "incidence":
            lower, upper = np.where(none, 0.0, lower), np.where(none, added, upper)
        else:
            lower = np.where(none, value * (1.0 - risk), lower)
            upper = np.where(none, value, upper)
        columns: dict[str, Any] = {
            "quantity": quantity,
            "start": edges[:seen],
            "end": edges[1 : seen + 1],
            "at_risk": some.at_risk.astype(np.int64),
            "censored": some.censored.astype(np.int64),
            "events": events.astype(np.int64),
            "person_time": some.time,
        }
        if population is not None:
            columns["expected"] = population.expected[:seen]
        columns |= {"estimate": value, "lower": lower, "upper": upper, "std_error": error}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def limits_of(quantity: str, value: Vector, error: Vector, scale: str, level: float) -> Limits:
    """Return the limits of a quantity; those against the population may exceed 1."""
    made = ratio_limits if quantity in QUANTITIES.values() else probability_limits
    return made(value, error, scale, level)


def with_limits(frame: pd.DataFrame, scale: str, level: float) -> pd.DataFrame:
    """Return a frame of estimates of one or several quantities with their limits.

    Those that it has already stay.
    """
    parts = []
    for quantity, part in frame.groupby("quantity", sort=False):
        value, error = (part[name].to_numpy(np.float64) for name in ("estimate", "std_error"))
        lower, upper = limits_of(str(quantity), value, error, scale, level)
        own = part.assign(lower=lower, upper=upper)
        parts.append(own.assign(**part[["lower", "upper"]].combine_first(own[["lower", "upper"]])))
    last = ["estimate", "lower", "upper", "std_error"]
    return pd.concat(parts)[[name for name in frame if name not in last] + last].sort_index()


def beyond(people: Iterable[People], end: float) -> pd.DataFrame:
    """Return what lies after the last break: reason, rows, events, person_years."""
    rows, events, time = 0, 0, 0.0
    for part in people:
        later = part.exit > end
        begin = end if part.entry is None else np.maximum(part.entry[later], end)
        rows += int(later.sum())
        events += int((part.cause[later] > 0).sum())
        time += float(np.sum(part.exit[later] - begin))
    return excluded_frame("after the last break", rows, events, time)


def as_curves(frame: pd.DataFrame, groups: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one quantity over time, a label a group, and the numbers at risk to print below.

    They are those at the starts of intervals, as far as there is room between them.
    """
    names = np.array(group_names(groups), dtype=object)
    labels = groups.assign(label=names, _one=0)
    on = [name for name in labels if name != "label"]
    frame = frame.assign(_one=0).merge(labels, on=on, how="left")
    room, marks = ROOM * float(frame["end"].max()), [0.0]
    for start in np.unique(frame["start"]):
        if start - marks[-1] >= room:
            marks.append(float(start))
    below = frame[frame["start"].isin(marks)].assign(time=lambda x: x["start"])
    frame = frame.assign(time=frame["end"])
    first = frame.groupby("label", sort=False).head(1)
    begin = float(first["quantity"].iloc[0] != "incidence")
    first = first.assign(time=first["start"], estimate=begin, lower=begin, upper=begin)
    return pd.concat([first, frame]).sort_values("time", kind="stable"), below
