"""Risks from fitted models: the same as from their values, and as by integration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import solve_ivp
from tests.tolerances import COARSE, EXACT, ITERATED, SUMMED

from paraneo import cancer_risk, excess_hazard, rate_table
from paraneo.errors import ArgumentError
from paraneo.numerics.arrays import normal_quantile
from paraneo.simulation import PiecewiseExcess, simulated_cohort

CANCER = rate_table({"age": [0, 55, 65], "rate": [0.003, 0.008, 0.015]}, rate="rate")
DEATH = rate_table({"age": [0, 60], "rate": [0.004, 0.02]}, rate="rate")
#: Quantiles of 4000 draws beside a normal approximation, in parts of the limit.
DRAWN = dict.fromkeys(COARSE, 0.03)
BREAKS = [0.0, 0.5, 2.0, np.inf]
PERSON = {"age": 52.4, "year": 2004.0, "rates": CANCER, "mortality": DEATH, "horizon": 5.0}
TIMES = [0.3, 1.0, 4.0]


@pytest.fixture(scope="module")
def cohort():
    made = simulated_cohort(
        3000,
        rng=np.random.default_rng(11),
        rates=CANCER,
        mortality=DEATH,
        excess=PiecewiseExcess((0.0, 0.5, 2.0), (0.2, 0.05, 0.01)),
        exposed=0.4,
        exposure_effect=2.0,
    )
    return made.data


def fitted(cohort, **options):
    return excess_hazard(
        cohort, birth="birth", entry="entry", exit="exit", origin="diagnosis", event="event",
        cause=1, competing=2, rates=CANCER, **({"breaks": BREAKS} | options),
    )  # fmt: skip


def integrated(excess, times):
    """Return the crude risk with an excess per year that is a function of time."""

    def slope(t, state):
        own = float(CANCER.rates_at(PERSON["age"] + t)) + excess(t)
        death = float(DEATH.rates_at(PERSON["age"] + t))
        return [own * np.exp(-state[1]), own + death]

    stops = sorted({0.0, 0.5, 2.0, 55 - 52.4, *times})
    state, found = np.zeros(2), {}
    for a, b in zip(stops[:-1], stops[1:], strict=True):  # noqa: RUF007
        inner = (a + 1e-13, b - 1e-13)
        state = solve_ivp(slope, inner, state, method="DOP853", **EXACT).y[:, -1]
        found[b] = state[0]
    return [found[t] for t in times]


def test_a_relative_fit_gives_the_risk_of_its_ratios_as_a_table(cohort):
    model = fitted(cohort, scale="relative")
    table = pd.DataFrame({"start": BREAKS[:-1], "end": BREAKS[1:]})
    table["estimate"] = np.exp(model.parameters)
    error = normal_quantile(0.95) * np.sqrt(np.diag(model.covariance))
    table["lower"], table["upper"] = (np.exp(model.parameters + s * error) for s in (-1, 1))
    got, wanted = (cancer_risk(one, **PERSON).at(TIMES) for one in (model, table))
    np.testing.assert_allclose(got["estimate"], wanted["estimate"], **EXACT)
    # bands of a relative fit know nothing of each other; limits are by differences on both sides
    np.testing.assert_allclose(got[["lower", "upper"]], wanted[["lower", "upper"]], **ITERATED)


def test_an_additive_fit_with_a_covariate_is_the_integral(cohort):
    model = fitted(cohort, formula="exposed")
    for exposed in (0, 1):
        risk = cancer_risk(model, covariates={"exposed": [exposed]}, **PERSON)
        effect = np.exp(model.parameters[3] * exposed)
        hazard = np.exp(model.parameters[:3]) * effect
        wanted = integrated(lambda t, h=hazard: h[np.searchsorted([0.5, 2.0], t, "right")], TIMES)
        np.testing.assert_allclose(risk.at(TIMES)["estimate"], wanted, **SUMMED)


def test_each_person_has_their_own_covariates(cohort):
    model = fitted(cohort, formula="exposed")
    both = cancer_risk(model, covariates={"exposed": [0, 1]}, **(PERSON | {"age": [52.4, 52.4]}))
    alone = cancer_risk(model, covariates={"exposed": [1]}, **PERSON).at(5)["estimate"].iloc[0]
    found = both.at(5)["estimate"]
    np.testing.assert_allclose(found.iloc[1], alone, **EXACT)
    assert found.iloc[0] < found.iloc[1]
    with pytest.raises(ArgumentError, match="'covariates': 3 rows for 2 people"):
        cancer_risk(model, covariates={"exposed": [0, 1, 0]}, **(PERSON | {"age": [52, 50]}))


def test_delta_limits_of_a_fit_agree_with_draws(cohort):
    model = fitted(cohort)
    delta = cancer_risk(model, **PERSON).at(TIMES)
    drawn = cancer_risk(
        model, interval="draws", draws=4000, rng=np.random.default_rng(2), **PERSON
    ).at(TIMES)
    for side in ("lower", "upper"):
        np.testing.assert_allclose(delta[side], drawn[side], **DRAWN)


def test_a_model_with_covariates_asks_for_them(cohort):
    model = fitted(cohort, formula="exposed")
    with pytest.raises(ArgumentError, match="depends on exposed"):
        cancer_risk(model, **PERSON)
