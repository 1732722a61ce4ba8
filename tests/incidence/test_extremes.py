"""Ratios and rates at the edges: no cases, bands without weight, tiny and huge numbers."""

from __future__ import annotations

import numpy as np
import pytest
from tests.tolerances import EXACT, ITERATED, STOPPED_EARLY, SUMMED

from paraneo import incidence_ratios, pooled_ratios, ratio_regression, standardised_rates

RATE_INTERVALS = ["fay-feuer", "tiwari", "mid-p", "dobson", "normal", "log-normal"]
NUMBERS = ["estimate", "lower", "upper", "std_error"]
AGES = [0, 40, 60]


def standardised(cases, person_years, weights, interval, level=0.9):
    table = {"age": AGES, "cases": cases, "person_years": person_years}
    standard = {"age": AGES, "weight": weights}
    return standardised_rates(table, standard=standard, interval=interval, level=level, per=1)


@pytest.mark.filterwarnings("ignore:.*more than 0.5 a person-year")
@pytest.mark.parametrize("interval", RATE_INTERVALS)
@pytest.mark.parametrize("unit", [1e-290, 1e250])
def test_the_unit_of_person_time_scales_a_standardised_rate_and_nothing_else(interval, unit):
    years = np.array([300.0, 20.0, 7.0])
    one, other = (
        standardised([0, 3, 5], years * scale, [0.5, 0.3, 0.2], interval).summary()[NUMBERS]
        for scale in (1.0, unit)
    )
    np.testing.assert_allclose(other.to_numpy() * unit, one.to_numpy(), **EXACT)


@pytest.mark.filterwarnings("ignore:.*more than 0.5 a person-year")
@pytest.mark.parametrize("interval", sorted(set(RATE_INTERVALS) - {"tiwari"}))
def test_cases_at_ages_without_weight_say_nothing(interval):
    # Tiwari's limit shares one more case among all bands of the table, these included
    without, with_them = (
        standardised([3, more, 5], [300, 20, 7], [0.5, 0, 0.2], interval).summary()[NUMBERS]
        for more in (0, 10**6)
    )
    np.testing.assert_allclose(with_them.to_numpy(), without.to_numpy(), **EXACT)
    none = standardised([0, 5, 0], [300, 20, 7], [0.5, 0, 0.2], interval).summary().iloc[0]
    assert none["cases"] == 5
    assert none["estimate"] == none["lower"] == 0
    assert none["upper"] > 0


@pytest.mark.filterwarnings("ignore::paraneo.ComparabilityWarning")  # 1e300 are expected
def test_tests_over_strata_whose_ratios_lie_beyond_reach_are_infinite():
    table = {"stratum": [0, 1], "observed": [1, 1], "expected": [1e-300, 1e300]}
    ratios = incidence_ratios(table, by="stratum")
    assert ratios.homogeneity()["statistic"].iloc[1] == np.inf
    score = ratios.trend().tests().iloc[1]
    assert score["statistic"] == np.inf
    assert score["p_value"] == 0


def test_two_pooled_studies_that_differ_beyond_reach_have_no_limits():
    table = {"study": ["A", "B"], "observed": [1, 1], "expected": [1e-300, 1]}
    pooled = pooled_ratios(table, model="normal", test="hk")
    assert (pooled.estimate.lower, pooled.estimate.upper) == (0, np.inf)
    assert pooled.coefficients["ratio_upper"].tolist() == [np.inf]


@pytest.mark.parametrize("interval", ["log-wald", "profile"])
def test_a_steep_trend_over_calendar_years_has_an_intercept_beyond_doubles(interval):
    table = {"observed": [40, 20, 9, 5], "expected": [5, 5, 5, 5], "year": [2000, 2001, 2002, 2003]}
    steep = ratio_regression(table, formula="~ year", interval=interval)
    near = ratio_regression({**table, "year": [0, 1, 2, 3]}, formula="~ year", interval=interval)
    rows = steep.summary(), near.summary()
    assert rows[0]["ratio"][0] == np.inf
    kept = ["estimate", "lower", "upper", "p_value", "std_error"]
    np.testing.assert_allclose(*(row.loc[1, kept].astype(float) for row in rows), **ITERATED)
    np.testing.assert_allclose(
        steep.ratios(at={"year": [2001]}), near.ratios(at={"year": [1]}), **SUMMED
    )


@pytest.mark.parametrize("spread", [0.0, 1e-5, 0.01])
def test_a_thousand_million_cases_a_study_are_pooled_as_normal_ones(spread):
    apart = np.exp(spread * np.array([-1.2, 0.3, 1.0, -0.4, 0.6]))
    table = {"study": list("ABCDE"), "observed": np.rint(1e9 * apart), "expected": [1e9] * 5}
    counts, logs = (
        pooled_ratios(table, model=model, tau="ml", test="z") for model in ("poisson", "normal")
    )
    assert counts.convergence.reached
    np.testing.assert_allclose(counts.estimate.value, logs.estimate.value, **SUMMED)
    np.testing.assert_allclose(counts.tau2.value, logs.tau2.value, **STOPPED_EARLY)
    np.testing.assert_allclose(counts.estimate.std_error, logs.estimate.std_error, **STOPPED_EARLY)
