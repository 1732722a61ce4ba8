"""Which people are walked for which endpoints, and the sums that come of it.

A part is a set of endpoints with one time at risk. Where no person changes between groups that
differ in their endpoints, each group is walked once for all of its parts, and a part is the sum
over groups; otherwise each part is walked by itself. The digits are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.ticks import half_a_day

from ._endpoints import walks_of
from ._exact import BITS, EXPECTED_LIMBS, MASK
from ._lexis import tally
from ._lexis_grid import tally_on_grid, worthwhile
from ._lexis_inputs import Spells
from ._plan import Plan
from ._reading import Followed
from ._sums import EVENTS, NO_GROUP, NO_TIME, PEOPLE, REASONS, TIME, Tally

if TYPE_CHECKING:
    from ._request import Request

#: Cells that are filled at a time: they stay in the processor's cache.
CELLS_AT_ONCE = 100_000

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
        found, which = np.unique(risk.T, axis=0, return_inverse=True)
        patterns = [frozenset(np.flatnonzero(one).tolist()) for one in found]
        known = all(not those or those in self.joint for those in patterns)
        if not self.joint or not known or _changing(spells, risk):
            for k, part in enumerate(self.parts):
                yield k, _of_part(followed, part, risk[k][spells.kind])
            return
        for number, those in enumerate(patterns):
            own = _of_kinds(spells, which.ravel() == number)
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
    none = np.zeros(0, dtype=np.int64)
    rows = np.zeros((0, part.plan.columns), dtype=np.int64)
    return Tally([], none, none, rows, others, np.zeros(part.plan.missing_cells))


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
    return replace(
        sums,
        rows=sums.rows[:, columns],
        others=sums.others[np.ix_(rows, columns)],
        missing=np.concatenate(missing) if missing else np.zeros(0),
    )


def _tally(spells: Spells, followed: Followed, part: Part) -> Tally:
    """Walk spells and return their sums, so many strata at a time as fit into the cache."""
    plan, count = part.plan, len(followed.strata)
    no_time = np.zeros(plan.columns, dtype=np.int64)
    spells = _with_time(spells, followed.zero_time, no_time, civil=plan.civil)
    size = int(np.prod(plan.shape))
    together = max(1, CELLS_AT_ONCE // size)
    blocks = _blocks(spells, together, count)
    cells = size * (count if len(blocks) == 1 else together)
    sums = np.zeros((cells + REASONS + len(plan.groups), plan.columns), dtype=np.int64)
    sums[cells + NO_TIME] = no_time
    missing, occupied = np.zeros(plan.missing_cells), []
    for first, some in blocks:
        own = spells if some is None else spells.picked(some)
        own = own._replace(group=own.group - first)
        way = tally_on_grid if worthwhile(own, plan.axes, plan.bands) else tally
        way(own, plan.axes, plan.bands, plan.rates, plan.drop, cells, sums, missing)
        here = np.flatnonzero(sums[:cells, PEOPLE])
        occupied.append((here + first * size, sums[here]))
        sums[here] = 0
    at = np.concatenate([at for at, _ in occupied])
    group, cell = np.divmod(at, size)
    rows = np.concatenate([rows for _, rows in occupied])
    return Tally(followed.strata, group, cell, rows, sums[cells:].copy(), missing)


def _blocks(spells: Spells, together: int, strata: int) -> list[tuple[int, Whole | None]]:
    """Return the first stratum of each block and its spells; None stands for all of them.

    People who change between strata need one block: they count once in what stays out.
    """
    if strata <= together:
        return [(0, None)]
    group = spells.group[spells.kind]
    if ((spells.person[1:] == spells.person[:-1]) & (group[1:] != group[:-1])).any():
        return [(0, None)]
    order = np.argsort(group, kind="stable")
    firsts = np.arange(0, strata, together)
    cuts = np.searchsorted(group[order], [*firsts, strata])
    return [
        (int(first), order[cuts[k] : cuts[k + 1]])
        for k, first in enumerate(firsts)
        if cuts[k] < cuts[k + 1]
    ] or [(0, None)]


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
