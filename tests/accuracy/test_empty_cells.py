"""Intervals at empty cells: none of width 0, none that takes an empty cell for knowledge."""

import numpy as np
import pytest
from scipy import stats
from tests.tolerances import CLOSED_FORM, EXACT, SUMMED

from paraneo.accuracy import (
    Prevalence,
    diagnostic_accuracy,
    pooled_accuracy,
    predictive_values,
    published_accuracy,
    rogan_gladen_prevalence,
    verified_accuracy,
)
from paraneo.accuracy._proportions import proportion_limits
from paraneo.errors import ArgumentError

#: Sums of proportions are off by so much.
ROUNDING = 1e-12


@pytest.mark.parametrize("table", [(10, 0, 0, 20), (0, 0, 10, 20), (10, 20, 0, 0), (0, 20, 10, 0)])
def test_no_interval_of_a_table_has_width_0(table):
    found = diagnostic_accuracy(*table).summary()
    finite = found[np.isfinite(found["lower"]) & np.isfinite(found["upper"])]
    assert (finite["lower"] < finite["upper"]).all()
    assert np.isfinite(
        found.set_index("measure").loc["youden", ["lower", "upper"]].astype(float)
    ).all()


def test_the_interval_of_youden_is_newcombes_hybrid_of_mid_p_limits():
    got = diagnostic_accuracy(31, 12, 9, 148).youden
    (low, high), (below, above) = (
        proportion_limits(np.asarray(x), np.asarray(n), interval="mid-p", level=0.95)
        for x, n in ((31.0, 40.0), (148.0, 160.0))
    )
    se, sp = 31 / 40, 148 / 160
    lower = se + sp - 1 - np.hypot(se - low, sp - below)
    upper = se + sp - 1 + np.hypot(high - se, above - sp)
    np.testing.assert_allclose(
        [got.value, got.lower, got.upper], [se + sp - 1, lower, upper], **CLOSED_FORM
    )
    assert got.method == "Newcombe hybrid, mid-p"


@pytest.mark.parametrize("healthy", [20, 30])
def test_the_interval_of_youden_covers_at_every_accuracy(healthy):
    """Exact: every table of 10 people with and 20 or 30 without the condition."""
    tp, tn = (x.ravel() for x in np.meshgrid(np.arange(11), np.arange(healthy + 1)))
    got = diagnostic_accuracy(tp, healthy - tn, 10 - tp, tn).youden
    for sensitivity in np.linspace(0.05, 0.95, 10):
        for specificity in (0.05, 0.3, 0.5, 0.7, 0.8, 0.9, 0.94, 0.97, 0.99):
            chance = stats.binom.pmf(tp, 10, sensitivity) * stats.binom.pmf(
                tn, healthy, specificity
            )
            truth = sensitivity + specificity - 1
            held = (got.lower <= truth + ROUNDING) & (truth - ROUNDING <= got.upper)
            assert chance[held].sum() > 0.93


def test_thirty_healthy_people_do_not_refute_a_prevalence_of_0():
    few, many = (
        rogan_gladen_prevalence(50, 3330, accuracy=diagnostic_accuracy(78, 0, 7, healthy))
        for healthy in (30, 371)
    )
    # all of 30 are negative with probability 0.64 at a specificity of 0.985
    assert few.lower == 0
    assert few.upper - few.lower > many.upper - many.lower
    np.testing.assert_allclose(few.value, (50 / 3330) / (78 / 85), **EXACT)


@pytest.mark.parametrize(("ill", "healthy"), [(10, 20), (10, 30)])
@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.8, 0.9), (0.92, 0.985), (0.9, 0.8)])
def test_the_interval_of_a_prevalence_covers_with_few_people(
    ill, healthy, sensitivity, specificity
):
    """Exact: every table, and every number of positives among 60, where Se + Sp is above 1."""
    counts = np.meshgrid(np.arange(ill + 1), np.arange(healthy + 1), np.arange(61))
    tp, tn, x = (part.ravel() for part in counts)
    told = tp / ill + tn / healthy > 1
    tp, tn, x = tp[told], tn[told], x[told]
    got = rogan_gladen_prevalence(
        x, 60, accuracy=diagnostic_accuracy(tp, healthy - tn, ill - tp, tn)
    )
    table = stats.binom.pmf(tp, ill, sensitivity) * stats.binom.pmf(tn, healthy, specificity)
    for prevalence in (0.0, 0.02, 0.1, 0.3, 0.6):
        positive = prevalence * sensitivity + (1 - prevalence) * (1 - specificity)
        chance = table * stats.binom.pmf(x, 60, positive)
        held = (got.lower <= prevalence) & (prevalence <= got.upper)
        assert chance[held].sum() / chance.sum() > 0.93


def test_the_interval_of_lang_and_reiczigel_by_hand():
    """One more right and one more wrong of each, and z²/2 to the survey."""
    got = rogan_gladen_prevalence(50, 3330, accuracy=diagnostic_accuracy(78, 1, 7, 29))
    z2 = 1.959963984540054**2
    q, se, sp = (50 + z2 / 2) / (3330 + z2), 79 / 87, 30 / 32
    share = (q + sp - 1) / (se + sp - 1)
    of_se, of_sp = se * (1 - se) / 87, sp * (1 - sp) / 32
    spread = q * (1 - q) / (3330 + z2) + share**2 * of_se + (1 - share) ** 2 * of_sp
    middle = share + 2 * z2 * (share * of_se - (1 - share) * of_sp)
    upper = middle + np.sqrt(z2 * spread) / (se + sp - 1)
    assert got.lower == 0
    np.testing.assert_allclose(got.upper, upper, **CLOSED_FORM)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((15, 100, 0.9, 0.95), [0.1176470588235292, 0.0506586503959603, 0.2151007010686158]),
        ((50, 3330, 0.92, 0.99), [0.00551100551100549, 0.00154732121257123, 0.01070288710141349]),
    ],
)
def test_a_prevalence_by_a_known_accuracy_is_that_of_epi_r(given, wanted):
    """R: epiR::epi.prev(pos, tested, se, sp, method = "wilson", units = 1)$tp."""
    positives, n, sensitivity, specificity = given
    got = rogan_gladen_prevalence(positives, n, sensitivity=sensitivity, specificity=specificity)
    np.testing.assert_allclose([got.value, got.lower, got.upper], wanted, **SUMMED)


def test_fewer_positives_than_false_ones_leave_an_upper_limit():
    """By hand: no positive among 40 at 1 − Sp = 0.1, so that 40 log(0.9/(0.9 − 0.8 π)) = z²/2."""
    got = rogan_gladen_prevalence(0, 40, sensitivity=0.9, specificity=0.9)
    upper = 0.9 / 0.8 * (1 - np.exp(-(1.959963984540054**2) / 80))
    assert (got.value, got.lower) == (0, 0)
    np.testing.assert_allclose(got.upper, upper, **SUMMED)


def test_a_prevalence_carries_the_degrees_of_freedom_of_a_pooled_accuracy():
    studies = {
        "tp": [18, 31, 9, 44],
        "fp": [4, 9, 2, 12],
        "fn": [6, 5, 1, 21],
        "tn": [70, 88, 35, 140],
    }
    wide, narrow = (
        rogan_gladen_prevalence(40, 200, accuracy=pooled_accuracy(studies, test=test))
        for test in ("t", "z")
    )
    assert wide.value == narrow.value
    assert wide.lower < narrow.lower
    assert narrow.upper < wide.upper


#: Everybody right, wrong, positive, negative; one person a side; no false negative, positive.
TABLES = {
    "right": (10, 0, 0, 20), "wrong": (0, 20, 10, 0), "positive": (10, 20, 0, 0),
    "negative": (0, 0, 10, 20), "one": (1, 0, 0, 1), "one wrong": (0, 1, 1, 0),
    "no false negative": (10, 3, 0, 17), "no false positive": (8, 0, 2, 20),
}  # fmt: skip


def looked_through(frame, notes=()):
    """Every interval has a width, holds its estimate, and is missing only where that is said."""
    for row in frame.to_dict("records"):
        low, value, high = (float(row[name]) for name in ("lower", "estimate", "upper"))
        if np.isnan([low, high]).any():
            assert np.isnan(value), row
            assert notes, row
            continue
        assert low < high, row
        assert np.isnan(value) or low <= value <= high, row


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("interval", ["wilson", "exact", "jeffreys", "mid-p", "agresti-coull"])
def test_intervals_of_accuracy_at_the_edges(name, interval):
    for ratios, odds in (("log", "woolf"), ("koopman", "exact")):
        found = diagnostic_accuracy(
            *TABLES[name], interval=interval, ratio_interval=ratios, odds_interval=odds
        )
        looked_through(found.summary())


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("interval", ["logit", "adjusted-logit", "bayes", "likelihood-ratio"])
def test_predictive_values_at_the_edges(name, interval):
    accuracy = diagnostic_accuracy(*TABLES[name])
    for prevalence in (0.1, Prevalence(0, 30), Prevalence(30, 30), Prevalence(1, 1)):
        found = predictive_values(accuracy, prevalence, interval=interval)
        looked_through(found.summary(), found.notes)
    own = predictive_values(accuracy, None)
    looked_through(own.summary(), own.notes)


@pytest.mark.parametrize("name", TABLES)
def test_verified_accuracy_at_the_edges(name):
    tp, fp, fn, tn = TABLES[name]
    if 0 in (tp + fp, fn + tn):
        with pytest.raises(ArgumentError, match="was verified"):
            verified_accuracy(tp, fp, fn, tn, unverified_positive=5, unverified_negative=30)
        return
    found = verified_accuracy(tp, fp, fn, tn, unverified_positive=5, unverified_negative=30)
    looked_through(found.summary())
    assert np.isfinite(found.correlation)
    values = predictive_values(found.accuracy, 0.1)
    looked_through(values.summary(), values.notes)


@pytest.mark.parametrize(("positives", "n"), [(0, 40), (40, 40), (1, 1), (0, 1), (3, 100)])
def test_prevalence_at_the_edges(positives, n):
    few, some = (0.9, 0.8, 0.95), (0.8, 0.7, 0.9)
    accuracies = [
        published_accuracy(sensitivity=(1, 0.8, 1), specificity=few),
        published_accuracy(sensitivity=some, specificity=(1, 0.9, 1)),
        published_accuracy(sensitivity=some, specificity=few),
    ]
    accuracies += [
        diagnostic_accuracy(*table) for name, table in TABLES.items()
        if name in ("right", "one", "no false negative", "no false positive")
    ]  # fmt: skip
    for accuracy in accuracies:
        looked_through(rogan_gladen_prevalence(positives, n, accuracy=accuracy).summary())
    for known in (0.9, 1.0):
        found = rogan_gladen_prevalence(positives, n, sensitivity=known, specificity=known)
        looked_through(found.summary())
