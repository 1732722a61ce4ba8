"""Which people are walked for which endpoints, and the sums that come of it.

A part is a set of endpoints with one time at risk. Where no person changes between groups that
differ in their endpoints, each group is walked once for all of its parts, and a part is the sum
over groups; otherwise each part is walked by itself. The digits are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ._endpoints import walks_of
from ._exact import BITS, EXPECTED_LIMBS, MASK
from ._lexis import tally
from ._lexis_grid import tally_on_grid, worthwhile
from ._lexis_inputs import Spells
from ._plan import Plan
from ._reading import Followed
from ._sums import EVENTS, NO_GROUP, NO_TIME, PEOPLE, REASONS, TIME, Tally
from ._ticks import half_a_day

if TYPE_CHECKING:
    from ._request import Request

Whole = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Part:
    """Endpoints that are counted together.

    Attributes
    ----------
    plan : Plan
    exit : int
        Which of the columns of exit.
    events, tables : tuple of int
        Which of the events and of the rate tables that were read.
    at_risk : bool
        People of groups without rates are not at risk.
    """

    plan: Plan
    exit: int
    events: tuple[int, ...]
    tables: tuple[int, ...]
    at_risk: bool

    @classmethod
    def of(cls, asked: Request, question: Request, *, civil: bool) -> Part:
        """Return a question about some of the endpoints as a part."""
        events, tables = list(asked.events), list(asked.tables)
        return cls(
            question.plan(civil=civil),
            exit=asked.exits.index(question.exits[0]),
            events=tuple(map(events.index, question.events)),
            tables=tuple(map(tables.index, question.tables)),
            at_risk=asked.endpoints,
        )

    def kinds_at_risk(self, spells: Spells) -> Bools:
        """Return which kinds of people are at risk; the tables of a part have the same groups."""
        if not self.at_risk or not self.tables:
            return np.ones(len(spells.group), dtype=bool)
        return np.asarray(spells.rate_group[self.tables[0]] != self.plan.groups[0])


@dataclass(frozen=True, slots=True)
class Walks:
    """The parts, and the joint walks for people who are at risk of several of them."""

    parts: tuple[Part, ...]
    joint: dict[frozenset[int], Part]

    @classmethod
    def of(cls, asked: Request, questions: Sequence[Request], *, civil: bool) -> Walks:
        """Return the walks that answer a question part by part."""
        joint = walks_of(asked, questions)
        return cls(
            tuple(Part.of(asked, question, civil=civil) for question in questions),
            {those: Part.of(asked, one, civil=civil) for those, one in joint.items()},
        )

    @property
    def civil(self) -> bool:
        """Whether times are dates."""
        return self.parts[0].plan.civil

    def tallies(self, followed: Followed) -> Iterator[tuple[int, Tally]]:
        """Give the sums of each part, in any number of summands."""
        spells = followed.spells
        risk = np.array([part.kinds_at_risk(spells) for part in self.parts])
        patterns = {
            kind: frozenset(np.flatnonzero(column).tolist()) for kind, column in enumerate(risk.T)
        }
        known = all(not those or those in self.joint for those in patterns.values())
        if not self.joint or not known or _changing(spells, risk):
            for k, part in enumerate(self.parts):
                yield k, _of_part(followed, part, risk[k][spells.kind])
            return
        for those in dict.fromkeys(patterns.values()):
            kinds = np.array([pattern == those for pattern in patterns.values()])
            own = _of_kinds(spells, kinds)
            if those:
                whole = self.joint[those]
                sums = _tally(_of(own, whole, own.stop), followed, whole)
            for k, part in enumerate(self.parts):
                if k in those:
                    yield k, _share(sums, whole, part)
                elif len(own.start):
                    yield k, _nobody(own, part)


def _of_kinds(spells: Spells, kinds: Bools) -> Spells:
    """Return the spells of people of some kinds, which are numbered anew."""
    kept = np.flatnonzero(kinds)
    own = spells.picked(np.flatnonzero(kinds[spells.kind]))
    return own._replace(
        kind=(np.cumsum(kinds) - 1)[own.kind],
        group=spells.group[kept],
        rate_group=spells.rate_group[:, kept],
    )


def _changing(spells: Spells, risk: Bools) -> bool:
    """Return whether anybody changes between kinds that are at risk of different endpoints."""
    same = spells.person[1:] == spells.person[:-1]
    if not same.any():
        return False
    first, second = spells.kind[:-1][same], spells.kind[1:][same]
    return bool((risk[:, first] != risk[:, second]).any())


def _of(spells: Spells, part: Part, stop: Whole) -> Spells:
    """Return spells with the events and rates of a part, up to its exit."""
    own = np.array(part.events, dtype=np.int64)
    return spells._replace(stop=stop, own=own, rate_group=spells.rate_group[list(part.tables)])


def _of_part(followed: Followed, part: Part, at_risk: Bools) -> Tally:
    """Return the sums of a part that is walked by itself."""
    spells = _of(followed.spells, part, followed.stops[part.exit])
    if at_risk.all():
        return _tally(spells, followed, part)
    sums = _tally(spells.picked(np.flatnonzero(at_risk)), followed, part)
    _leave_out(spells.picked(np.flatnonzero(~at_risk)), part, sums.others)
    return sums


def _nobody(spells: Spells, part: Part) -> Tally:
    """Return the sums of a part that none of the people are at risk of."""
    others = np.zeros((REASONS + len(part.tables), part.plan.columns), dtype=np.int64)
    _leave_out(_of(spells, part, spells.stop), part, others)
    return Tally({}, others, np.zeros(part.plan.missing_cells))


def _leave_out(spells: Spells, part: Part, others: Whole) -> None:
    """Note spells of people who are not at risk."""
    ticks = spells.stop - spells.start
    others[NO_GROUP, PEOPLE] = (np.diff(spells.person, prepend=-1) != 0).sum()
    others[NO_GROUP, TIME] = (ticks & MASK).sum()
    others[NO_GROUP, TIME + 1] = (ticks >> BITS).sum()
    others[NO_GROUP, EVENTS : EVENTS + part.plan.types] = _events_of(spells)


def _share(sums: Tally, whole: Part, part: Part) -> Tally:
    """Return what a part has of the sums of a joint walk."""
    tables = [whole.tables.index(table) for table in part.tables]
    events = [whole.events.index(event) for event in part.events]
    first = EVENTS + len(whole.events)
    limbs = [first + EXPECTED_LIMBS * k + limb for k in tables for limb in range(EXPECTED_LIMBS)]
    columns = [*range(EVENTS), *(EVENTS + k for k in events), *limbs]
    rows = [*range(REASONS), *(REASONS + k for k in tables)]
    at = whole.plan.rates.first_missing
    missing = [sums.missing[at[k] : at[k + 1]] for k in tables]
    return Tally(
        {label: (cell, row[:, columns]) for label, (cell, row) in sums.cells.items()},
        sums.others[np.ix_(rows, columns)],
        np.concatenate(missing) if missing else np.zeros(0),
    )


def _tally(spells: Spells, followed: Followed, part: Part) -> Tally:
    """Walk spells and return their sums."""
    plan = part.plan
    ages, periods, follow_ups = plan.shape
    size = ages * periods * follow_ups
    cells = size * len(followed.strata)
    sums = np.zeros((cells + REASONS + len(plan.groups), plan.columns), dtype=np.int64)
    missing = np.zeros(plan.missing_cells)
    spells = _with_time(spells, followed.zero_time, sums[cells + NO_TIME], civil=plan.civil)
    way = tally_on_grid if worthwhile(spells, plan.axes, plan.bands) else tally
    way(spells, plan.axes, plan.bands, plan.rates, plan.drop, cells, sums, missing)
    by_stratum = {}
    for number, stratum in enumerate(followed.strata):
        rows = sums[number * size : (number + 1) * size]
        here = np.flatnonzero(rows[:, PEOPLE])
        if len(here):
            by_stratum[stratum] = (here, rows[here])
    return Tally(by_stratum, sums[cells:].copy(), missing)


def _events_of(spells: Spells, among: Bools | None = None) -> Whole:
    """Return the number of events of each type, in some of the spells."""
    some = spells.ended if among is None else spells.ended & among
    return np.asarray(spells.event[some].sum(axis=0, dtype=np.int64)[spells.own])


def _with_time(spells: Spells, zero_time: str, left_out: Whole, *, civil: bool) -> Spells:
    """Return the spells with what becomes of those of no length."""
    none = spells.start == spells.stop
    if zero_time == "include" or not none.any():
        return spells
    if zero_time == "half_day":
        return spells._replace(stop=spells.stop + none * half_a_day(civil=civil))
    left_out[PEOPLE] = none.sum()
    left_out[EVENTS : EVENTS + len(spells.own)] = _events_of(spells, none)
    return spells.picked(np.flatnonzero(~none))
