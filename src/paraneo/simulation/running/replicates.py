"""One replicate after another: data made, methods run, and what became of each, as rows.

Nothing here knows of files or executors; `run_block` is what a worker is handed.
"""

from __future__ import annotations

import ctypes
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from paraneo.numerics.rng import stream

#: What a method may say of one estimand; all but ``estimate`` may be left out.
FIGURES = ("estimate", "std_error", "lower", "upper", "p_value", "converged")
#: The columns of the table of replicates.
COLUMNS = ("scenario", "replicate", "method", "estimand", *FIGURES, "status", "message", "warnings")
OK, FAILED, LATE, NO_DATA = "ok", "failed", "timed out", "no data"

Method = Callable[[Any], Any]
Generator = Callable[..., Any]
Row = tuple[Any, ...]

#: Python's record of warnings is the whole process's: threads take turns.
_ONE_AT_A_TIME = threading.Lock()


class TooLongError(BaseException):
    """A method did not end within its limit.

    No `Exception`, so that a method that goes on after any of its own errors ends too.
    """


class WrongAnswerError(Exception):
    """A method's answer is not of the form that a study can keep."""


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring replicates of one scenario: the unit of work."""

    scenario: int
    parameters: Mapping[str, Any]
    first: int
    last: int

    @property
    def name(self) -> str:
        """The block's name, the same in every run of a design."""
        return f"{self.scenario}-{self.first}-{self.last}"


def run_block(
    block: Block,
    generate: Generator,
    methods: Mapping[str, Method],
    seed: int,
    limit: float | None,
) -> list[Row]:
    """Return the rows of a block, replicates rising, methods in their order."""
    rows: list[Row] = []
    for replicate in range(block.first, block.last):
        rows += run_replicate(block, replicate, generate, methods, seed, limit)
    return rows


def run_replicate(
    block: Block,
    replicate: int,
    generate: Generator,
    methods: Mapping[str, Method],
    seed: int,
    limit: float | None,
) -> list[Row]:
    """Return the rows of one replicate; whatever goes wrong becomes a row."""
    place = (block.scenario, replicate)
    rng = stream(seed, block.scenario, replicate)
    data, status, message, said = guarded(lambda: generate(rng, **block.parameters), limit)
    if status != OK:
        return [
            (*place, name, "", *empty(), NO_DATA, f"generate: {message}", said) for name in methods
        ]
    rows: list[Row] = []
    for name, method in methods.items():
        found, status, message, said = guarded(partial(_asked, method, data), limit)
        if status == OK:
            rows += [(*place, name, *figures, OK, "", said) for figures in found]
        else:
            rows.append((*place, name, "", *empty(), status, message, said))
    return rows


def as_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as the table of replicates, each column of its one type."""
    frame = pd.DataFrame.from_records(list(rows), columns=list(COLUMNS))
    types: dict[str, Any] = dict.fromkeys(("scenario", "replicate"), np.int64)
    types |= dict.fromkeys(FIGURES, np.float64)
    types |= dict.fromkeys(("method", "estimand", "status", "message", "warnings"), "object")
    return frame.astype(types)


def empty() -> tuple[float, ...]:
    """Return a row of figures of which none is known."""
    return (np.nan,) * len(FIGURES)


def guarded(work: Callable[[], Any], limit: float | None) -> tuple[Any, str, str, str]:
    """Return (answer, status, message, warnings) and let nothing but a stop through."""
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer, status, message = None, OK, ""
        try:
            with _time_limit(limit):
                answer = work()
        except TooLongError:
            status, message = LATE, f"did not end within {limit:g} s"
        except Exception as error:
            status, message = FAILED, f"{type(error).__name__}: {error}"
    said = "; ".join(sorted({f"{w.category.__name__}: {w.message}" for w in caught}))
    return answer, status, message, said


def _asked(method: Method, data: Any) -> list[tuple[Any, ...]]:
    return answers(method(data))


def answers(answer: Any) -> list[tuple[Any, ...]]:
    """Return (estimand, figures…) for each estimand that a method reports."""
    if isinstance(answer, pd.DataFrame):
        answer = [dict(zip(answer, row, strict=True)) for row in answer.itertuples(index=False)]
    parts = [answer] if isinstance(answer, Mapping) else answer
    if isinstance(parts, str) or not isinstance(parts, Sequence) or not parts:
        raise WrongAnswerError(
            f"the method returned {type(answer).__name__}, not a mapping with 'estimate', "
            "a list of such mappings or a frame"
        )
    rows, seen = [], set()
    for part in parts:
        if not isinstance(part, Mapping) or "estimate" not in part:
            raise WrongAnswerError("the method's answer has no 'estimate'")
        strange = sorted(map(str, set(part) - {*FIGURES, "estimand"}))
        if strange:
            raise WrongAnswerError(
                f"the method's answer has {', '.join(strange)}; known are estimand, "
                + ", ".join(FIGURES)
            )
        estimand = str(part.get("estimand", ""))
        if estimand in seen:
            raise WrongAnswerError(f"the method reports the estimand '{estimand}' twice")
        seen.add(estimand)
        figures = tuple(float(part.get(name, np.nan)) for name in FIGURES)
        if np.isnan(figures[0]):
            raise WrongAnswerError("the method's estimate is NaN")
        rows.append((estimand, *figures))
    return rows


@contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `TooLongError` in this thread when the time is up.

    In the main thread a signal does it, which also ends a sleep; elsewhere, or where there
    are no such signals, a watch in another thread. Either takes hold between two steps
    of the interpreter: a compiled routine runs to its own end first.
    """
    if seconds is None:
        yield
    elif threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        before = signal.signal(signal.SIGALRM, _too_long)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    else:
        own = threading.get_ident()
        watch = threading.Timer(seconds, _raise_in, (own,))
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()


def _too_long(_number: int, _frame: Any) -> None:
    raise TooLongError


def _raise_in(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(TooLongError)
    )
