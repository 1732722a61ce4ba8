"""Simulated published ratios: distributions in closed form, printed figures, windows, faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from tests.tolerances import COARSE, NUMERICAL, PRINTED, SIMULATED, STOPPED_EARLY, SUMMED

from paraneo import ArgumentError, audited_ratios, poisson_limits, pooled_ratio_curve, pooled_ratios
from paraneo.simulation import PiecewiseRatio, RatioTruth, simulated_published_ratios

EFFECTS = pytest.mark.parametrize("effects", ["log-normal", "gamma"])
CURVE = PiecewiseRatio([0, 1, 3], [6.0, 2.0, 1.2])


def ratios(k, seed=5, **parts):
    return simulated_published_ratios(k, rng=np.random.default_rng(seed), **parts)


@EFFECTS
@pytest.mark.parametrize("tau", [0.1, 0.5, 1.5])
def test_effects_have_mean_log_zero_and_the_stated_spread(effects, tau):
    truth = RatioTruth(2.0, tau, effects)

    def mean(function):
        # the distribution's quantiles at even shares are the distribution
        return integrate.quad(
            lambda p: function(float(np.log(truth.prediction(abs(1 - 2 * p))[int(p > 0.5)] / 2))),
            0, 1, limit=400, points=[0.5], epsabs=SUMMED["rtol"],
        )[0]  # fmt: skip

    assert mean(lambda u: u) == pytest.approx(0, abs=NUMERICAL["rtol"])
    assert mean(lambda u: u**2) == pytest.approx(tau**2, rel=STOPPED_EARLY["rtol"])
    if tau < 1:
        assert mean(np.exp) == pytest.approx(truth.mean_effect, rel=STOPPED_EARLY["rtol"])
        second = truth.variance_of_effect + truth.mean_effect**2
        assert mean(lambda u: np.exp(2 * u)) == pytest.approx(second, rel=COARSE["rtol"])


@EFFECTS
@given(st.floats(0.05, 2), st.floats(0.1, 0.99))
def test_a_share_of_studies_lies_within_their_prediction(effects, tau, level):
    truth = RatioTruth(1.7, tau, effects)
    low, high = truth.prediction(level)
    assert float(truth.share_within(low, high)) == pytest.approx(level, abs=SUMMED["rtol"])
    assert low < high


@EFFECTS
def test_counts_have_the_moments_of_the_mixture(effects):
    n = 40_000
    made = ratios(n, ratio=2.0, tau=0.6, effects=effects, sizes=np.full(n, 4.0))
    truth, o = made.truth, made.summary()["observed"].to_numpy(float)
    mean = 4.0 * truth.mean_ratio
    variance = mean + (4.0 * 2.0) ** 2 * truth.variance_of_effect
    assert abs(o.mean() - mean) < 4 * np.sqrt(variance / n)
    # a variance's error from the fourth moment seen
    error = np.sqrt(((o - o.mean()) ** 4).mean() / n)
    assert abs(o.var() - variance) < 4 * error
    u = np.log(made.latent["effect"])
    assert abs(u.mean()) < 4 * 0.6 / np.sqrt(n)
    assert u.std() == pytest.approx(0.6, rel=SIMULATED["rtol"] * 3)


def test_without_spread_counts_are_poisson():
    n = 30_000
    seen = np.bincount(ratios(n, ratio=1.5, tau=0, sizes=np.full(n, 2.0)).data["observed"])
    true = stats.poisson.pmf(np.arange(9), 3.0) * n
    pairs = np.append(seen[:9], seen[9:].sum()), np.append(true, n - true.sum())
    assert stats.chisquare(*pairs).pvalue > 1e-3


def test_expected_numbers_follow_their_law_and_their_decimals():
    made = ratios(20_000, expected=(6.0, 0.8), digits=1)
    e = made.summary()["expected"]
    assert abs(np.log(e).mean() - np.log(6.0)) < 4 * 0.8 / np.sqrt(20_000)
    assert ((10 * e).round(9) % 1 == 0).all()
    assert e.min() >= 0.1


@pytest.mark.parametrize("rule", ["exact", "byar", "mid-p", "log-normal", "symmetric"])
def test_what_is_printed_is_sound_unless_misprinted(rule):
    made = ratios(60, expected=(8.0, 0.6), rule=rule, misprinted=0.5)
    audit = audited_ratios(made.summary()).summary()
    wrong = made.latent["misprint"] != ""
    assert 15 < wrong.sum() < 45
    assert not audit["flag"][~wrong].any()
    assert audit["flag"][wrong].mean() > 0.9


def test_each_misprint_is_what_it_is_called():
    made = ratios(200, expected=(8.0, 0.6), misprinted=1.0)
    table, kind = made.summary(), made.latent["misprint"]
    assert set(kind) == {"narrow", "decimal", "events"}
    o, e = table["observed"].to_numpy(), table["expected"].to_numpy()
    for name, times in (("narrow", 100), ("decimal", 1)):
        one = (kind == name).to_numpy()
        limits = poisson_limits(times * o[one])
        low, high = (limit / (times * e[one]) for limit in (limits.lower, limits.upper))
        high = high * 10 if name == "decimal" else high
        np.testing.assert_allclose(table["ci_low"][one], low, atol=PRINTED[2]["atol"])
        np.testing.assert_allclose(table["ci_high"][one], high, atol=PRINTED[2]["atol"])
    other = (kind == "events").to_numpy()
    assert (abs(table["sir"] - o / e) < 0.00501)[~other].all()
    assert (o - table["sir"] * e > 2)[other].all()


def test_limits_are_garwoods_by_hand():
    made = ratios(1, ratio=1.0, tau=0, sizes=[2.0], replicates=200)
    row = made.summary().query("observed == 0").iloc[0]
    # no event: 0 to −log(0.025)/2
    assert row[["sir", "ci_low", "ci_high"]].tolist() == [0, 0, 1.84]
    table = ratios(1, tau=0, ratio=1.0, sizes=[2.0], rule="log-normal", replicates=200).summary()
    assert table.loc[table["observed"] == 0, ["ci_low", "ci_high"]].isna().all(axis=None)


def test_counts_are_recovered_from_what_is_printed():
    made = ratios(50, expected=(5.0, 0.5))
    found = pooled_ratios(made.summary(), observed=None, expected=None)
    same = found.studies["observed"].to_numpy() == made.data["observed"].to_numpy()
    assert same[made.data["observed"] > 0].mean() > 0.95
    whole = pooled_ratios(made.summary())
    assert (whole.studies["observed"] == made.data["observed"]).all()


@pytest.mark.parametrize("model", ["poisson", "normal"])
def test_pooling_many_studies_finds_the_truth_again(model):
    made = ratios(300, ratio=2.5, tau=0.4, expected=(20.0, 0.5))
    found = pooled_ratios(made.summary(), model=model)
    assert abs(np.log(found.estimate.value / 2.5)) < 4 * found.estimate.std_error
    assert found.tau2.lower < 0.16 < found.tau2.upper


def test_a_curve_has_its_mean_over_each_window():
    truth = RatioTruth(CURVE, 0.2)
    # 0 to 2: one year at 6 and one at 2; 0.5 to 5: half at 6, two at 2, two at 1.2
    np.testing.assert_allclose(truth.over([0, 0.5, 4], [2, 5, 9]), [4, 9.4 / 4.5, 1.2])
    assert np.isnan(truth.mean_ratio)
    np.testing.assert_allclose(RatioTruth(3.0, 0.2).over([0, 1], [1, 2]), 3.0)


def test_studies_print_a_row_for_each_of_their_windows():
    patterns = [[(0, 1), (1, 3), (3, 6)], [(0, 6)]]
    made = ratios(400, ratio=CURVE, tau=0.2, expected=(30.0, 0.3), windows=patterns)
    table = made.summary()
    rows = table.groupby("study").size()
    assert set(rows) == {1, 3}
    assert abs((rows == 3).mean() - 0.5) < 4 * 0.025
    three = table[table["study"].isin(rows[rows == 3].index)]
    parts = three.groupby("window_start_years")["expected"].mean()
    np.testing.assert_allclose(parts / parts.sum(), [1 / 6, 2 / 6, 3 / 6], **SIMULATED)
    assert (made.latent.groupby(table["study"])["effect"].nunique() == 1).all()
    found = pooled_ratio_curve(table, smoothing=0).summary()
    rows = found[found["estimate"].notna()].head(3)
    for estimate, lower, upper, true in zip(
        rows["estimate"], rows["lower"], rows["upper"], (6.0, 2.0, 1.2), strict=True
    ):
        error = np.log(upper / lower) / 3.92
        assert abs(np.log(estimate / true)) < 4 * error


def test_sets_are_told_apart_by_replicate():
    made = ratios(4, replicates=3)
    assert made.summary().groupby("replicate").size().tolist() == [4, 4, 4]
    assert ratios(4, replicates=3).data.equals(made.data)
    assert len(pooled_ratios(made.data.query("replicate == 2")).studies) == 4


def test_every_fault_is_told_at_once():
    with pytest.raises(ArgumentError) as told:
        simulated_published_ratios(
            2.5, rng=None, ratio=-1, tau=-0.1, effects="beta", expected=(0, 1),
            windows=[[(1, 0)]], rule="wilson", digits=20, level=95, misprinted=2, replicates=0,
        )  # fmt: skip
    text = str(told.value)
    names = ("rng", "'k'", "ratio", "tau", "effects", "expected", "windows", "rule", "digits")
    for name in (*names, "level", "misprinted", "replicates"):
        assert name in text, name
    with pytest.raises(ArgumentError, match="has no ratio without windows"):
        ratios(3, ratio=CURVE)
    with pytest.raises(ArgumentError, match="overlap"):
        ratios(3, ratio=CURVE, windows=[[(0, 2), (1, 3)]])
    with pytest.raises(ArgumentError, match="no sequences of windows"):
        ratios(3, ratio=CURVE, windows=[(0, 2)])
    with pytest.raises(ArgumentError, match="has the shape"):
        ratios(3, sizes=[1.0, 2.0])


def test_it_shows_and_draws_itself():
    made = ratios(5, ratio=CURVE, windows=[[(0, 1), (1, 3)]])
    assert "1 sets of 5 studies, 0 rows misprinted" in repr(made)
    labels = [text.get_text() for text in made.plot().get_yticklabels()]
    assert labels[:2] == ["Study 1, years 0–1", "Study 1, years 1–3"]
    assert ratios(3).plot().get_xlabel() == "Observed / expected"
