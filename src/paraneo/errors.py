"""Errors and warnings: every fault of an input at once, with column, row and cure."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

#: How many row numbers of one fault a message shows; `.faults` keeps them all.
ROWS_SHOWN = 8
T = TypeVar("T")
#: Letters without a blank that a message shows of a longer run of them.
_WORD = 60
_LONG = re.compile(r"\S{160,}")
_HERE = str(Path(__file__).parent)


def brief(text: object) -> str:
    """Return a text with what is too long to be read cut short.

    Examples
    --------
    >>> len(brief("x" * 5000 + " is not a number"))
    77
    """
    return _LONG.sub(lambda found: f"{found[0][:_WORD]}…", str(text))


class ParaneoError(Exception):
    """The base of every error this package raises on purpose."""


class ParaneoWarning(UserWarning):
    """The base of every warning this package gives."""


class ConvergenceWarning(ParaneoWarning):
    """A search for an optimum ended without finding one, or on a bound."""


class ComparabilityWarning(ParaneoWarning):
    """Numbers are compared that differ for other reasons than the one compared."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input.

    Attributes
    ----------
    column : str or None
        The column or argument, by the caller's own name.
    rows : tuple of int
        Positions counted from 0; empty where the fault is the whole column's.
    problem, remedy : str
        What is wrong, and what to do about it.
    """

    column: str | None
    rows: tuple[int, ...]
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self._place()}{self.problem}. {self.remedy}"

    def _place(self) -> str:
        if self.column is None:
            return ""
        name = brief(self.column)
        if not self.rows:
            return f"'{name}': "
        shown = ", ".join(map(str, self.rows[:ROWS_SHOWN]))
        more = len(self.rows) - ROWS_SHOWN
        word = "row" if len(self.rows) == 1 else "rows"
        return f"'{name}' at {word} {shown}{f' and {more} more' if more > 0 else ''}: "


class InputError(ParaneoError, ValueError):
    """An input that cannot be used.

    Attributes
    ----------
    subject : str
        What was being read, such as "the incidence table".
    faults : tuple of Fault
        Everything found wrong, so that all of it can be corrected in one go.
    """

    def __init__(self, subject: str, faults: Iterable[Fault]) -> None:
        self.subject = subject
        self.faults = tuple(faults)
        super().__init__(self._text())

    def _text(self) -> str:
        lines = [f"{self.subject} cannot be used:"]
        lines += [f"  - {fault}" for fault in self.faults]
        if any(fault.rows for fault in self.faults):
            lines.append("(Rows are counted from 0, below the header.)")
        return "\n".join(lines)

    def renamed(self, names: Mapping[str, str], *, subject: str | None = None) -> InputError:
        """Return the same error in the words of a caller who has other names for arguments.

        Columns of a table keep the names that they have in the table.

        Examples
        --------
        >>> fault = Fault("per", (), "it is infinite", "Give a number such as per=100_000")
        >>> print(ArgumentError("per", [fault]).renamed({"per": "--per"}, subject="the options"))
        the options cannot be used:
          - '--per': it is infinite. Give a number such as --per 100000
        """
        arguments = isinstance(self, ArgumentError)
        faults = [
            replace(
                fault,
                column=names.get(fault.column or "", fault.column) if arguments else fault.column,
                problem=in_words_of(names, fault.problem),
                remedy=in_words_of(names, fault.remedy),
            )
            for fault in self.faults
        ]
        return type(self)(subject or self.subject, faults)

    def __reduce__(self) -> tuple[type[InputError], tuple[str, tuple[Fault, ...]]]:
        return type(self), (self.subject, self.faults)


#: An argument as it is written in a message: per=100_000, rule="share", or, where nothing else
#: is called so, missing_rates alone.
_WRITTEN = re.compile(r"(\w+)(=(?:\{[^}]*\}|[\"']?([\w-]+(?:\.\w+)?)?[\"']?))?")


def in_words_of(names: Mapping[str, str], text: str) -> str:
    """Return a message with arguments called as a caller calls them.

    >>> in_words_of({"zero_time": "--zero-time", "by": "--by"}, 'by sex: zero_time="include"')
    'by sex: --zero-time include'
    """

    def called(found: re.Match[str]) -> str:
        word, given, value = found.groups()
        if word not in names or (given is None and "_" not in word):
            return found[0]
        digits = re.sub(r"(?<=\d)_(?=\d)", "", value or "")
        return f"{names[word]} {digits}".rstrip()

    return _WRITTEN.sub(called, text)


class TableError(InputError):
    """A table that cannot be used: its columns or its rows are at fault."""


class ArgumentError(InputError):
    """Arguments that cannot be used."""


class FileError(ParaneoError, OSError):
    """A file that cannot be read or written."""

    def __init__(self, message: str) -> None:
        super().__init__(brief(message))


@dataclass(slots=True)
class Faults:
    """Collects what is wrong with an input, to be raised as one error.

    Parameters
    ----------
    subject : str
        What is being read, as it should stand at the head of the message.
    positions : sequence of int, optional
        Where the rows that are read stand in the whole table.
    """

    subject: str
    found: list[Fault] = field(default_factory=list)
    in_table: bool = False
    positions: Sequence[int] | None = None

    def add(
        self, column: str | None, problem: str, remedy: str, *, rows: Sequence[int] = ()
    ) -> None:
        """Note a fault."""
        whole = self.positions
        place = tuple(int(row) if whole is None else int(whole[row]) for row in rows)
        self.found.append(Fault(column, place, brief(problem), brief(remedy)))

    def rows_of(self, column: str) -> list[int]:
        """Return the rows of a column, of those that are read, that have a fault already."""
        rows = [row for fault in self.found if fault.column == column for row in fault.rows]
        if self.positions is None:
            return rows
        place = {whole: row for row, whole in enumerate(self.positions)}
        return [place[row] for row in rows if row in place]

    def raise_any(self) -> None:
        """Raise one error for all that was noted, if anything was."""
        if self.found:
            raise (TableError if self.in_table else ArgumentError)(self.subject, self.found)

    def checked(self, read: T | None) -> T:
        """Return what was read once nothing is wrong; raise one error for all that is.

        A reader gives None only beside a fault that it has noted.
        """
        self.raise_any()
        if read is None:
            raise AssertionError(f"{self.subject}: nothing was read, and no fault was noted")
        return read


def warn(message: str, category: type[ParaneoWarning]) -> None:
    """Give a warning that points to the line outside this package that asked."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
