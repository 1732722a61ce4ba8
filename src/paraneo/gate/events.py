"""Events: what the codes in a column mean, read in one way by every verb.

A column of codes is numbers to one reader of files and text to another, and, where numbers
stand among words, numbers in one batch and text in the next. A code therefore matches as it is
written: 162, 162.0 and "162" are one code, and blanks around it do not count. Letters count
as they are, since "D" and "d" may be two codes; where only the case differs, that is a fault.

Wherever a code is taken, so are several, a pattern ("C34*"; "*" alone is every code that is not
named otherwise) and a range ("C33-C34", "140-208", to the end of its last category). A code
that no row holds is a fault that lists those that are there, the nearest first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import ComparabilityWarning, Faults, warn

from .event_patterns import Pattern, is_several, number_of, pattern_of
from .missing_marks import is_unknown
from .tables import Columns
from .written_codes import as_written

Numbers = NDArray[np.intp]

#: Codes that often mean an unknown event, and are no further cause unless they are named so.
_UNKNOWN = (9.0, 88.0, 98.0, 99.0, 888.0, 998.0, 999.0, 9999.0)
#: Codes of the column that a message lists; the others are counted.
_SHOWN = 8
#: Codes of a column that are kept to name the nearest.
_KEPT = 2000
_MISSING, _UNNAMED = -1, -2
_ONCE = "Name each code once in cause, competing and censored"


@dataclass(frozen=True, slots=True)
class Events:
    """What the codes in a column of events mean, as a caller names them.

    Attributes
    ----------
    cause : code or sequence of codes
        Those of interest.
    competing : code, sequence of codes or None
        Other causes, each numbered by itself. None takes every other whole number above 0
        as one, where ``censored`` is named.
    censored : code, sequence of codes or None
        Those of no event. Any other code is then a fault; None takes every other code as no
        event.
    separate : bool
        Whether each entry of ``cause`` is a cause of its own, numbered 1, 2, …; otherwise
        all are cause 1.
    """

    cause: Any = 1
    competing: Any = None
    censored: Any = 0
    separate: bool = False

    @property
    def causes(self) -> tuple[tuple[Any, ...], ...]:
        """The codes of each cause of interest."""
        return (
            tuple(map(codes_of, one_or_more(self.cause)))
            if self.separate
            else (codes_of(self.cause),)
        )


class Found(NamedTuple):
    """The events of some rows.

    Attributes
    ----------
    number : array of int
        The number of each row's cause, 0 for none.
    causes : int
        How many causes there are, those of interest first.
    unmet : Unmet
    """

    number: Numbers
    causes: int
    unmet: Unmet


@dataclass(slots=True)
class Unmet:
    """Codes of interest that none of the rows holds, and what they hold."""

    codes: tuple[Any, ...] = ()
    held: dict[Any, None] = field(default_factory=dict)

    def both(self, other: Unmet) -> Unmet:
        """Return what is met neither in these rows nor in others."""
        codes = tuple(code for code in self.codes if code in other.codes)
        held = dict.fromkeys([*self.held, *other.held][:_KEPT]) if codes else {}
        return Unmet(codes, held)

    def note(self, name: str, faults: Faults) -> None:
        """Note each code that is not met, with those that are there."""
        for code in self.codes:
            near = _nearest(code, self.held)
            others = [value for value in self.held if value not in near]
            there = f"It holds {_listed([*near, *others])}"
            pattern = f"; write '{code}*' for all that begin so" if _begin(code, near) else ""
            faults.add(name, f"there is no event of cause {code!r}", f"{there}{pattern}")


def one_or_more(value: Any) -> tuple[Any, ...]:
    """Return one code, or a sequence of them, as a tuple."""
    return tuple(value) if is_several(value) else (value,)


def codes_of(value: Any) -> tuple[Any, ...]:
    """Return the codes in one code, or in sequences of any depth, as a tuple."""
    if not is_several(value):
        return (value,)
    return tuple(code for one in value for code in codes_of(one))


def read_events(source: Columns, name: Any, events: Events) -> tuple[Numbers, int]:
    """Return the number of each row's cause, 0 for none, and how many causes there are.

    Every code of interest has to be met, see `read_some_events`, unless every row holds a code
    of no event that is named: people of whom nobody had an event are no fault.
    """
    told = len(source.faults.found)
    found = read_some_events(source, name, events)
    if events.censored is None or found.number.any() or len(source.faults.found) > told:
        found.unmet.note(name, source.faults)
    return found.number, found.causes


def read_some_events(
    source: Columns, name: Any, events: Events, *, cure: str | None = None
) -> Found:
    """Return the events of some rows of a table, noting what cannot be read.

    Parameters
    ----------
    cure : str, optional
        Of a column of 0 and 1, for which no code was named: what to do about another value.
    """
    [found] = _read(source, name, [events], cure)
    return found


def read_endpoints(source: Columns, name: str, endpoints: Sequence[Events]) -> list[Found]:
    """Return what several endpoints make of one column, as `read_some_events` does of each.

    A row whose event is missing is noted once, and the column is looked through once.
    """
    return _read(source, name, endpoints, None) if endpoints else []


def _read(source: Columns, name: Any, endpoints: Sequence[Events], cure: str | None) -> list[Found]:
    nothing = Found(np.zeros(source.length, dtype=np.intp), 0, Unmet())
    if not isinstance(name, str):
        said = f"it is of type {type(name).__name__}, not the name of a column"
        source.faults.add("event", said, "Name one column here, and its codes in cause")
        return [nothing] * len(endpoints)
    series = source.native(name)
    if series is None:
        return [nothing] * len(endpoints)
    try:
        place, values = _distinct(series)
    except TypeError:
        said = "it holds lists or the like, which are no codes"
        source.faults.add(name, said, "Give one word or number a row")
        return [nothing] * len(endpoints)
    return [
        _of_codes(source, name, events, (place, values), cure, first=k == 0)
        for k, events in enumerate(endpoints)
    ]


def _of_codes(
    source: Columns,
    name: str,
    events: Events,
    column: tuple[Numbers, list[Any]],
    cure: str | None,
    *,
    first: bool,
) -> Found:
    """Return what the codes of an event make of the distinct values of a column."""
    place, values = column
    meaning = _Meaning(name, events, source.faults)
    means = np.array([*map(meaning.of, values), _MISSING], dtype=np.intp)
    number = means[place]
    fill = "Fill it in, write a code for no event, or leave the row out"
    if first:
        source.rows_where(number == _MISSING, name, "event is missing", fill)
    _note_implied(source, name, meaning, place, values)
    if (means == _UNNAMED).any():
        _note_unnamed(source, name, meaning, number, place, values, cure)
    unmet = Unmet()
    if (means[:-1] != _MISSING).any() and not meaning.met.issuperset(meaning.wanted):
        missed = tuple(code for code in meaning.wanted if code not in meaning.met)
        known = (v for v, means_ in zip(values, means, strict=False) if means_ != _MISSING)
        unmet = Unmet(missed, dict.fromkeys(islice(known, _KEPT)))
    return Found(np.maximum(number, 0), meaning.count, unmet)


def _is_code(code: Any) -> bool:
    """Return whether a value can stand for an event: it is one word or number, not missing."""
    try:
        hash(code)
    except TypeError:
        return False
    return isinstance(code, str) or not _is_missing(code)


class _Meaning:
    """The number that each code of a column stands for."""

    def __init__(self, name: str, events: Events, faults: Faults) -> None:
        self.name, self.events, self.faults = name, events, faults
        self.exact: dict[Any, tuple[int, Any]] = {}
        self.patterns: list[tuple[Pattern, int]] = []
        self.wanted: list[Any] = []
        self.met: set[Any] = set()
        self.named: list[Any] = []
        self.implied: list[float] = []
        self.count = 0
        for codes in events.causes:
            self.count += 1
            self.wanted += filter(_is_code, codes)
            self._name(codes, self.count)
        if events.censored is not None:
            self._name(codes_of(events.censored), 0)
        for entry in () if events.competing is None else one_or_more(events.competing):
            self.count += 1
            self._name(codes_of(entry), self.count)
        self.folded = {
            code.strip().casefold(): code for code in self.named if isinstance(code, str)
        }

    def _name(self, codes: tuple[Any, ...], number: int) -> None:
        if not codes:
            self.faults.add(self.name, "no code is named", "Name the code of the event in cause")
        for code in codes:
            if not _is_code(code):
                self.faults.add(self.name, f"{code!r} is no code", "Name a word or a number")
                continue
            if self._exactly(code) is not None:
                self.faults.add(self.name, f"the code {code!r} is named twice", _ONCE)
                continue
            self.named.append(code)
            if isinstance(code, str):
                self.exact[code.strip()] = (number, code)
                if number_of(code) is not None:
                    self.exact.setdefault(("written", number_of(code)), (number, code))
            else:
                self.exact[code if number_of(code) is None else number_of(code)] = (number, code)
            pattern = pattern_of(code)
            if pattern is not None:
                self.patterns.append((pattern, number))

    def _exactly(self, value: Any) -> tuple[int, Any] | None:
        """Return number and code of a value that is named as it stands."""
        number = number_of(value)
        if isinstance(value, str):
            by_word = self.exact.get(value.strip())
            return by_word if by_word or number is None else self.exact.get(number)
        if number is None:
            return self.exact.get(value)
        return self.exact.get(number) or self.exact.get(("written", number))

    def of(self, value: Any) -> int:
        """Return the number of a value of the column, `_MISSING` or `_UNNAMED`."""
        exactly = self._exactly(value)
        if exactly is not None:
            self.met.add(exactly[1])
            return exactly[0]
        if _is_missing(value):
            return _MISSING
        hits = [(pattern, number) for pattern, number in self.patterns if pattern.holds(value)]
        if hits:
            return self._one_of(value, hits)
        number = number_of(value)
        if self.events.censored is None:
            infinite = number is not None and not math.isfinite(number)
            return _UNNAMED if infinite or self.nearly(value) is not None else 0
        if self.events.competing is None and number and number > 0 and number.is_integer():
            self.count += 1
            self.exact[number] = (self.count, value)
            self.implied.append(number)
            return self.count
        return _UNNAMED

    def _one_of(self, value: Any, hits: list[tuple[Pattern, int]]) -> int:
        """Return the number of the patterns that a value fits, noting where they differ."""
        narrow = [hit for hit in hits if hit[0].code.strip() != "*"] or hits[:1]
        self.met.update(pattern.code for pattern, _ in narrow)
        if len({number for _, number in narrow}) > 1:
            both = " and ".join(repr(pattern.code) for pattern, _ in narrow)
            self.faults.add(self.name, f"{value!r} is named by {both}", _ONCE)
        return narrow[0][1]

    def nearly(self, value: Any) -> str | None:
        """Return the code that differs from a word by its letters' case alone."""
        return self.folded.get(value.strip().casefold()) if isinstance(value, str) else None


def _note_implied(
    source: Columns, name: str, meaning: _Meaning, place: Numbers, values: list[Any]
) -> None:
    """Note a 9 or 99 that stands apart and hardly is a further cause.

    Warn of 2 beside 1 where no row has a code of no event: in R, 1 often is none.
    """
    if not meaning.implied:
        return
    numbers = [number_of(value) for value in values]
    if meaning.implied == [2.0] and len(numbers) == 2 and 1.0 in numbers:
        warn(
            f"'{name}' holds 1 and 2, and no row has a code of no event: 2 is taken for another "
            "cause. Where 1 means no event, as often in R, say cause=2, censored=1; where both are "
            "events, say competing=2.",
            ComparabilityWarning,
        )
    others = [abs(x) for x in numbers if x is not None and x not in _UNKNOWN]
    for code in meaning.implied:
        # 9 beside 0 to 3 stands apart; 998 among the codes of ICD-9 does not
        if code in _UNKNOWN and code >= 3 * max(others, default=0):
            said = f"event {code:g} looks like a code of what is not known"
            rows = place == numbers.index(code)
            source.rows_where(rows, name, said, f"Leave it empty, or say competing={code:g}")


def _note_unnamed(
    source: Columns,
    name: str,
    meaning: _Meaning,
    number: Numbers,
    place: Numbers,
    values: list[Any],
    cure: str | None,
) -> None:
    """Note the values of a column that nothing is said about."""
    known = ", ".join(map(repr, meaning.named))
    among = f"among those named ({known})" if cure is None else "0 or 1"
    cure = cure or "Name it in cause, competing or censored, or correct it"
    met = np.unique(place[number == _UNNAMED])
    for k in met[:_SHOWN]:
        code = meaning.nearly(values[k])
        said, what = f"event {values[k]!r} is not {among}", cure
        if code is not None:
            said = f"{values[k]!r} is not the code {code!r}, but for its letters' case"
            what = "Give the code as it stands in the column, or both"
        source.rows_where(place == k, name, said, what)
    if len(met) > _SHOWN:
        rest = np.isin(place, met[_SHOWN:])
        said = f"{len(met) - _SHOWN} further codes are not {among}"
        source.rows_where(rest, name, said, cure)


def _distinct(series: pd.Series[Any]) -> tuple[Numbers, list[Any]]:
    """Return the place of each row's value, -1 where it is missing, and the values."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes: Numbers = series.cat.codes.to_numpy().astype(np.intp)
        return codes, series.cat.categories.tolist()
    plain = isinstance(series.dtype, np.dtype) and series.dtype.kind in "biuf"
    place, values = pd.factorize(series.to_numpy() if plain else series.astype(object).to_numpy())
    return place.astype(np.intp, copy=False), values.tolist()


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value)) and is_unknown(value)


def _nearest(code: Any, held: Iterable[Any]) -> list[Any]:
    """Return the codes of a column that begin as one does, or are written much like it."""
    words = {as_written(value).strip(): value for value in held}
    wanted = as_written(code).strip().rstrip("*").rstrip(".")
    begin = [word for word in words if wanted and word.startswith(wanted)]
    return [words[word] for word in begin or get_close_matches(wanted, words, n=3)]


def _begin(code: Any, near: Iterable[Any]) -> bool:
    """Return whether codes of a column begin with a code that is a word."""
    return isinstance(code, str) and any(
        as_written(v).strip().startswith(code.strip()) for v in near
    )


def _listed(values: list[Any]) -> str:
    shown = ", ".join(repr(value) for value in values[:_SHOWN])
    return f"{shown} …" if len(values) > _SHOWN else shown
