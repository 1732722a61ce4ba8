"""Pooling accuracy, one meta-analysis and a thousand at once, beside metafor and lme4.

Run ``python -m benchmarks.speed.pooling_accuracy [number for R]``. Prints milliseconds a
meta-analysis of 14 studies: the public verb with all it returns and the batch, for the
bivariate normal model (REML; ``rma.mv``) and the binomial one (7 × 7 nodes; ``glmer``,
whose only choice is Laplace's approximation). mada and mvmeta are not used.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.accuracy import pooled_accuracy, pooled_accuracy_batch

SETS, STUDIES = 1000, 14
CELLS = ("tp", "fp", "fn", "tn")


def simulated() -> np.ndarray:
    """Return the counts of many meta-analyses, shape (4, sets, studies)."""
    rng = np.random.default_rng(20240229)
    z = rng.normal(size=(2, SETS, STUDIES))
    logits = np.stack([1.5 + 0.9 * z[0], 2.0 - 0.4 * z[0] + 0.6 * z[1]])
    people = rng.integers(20, 200, logits.shape)
    right = rng.binomial(people, 1 / (1 + np.exp(-logits)))
    return np.stack([right[0], (people - right)[1], (people - right)[0], right[1]])


def seconds(work: Callable[[], Any], runs: int) -> float:
    """Return the shortest of three times, each the mean of several runs."""
    work()
    best = np.inf
    for _ in range(3):
        started = time.perf_counter()
        for _ in range(runs):
            work()
        best = min(best, (time.perf_counter() - started) / runs)
    return best


def peers(counts: np.ndarray, number: int) -> list[np.ndarray] | None:
    """Return R's times and its pooled logits, or None where it cannot be run."""
    columns = {cell: counts[j, :number].ravel() for j, cell in enumerate(CELLS)}
    table = pd.DataFrame({"set": np.repeat(np.arange(number), STUDIES), **columns})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        table.to_csv(path, index=False)
        command = ["Rscript", str(Path(__file__).with_suffix(".R")), str(path), str(number)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        except (FileNotFoundError, subprocess.CalledProcessError):
            return None
    lines = done.stdout.replace("NA", "nan").strip().splitlines()
    return [np.array(line.split(), dtype=np.float64) for line in lines]


def main(number: int) -> None:
    """Print the table."""
    counts = simulated()
    first = dict(zip(CELLS, counts[:, 0], strict=True))
    normal: dict[str, Any] = {"model": "normal", "method": "reml", "correction": "all"}
    exact: dict[str, Any] = {"nodes": 7}
    ours = {}
    for name, options, more in (
        ("rma.mv, REML", normal, {}),
        ("glmer, Laplace", exact, {"settle": None}),
    ):
        ours[name] = {
            "pooled_accuracy, one": seconds(
                lambda o=options, m=more: pooled_accuracy(first, **o, **m), 20
            ),
            "batch of 1000": seconds(lambda o=options: pooled_accuracy_batch(*counts, **o), 1)
            / SETS,
        }
    found = peers(counts, number)
    if found is None:
        print("R, metafor or lme4 is not installed: paraneo alone")
    for j, (peer, times) in enumerate(ours.items()):
        print(f"beside {peer}; {STUDIES} studies, milliseconds a meta-analysis")
        for name, took in times.items():
            beside = f"{found[0][j] / took:8.0f} times as fast" if found is not None else ""
            print(f"  {name:22} {1e3 * took:9.3f} {beside}")
        if found is not None:
            print(f"  {peer:22} {1e3 * found[0][j]:9.3f}")
    if found is not None:
        mixed = pooled_accuracy_batch(*counts[:, :number], structure="unstructured", nodes=1)
        apart = np.abs(mixed.mean.ravel() - found[2])
        print(
            f"mean logits beside glmer's, Laplace in both: median {np.nanmedian(apart):.1e} apart"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
