"""What is timed: a verb on simulated data of a size, and the number that peers must find too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import paraneo

PEOPLE = (1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Case:
    """One verb at growing sizes.

    Attributes
    ----------
    name : str
    unit : str
        What there are so many of.
    sizes : tuple of int
    prepare : callable
        From a size to the data, which is not timed.
    run : callable
        From the data to one number, by which answers are compared.
    peer : str
        The function of R in ``verbs.R`` that answers the same question; empty where none does.
    """

    name: str
    unit: str
    sizes: tuple[int, ...]
    prepare: Callable[[int], Any]
    run: Callable[[Any], float]
    peer: str = ""


def cohort(n: int) -> pd.DataFrame:
    """Return people followed from 1990 to 2010: cancer (1), another death (2), or neither."""
    rng = np.random.default_rng(20261201)
    born, came = rng.uniform(1920, 1960, n), rng.uniform(1990, 2000, n)
    x = rng.normal(size=n)
    cancer, death = rng.exponential(30 * np.exp(-0.4 * x)), rng.exponential(25, n)
    end = rng.uniform(8, 10, n)
    years = np.minimum(np.minimum(cancer, death), end)
    what = np.where(years == end, 0, np.where(cancer < death, 1, 2))
    return pd.DataFrame(
        {
            "born": born, "came": came, "left": came + years, "years": years, "what": what,
            "event": (what == 1).astype(int), "x": x, "sex": rng.integers(1, 3, n),
            "group": rng.integers(0, 10_000, n), "marker": rng.integers(0, 2, n),
            "test": rng.integers(0, 2, n), "expected": rng.uniform(0.5, 5, n),
            "age": rng.integers(0, 18, n) * 5,
        }
    )  # fmt: skip


@cache
def rates() -> Any:
    """Return rates by sex, year of age and calendar year."""
    sex, age, year = np.meshgrid([1, 2], np.arange(100), np.arange(1985, 2016), indexing="ij")
    rate = 2e-4 * np.exp(age / 18) * np.where(sex == 1, 1.3, 1.0)
    columns = {"sex": sex, "age": age, "year": year, "rate": rate}
    flat = {name: value.ravel() for name, value in columns.items()}
    return paraneo.rate_table(pd.DataFrame(flat), rate="rate", period="year", by="sex")


def studies(n: int) -> pd.DataFrame:
    """Return tables of n studies of accuracy that differ, and their cases and expected ones."""
    rng = np.random.default_rng(7)
    ill, well = rng.integers(15, 90, n), rng.integers(30, 200, n)
    se, sp = 1 / (1 + np.exp(-rng.normal(1.2, 0.6, n))), 1 / (1 + np.exp(-rng.normal(2, 0.5, n)))
    tp, tn = rng.binomial(ill, se), rng.binomial(well, sp)
    expected = rng.uniform(3, 30, n)
    observed = rng.poisson(expected * np.exp(rng.normal(1.2, 0.4, n)))
    start = rng.integers(0, 4, n)
    return pd.DataFrame(
        {
            "study": np.arange(n), "tp": tp, "fp": well - tn, "fn": ill - tp, "tn": tn,
            "observed": observed, "expected": expected, "start": start,
            "end": start + rng.integers(1, 4, n),
        }
    )  # fmt: skip


DATED = {"birth": "born", "entry": "came", "exit": "left", "event": "event"}
CURVE = {"exit": "years", "event": "what", "cause": 1}
AT = [5.0]


def _last(frame: pd.DataFrame) -> float:
    return float(frame["estimate"].iloc[-1])


def _person_years(people: pd.DataFrame, by: list[str]) -> float:
    made = paraneo.person_years(
        people, **DATED, by=by, rates=rates(), age=[*range(0, 90, 5), np.inf],
        period=[1990, 1995, 2000, 2005, 2015], follow_up=[0, 1, 2, 5, 10, np.inf],
    )  # fmt: skip
    return float(made.summary()["expected"].sum())


def _excess(people: pd.DataFrame, **options: Any) -> float:
    fit = paraneo.excess_hazard(people, **DATED, rates=rates(), **options)
    return float(fit.log_likelihood)


def _net(people: pd.DataFrame) -> float:
    return _last(paraneo.net_survival(people, **DATED, rates=rates()).at(AT))


def _risk(n: int) -> float:
    bands = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [8.0, 4.0, 2.0]}
    limits = {"lower": [5.0, 2.5, 1.2], "upper": [12.0, 6.0, 3.2]}
    ages = np.linspace(40, 70, n)
    made = paraneo.cancer_risk(
        bands | limits, age=ages, year=np.full(n, 2000.0), sex=np.ones(n), rates=rates(),
        mortality=rates(), horizon=5, interval="draws",
    )  # fmt: skip
    return _last(made.at(AT))


CASES = (
    Case("person_years", "people", PEOPLE, cohort, lambda t: _person_years(t, ["sex"]), "pyears"),
    Case(
        "person_years, 10,000 groups", "people", PEOPLE, cohort,
        lambda t: _person_years(t, ["sex", "group"]),
    ),
    Case(
        "kaplan_meier", "people", PEOPLE, cohort,
        lambda t: _last(paraneo.kaplan_meier(t, **CURVE).at(AT)), "survfit",
    ),
    Case(
        "cumulative_incidence", "people", PEOPLE, cohort,
        lambda t: float(
            paraneo.cumulative_incidence(t, exit="years", event="what", competing=2)
            .at(AT)["estimate"].iloc[0]
        ), "cuminc",
    ),
    Case(
        "log_rank", "people", PEOPLE, cohort,
        lambda t: float(
            paraneo.log_rank(t, **CURVE, by="sex").summary()["statistic"].iloc[0]
        ), "survdiff",
    ),
    Case(
        "cox_regression", "people", PEOPLE, cohort,
        lambda t: float(
            paraneo.cox_regression(t, **CURVE, formula="~ x + sex").coefficients["estimate"].iloc[0]
        ), "coxph",
    ),
    Case(
        "fine_gray_regression", "people", (1_000, 10_000), cohort,
        lambda t: float(
            paraneo.fine_gray_regression(
                t, exit="years", event="what", cause=1, competing=2, formula="~ x + sex"
            ).coefficients["estimate"].iloc[0]
        ), "crr",
    ),
    Case("net_survival", "people", PEOPLE, cohort, _net),
    Case(
        "crude_probabilities", "people", PEOPLE, cohort,
        lambda t: _last(paraneo.crude_probabilities(t, **DATED, rates=rates()).at(AT)),
    ),
    Case(
        "excess_hazard, bands", "people", PEOPLE, cohort,
        lambda t: _excess(t, breaks=[0, 1, 3, 10], formula="~ x"),
    ),
    Case(
        "excess_hazard, relative spline", "people", PEOPLE, cohort,
        lambda t: _excess(t, shape="spline", scale="relative"),
    ),
    Case(
        "occult_cancer", "people", (1_000, 10_000), cohort,
        lambda t: float(
            paraneo.occult_cancer(t, **DATED, rates=rates(), distribution="weibull").log_likelihood
        ),
    ),
    Case(
        "incidence_ratios", "rows", PEOPLE, cohort,
        lambda t: float(
            paraneo.incidence_ratios(t, observed="event", by="group").summary()["upper"].sum()
        ),
    ),
    Case(
        "ratio_regression", "rows", PEOPLE, cohort,
        lambda t: float(
            paraneo.ratio_regression(t, observed="event", formula="~ x")
            .coefficients["estimate"].iloc[1]
        ), "glm",
    ),
    Case(
        "compare_tests", "people", PEOPLE, cohort,
        lambda t: float(
            paraneo.compare_tests(t, first="test", second="marker", condition="event")
            .summary()["estimate"].sum()
        ),
    ),
    Case(
        "pooled_accuracy", "studies", (10, 100, 1_000), studies,
        lambda t: _last(paraneo.pooled_accuracy(t).sensitivity.summary()),
    ),
    Case(
        "pooled_accuracy, normal", "studies", (10, 100, 1_000), studies,
        lambda t: _last(
            paraneo.pooled_accuracy(
                t, model="normal", method="reml", correction="single"
            ).sensitivity.summary()
        ),
    ),
    Case(
        "pooled_ratios", "studies", (10, 100, 1_000), studies,
        lambda t: float(paraneo.pooled_ratios(t).coefficients["estimate"].iloc[0]),
    ),
    Case(
        "audited_ratios", "studies", (10, 100, 1_000), studies,
        lambda t: float(
            len(paraneo.audited_ratios(t.assign(sir=t["observed"] / t["expected"])).summary())
        ),
    ),
    Case("cancer_risk, draws", "people", (10, 100, 1_000), lambda n: n, _risk),
)  # fmt: skip
