"""Intervals at empty cells: none of width 0, none that takes an empty cell for knowledge."""

import numpy as np
import pytest
from scipy import stats
from tests.tolerances import CLOSED_FORM, EXACT

from paraneo.accuracy import diagnostic_accuracy, rogan_gladen_prevalence
from paraneo.accuracy._proportions import proportion_limits


@pytest.mark.parametrize("table", [(10, 0, 0, 20), (0, 0, 10, 20), (10, 20, 0, 0), (0, 20, 10, 0)])
def test_no_interval_of_a_table_has_width_0(table):
    found = diagnostic_accuracy(*table).summary()
    finite = found[np.isfinite(found["lower"]) & np.isfinite(found["upper"])]
    assert (finite["lower"] < finite["upper"]).all()
    assert np.isfinite(
        found.set_index("measure").loc["youden", ["lower", "upper"]].astype(float)
    ).all()


def test_the_interval_of_youden_is_newcombes_hybrid_score():
    got = diagnostic_accuracy(31, 12, 9, 148).youden
    (low, high), (below, above) = (
        proportion_limits(np.asarray(x), np.asarray(n), interval="wilson", level=0.95)
        for x, n in ((31.0, 40.0), (148.0, 160.0))
    )
    se, sp = 31 / 40, 148 / 160
    lower = se + sp - 1 - np.hypot(se - low, sp - below)
    upper = se + sp - 1 + np.hypot(high - se, above - sp)
    np.testing.assert_allclose(
        [got.value, got.lower, got.upper], [se + sp - 1, lower, upper], **CLOSED_FORM
    )
    assert got.method == "Newcombe hybrid score"


@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.8, 0.9), (0.9, 0.99), (0.5, 0.95)])
def test_the_interval_of_youden_covers_among_10_and_20_people(sensitivity, specificity):
    tp, tn = (part.ravel() for part in np.meshgrid(np.arange(11), np.arange(21)))
    chance = stats.binom.pmf(tp, 10, sensitivity) * stats.binom.pmf(tn, 20, specificity)
    got = diagnostic_accuracy(tp, 20 - tn, 10 - tp, tn).youden
    truth = sensitivity + specificity - 1
    assert chance[(got.lower <= truth) & (truth <= got.upper)].sum() > 0.93


def test_thirty_healthy_people_do_not_refute_a_prevalence_of_0():
    few, many = (
        rogan_gladen_prevalence(50, 3330, accuracy=diagnostic_accuracy(78, 0, 7, healthy))
        for healthy in (30, 371)
    )
    # all of 30 are negative with probability 0.64 at a specificity of 0.985
    assert few.lower == 0
    assert few.upper - few.lower > many.upper - many.lower
    np.testing.assert_allclose(few.value, (50 / 3330) / (78 / 85), **EXACT)


@pytest.mark.parametrize("prevalence", [0.0, 0.02, 0.2])
def test_the_interval_of_a_prevalence_covers_with_30_healthy_people(prevalence):
    rng = np.random.default_rng(4)
    tp, tn = rng.binomial(85, 0.92, 4000), rng.binomial(30, 0.985, 4000)
    positive = prevalence * 0.92 + (1 - prevalence) * 0.015
    x = rng.binomial(3330, positive, 4000)
    accuracy = diagnostic_accuracy(tp, 30 - tn, 85 - tp, tn)
    got = rogan_gladen_prevalence(x, 3330, accuracy=accuracy)
    assert ((got.lower <= prevalence) & (prevalence <= got.upper)).mean() > 0.93
