"""Piecewise exponential and spline regression at n people, beside lifelines and R.

Run ``python -m benchmarks.speed.excess_hazard [n] [--without-lifelines]``. Prints seconds of the
processor, which other work on the machine changes less than those of the clock (the best of
nine runs for ours, of three for the others), and how far the log-likelihoods are apart.
Lifelines gives every covariate an effect of its own in each band, and so does the fit beside
it. It needs memory for this that grows with the people times the parameters squared, more than
there is at 100 000; it is timed on at most 30 000, and ours beside it on as many. Its spline is
the proportional one of CoxPHFitter, on whose knots ours is fitted too: one and the same
likelihood, of which lifelines stops a little short of the top. A spline of the ratio to
a population's rates, which no other package fits, is timed once. R or a package that is absent
is said.
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

from paraneo import excess_hazard, rate_table

BANDS = [0.0, 0.5, 1.0, 2.0, 3.0, 5.0, np.inf]
FORMULA = "age + marker"
BY_BAND: dict[str, Any] = {"breaks": BANDS, "time_varying": ["age", "marker"]}
MODELS: dict[str, dict[str, Any]] = {
    "glm": {"breaks": BANDS},
    "bands, effects by band": BY_BAND,
    "spline": {"shape": "spline", "breaks": 2},
}
#: People that lifelines' piecewise regression is given at most.
MOST_FOR_BANDS = 30_000
#: Seconds and log-likelihood; None where there are none.
Timing = tuple[float, float] | None


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
        started = time.process_time()
        value = run()
        best = min(best, time.process_time() - started)
    return best, value


def lifelines_bands(table: pd.DataFrame) -> float:
    """Return the log-likelihood of lifelines' piecewise exponential regression."""
    from lifelines import PiecewiseExponentialRegressionFitter

    fitter = PiecewiseExponentialRegressionFitter(BANDS[1:-1], penalizer=0.0)
    return float(fitter.fit(table, "exit", "event").log_likelihood_)


def lifelines_spline(table: pd.DataFrame) -> float:
    """Return the log-likelihood of lifelines' proportional spline model."""
    from lifelines import CoxPHFitter

    fitter = CoxPHFitter(baseline_estimation_method="spline", n_baseline_knots=3)
    return float(fitter.fit(table, "exit", "event", formula=FORMULA).log_likelihood_)


def lifelines_(run: Callable[[pd.DataFrame], float], table: pd.DataFrame, repeats: int) -> Timing:
    """Return seconds and log-likelihood of a fit of lifelines, or None, saying why."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return timed(lambda: run(table), repeats)
        except Exception as error:  # no convergence, or too large for memory
            print(f"  {run.__name__.replace('_', ', ')} at {len(table)}: {type(error).__name__}")
    return None


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


def ours(table: pd.DataFrame, options: dict[str, Any]) -> tuple[float, float]:
    """Return seconds and log-likelihood of our fit."""
    excess_hazard(table.head(2000), formula=FORMULA, **options)  # compiles
    return timed(lambda: excess_hazard(table, formula=FORMULA, **options).log_likelihood, 9)


def over_rates(table: pd.DataFrame) -> None:
    """Print the time of a spline of the ratio to rates by single year of age and period."""
    rng = np.random.default_rng(1)
    entry, age = 1990 + rng.uniform(0, 10, len(table)), rng.uniform(40, 80, len(table))
    table = table.assign(entry=entry, birth=entry - age, exit=entry + table["exit"])
    ages, years = (part.ravel() for part in np.meshgrid(np.arange(101), np.arange(1985, 2016)))
    cells = {"age": ages, "period": years, "rate": 2e-4 * np.exp(0.07 * ages)}
    columns: dict[str, Any] = {"birth": "birth", "entry": "entry", "exit": "exit"}
    columns |= {"rates": rate_table(cells, rate="rate", period="period")}

    def run(people: pd.DataFrame) -> float:
        fit = excess_hazard(people, formula=FORMULA, shape="spline", scale="relative", **columns)
        return fit.log_likelihood

    run(table.head(500))  # compiles
    print(f"  paraneo, spline of the ratio to rates {timed(lambda: run(table), 1)[0]:9.2f} s")


def beside(who: str, mine: tuple[float, float], theirs: Timing) -> None:
    """Print how many times as long another takes."""
    if theirs is None:
        print(f"  {who}: not installed")
        return
    print(
        f"  {who:34} {theirs[0]:9.3f} s, {theirs[0] / mine[0]:.0f} times as long; "
        f"log-likelihood ours less theirs {mine[1] - theirs[1]:+.2e}"
    )


def main(n: int, *, with_lifelines: bool) -> None:
    """Print the seconds of each model and how many times as long the others take."""
    table = followed(n)
    print(f"n = {n}, {table['event'].sum()} events")
    own = {name: ours(table, options) for name, options in MODELS.items()}
    for name, (seconds, _) in own.items():
        print(f"  paraneo, {name:24} {seconds:9.4f} s")
    over_rates(table)
    found = in_r(table)
    beside("R, split + glm", own["glm"], found.get("glm"))
    for name in ("flexsurv", "rstpm2"):
        beside(f"R, {name}", own["spline"], found.get(name))
    if not with_lifelines:
        return
    knots = np.percentile(table.loc[table["event"] == 1, "exit"], np.linspace(5, 95, 4))
    mine = ours(table, {"shape": "spline", "breaks": knots})  # the knots of lifelines
    theirs = lifelines_(lifelines_spline, table, 3)
    if theirs:
        beside("lifelines, spline", mine, theirs)
    fewer = table.head(MOST_FOR_BANDS)
    theirs = lifelines_(lifelines_bands, fewer, 1)
    if theirs:
        beside(f"lifelines, bands, n = {len(fewer)}", ours(fewer, BY_BAND), theirs)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 100_000, with_lifelines="--without-lifelines" not in sys.argv)
