"""The table of speed: every verb of it runs, and what became slower is said."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from benchmarks.speed import __main__ as speed
from benchmarks.speed.verbs import CASES
from tests.tolerances import EXACT

SMALL = {"people": 300, "rows": 300, "studies": 8}


@pytest.mark.filterwarnings("ignore::paraneo.errors.ParaneoWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_verb_of_the_table_gives_a_number(case):
    size = 3 if case.name.startswith("cancer_risk") else SMALL[case.unit]
    assert np.isfinite(case.run(case.prepare(size)))


def test_names_are_told_apart_and_sizes_rise():
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.sizes == tuple(sorted(case.sizes)) for case in CASES)


def test_seconds_of_r_are_shown_beside_the_same_answer_alone():
    same = speed.beside((4.0, 0.5), 2.0, 0.5, "coxph")
    np.testing.assert_allclose(same["times_as_fast"], 2.0, **EXACT)
    assert "times_as_fast" not in speed.beside((4.0, 0.6), 2.0, 0.5, "coxph")
    assert speed.beside(None, 2.0, 0.5, "coxph") == {}


def test_what_became_slower_is_listed(monkeypatch, tmp_path):
    kept = tmp_path / "speed.csv"
    kept.write_text('# {"processors": 2}\nverb,size,seconds\na,10,1.0\nb,10,1.0\n')
    monkeypatch.setattr(speed, "KEPT", kept)
    now = pd.DataFrame({"verb": ["a", "b"], "size": [10, 10], "seconds": [1.2, 2.0]})
    assert speed.compared(now)["verb"].tolist() == ["b"]


def test_help_says_what_is_measured():
    call = [sys.executable, "-m", "benchmarks.speed", "--help"]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    assert "--compare" in done.stdout
