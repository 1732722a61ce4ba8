"""Risks from fitted excess hazards: those of the same numbers given otherwise."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from tests.screening.worlds import tables
from tests.tolerances import EXACT_LAW

from paraneo import cancer_risk, excess_hazard
from paraneo.errors import ArgumentError

RATES, MORTALITY = tables()
BREAKS = np.array([0.0, 1.0, 3.0, 8.0])
PERSON = {
    "age": 48.7,
    "sex": "female",
    "year": 2006.4,
    "rates": RATES,
    "mortality": MORTALITY,
    "horizon": 6.0,
}
TIMES = [0.5, 1.0, 2.5, 6.0]
#: Adaptive quadrature told to stop at 1e-13, over stretches without a jump.
INTEGRATED = {"rtol": 1e-10, "atol": 0.0}


def fitted(scale, **options):
    rng = np.random.default_rng(20)
    n = 3000
    entry = rng.uniform(2001, 2008, n)
    time = rng.exponential(15, n)
    people = {
        "birth": rng.uniform(1940, 1960, n),
        "entry": entry,
        "exit": entry + np.minimum(time, 8),
        "event": time < 8,
        "sex": rng.choice(["female", "male"], n),
        "x": rng.integers(0, 2, n),
    }
    columns = {name: name for name in ("birth", "entry", "exit", "event")}
    return excess_hazard(people, **columns, rates=RATES, breaks=BREAKS, scale=scale, **options)


def test_a_relative_fit_is_its_ratios_in_a_table():
    fit = fitted("relative")
    log_ratio, error = fit.parameters, np.sqrt(np.diag(fit.covariance))
    table = {
        "start": BREAKS[:-1],
        "end": BREAKS[1:],
        "estimate": np.exp(log_ratio),
        "lower": np.exp(log_ratio - 1.959963984540054 * error),
        "upper": np.exp(log_ratio + 1.959963984540054 * error),
    }
    mine, wanted = cancer_risk(fit, **PERSON).at(TIMES), cancer_risk(table, **PERSON).at(TIMES)
    np.testing.assert_allclose(mine["estimate"], wanted["estimate"], **EXACT_LAW)
    # the bands of a relative fit are independent; its limits are by differences on both sides
    np.testing.assert_allclose(mine[["lower", "upper"]], wanted[["lower", "upper"]], rtol=1e-8)
    np.testing.assert_allclose(mine["population"], wanted["population"], **EXACT_LAW)


@pytest.mark.parametrize("x", [0, 1])
def test_an_additive_fit_is_the_integral_of_its_hazard(x):
    fit = fitted("additive", formula="x")
    excess = np.exp(fit.parameters[:3] + x * fit.parameters[3])
    group = RATES.group_codes({"sex": ["female"]})
    age, year = PERSON["age"], PERSON["year"]
    jumps = [0.0, 1.0, 3.0, *TIMES, 50 - age, 2010 - year]

    def rate(table, t):
        return float(table.rates_at(age + t, year + t, group)[0])

    def cancer(t):
        return rate(RATES, t) + excess[np.searchsorted([1.0, 3.0], t, side="right")]

    def risk(until):
        # between jumps hazards are constant: only the density is left to the integrator
        stops = np.unique([t for t in jumps if t <= until])
        total, spent = 0.0, 0.0
        for a, b in itertools.pairwise(stops):
            middle = (a + b) / 2
            here, both = cancer(middle), cancer(middle) + rate(MORTALITY, middle)

            def density(t, a=a, here=here, both=both, spent=spent):
                return here * np.exp(-spent - both * (t - a))

            total += quad(density, a, b, epsabs=1e-14, epsrel=1e-13)[0]
            spent += both * (b - a)
        return total

    found = cancer_risk(fit, **PERSON, covariates={"x": x}).at(TIMES)["estimate"]
    np.testing.assert_allclose(found, [risk(t) for t in TIMES], **INTEGRATED)


def test_each_person_has_their_own_covariates():
    fit = fitted("additive", formula="x")
    both = cancer_risk(fit, **(PERSON | {"age": [48.7, 48.7]}), covariates={"x": [0, 1]}).at(5)
    alone = [cancer_risk(fit, **PERSON, covariates={"x": x}).at(5) for x in (0, 1)]
    np.testing.assert_allclose(both["estimate"], pd.concat(alone)["estimate"], **EXACT_LAW)
    with pytest.raises(ArgumentError, match="'covariates': 3 rows for 2 people"):
        cancer_risk(fit, **(PERSON | {"age": [48, 50]}), covariates={"x": [0, 1, 0]})
