"""Exact coverage against what the literature prints, against simulation, and as distributions."""

from __future__ import annotations

import numpy as np
import pytest
from tests.tolerances import CLOSED_FORM, EXACT_LAW, PRINTED

from paraneo import diagnostic_accuracy, poisson_limits
from paraneo.errors import ArgumentError
from paraneo.simulation import exact_coverage

#: Enumeration adds thousands of probabilities; what is left is their rounding.
SUMS = 1e-10
SHARES = np.linspace(0.005, 0.995, 199)
MEANS = np.concatenate([np.linspace(0.05, 5, 100), np.linspace(5, 60, 111)])


@pytest.mark.parametrize("n", [5, 20, 50])
def test_clopper_pearson_never_covers_less_than_nominal(n):
    found = exact_coverage("binomial", interval="exact", n=n, truth=SHARES).summary()
    assert found["coverage"].min() >= 0.95 - SUMS


def test_garwood_never_covers_less_than_nominal():
    found = exact_coverage("poisson", interval="exact", truth=MEANS).summary()
    assert found["coverage"].min() >= 0.95 - SUMS


def test_wald_is_erratic_and_wilson_is_near_nominal_as_the_literature_has_it():
    found = exact_coverage(
        "binomial", interval=["wald", "wilson", "jeffreys", "mid-p"], n=50, truth=SHARES
    ).summary()
    mean = found.groupby("interval")["coverage"].mean()
    assert mean["wald"] < 0.92  # Brown, Cai & DasGupta 2001, figure 5: far below nominal
    for interval in ("wilson", "jeffreys", "mid-p"):
        assert abs(mean[interval] - 0.95) < 0.015


def test_wald_at_one_half_as_brown_cai_and_dasgupta_print_it():
    # Statistical Science 2001;16:101-133, section 2.1: lucky and unlucky numbers.
    found = exact_coverage("binomial", interval="wald", n=[17, 18, 40], truth=0.5).summary()
    np.testing.assert_allclose(found["coverage"], [0.951, 0.904, 0.919], **PRINTED[3])


@pytest.mark.parametrize(
    ("n", "share", "printed"),
    [
        (30, 0.2, 0.946), (98, 0.2, 0.928), (100, 0.106, 0.952), (100, 0.107, 0.911),
        (591, 0.005, 0.945), (592, 0.005, 0.792), (954, 0.005, 0.852), (1279, 0.005, 0.875),
    ],
)  # fmt: skip
def test_lucky_and_unlucky_pairs_as_brown_cai_and_dasgupta_print_them(n, share, printed):
    found = exact_coverage("binomial", interval="wald", n=n, truth=share).summary()
    np.testing.assert_allclose(found["coverage"], printed, **PRINTED[3])


def test_wilson_has_its_downward_spike_and_no_deeper_one():
    # Brown, Cai & DasGupta 2001, section 3: near 0.1765/n coverage goes to exp(-0.1765) = 0.838
    for n in (50, 200, 1000):
        # one observed: p + z^2/2n -+ ..., whose lower limit goes to 0.1765/n
        edge = diagnostic_accuracy([1], [0], [n - 1], [1]).sensitivity.lower[0]
        near = exact_coverage(
            "binomial", interval="wilson", n=n, truth=[edge * (1 - 1e-9), edge * (1 + 1e-9)]
        ).summary()["coverage"]
        np.testing.assert_allclose(n * edge, 0.1765, atol=PRINTED[3]["atol"] * 4)
        np.testing.assert_allclose(near[0], 0.838, atol=PRINTED[3]["atol"] * 4)
        assert near[1] > 0.98
    fine = exact_coverage("binomial", interval="wilson", n=50, truth=np.linspace(1e-5, 0.5, 4001))
    assert 0.837 < fine.summary()["coverage"].min() < 0.845


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_exact_limits_hold_where_coverage_jumps(level):
    count = np.arange(1, 60)
    ends = poisson_limits(count, level=level).summary()[["lower", "upper"]].to_numpy().T.ravel()
    beside = np.concatenate([ends * (1 - 1e-9), ends * (1 + 1e-9)])
    found = exact_coverage("poisson", interval="exact", truth=beside, level=level).summary()
    assert found["coverage"].min() >= level - 1e-8
    one = diagnostic_accuracy(
        np.arange(38), np.zeros(38), 37 - np.arange(38), np.ones(38), interval="exact", level=level
    ).sensitivity
    ends = np.concatenate([np.asarray(one.lower)[1:], np.asarray(one.upper)[:-1]])
    beside = np.concatenate([ends * (1 - 1e-9), ends * (1 + 1e-9)])
    found = exact_coverage("binomial", interval="exact", n=37, truth=beside, level=level)
    assert found.summary()["coverage"].min() >= level - 1e-8


def test_mid_p_of_a_poisson_mean_is_nearer_to_nominal_than_exact():
    found = exact_coverage("poisson", interval=["exact", "mid-p"], truth=MEANS[20:]).summary()
    mean = found.groupby("interval")["coverage"].mean()
    assert mean["exact"] > mean["mid-p"] > 0.945


def test_one_coverage_worked_by_hand():
    # n = 2, Wald: x = 0 and x = 2 give points, x = 1 gives 0.5 -+ 0.69, cut to [0, 1].
    found = exact_coverage("binomial", interval="wald", n=2, truth=[0.3, 0.5]).summary()
    np.testing.assert_allclose(found["coverage"], [2 * 0.3 * 0.7, 0.5], **EXACT_LAW)
    np.testing.assert_allclose(found["misses_below"], [0.7**2, 0.25], **EXACT_LAW)
    np.testing.assert_allclose(found["misses_above"], [0.3**2, 0.25], **EXACT_LAW)


def test_what_covers_and_what_misses_adds_to_one():
    found = exact_coverage("binomial", interval=["logit", "wilson"], n=[8, 30], truth=SHARES)
    parts = found.summary()[["coverage", "misses_below", "misses_above", "undefined"]]
    np.testing.assert_allclose(parts.sum(axis=1), 1.0, **EXACT_LAW)


def test_an_interval_of_ones_own():
    def whole(x, n):
        return np.zeros(len(x)), np.ones(len(x))

    found = exact_coverage("binomial", interval=whole, n=12, truth=SHARES).summary()
    np.testing.assert_allclose(found["coverage"], 1.0, **EXACT_LAW)
    assert set(found["interval"]) == {"whole"}


def test_predictive_values_agree_with_simulation():
    from paraneo import predictive_values

    setting = {"sensitivity": 0.8, "specificity": 0.9, "prevalence": 0.17}
    found = exact_coverage("ppv", interval="logit", diseased=12, healthy=20, **setting)
    rng = np.random.default_rng(7)
    tp, tn = rng.binomial(12, 0.8, 40_000), rng.binomial(20, 0.9, 40_000)
    ppv = predictive_values(diagnostic_accuracy(tp, 20 - tn, 12 - tp, tn), 0.17).ppv
    truth = 0.8 * 0.17 / (0.8 * 0.17 + 0.1 * 0.83)
    row = found.summary().iloc[0]
    np.testing.assert_allclose(row["truth"], truth, **EXACT_LAW)
    share = np.mean((ppv.lower <= truth) & (truth <= ppv.upper))
    error = np.sqrt(share * (1 - share) / 40_000)
    assert abs(row["coverage"] - share) < 4 * error


def test_poisson_weights_reach_far_enough():
    found = exact_coverage("poisson", interval="exact", truth=[0.01, 500.0]).summary()
    parts = found[["coverage", "misses_below", "misses_above", "undefined"]].sum(axis=1)
    np.testing.assert_allclose(parts, 1.0, atol=CLOSED_FORM["rtol"])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: exact_coverage("binomial", interval="exact", truth=0.1), "'n': is missing"),
        (lambda: exact_coverage("poisson", interval="exact", truth=0.0), "above zero"),
        (lambda: exact_coverage("gauss", interval="exact", truth=1.0), "no option 'gauss'"),
        (lambda: exact_coverage("ppv", interval="logit", truth=0.5), "'prevalence': is missing"),
        (lambda: exact_coverage("binomial", interval=[], n=5, truth=0.1), "Name at least one"),
    ],
)
def test_coverage_that_cannot_be_worked_out(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()


def test_plots_draw_lines_and_maps():
    import matplotlib.pyplot as plt

    lines = exact_coverage("binomial", interval=["wald", "exact"], n=10, truth=SHARES).plot()
    assert len(lines.get_lines()) == 3
    field = exact_coverage("binomial", interval="wald", n=range(5, 15), truth=SHARES).plot()
    assert "n" in field.get_ylabel()
    shares = np.linspace(0.05, 0.5, 9)
    over = exact_coverage(
        "ppv", interval="logit", sensitivity=0.8, specificity=0.9, prevalence=shares, diseased=9,
        healthy=9,
    ).plot()  # fmt: skip
    assert len(over.get_lines()) == 2  # the curve and the nominal coverage
    table = {"specificity": [0.7, 0.8, 0.9, 0.95], "prevalence": 0.1, "diseased": 10, "healthy": 10}
    few = exact_coverage("ppv", interval="logit", sensitivity=[0.5, 0.8], **table).plot()
    names = [text.get_text() for text in few.get_legend().get_texts()]
    assert names == ["logit, sensitivity 0.5", "logit, sensitivity 0.8"]
    many = exact_coverage("ppv", interval="logit", sensitivity=[0.5, 0.6, 0.7, 0.8], **table).plot()
    assert (many.get_xlabel(), many.get_ylabel()) == ("specificity", "sensitivity")
    assert many.get_title() == "logit, prevalence 0.1"
    plt.close("all")
