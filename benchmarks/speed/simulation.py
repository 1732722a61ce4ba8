"""A simulation study in batches beside a loop over replicates in R (survival, glm).

Run ``python -m benchmarks.speed.simulation [replicates] [replicates for R]``. A replicate
is 500 people followed for up to 8 years, cancer at the population's rates and an excess
that falls with time, death competing. Each is generated and analysed in both: the
incidence ratio with exact limits (R: ``pyears``), the hazard in three bands with log-Wald
limits (``survSplit`` and ``glm``), the risk from year 1 to 3 of those alive without cancer
(``survfit``). Prints replicates a second, R in one process, paraneo in one and in two, and in
brackets the same by the processor's time, which other work on the machine hardly changes; and
how far the means of the estimates are apart. R's absence is said, not an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from paraneo import cumulative_incidence, incidence_ratios, person_years, rate_table
from paraneo.simulation import PiecewiseExcess, simulated_cohort, simulation_study

PEOPLE, BATCH = 500, 250
LONGEST, BANDS = 8.0, [0.0, 1.0, 3.0, 8.0]
ROWS = pd.DataFrame(
    {
        "age": [0, 40, 50, 60, 70, 80] * 2,
        "sex": ["female"] * 6 + ["male"] * 6,
        "cancer": [
            5e-4,
            2e-3,
            5e-3,
            1e-2,
            1.8e-2,
            2.5e-2,
            4e-4,
            1.5e-3,
            4e-3,
            1.2e-2,
            2.2e-2,
            3e-2,
        ],
        "death": [1e-3, 2e-3, 5e-3, 1e-2, 3e-2, 9e-2, 1e-3, 3e-3, 7e-3, 1.6e-2, 4e-2, 1.1e-1],
    }
)
CANCER, DEATH = (rate_table(ROWS, rate=name, by="sex") for name in ("cancer", "death"))
EXCESS = PiecewiseExcess([0.0, 1.0, 3.0], [0.06, 0.02, 0.004])
ESTIMANDS = ["ratio", "hazard from 0", "hazard from 1", "hazard from 3", "risk"]


def cohorts(streams, people):
    """Return a cohort for each stream, with times since diagnosis."""
    made = simulated_cohort(
        people, rng=streams, rates=CANCER, mortality=DEATH, excess=EXCESS, follow_up=LONGEST,
        loss=0.05,
    ).data  # fmt: skip
    return made.assign(years=np.minimum(made["exit"] - made["diagnosis"], LONGEST))


def counted(data):
    """Return the incidence ratio and the hazards by band of each cohort, from one pass."""
    table = person_years(
        data, birth="birth", entry="entry", exit="exit", event="cancer", follow_up=BANDS,
        rates=CANCER, by="replicate",
    )  # fmt: skip
    ratio = incidence_ratios(table, by="replicate").summary().assign(estimand="ratio")
    hazard = incidence_ratios(
        table, by=["replicate", "follow_up"], expected="person_years", interval="log-wald"
    ).summary()
    hazard["estimand"] = "hazard from " + hazard["follow_up"].map("{:g}".format)
    return pd.concat([ratio, hazard])[["replicate", "estimand", "estimate", "lower", "upper"]]


def risk(data):
    """Return the risk from year 1 to year 3 of those alive without cancer at year 1."""
    curves = cumulative_incidence(data, exit="years", event="event", by="replicate")
    return curves.given(1).at(2)[["replicate", "estimate", "lower", "upper"]]


def study(replicates: int, executor: Executor | None = None) -> pd.DataFrame:
    """Return the replicates of the study."""
    return simulation_study(
        [{"key": 1, "people": PEOPLE}], cohorts, {"counted": counted, "risk": risk},
        replicates=replicates, seed=2026, executor=executor, progress=False, batch=BATCH,
    ).replicates  # fmt: skip


def seconds(replicates: int, executor: Executor | None = None) -> tuple[float, float]:
    """Return the seconds that the study took, and those that it cannot do without.

    The latter are the processor's: of this process and of the busiest worker. On a machine
    that has nothing else to do the two are nearly the same.
    """
    workers = {} if executor is None else spent_by_workers(executor)
    began, busy = time.perf_counter(), time.process_time()
    study(replicates, executor)
    took, own = time.perf_counter() - began, time.process_time() - busy
    after = {} if executor is None else spent_by_workers(executor)
    return took, own + max((after[k] - workers.get(k, 0.0) for k in after), default=0.0)


def spent_by_workers(executor: Executor) -> dict[int, float]:
    """Return the processor's seconds of each worker so far."""
    return dict(executor.map(spent, range(8)))


def spent(_: int) -> tuple[int, float]:
    """Return who this process is and its processor's seconds, slowly, so that all are asked."""
    time.sleep(0.05)
    return os.getpid(), time.process_time()


def by_r(replicates: int) -> tuple[tuple[float, float], pd.DataFrame] | None:
    """Return R's seconds, all and of the processor, and the means of estimates and limits."""
    if shutil.which("Rscript") is None:
        print("R is not installed: no comparison")
        return None
    script = Path(__file__).with_suffix(".R")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rates.csv"
        ROWS.to_csv(file, index=False)
        done = subprocess.run(
            ["Rscript", str(script), str(file), str(PEOPLE), str(replicates)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        print(f"R stopped: {done.stderr.strip().splitlines()[-1:]}")
        return None
    first, *rest = done.stdout.strip().splitlines()
    means = pd.DataFrame(
        [list(map(float, line.split())) for line in rest],
        index=ESTIMANDS, columns=["mean", "mcse", "lower", "upper"],
    )  # fmt: skip
    all_, busy = map(float, first.split())
    return (all_, busy), means


def means_of(replicates: pd.DataFrame) -> pd.DataFrame:
    """Return the means of estimates and limits, with the Monte Carlo error of the former."""
    named = replicates.assign(estimand=replicates["estimand"].replace("", "risk"))
    groups = named.groupby("estimand")
    return pd.DataFrame(
        {
            "mean": groups["estimate"].mean(),
            "mcse": groups["estimate"].sem(),
            "lower": groups["lower"].mean(),
            "upper": groups["upper"].mean(),
        }
    ).loc[ESTIMANDS]


def main(replicates: int = 4000, for_r: int = 300, rounds: int = 4) -> None:
    """Print rates, ratios and how far the estimates are apart; the best of some rounds."""
    best: dict[str, tuple[float, float]] = {}
    theirs = None
    with ProcessPoolExecutor(2) as pool:
        study(2 * BATCH)
        study(4 * BATCH, pool)
        for turn in range(rounds):
            took = {"one process": seconds(replicates), "two": seconds(replicates, pool)}
            peer = by_r(for_r) if turn == 0 or theirs is not None else None
            if peer is not None:
                took["R"], theirs = peer
            for name, times in took.items():
                done = for_r if name == "R" else replicates
                rates = tuple(done / one for one in times)
                best[name] = tuple(np.maximum(rates, best.get(name, (0.0, 0.0))))
    told(best)
    ours = means_of(study(replicates))
    if theirs is not None:
        apart = (ours["mean"] - theirs["mean"]) / np.hypot(ours["mcse"], theirs["mcse"])
        ours = ours.join(theirs, rsuffix=" in R").assign(apart_in_mcse=apart)
    print(ours.to_string(float_format="{:.5f}".format))


def told(best: dict[str, tuple[float, float]]) -> None:
    """Print replicates a second and their ratios."""
    (one, one_busy), (two, two_busy) = best["one process"], best["two"]
    print(f"{PEOPLE} people a replicate; replicates a second (a second of the processor):")
    print(f"  paraneo, one process   {one:6.0f} ({one_busy:.0f})")
    print(f"  paraneo, two processes {two:6.0f} ({two_busy:.0f})")
    print(f"  two / one: {two / one:.2f} ({two_busy / one_busy:.2f})")
    if "R" in best:
        peer, busy = best["R"]
        print(f"  R, one process         {peer:6.0f} ({busy:.0f})")
        print(
            f"  paraneo / R: {one / peer:.1f} on one process ({one_busy / busy:.1f}), "
            f"{two / peer:.1f} on two ({two_busy / busy:.1f})"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
