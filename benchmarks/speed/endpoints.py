"""Twenty cancers of a made-up registry at once, beside one of them and beside survival::pyears.

Run ``python -m benchmarks.speed.endpoints [N ...]`` (default 100000). Each size is counted into a
table of age × period × follow-up × sex, with expected events from rates by single year of age
and calendar year of each of twenty cancers, one of men alone and one of women alone: here in
one call, then one cancer alone, then by R where there is one, which takes a call of pyears a
cancer. Frames in memory to the table, one thread, the shortest of five; R once. Compiling and
starting up are not counted.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import which

import numpy as np
import pandas as pd

from benchmarks.speed.person_years import EDGES, rate_rows, registry
from paraneo import person_years, rate_table

SITES = [f"site{k}" for k in range(1, 21)]
TURNS = 5
HOW = {"birth": "born", "entry": "start", "exit": "stop", "by": "sex", "missing_rates": "nearest"}


def people(n: int) -> pd.DataFrame:
    """Return the registry, with the cancer of each who is ill."""
    frame = registry(n)
    rng = np.random.default_rng(3)
    ill, male = frame["ill"] == 1, (frame["sex"] == "m").to_numpy()
    own = np.where(rng.random(n) < 0.1, np.where(male, 20, 19), rng.integers(1, 19, n))
    site = np.where(ill, own, 0)
    labels = pd.Categorical.from_codes(site, ["no event", *SITES])
    return frame.assign(site=labels, one=(site == 1).astype(np.int8))


def rates() -> pd.DataFrame:
    """Return the rates of each cancer."""
    rows = rate_rows()
    every = [rows.assign(endpoint=s, rate=rows["rate"] * (1 + k / 20)) for k, s in enumerate(SITES)]
    table = pd.concat(every, ignore_index=True)
    other = {"site19": "m", "site20": "f"}
    return table[table["endpoint"].map(other) != table["sex"]].reset_index(drop=True)


def compare(n: int) -> None:
    """Time twenty cancers, one, and R."""
    data, rows = people(n), rates()
    every = rate_table(rows, rate="rate", period="year", by=["endpoint", "sex"])
    first = rate_table(rows[rows["endpoint"] == "site1"], rate="rate", period="year", by="sex")
    asked = {
        "twenty": {"event": "site", "endpoint": "endpoint", "censored": "no event", "rates": every},
        "one": {"event": "one", "rates": first},
    }
    took: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(TURNS + 1):
        for name, more in asked.items():
            began = time.perf_counter()
            person_years(data, **HOW, **EDGES, **more)
            if turn:
                took[name].append(time.perf_counter() - began)
    best = {name: min(seconds) for name, seconds in took.items()}
    ratio = best["twenty"] / best["one"]
    print(f"N = {n}: twenty cancers {best['twenty']:.3f} s, {ratio:.1f} times one of them")
    if which("Rscript") is None:
        print("  ours alone: R is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        days = {name: data[name].astype("datetime64[s]").astype("int64") // 86400
                for name in ("born", "start", "stop")}  # fmt: skip
        data.assign(**days).to_csv(Path(folder) / "people.csv", index=False)
        rows.to_csv(Path(folder) / "rates.csv", index=False)
        script = Path(__file__).with_suffix(".R")
        done = subprocess.run(
            ["Rscript", str(script), folder], capture_output=True, text=True, check=False
        )
    if done.returncode:
        print("  ours alone: R stopped")
        return
    seconds = float(done.stdout.split()[-1])
    print(f"  twenty calls of pyears: {seconds:.1f} s; {seconds / best['twenty']:.0f} times ours")


if __name__ == "__main__":
    for size in sys.argv[1:] or ("100000",):
        compare(int(size))
