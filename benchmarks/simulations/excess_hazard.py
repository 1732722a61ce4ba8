"""Are excess hazards and ratios found again, delayed entry and check-ups notwithstanding?

Aims
    That bias is within four Monte Carlo errors of zero or under 2 % of the truth, and that
    95 % confidence intervals cover within four Monte Carlo errors of 95 %; and from how many
    events on.
Data
    Cohorts of 2000 people diagnosed at 18 to 90 years. The population's cancer hazard rises
    with age from 0.3 % to 2 % a year, and death competes. Four distributions make the cancers that
    come with the disease: an excess constant in bands (0.06, 0.02 and 0.005 a year in the
    first, the second and third year and later), a ratio constant in bands (6, 2, 1.2), an
    excess and a ratio along a natural cubic spline in log time. It doubles in the exposed,
    two in five. Half of the people come under observation late, after half a year on average,
    if free of cancer then; 5 % a year are lost; follow-up ends at 8 years. Cancers come to
    light at check-ups half a year apart, at death, loss or the end, and are known by their
    interval.
    Then the same with all cancer hazards divided by 3, 10 and 30, so that events are few.
Estimands
    Logs of excess or ratio by band and of the effect of exposure; excess hazard or ratio at
    0.5, 2 and 5 years and the cumulative excess hazard at 1 and 5 years, relative to the
    truth, which is that of the distribution.

Methods
-------
    `excess_hazard` on the scale and with the bands or knots that made the data.
Measures
    Bias, coverage, and the share of fits with an estimate, with Monte Carlo errors.

Run ``python -m benchmarks run excess_hazard``.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline

from benchmarks.simulations._verdicts import count, row, verdicts
from paraneo import excess_hazard, rate_table
from paraneo.simulation import (
    PiecewiseExcess,
    PiecewiseRatio,
    SplineExcess,
    simulated_cohort,
    simulation_study,
)

RANDOM = True
N, END, EFFECT = 2000, 8.0, 2.0
AGES = [0, 50, 60, 70]
CANCER = np.array([0.003, 0.006, 0.012, 0.02])
MORTALITY = rate_table({"age": AGES, "rate": [0.005, 0.01, 0.02, 0.05]}, rate="rate")
BREAKS, EXCESS, RATIO = [0.0, 1.0, 3.0], np.array([0.06, 0.02, 0.005]), [6.0, 2.0, 1.2]
KNOTS, CUMULATIVE, RATIO_AT_KNOTS = [0.1, 1.0, 6.0], np.array([0.01, 0.05, 0.1]), [8.0, 4.0, 1.3]
DISTRIBUTIONS = {
    "bands, excess": ("piecewise", "additive"),
    "bands, ratio": ("piecewise", "relative"),
    "spline, excess": ("spline", "additive"),
    "spline, ratio": ("spline", "relative"),
}
#: By what the cancer hazards are divided.
POORER = (1, 3, 10, 30)


def smooth_ratio(time):
    """Return the ratio whose log is a natural cubic spline in log time."""
    x, knots = np.log(time), np.log(KNOTS)
    spline = CubicSpline(knots, np.log(RATIO_AT_KNOTS), bc_type="natural")
    inside = np.clip(x, *knots[[0, -1]])
    return np.exp(spline(inside) + spline(inside, 1) * (x - inside))


@cache
def fine_ratio():
    """Return the smooth ratio as 300 narrow bands, each with its own mean."""
    edges = np.concatenate(([0.0], np.geomspace(1e-4, END, 300)))
    place, weight = np.polynomial.legendre.leggauss(8)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    times = middle[:, None] + half[:, None] * place
    means = smooth_ratio(times) @ weight / 2
    return PiecewiseRatio(np.append(edges[:-1], END), np.append(means, means[-1]))


def true_excess(distribution, poorer):
    """Return what comes with the disease."""
    if distribution == "bands, excess":
        return PiecewiseExcess(BREAKS, EXCESS / poorer)
    if distribution == "spline, excess":
        return SplineExcess(KNOTS, CUMULATIVE / poorer)
    return PiecewiseRatio(BREAKS, RATIO) if distribution == "bands, ratio" else fine_ratio()


def population(poorer):
    """Return the population's cancer rates."""
    return rate_table({"age": AGES, "rate": CANCER / poorer}, rate="rate")


def cohort(rng, distribution, poorer):
    """Return one simulated cohort; times are calendar years."""
    halves = [
        simulated_cohort(
            N // 2, rng=rng, rates=population(poorer), mortality=MORTALITY,
            excess=true_excess(distribution, poorer), exposed=0.4, exposure_effect=EFFECT,
            entry_delay=delay, loss=0.05, follow_up=END, visit_interval=0.5,
        ).data
        for delay in (0.0, 0.5)
    ]  # fmt: skip
    return distribution, poorer, pd.concat(halves, ignore_index=True)


def fit(data):
    """Return the estimates of one cohort, beside the truth."""
    distribution, poorer, people = data
    shape, scale = DISTRIBUTIONS[distribution]
    found = excess_hazard(
        people, birth="birth", origin="diagnosis", entry="entry", lower="lower", upper="upper",
        rates=population(poorer), shape=shape, scale=scale, formula="exposed",
        breaks=KNOTS if shape == "spline" else [*BREAKS, END],
    )  # fmt: skip
    true = true_excess(distribution, poorer)
    terms = found.coefficients.set_index("term")
    rows = [count("events", people["cancer"].sum())]
    if shape == "piecewise":
        heights = np.log(EXCESS / poorer if scale == "additive" else RATIO)
        rows += [row(term, terms.loc[term], height)
                 for term, height in zip(terms.index[:3], heights, strict=True)]  # fmt: skip
    rows.append(row("effect of exposure", terms.loc["exposed"], np.log(EFFECT)))
    times = np.array([0.5, 2.0, 5.0])
    if scale == "additive":
        rows += _curve("excess", found.hazard(times), true.hazard(times))
        cumulative = found.cumulative_hazard([1.0, 5.0])
        rows += _curve("cumulative excess", cumulative, true.cumulative(cumulative["time"]))
    else:
        heights = true.ratio(times) if shape == "piecewise" else smooth_ratio(times)
        rows += _curve("ratio", found.ratio(times), heights)
    return rows


def _curve(name, frame, truth):
    return [
        row(f"{name} at {at['time']:g}", at, height, relative=True)
        for (_, at), height in zip(frame.iterrows(), truth, strict=True)
    ]


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    wanted = replicates or 500
    scenarios = [
        {"key": 10 * k + j, "distribution": distribution, "poorer": poorer}
        for k, distribution in enumerate(DISTRIBUTIONS)
        for j, poorer in enumerate(POORER)
    ]
    done = simulation_study(
        scenarios, cohort, {"excess_hazard": fit}, replicates=wanted, seed=seed,
        executor=executor, checkpoint=checkpoint,
    )  # fmt: skip
    return verdicts(done, wanted)
