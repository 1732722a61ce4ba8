"""Person-years of a made-up registry: paraneo beside survival::pyears and popEpi::lexpand.

Run ``python -m benchmarks.speed.person_years [N ...]`` (default 100000 and 1000000). Each
size is counted into a table of age × period × follow-up × sex with expected events from
rates by single year of age and calendar year: here on one thread and on two, then by R where
there is one. All timings are from frames in memory to the table on one machine, the shortest
of as many runs on either side (five turns of ten of 100000, of one of 1000000, since machines
are faster at one time than at another). lexpand is run once: at 1000000 it takes two minutes
and 14 GB. Compiling and starting up are not counted. A size above 2000000 is ours alone.
``--memory N`` counts a Parquet file of N people in batches and tells how much memory it took.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from shutil import which
from subprocess import PIPE

import numpy as np
import pandas as pd

from paraneo import RateTable, person_years, rate_table
from paraneo.follow_up import PersonYears

R_MOST, LEXPAND_MOST = 2_000_000, 1_000_000
TURNS = 5
EDGES = {
    "age": [*range(0, 90, 5), np.inf],
    "period": list(range(1990, 2030, 5)),
    "follow_up": [0, 0.5, 1, 2, 5, 10, 30],
}


def runs(n: int) -> int:
    """Return how often each side is timed in a turn; the shortest of all counts."""
    return max(1, 10**6 // n)


def registry(n: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = rng.integers(7305, 17532, n)
    length = np.minimum(1 + rng.exponential(2500, n).astype(np.int64), 18262 - start)
    frame = {
        "born": start - rng.integers(20 * 365, 85 * 365, n),
        "start": start,
        "stop": start + np.maximum(length, 1),
    }
    dates = {
        name: days.astype("datetime64[D]").astype("datetime64[s]") for name, days in frame.items()
    }
    sex = pd.Categorical.from_codes(rng.integers(0, 2, n), ["f", "m"])
    return pd.DataFrame({**dates, "ill": rng.integers(0, 2, n, dtype=np.int8), "sex": sex})


def rate_rows() -> pd.DataFrame:
    age, year, sex = (a.ravel() for a in np.meshgrid(range(100), range(1990, 2020), ["f", "m"]))
    rate = 1e-5 * np.exp(0.09 * age) * np.where(sex == "m", 1.3, 1.0) * 1.01 ** (year - 1990)
    return pd.DataFrame({"age": age, "year": year, "sex": sex, "rate": rate})


def counted(data: object, rates: RateTable, pool: Executor | None = None) -> PersonYears:
    how = {"birth": "born", "entry": "start", "exit": "stop", "event": "ill", "by": "sex"}
    return person_years(data, **how, **EDGES, rates=rates, missing_rates="nearest", executor=pool)


def answer(r: subprocess.Popen[str], name: str) -> dict[str, float]:
    """Return what R measured; infinite seconds where it stopped, most likely out of memory."""
    print(name, file=r.stdin, flush=True)
    line = r.stdout.readline() if r.stdout else ""
    if not line:
        print(f"  R stopped at {name}; what it said stands above")
        return {"seconds": np.inf, "person_years": np.nan, "expected": np.nan}
    return json.loads(line)


@contextmanager
def in_r(people: pd.DataFrame, rows: pd.DataFrame) -> Iterator[Callable[[str], dict[str, float]]]:
    """Keep R running with the same people and rates; it answers a name with what it measured."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder) / name) for name in ("people.csv", "rates.csv")]
        people.to_csv(files[0], index=False, date_format="%Y-%m-%d")
        rows.to_csv(files[1], index=False)
        script = str(Path(__file__).with_suffix(".R"))
        with subprocess.Popen(["Rscript", script, *files], stdin=PIPE, stdout=PIPE, text=True) as r:
            yield partial(answer, r)


def timed(people: pd.DataFrame, rates: RateTable, pool: Executor | None) -> float:
    began = time.perf_counter()
    counted(people, rates, pool)
    return time.perf_counter() - began


def compare(n: int) -> None:
    people, rows = registry(n), rate_rows()
    rates = rate_table(rows, rate="rate", period="year", by="sex")
    took: dict[str, list[float]] = {"one": [], "two": [], "pyears": [], "lexpand": []}
    with ExitStack() as stack:
        two = stack.enter_context(ThreadPoolExecutor(2))
        r = stack.enter_context(in_r(people, rows)) if n <= R_MOST and which("Rscript") else None
        peer = r("pyears") if r else None  # compiling, starting threads and R
        if peer and np.isinf(peer["seconds"]):
            r = peer = None
        for pool in (None, two):
            timed(people.head(1000), rates, pool)
        for _ in range(TURNS):
            for name, pool in (("one", None), ("two", two)):
                took[name] += [timed(people, rates, pool) for _ in range(runs(n))]
            if r:
                took["pyears"] += [r("pyears")["seconds"] for _ in range(runs(n))]
        if r and n <= LEXPAND_MOST:
            took["lexpand"].append(r("lexpand")["seconds"])
    best = {name: min(seconds) for name, seconds in took.items() if seconds}
    print(f"N = {n}: {best['one']:.4f} s on one thread, {best['two']:.4f} s on two")
    for name in ("pyears", "lexpand"):
        if np.isfinite(best.get(name, np.inf)):
            one, of_two = best[name] / best["one"], best[name] / best["two"]
            print(f"  {name}: {best[name]:.3f} s; {one:.1f} times ours on one, {of_two:.1f} on two")
    if peer is None:
        print("  ours alone: R is not installed, or stopped" if n <= R_MOST else "  ours alone")
        return
    total = counted(people, rates).summary()[["person_years", "expected"]].sum()
    print(
        f"  person-years {total['person_years']:.2f} here, {peer['person_years']:.2f} by pyears;"
        f" expected {total['expected']:.3f} and {peer['expected']:.3f}"
    )


def memory(n: int) -> None:
    rates = rate_table(rate_rows(), rate="rate", period="year", by="sex")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.parquet"
        write = f"import person_years as b; b.registry({n}).to_parquet({str(path)!r})"
        subprocess.run([sys.executable, "-c", write], check=True, cwd=Path(__file__).parent)
        counted(registry(70_000), rates)
        small = Path(folder) / "small.parquet"
        registry(1000).to_parquet(small)
        counted(small, rates)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        counted(path, rates)
        took = time.perf_counter() - began
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"N = {n} from Parquet in batches: {took:.2f} s, {more:.1f} MB more than for 1000 people")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--memory"]:
        memory(int(arguments[1]))
    else:
        for size in arguments or ("100000", "1000000"):
            compare(int(size))
