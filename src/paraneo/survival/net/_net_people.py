"""People followed against the population's rates, and frames of what is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.follow_up.background import Lives, cut_lives, rate_groups, read_lives
from paraneo.gate.arguments import NONNEGATIVE, numbers
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.survival.records import Events, group_names, one_or_more, read_events
from paraneo.survival.risk_sets import TIE, merge_near_ties

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from paraneo.rates import RateTable

    from ._net import Followed

#: Methods that follow the expected survival of people who have left.
BEYOND = ("ederer1", "hakulinen")


def read_followed(
    source: Columns,
    birth: str,
    entry: str,
    exit_column: str,
    event: str,
    rates: RateTable,
    origin: str | None,
    death: Any,
    alive: Any,
    by: str | Sequence[str],
    method: str,
    last_date: str | None,
) -> tuple[pd.DataFrame, tuple[Followed, ...]]:
    """Return the groups and their people, or raise one error for all faults."""
    from ._net import Followed

    faults = source.faults
    died = read_events(source, event, Events(one_or_more(death), (), alive))[0] > 0
    groups, group = read_groups(source, by)
    lives = read_lives(source, birth=birth, entry=entry, exit_column=exit_column, origin=origin)
    rate_group = rate_groups(source, rates)
    faults.raise_any()
    assert lives is not None
    begin, end, until = _times_of(source, lives, died, group, method, last_date)
    faults.raise_any()
    stop = np.maximum(lives.moment(until), lives.exit)
    cut = cut_lives(source, lives, rates, rate_group, lives.origin, stop, exit_column)
    faults.raise_any()
    parts = []
    for k in range(len(groups)):
        rows = np.flatnonzero(group == k)
        part = _taken(cut, rows)
        parts.append(Followed(begin[rows], end[rows], until[rows], died[rows], part))
    return groups, tuple(parts)


def _times_of(
    source: Columns,
    lives: Lives,
    died: Any,
    group: Any,
    method: str,
    last_date: str | None,
) -> tuple[Vector, Vector, Vector]:
    """Return entry, exit and the end of expected survival, in years since the origin."""
    from paraneo.follow_up.moments import moments

    begin, end = lives.years(lives.entry), lives.years(lives.exit)
    if method in BEYOND:
        source.rows_where(begin > 0, "entry", f"{method} knows no late entry", "Use ederer2")
    last = np.full(len(end), lives.exit.max())
    if last_date is not None:
        last = moments(source, last_date).at.astype(np.float64)
    potential = np.where(died & (method == "hakulinen"), lives.years(last), end)
    begin, end, potential = merge_near_ties(begin, end, np.maximum(potential, end))
    longest = np.array([end[group == k].max() for k in range(int(group.max()) + 1)])[group]
    if method == "ederer1":
        potential = longest
    return begin, end, np.minimum(potential, longest)


def _taken(cut: Any, rows: Any) -> Any:
    """Return the pieces of some people."""
    length = np.diff(cut.first)[rows]
    first = np.concatenate(([0], np.cumsum(length)))
    place = (
        np.arange(first[-1]) - np.repeat(first[:-1], length) + np.repeat(cut.first[rows], length)
    )
    return type(cut)(first, cut.start[rows], cut.end[place], cut.rate[place])


def steps(people: Followed) -> Vector:
    """Return 0 and every distinct time of exit."""
    return np.concatenate(([0.0], np.unique(people.exit)))


def asked_times(times: ArrayLike) -> Vector:
    """Return times asked for as an array, or raise an error."""
    faults = Faults("the times asked for")
    asked = np.atleast_1d(numbers(times, "times", NONNEGATIVE, faults))
    faults.raise_any()
    return asked


def grid_with(people: Followed, asked: Vector) -> tuple[Vector, Vector]:
    """Return all times of entry and exit and those asked for; and these, on a step where near."""
    exits = steps(people)[1:]
    near = exits[np.clip(np.searchsorted(exits, asked), 0, len(exits) - 1)]
    below = exits[np.clip(np.searchsorted(exits, asked) - 1, 0, len(exits) - 1)]
    for step in (near, below):
        asked = np.where(np.abs(step - asked) <= TIE * exits[-1], step, asked)
    every = np.concatenate((exits, people.entry, asked))
    return np.unique(every[every > 0]), asked


def picked(
    people: Followed, grid: Vector, asked: Vector, count: Vector, columns: dict[str, Vector]
) -> pd.DataFrame:
    """Return what stands at the times asked for; the first value is that at time 0."""
    place = np.searchsorted(grid, asked, side="right")
    known = asked <= people.exit.max()
    frame = {"time": asked, "at_risk": np.where(known, count[place], 0).astype(np.int64)}
    return pd.DataFrame(
        frame | {name: np.where(known, x[place], np.nan) for name, x in columns.items()}
    )


def labelled(groups: pd.DataFrame, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the frames of all groups below each other, the labels before them."""
    whose = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
    labels = groups.iloc[whose].reset_index(drop=True)
    return pd.concat([labels, pd.concat(frames, ignore_index=True)], axis=1)


def size(people: tuple[Followed, ...]) -> int:
    """Return the number of people in all groups."""
    return sum(len(part.exit) for part in people)


def at_round_times(result: Any, people: tuple[Followed, ...]) -> pd.DataFrame:
    """Return a result at a few round times, for showing."""
    from paraneo.numerics.round_times import round_times

    frame: pd.DataFrame = result.at(round_times(max(float(p.exit.max()) for p in people)))
    return frame


def draw(result: Any, ylabel: str, ax: Axes | None) -> Axes:
    """Draw all curves of a result, and the numbers at risk below."""
    from paraneo.numerics.round_times import round_times
    from paraneo.plotting.curves import curves

    frame = result.summary()
    keys = [name for name in (*result.groups.columns, "cause") if name in frame]
    marks = round_times(float(frame["time"].max()))
    below = result.at(marks)
    if "cause" in below:
        below = below[below["cause"] == "disease"]
    below = below.assign(label=np.repeat(group_names(result.groups), len(marks)))
    label = frame[keys].astype(str).agg(", ".join, axis=1) if keys else "all"
    return curves(frame.assign(label=label), below, xlabel="Years", ylabel=ylabel, ax=ax)
