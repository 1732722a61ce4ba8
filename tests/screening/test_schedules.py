"""Schedules: against a microsimulation that knows nothing of their formulas, and as laws."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.screening.worlds import RATIOS, tables
from tests.tolerances import EXACT_LAW, MIDPOINTS

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

RATES, MORTALITY = tables()
WORLD = {"rates": RATES, "mortality": MORTALITY}
RISK = cancer_risk(RATIOS, age=55.0, sex="female", year=2005.0, horizon=6.0, **WORLD)
TEST = {"sensitivity": 0.7, "mean_sojourn": 0.8}
PEOPLE = 2_000_000


def measures(done):
    return done.summary().set_index("measure")["estimate"]


def time_to_event(rng, cuts, hazard, n):
    """Return times at which piecewise constant hazards strike; infinite where they do not."""
    reached = np.concatenate([[0.0], np.cumsum(np.diff(cuts) * hazard)])
    drawn = rng.exponential(size=n)
    return np.where(drawn < reached[-1], np.interp(drawn, reached, cuts), np.inf)


def simulated(rng, horizon, ratio, death_ratio, visits, sensitivity, specificity, sojourn):
    """Follow people one event after another and count what the visits do."""
    cuts = np.array([0.0, 0.5, 1.0, 3.0, 5.0, horizon])  # the woman of 55 turns 60 at 5
    age, year = 55.0 + cuts[:-1] + 1e-9, 2005.0 + cuts[:-1] + 1e-9
    cuts2 = np.unique([*cuts, 5.0])
    group = int(RATES.group_codes({"sex": ["female"]})[0])
    cancer = RATES.rates_at(age, year, group) * ratio
    death = MORTALITY.rates_at(age, year, group) * death_ratio
    shows = time_to_event(rng, cuts2, cancer, PEOPLE)
    dies = time_to_event(rng, cuts2, death, PEOPLE)
    begins = shows - sojourn(rng, PEOPLE)
    found_at = np.full(PEOPLE, np.inf)
    examined = false = 0
    for visit in visits:
        here = (dies > visit) & (shows > visit) & np.isinf(found_at)
        examined += here.sum()
        ill = here & (begins < visit) & np.isfinite(shows)
        false += ((here & ~ill) & (rng.random(PEOPLE) > specificity)).sum()
        found_at[ill & (rng.random(PEOPLE) < sensitivity)] = visit
    found = np.isfinite(found_at)
    would_show = np.isfinite(shows)
    showed = would_show & ~found & (dies > shows)
    lead = shows[found] - found_at[found]
    return {
        "cancers": would_show,
        "found": found,
        "interval": showed,
        "never": would_show & ~found & ~showed,
        "found_too_late_to_matter": found & (dies < shows),
        "lead_time": (lead.mean(), lead.std() / np.sqrt(len(lead))),
        "examinations": (examined / PEOPLE, np.sqrt(len(visits) * examined / PEOPLE**2)),
        "false_positives": (false / PEOPLE, np.sqrt(len(visits) * false / PEOPLE**2)),
    }


SETTINGS = list(
    itertools.product(
        [(0.0,), (0.0, 1.0, 2.0, 3.0), (0.4, 0.9, 2.2)],
        [1.0, 4.0],
        [(0.6, 0.9), (1.0, 1.0)],
        ["exponential", "uniform"],
    )
)


@pytest.mark.parametrize("setting", range(len(SETTINGS)))
def test_microsimulation_agrees(setting):
    visits, death_ratio, (sensitivity, specificity), law = SETTINGS[setting]
    rng = np.random.default_rng([2026, setting])
    mean = 0.5 + 0.2 * (setting % 4)
    if law == "exponential":
        options = {"mean_sojourn": mean}
        draw = lambda rng, n: rng.exponential(mean, n)  # noqa: E731
    else:
        options = {"sojourn": lambda x: np.maximum(1 - x / (2 * mean), 0.0)}
        draw = lambda rng, n: rng.uniform(0, 2 * mean, n)  # noqa: E731
    ratio = np.array([12.0, 6.0, 3.0, 1.3, 1.3])
    risk = cancer_risk(
        RATIOS, age=55.0, sex="female", year=2005.0, horizon=6.0,
        mortality_ratio=death_ratio, **WORLD,
    )  # fmt: skip
    done = measures(
        screening_yield(
            risk, visits, sensitivity=sensitivity, specificity=specificity, per=1, **options
        )
    )
    peer = simulated(rng, 6.0, ratio, death_ratio, visits, sensitivity, specificity, draw)
    for name, value in peer.items():
        if isinstance(value, tuple):
            mean_value, error = value
        else:
            mean_value = value.mean()
            error = np.sqrt(mean_value * (1 - mean_value) / PEOPLE)
        assert abs(done[name] - mean_value) <= 4 * error + 1e-12, name


LAWS = {
    "exponential": (lambda x: np.exp(-x / 0.02), {"mean_sojourn": 0.02}),
    "fixed": (lambda x: np.where(x < 1.3, 1.0, 0.0), {}),
    "uniform": (lambda x: np.clip(1 - x / 0.1, 0.0, 1.0), {}),
    "Weibull": (lambda x: np.exp(-((x / 0.4) ** 2)), {}),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("horizon", [5.0, 40.0])
def test_sojourns_much_shorter_than_the_time_between_cuts(law, horizon):
    cancer, death, sensitivity = 0.01, 0.02, 0.7
    flat = [rate_table({"age": [0], "rate": [x]}, rate="rate") for x in (cancer, death)]
    ratios = {"start": [0], "end": [50], "estimate": [1.0]}
    risk = cancer_risk(ratios, age=50, year=2000, rates=flat[0], mortality=flat[1], horizon=horizon)
    survival, given_as = LAWS[law]
    options = given_as or {"sojourn": survival}
    got = measures(screening_yield(risk, [1.0, 2.0], sensitivity=sensitivity, per=1, **options))

    def found_by(visit, earlier):
        # the midpoint rule on steps that are fine where the law falls and coarse beyond
        edges = np.unique(np.concatenate([np.linspace(0, 3.5, 700_001), [horizon - visit]]))
        edges = edges[edges <= horizon - visit]
        x = (edges[1:] + edges[:-1]) / 2
        seen = survival(x) - sensitivity * (survival(x + visit - earlier) if earlier else 0)
        density = cancer * np.exp(-cancer * (visit + x)) * np.diff(edges)
        return sensitivity * float(seen @ density) * np.exp(-death * visit)

    peer = found_by(1.0, None) + found_by(2.0, 1.0)
    np.testing.assert_allclose(got["found"], peer, **MIDPOINTS)


@given(
    st.lists(st.floats(0.0, 5.9), min_size=1, max_size=5, unique_by=lambda x: round(x, 3)),
    st.floats(0.0, 1.0),
    st.floats(0.05, 5.0),
)
def test_found_interval_and_never_are_all_cancers(visits, sensitivity, mean):
    done = measures(
        screening_yield(RISK, sorted(visits), sensitivity=sensitivity, mean_sojourn=mean)
    )
    total = done["found"] + done["interval"] + done["never"]
    np.testing.assert_allclose(total, done["cancers"], rtol=1e-11)
    assert done[["found", "interval", "never", "false_positives"]].min() >= -1e-9


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_better_test_finds_no_less(one, other):
    low, high = sorted((one, other))
    found = [
        measures(screening_yield(RISK, [0, 1, 2.5], sensitivity=s, mean_sojourn=0.8))["found"]
        for s in (low, high)
    ]
    assert found[0] <= found[1] + 1e-12


def test_higher_ratios_and_more_visits_find_no_less():
    high = cancer_risk(
        RATIOS.assign(estimate=RATIOS["estimate"] + 1, upper=RATIOS["upper"] + 1),
        age=55.0, sex="female", year=2005.0, horizon=6.0, **WORLD,
    )  # fmt: skip
    base = measures(screening_yield(RISK, [0, 1], **TEST))["found"]
    assert measures(screening_yield(high, [0, 1], **TEST))["found"] > base
    assert measures(screening_yield(RISK, [0, 1, 2], **TEST))["found"] > base


def test_a_perfect_test_at_diagnosis_finds_what_is_there_then():
    # with everlasting sojourn every cancer can be found at once
    done = measures(screening_yield(RISK, [0], sensitivity=1.0, sojourn=lambda x: np.ones_like(x)))
    np.testing.assert_allclose(done["share_found"], 1.0, **EXACT_LAW)
    blind = measures(screening_yield(RISK, [0, 1], sensitivity=0.0, mean_sojourn=1.0))
    assert blind["found"] == 0
    np.testing.assert_allclose(blind["interval"], 1000 * RISK.at(6)["estimate"].iloc[0], rtol=1e-11)


def test_marker_groups_mix_to_the_whole():
    accuracy = diagnostic_accuracy(31, 12, 9, 148)
    own = {"age": 55.0, "sex": "female", "year": 2005.0, "horizon": 6.0, "accuracy_window": 3.0}
    parts = [
        measures(screening_yield(
            cancer_risk(RATIOS, accuracy=accuracy, marker=name, **own, **WORLD), [0, 1, 2], **TEST
        ))
        for name in ("positive", "negative")
    ]  # fmt: skip
    net = cancer_risk(RATIOS, estimand="net", **own, **WORLD).at(3)["estimate"].iloc[0]
    share = 31 / 40 * net + 12 / 160 * (1 - net)
    whole = measures(screening_yield(RISK, [0, 1, 2], **TEST))
    for name in ("cancers", "found", "interval", "examinations", "interval_excess"):
        mixed = share * parts[0][name] + (1 - share) * parts[1][name]
        np.testing.assert_allclose(mixed, whole[name], rtol=1e-10, err_msg=name)


def test_the_best_schedule_is_the_best_of_all_scored_one_by_one():
    times = [0.0, 0.5, 1.0, 2.0, 4.0]
    for aim, measure in (("found", "found"), ("delay", "lead")):
        best = best_schedule(RISK, 2, aim=aim, candidates=times, **TEST)
        score = {}
        for pair in itertools.combinations(times, 2):
            done = measures(screening_yield(RISK, pair, **TEST))
            score[pair] = done["found"] if measure == "found" else done["lead_time"] * done["found"]
        assert tuple(best.visits) == max(score, key=score.get)
        row = best.considered.iloc[0]
        np.testing.assert_allclose(
            row["found"] if measure == "found" else row["lead_time"],
            max(score.values()),
            rtol=1e-10,
        )


def test_fewest_examinations_for_a_share():
    best = best_schedule(RISK, 3, aim="examinations", share=0.3, candidates=[0, 0.5, 1, 2], **TEST)
    assert measures(best)["share_found"] >= 0.3
    others = best.considered
    assert (others["share_found"] >= 0.3 - 1e-12).all()
    assert others["examinations"].min() == others["examinations"].iloc[0]


def test_more_visits_find_more_along_the_frontier():
    found = schedule_frontier(RISK, 3, candidates=[0, 0.5, 1, 2, 3], **TEST)
    assert found["n_visits"].tolist() == [1, 2, 3]
    assert found["found"].is_monotonic_increasing
    assert found["examinations"].is_monotonic_increasing


def test_without_excess_every_cancer_is_the_population_s():
    plain = cancer_risk(
        {"start": [0], "end": [np.inf], "estimate": [1.0]},
        age=55.0, sex="female", year=2005.0, horizon=6.0, **WORLD,
    )  # fmt: skip
    done = measures(screening_yield(plain, [0, 1, 2], **TEST))
    kinds = ["cancers", "found", "interval", "never"]
    np.testing.assert_allclose(done[[f"{kind}_excess" for kind in kinds]], 0.0, atol=1e-9)
    # a ratio of 3 all along: two in three of the cancers are excess, whatever becomes of them
    three = cancer_risk(
        {"start": [0], "end": [np.inf], "estimate": [3.0]},
        age=55.0, sex="female", year=2005.0, horizon=6.0, **WORLD,
    )  # fmt: skip
    done = measures(screening_yield(three, [0, 1, 2], **TEST))
    for kind in kinds:
        np.testing.assert_allclose(done[f"{kind}_excess"], done[kind] * 2 / 3, rtol=1e-9)


def test_named_schedules_side_by_side():
    found = compare_schedules(RISK, {"once": [0], "yearly": [0, 1, 2, 3]}, **TEST)
    assert found["schedule"].tolist() == ["once", "yearly"]
    assert found["found"].is_monotonic_increasing


def test_limits_follow_those_of_the_ratios():
    done = screening_yield(RISK, [0, 1], **TEST).summary().set_index("measure")
    row = done.loc["found"]
    assert row["lower"] < row["estimate"] < row["upper"]


@pytest.mark.parametrize(
    ("visits", "options", "words"),
    [
        ([], {}, "there is none"),
        ([1, 0], {}, "do not rise"),
        ([-1, 0], {}, "value is negative"),
        ([0, 6], {}, "reach the horizon"),
        ([0], {"sensitivity": 1.2}, "looks like a percentage"),
        ([0], {"mean_sojourn": 0}, "above zero"),
        ([0], {"mean_sojourn": None}, "is missing"),
        ([0, 1], {"sensitivity": [0.5, 0.6, 0.7]}, "3 values for 2 visits"),
        ([0], {"per": 0}, "'per': must be above zero"),
        ([0], {"mean_sojourn": None, "sojourn": lambda x: 1 + x}, "does not fall from 1"),
        ([0], {"mean_sojourn": None, "sojourn": lambda x: 1 - x}, "does not fall from 1"),
        ([0], {"mean_sojourn": None, "sojourn": lambda _: 0.5}, "one value for each"),
    ],
)
def test_schedules_that_cannot_be(visits, options, words):
    with pytest.raises(ArgumentError, match=words):
        screening_yield(RISK, visits, **(TEST | options))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"visits": 0}, "is no number of visits"),
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
    with pytest.raises(ArgumentError, match="is no number of visits"):
        schedule_frontier(RISK, 0, **TEST)


def test_limits_of_a_share_are_shares():
    wide = RATIOS.assign(lower=RATIOS["estimate"] / 50, upper=RATIOS["estimate"] * 50)
    risk = cancer_risk(wide, age=55.0, sex="female", year=2005.0, horizon=6.0, **WORLD)
    done = screening_yield(risk, [0, 0.5, 1], sensitivity=1.0, mean_sojourn=30.0)
    share = done.summary().set_index("measure").loc["share_found"]
    assert 0 <= share["lower"] <= share["estimate"] <= share["upper"] <= 1


def test_plot_draws():
    import matplotlib.pyplot as plt

    axes = screening_yield(RISK, [0, 1, 2], **TEST).plot()
    assert "Visit" in axes.get_xlabel()
    plt.close("all")
