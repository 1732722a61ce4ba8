"""Do the limits of a window's end hold the true end, under each rule, and those of a risk?

Aims
    Bias and coverage of the end of the screening window under its four rules, and of the
    absolute cancer risk of one person from diagnosis on and after a year without cancer, at
    two numbers of events.
Data
    Cohorts of 2000 people as in `excess_hazard`: the population's cancer hazard by age, death
    competing, half of the people entering late, cancers known by the interval between two
    check-ups half a year apart; follow-up ends at 10 years. The cancers that come with the
    disease were hidden at diagnosis in 12 % (Weibull, median half a year, shape 0.8), or make
    an excess along a natural cubic spline in log time. Then the first, and the population's
    hazard, divided by 4.
Estimands
    The end of the window of a person diagnosed at 61, in years: by the ratio to the
    population's hazard, by the share of the excess cancers of 8 years that has shown, by
    excess cancers in the next year, by the probability of a cancer still hidden. Risks within
    1 and 5 years, and within 1 and 4 further years after one without cancer, relative to the
    truth. All are worked out from the distribution on a grid of 1/4000 year.

Methods
-------
    `occult_cancer` or `excess_hazard` with the distribution or knots that made the data,
    `cancer_risk`, and `screening_window` with limits by profile likelihood and, in the rows
    that say so, from 250 draws.
Measures
    Bias in years, where an end that is not within the 8 years counts as 8, and the median
    deviation from the truth; coverage, where such an end counts as infinite, and how often the
    truth lies below and above the limits; ``no_end``, the share of cohorts without an end.

Run ``python -m benchmarks run screening_windows``.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from benchmarks.simulations._verdicts import count, row, verdicts
from benchmarks.simulations.excess_hazard import (
    CANCER,
    CUMULATIVE,
    KNOTS,
    MORTALITY,
    population,
)
from paraneo import cancer_risk, excess_hazard, occult_cancer, screening_window
from paraneo.simulation import HiddenCancer, SplineExcess, simulated_cohort, simulation_study

RANDOM = True
N, HORIZON, DRAWS, STEPS = 2000, 8.0, 250, 4000
#: Of the person: age at diagnosis, and the hazards until the horizon.
AGE, DEATH = 61.0, 0.02
#: Thresholds of the rules; excess and residual are for the richer data.
RULES = {
    "hidden": {"ratio": 2.0, "share": 0.9, "excess": 5.0, "residual": 0.01},
    "spline": {"ratio": 2.0, "share": 0.8, "excess": 8.0, "residual": 0.02},
}
LIMITS = {"profile": "", "draws": ", draws"}
SCENARIOS = [
    {"key": 1, "distribution": "hidden", "poorer": 1},
    {"key": 4, "distribution": "hidden", "poorer": 4},
    {"key": 11, "distribution": "spline", "poorer": 1},
]
RISKS = {0.0: [1.0, 5.0], 1.0: [1.0, 4.0]}


def true_excess(distribution, poorer):
    """Return what comes with the disease."""
    if distribution == "hidden":
        return HiddenCancer(0.12 / poorer, median=0.5, shape=0.8)
    return SplineExcess(KNOTS, CUMULATIVE / poorer)


def threshold(distribution, rule, poorer):
    """Return the threshold of a rule."""
    return RULES[distribution][rule] / (poorer if rule in ("excess", "residual") else 1)


@cache
def truth(distribution, poorer):
    """Return the true ends by rule, and the true risks by start."""
    made, natural = true_excess(distribution, poorer), CANCER[2] / poorer
    time = np.linspace(0.0, HORIZON, int(HORIZON * STEPS) + 1)
    more = made.cumulative(time)
    alive = np.exp(-(more + (natural + DEATH) * time))
    middle = (alive[1:] + alive[:-1]) / 2
    excess = np.concatenate(([0.0], np.cumsum(middle * np.diff(more))))
    risk = excess + np.concatenate(([0.0], np.cumsum(middle * natural * np.diff(time))))
    late = time > 0
    hidden = made.residual(time) if distribution == "hidden" else (excess[-1] - excess) / alive
    curves = {
        "ratio": (time[late], 1 + made.hazard(time[late]) / natural),
        "share": (time, -excess / excess[-1]),
        "excess": (time[:-STEPS], 1000 * (excess[STEPS:] - excess[:-STEPS]) / alive[:-STEPS]),
        "residual": (time, hidden),
    }
    ends = {}
    for rule, (at, curve) in curves.items():
        limit = threshold(distribution, rule, poorer) * (-1 if rule == "share" else 1)
        ends[rule] = float(at[np.flatnonzero(curve > limit)[-1] + 1])
    place = {t: round(t * STEPS) for t in range(int(HORIZON) + 1)}
    risks = {
        start: [
            float((risk[place[start + w]] - risk[place[start]]) / alive[place[start]])
            for w in widths
        ]
        for start, widths in RISKS.items()
    }
    return ends, risks


def cohort(rng, distribution, poorer):
    """Return one simulated cohort; times are calendar years."""
    halves = [
        simulated_cohort(
            N // 2, rng=rng, rates=population(poorer), mortality=MORTALITY,
            excess=true_excess(distribution, poorer), entry_delay=delay, loss=0.05, follow_up=10.0,
            visit_interval=0.5,
        ).data
        for delay in (0.0, 0.5)
    ]  # fmt: skip
    return distribution, poorer, pd.concat(halves, ignore_index=True), int(rng.integers(2**32))


def fit(data):
    """Return ends and risks of one cohort, beside the truth."""
    distribution, poorer, people, seed = data
    rates, ends, risks = population(poorer), *truth(distribution, poorer)
    columns = {
        "birth": "birth", "origin": "diagnosis", "entry": "entry", "lower": "lower",
        "upper": "upper", "rates": rates,
    }  # fmt: skip
    if distribution == "hidden":
        model = occult_cancer(people, distribution="weibull", interval="wald", **columns)
    else:
        model = excess_hazard(people, shape="spline", breaks=KNOTS, **columns)
    risk = cancer_risk(
        model, age=AGE, year=2020.0, rates=rates, mortality=MORTALITY, horizon=HORIZON
    )
    rows = [count("events", people["cancer"].sum())]
    for k, rule in enumerate(RULES[distribution]):
        for limits, words in LIMITS.items():
            end = screening_window(
                risk, rule=rule, threshold=threshold(distribution, rule, poorer), interval=limits,
                draws=DRAWS if limits == "draws" else 1, rng=np.random.default_rng([seed, k]),
            ).end  # fmt: skip
            sides = {"estimate": min(end.value, HORIZON), "lower": end.lower, "upper": end.upper}
            label = f"end by {rule}{words}"
            rows += [row(label, sides, ends[rule]), count(label, np.isinf(end.value))]
    for start, widths in RISKS.items():
        found = risk.given(start).within(widths)
        for k, width in enumerate(widths):
            given = f" after {start:g} without" if start else ""
            label = f"risk within {width:g}{given}"
            rows.append(row(label, found.iloc[k], risks[start][k], relative=True))
    return rows


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    wanted = replicates or 500
    done = simulation_study(
        SCENARIOS, cohort, {"windows": fit}, replicates=wanted, seed=seed, executor=executor,
        checkpoint=checkpoint,
    )  # fmt: skip
    ends = [
        {**only, "estimand": f"end by {rule}{words}", "truth": end}
        for only in (
            {"distribution": one["distribution"], "poorer": one["poorer"]} for one in SCENARIOS
        )
        for rule, end in truth(**only)[0].items()
        for words in LIMITS.values()
    ]
    table = verdicts(done, wanted, then="no_end")
    rows = done.summary().assign(
        truth_below=lambda t: t["lower"] > 0, truth_above=lambda t: t["upper"] < 0
    )
    groups = rows.groupby(["distribution", "poorer", "estimand"])
    sides = groups[["truth_below", "truth_above"]].mean()
    sides["median"] = groups["estimate"].median()
    for more in (sides.reset_index(), pd.DataFrame(ends)):
        table = table.merge(more, on=["distribution", "poorer", "estimand"], how="left")
    return table
