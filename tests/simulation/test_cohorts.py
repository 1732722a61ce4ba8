"""Simulated cohorts: their truth by hand, their people against the truth, their faults."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.tolerances import EXACT, EXACT_LAW, ITERATED, STOPPED_EARLY, SUMMED

from paraneo import ArgumentError, cumulative_incidence, excess_hazard, person_years, rate_table
from paraneo.simulation import (
    HiddenCancer,
    PiecewiseExcess,
    PiecewiseRatio,
    SimulatedMarker,
    SplineExcess,
    simulated_cohort,
)
from paraneo.simulation._lives import cumulative_at, times_at

#: Constant hazards: each step is exact, only rounding is left.
EXACT_STEPS = {"rtol": 1e-11, "atol": 0.0}
#: Truths go in steps of 1/96 year and over a few thousand people, fewer ages where the calendar
#: matters; the docstring promises this much of probabilities.
QUADRATURE = {"rtol": 0.0, "atol": 5e-6}
BY_CALENDAR = {"rtol": 0.0, "atol": 3e-5}
CANCER = rate_table(
    {
        "age": [0, 50, 65] * 2,
        "sex": ["female"] * 3 + ["male"] * 3,
        "rate": [0.002, 0.006, 0.015, 0.001, 0.008, 0.03],
    },
    rate="rate",
    by="sex",
)
DEATH = rate_table({"age": [0, 60, 75], "rate": [0.004, 0.02, 0.08]}, rate="rate")
EARLY = PiecewiseExcess([0, 1, 3], [0.06, 0.02, 0.002])


def cohort(n, seed=5, **parts):
    return simulated_cohort(
        n, rng=np.random.default_rng(seed), **{"rates": CANCER, "mortality": DEATH} | parts
    )


def within(found, true, error):
    """Four standard errors: a fixed seed makes this no lottery."""
    assert abs(found - true) < 4 * error, (found, true, error)


def piecewise_exponential(age, until, people=20_000):
    """Return the mean probability of cancer by a time over ages from one to another, in pieces."""
    ages = age[0] + (age[1] - age[0]) * (np.arange(people) + 0.5) / people
    edges, rates = np.array([40.0, 45, 50, 55, 60, 65, 70]), BANDED
    cuts = [np.clip(edge - ages, 0, until) for edge in edges]
    cuts += [np.full(people, x) for x in (0.0, 1.0, until)]
    time = np.sort(np.stack(cuts), axis=0)
    middle = (time[1:] + time[:-1]) / 2
    background = rates[np.searchsorted(edges, ages + middle, side="right") - 1]
    cancer = background + np.where(middle < 1, 0.1, 0.01)
    total = (cancer + 0.03) * np.diff(time, axis=0)
    free = np.exp(-(np.cumsum(total, axis=0) - total))
    return (free * -np.expm1(-total) * cancer / (cancer + 0.03)).sum(axis=0).mean()


BANDED = np.array([0.002, 0.004, 0.007, 0.011, 0.017, 0.024, 0.03])


@pytest.mark.parametrize(("end", "tolerance"), [(np.inf, QUADRATURE), (2030.0, BY_CALENDAR)])
def test_probabilities_are_as_near_as_promised(end, tolerance):
    rates = rate_table({"age": np.arange(40, 75, 5), "rate": BANDED}, rate="rate")
    # a normal distribution so wide that the ages between its bounds are even to a millionth
    truth = cohort(
        1, rates=rates, mortality=0.03, excess=PiecewiseExcess([0, 1], [0.1, 0.01]),
        follow_up=4, age=(55.0, 1e5), age_range=(45.0, 65.0), end=end,
    ).truth  # fmt: skip
    got = truth.cumulative_incidence([1, 4])["cancer"]
    exact = [piecewise_exponential((45, 65), until) for until in (1.0, 4.0)]
    np.testing.assert_allclose(got, exact, **tolerance)


def test_constant_hazards_have_the_truth_of_the_textbook():
    distribution = PiecewiseExcess([0, 1], [0.1, 0.01])
    truth = cohort(1, rates=0.01, mortality=0.02, excess=distribution, follow_up=5).truth
    got = truth.cumulative_incidence([1, 5])
    first = -np.expm1(-0.13) / 0.13
    then = np.exp(-0.13) * -np.expm1(-0.16) / 0.04
    np.testing.assert_allclose(
        got["cancer"], [0.11 * first, 0.11 * first + 0.02 * then], **EXACT_STEPS
    )
    np.testing.assert_allclose(got["death"].iloc[1], 0.02 * (first + then), **EXACT_STEPS)
    observed, expected = 0.11 * first + 0.02 * then, 0.01 * (first + then)
    np.testing.assert_allclose(truth.incidence_ratio(), observed / expected, **STOPPED_EARLY)
    np.testing.assert_allclose(truth.incidence_ratio(0, 1), 11, **SUMMED)
    shown = 0.1 * first / (0.1 * first + 0.01 * then)
    np.testing.assert_allclose(truth.share_shown(1, 5), shown, **STOPPED_EARLY)


@pytest.mark.parametrize(
    "distribution",
    [
        EARLY,
        SplineExcess([0.2, 1, 5], [0.01, 0.03, 0.06]),
        HiddenCancer(0.1, 0.8, 1.3),
        HiddenCancer(0.1, 0.8, 0.9, distribution="log-normal"),
    ],
    ids=["piecewise", "spline", "weibull", "log-normal"],
)
def test_hazards_integrate_to_what_is_turned_round_for_drawing(distribution):
    t = np.array([0.1, 0.5, 0.9, 1.7, 4.0])
    np.testing.assert_allclose(distribution.time_at(distribution.cumulative(t)), t, **SUMMED)
    h = 1e-6
    slope = (distribution.cumulative(t + h) - distribution.cumulative(t - h)) / (2 * h)
    np.testing.assert_allclose(distribution.hazard(t), slope, **ITERATED)


def test_a_life_is_walked_through_ages_years_and_cuts():
    rates = np.array([[[0.01, 0.03], [0.05, 0.2]]])
    ages, years = np.array([0, 60, np.inf]), np.array([2000, 2002, 2010.0])
    one = np.array([58.5]), np.array([2001.0]), np.array([0])
    # 1 year at 0.01 (to 2002), half a year at 0.03 (to age 60), then 0.2, doubled from 2 on.
    total = cumulative_at(np.array([1, 1.5, 2.5]), *one, rates, ages, years)
    np.testing.assert_allclose(total, [[0.01, 0.025, 0.225]], **EXACT_LAW)
    cuts, factors = np.array([0, 2, np.inf]), np.array([1.0, 2.0])
    walk = rates, ages, years, cuts, factors
    for amount, when in ((0.005, 0.5), (0.025, 1.5), (0.125, 2.0), (0.325, 2.5)):
        found = times_at(np.array([amount]), *one, np.array([9.0]), *walk)
        np.testing.assert_allclose(found, when, **EXACT_LAW)
    assert np.isinf(times_at(np.array([9.0]), *one, np.array([3.0]), *walk))[0]
    assert np.isnan(times_at(np.array([9.0]), *one, np.array([20.0]), *walk))[0]


@pytest.mark.parametrize("ratio", [False, True])
def test_the_incidence_ratio_of_a_big_cohort_is_the_true_one(ratio):
    distribution = PiecewiseRatio([0, 2], [5, 1.5]) if ratio else EARLY
    made = cohort(40_000, excess=distribution, entry_delay=0.5, loss=0.05, end=2012.0)
    for window in ((0, 10), (0, 2), (2, 10)):
        table = person_years(
            made.data,
            birth="birth",
            entry="entry",
            exit="exit",
            event="cancer",
            origin="diagnosis",
            rates=CANCER,
            window=window,
        ).summary()
        found = float(table["observed"].sum() / table["expected"].sum())
        error = found / np.sqrt(float(table["observed"].sum()))
        within(found, made.truth.incidence_ratio(*window), error)


def test_fits_of_a_big_cohort_find_the_law_again():
    made = cohort(20_000, excess=EARLY, visit_interval=0.25, follow_up=6)
    where = {"birth": "birth", "entry": "entry", "exit": "exit", "origin": "diagnosis"}
    fit = excess_hazard(
        made.data, **where, event="event", rates=CANCER, lower="lower", upper="upper",
        breaks=[0, 1, 3, np.inf],
    )  # fmt: skip
    rows = fit.coefficients
    for i, height in enumerate([0.06, 0.02, 0.002]):
        within(rows["estimate"].iloc[i], np.log(height), rows["std_error"].iloc[i])
    exact = cohort(20_000, excess=EARLY, follow_up=6)
    curve = cumulative_incidence(
        exact.data, exit="exit", event="event", entry="entry", origin="diagnosis"
    )
    at = curve.at([1, 5])
    true = exact.truth.cumulative_incidence([1, 5])["cancer"]
    for i in (0, 1):
        within(at["estimate"].iloc[i], true.iloc[i], at["std_error"].iloc[i])


def test_a_marker_has_the_predictive_values_that_its_law_gives():
    marker = SimulatedMarker([0.9, 0.5], 0.85, breaks=[0, 1], window=3)
    made = cohort(60_000, excess=EARLY, marker=marker, follow_up=3, end=2100.0)
    ill, positive = made.data["cancer"] == 1, made.data["marker"] == 1
    ppv, npv = made.truth.predictive_values(3)
    within(ill[positive].mean(), ppv, np.sqrt(ppv * (1 - ppv) / positive.sum()))
    within((~ill)[~positive].mean(), npv, np.sqrt(npv * (1 - npv) / (~positive).sum()))
    early = made.latent["cancer"] <= 1
    within(positive[early].mean(), 0.9, np.sqrt(0.09 / early.sum()))


def test_visits_bracket_and_rounding_gives_dates_in_order():
    made = cohort(500, excess=EARLY, visit_interval=0.5, cancers_before=(3, 5), rounding="month")
    data = made.data
    ill = data["cancer"] == 1
    assert (data["lower"] <= data["upper"])[ill].all()
    assert data["upper"].isna().equals(~ill)
    assert set(data["exit"].dt.day) == {15}
    assert (data["birth"] < data["diagnosis"]).all()
    before = data["prevalent"] == 1
    assert (data["cancer_before"] <= data["diagnosis"])[before].all()
    assert 0 < before.mean() < 0.2
    assert (cohort(30, rounding="year").data["exit"].dt.strftime("%m-%d") == "07-01").all()


@pytest.mark.parametrize("by_calendar", [False, True])
def test_cancers_before_diagnosis_come_as_often_as_told(by_calendar):
    rates = CANCER
    if by_calendar:
        rates = rate_table(
            {"age": [0, 50] * 2, "period": ["1990-1999"] * 2 + ["2000-2029"] * 2,
             "rate": [0.004, 0.01, 0.01, 0.04]},
            rate="rate", period="period",
        )  # fmt: skip
    made = cohort(
        40_000, rates=rates, cancers_before=(4, 1.5), diagnosed=(2001.0, 2005.0), follow_up=2
    )
    share, data = made.data["prevalent"].mean(), made.data
    within(share, made.truth.share_before(), np.sqrt(share * (1 - share) / len(data)))
    gap = (data["diagnosis"] - data["cancer_before"]).dropna()
    assert gap.between(0, 4).all()
    assert gap.max() > 3.9


def test_the_share_with_a_cancer_before_by_hand():
    truth = cohort(1, rates=0.01, cancers_before=(3, 2.5)).truth
    assert truth.share_before() == pytest.approx(-np.expm1(-0.075), rel=EXACT["rtol"])
    assert cohort(1, rates=0.01).truth.share_before() == 0


def test_calendar_dates_fall_evenly_and_rounding_is_down():
    plain = cohort(4000, diagnosed=(2000.0, 2003.0), female=0.2)
    place = (plain.data["diagnosis"] - 2000) / 3
    assert stats.kstest(place, "uniform").pvalue > 1e-3
    within((plain.data["sex"] == "female").mean(), 0.2, np.sqrt(0.16 / 4000))
    dated = cohort(4000, diagnosed=(2000.0, 2003.0), female=0.2, rounding="day").data
    for name in ("birth", "diagnosis", "exit"):
        year = plain.data[name].to_numpy()
        day, begin = dated[name].dt, np.floor(year)
        assert (day.year == begin).all()
        length = np.where(day.is_leap_year, 366, 365)
        assert (day.dayofyear - 1 == np.floor((year - begin) * length)).all()
    yearly = cohort(4000, diagnosed=(2000.0, 2003.0), rounding="year").data["diagnosis"].dt
    assert set(zip(yearly.month, yearly.day, strict=True)) == {(7, 1)}


def test_check_ups_bring_cancers_to_light_at_the_next_one_or_at_the_end():
    options = {"excess": EARLY, "visit_interval": 0.5, "loss": 0.3, "entry_delay": 0.4}
    made = cohort(6000, follow_up=3, **options)
    data, true = made.data, made.latent["cancer"].to_numpy()
    ill = (data["cancer"] == 1).to_numpy()
    start = data["diagnosis"].to_numpy()
    lower, upper = (data[name].to_numpy() - start for name in ("lower", "upper"))
    entry, end = data["entry"].to_numpy() - start, data["exit"].to_numpy() - start
    grain = 1e-9
    assert ((lower[ill] <= true[ill] + grain) & (true[ill] <= upper[ill] + grain)).all()
    assert (lower[ill] >= entry[ill] - grain).all()
    np.testing.assert_allclose(upper[ill], end[ill], atol=grain)
    due = np.ceil(true[ill] / 0.5) * 0.5
    assert (upper[ill] <= due + grain).all()
    at_visit = np.isclose(upper[ill], due, atol=grain)
    assert 0.7 < at_visit.mean() < 1  # the rest by death, loss or the end before the visit
    assert (upper[ill][~at_visit] <= made.latent["death"].to_numpy()[ill][~at_visit] + grain).all()


def test_exposure_multiplies_the_excess():
    made = cohort(
        20_000, rates=0.0, mortality=0.0, excess=EARLY, exposed=0.4, exposure_effect=2.0,
        follow_up=1,
    )  # fmt: skip
    share = made.data.groupby("exposed")["cancer"].mean()
    for effect, found in zip((1, 2), share, strict=True):
        within(found, -np.expm1(-0.06 * effect), 0.003)
    true = 0.6 * -np.expm1(-0.06) + 0.4 * -np.expm1(-0.12)
    np.testing.assert_allclose(made.truth.cumulative_incidence(1)["cancer"], true, **QUADRATURE)


def test_the_same_stream_gives_the_same_people():
    assert cohort(50, excess=EARLY).data.equals(cohort(50, excess=EARLY).data)


def test_every_fault_is_told_at_once():
    with pytest.raises(ArgumentError) as told:
        cohort(10, rates=-1.0, female=65, loss=np.nan, rounding="week", excess="lots", end=1999.0)
    for word in ("rates", "female", "percentage", "loss", "rounding", "excess"):
        assert word in str(told.value)
    short = rate_table({"age": ["40-59"], "rate": [0.1]}, rate="rate")
    with pytest.raises(ArgumentError, match="no rate"):
        cohort(50, rates=short)
    with pytest.raises(ArgumentError, match="breaks"):
        PiecewiseExcess([1, 2], [0.1, 0.2])
    with pytest.raises(ArgumentError, match="falls"):
        SplineExcess([1, 2, 2.1, 9], [0.01, 0.011, 0.5, 0.51])


def test_the_picture_and_the_text_of_a_cohort():
    made = cohort(20, excess=EARLY)
    assert "20 people" in repr(made)
    assert made.plot().get_xlabel() == "Years since diagnosis"
