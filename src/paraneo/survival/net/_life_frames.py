"""Life tables of one group: counts, and what the population's rates predict, as frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paraneo.follow_up.background import cut_lives, rate_groups, read_lives
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.survival.curve_limits import probability_limits, ratio_limits
from paraneo.survival.records import Records, group_names

from . import _intervals

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
        source, birth=birth, entry=entry or origin, exit_column=exit_column, origin=origin
    )
    rate_group = rate_groups(source, rates)
    if lives is None or faults.found:
        return None
    # net survival weights by what was expected since time zero, also of late comers
    since = lives.origin if method == "pohar-perme" else lives.entry
    group = read_groups(source, by)[1]
    parts = []
    for k, people in enumerate(records.people):
        rows = np.flatnonzero(group == k)
        own = _some(lives, rows)
        cut = cut_lives(source, own, rates, rate_group[rows], since[rows], own.exit, exit_column)
        begin = np.zeros(len(rows)) if people.entry is None else people.entry
        parts.append(Followed(begin, people.exit, people.cause > 0, cut))
    return None if faults.found else tuple(parts)


def _some(lives: Any, rows: Any) -> Any:
    names = ("birth", "origin", "entry", "exit")
    return type(lives)(lives.civil, **{name: getattr(lives, name)[rows] for name in names})


def quantities(
    at: _intervals.Counts, edges: Vector, form: str, population: Predicted | None, method: str
) -> pd.DataFrame:
    """Return all quantities, as far as anybody is under observation, without limits."""
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
    parts = []
    for quantity, estimated in found.items():
        ofcause = quantity in ("cause-specific", "incidence")
        columns: dict[str, Any] = {
            "quantity": quantity,
            "start": edges[:seen],
            "end": edges[1 : seen + 1],
            "at_risk": some.at_risk.astype(np.int64),
            "censored": some.censored.astype(np.int64),
            "events": (some.cause if ofcause else some.events).astype(np.int64),
            "person_time": some.time,
        }
        if population is not None:
            columns["expected"] = population.expected[:seen]
        parts.append(
            pd.DataFrame(columns | {"estimate": estimated.value, "std_error": estimated.error})
        )
    return pd.concat(parts, ignore_index=True)


def with_limits(frame: pd.DataFrame, scale: str, level: float) -> pd.DataFrame:
    """Return the frame with limits; those against the population may exceed 1."""
    value, error = (frame[name].to_numpy(np.float64) for name in ("estimate", "std_error"))
    lower, upper = probability_limits(value, error, scale, level)
    ratio = frame["quantity"].isin(QUANTITIES.values()).to_numpy()
    low, high = ratio_limits(value, error, scale, level)
    frame = frame.assign(lower=np.where(ratio, low, lower), upper=np.where(ratio, high, upper))
    last = ["estimate", "lower", "upper", "std_error"]
    return frame[[name for name in frame if name not in last] + last]


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
