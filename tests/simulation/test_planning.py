"""Sizes of studies: against enumeration by hand, simulation and what the definition says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.tolerances import COARSE, EXACT, SIMULATED, STOPPED_EARLY

from paraneo import diagnostic_accuracy, incidence_ratios, person_years, rate_table
from paraneo.errors import ArgumentError
from paraneo.simulation import (
    PiecewiseExcess,
    exact_coverage,
    expected_needed,
    people_needed,
    predictive_people_needed,
    ratio_power,
    simulated_cohort,
    window_patients_needed,
)


def mean_width(n, share):
    x = np.arange(n + 1)
    one = diagnostic_accuracy(x, 0 * x, n - x, 0 * x + 1).sensitivity
    return float(stats.binom.pmf(x, n, share) @ (one.upper - one.lower))


@pytest.mark.parametrize(("share", "half"), [(0.78, 0.1), (0.89, 0.05), (0.5, 0.2)])
def test_the_number_is_the_smallest_that_is_enough(share, half):
    n = people_needed(share, half_width=half)["people"]
    assert mean_width(n, share) <= 2 * half < mean_width(n - 1, share)


def test_it_is_near_the_usual_formula_where_that_holds():
    # Buderer 1996: z^2 p(1 - p)/d^2
    assert abs(people_needed(0.8, half_width=0.03)["people"] - 1.959964**2 * 0.16 / 0.0009) < 15


def test_limits_that_are_narrow_for_no_reason_at_one_person_are_not_taken():
    # of one person the Wald limits have no width at all
    assert people_needed(0.78, half_width=0.1, interval="wald")["people"] > 50


def ppv_width(diseased, healthy, measure="ppv"):
    table = exact_coverage(
        measure, interval="logit", diseased=diseased, healthy=healthy, **PREDICTED
    ).summary()
    return table["mean_width"].iloc[0]


PREDICTED = {"sensitivity": 0.8, "specificity": 0.9, "prevalence": 0.2}


@pytest.mark.parametrize(
    ("measure", "half", "ratio"), [("ppv", 0.15, 2.0), ("ppv", 0.1, 1.0), ("npv", 0.05, 0.5)]
)
def test_people_for_a_predictive_value_are_the_fewest_by_full_enumeration(measure, half, ratio):
    found = predictive_people_needed(
        measure, **PREDICTED, half_width=half, healthy_per_diseased=ratio
    )
    assert found["healthy"] == int(np.ceil(ratio * found["diseased"]))
    assert ppv_width(found["diseased"], found["healthy"], measure) <= 2 * half
    fewer = found["diseased"] - 1
    assert ppv_width(fewer, int(np.ceil(ratio * fewer)), measure) > 2 * half


def test_many_people_for_ppv_are_near_the_delta_method():
    # logit PPV has the variance (1 - Se)/(Se a) + Sp/((1 - Sp) b); d PPV = PPV (1 - PPV) d logit
    found = predictive_people_needed("ppv", **PREDICTED, half_width=0.02)
    ppv = 0.8 * 0.2 / (0.8 * 0.2 + 0.1 * 0.8)
    spread = np.sqrt((0.2 / 0.8 + 0.9 / 0.1) / found["diseased"])
    assert 1.959964 * ppv * (1 - ppv) * spread == pytest.approx(0.02, rel=SIMULATED["rtol"])


def test_patients_of_constant_hazards_by_hand():
    found = window_patients_needed(
        [3, 10], start=2, rates=0.01, mortality=0.02, loss=0.05, against=1.5
    )
    total = 0.08
    each = 0.01 * (np.exp(-total * 2) - np.exp(-total * found["years"])) / total
    np.testing.assert_allclose(found["expected"], each, **STOPPED_EARLY)
    wanted = expected_needed(true_ratio=1.0, against=1.5)["expected"]
    np.testing.assert_allclose(found["patients"], wanted / each, **COARSE)


def test_patients_with_a_ratio_of_three_are_taken_away_three_times_as_fast():
    found = window_patients_needed(
        [3, 10], start=2, rates=0.01, mortality=0.02, loss=0.05, against=1.5, true_ratio=3.0
    )
    later = 3 * 0.01 + 0.02 + 0.05
    spent = np.asarray(found["years"]) - 2
    each = 0.01 * np.exp(-0.08 * 2) * -np.expm1(-later * spent) / later
    np.testing.assert_allclose(found["expected"], each, **STOPPED_EARLY)
    # and whatever the excess within the window, the ratio after it is the true one
    plan = {"start": 2, "rates": 0.01, "against": 1.5, "true_ratio": 3.0}
    early = window_patients_needed(10, excess=PiecewiseExcess([0, 2], [0.05, 0.2]), **plan)
    by_hand = 0.01 * np.exp(-0.06 * 2) * -np.expm1(-0.03 * 8) / 0.03
    np.testing.assert_allclose(early["expected"], by_hand, **STOPPED_EARLY)


def test_a_study_of_the_planned_size_has_the_planned_power():
    rates = rate_table({"age": [0, 50, 65], "rate": [0.004, 0.012, 0.03]}, rate="rate")
    distribution = PiecewiseExcess([0, 2], [0.05, 0.0])
    cohort = {
        "rates": rates,
        "mortality": 0.03,
        "excess": distribution,
        "entry_delay": 0.3,
        "loss": 0.04,
    }
    plan = window_patients_needed(8, start=2, against=2.0, power=0.8, **cohort)
    times, shown = 300, 0
    patients = int(plan["patients"])
    streams = [np.random.default_rng([7, k]) for k in range(times)]
    made = simulated_cohort(patients, rng=streams, follow_up=8, **cohort)
    table = person_years(
        made.data, birth="birth", entry="entry", exit="exit", event="cancer", origin="diagnosis",
        rates=rates, window=(2, np.inf), by="replicate",
    )  # fmt: skip
    upper = incidence_ratios(table, by="replicate").summary()["upper"]
    shown = float((upper < 2.0).mean())
    assert len(upper) == times
    # power steps with the whole count, so that it may lie a little above the wanted
    assert 0.8 - 4 * np.sqrt(0.16 / times) < shown < 0.9 + 4 * np.sqrt(0.09 / times)
    mean = table.summary()["expected"].sum() / times / patients
    assert mean == pytest.approx(plan["expected"], rel=SIMULATED["rtol"])


def test_power_by_hand():
    # the first count whose Garwood limit lies above 3
    lower = stats.chi2.ppf(0.025, 2 * np.arange(1, 30)) / 2
    first = 1 + int(np.argmax(lower > 3.0))
    wanted = stats.poisson.sf(first - 1, 3.0 * 2.5)
    np.testing.assert_allclose(ratio_power(3.0, true_ratio=2.5)["power"], wanted, **EXACT)


@given(st.floats(0.5, 50), st.floats(0.2, 5))
def test_a_true_ratio_at_the_value_is_left_out_no_more_than_half_of_one_minus_level(e, value):
    for shift in (1 - 1e-9, 1 + 1e-9):
        power = ratio_power(e, true_ratio=value * shift, against=value)["power"]
        assert power <= 0.025 + 1e-6


def test_a_farther_ratio_has_more_power():
    power = [ratio_power(10.0, true_ratio=r)["power"] for r in (1.5, 2.0, 3.0)]
    assert power == sorted(power)
    power = [ratio_power(20.0, true_ratio=r)["power"] for r in (0.9, 0.5, 0.2)]
    assert power == sorted(power)


@pytest.mark.parametrize(("true", "against"), [(1.0, 1.5), (1.0, 2.0), (3.0, 1.0), (7.7, 1.0)])
def test_from_the_expected_events_on_power_is_never_below_the_wanted(true, against):
    e = expected_needed(true_ratio=true, against=against, power=0.8)["expected"]
    grid = np.linspace(e * 1.01, e * 3, 500)
    assert (ratio_power(grid, true_ratio=true, against=against)["power"] >= 0.8).all()
    below = np.linspace(e * 0.5, e * 0.98, 300)
    assert (ratio_power(below, true_ratio=true, against=against)["power"] < 0.8).any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: people_needed(78, half_width=0.1), "looks like a percentage"),
        (lambda: people_needed(0.8, half_width=0.0), "is not in"),
        (lambda: people_needed(0.5, half_width=0.001), "more than 100000 people"),
        (lambda: ratio_power(0, true_ratio=2.0), "above zero"),
        (lambda: ratio_power(5, true_ratio=-2.0), "must be a ratio"),
        (lambda: expected_needed(true_ratio=1.0, against=1.0), "equals the value"),
        (lambda: expected_needed(true_ratio=1.0, against=1.0001), "more than 20000"),
        (lambda: expected_needed(true_ratio=2.0, power=80), "is not in"),
        (lambda: predictive_people_needed("ppv", **PREDICTED, half_width=0.6), "is not in"),
        (lambda: predictive_people_needed("lr", **PREDICTED, half_width=0.1), "no option 'lr'"),
        (
            lambda: predictive_people_needed(
                "ppv", **PREDICTED | {"prevalence": 0.0}, half_width=0.1
            ),
            "leaves nothing",
        ),
        (
            lambda: predictive_people_needed("ppv", **PREDICTED, half_width=0.001),
            "more than 100000 people",
        ),
        (
            lambda: window_patients_needed([1, 5], start=2, rates=0.01, against=1.5),
            "does not lie beyond the start",
        ),
        (
            lambda: window_patients_needed(5, start=2, rates=0.0, against=1.5),
            "no cancer is expected",
        ),
        (
            lambda: window_patients_needed(5, start=2, rates=-0.1, against=1.5),
            "rates",
        ),
    ],
)
def test_plans_that_cannot_be_made(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
