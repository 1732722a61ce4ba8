"""What becomes of each tumour row on the way to person-time: arrays only.

Every tumour has one fate and every person one, so that the account adds up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from paraneo.numerics.arrays import Vector

Whole = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Topography codes that the rules of 2004 take for one organ, each named by its last.
IARC_ORGANS = (
    ("C01", "C02"),
    ("C00", "C03", "C04", "C05", "C06"),
    ("C09", "C10", "C12", "C13", "C14"),
    ("C19", "C20"),
    ("C23", "C24"),
    ("C33", "C34"),
    ("C40", "C41"),
    ("C65", "C66", "C67", "C68"),
)

#: Fates of a tumour, in the order in which they are looked for.
FATES = (
    "before the index",
    "index",
    "further tumour of an organ or site",
    "synchronous with the index",
    "within the lag",
    "after the end of follow-up",
    "after the event that ended follow-up",
    "not in a site group",
    "event",
    "of people left out",
)
BEFORE, INDEX, REPEAT, SYNCHRONOUS, LAG, AFTER_END, AFTER_EVENT, OTHER, EVENT, LEFT_OUT = range(10)
#: Why people are left out.
REASONS = (
    "no index",
    "a tumour before the index",
    "index after the end of follow-up",
    "follow-up ended within the lag",
    "a further primary within the lag",
)
KEPT, NO_INDEX, PRIOR, INDEX_AFTER, SHORT, EARLY = -1, 0, 1, 2, 3, 4


class Tumours(NamedTuple):
    """Tumours in the order of people, then of time.

    Attributes
    ----------
    person : array of int
    at : array
        Days or years.
    organ : array of int
        Those that are further tumours of one share a number.
    group : array of int
        The site group, -1 of none.
    eligible : array of bool
        Whether it can be the index.
    """

    person: Whole
    at: Vector
    organ: Whole
    group: Whole
    eligible: Bools


class Course(NamedTuple):
    """What becomes of tumours and people.

    Attributes
    ----------
    fate : array of int, shape (tumours,)
    left_out : array of int, shape (people,)
        The number of the reason, -1 of those who are kept.
    index_tumour : array of int, shape (people,)
        The row of the index tumour, -1 where there is none.
    origin, entry, exit : array, shape (people,)
        The index, and where follow-up begins and ends.
    event : array of int, shape (people,)
        The site group of the event with which follow-up ends, -1 of none.
    own_exit, own_event : array, shape (people, groups)
        The same for each site group by itself.
    """

    fate: Whole
    left_out: Whole
    index_tumour: Whole
    origin: Vector
    entry: Vector
    exit: Vector
    event: Whole
    own_exit: Vector
    own_event: Bools


def repeats(tumours: Tumours) -> Bools:
    """Return which tumours are further ones of a person's organ."""
    key = tumours.person * (tumours.organ.max(initial=0) + 1) + tumours.organ
    _, first = np.unique(key, return_index=True)
    further = np.ones(len(key), dtype=bool)
    further[first] = False
    return further


def first_rows(person: Whole, wanted: Bools, people: int) -> Whole:
    """Return each person's first wanted row, -1 where there is none; rows are in order."""
    found = np.full(people, -1, dtype=np.int64)
    rows = np.flatnonzero(wanted)[::-1]
    found[person[rows]] = rows
    return found


def index_rows(tumours: Tumours, people: int) -> Whole:
    """Return the row of each person's index tumour, the first that can be it."""
    return first_rows(tumours.person, tumours.eligible & ~repeats(tumours), people)


def course(
    tumours: Tumours,
    index_tumour: Whole,
    index: Vector,
    synchronous: Vector,
    entry: Vector,
    end: Vector,
    *,
    until: str,
    keep_prior: bool,
    groups: int,
) -> Course:
    """Follow people from their index on.

    Parameters
    ----------
    tumours : Tumours
    index_tumour : array of int, shape (people,)
        The row of each one's index tumour, -1 where the index is none.
    index, synchronous, entry, end : array, shape (people,)
        The index (NaN where there is none), until when tumours belong to it, when people come
        to be at risk, and when nothing more can be seen of them.
    until : {"next", "any", "own"}
    keep_prior : bool
        Whether people with a tumour before the index stay.
    groups : int
        How many site groups there are.
    """
    who, at = tumours.person, tumours.at
    people, rows = len(index), np.arange(len(at))
    repeat = repeats(tumours)
    fate = np.full(len(at), EVENT, dtype=np.int64)
    # the first that applies
    is_index = index_tumour[who] == rows
    before = at < index[who]
    states = (
        (is_index, INDEX),
        (repeat, REPEAT),
        (before, BEFORE),
        (at <= synchronous[who], SYNCHRONOUS),
        (at > end[who], AFTER_END),
        (at <= entry[who], LAG),
        (tumours.group < 0, OTHER),
    )
    open_ = np.ones(len(at), dtype=bool)
    for mask, number in states:
        fate[open_ & mask] = number
        open_ &= ~mask
    prior = (at < index[who]) & ~(keep_prior | is_index)
    early = (fate == LAG) & (until == "any" or (tumours.group >= 0)) & (until != "own")
    left_out = np.full(people, KEPT, dtype=np.int64)
    for mask, number in (
        (_any_of(who, early, people), EARLY),
        (end <= entry, SHORT),
        (end < index, INDEX_AFTER),
        (_any_of(who, prior, people), PRIOR),
        (np.isnan(index), NO_INDEX),
    ):
        left_out[mask] = number
    fate[left_out[who] != KEPT] = LEFT_OUT
    stops = (fate == EVENT) | ((fate == OTHER) & (until == "any"))
    leave, event = end.copy(), np.full(people, -1, dtype=np.int64)
    if until != "own":
        first = first_rows(who, stops, people)
        some = first >= 0
        leave[some], event[some] = at[first[some]], tumours.group[first[some]]
        late = stops & (first[who] != rows)
        late |= (fate == OTHER) & (at > leave[who])
        fate[late] = AFTER_EVENT
        own_exit, own_event = np.zeros((people, 0)), np.zeros((people, 0), dtype=bool)
    else:
        own_exit = np.repeat(end[:, None], groups, axis=1)
        own_event = np.zeros((people, groups), dtype=bool)
        for k in range(groups):
            wanted = (fate == EVENT) & (tumours.group == k)
            first = first_rows(who, wanted, people)
            some = first >= 0
            own_exit[some, k], own_event[some, k] = at[first[some]], True
            fate[wanted & (first[who] != rows)] = AFTER_EVENT
            # those who had it within the lag are not at risk of it any more
            gone = _any_of(who, (fate == LAG) & (tumours.group == k), people)
            own_exit[gone, k], own_event[gone, k] = entry[gone], False
    return Course(fate, left_out, index_tumour, index, entry, leave, event, own_exit, own_event)


def had_before(tumours: Tumours, entry: Vector, groups: int) -> Bools:
    """Return who has had, until entry, every organ of each site group, shape (people, groups).

    They cannot have a further primary of it.
    """
    first = ~repeats(tumours) & (tumours.at <= entry[tumours.person])
    had = np.zeros((len(entry), groups), dtype=bool)
    for k in range(groups):
        organs = np.unique(tumours.organ[tumours.group == k])
        mine = first & np.isin(tumours.organ, organs)
        count = np.bincount(tumours.person[mine], minlength=len(entry))
        had[:, k] = (count == len(organs)) & (len(organs) > 0)
    return had


def _any_of(person: Whole, mask: Bools, people: int) -> Bools:
    """Return which people have any marked tumour."""
    return np.bincount(person[mask], minlength=people) > 0
