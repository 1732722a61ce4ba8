"""Estimates on data drawn again: by rows, by cluster, from a model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from tests.tolerances import EXACT, MONTE_CARLO_ERRORS

from paraneo import diagnostic_accuracy, kaplan_meier
from paraneo.errors import ArgumentError, TableError
from paraneo.simulation import CheckpointError, bootstrap
from paraneo.simulation.bootstrap import resampled

DAYS = pd.DataFrame({"days": [3.0, 5, 6, 9, 12, 20, 4, 8, 15, 1], "family": list("aabbbccdde")})


def mean(data):
    return {"estimate": data["days"].mean()}


def test_the_spread_of_a_mean_is_that_of_its_formula():
    found = bootstrap(DAYS, mean, replicates=1500)
    row = found.summary().iloc[0]
    wanted = DAYS["days"].std(ddof=0) / np.sqrt(len(DAYS))
    # the standard deviation of r normal draws has the relative error 1/√(2 r)
    assert abs(row["std_error"] / wanted - 1) < MONTE_CARLO_ERRORS / np.sqrt(3000)
    assert abs(row["bias"]) < MONTE_CARLO_ERRORS * wanted / np.sqrt(1500)
    assert row["estimate"] == DAYS["days"].mean()
    drawn = found.replicates["estimate"]
    limits = np.quantile(drawn, [0.025, 0.975])
    np.testing.assert_allclose(row[["lower", "upper"]].to_list(), limits, **EXACT)


def test_the_three_intervals_by_hand():
    rows = {
        name: bootstrap(DAYS, mean, replicates=300, interval=name).summary().iloc[0]
        for name in ("percentile", "basic", "normal")
    }
    low, high = rows["percentile"][["lower", "upper"]]
    value = rows["basic"]["estimate"]
    np.testing.assert_allclose(
        rows["basic"][["lower", "upper"]].to_list(), [2 * value - high, 2 * value - low]
    )
    half = 1.959963984540054 * rows["normal"]["std_error"]
    np.testing.assert_allclose(
        rows["normal"][["lower", "upper"]].to_list(), [value - half, value + half]
    )


def test_a_cluster_is_drawn_as_a_whole_and_is_another_each_time():
    codes = pd.factorize(DAYS["family"])[0]
    rng = np.random.default_rng(2)
    for _ in range(20):
        got = resampled(rng, data=DAYS, codes=codes, cluster="family")
        families = sorted(map(tuple, DAYS.groupby("family")["days"].apply(list)))
        drawn = got.groupby("family")["days"].apply(list)
        assert len(drawn) == 5
        assert all(tuple(one) in families for one in drawn)
    wide, narrow = (
        bootstrap(DAYS, mean, replicates=400, cluster=name).summary()["std_error"][0]
        for name in ("family", None)
    )
    assert wide != narrow


def test_draws_from_a_model():
    def drawn(rng):
        return pd.DataFrame({"days": rng.exponential(8.3, size=10)})

    found = bootstrap(DAYS, mean, replicates=800, generate=drawn).summary().iloc[0]
    assert abs(found["std_error"] / (8.3 / np.sqrt(10)) - 1) < MONTE_CARLO_ERRORS / np.sqrt(800)


def risk(data):
    at = kaplan_meier(data, exit="years", event="event").at([2.0])
    return at.assign(estimand="survival by 2")[["estimand", "estimate"]]


def test_a_verb_is_drawn_again():
    rng = np.random.default_rng(5)
    people = pd.DataFrame({"years": rng.exponential(3, 60), "event": rng.integers(0, 2, 60)})
    row = bootstrap(people, risk, replicates=300).summary().iloc[0]
    own = kaplan_meier(people, exit="years", event="event").at([2.0]).iloc[0]
    assert row["estimate"] == own["estimate"]
    widths = [one["upper"] - one["lower"] for one in (row, own)]
    assert 0.75 < widths[0] / widths[1] < 1.25


def accuracy(data):
    return diagnostic_accuracy(
        *(int((data["cell"] == name).sum()) for name in ("tp", "fp", "fn", "tn"))
    )


def test_replicates_without_an_answer_are_counted_and_said():
    people = pd.DataFrame({"cell": ["tp"] * 2 + ["fp"] * 3 + ["tn"] * 10})
    found = bootstrap(people, accuracy, replicates=200)
    failed = (found.replicates["status"] != "ok").sum()
    assert failed > 0  # nobody with the condition was drawn
    kept = found.summary().set_index("estimand")["replicates"]
    assert kept["specificity"] == 200 - failed
    assert kept["diagnostic_odds_ratio"] == 0  # infinite wherever nobody is missed
    assert "no answer in" in repr(found)
    assert "the limits may be too narrow" in repr(found)


def test_draws_are_the_same_on_any_workers_and_after_a_stop(tmp_path):
    alone = bootstrap(DAYS, mean, replicates=120)
    with ThreadPoolExecutor(2) as pool:
        spread = bootstrap(DAYS, mean, replicates=120, executor=pool)
    pd.testing.assert_frame_equal(alone.replicates, spread.replicates)
    bootstrap(DAYS, mean, replicates=60, checkpoint=tmp_path)
    again = bootstrap(DAYS, mean, replicates=120, checkpoint=tmp_path)
    pd.testing.assert_frame_equal(alone.replicates, again.replicates)
    with pytest.raises(CheckpointError):
        bootstrap(DAYS.assign(days=1.0), mean, replicates=120, checkpoint=tmp_path)
    other = bootstrap(DAYS, mean, replicates=120, rng=np.random.default_rng(7))
    assert not other.replicates["estimate"].equals(alone.replicates["estimate"])
    assert f"seed {other.seed}" in repr(other)


def test_every_kind_of_frame(as_frame):
    found = bootstrap(as_frame({"days": [1.0, 2.0, 4.0]}), mean, replicates=20)
    assert found.summary()["replicates"].tolist() == [20]


@pytest.mark.parametrize(
    ("data", "estimator", "options", "words"),
    [
        (DAYS[:1], mean, {}, "there are 1 rows"),
        (DAYS.assign(family="a"), mean, {"cluster": "family"}, "there is one cluster"),
        (DAYS, len, {}, "int holds no estimate"),
        (DAYS, mean, {"interval": "bca"}, "no option 'bca'"),
        (DAYS, mean, {"cluster": "house"}, "there is no such column"),
        (DAYS, mean, {"rng": 4}, "not a numpy Generator"),
    ],
)
def test_what_cannot_be_drawn_is_said(data, estimator, options, words):
    with pytest.raises((ArgumentError, TableError), match=words):
        bootstrap(data, estimator, replicates=10, **options)


def test_an_estimator_that_only_fails_is_refused_with_its_words():
    calls = []

    def once(data):
        calls.append(1)
        if len(calls) > 1:
            raise ValueError("out of paper")
        return {"estimate": 1.0}

    with pytest.raises((ArgumentError, TableError), match="out of paper"):
        bootstrap(DAYS, once, replicates=10)


def test_without_a_stream_the_draws_are_fixed_and_the_seed_is_named():
    first, again = (bootstrap(DAYS, mean, replicates=50) for _ in range(2))
    other = bootstrap(DAYS, mean, replicates=50, rng=np.random.default_rng(1))
    assert first.summary().equals(again.summary())
    assert not first.summary().equals(other.summary())
    assert f"seed {first.seed}" in repr(first)
