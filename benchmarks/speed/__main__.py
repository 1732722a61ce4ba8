"""The whole table of speed: `python -m benchmarks.speed` times every verb and its peers in R.

Each verb runs at each size in a process of its own: the first call, with what is compiled or
loaded for it; then the best of three; seconds of the processor and of the clock; and how much
memory was taken beyond the data. The exponent says how time grows between the two largest sizes:
1 is proportional. Answers of R are compared before its seconds are shown.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

import paraneo
from benchmarks.speed.verbs import CASES, Case
from paraneo.gate.writing import written_whole

KEPT = Path(__file__).parent.parent / "results" / "speed.csv"
RUNS = 3
#: Relative difference beyond which R answers another question; cmprsk::crr stops at 3e-6.
CLOSE = 1e-5
#: So many times the kept seconds count as slower: runs on one machine differ by less.
SLOWER = 1.5
COLUMNS = [
    "verb", "size", "unit", "first_call", "seconds", "clock", "memory_mb", "exponent",
    "peer", "peer_seconds", "times_as_fast", "apart",
]  # fmt: skip


def timed(case: Case, size: int) -> dict[str, float]:
    """Return the seconds, the memory and the answer of one verb at one size."""
    data = case.prepare(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    answer = case.run(data)
    first = time.process_time() - began
    runs = []
    for _ in range(RUNS):
        clock, began = time.perf_counter(), time.process_time()
        case.run(data)
        runs.append((time.process_time() - began, time.perf_counter() - clock))
    seconds, clock = min(runs)
    taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {
        "first_call": first, "seconds": seconds, "clock": clock, "memory_mb": taken,
        "answer": answer,
    }  # fmt: skip


def alone(case: Case, size: int) -> dict[str, Any]:
    """Time a verb in a process of its own, with one thread."""
    call = [sys.executable, "-m", "benchmarks.speed", "--one", case.name, "--size", str(size)]
    one = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(call, capture_output=True, text=True, check=False, env=os.environ | one)
    if done.returncode:
        raise SystemExit(f"{case.name} at {size} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def peer_of(case: Case, size: int) -> tuple[float, float] | None:
    """Return the seconds and the answer of R, or nothing where it is not installed."""
    script = Path(__file__).with_name("verbs.R")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "data.csv"
        case.prepare(size).to_csv(table, index=False, float_format="%.17g")
        call = ["Rscript", str(script), case.peer, str(table)]
        try:
            done = subprocess.run(call, capture_output=True, text=True, check=True)
        except (FileNotFoundError, subprocess.CalledProcessError):
            return None
    seconds, answer = map(float, done.stdout.split()[-2:])
    return seconds, answer


def table(cases: list[Case], *, largest: int, with_r: bool) -> Iterator[dict[str, Any]]:
    """Give a row a verb and size."""
    for case in cases:
        last: tuple[int, float] | None = None
        sizes = [size for size in case.sizes if size <= largest] or [case.sizes[0]]
        for size in sizes:
            print(f"{case.name}, {size:,d} {case.unit} …", file=sys.stderr, flush=True)
            row = {"verb": case.name, "size": size, "unit": case.unit} | alone(case, size)
            answer = row.pop("answer")
            if last is not None:
                row["exponent"] = math.log(row["seconds"] / last[1]) / math.log(size / last[0])
            last = size, row["seconds"]
            if with_r and case.peer and size == sizes[-1]:
                row |= beside(peer_of(case, size), row["seconds"], answer, case.peer)
            yield row


def beside(
    found: tuple[float, float] | None, seconds: float, answer: float, peer: str
) -> dict[str, Any]:
    """Return what R took and how far its answer is from ours."""
    if found is None:
        print(f"  {peer}: R or its package is not installed", file=sys.stderr)
        return {}
    apart = abs(found[1] - answer) / max(abs(answer), 1e-300)
    said = {"peer": peer, "peer_seconds": found[0], "apart": apart}
    return said if apart > CLOSE else said | {"times_as_fast": found[0] / seconds}


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "paraneo": paraneo.__version__,
        "python": platform.python_version(),
        "numpy": __import__("numpy").__version__,
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d"),
    }


def compared(found: pd.DataFrame) -> pd.DataFrame:
    """Return what takes longer than in the kept table."""
    if not KEPT.exists():
        raise SystemExit(f"There is no kept table at {KEPT}; make one with --keep")
    kept = pd.read_csv(KEPT, comment="#")
    both = found.merge(kept, on=["verb", "size"], suffixes=("", "_kept"))
    both["slower"] = both["seconds"] / both["seconds_kept"]
    slow = both[both["slower"] > SLOWER]
    return slow[["verb", "size", "seconds", "seconds_kept", "slower"]]


def main() -> None:
    """Run what was asked for."""
    about = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    about.add_argument("--only", nargs="*", default=[], help="verbs, or the beginnings of them")
    about.add_argument("--largest", type=int, default=100_000, help="no larger sizes than this")
    about.add_argument("--without-r", action="store_true", help="time paraneo alone")
    about.add_argument("--compare", action="store_true", help="say what the kept table did faster")
    about.add_argument("--keep", action="store_true", help=f"write {KEPT.name} anew")
    about.add_argument("--one", help=argparse.SUPPRESS)
    about.add_argument("--size", type=int, help=argparse.SUPPRESS)
    asked = about.parse_args()
    if asked.one:
        case = next(case for case in CASES if case.name == asked.one)
        print(json.dumps(timed(case, asked.size)))
        return
    cases = [c for c in CASES if not asked.only or any(c.name.startswith(o) for o in asked.only)]
    started = machine()
    rows = list(table(cases, largest=asked.largest, with_r=not asked.without_r))
    found = pd.DataFrame(rows).reindex(columns=COLUMNS)
    with pd.option_context("display.width", 160, "display.max_columns", None):
        print(found.to_string(index=False, float_format="{:.3g}".format, na_rep=""))
    print(json.dumps(started))
    if asked.compare:
        slow = compared(found)
        print("Nothing became slower." if slow.empty else slow.to_string(index=False))
    if asked.keep:
        with written_whole(KEPT) as part:
            head = f"# {json.dumps(started)}\n"
            part.write_text(head + found.to_csv(index=False, float_format="%.4g"))


if __name__ == "__main__":
    main()
