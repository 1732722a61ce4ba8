"""The study of the how-to page gives the same bytes by MPI, where there is MPI."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "how_to" / "ratio_study.py"
#: Seconds after which a launcher that hangs is given up; the run itself takes a few.
PATIENCE = 300


def run(words, file):
    # Open MPI refuses root, as in a container, and more processes than cores, unless told.
    told = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    env = os.environ | told | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        words, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "0.958" in done.stdout
    return file.read_bytes()


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="mpirun is not installed")
@pytest.mark.skipif(importlib.util.find_spec("mpi4py") is None, reason="mpi4py is not installed")
def test_mpi_gives_the_bytes_of_one_process(tmp_path):
    alone, spread = tmp_path / "alone.parquet", tmp_path / "spread.parquet"
    python = [sys.executable]
    launcher = ["mpirun", "-n", "3", "--oversubscribe", *python, "-m", "mpi4py.futures"]
    assert run([*launcher, str(SCRIPT), str(spread), "mpi"], spread) == run(
        [*python, str(SCRIPT), str(alone)], alone
    )
