"""What curves and tests cost beside a sort, and what is kept between questions.

Run ``python -m benchmarks.speed.kept [n]``. Prints seconds of the processor, the best of three:
Kaplan-Meier, log-rank and Gray at n people (1,000,000 if left out) as multiples of one
``numpy.argsort`` of their times; and, at a tenth of them, the first and the next ``.at()`` of net
survival, a spline of the ratio to the population's hazard, and a screening window from it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import paraneo

RUNS = 3


def best(run: Callable[[], Any]) -> float:
    """Return the processor's seconds of the fastest of some runs, a first one apart."""
    run()
    seconds = []
    for _ in range(RUNS):
        began = time.process_time()
        run()
        seconds.append(time.process_time() - began)
    return min(seconds)


def once(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor's seconds of one run, and what it gave."""
    began = time.process_time()
    found = run()
    return time.process_time() - began, found


def people(n: int) -> pd.DataFrame:
    """Return simulated follow-up of three arms, with births, dates in years and two causes."""
    rng = np.random.default_rng(20240301)
    age, start = 40 + 40 * rng.random(n), 2000 + 5 * rng.random(n)
    event, end = np.round(rng.exponential(10, n), 4) + 1e-4, 1 + 7 * rng.random(n)
    exit_ = np.minimum(event, end)
    what = np.where(event <= end, rng.integers(1, 3, n), 0)
    return pd.DataFrame(
        {
            "t": exit_, "what": what, "arm": rng.choice(["a", "b", "c"], n),
            "born": start - age, "from": start, "to": start + exit_,
            "dead": (what > 0).astype(int), "x": rng.normal(size=n),
        }
    )  # fmt: skip


def beside_a_sort(data: pd.DataFrame) -> None:
    """Print what curves and tests cost."""
    times = data["t"].to_numpy()
    sort = best(lambda: np.argsort(times))
    print(f"argsort of {len(times):,} times: {sort:.3f} s")
    names = {"exit": "t", "event": "what"}
    fit = paraneo.cumulative_incidence(data, cause=[1, 2], by="arm", **names)
    for what, run in {
        "kaplan_meier": lambda: paraneo.kaplan_meier(data, **names),
        "kaplan_meier, three groups": lambda: paraneo.kaplan_meier(data, by="arm", **names),
        "log_rank": lambda: paraneo.log_rank(data, by="arm", **names),
        "gray_test of one cause": lambda: fit.gray_test(),
    }.items():
        seconds = best(run) / (2 if "gray" in what else 1)
        print(f"{what}: {seconds:.3f} s, {seconds / sort:.1f} sorts")


def kept_between_questions(data: pd.DataFrame) -> None:
    """Print the first and the next question to net survival, a fit and a window."""
    ages = list(range(100))
    rates = paraneo.rate_table(
        {"age": ages, "rate": [0.0002 * np.exp(0.085 * age) for age in ages]}, rate="rate"
    )
    names: dict[str, Any] = {"birth": "born", "rates": rates, "event": "dead", "exit": "to"}
    fit = paraneo.net_survival(data, entry="from", **names)
    for which, when in (("first", 1.5), ("next", 2.5)):
        seconds, _ = once(partial(fit.at, [when]))
        print(f"{which} .at() of net survival of {len(data):,} people: {seconds:.3f} s")
    asked = {"shape": "spline", "scale": "relative", "formula": "x", "origin": "from"}
    paraneo.excess_hazard(data.head(500), **names, **asked)
    seconds, spline = once(lambda: paraneo.excess_hazard(data, **names, **asked))
    print(f"spline of the ratio: {seconds:.2f} s")
    risk = paraneo.cancer_risk(
        spline, age=60, year=2003, covariates={"x": 0.0}, rates=rates, mortality=rates, horizon=7
    )
    seconds, _ = once(lambda: paraneo.screening_window(risk, rule="share", threshold=0.8))
    print(f"screening window from it: {seconds:.2f} s")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", nargs="?", type=int, default=1_000_000)
    data = people(parser.parse_args().n)
    beside_a_sort(data)
    kept_between_questions(data.head(len(data) // 10))


if __name__ == "__main__":
    main()
