"""Piecewise exponential and spline regression at n people, beside lifelines and R.

Run ``python -m benchmarks.speed.excess_hazard [n] [--without-lifelines]``. Prints seconds (the
best of five runs for ours, one for the others) and how far the log-likelihoods are apart.
Lifelines gives every covariate an effect of its own in each band, and so does the fit beside
it; its spline is the proportional one of CoxPHFitter, on whose knots ours is fitted too. R or a
package that is absent is said.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo import excess_hazard

BANDS = [0.0, 0.5, 1.0, 2.0, 3.0, 5.0, np.inf]
FORMULA = "age + marker"
MODELS: dict[str, dict[str, Any]] = {
    "glm": {"breaks": BANDS},
    "bands, effects by band": {"breaks": BANDS, "time_varying": ["age", "marker"]},
    "spline": {"shape": "spline", "breaks": 2},
}


def followed(n: int) -> pd.DataFrame:
    """Return follow-up of up to 12 years in which four in ten have an event."""
    rng = np.random.default_rng(20240229)
    table = pd.DataFrame({"age": rng.normal(size=n), "marker": rng.integers(0, 2, n)})
    scale = 1 / (0.05 * np.exp(0.3 * table["age"] + 0.7 * table["marker"]))
    event, end = scale * rng.weibull(0.8, n), rng.uniform(0.5, 12.0, n)
    return table.assign(exit=np.minimum(event, end), event=(event <= end).astype(int))


def timed(run: Callable[[], float], repeats: int) -> tuple[float, float]:
    """Return the seconds of the fastest run, and its log-likelihood."""
    best, value = np.inf, np.nan
    for _ in range(repeats):
        started = time.perf_counter()
        value = run()
        best = min(best, time.perf_counter() - started)
    return best, value


def lifelines_(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return seconds and log-likelihoods of lifelines."""
    from lifelines import CoxPHFitter, PiecewiseExponentialRegressionFitter

    def bands() -> float:
        fitter = PiecewiseExponentialRegressionFitter(BANDS[1:-1], penalizer=0.0)
        return float(fitter.fit(table, "exit", "event").log_likelihood_)

    def spline() -> float:
        fitter = CoxPHFitter(baseline_estimation_method="spline", n_baseline_knots=3)
        return float(fitter.fit(table, "exit", "event", formula=FORMULA).log_likelihood_)

    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, run in (("bands, effects by band", bands), ("spline, other knots", spline)):
            try:
                found[name] = timed(run, 1)
            except Exception as error:  # no convergence, or too large for memory
                print(f"  lifelines, {name}: {type(error).__name__}")
    return found


def in_r(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return seconds and log-likelihoods of R, nothing where it is not installed."""
    script = Path(__file__).with_suffix(".R")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        table.to_csv(path, index=False, float_format="%.17g")
        try:
            done = subprocess.run(
                ["Rscript", str(script), str(path)], capture_output=True, text=True, check=True
            )
        except (FileNotFoundError, subprocess.CalledProcessError):
            return {}
    rows = (line.split() for line in done.stdout.splitlines())
    return {name: (float(seconds), float(value)) for name, seconds, value in rows}


def main(n: int, *, with_lifelines: bool) -> None:
    """Print the seconds of each model and how many times as long the others take."""
    table = followed(n)
    events = table.loc[table["event"] == 1, "exit"]
    knots = np.percentile(events, np.linspace(5, 95, 4))  # as lifelines places them
    models = MODELS | {"spline, other knots": {"shape": "spline", "breaks": knots}}
    own = {}
    print(f"n = {n}, {table['event'].sum()} events")
    for name, options in models.items():
        excess_hazard(table.head(2000), formula=FORMULA, **options)  # compiles

        def run(options: dict[str, Any] = options) -> float:
            return excess_hazard(table, formula=FORMULA, **options).log_likelihood

        own[name] = timed(run, 5)
        print(f"  paraneo, {name:24} {own[name][0]:9.4f} s")
    found = in_r(table)
    peers = [("R", "split + glm", "glm", found.get("glm"))]
    peers += [("R", name, "spline", found.get(name)) for name in ("flexsurv", "rstpm2")]
    if with_lifelines:
        peers += [("lifelines", name, name, got) for name, got in lifelines_(table).items()]
    for whose, what, model, got in peers:
        if got is None:
            print(f"  {whose}, {what}: not installed")
            continue
        print(
            f"  {whose}, {what:24} {got[0]:9.3f} s, {got[0] / own[model][0]:.0f} times as long; "
            f"log-likelihood ours less theirs {own[model][1] - got[1]:+.2e}"
        )


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 100_000, with_lifelines="--without-lifelines" not in sys.argv)
