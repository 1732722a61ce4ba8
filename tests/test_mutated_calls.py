"""A few of the calls of `tests.mutated_calls`, and what its kinds of arguments are."""

from __future__ import annotations

import numpy as np
import pytest
from tests import face
from tests.mutated_calls import Mutant, drawn_of_functions, ending

import paraneo
from paraneo import ArgumentError, simulation


@pytest.mark.parametrize("mutant", drawn_of_functions(400), ids=str)
def test_a_wrong_argument_ends_in_our_words(mutant: Mutant, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # where files of wrong names may be written
    ended = ending(mutant, seconds=20)
    assert ended.kind in ("our error", "result"), ended


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: paraneo.poisson_limits(np.ma.masked_array([3, 4], mask=[0, 1])), "count"),
        (lambda: paraneo.diagnostic_accuracy(1, 2, np.ma.masked, 4), "fn"),
        (lambda: paraneo.incidence_ratios(face.CELLS, level=95), "level"),
        (lambda: paraneo.incidence_ratios(face.CELLS, per=[1, 2]), "per"),
        (lambda: paraneo.incidence_ratios(face.CELLS, observed=["observed"]), "observed"),
        (lambda: paraneo.incidence_ratios(face.CELLS, interval=3), "interval"),
        (lambda: paraneo.rates.read_rate_table("a\0b"), "path"),
        (lambda: paraneo.net_survival(face.PEOPLE, **face.LIVES, rates=0.01), "rates"),
        (lambda: paraneo.person_years(face.PEOPLE, **face.LIVES, executor=4), "executor"),
        (lambda: simulation.simulated_published_ratios(4, rng=1.5), "rng"),
        (lambda: simulation.HiddenCancer(float("nan"), 1.0), "share"),
        (lambda: simulation.HiddenCancer(0.1, 1.0).hazard([-1.0]), "time"),
        (lambda: simulation.PiecewiseExcess([0], [0.1]).cumulative(-1), "time"),
        (lambda: simulation.SplineExcess([1, 3], [0.1, 0.2]).time_at(np.nan), "cumulative"),
        (lambda: paraneo.Estimate(0.5, [0.1, 0.2], 0.6), "lower"),
        (lambda: paraneo.Prevalence(17, 100, window=3), "window"),
        (lambda: face.thing("kaplan_meier").at("late"), "times"),
        (lambda: face.thing("kaplan_meier").at(time=3), "time"),
        (lambda: face.thing("incidence_ratios").compare(["m"]), "reference"),
    ],
)
def test_what_is_not_of_its_kind_is_named(call, name):
    with pytest.raises(paraneo.ParaneoError) as caught:
        call()
    assert f"'{name}'" in str(caught.value) or name == "path"


def test_a_wrong_kind_is_told_beside_the_faults_that_the_verb_finds():
    with pytest.raises(ArgumentError) as caught:
        paraneo.diagnostic_accuracy(-1, 2, 3, "many", level=95, design=["cohort"])
    assert {fault.column for fault in caught.value.faults} == {"tp", "tn", "design", "level"}


@pytest.mark.parametrize(
    "call",
    [
        lambda: paraneo.incidence_ratios(face.CELLS, per=np.float32(100), level=np.float64(0.9)),
        lambda: paraneo.incidence_ratios(face.CELLS, per=np.array(100.0)),
        lambda: paraneo.diagnostic_accuracy(*np.array([[31], [12], [9], [148]], dtype=np.uint8)),
        lambda: paraneo.Estimate(np.nan, np.nan, np.nan),
        lambda: paraneo.incidence_ratios(face.CELLS, by=np.array(["sex"])),
        lambda: paraneo.poisson_limits(np.ma.masked_array([3, 4], mask=[0, 0])),
        lambda: simulation.PiecewiseExcess((0, 1), np.array([0.1, 0.2])).hazard(np.inf),
        lambda: simulation.simulated_cohort(5, rng=face.rng(), rates=face.RATES, age=[55, 14]),
    ],
)
def test_what_is_of_its_kind_is_taken(call):
    assert call() is not None
