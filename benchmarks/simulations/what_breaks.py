"""What do six common mistakes cost, each beside the right way on the same data?

Aims
    By how much estimates and limits are wrong when age is frozen at entry, time before entry
    is counted, deaths are censored, cancers before diagnosis are counted, predictive
    values are read off a case-control table, and a window is read off what was seen.
Data
    Simulated cohorts, 500 people each where nothing else is said, cancer at the population's
    rates, which rise with age and calendar year, times a ratio of 2, death competing.
    Frozen age: followed for 20 years. Immortal time: entry a year after diagnosis on the
    average. One less Kaplan-Meier: diagnosed at about 70, with an excess of cancers. Prevalent
    cases: four times the population's cancers in the year before diagnosis. Case-control
    table: 100 people with cancer and 100 without, sensitivity 0.7, specificity 0.9, where
    15 in 100 patients have cancer. Windows: 400 or 4000 people of whom 12 in 100 have a
    hidden cancer, half of them found within half a year, followed for 10 years.
Estimands
    The incidence ratio, 2; the probability of cancer within ten years in a world where people
    also die; the PPV in the clinic; the years until 90 in 100 excess cancers of ten years
    have shown. All are known from the distributions, by quadrature.

Methods
-------
    Right: `person_years` at the attained age and year, from entry on, of people without an
    earlier cancer, with `incidence_ratios`; `cumulative_incidence`; `predictive_values` at the
    clinic's prevalence; `occult_cancer` and `screening_window`. Wrong: expected cancers at
    the age and year of entry; follow-up from diagnosis; cumulative incidence with deaths as
    censored; cancers before diagnosis added to those observed; the table's own share of
    cancers among positives (Wilson limits); the window up to the first year whose exact limits
    hold a ratio of 1, or up to the last cancer, which have no limits.
Measures
    Bias, also in parts of the truth, and coverage, with Monte Carlo errors.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from paraneo import (
    cancer_risk,
    cumulative_incidence,
    diagnostic_accuracy,
    incidence_ratios,
    occult_cancer,
    person_years,
    predictive_values,
    rate_table,
    screening_window,
)
from paraneo.simulation import (
    HiddenCancer,
    PiecewiseExcess,
    PiecewiseRatio,
    simulated_cohort,
    simulation_study,
)

RANDOM = True
RATIO, SHARE, HORIZON = 2.0, 0.9, 10.0
AGES, YEARS = np.arange(0, 100, 5), np.arange(1980, 2030, 5)
CELLS = pd.MultiIndex.from_product([AGES, YEARS], names=["age", "year"]).to_frame(index=False)
CANCER = 0.012 * np.exp(0.06 * (CELLS["age"] - 65) + 0.015 * (CELLS["year"] - 2005))
DEATH = 0.015 * np.exp(0.09 * (CELLS["age"] - 65))
RATES = rate_table(CELLS.assign(rate=CANCER), rate="rate", period="year")
MORTALITY = rate_table(CELLS.assign(rate=DEATH), rate="rate", period="year")
FLAT, FLAT_DEATH = (rate_table({"age": [0], "rate": [x]}, rate="rate") for x in (0.01, 0.02))
PEOPLE = {
    "rates": RATES, "mortality": MORTALITY, "age": (60.0, 10.0), "age_range": (30.0, 75.0),
    "diagnosed": (1990.0, 2000.0),
}  # fmt: skip
EVEN = PEOPLE | {"excess": PiecewiseRatio([0.0], [RATIO])}
COHORTS = {
    "frozen age": EVEN | {"follow_up": 20.0},
    "immortal time": EVEN | {"entry_delay": 1.0},
    "prevalent cases": EVEN | {"cancers_before": (1.0, 4.0)},
    "1 - Kaplan-Meier": PEOPLE
    | {"age": (70.0, 5.0), "excess": PiecewiseExcess([0, 1, 3], [0.06, 0.02, 0.005])},
    "window": {
        "rates": FLAT,
        "mortality": FLAT_DEATH,
        "excess": HiddenCancer(0.12, median=0.5),
        "follow_up": HORIZON,
    },
}
SENSITIVITY, SPECIFICITY, PREVALENCE, DISEASED = 0.7, 0.9, 0.15, 100
TIMES = {"birth": "birth", "entry": "entry", "exit": "exit"}


@cache
def truth(mistake: str) -> float:
    """Return what is to be estimated."""
    if mistake == "case-control table":
        positive = PREVALENCE * SENSITIVITY
        return positive / (positive + (1 - PREVALENCE) * (1 - SPECIFICITY))
    if mistake in ("frozen age", "immortal time", "prevalent cases"):
        return RATIO
    distribution = simulated_cohort(1, rng=np.random.default_rng(0), **COHORTS[mistake]).truth
    if mistake == "window":
        return brentq(lambda t: distribution.share_shown(t, HORIZON) - SHARE, 0.5, 9.0, xtol=1e-4)
    return float(distribution.cumulative_incidence([HORIZON])["cancer"].iloc[0])


def scenarios() -> list[dict]:
    """Return the mistakes, with the number of people and the truth."""
    asked = [(name, 500) for name in COHORTS if name != "window"]
    asked += [("case-control table", 2 * DISEASED), ("window", 400), ("window", 4000)]
    return [
        {"key": k, "mistake": name, "n": n, "truth": truth(name)}
        for k, (name, n) in enumerate(asked)
    ]


def data(rng, mistake, n, truth):
    """Return the simulated data of one replicate, with the mistake they are for."""
    del truth
    if mistake == "case-control table":
        tp = rng.binomial(DISEASED, SENSITIVITY)
        tn = rng.binomial(n - DISEASED, SPECIFICITY)
        return mistake, (tp, n - DISEASED - tn, DISEASED - tp, tn)
    made = simulated_cohort(n, rng=rng, **COHORTS[mistake]).data
    return mistake, made.assign(years=made["exit"] - made["diagnosis"])


def right(given):
    """Return the estimate as it should be made."""
    mistake, people = given
    if mistake == "case-control table":
        found = diagnostic_accuracy(*people, design="case-control")
        return _of(predictive_values(found, PREVALENCE).ppv)
    if mistake == "window":
        return _window(people)
    if mistake == "1 - Kaplan-Meier":
        return _risk(people, "event")
    if mistake == "prevalent cases":
        people = people[people["prevalent"] == 0]
    return _ratio(person_years(people, **TIMES, event="cancer", rates=RATES))


def wrong(given):
    """Return the estimate with the mistake."""
    mistake, people = given
    return WRONG[mistake](people)


def frozen(people):
    """Take expected cancers at the age and in the year of entry."""
    age = np.searchsorted(AGES, people["entry"] - people["birth"], side="right") - 1
    year = np.searchsorted(YEARS, people["entry"], side="right") - 1
    rate = CANCER.to_numpy().reshape(len(AGES), len(YEARS))[age, year]
    expected = (rate * (people["exit"] - people["entry"])).sum()
    return _ratio({"observed": [people["cancer"].sum()], "expected": [expected]})


def immortal(people):
    """Count the time from diagnosis to entry, in which nobody could have been seen to fall ill."""
    return _ratio(
        person_years(people, **(TIMES | {"entry": "diagnosis"}), event="cancer", rates=RATES)
    )


def prevalent(people):
    """Count the cancers before diagnosis among those observed."""
    table = person_years(people, **TIMES, event="cancer", rates=RATES).summary()
    return _ratio(table.assign(observed=table["observed"] + people["prevalent"].sum()))


def censored(people):
    """Take deaths as censored."""
    return _risk(people, "cancer")


def within_table(cells):
    """Take the share of people with cancer among the positive ones of the table."""
    tp, fp, _, _ = cells
    return _of(diagnostic_accuracy(tp, 1, fp, 1, interval="wilson").sensitivity)


def seen(people):
    """End the window before the first year that may have no excess, or with the last cancer."""
    table = person_years(
        people, **TIMES, event="cancer", rates=FLAT, follow_up=np.arange(HORIZON + 1)
    )
    years = incidence_ratios(table, by="follow_up").summary()
    none = years.loc[years["lower"] <= 1, "follow_up"]
    last = people.loc[people["cancer"] == 1, "years"].max()
    return [
        {"estimand": "yearly ratios", "estimate": none.iloc[0] if len(none) else HORIZON},
        {"estimand": "last cancer", "estimate": last},
    ]


WRONG = {
    "frozen age": frozen,
    "immortal time": immortal,
    "prevalent cases": prevalent,
    "1 - Kaplan-Meier": censored,
    "case-control table": within_table,
    "window": seen,
}


def _of(one):
    return {"estimate": one.value, "lower": one.lower, "upper": one.upper}


def _ratio(table):
    return incidence_ratios(table).summary()[["estimate", "lower", "upper"]]


def _risk(people, event):
    people = people.assign(years=np.minimum(people["years"], HORIZON))
    found = cumulative_incidence(people, exit="years", event=event).at(HORIZON)
    return found[["estimate", "lower", "upper"]]


def _window(people):
    model = occult_cancer(
        people, **TIMES, origin="diagnosis", event="event", rates=FLAT, distribution="exponential"
    )
    risk = cancer_risk(model, age=60, year=2005, rates=FLAT, mortality=FLAT_DEATH, horizon=HORIZON)
    end = screening_window(risk, rule="share", threshold=SHARE, interval="draws", draws=200).end
    return _of(end) | {"converged": model.convergence.reached}


def results(*, replicates=None, seed=2026, executor=None, checkpoint=None) -> pd.DataFrame:
    """Return the table of the study."""
    done = simulation_study(
        scenarios(), data, {"right": right, "wrong": wrong}, replicates=replicates or 1000,
        seed=seed, executor=executor, checkpoint=checkpoint,
    )  # fmt: skip
    keys = ["mistake", "n", "truth", "method", "estimand"]
    found = done.performance(by=("mistake", "n", "truth", "estimand")).summary()
    wide = found.pivot_table(
        index=keys, columns="measure", values=["estimate", "mcse"], dropna=False, sort=False
    ).dropna(how="all")
    value, error = wide["estimate"], wide["mcse"]
    table = pd.DataFrame(
        {
            "replicates": value["replicates"].astype(int),
            "convergence": value["convergence"],
            "mean": value["mean"],
            "bias": value["bias"],
            "bias_mcse": error["bias"],
            "relative_bias": value["relative_bias"],
            "coverage": value["coverage"],
            "coverage_mcse": error["coverage"],
        }
    ).reset_index()
    way = table["method"].where(table["estimand"] == "", "wrong, " + table["estimand"])
    return table.drop(columns=["method", "estimand"]).assign(way=way)[
        ["mistake", "n", "truth", "way", *table.columns[len(keys) :]]
    ]
