"""Aalen-Johansen with variance at n people, beside lifelines and cmprsk::cuminc.

Run ``python -m benchmarks.speed.cumulative_incidence [n] [--without-lifelines]``. Prints
seconds of the processor, which other work on the machine changes less than those of the clock
(ours and cuminc with both causes, lifelines with one; the best of fifteen runs for ours, of five
for cuminc, of three for lifelines) and how far the estimates and standard errors are apart. R or
cmprsk absent is said, not an error.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from paraneo import cumulative_incidence

TIMES = [1.0, 5.0, 10.0]


def followed(n: int, *, days: bool) -> pd.DataFrame:
    """Return follow-up over 15 years with two causes, all times distinct or in whole days."""
    rng = np.random.default_rng(20240229)
    cancer, death = rng.exponential(25.0, n), rng.exponential(12.0, n)
    end = rng.uniform(2.0, 15.0, n)
    time_ = np.minimum(np.minimum(cancer, death), end)
    event = np.where(time_ == end, 0, np.where(cancer < death, 1, 2))
    if days:
        time_ = np.ceil(time_ * 365.25) / 365.25
    return pd.DataFrame({"time": time_, "event": event})


def ours(data: pd.DataFrame, std_error: str) -> tuple[float, np.ndarray]:
    """Return the seconds of one run and the estimates and standard errors at some times."""
    started = time.process_time()
    fit = cumulative_incidence(data, exit="time", event="event", cause=[1, 2], std_error=std_error)
    found = fit.at(TIMES)
    seconds = time.process_time() - started
    first = found[found["cause"] == 1]
    return seconds, first[["estimate", "std_error"]].to_numpy().T.ravel()


def lifelines_(data: pd.DataFrame) -> tuple[float, np.ndarray]:
    """Return the same of lifelines."""
    from lifelines import AalenJohansenFitter

    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it jitters ties
        fit = AalenJohansenFitter(seed=1).fit(data["time"], data["event"], 1)
    seconds = time.process_time() - started
    place = fit.cumulative_density_.index.searchsorted(TIMES, side="right") - 1
    error = np.sqrt(fit.variance_.iloc[place].to_numpy().ravel())
    return seconds, np.concatenate([fit.cumulative_density_.iloc[place, 0], error])


def cmprsk(data: pd.DataFrame) -> tuple[float, np.ndarray] | None:
    """Return the same of cmprsk::cuminc, or None where R has it not."""
    script = Path(__file__).with_suffix(".R")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "data.csv"
        data.to_csv(table, index=False, float_format="%.17g")
        try:
            done = subprocess.run(
                ["Rscript", str(script), str(table)], capture_output=True, text=True, check=True
            )
        except (FileNotFoundError, subprocess.CalledProcessError):
            return None
    seconds, *values = map(float, done.stdout.split())
    return seconds, np.array(values)


def main(n: int, *, with_lifelines: bool) -> None:
    """Print one table for distinct times and one for whole days."""
    for days in (False, True):
        data = followed(n, days=days)
        print(f"n = {n}, {'whole days' if days else 'distinct times'}")
        ours(data, "aalen")  # compiles, or reads what was compiled before
        best = {}
        for variance in ("aalen", "greenwood", "jackknife"):
            runs = [ours(data, variance) for _ in range(15)]
            best[variance] = min(runs, key=lambda run: run[0])
            print(f"  paraneo, {variance:9} {best[variance][0]:10.4f} s")
        seconds, values = best["aalen"]
        peers = {"cmprsk::cuminc": cmprsk(data)}
        if with_lifelines:
            peers["lifelines"] = min((lifelines_(data) for _ in range(3)), key=lambda run: run[0])
        for name, peer in peers.items():
            if peer is None:
                print(f"  {name}: R or the package is not installed")
                continue
            apart = np.abs(values / peer[1] - 1).reshape(2, -1).max(axis=1)
            print(
                f"  {name:18} {peer[0]:10.4f} s, {peer[0] / seconds:.0f} times as long; "
                f"estimates within {apart[0]:.1e}, standard errors within {apart[1]:.1e}"
            )


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 100_000, with_lifelines="--without-lifelines" not in sys.argv)
