"""Schedules: check values, a simulated population with onsets, properties, bad input."""

from __future__ import annotations

import itertools
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.screening.worlds import RATIOS, tables
from tests.tolerances import COARSE, ITERATED, MONTE_CARLO_ERRORS, NUMERICAL, PRINTED, SUMMED

from paraneo import (
    best_schedule,
    cancer_risk,
    compare_schedules,
    diagnostic_accuracy,
    rate_table,
    schedule_frontier,
    screening_yield,
)
from paraneo.errors import ArgumentError
from paraneo.screening import _schedule_input
from paraneo.screening._marker import share_of_group
from paraneo.screening._onset import nearest
from paraneo.screening._yield import faded_survival

RATES, MORTALITY = tables()
WORLD = {"rates": RATES, "mortality": MORTALITY}
PERSON = {"age": 55.0, "sex": "female", "year": 2005.0, "horizon": 6.0, **WORLD}
#: Ratios whose fall a preclinical phase of 0.8 years allows.
GENTLE = RATIOS.assign(estimate=[6.0, 5.0, 4.0, 3.0], lower=[4.0, 3.5, 3, 2], upper=[9, 7, 5, 4.5])
#: And some that never fall.
RISING = {"start": [0, 2], "end": [2, np.inf], "estimate": [4.0, 5.0]}
RISK = cancer_risk(GENTLE, **PERSON)
TEST = {"sensitivity": 0.7, "mean_sojourn": 0.8}
PEOPLE = 4_000_000
NONE = rate_table({"age": [0], "rate": [0.0]}, rate="rate")


def measures(done):
    return done.summary().set_index("measure")["estimate"]


def model_of(cumulative):
    """Return what a fitted model of a smooth excess offers, its parameters known exactly."""

    def cumulative_at(time, _at=None, parameters=None):
        rows = 1 if parameters is None else len(np.atleast_2d(parameters))
        return np.broadcast_to(cumulative(np.asarray(time)), (1, rows, len(time)))

    return SimpleNamespace(
        cumulative_at=cumulative_at, parameters=np.zeros(1), covariance=np.zeros((1, 1)),
        convergence=SimpleNamespace(reached=True),
        far_limits=np.zeros(1),
    )  # fmt: skip


def risk_of(cumulative, horizon=5.0, death=NONE):
    return cancer_risk(
        model_of(cumulative), age=50, year=2000, rates=NONE, mortality=death, horizon=horizon
    )


def test_check_values_of_the_natural_history():
    """Occult share 0.134, exponential of mean 1 year, nothing else, a perfect visit."""
    risk = risk_of(lambda t: -np.log1p(-0.134 * -np.expm1(-t)))
    whole = measures(screening_yield(risk, [0], sensitivity=1.0, mean_sojourn=1.0))
    np.testing.assert_allclose(whole["screen_detected"], 134.0, **ITERATED)
    done = screening_yield(risk, [0, 1], sensitivity=1.0, mean_sojourn=0.25).by_visit
    found = done["screen_detected"]
    second = 1000 * 0.134 * 0.25 * (np.exp(-1) - np.exp(-4))
    np.testing.assert_allclose(found, [33.5, second], **ITERATED)
    np.testing.assert_allclose(found.iloc[1], 11.7, **PRINTED[1])


@pytest.fixture(scope="module", params=[0.5, 1.0, 2.0])
def population(request):
    """Return a mean sojourn, and four million people: onset, sojourn, death."""
    rng, mean = np.random.default_rng([5, int(10 * request.param)]), request.param
    there = rng.random(PEOPLE) < 0.1
    onset = np.where(there, 0.0, rng.exponential(100.0, PEOPLE))
    return mean, onset, onset + rng.exponential(mean, PEOPLE), rng.exponential(25.0, PEOPLE), rng


@pytest.mark.parametrize("sensitivity", [0.6, 0.8])
def test_a_population_with_onsets_agrees_in_every_measure(population, sensitivity):
    """A tenth is detectable at diagnosis, the others from onsets at 0.01 a year on."""
    mean, onset, shows, dies, rng = population
    death = rate_table({"age": [0], "rate": [0.04]}, rate="rate")
    rate, part = 0.01, 0.9 * 0.01 / (1 / mean - 0.01)

    def cumulative(t):
        left = 0.9 * np.exp(-rate * t)  # no onset yet
        ill = 0.1 * np.exp(-t / mean) + part * (np.exp(-rate * t) - np.exp(-t / mean))
        return -np.log(left + ill)

    visits, horizon = np.array([0.0, 1.0, 2.0]), 4.0
    found_at = np.full(PEOPLE, np.inf)
    examined = false = 0
    for visit in visits:
        here = (dies > visit) & (shows > visit) & np.isinf(found_at)
        examined += here.sum()
        ill = here & (onset <= visit)
        false += (here & ~ill & (rng.random(PEOPLE) > 0.9)).sum()
        found_at[ill & (rng.random(PEOPLE) < sensitivity)] = visit
    found = np.isfinite(found_at)
    clinical = ~found & (shows < dies) & (shows < horizon)
    counted = {
        "cancers": (shows < horizon).sum(),
        "screen_detected": found.sum(),
        "interval_cancers": (clinical & (shows < 2)).sum(),
        "after_last_visit": (clinical & (shows >= 2)).sum(),
        "overdiagnosed": (found & (dies < shows)).sum(),
        "false_positives": false,
        "examinations": examined,
    }
    done = screening_yield(
        risk_of(cumulative, horizon, death), visits, sensitivity=sensitivity, specificity=0.9,
        mean_sojourn=mean,
    )  # fmt: skip
    got = measures(done)
    for name, count in counted.items():
        error = 1000 * np.sqrt(3 * count) / PEOPLE  # up to three visits of one person
        assert abs(got[name] - 1000 * count / PEOPLE) < MONTE_CARLO_ERRORS * error, name
    lead = np.minimum(shows, dies)[found] - found_at[found]
    assert abs(got["lead_time"] - lead.mean()) < MONTE_CARLO_ERRORS * lead.std() / len(lead) ** 0.5
    assert got["before_first_visit"] == 0
    each = done.by_visit["screen_detected"]
    for k, visit in enumerate(visits):
        count = (found_at == visit).sum()
        error = 1000 * np.sqrt(count) / PEOPLE
        assert abs(each[k] - 1000 * count / PEOPLE) < MONTE_CARLO_ERRORS * error


@given(
    st.lists(st.floats(0.0, 5.9), min_size=1, max_size=4, unique_by=lambda x: round(x, 2)),
    st.floats(0.0, 1.0),
    st.floats(0.1, 1.5),
    st.floats(0.0, 1.0),
)
def test_nothing_is_negative_and_parts_are_parts(visits, sensitivity, mean, never):
    done = measures(
        screening_yield(
            RISK, sorted(visits), sensitivity=sensitivity, mean_sojourn=mean, never_seen=never
        )
    )
    names = ["screen_detected", "before_first_visit", "interval_cancers", "after_last_visit"]
    assert done[[*names, "false_positives", "overdiagnosed"]].min() >= -1e-9
    assert done["overdiagnosed"] <= done["screen_detected"]
    assert 0 <= done["share_found"] <= 1
    if never == 1 or sensitivity == 0:
        clinical = done[names[1:]].sum()
        # within a band the replaced hazard moves cancers a little, and death with them
        np.testing.assert_allclose(clinical, 1000 * RISK.at(6)["estimate"].iloc[0], **COARSE)


def test_a_better_test_and_more_visits_find_no_less_and_errors_that_repeat_find_less():
    def found(visits=(0, 1), **options):
        return measures(screening_yield(RISK, visits, **(TEST | options)))["screen_detected"]

    assert found(sensitivity=0.6) < found(sensitivity=0.8)
    assert found((0, 1)) < found((0, 1, 2))
    np.testing.assert_allclose(found([0], never_seen=0.3), 0.7 * found([0]), **SUMMED)


def test_marker_groups_mix_to_the_whole():
    own = {**PERSON, "accuracy": diagnostic_accuracy(18, 40, 22, 120), "accuracy_window": 3.0}
    risks = [cancer_risk(RISING, marker=name, **own) for name in ("positive", "negative")]
    engine = risks[0].engine
    share = float(
        share_of_group(engine.positives(engine.rows), engine.ahead(engine.rows, 0.0))[0, 0]
    )
    options = {"sensitivity": 0.7, "mean_sojourn": 0.2}
    parts = [measures(screening_yield(one, [0, 1, 2], **options)) for one in risks]
    plain = cancer_risk(RISING, **PERSON)
    whole = measures(screening_yield(plain, [0, 1, 2], **options))
    for name in ("cancers", "screen_detected", "interval_cancers", "examinations"):
        mixed = share * parts[0][name] + (1 - share) * parts[1][name]
        np.testing.assert_allclose(mixed, whole[name], **ITERATED, err_msg=name)


def test_four_visits_among_forty_one_times_are_all_tried():
    best = best_schedule(RISK, 4, candidates=np.linspace(0, 4, 41), **TEST)
    assert len(best.considered) == 101_270
    scored = screening_yield(RISK, best.visits, **TEST)
    np.testing.assert_allclose(
        best.considered["screen_detected"].iloc[0],
        scored.totals.set_index("measure").loc["screen_detected", "estimate"],
        **SUMMED,
    )


def test_the_best_schedule_is_the_best_of_all_scored_one_by_one():
    times = [0.0, 0.5, 1.0, 2.0, 4.0]
    options = TEST | {"never_seen": 0.2, "mean_sojourn": 0.1}
    for aim in ("found", "delay"):
        best = best_schedule(RISK, 2, aim=aim, candidates=times, **options)
        score = {}
        for pair in itertools.combinations(times, 2):
            done = measures(screening_yield(RISK, pair, **options))
            each = done["lead_time"] if aim == "delay" else 1.0
            score[pair] = each * done["screen_detected"]
        assert tuple(best.visits) == max(score, key=score.get)
        row = best.considered.iloc[0]
        got = row["screen_detected" if aim == "found" else "lead_time"]
        np.testing.assert_allclose(got, max(score.values()), **SUMMED)
        np.testing.assert_allclose(row["share_found"], measures(best)["share_found"], **ITERATED)


def test_a_band_without_a_cancer_is_one_with_the_band_before_it():
    flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    person = {"age": 60, "year": 2020, "rates": flat, "mortality": NONE, "horizon": 4}
    seen = {"start": [0, 1, 2, 3], "end": [1, 2, 3, 10], "estimate": [10.0, 0.0, 16.0, 8.0]}
    done = screening_yield(cancer_risk(seen, **person), [0, 1], sensitivity=1.0, mean_sojourn=0.3)
    found = measures(done)
    assert "the nearest course of the hazard" in done.assumptions
    np.testing.assert_allclose(found["cancers"], -1000 * np.expm1(-0.34), **ITERATED)
    assert (done.by_visit["screen_detected"] > 0).all()


def test_a_fall_within_bands_is_replaced_and_one_of_bands_is_named_with_the_longest_sojourn():
    steep = cancer_risk({"start": [0, 1], "end": [1, 6], "estimate": [9.0, 3.0]}, **PERSON)
    scored = screening_yield(steep, [0, 1], sensitivity=1.0, mean_sojourn=0.5)
    assert "the nearest course of the hazard" in repr(scored)
    done = measures(scored)
    free = steep.engine.curves(steep.engine.rows, 0.0, np.array([6.0])).cumulative[0, 0, 0]
    np.testing.assert_allclose(done["cancers"], -1000 * np.expm1(-free), **ITERATED)
    with pytest.raises(ArgumentError, match="The longest that fits this model is") as caught:
        screening_yield(
            cancer_risk({"start": [0, 1], "end": [1, 6], "estimate": [50.0, 1.0]}, **PERSON),
            [0], sensitivity=1.0, mean_sojourn=5.0,
        )  # fmt: skip
    assert "5 years are too long" in str(caught.value)


def test_the_nearest_density_never_falls_too_fast_and_keeps_the_cancers_of_each_band():
    cuts, mean = np.linspace(0, 4, 33), 0.7
    band = np.repeat([0, 1], 16)
    mass = np.where(band == 0, 0.02, 0.006) * 0.125
    density = np.repeat(mass[:, None] / 0.125, 2, axis=1)
    begin, end = nearest(cuts, density, mass, band, mean)
    assert (np.diff(np.stack([begin, end], axis=1).ravel()) >= -1e-15).all()
    t = np.linspace(0, 4, 32 * 2000, endpoint=False) + 4 / 64_000 / 2
    past, cell = np.modf(t / 0.125)
    level = begin[cell.astype(int)] * (1 - past) + end[cell.astype(int)] * past
    got = np.bincount(band[cell.astype(int)], level * np.exp(-t / mean)) * (t[1] - t[0])
    np.testing.assert_allclose(got, np.bincount(band, mass), **NUMERICAL)


def test_the_nearest_course_is_fine_enough_and_the_same_for_all_schedules(monkeypatch):
    steep = cancer_risk(
        {"start": [0, 1, 3], "end": [1, 3, 8], "estimate": [7.0, 4.0, 3.0]}, **PERSON
    )
    how = {"sensitivity": 0.8, "mean_sojourn": 0.5}
    scored = screening_yield(steep, [0, 1, 2], **how)
    assert "the nearest course of the hazard" in repr(scored)
    best = best_schedule(steep, 3, candidates=[0, 0.4, 1, 1.3, 2, 3.1], **how).considered
    row = best[[tuple(visits) == (0, 1, 2) for visits in best["visits"]]]
    found = measures(scored)["screen_detected"]
    np.testing.assert_allclose(row["screen_detected"], found, **SUMMED)
    monkeypatch.setattr(_schedule_input, "CELLS", 2 * _schedule_input.CELLS)
    finer = measures(screening_yield(steep, [0, 1, 2], **how))["screen_detected"]
    np.testing.assert_allclose(found, finer, **COARSE)


def test_the_time_left_is_the_integral_and_its_last_hazard_goes_on():
    edges, death = np.array([0.0, 1.0, 3.0]), np.array([0.1, 0.4])
    x = (np.arange(400_000) + 0.5) * 1e-4
    survival = np.exp(-np.where(x < 0.5, 0.1 * x, 0.05 + 0.4 * (x - 0.5)))
    wanted = (survival * np.exp(-x / 0.8)).sum() * 1e-4
    np.testing.assert_allclose(faded_survival(edges, death, 0.5, 0.8, np.inf), wanted, **ITERATED)
    part = (survival * np.exp(-x / 0.8))[: 1_0000 + 1_0000].sum() * 1e-4
    np.testing.assert_allclose(faded_survival(edges, death, 0.5, 0.8, 2.5), part, **ITERATED)


def test_fewest_examinations_for_a_share():
    best = best_schedule(RISK, 3, aim="examinations", share=0.2, candidates=[0, 0.5, 1, 2], **TEST)
    assert measures(best)["share_found"] >= 0.2
    others = best.considered
    assert (others["share_found"] >= 0.2 - 1e-12).all()
    assert others["examinations"].min() == others["examinations"].iloc[0]


def test_more_visits_find_more_along_the_frontier():
    found = schedule_frontier(RISK, 3, candidates=[0, 0.5, 1, 2, 3], **TEST).summary()
    assert found["n_visits"].tolist() == [1, 2, 3]
    assert found["screen_detected"].is_monotonic_increasing
    assert found["examinations"].is_monotonic_increasing


def test_without_excess_every_cancer_is_the_population_s():
    options = {"sensitivity": 0.7, "mean_sojourn": 0.2}
    names = ["cancers_excess", "screen_detected_excess", "clinical_excess"]
    plain = cancer_risk({"start": [0], "end": [np.inf], "estimate": [1.0]}, **PERSON)
    done = measures(screening_yield(plain, [0, 1, 2], **options))
    np.testing.assert_allclose(done[names], 0.0, **PRINTED[7])
    # a ratio of 3 all along: two in three of the cancers are excess, whatever becomes of them
    three = cancer_risk({"start": [0], "end": [np.inf], "estimate": [3.0]}, **PERSON)
    done = measures(screening_yield(three, [0, 1, 2], **options))
    clinical = done[["before_first_visit", "interval_cancers", "after_last_visit"]].sum()
    wholes = [done["cancers"], done["screen_detected"], clinical]
    np.testing.assert_allclose(done[names], np.array(wholes) * 2 / 3, **ITERATED)


def test_an_excess_below_0_has_limits_on_its_own_scale():
    flat = rate_table({"age": [0], "rate": [0.0108]}, rate="rate")
    low = {"start": [0], "end": [np.inf], "estimate": [0.8], "lower": [0.5], "upper": [1.28]}
    risk = cancer_risk(low, age=60, year=2020, rates=flat, mortality=NONE, horizon=5)
    found = screening_yield(risk, [0], **TEST).summary().set_index("measure")
    row = found.loc["cancers_excess", ["estimate", "lower", "upper"]].astype(float)
    np.testing.assert_allclose(row, [-10.6, -26.6, 14.6], **PRINTED[1])
    # what each of the three ratios itself would give
    for value, ratio in zip(row, (0.8, 0.5, 1.28), strict=True):
        whole = -1000 * np.expm1(-ratio * 0.0108 * 5)
        np.testing.assert_allclose(value, (1 - 1 / ratio) * whole, **ITERATED)
    row = found.loc["screen_detected_excess"]
    assert row["lower"] < row["estimate"] < 0 < row["upper"]


def test_named_schedules_side_by_side():
    done = compare_schedules(RISK, {"once": [0], "yearly": [0, 1, 2, 3]}, **TEST)
    found = done.summary()
    assert found["schedule"].tolist() == ["once", "yearly"]
    assert found["screen_detected"].is_monotonic_increasing
    assert "a detectable preclinical phase of 0.8 years" in repr(done)


def test_limits_follow_those_of_the_ratios():
    done = screening_yield(RISK, [0, 1], **TEST).summary().set_index("measure")
    row = done.loc["screen_detected"]
    assert row["lower"] < row["estimate"] < row["upper"]


@pytest.mark.parametrize(
    ("visits", "options", "words"),
    [
        ([], {}, "at least one is required"),
        ([1, 0], {}, "do not rise"),
        ([-1, 0], {}, "value is negative"),
        ([0, 6], {}, "reach the horizon"),
        ([0], {"sensitivity": 1.2}, "looks like a percentage"),
        ([0], {"mean_sojourn": 0}, "above zero"),
        ([0], {"mean_sojourn": [1, 2]}, "must be one number"),
        ([0], {"never_seen": 20}, "looks like a percentage"),
        ([0, 1], {"sensitivity": [0.5, 0.6, 0.7]}, "3 values for 2 visits"),
        ([0], {"per": 0}, "'per': must be above zero"),
    ],
)
def test_schedules_that_cannot_be(visits, options, words):
    with pytest.raises(ArgumentError, match=words):
        screening_yield(RISK, visits, **(TEST | options))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"visits": 0}, "is not a number of visits"),
        ({"visits": 9, "candidates": np.arange(0, 5.9, 0.1)}, "more than the"),
        ({"visits": 2, "aim": "examinations", "share": 0.99}, "no schedule of 2 visits"),
        ({"visits": 2, "aim": "most"}, "no option 'most'"),
        ({"visits": 4, "candidates": [0, 1]}, "only 2 times"),
        ({"visits": 2, "share": 0.5}, "is only for the aim 'examinations'"),
    ],
)
def test_best_schedules_that_cannot_be(options, words):
    options = dict(options)
    with pytest.raises(ArgumentError, match=words):
        best_schedule(RISK, options.pop("visits"), **TEST, **options)


def test_a_frontier_has_at_least_one_visit():
    with pytest.raises(ArgumentError, match="is not a number of visits"):
        schedule_frontier(RISK, 0, **TEST)


def test_plots_draw():
    import matplotlib.pyplot as plt

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert "Visit" in screening_yield(RISK, [0, 1, 2], **TEST).plot().get_xlabel()
        for done in (
            compare_schedules(RISK, {"once": [0]}, **TEST),
            schedule_frontier(RISK, 2, candidates=[0, 1, 2], **TEST),
        ):
            assert "Examinations" in done.plot().get_xlabel()
    plt.close("all")
