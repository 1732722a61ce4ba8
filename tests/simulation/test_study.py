"""The study engine: the same table whatever happens on the way."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.simulation import invented

from paraneo.errors import ArgumentError, FileError
from paraneo.simulation import CheckpointError, PiecewiseExcess, design_grid, simulation_study
from paraneo.simulation.running.identity import canonical, source

ROOT = Path(__file__).parents[2]
REPLICATES, SEED = 130, 2026


def study(methods=invented.METHODS, generate=invented.sample, **options):
    options = {"replicates": REPLICATES, "seed": SEED} | options
    return simulation_study(invented.GRID, generate, methods, **options)


def written(done, tmp_path, name="table.parquet"):
    done.write(tmp_path / name)
    return (tmp_path / name).read_bytes()


@pytest.fixture(scope="module")
def alone():
    return study()


def test_failures_and_warnings_are_rows(alone):
    rows = alone.replicates
    assert len(rows) == 2 * REPLICATES * 3
    bad = rows[rows["status"] != "ok"]
    assert set(bad["method"]) == {"partial"}
    assert set(bad["message"]) == {"ValueError: the first value is low"}
    assert bad["estimate"].isna().all()
    said = rows[rows["warnings"] != ""]
    assert set(said["method"]) == {"median"}
    assert set(said["warnings"]) == {"UserWarning: a large value"}
    assert alone.failures()["n"].sum() == len(bad)


@pytest.mark.parametrize("pool", [ProcessPoolExecutor, ThreadPoolExecutor])
def test_workers_change_nothing(alone, pool, tmp_path):
    with pool(2) as executor:
        spread = study(executor=executor)
    assert written(spread, tmp_path, "a.parquet") == written(alone, tmp_path, "b.parquet")


def test_a_cluster_that_loses_a_worker_changes_nothing(alone, tmp_path):
    distributed = pytest.importorskip("distributed", reason="dask is an extra")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cluster's own, about ports and closed streams
        paths = os.pathsep.join([str(ROOT), *sys.path])
        with (
            pytest.importorskip("dask").config.set(
                {"distributed.nanny.pre-spawn-environ.PYTHONPATH": paths}
            ),
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            whole = study(executor=client.get_executor())
            killed = []

            def kill_one(done, total):
                if not killed and done < total:
                    killed.append(next(iter(client.run(os.getpid).values())))
                    os.kill(killed[0], signal.SIGKILL)

            bereaved = study(
                generate=invented.slow_sample, executor=client.get_executor(), progress=kill_one
            )
    assert killed
    assert written(whole, tmp_path, "a") == written(alone, tmp_path, "b")
    assert written(bereaved, tmp_path, "c") == written(alone, tmp_path, "b")


def test_a_replicate_depends_on_seed_key_and_number_alone(alone):
    fewer = study(replicates=7).replicates
    both = alone.replicates[alone.replicates["replicate"] < 7].reset_index(drop=True)
    pd.testing.assert_frame_equal(fewer, both, check_exact=True)
    one = simulation_study(
        invented.GRID[1:], invented.sample, invented.METHODS, replicates=5, seed=SEED
    ).replicates
    same = alone.replicates.query("scenario == 2 and replicate < 5").reset_index(drop=True)
    pd.testing.assert_frame_equal(one, same, check_exact=True)


def test_one_replicate_can_be_run_again(alone):
    again = alone.replay(2, 73)
    kept = alone.replicates.query("scenario == 2 and replicate == 73").reset_index(drop=True)
    pd.testing.assert_frame_equal(again, kept, check_exact=True)
    assert alone.data(2, 73).mean() == kept.loc[0, "estimate"]


def test_another_seed_is_another_study(alone):
    other = study(seed=SEED + 1, replicates=3).replicates
    assert not np.isclose(other["estimate"].iloc[0], alone.replicates["estimate"].iloc[0])


def test_a_checkpoint_gives_the_same_and_is_not_run_twice(alone, tmp_path):
    folder = tmp_path / "kept"
    first = study(checkpoint=folder)
    files = sorted((folder / "blocks").iterdir())
    before = {file.name: file.stat().st_mtime_ns for file in files}
    again = study(checkpoint=folder)
    assert {file.name: file.stat().st_mtime_ns for file in files} == before
    assert written(first, tmp_path, "a") == written(again, tmp_path, "b")
    assert written(again, tmp_path, "c") == written(alone, tmp_path, "d")


def test_a_killed_run_goes_on_where_it_was(alone, tmp_path):
    folder = tmp_path / "kept"
    code = (
        "import time\n"
        "from tests.simulation import invented\n"
        "from paraneo.simulation import simulation_study\n"
        "simulation_study(invented.GRID, invented.sample, invented.METHODS,"
        f" replicates={REPLICATES}, seed={SEED}, checkpoint={str(folder)!r},"
        " progress=lambda done, total: time.sleep(3600 if done >= 130 else 0))\n"
    )
    paths = os.pathsep.join([str(ROOT), *sys.path])
    running = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": paths})
    blocks, patience = folder / "blocks", time.monotonic() + 300
    while not (blocks.is_dir() and len(list(blocks.glob("*.parquet"))) >= 2):
        assert time.monotonic() < patience
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = len(list(blocks.glob("*.parquet")))
    assert 2 <= done <= 3
    resumed = study(checkpoint=folder)
    assert written(resumed, tmp_path, "a") == written(alone, tmp_path, "b")


def test_another_design_is_refused_and_the_difference_named(tmp_path):
    folder = tmp_path / "kept"
    study(checkpoint=folder, replicates=2)
    with pytest.raises(CheckpointError, match="seed: was 2026, is 5"):
        study(checkpoint=folder, replicates=2, seed=5)
    fewer = {"mean": invented.by_mean}
    with pytest.raises(CheckpointError, match="method median: was there before, is gone"):
        study(fewer, checkpoint=folder, replicates=2)
    with pytest.raises(CheckpointError, match="method mean: was by_mean"):
        study(invented.METHODS | {"mean": invented.by_median}, checkpoint=folder, replicates=2)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        study(checkpoint=tmp_path / "other", replicates=2)


def test_a_folder_that_cannot_be_written_is_said_at_once(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FileError, match="Cannot write into"):
        study(checkpoint=tmp_path / "file" / "kept", replicates=2)
    with pytest.raises(FileError, match="is not a folder"):
        study(checkpoint=tmp_path / "file", replicates=2)


def test_a_folder_that_cannot_be_looked_into_is_said(tmp_path, monkeypatch):
    def refused(self):
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "kept").mkdir()
    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(FileError, match=r"kept' cannot be looked into: Permission denied"):
        study(checkpoint=tmp_path / "kept", replicates=2)


def test_another_version_or_another_scenario_is_named(tmp_path):
    folder = tmp_path / "kept"
    study(checkpoint=folder, replicates=2)
    other = [{"key": 1, "mean": 0.5, "n": 10}, {"key": 3, "mean": 1.0, "n": 25}]
    with pytest.raises(CheckpointError) as caught:
        simulation_study(
            other, invented.sample, invented.METHODS, replicates=2, seed=SEED, checkpoint=folder
        )
    for words in ('was {"mean": 0.0, "n": 10}', "scenario 2: was there", "scenario 3: new"):
        assert words in str(caught.value)
    file = folder / "design.json"
    design = json.loads(file.read_text())
    design["versions"]["paraneo"] = "0.0.9"
    file.write_text(json.dumps(design))
    with pytest.raises(CheckpointError, match=r"version paraneo: was 0\.0\.9, is"):
        study(checkpoint=folder, replicates=2)
    file.write_text("{")
    with pytest.raises(CheckpointError, match=r"design\.json' cannot be read"):
        study(checkpoint=folder, replicates=2)


def scaled(data, factor=1.0):
    return {"estimate": factor * data.mean()}


def by_factor(factor):
    return lambda data: scaled(data, factor)


class Scaled:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, data):
        return scaled(data, self.factor)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (partial(scaled, factor=1.0), partial(scaled, factor=2.0)),
        (by_factor(1.0), by_factor(2.0)),
        (Scaled(1.0), Scaled(2.0)),
        (Scaled(1.0).__call__, Scaled(2.0).__call__),
        (partial(scaled, factor=np.ones(2000)), partial(scaled, factor=np.arange(2000.0))),
    ],
    ids=["partial", "closure", "object", "bound", "array"],
)
def test_a_method_bound_to_other_arguments_is_another_method(tmp_path, one, other):
    folder = tmp_path / "kept"
    assert source(one) == source(one)
    if one.__class__ is not partial or np.ndim(one.keywords["factor"]) == 0:
        study({"a": one}, checkpoint=folder, replicates=2)
        study({"a": one}, checkpoint=folder, replicates=2)
        with pytest.raises(CheckpointError, match="method a: was"):
            study({"a": other}, checkpoint=folder, replicates=2)
    assert source(one) != source(other)


def test_methods_in_another_order_are_another_table(tmp_path):
    turned = dict(reversed(invented.METHODS.items()))
    study(checkpoint=tmp_path / "kept", replicates=2)
    with pytest.raises(CheckpointError, match="order of methods: was"):
        study(turned, checkpoint=tmp_path / "kept", replicates=2)


def test_keys_and_designs_are_the_same_in_every_process(tmp_path):
    code = (
        "from tests.simulation import invented\n"
        "from tests.simulation.test_study import elaborate\n"
        "from paraneo.simulation.running.identity import canonical, source\n"
        "print(canonical(elaborate()), source(elaborate()['how']))\n"
    )
    paths = os.pathsep.join([str(ROOT), *sys.path])
    told = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True,
            env=os.environ | {"PYTHONPATH": paths, "PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in (1, 2)
    }  # fmt: skip
    assert len(told) == 1
    assert " at 0x" not in told.pop()
    long = [np.arange(3000.0), np.arange(3000.0) + (np.arange(3000) == 1500)]
    distributions = [PiecewiseExcess(np.arange(3000.0), one) for one in long]
    assert canonical({"distribution": distributions[0]}) != canonical(
        {"distribution": distributions[1]}
    )


def elaborate():
    frame = pd.DataFrame({"a": [1.5, np.nan], "b": ["x", "y"]})
    return {
        "distribution": PiecewiseExcess([0, 1], [0.1, 0.2]), "how": partial(scaled, factor=2.0),
        "words": {"b", "a", "c"}, "table": frame, "own": Scaled(3.0),
    }  # fmt: skip


def test_a_damaged_block_is_named_and_run_again_when_it_is_gone(alone, tmp_path):
    folder = tmp_path / "kept"
    study(checkpoint=folder)
    block = folder / "blocks" / "2-50-100.parquet"
    block.write_bytes(block.read_bytes()[:100])
    with pytest.raises(CheckpointError, match=r"2-50-100.parquet' is damaged .* Delete it"):
        study(checkpoint=folder)
    block.unlink()
    assert written(study(checkpoint=folder), tmp_path, "a") == written(alone, tmp_path, "b")


def test_a_full_disk_is_said_and_nothing_is_lost(alone, tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    write, room = pq.write_table, [3]

    def filling(*args, **options):
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*args, **options)

    folder = tmp_path / "kept"
    monkeypatch.setattr(pq, "write_table", filling)
    with pytest.raises(FileError, match=r"No space left on device.* is kept in .* goes on"):
        study(checkpoint=folder)
    assert sorted(file.name for file in (folder / "blocks").iterdir()) == [
        "1-0-50.parquet", "1-100-130.parquet", "1-50-100.parquet",
    ]  # fmt: skip
    room[0] = 100
    assert written(study(checkpoint=folder), tmp_path, "a") == written(alone, tmp_path, "b")


@pytest.mark.parametrize("pool", [None, ThreadPoolExecutor])
@pytest.mark.parametrize("method", [invented.never_ends, invented.never_gives_up])
def test_a_method_that_never_ends_is_a_row(pool, method):
    executor = None if pool is None else pool(1)
    methods = {"mean": invented.by_mean, "endless": method}
    done = study(methods, replicates=1, time_limit=0.5, executor=executor)
    endless = done.replicates[done.replicates["method"] == "endless"]
    assert set(endless["status"]) == {"timed out"}
    assert set(endless["message"]) == {"did not end within 0.5 s"}
    assert (done.replicates[done.replicates["method"] == "mean"]["status"] == "ok").all()


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (invented.not_a_number, "estimate is NaN"),
        (invented.wrong_columns, "has se; known are"),
        (invented.nothing, "returned NoneType"),
    ],
)
def test_answers_that_cannot_be_kept_are_rows(method, words):
    done = study([method], replicates=1).replicates
    assert set(done["status"]) == {"failed"}
    assert words in done["message"].iloc[0]


def test_data_that_cannot_be_made_are_rows():
    def broken(rng, mean, n):
        raise RuntimeError("no data today")

    done = simulation_study(invented.GRID, broken, invented.METHODS, replicates=1, seed=1)
    assert set(done.replicates["status"]) == {"no data"}
    assert "no data today" in done.replicates["message"].iloc[0]


def test_several_estimands_from_one_method():
    def two(data):
        one = {"estimand": "mean", "estimate": 1.0, "std_error": 1.0}
        return [one, {"estimand": "spread", "estimate": 2.0, "std_error": 1.0}]

    done = study([two], replicates=3)
    assert done.performance(truth=1.0).summary().groupby("estimand").size().tolist() == [34, 34]


def test_progress_is_told():
    told = []
    study(replicates=60, progress=lambda done, total: told.append((done, total)))
    assert told == [(50, 120), (60, 120), (110, 120), (120, 120)]


def test_every_fault_of_a_design_is_told_at_once():
    with pytest.raises(ArgumentError) as caught:
        simulation_study(
            [{"key": 1}, {"key": 1}, {"key": -1}, 5],
            invented.sample,
            {"a": 3},
            replicates=0,
            seed=-1,
        )
    for words in (
        "1 is used twice",
        "-1 must be a whole",
        "5 must be a mapping",
        "'a' cannot",
        "'seed'",
    ):
        assert words in str(caught.value)
    with pytest.raises(ArgumentError, match="the scenario is named twice"):
        simulation_study([{"n": 1}, {"n": 1}], invented.sample, [max], replicates=1, seed=1)


def test_functions_that_other_processes_cannot_find_are_named():
    with (
        ProcessPoolExecutor(1) as executor,
        pytest.raises(ArgumentError, match="at the top of a module"),
    ):
        study({"own": lambda _data: {"estimate": 1.0}}, executor=executor, replicates=1)


def test_keys_made_of_parameters_do_not_depend_on_their_company():
    def run(grid):
        return simulation_study(
            grid, invented.sample, {"mean": invented.by_mean}, replicates=2, seed=1
        )

    small, large = design_grid(mean=[0.0], n=[9]), design_grid(mean=[1.0, 0.0], n=[5, 9])
    one, many = run(small).summary(), run(large).summary()
    same = many[(many["mean"] == 0) & (many["n"] == 9)].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, same, check_exact=True)
