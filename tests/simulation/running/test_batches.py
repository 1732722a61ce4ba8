"""Many replicates at once: the same rows as one after another."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest
from tests.simulation import invented
from tests.simulation.test_study import written
from tests.tolerances import EXACT

from paraneo import cumulative_incidence, incidence_ratios, person_years, rate_table
from paraneo.errors import ArgumentError
from paraneo.numerics.rng import stream
from paraneo.simulation import (
    CheckpointError,
    PiecewiseExcess,
    SimulatedMarker,
    simulated_cohort,
    simulation_study,
)

REPLICATES, SEED, BATCH = 130, 2026, 40


def study(methods=invented.TOGETHER, generate=invented.samples, **options):
    options = {"replicates": REPLICATES, "seed": SEED, "batch": BATCH} | options
    return simulation_study(invented.GRID, generate, methods, **options)


@pytest.fixture(scope="module")
def together():
    return study()


def test_each_replicate_is_that_of_a_study_of_one_at_a_time(together):
    single = simulation_study(
        invented.GRID,
        invented.sample,
        {"means": invented.by_mean},
        replicates=REPLICATES,
        seed=SEED,
    ).replicates
    rows = together.replicates.query("method == 'means'").reset_index(drop=True)
    np.testing.assert_allclose(rows["estimate"], single["estimate"], **EXACT)
    np.testing.assert_allclose(rows["std_error"], single["std_error"], **EXACT)
    assert rows["replicate"].tolist() == single["replicate"].tolist()


def test_failures_and_warnings_are_rows_of_their_own_replicates(together):
    rows = together.replicates.query("method == 'trouble'")
    data = [together.data(s, r) for s, r in zip(rows["scenario"], rows["replicate"], strict=True)]
    low = np.array([one["value"].iloc[0] < -1.5 for one in data])
    large = np.array([one["value"].max() > 2.8 for one in data])
    assert low.any()
    assert (large & ~low).any()
    assert (rows["status"].eq("failed") == low).all()
    assert set(rows.loc[low, "message"]) == {"ValueError: 1 low"}
    assert (rows["warnings"].ne("") == (large & ~low)).all()
    assert (together.replicates.query("method == 'means'")["status"] == "ok").all()


@pytest.mark.parametrize("size", [1, 7, 130])
def test_the_size_of_the_batch_changes_nothing(together, size, tmp_path):
    assert written(study(batch=size), tmp_path, "a") == written(together, tmp_path, "b")


def test_two_processes_and_a_checkpoint_change_nothing(together, tmp_path):
    with ProcessPoolExecutor(2) as executor:
        spread = study(executor=executor, checkpoint=tmp_path / "kept")
    resumed = study(checkpoint=tmp_path / "kept")
    assert written(spread, tmp_path, "a") == written(together, tmp_path, "c")
    assert written(resumed, tmp_path, "b") == written(together, tmp_path, "c")
    with pytest.raises(CheckpointError, match="block size: was 40, is 50"):
        study(batch=50, checkpoint=tmp_path / "kept")


def test_one_replicate_can_be_run_again(together):
    again = together.replay(2, 73)
    kept = together.replicates.query("scenario == 2 and replicate == 73").reset_index(drop=True)
    pd.testing.assert_frame_equal(again, kept, check_exact=True)


def test_only_the_replicate_that_does_not_end_is_late():
    done = study({"means": invented.means_without_end}, replicates=6, batch=3, time_limit=0.3)
    late = done.replicates["status"] == "timed out"
    first = [
        done.data(s, r)["value"].iloc[0]
        for s, r in done.replicates[["scenario", "replicate"]].itertuples(index=False)
    ]
    assert 0 < late.sum() < 12
    assert (late == (np.array(first) < -1.0)).all()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (invented.nothing, "returned NoneType, not a frame with 'replicate'"),
        (lambda data: invented.means(data).assign(se=1.0), "has se; known are"),
        (lambda data: invented.means(data).assign(estimate=np.nan), "estimate is NaN"),
        (lambda data: invented.means(data).iloc[:0], "did not answer for each of 1 replicates"),
        (lambda data: pd.concat([invented.means(data)] * 2), "reports the estimand '' twice"),
        (lambda data: invented.means(data)[["replicate", "std_error"]], "has no 'estimate'"),
    ],
)
def test_answers_that_cannot_be_kept_are_rows(answer, words):
    done = study({"odd": answer}, replicates=3).replicates
    assert set(done["status"]) == {"failed"}
    assert done["message"].str.contains(words, regex=False).all()


def test_data_that_cannot_be_made_are_rows():
    def broken(streams, mean, n):
        made = invented.samples(streams, mean, n)
        if (made.groupby("replicate")["value"].first() < -1.5).any():
            raise RuntimeError("no data today")
        return made

    rows = study({"means": invented.means}, broken).replicates
    bad = rows["status"] == "no data"
    assert 0 < bad.sum() < len(rows) / 4
    assert set(rows.loc[bad, "message"]) == {"generate: RuntimeError: no data today"}


def test_a_batch_of_none_is_refused():
    with pytest.raises(ArgumentError, match="'batch'"):
        study(batch=0)


def test_cohorts_drawn_at_once_are_those_drawn_alone():
    distributions = {
        "rates": 0.01, "mortality": 0.03, "excess": PiecewiseExcess([0, 1], [0.1, 0.01]),
        "marker": SimulatedMarker(0.8, 0.9), "cancers_before": (3.0, 2.0), "entry_delay": 0.4,
        "loss": 0.05, "visit_interval": 0.5, "exposed": 0.3, "exposure_effect": 2.0,
        "rounding": "day",
    }  # fmt: skip
    together = simulated_cohort(60, rng=[stream(SEED, 1, k) for k in range(5)], **distributions)
    alone = [simulated_cohort(60, rng=stream(SEED, 1, k), **distributions) for k in range(5)]
    for k, one in enumerate(alone):
        part = together.data[together.data["replicate"] == k].drop(columns="replicate")
        pd.testing.assert_frame_equal(part.reset_index(drop=True), one.data, check_exact=True)
    assert together.not_seen == sum(one.not_seen for one in alone)
    latent = pd.concat([one.latent for one in alone], ignore_index=True)
    pd.testing.assert_frame_equal(together.latent, latent, check_exact=True)
    with pytest.raises(ArgumentError, match="not a numpy Generator"):
        simulated_cohort(60, rng=[], rates=0.01)


def test_verbs_by_replicate_say_what_they_say_of_one():
    rates = rate_table({"age": [0, 50, 70], "rate": [0.002, 0.01, 0.02]}, rate="rate")
    data = simulated_cohort(
        200, rng=[stream(SEED, 2, k) for k in range(6)], rates=rates, mortality=0.02,
        excess=PiecewiseExcess([0, 1], [0.1, 0.02]), follow_up=6,
    ).data  # fmt: skip
    data["years"] = data["exit"] - data["diagnosis"]

    def ratio(frame, by):
        table = person_years(
            frame, birth="birth", entry="entry", exit="exit", event="cancer", rates=rates, by=by,
            follow_up=[0, 1, 6.5],
        )  # fmt: skip
        return incidence_ratios(table, by=by).summary()

    def risk(frame, by):
        curves = cumulative_incidence(frame, exit="years", event="event", by=by)
        return curves.given(1).at(2)

    for verb in (ratio, risk):
        every = verb(data, ["replicate"])
        for k in range(6):
            one = verb(data[data["replicate"] == k], [])
            row = every[every["replicate"] == k].drop(columns="replicate").reset_index(drop=True)
            pd.testing.assert_frame_equal(row, one, **EXACT)
