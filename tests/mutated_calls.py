"""Every public function and method with arguments that are none: each is refused in our words.

``python -m tests.mutated_calls --calls 50000 --seed 1`` makes so many calls, in each of which
one argument (later two) of a call in order is replaced, or one cell or column of its table, and
counts how they end. Exit status 1 where one ends with an exception or a warning that is not
ours, or not within five seconds.
"""

from __future__ import annotations

import argparse
import inspect
import os
import resource
import signal
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zlib import crc32

import matplotlib as mpl
import numpy as np
import pandas as pd
from tests import face

import paraneo
from paraneo.errors import ParaneoError, ParaneoWarning

mpl.use("Agg")
NAN, INF = float("nan"), float("inf")
#: What a call may take in a process of its own, beyond what it has before.
SECONDS, GIGABYTES = 5.0, 6
#: Values to put in the place of an argument. Made anew each time: a callee may change them.
VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "NaN": lambda: NAN,
    "infinity": lambda: INF,
    "minus infinity": lambda: -INF,
    "-1": lambda: -1,
    "0": lambda: 0,
    "1": lambda: 1,
    "0.5": lambda: 0.5,
    "1.5": lambda: 1.5,
    "95": lambda: 95,
    "0.0": lambda: 0.0,
    "-0.5": lambda: -0.5,
    "next to one": lambda: 1 - 1e-16,
    "tiny": lambda: 5e-324,
    "1e12": lambda: 1e12,
    "10**12": lambda: 10**12,
    "1e300": lambda: 1e300,
    "10**400": lambda: 10**400,
    "2**63": lambda: 2**63,
    "complex": lambda: 1j,
    "True": lambda: True,
    "text": lambda: "text",
    "no text": lambda: "",
    "blank": lambda: " ",
    "NUL": lambda: "a\0b",
    "number as text": lambda: "0.5",
    "long text": lambda: "x" * 5000,
    "bytes": lambda: b"text",
    "a date": lambda: date(2001, 2, 3),
    "NaT": lambda: pd.NaT,
    "NA": lambda: pd.NA,
    "list": lambda: [1, 2, 3],
    "list of text": lambda: ["a", "b"],
    "list of None": lambda: [None],
    "list of lists": lambda: [[1], [2, 3]],
    "nested": lambda: [[0.1, 0.2], [0.3, 0.4]],
    "empty list": list,
    "tuple": lambda: (0.5, 0.1),
    "a pair with NaN": lambda: (0.5, NAN),
    "a pair the wrong way round": lambda: (5.0, 1.0),
    "three": lambda: (0.5, 0.6, 0.4),
    "empty tuple": tuple,
    "set": lambda: {1, 2},
    "mapping": lambda: {"a": 1},
    "mapping of None": lambda: {None: None},
    "mapping of lists": lambda: {"sex": ["m", "f"]},
    "empty mapping": dict,
    "array": lambda: np.array([0.2, 0.4]),
    "array of NaN": lambda: np.array([0.2, NAN]),
    "array of infinity": lambda: np.array([0.2, INF]),
    "falling array": lambda: np.array([3.0, 1.0]),
    "array of integers": lambda: np.array([1, 2]),
    "empty array": lambda: np.array([]),
    "array of no dimension": lambda: np.array(0.5),
    "2-d array": lambda: np.ones((2, 2)),
    "masked array": lambda: np.ma.masked_array([1.0, 2.0], mask=[False, True]),
    "masked number": lambda: np.ma.masked,
    "objects": lambda: np.array([object(), None], dtype=object),
    "dates": lambda: np.array(["2001-01-01"], dtype="M8[D]"),
    "structured array": lambda: np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
    "series": lambda: pd.Series([0.2, 0.4], index=[7, 3]),
    "frame": lambda: pd.DataFrame({"a": [1, 2]}),
    "empty frame": pd.DataFrame,
    "object": object,
    "class": lambda: object,
    "function": lambda: len,
    "generator of numbers": lambda: (x for x in (0.1, 0.2)),
    "range": lambda: range(3),
    "slice": lambda: slice(None),
    "numpy rng": lambda: np.random.default_rng(3),
    "legacy rng": lambda: np.random.RandomState(3),
    "rate table": lambda: face.RATES,
    "an accuracy": lambda: face.thing("diagnostic_accuracy"),
    "ratios": lambda: face.thing("incidence_ratios"),
    "an estimate": lambda: paraneo.Estimate(0.5, 0.4, 0.6),
    "executor": lambda: ThreadPoolExecutor(1),
    "path": lambda: Path("/nonexistent/file"),
    "folder": lambda: Path("/"),
    "formula": lambda: "~ x.foo + {1}",
    "numpy text": lambda: np.str_("exact"),
    "numpy float": lambda: np.float32(0.5),
    "numpy integer": lambda: np.int8(3),
}
#: Cells to put into a column of a table, and columns to put in its place.
CELLS: dict[str, Any] = {
    "None": None,
    "NaN": NAN,
    "infinity": INF,
    "minus infinity": -INF,
    "-1": -1,
    "0": 0,
    "0.5": 0.5,
    "1e300": 1e300,
    "1e19": 1e19,
    "10**400": 10**400,
    "text": "text",
    "stray blank": "1 ",
    "escape": "\x1b[31m$x$ [red]",
    "NUL": "a\0",
    "list": [1, 2],
    "NaT": pd.NaT,
    "NA": pd.NA,
    "date": date(2001, 2, 3),
    "complex": 1j,
    "bytes": b"x",
    "object": object(),
}


#: Functions whose example takes more than a moment, or needs the result of another.
SLOW = (
    *(
        "best_schedule",
        "bootstrap",
        "cancer_risk",
        "compare_schedules",
        "html_report",
        "marker_hazards",
    ),
    *("occult_cancer", "people_needed", "pooled_accuracy", "pooled_ratio_curve"),
    *("predictive_people_needed", "reconciled_risk", "schedule_frontier", "screening_window"),
    *("screening_yield", "simulated_registry", "simulation_study", "window_patients_needed"),
)


class Hang(BaseException):
    """A call that takes too long."""


@dataclass(frozen=True)
class Mutant:
    """A call with some of its arguments replaced."""

    holder: str
    method: str | None
    changes: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        said = ", ".join(f"{place}={value}" for place, value in self.changes)
        return f"{self.holder}{'.' + self.method if self.method else ''}({said})"

    def call(self) -> face.Call:
        if self.method is None:
            return face.call_of_function(self.holder)
        return face.call_of_method(self.holder, self.method)


@dataclass(frozen=True)
class Ending:
    """How a call ended: its kind, and where and how it went wrong."""

    kind: str
    place: str = ""


def places(call: face.Call) -> Iterator[tuple[str, str]]:
    """Give every place of a call and every value to put there."""
    for name, parameter in inspect.signature(call.function).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            yield from ((word, value) for word in ("by", "nonesuch") for value in VALUES)
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            yield from ((name, value) for value in VALUES)
    if call.by_place and isinstance(call.by_place[0], dict):
        for column in call.by_place[0]:
            yield from ((f"[{column}]", cell) for cell in CELLS)
            yield from ((f"[{column}]:", value) for value in VALUES)


def drawn_of_functions(one_in: int) -> list[Mutant]:
    """Return one in so many of the calls of functions alone; a new function changes none of them.

    Functions whose example needs the result of another are left out.
    """
    needed = [name for name in face.names_of_functions() if name not in SLOW]
    known = [name for name in needed if name in face.functions()]
    alone = [mutant for name in known for mutant in mutants_of_function(name)]
    return [one for one in alone if crc32(str(one).encode()) % one_in == 0]


def mutants_of_function(holder: str) -> list[Mutant]:
    call = face.call_of_function(holder)
    return [Mutant(holder, None, (change,)) for change in places(call)]


def mutants() -> list[Mutant]:
    """Return every call with one change, in a fixed order."""
    found = [one for name in face.names_of_functions() for one in mutants_of_function(name)]
    for holder, method in face.names_of_methods():
        call = face.call_of_method(holder, method)
        found += [Mutant(holder, method, (change,)) for change in places(call)]
    return found


def drawn(calls: int, seed: int) -> list[Mutant]:
    """Return so many of the mutants; where there are not so many, also pairs of two."""
    rng = np.random.default_rng(seed)
    alone = mutants()
    order = rng.permutation(len(alone))
    picked = [alone[i] for i in order[:calls]]
    by_call: dict[tuple[str, str | None], list[Mutant]] = {}
    for one in alone:
        by_call.setdefault((one.holder, one.method), []).append(one)
    while len(picked) < calls:
        first = alone[rng.integers(len(alone))]
        others = by_call[first.holder, first.method]
        second = others[rng.integers(len(others))]
        if first.changes[0][0] != second.changes[0][0]:
            picked.append(Mutant(first.holder, first.method, first.changes + second.changes))
    return picked


def made(mutant: Mutant) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """Return what is called, and with what."""
    call = mutant.call()
    known = [
        name
        for name, parameter in inspect.signature(call.function).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    by_place, by_name = list(call.by_place), dict(call.by_name)
    for place, value in mutant.changes:
        if place.startswith("["):
            column = place.strip("[]:")
            table = dict(by_place[0]) if isinstance(by_place[0], dict) else {column: [1]}
            held = table[column]
            if place.endswith(":"):
                table[column] = VALUES[value]()
            elif isinstance(held, list):
                table[column] = [CELLS[value], *held[1:]]
            by_place[0] = table
        elif place in known and known.index(place) < len(by_place):
            by_place[known.index(place)] = VALUES[value]()
        else:
            by_name[place] = VALUES[value]()
    return call.function, tuple(by_place), by_name


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Stop what takes too long."""

    def stop(*_: Any) -> None:
        raise Hang

    # Seconds of work: what others do on the machine does not count. Again each second, since
    # some callbacks swallow what is raised in them.
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def ending(mutant: Mutant, seconds: float = SECONDS) -> Ending:
    """Return how a call ends, its result shown as a notebook shows it."""
    function, by_place, by_name = made(mutant)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            with limited(seconds):
                result = function(*by_place, **by_name)
                repr(result)
                if callable(getattr(result, "summary", None)):
                    result.summary()
        except ParaneoError:
            ended = Ending("our error")
        except Hang as error:
            ended = Ending("hang", _place(error))
        except MemoryError as error:
            ended = Ending("memory", _place(error))
        except BaseException as error:
            first = str(error).split("\n")[0][:90]
            ended = Ending("foreign error", f"{_place(error)} {type(error).__name__}: {first}")
        else:
            ended = Ending("result")
    _close_pictures()
    for one in said:
        harmless = isinstance(one.message, ParaneoWarning | ResourceWarning)
        if ended.kind in ("result", "our error") and not harmless:
            where = f"{_short(one.filename)}:{one.lineno}"
            return Ending("foreign warning", f"{where} {type(one.message).__name__}: {one.message}")
    return ended


def _place(error: BaseException) -> str:
    """Return the innermost line of this package that an exception went through."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if "/paraneo/" in frame.filename] or frames[-1:]
    return f"{_short(inside[-1].filename)}:{inside[-1].lineno}" if inside else "?"


def _short(path: str) -> str:
    return path.partition("/src/paraneo/")[2] or path.partition("site-packages/")[2] or path


def _close_pictures() -> None:
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def tally(picked: list[Mutant], *, show: bool = False) -> tuple[Counter[str], dict[str, list[str]]]:
    """Make the calls; return how many ended in each way, and the calls by place of origin."""
    counts: Counter[str] = Counter()
    found: dict[str, list[str]] = {}
    for number, mutant in enumerate(picked, 1):
        ended = ending(mutant)
        counts[ended.kind] += 1
        if ended.place:
            found.setdefault(f"{ended.kind} {ended.place}", []).append(str(mutant))
        elif show and ended.kind == "result":
            found.setdefault("result", []).append(str(mutant))
        if number % 5000 == 0:
            print(f"{number}: {dict(counts)}", file=sys.stderr, flush=True)
    return counts, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="functions whose name holds this")
    parser.add_argument("--accepted", action="store_true", help="also list what gave a result")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES * 2**30, -1))
    os.chdir(face.folder())  # where files of wrong names may be written
    picked = [one for one in drawn(options.calls, options.seed) if options.only in str(one)]
    counts, found = tally(picked, show=options.accepted)
    accepted = found.pop("result", [])
    for place, calls in sorted(found.items(), key=lambda item: -len(item[1])):
        print(f"{len(calls):5d} {place}\n      {'; '.join(calls[:3])[:300]}")
    print("\n".join(sorted(accepted)))
    total = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    print(f"{len(picked)} calls: {total}")
    missing = face.without_example()
    if missing:
        print(f"not called, since tests/face.py has no example: {', '.join(missing)}")
    ours = counts["our error"] + counts["result"]
    return int(ours != len(picked) or bool(missing))


if __name__ == "__main__":
    # Everything that a hanging call has left behind ends with the process.
    status = main()
    sys.stdout.flush()
    sys.exit(status)
