"""People followed against the population's rates, and what their curves have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from paraneo.follow_up.background import Lives, cut_lives, rate_groups, read_lives
from paraneo.gate.events import Events, read_events
from paraneo.gate.groups import read_groups
from paraneo.gate.tables import Columns
from paraneo.numerics.arrays import Vector
from paraneo.survival._group_curves import GroupCurves
from paraneo.survival.risk_sets import TIE, People, merge_near_ties, risk_without_events

if TYPE_CHECKING:
    from paraneo.rates import RateTable

    from ._net import Followed

#: So many times are put between those of kept sums one by one.
FEW = 50
#: Methods that follow the expected survival of people who have left.
BEYOND = ("ederer1", "hakulinen")


def read_followed(
    source: Columns,
    birth: str,
    entry: str,
    exit_column: str,
    event: str,
    events: Events,
    rates: RateTable,
    origin: str | None,
    by: str | Sequence[str],
    method: str,
    last_date: str | None,
) -> tuple[pd.DataFrame, tuple[Followed, ...]]:
    """Return the groups and their people, or raise one error for all faults."""
    from ._net import Followed

    faults = source.faults
    died = read_events(source, event, events)[0] > 0
    groups, group = read_groups(source, by)
    lives = read_lives(
        source, birth=birth, entry=entry, exit_column=exit_column, origin=origin, by=by
    )
    rate_group = rate_groups(source, rates)
    lives = faults.checked(lives)
    begin, end, until = _times_of(source, entry, lives, died, group, method, last_date)
    faults.raise_any()
    stop = np.maximum(lives.moment(until), lives.exit)
    cut = cut_lives(source, lives, rates, rate_group, lives.origin, stop, exit_column)
    faults.raise_any()
    parts = []
    for k in range(len(groups)):
        rows = np.flatnonzero(group == k)
        part = pieces_of(cut, rows)
        parts.append(Followed(begin[rows], end[rows], until[rows], died[rows], part))
    return groups, tuple(parts)


def _times_of(
    source: Columns,
    entry: str,
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
        source.rows_where(
            begin > 0, entry, f"{method} does not support delayed entry", "Take ederer2"
        )
    last = np.full(len(end), lives.exit.max())
    if last_date is not None:
        last = moments(source, last_date).at.astype(np.float64)
    potential = np.where(died & (method == "hakulinen"), lives.years(last), end)
    begin, end, potential = merge_near_ties(begin, end, np.maximum(potential, end))
    longest = np.array([end[group == k].max() for k in range(int(group.max()) + 1)])[group]
    if method == "ederer1":
        potential = longest
    return begin, end, np.minimum(potential, longest)


def pieces_of(cut: Any, rows: Any) -> Any:
    """Return the pieces of some people."""
    length = np.diff(cut.first)[rows]
    first = np.concatenate(([0], np.cumsum(length)))
    place = (
        np.arange(first[-1]) - np.repeat(first[:-1], length) + np.repeat(cut.first[rows], length)
    )
    return type(cut)(first, cut.start[rows], cut.end[place], cut.rate[place])


class FollowedCurves(GroupCurves):
    """Curves of people followed against the population's rates; times are years since the origin.

    A subclass has the people of each group as ``_people`` and says what its curves are on a grid
    of times.
    """

    __slots__ = ()
    _people: tuple[Followed, ...]
    _kept: dict[int, tuple[Vector, Vector]]
    _cause_word = ""
    _xlabel = "Years"

    @abstractmethod
    def _curves(self, people: Followed, sums: Vector, grid: Vector) -> list[dict[str, Any]]:
        """Return the columns of each curve at time 0 and at the times of the grid."""

    def _beyond(self) -> bool:
        """Return whether people are followed beyond their exits."""
        return False

    def _observed(self) -> Sequence[Followed]:
        return self._people

    def _steps(self, group: int) -> Vector:
        return steps(self._people[group])

    def _asked(self, group: int, times: Vector) -> pd.DataFrame:
        from ._net import AT_RISK

        people = self._people[group]
        grid, asked = grid_with(people, times)
        sums = self._sums(group, grid)
        place = np.searchsorted(grid, asked, side="right")
        known = asked <= people.exit.max()
        count = np.concatenate(([float(len(people.exit))], sums[:, AT_RISK]))[place]
        frames = []
        for columns in self._curves(people, sums, np.concatenate(([0.0], grid))):
            cause = {"cause": columns.pop("cause")} if "cause" in columns else {}
            frame = {**cause, "time": asked, "at_risk": np.where(known, count, 0).astype(np.int64)}
            frame |= {name: np.where(known, x[place], np.nan) for name, x in columns.items()}
            frames.append(pd.DataFrame(frame))
        return pd.concat(frames, ignore_index=True)

    def _sums(self, group: int, grid: Vector) -> Vector:
        """Return a group's sums over a grid of all its times and some others.

        Those over its own times are made once; others are put between them, where they are few.
        """
        from ._net import sums_at, with_times

        people = self._people[group]
        if self._beyond():
            return sums_at(people, grid, beyond=True)
        if group not in self._kept:
            own = np.concatenate((people.exit, people.entry))
            own = np.unique(own[own > 0])
            self._kept[group] = own, sums_at(people, own, beyond=False)
        own, sums = self._kept[group]
        if len(grid) - len(own) > FEW:
            return sums_at(people, grid, beyond=False)
        return with_times(people, own, sums, grid)


def steps(people: Followed) -> Vector:
    """Return 0 and every distinct time of exit."""
    return np.concatenate(([0.0], np.unique(people.exit)))


def grid_with(people: Followed, asked: Vector) -> tuple[Vector, Vector]:
    """Return all times of entry and exit and those asked for; and these, on a step where near."""
    exits = steps(people)[1:]
    near = exits[np.clip(np.searchsorted(exits, asked), 0, len(exits) - 1)]
    below = exits[np.clip(np.searchsorted(exits, asked) - 1, 0, len(exits) - 1)]
    for step in (near, below):
        asked = np.where(np.abs(step - asked) <= TIE * exits[-1], step, asked)
    every = np.concatenate((exits, people.entry, asked))
    return np.unique(every[every > 0]), asked


def before_deaths(
    people: Followed, times: Vector, level: float, *, first: bool = False
) -> tuple[Any, Vector]:
    """Return which times come before the first death, and the upper limit of its risk by then.

    With ``first`` that death's own time counts too: what depends only on survival just before it
    is not yet changed by it.
    """
    earliest = people.exit[people.died].min(initial=np.inf)
    none = times <= earliest if first else times < earliest
    dead = np.zeros(len(people.exit), dtype=np.intp)
    part = People(people.entry, people.exit, dead)
    return none, risk_without_events(part, times[none], level)
