"""What holds of every verb that reads a table: order, kinds of numbers and frames, and level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.tolerances import ANOTHER_ORDER, EXACT_LAW

import paraneo

RATES = paraneo.rate_table({"age": [0, 60], "rate": [0.01, 0.03]}, rate="rate")
TABLES = {
    "people": {
        "born": [1940, 1950, 1945, 1948, 1938, 1952, 1941, 1947, 1944, 1946, 1943, 1949],
        "came": [2000, 2001, 2000, 2002, 2001, 2000, 2003, 2001, 2002, 2000, 2001, 2000],
        "left": [2003, 2007, 2005, 2004, 2008, 2009, 2006, 2003, 2009, 2002, 2006, 2004],
        "first": [0, 1, 0, 0, 2, 0, 1, 0, 1, 0, 0, 2],
        "years": [3, 6, 5, 2, 7, 9, 3, 2, 7, 2, 5, 4],
        "what": [1, 0, 2, 1, 1, 0, 1, 2, 0, 1, 0, 1],
        "died": [1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1],
        "marker": [1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0],
        "test": [1, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0],
        "well": [0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0],
    },
    "cells": {
        "age": [0, 40, 60, 0, 40, 60],
        "sex": [1, 1, 1, 2, 2, 2],
        "observed": [3, 8, 12, 0, 9, 5],
        "expected": [1, 5, 9, 2, 4, 6],
        "person_years": [400, 300, 200, 500, 350, 100],
    },
    "ratios": {
        "start": [0, 1, 2],
        "end": [1, 2, 50],
        "estimate": [8, 4, 2],
        "lower": [4, 2, 1],
        "upper": [16, 8, 4],
    },
    "studies": {
        "study": [1, 2, 3, 4, 5, 6],
        "observed": [12, 20, 7, 33, 4, 9],
        "expected": [7, 18, 2, 21, 5, 6],
        "tp": [12, 20, 7, 33, 14, 9],
        "fp": [3, 9, 5, 4, 2, 7],
        "fn": [2, 8, 4, 3, 6, 1],
        "tn": [30, 44, 21, 60, 15, 38],
    },
}
FOLLOWED = {"exit": "years", "event": "what", "competing": 2}
DATED = {"birth": "born", "entry": "came", "exit": "left", "rates": RATES}
LIVED = {"origin": "came", "birth": "born", "exit": "left", "event": "died", "rates": RATES}
STANDARD = {"age": [0, 40, 60], "weight": [5, 3, 2]}
ENTRY = {"entry": "first"}
Verb = Callable[..., Any]
VERBS: dict[str, tuple[str, Verb]] = {
    "incidence_ratios": (
        "cells",
        lambda t, **k: paraneo.incidence_ratios(t, by="sex", **k).summary(),
    ),
    "trend": ("cells", lambda t, **k: paraneo.incidence_ratios(t, by="age", **k).trend().summary()),
    "compare": ("cells", lambda t, **k: paraneo.incidence_ratios(t, by="age", **k).compare(40)),
    "standardised_rates": (
        "cells",
        lambda t, **k: paraneo.standardised_rates(
            t, standard=STANDARD, by="sex", cases="observed", **k
        ).summary(),
    ),
    "compared_rates": (
        "cells",
        lambda t, **k: paraneo.standardised_rates(
            t, standard=STANDARD, by="sex", cases="observed", **k
        ).compare(1),
    ),
    "ratio_regression": (
        "cells",
        lambda t, **k: paraneo.ratio_regression(t, formula="~ age + C(sex)", **k).summary(),
    ),
    "modelled ratios": (
        "cells",
        lambda t, **k: paraneo.ratio_regression(t, formula="~ age", **k).ratios(
            at={"age": [10, 50]}
        ),
    ),
    "cumulative rates": (
        "cells",
        lambda t, **k: paraneo.standardised_rates(
            t, standard=STANDARD, by="sex", cases="observed", **k
        ).cumulative(end=60),
    ),
    "pooled_ratios": (
        "studies",
        lambda t, **k: paraneo.pooled_ratios(t, **k).summary().sort_values(["kind", "study"]),
    ),
    "pooled_ratios, normal": (
        "studies",
        lambda t, **k: paraneo.pooled_ratios(t, model="normal", test="hk", **k).coefficients,
    ),
    "pooled_accuracy": ("studies", lambda t, **k: pooled(t, **k)),
    "pooled_accuracy, normal": (
        "studies",
        lambda t, **k: pooled(t, model="normal", method="reml", **k),
    ),
    "compare_tests": (
        "people",
        lambda t, **k: paraneo.compare_tests(
            t, first="test", second="marker", condition="died", **k
        ).summary(),
    ),
    "cumulative_incidence": (
        "people",
        lambda t, **k: paraneo.cumulative_incidence(t, **FOLLOWED, **ENTRY, **k).at([3, 5]),
    ),
    "conditional risk": (
        "people",
        lambda t, **k: (
            paraneo.cumulative_incidence(t, **FOLLOWED, **ENTRY, **k).given(2).at([1, 3])
        ),
    ),
    "nelson_aalen": (
        "people",
        lambda t, **k: paraneo.nelson_aalen(t, **FOLLOWED, **ENTRY, **k).at([3, 5]),
    ),
    "crude_probabilities": (
        "people",
        lambda t, **k: paraneo.crude_probabilities(t, event="died", **DATED, **k).at([2, 4]),
    ),
    "kaplan_meier": (
        "people",
        lambda t, **k: paraneo.kaplan_meier(t, **FOLLOWED, **ENTRY, **k).at([3, 5]),
    ),
    "cox_regression": (
        "people",
        lambda t, **k: paraneo.cox_regression(
            t, **FOLLOWED, **ENTRY, formula="~ well", **k
        ).summary(),
    ),
    "fine_gray_regression": (
        "people",
        lambda t, **k: paraneo.fine_gray_regression(t, **FOLLOWED, formula="~ well", **k).summary(),
    ),
    "net_survival": (
        "people",
        lambda t, **k: paraneo.net_survival(t, event="died", **DATED, **k).at([2, 4]),
    ),
    "life_table": (
        "people",
        lambda t, **k: paraneo.life_table(t, **LIVED, breaks=[0, 2, 4, 10], **k).summary(),
    ),
    "excess_hazard": (
        "people",
        lambda t, **k: (
            paraneo.excess_hazard(
                t, event="died", **DATED, breaks=[0, 3, 10], scale="relative", **k
            ).coefficients
        ),
    ),
    "excess over time": (
        "people",
        lambda t, **k: paraneo.excess_hazard(
            t, event="died", **DATED, breaks=[0, 3, 10], scale="relative", **k
        ).ratio([1, 4]),
    ),
    "cancer_risk": ("ratios", lambda t, **k: risk(t, **k).at([1, 4])),
    "risk after cancer-free years": ("ratios", lambda t, **k: risk(t, **k).given(2).at([4])),
    "screening_yield": (
        "ratios",
        lambda t, **k: paraneo.screening_yield(
            risk(t, **k), [0, 1], sensitivity=0.8, mean_sojourn=0.5
        ).summary(),
    ),
    "person_years": (
        "people",
        lambda t, **_: paraneo.person_years(
            t, event="died", **DATED, follow_up=[0, 2, 10]
        ).summary(),
    ),
}
LOWER = ["lower", "excess_lower", "difference_lower", "rate_lower"]
KINDS: dict[str, Callable[[dict[str, list[int]]], Any]] = {
    "floats": lambda t: {name: [float(x) for x in column] for name, column in t.items()},
    "numpy int32": lambda t: {name: np.array(x, dtype=np.int32) for name, x in t.items()},
    "pandas nullable": lambda t: pd.DataFrame(t).astype("Int64"),
    "pandas nullable floats": lambda t: pd.DataFrame(t).astype("Float64"),
    "pandas with an index of its own": lambda t: pd.DataFrame(t).set_axis(
        range(len(rows(t)), 0, -1)
    ),
    "polars": pl.DataFrame,
    "polars small integers": lambda t: pl.DataFrame(t, schema=dict.fromkeys(t, pl.UInt16)),
    "pyarrow": pa.table,
}


def risk(table, **options):
    return paraneo.cancer_risk(
        table, age=58, year=2000, rates=RATES, mortality=RATES, horizon=6, **options
    )


def pooled(table, **options):
    found = paraneo.pooled_accuracy(table, **options)
    parts = [found.sensitivity, found.specificity, found.diagnostic_odds_ratio]
    return pd.concat([part.summary() for part in parts])


def rows(table):
    return next(iter(table.values()))


def numbers_of(frame):
    return frame.select_dtypes("number").to_numpy(dtype=float)


@pytest.mark.parametrize("verb", VERBS)
def test_neither_the_order_of_rows_nor_the_kind_of_frame_changes_a_number(verb):
    name, ask = VERBS[verb]
    table = TABLES[name]
    wanted = numbers_of(ask(table))
    order = np.random.default_rng(4).permutation(len(rows(table)))
    shuffled = {column: [values[i] for i in order] for column, values in table.items()}
    np.testing.assert_allclose(numbers_of(ask(shuffled)), wanted, **ANOTHER_ORDER)
    for kind, made in KINDS.items():
        got = numbers_of(ask(made(table)))
        np.testing.assert_allclose(got, wanted, **EXACT_LAW, err_msg=kind)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "person_years"])
def test_limits_follow_the_level(verb):
    name, ask = VERBS[verb]
    narrow, usual, wide = (ask(TABLES[name], level=level) for level in (0.5, 0.95, 0.999))
    for lower in usual.columns.intersection(LOWER):
        upper = lower.replace("lower", "upper")
        told = (usual[lower] < usual[upper]).to_numpy()
        assert told.any()
        for inner, outer in ((narrow, usual), (usual, wide)):
            within = (outer[lower] <= inner[lower]) & (inner[upper] <= outer[upper])
            moved = (outer[lower] < inner[lower]) | (inner[upper] < outer[upper])
            assert (within & moved).to_numpy()[told].all()
    np.testing.assert_array_equal(narrow["estimate"], wide["estimate"])


@pytest.mark.parametrize(
    "kind",
    [
        lambda x: np.array(x, dtype=np.uint8),
        lambda x: pd.Series(x, dtype="Int64", index=[7, 3]),
        lambda x: pd.Series(x, dtype="Float64"),
        pl.Series,
        pa.array,
    ],
)
def test_counts_given_as_arrays_may_be_of_any_kind(kind):
    cells = ([31, 200], [12, 150], [9, 0], [148, 250])
    wanted = paraneo.diagnostic_accuracy(*cells, level=0.9)
    got = paraneo.diagnostic_accuracy(*map(kind, cells), level=0.9)
    pd.testing.assert_frame_equal(got.summary(), wanted.summary())
    limits = (paraneo.poisson_limits(x([3, 250])).summary() for x in (kind, list))
    np.testing.assert_array_equal(*limits)
    shares = paraneo.predictive_values(got, kind([0, 1])), paraneo.predictive_values(wanted, [0, 1])
    pd.testing.assert_frame_equal(*(one.summary() for one in shares))
