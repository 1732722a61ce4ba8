"""Properties of cumulative incidence, cases worked by hand, and input that cannot be used."""

import itertools
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.tolerances import CLOSED_FORM, EXACT, NUMERICAL

from paraneo import ParaneoWarning, TableError, cumulative_incidence
from paraneo.errors import ArgumentError
from paraneo.survival.risk_sets import TIE, merge_near_ties

STD_ERRORS = ["greenwood", "aalen", "jackknife"]
COLUMNS = ["estimate", "lower", "upper", "std_error"]


def table(rng, n=40, late=True):
    """Simulated follow-up on whole days, with many ties."""
    entry = rng.integers(0, 60, n) if late else np.zeros(n, int)
    return pd.DataFrame(
        {
            "start": entry,
            "end": entry + rng.integers(1, 90, n),
            "what": rng.choice([0, 1, 2, 3], n, p=[0.3, 0.3, 0.2, 0.2]),
            "arm": rng.choice(["a", "b"], n),
        }
    )


def fit(data, **options):
    names = {"exit": "end", "event": "what", "entry": "start"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParaneoWarning)
        return cumulative_incidence(data, **{**names, **options})


seeds = st.integers(0, 10_000)


def test_six_people_by_hand(as_frame):
    people = as_frame({"end": [1, 1, 2, 3, 3, 4], "what": [1, 2, 0, 1, 0, 2]})
    found = cumulative_incidence(people, exit="end", event="what", cause=[1, 2]).summary()
    first = found[found["cause"] == 1]
    assert first["time"].tolist() == [0, 1, 3, 4]
    assert first["at_risk"].tolist() == [6, 6, 3, 1]
    assert first["events"].tolist() == [0, 1, 1, 0]
    survival = 4 / 6 * 2 / 3
    assert_allclose(first["estimate"], [0, 1 / 6, 1 / 6 + 4 / 6 / 3, 1 / 6 + 4 / 6 / 3])
    second = found[found["cause"] == 2]["estimate"]
    assert_allclose(second, [0, 1 / 6, 1 / 6, 1 / 6 + survival])


def test_without_censoring_it_is_the_share_with_its_binomial_variance():
    data = pd.DataFrame({"end": [1, 2, 2, 3, 5, 5, 5, 8], "what": [1, 1, 2, 1, 2, 2, 1, 2]})
    for std_error in ("greenwood", "jackknife"):
        row = fit(data, entry=None, competing=2, std_error=std_error).at(5).iloc[0]
        assert_allclose(row[["estimate", "std_error"]].astype(float), [0.5, np.sqrt(0.25 / 8)])


@given(seeds, st.sampled_from(STD_ERRORS))
def test_causes_add_to_one_minus_the_event_free_probability(seed, std_error):
    data = table(np.random.default_rng(seed))
    causes = sorted(set(data["what"]) - {0})
    found = fit(data, cause=causes, std_error=std_error)
    total = found.summary().groupby("time")["estimate"].sum()
    assert_allclose(total, 1 - found.event_free()["estimate"], **EXACT)


@given(seeds, st.integers(1, 60), st.integers(1, 60))
def test_conditional_and_marginal_risks_agree(seed, start, further):
    data = table(np.random.default_rng(seed), n=200)
    found = fit(data)
    risk = found.at([start, start + further])["estimate"].to_numpy()
    free = found.event_free([start])["estimate"].iloc[0]
    conditional = found.given(start).at(further)["estimate"].iloc[0]
    assert_allclose(conditional, (risk[1] - risk[0]) / free, **CLOSED_FORM)


@given(seeds, st.sampled_from(STD_ERRORS))
def test_a_condition_on_a_condition_is_one_condition(seed, std_error):
    found = fit(table(np.random.default_rng(seed), n=100), std_error=std_error)
    twice, once = found.given(10).given(7), found.given(17)
    assert twice.start == once.start == 17
    assert_allclose(twice.summary()[COLUMNS], once.summary()[COLUMNS], **EXACT)


@given(seeds, st.sampled_from(STD_ERRORS))
def test_splitting_records_changes_nothing(seed, std_error):
    rng = np.random.default_rng(seed)
    data = table(rng).assign(person=range(40))
    cut = rng.integers(data["start"], data["end"] + 1)
    inside = (cut > data["start"]) & (cut < data["end"])
    head = data[inside].assign(end=cut[inside], what=0)
    tail = data.assign(start=np.where(inside, cut, data["start"]))
    both = pd.concat([head, tail]).sample(frac=1, random_state=seed)
    whole = fit(data, std_error=std_error, by="arm").summary()
    split = fit(both, std_error=std_error, by="arm", id="person").summary()
    pd.testing.assert_frame_equal(whole, split)
    if std_error != "jackknife":
        pd.testing.assert_frame_equal(whole, fit(both, std_error=std_error, by="arm").summary())


@given(seeds, st.sampled_from(STD_ERRORS))
def test_order_and_unit_of_time_change_nothing(seed, std_error):
    data = table(np.random.default_rng(seed))
    days = fit(data, std_error=std_error).summary()
    shuffled = fit(data.sample(frac=1, random_state=seed), std_error=std_error).summary()
    assert_allclose(shuffled[COLUMNS], days[COLUMNS], **EXACT)
    years = data.assign(start=data["start"] / 365.25, end=data["end"] / 365.25)
    years = fit(years, std_error=std_error).summary()
    assert_allclose(years[COLUMNS], days[COLUMNS], **CLOSED_FORM)
    assert_allclose(years["time"] * 365.25, days["time"])


@given(seeds, st.sampled_from(STD_ERRORS))
def test_truncation_at_zero_is_no_truncation(seed, std_error):
    data = table(np.random.default_rng(seed), late=False)
    with_entry, without = fit(data, std_error=std_error), fit(data, entry=None, std_error=std_error)
    pd.testing.assert_frame_equal(with_entry.summary(), without.summary())


@given(seeds)
def test_times_that_differ_by_rounding_are_ties(seed):
    rng = np.random.default_rng(seed)
    data = table(rng)
    noise = rng.choice([-1, 1], len(data)) * 1e-12
    rough = data.assign(end=data["end"] * (1 + noise))
    assert_allclose(fit(rough).summary()[COLUMNS], fit(data).summary()[COLUMNS], **EXACT)


@given(seeds)
def test_near_ties_are_merged_to_the_smallest_of_their_run(seed):
    """Beside the rule written out: a gap of more than a billionth of the longest opens a run."""
    rng = np.random.default_rng(seed)
    few = rng.choice(rng.exponential(3.0, 8), 30)
    first = few * (1 + rng.choice([0.0, 2e-10, 9e-10], 30))
    second = rng.choice(first, 6) + rng.choice([0.0, 1e-10, 2e-9, 1e-3], 6)
    every = np.sort(np.concatenate([first, second]))
    heads = {every[0]: every[0]}
    for before, now in itertools.pairwise(every):
        heads[now] = heads[before] if now - before <= TIE * every[-1] else now
    for merged, given_ in zip(merge_near_ties(first, second), (first, second), strict=True):
        assert merged.tolist() == [heads[time] for time in given_]


def weighted(data, weight, until):
    """Cumulative incidence of cause 1 and its area, written out with weights."""
    free, risk, area, before = 1.0, 0.0, 0.0, 0.0
    for t in sorted(set(data.loc[data["what"] > 0, "end"])):
        if t > until:
            break
        area += risk * (t - before)
        before = t
        y = weight[(data["start"] < t) & (data["end"] >= t)].sum()
        here = data["end"] == t
        risk += free * weight[here & (data["what"] == 1)].sum() / y
        free *= 1 - weight[here & (data["what"] > 0)].sum() / y
    return risk, free, area + risk * (until - before)


@pytest.mark.parametrize("late", [False, True])
def test_jackknife_is_the_sum_of_squared_derivatives_by_weight(late):
    data = table(np.random.default_rng(5), n=30, late=late)
    until, h, one = 80.0, 1e-5, np.ones(30)
    change = []
    for i in range(30):
        step = h * (np.arange(30) == i)
        up, down = (weighted(data, one + s, until) for s in (step, -step))
        change.append((np.array(up) - down) / (2 * h))
    wanted = np.sqrt(np.square(change).sum(axis=0))
    found = fit(data, std_error="jackknife")
    errors = [found.at(until), found.event_free([until]), found.mean_time_lost(until)]
    assert_allclose([e["std_error"].iloc[0] for e in errors], wanted, **NUMERICAL)
    assert_allclose(found.mean_time_lost(until)["estimate"], weighted(data, one, until)[2])


def test_mean_time_lost_is_the_area_under_the_steps():
    data = table(np.random.default_rng(1), late=False)
    found = fit(data)
    grid = np.linspace(0, 60, 600_001)
    area = found.at(grid)["estimate"].mean() * 60
    assert_allclose(found.mean_time_lost(60)["estimate"].iloc[0], area, **NUMERICAL)


def test_polars_booleans_and_named_events_are_read():
    data = table(np.random.default_rng(3)).replace({"what": {2: 0, 3: 0}})
    wanted = fit(data).summary()
    as_bool = pl.DataFrame(data.assign(what=data["what"] == 1).to_dict("list"))
    assert_allclose(fit(as_bool).summary()[COLUMNS], wanted[COLUMNS])
    words = data.replace({"what": {0: "alive", 1: "cancer"}}).infer_objects()
    found = fit(words, cause="cancer", competing="death", censored="alive").summary()
    assert_allclose(found[COLUMNS], wanted[COLUMNS])


def test_beyond_the_end_of_follow_up_nothing_is_known():
    data = pd.DataFrame({"end": [1.0, 2.0, 3.0], "what": [1, 0, 0]})
    assert fit(data, entry=None).at([3, 3.1])["estimate"].isna().tolist() == [False, True]
    emptied = data.assign(what=[1, 2, 1])
    assert fit(emptied, entry=None, competing=2).at([99])["estimate"].iloc[0] == pytest.approx(
        2 / 3
    )


def test_an_early_empty_risk_set_is_reported():
    data = pd.DataFrame({"start": [0, 2, 2], "end": [1, 5, 6], "what": [1, 1, 0]})
    with pytest.warns(ParaneoWarning, match="all those at risk at 1 had their event"):
        found = cumulative_incidence(data, exit="end", entry="start", event="what")
    assert found.given(2).at(3)["estimate"].iloc[0] == 0.5


def test_frames_for_other_drawing_libraries():
    data = table(np.random.default_rng(2))
    found = fit(data, by="arm", cause=[1, 2])
    wide = found.curves()
    assert list(wide.columns) == ["a, cause 1", "a, cause 2", "b, cause 1", "b, cause 2"]
    assert wide.index.name == "time"
    assert (wide.diff().iloc[1:] >= 0).all().all()
    assert len(found.plot().lines) == 4


def test_a_long_result_shows_a_few_round_times():
    text = repr(fit(table(np.random.default_rng(2), n=500)))
    assert text.startswith(
        "CumulativeIncidence of 500 people (greenwood standard error, log-log interval)"
    )
    assert len(text.splitlines()) < 12


GOOD = {"start": [0, 1, 2, 0], "end": [3, 4, 5, 6], "what": [1, 2, 0, 1], "arm": list("aabb")}


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"start": [0, 4.5, 7, 0]}, {}, "'start' at rows 1, 2: entry is at or after 'end'"),
        ({"end": [3, -4, 5, 6]}, {"entry": None}, "'end' at row 1: value is negative"),
        ({"end": [3, None, 5, 6]}, {}, "'end' at row 1: value is missing"),
        ({"what": [1, None, 0, 1]}, {}, "'what' at row 1: event is missing"),
        ({"what": [1, 2, 0.5, 1]}, {}, "event 0.5 is not among those named"),
        ({"what": [1, 2, -1, 1]}, {}, "event -1 is not among those named"),
        ({}, {"competing": [3]}, "'what' at row 1: event 2 is not among those named"),
        ({"what": ["x", "y", "z", "x"]}, {"cause": "x"}, "event 'y' is not among those named"),
        ({}, {"cause": 3}, "there is no event of cause 3"),
        ({}, {"cause": 0}, "0 is named twice"),
        ({"arm": ["a", None, "b", "b"]}, {"by": "arm"}, "'arm' at row 1: label is missing"),
        ({}, {"std_error": "delta"}, "there is no option 'delta'"),
        ({}, {"interval": "loglog"}, "Did you mean 'log-log'?"),
        ({}, {"level": 95}, "Write 0.95"),
        ({"who": [1, 1, 2, 3]}, {"id": "who"}, "rows of one person overlap (rows 1)"),
        (
            {"who": [1, 2, 3, 1], "start": [0, 1, 2, 4]},
            {"id": "who"},
            "comes after the person's event",
        ),
    ],
)
def test_bad_input_is_reported(change, options, said):
    with pytest.raises(TableError) as error:
        fit({**GOOD, **change}, **options)
    assert said in str(error.value)


def test_bad_questions_are_reported():
    found = fit(GOOD, by="arm")
    with pytest.raises(ArgumentError, match="nobody in group 'a' is observed beyond 5"):
        found.given(5)
    with pytest.raises(ArgumentError, match="follow-up of group 'b' ends at 6"):
        fit({**GOOD, "what": [1, 2, 1, 0]}, by="arm").mean_time_lost(7)
    with pytest.raises(ArgumentError, match="value is negative"):
        found.at([-1])
    with pytest.raises(ArgumentError, match="does not support delayed entry"):
        found.gray_test()
    with pytest.raises(ArgumentError, match="there is only one group"):
        fit(GOOD, entry=None).gray_test()
    with pytest.raises(ArgumentError, match="'hospital' is not in by"):
        fit(GOOD, entry=None, by="arm").gray_test("hospital")


def test_dates_are_years_since_the_origin(as_frame):
    data = table(np.random.default_rng(4))
    zero = pd.Timestamp("2001-03-01")
    dated = {"what": data["what"].tolist(), "zero": [zero] * len(data)}
    for name in ("start", "end"):
        dated[name] = (zero + pd.to_timedelta(data[name], "D")).tolist()
    found = fit(as_frame(dated), origin="zero").summary()
    wanted = fit(data).summary()
    assert_allclose(found["time"] * 365.25, wanted["time"], **EXACT)
    assert_allclose(found[COLUMNS], wanted[COLUMNS], **CLOSED_FORM)
    with pytest.raises(TableError, match="'end': it holds dates"):
        fit(as_frame(dated))
    late = {**dated, "zero": [zero + pd.Timedelta(days=60)] * len(data)}
    with pytest.raises(TableError, match="it lies before 'zero'"):
        fit(as_frame(late), origin="zero")
