"""Requests that do not fit into memory, or have no end, are refused with what they would need."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats
from tests import face
from tests.tolerances import SUMMED

from paraneo import (
    ArgumentError,
    cancer_risk,
    diagnostic_accuracy,
    predictive_values,
    recovered_tables,
    simulation,
)
from paraneo.simulation import precision

MANY = 10**12
ACCURACY = simulation.BivariateAccuracy(0.8, 0.9)


def stream():
    return np.random.default_rng(1)


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (lambda: simulation.simulated_cohort(MANY, rng=stream(), rates=0.01), "n"),
        (lambda: simulation.simulated_published_ratios(MANY, rng=stream()), "k"),
        (
            lambda: simulation.simulated_accuracy_studies(
                MANY, rng=stream(), distribution=ACCURACY
            ),
            "k",
        ),
        (
            lambda: simulation.simulated_diagnostic_study(
                rng=stream(), sensitivity=0.8, specificity=0.9, diseased=9, healthy=9,
                replicates=MANY,
            ),
            "replicates",
        ),
        (
            lambda: simulation.simulation_study(
                [{"mean": 0.0}], face.draw, {"by_mean": face.mean}, replicates=MANY, seed=1
            ),
            "replicates",
        ),
        (
            lambda: simulation.exact_coverage("binomial", interval="wald", n=MANY, truth=0.5),
            "n",
        ),
        (lambda: simulation.exact_coverage("poisson", interval="exact", truth=[1, 1e13]), "truth"),
        (
            lambda: simulation.exact_coverage(
                "ppv", interval="logit", sensitivity=0.8, specificity=0.9, prevalence=0.1,
                diseased=10**6, healthy=10**6,
            ),
            "diseased",
        ),
        (lambda: simulation.design_grid(**{x: range(100) for x in "abcdefgh"}), "the grid"),
        (
            lambda: cancer_risk(
                face.CURVE_OF_RATIOS, **face.PERSON, interval="draws", draws=MANY
            ),
            "draws",
        ),
    ],
)  # fmt: skip
def test_what_cannot_fit_is_refused_with_its_size(ask, name):
    with pytest.raises(ArgumentError, match=r"would need .* [GT]B of memory") as caught:
        ask()
    assert [fault.column for fault in caught.value.faults] == [name]


@pytest.mark.parametrize(
    "options",
    [{"healthy_per_diseased": 1e12}, {"half_width": 1e-9}],
)
def test_a_search_for_people_ends(options):
    begun = time.process_time()
    given = face.DIAGNOSTIC | {"half_width": 0.15} | options
    with pytest.raises(ArgumentError, match="needs more than 100000"):
        simulation.predictive_people_needed("ppv", **given)
    assert time.process_time() - begun < 10


def test_recovered_tables_of_too_many_people_end():
    with pytest.raises(ArgumentError):
        recovered_tables(n=MANY, diseased=MANY // 2, printed={"sensitivity": "75%"})


def test_the_mean_width_over_some_of_the_counts_is_that_over_all():
    ill, well, se, sp, share = 900, 1300, 0.7, 0.8, 0.2
    tp, tn = np.meshgrid(np.arange(540, 721), np.arange(930, 1141))
    weight = stats.binom.pmf(tp, ill, se) * stats.binom.pmf(tn, well, sp)
    accuracy = diagnostic_accuracy(tp.ravel(), (well - tn).ravel(), (ill - tp).ravel(), tn.ravel())
    ppv = predictive_values(accuracy, share, interval="logit").ppv
    wanted = weight.ravel() @ (ppv.upper - ppv.lower) / weight.sum()
    given = {"sensitivity": se, "specificity": sp, "prevalence": share}
    people = precision._People(ill, well)
    got = precision._mean_width("ppv", people, given, interval="logit", level=0.95)
    assert len(precision._likely(ill, se)) < 100
    np.testing.assert_allclose(got, wanted, **SUMMED)
