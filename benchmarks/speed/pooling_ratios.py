"""Pooling ratios, one meta-analysis and a thousand at once, beside metafor and lme4.

Run ``python -m benchmarks.speed.pooling_ratios [number for R]``. Prints milliseconds a
meta-analysis of 8 studies: the public verbs with all they return, the kernels alone for
one and for 1 000 together, ``rma.uni`` (REML), ``glmer`` (seven nodes) and ``rma.glmm``;
how many times as long each takes; and how far the pooled log ratios are apart. R or its
packages absent is said, not an error.
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

from paraneo import pooled_ratios
from paraneo.incidence import fit_poisson_normal
from paraneo.numerics.random_effects import fit_normal

SETS, STUDIES = 1000, 8
ONES = np.ones((STUDIES, 1))


def simulated() -> tuple[np.ndarray, np.ndarray]:
    """Return observed and expected cases of many meta-analyses, each with a case."""
    rng = np.random.default_rng(20240229)
    expected = rng.gamma(2.0, 3.0, (SETS, STUDIES))
    effect = 0.5 + 0.4 * rng.normal(size=expected.shape)
    return rng.poisson(expected * np.exp(effect)).astype(np.float64), expected


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


def peers(observed: np.ndarray, expected: np.ndarray, number: int) -> list[np.ndarray] | None:
    """Return R's times and its pooled log ratios, or None where it cannot be run."""
    script = Path(__file__).with_suffix(".R")
    table = pd.DataFrame(
        {
            "set": np.repeat(np.arange(number), STUDIES),
            "observed": observed[:number].ravel().astype(int),
            "expected": expected[:number].ravel(),
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        table.to_csv(path, index=False, float_format="%.17g")
        try:
            done = subprocess.run(
                ["Rscript", str(script), str(path), str(number)],
                capture_output=True,
                text=True,
                check=True,
            )
        except (FileNotFoundError, subprocess.CalledProcessError):
            return None
    lines = done.stdout.replace("NA", "nan").strip().splitlines()
    return [np.array(line.split(), dtype=np.float64) for line in lines]


def main(number: int) -> None:
    """Print the table."""
    observed, expected = simulated()
    y, v = np.log((observed + 0.5) / expected), 1.0 / (observed + 0.5)
    first = {
        "study": [f"study {i}" for i in range(STUDIES)],
        "observed": np.maximum(observed[0], 1.0),
        "expected": expected[0],
    }
    one = slice(0, 1)
    ours = {
        "normal": {
            "pooled_ratios, normal": seconds(lambda: pooled_ratios(first, model="normal"), 20),
            "kernel, one": seconds(lambda: fit_normal(y[one], v[one], ONES), 50),
            "kernel, 1000 at once": seconds(lambda: fit_normal(y, v, ONES), 1) / SETS,
        },
        "poisson": {
            "pooled_ratios": seconds(lambda: pooled_ratios(first), 20),
            "kernel, one": seconds(
                lambda: fit_poisson_normal(observed[one], expected[one], ONES), 20
            ),
            "kernel, 1000 at once": seconds(
                lambda: fit_poisson_normal(observed, expected, ONES, nodes=15), 1
            )
            / SETS,
        },
    }
    found = peers(observed, expected, number)
    rival: dict[str, dict[str, float]] = {"normal": {}, "poisson": {}}
    if found is None:
        print("R, metafor or lme4 is not installed: paraneo alone")
    else:
        uni, glmer, glmm, failed = found[0]
        rival = {"normal": {"rma.uni": uni}, "poisson": {"glmer": glmer, "rma.glmm": glmm}}
    for model, times in ours.items():
        print(f"{model} model, {STUDIES} studies, milliseconds a meta-analysis")
        for name, took in (times | rival[model]).items():
            print(f"  {name:24} {1e3 * took:10.4f}")
        for peer, took in rival[model].items():
            shown = ", ".join(f"{took / mine:.0f} x {name}" for name, mine in times.items())
            print(f"  {peer} takes {shown}")
    if found is not None:
        normal = fit_normal(y[:number], v[:number], ONES).mean[:, 0]
        mixed = fit_poisson_normal(observed[:number], expected[:number], ONES).mean[:, 0]
        for name, mine, theirs in (("rma.uni", normal, found[1]), ("glmer", mixed, found[2])):
            apart = np.nanmax(np.abs(mine - theirs))
            print(f"  largest difference of the log ratio from {name}: {apart:.1e}")
        print(f"  rma.uni failed on {failed:.0f} of {number}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
