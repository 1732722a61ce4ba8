"""Limits of a window's end: against a search by brute force, and at the edges of what is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.tolerances import BY_DIFFERENCES, LIKELIHOOD, WINDOW_CURVE, WINDOW_LIMIT

from paraneo import (
    ConvergenceWarning,
    cancer_risk,
    excess_hazard,
    occult_cancer,
    rate_table,
    screening_window,
)
from paraneo.screening._likelihood_region import region_of

FLAT = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
#: Twice the fall of the log-likelihood that 95% CI allow, of one degree of freedom.
ALLOWED = 3.841458820694124


def followed(n, *, seed, share=0.15, mean=0.5, until=6.0):
    """Return people of whom a share has a cancer that shows soon, over a flat background."""
    rng = np.random.default_rng(seed)
    hidden = np.where(rng.random(n) < share, rng.exponential(mean, n), np.inf)
    first = np.minimum(hidden, rng.exponential(100.0, n))
    return pd.DataFrame(
        {"birth": -50.0, "exit": np.minimum(first, until), "event": (first < until).astype(int)}
    )


def risk_of(model, horizon=6.0, level=0.95):
    return cancer_risk(
        model, age=50, year=2000, rates=FLAT, mortality=FLAT, horizon=horizon, level=level
    )


def fall_by_hand(people, logit, log_mean):
    """Return twice the fall of the likelihood of an exponential distribution, on a grid."""
    pi, mean = 1 / (1 + np.exp(-logit)), np.exp(log_mean)
    total = np.zeros(np.broadcast_shapes(pi.shape, mean.shape))
    for (t, event), many in people.groupby(["exit", "event"]).size().items():
        left = np.exp(-t / mean)
        free = 1 - pi + pi * left
        total += many * (np.log(0.01 * free + pi * left / mean) if event else np.log(free))
    return 2 * (total.max() - total)


@pytest.fixture(scope="module")
def few():
    """Return some 20 cancers, and the fit of a share of hidden ones."""
    people = followed(80, seed=5)
    return people, occult_cancer(people, birth="birth", rates=FLAT, distribution="exponential")


def test_limits_are_the_extremes_over_all_that_likelihood_allows(few):
    people, fit = few
    middle, error = fit.parameters, np.sqrt(np.diag(fit.covariance))
    grid = np.linspace(-3.0, 3.5, 1301)
    logit, log_mean = middle[0] + error[0] * grid[:, None], middle[1] + error[1] * grid[None, :]
    inside = fall_by_hand(people, logit, log_mean) <= ALLOWED
    assert not inside[[0, -1]].any()
    assert not inside[:, [0, -1]].any()
    # a share pi/(1 - pi) exp(-t / mean) against 0.01/0.99 is left after t years
    ends = np.exp(log_mean) * (logit - np.log(0.01 / 0.99))
    done = screening_window(risk_of(fit), rule="residual", threshold=0.01)
    np.testing.assert_allclose(done.end.lower, ends[inside].min(), **WINDOW_LIMIT)
    np.testing.assert_allclose(done.end.upper, ends[inside].max(), **WINDOW_LIMIT)
    for years in (0.0, 1.0, 3.0):
        shown = done.curve.set_index("time").loc[years]
        odds = np.exp(logit - years / np.exp(log_mean))
        left = (odds / (1 + odds))[inside]
        np.testing.assert_allclose(shown["lower"], left.min(), **WINDOW_CURVE)
        np.testing.assert_allclose(shown["upper"], left.max(), **WINDOW_CURVE)


def test_limits_of_a_table_end_where_its_own_limits_cross_the_threshold():
    ratios = {"start": [0, 1, 2, 4], "end": [1, 2, 4, 9], "estimate": [8.0, 4.0, 2.0, 1.0],
              "lower": [4.0, 2.0, 1.0, 0.5], "upper": [16.0, 8.0, 4.0, 2.0]}  # fmt: skip
    risk = risk_of(ratios)
    for threshold, lower, upper in ((3.0, 1, 4), (1.5, 2, np.inf), (0.9, 4, np.inf), (9, 0, 1)):
        end = screening_window(risk, rule="ratio", threshold=threshold).end
        assert (end.lower, end.upper) == (lower, upper)


@pytest.mark.parametrize("rule", ["share", "excess", "residual"])
def test_the_limits_of_curve_and_end_meet_at_the_threshold(few, rule):
    threshold = {"share": 0.8, "excess": 10.0, "residual": 0.02}[rule]
    done = screening_window(risk_of(few[1]), rule=rule, threshold=threshold)
    for side in ("lower", "upper"):
        end = getattr(done.end, side)
        other = side if rule != "share" else {"lower": "upper", "upper": "lower"}[side]
        at = np.interp(end, done.curve["time"], done.curve[other])
        np.testing.assert_allclose(at, threshold, **WINDOW_LIMIT)


def test_a_band_without_a_cancer_has_an_upper_limit_too():
    people = followed(200, seed=3).assign(event=lambda t: np.where(t["exit"] > 3.0, 0, t["event"]))
    fit = excess_hazard(people, birth="birth", rates=FLAT, breaks=[0, 1, 3, 6])
    assert np.isneginf(fit.parameters[2])
    most = 1 + np.exp(fit.coefficients["upper"].iloc[2]) / 0.01
    for threshold, upper in ((0.98 * most, np.inf), (1.02 * most, 3.0)):
        end = screening_window(risk_of(fit), rule="ratio", threshold=threshold).end
        assert (end.value, end.upper) == (3.0, upper)


def test_the_residual_rule_lets_nobody_stop_where_follow_up_was_too_short():
    """Half of the occult cancers show after 5 years, and follow-up ends at 2."""
    rng, n = np.random.default_rng(6), 3000
    time = np.where(rng.random(n) < 0.5, rng.exponential(7.2, n), np.inf)
    people = {"exit": np.minimum(time, 2.0), "event": (time < 2.0).astype(int)}
    with pytest.warns(ConvergenceWarning, match="too short"):
        fit = occult_cancer(people, distribution="exponential", interval="wald")
    flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    risk = cancer_risk(fit, age=60, year=2020, rates=flat, mortality=flat, horizon=2.0)
    done = screening_window(risk, rule="residual", threshold=0.6)
    assert (done.end.value, done.end.upper, done.latest_end) == (np.inf, np.inf, np.inf)
    assert "cannot be closed, since follow-up of 2 years cannot tell" in repr(done)
    assert screening_window(risk, rule="excess", threshold=500.0).cannot_tell == ""


def test_where_nothing_was_hidden_every_end_is_open():
    people = pd.DataFrame({"birth": -50.0, "exit": 6.0, "event": [1, 1] + [0] * 198})
    with pytest.warns(match="on its bound"):
        fit = occult_cancer(people, birth="birth", rates=FLAT)
    done = screening_window(risk_of(fit), rule="excess", threshold=5)
    assert (done.end.value, done.end.lower, done.end.upper) == (0.0, 0.0, np.inf)
    assert np.isnan(done.not_within_data)
    assert "met from diagnosis on (95% CI 0 to no end within the 6 years)" in repr(done)


@pytest.mark.parametrize("rule", ["ratio", "excess"])
@pytest.mark.parametrize("threshold", [1e-4, 5.0, 1e4])
def test_pictures_of_windows_that_never_end_or_end_at_once(few, rule, threshold):
    import matplotlib.pyplot as plt

    nothing = pd.DataFrame({"birth": -50.0, "exit": 6.0, "event": [1, 1] + [0] * 198})
    with pytest.warns(match="on its bound"):
        fits = [few[1], occult_cancer(nothing, birth="birth", rates=FLAT)]
    for fit in fits:
        done = screening_window(risk_of(fit), rule=rule, threshold=threshold, draws=1)
        axes = done.plot()
        assert ("arrow: none by 6 years" in axes.get_xlabel()) == np.isinf(done.end.upper)
        assert len(axes.get_yticks())
    plt.close("all")


def test_limits_widen_with_the_level_and_do_not_depend_on_order_or_chance(few):
    people, fit = few
    ends = [
        screening_window(risk_of(fit, level=level), rule="share", threshold=0.8).end
        for level in (0.5, 0.9, 0.99)
    ]
    assert ends[2].lower < ends[1].lower < ends[0].lower < ends[0].value
    assert ends[2].upper > ends[1].upper > ends[0].upper > ends[0].value
    turned = occult_cancer(people[::-1], birth="birth", rates=FLAT, distribution="exponential")
    again = screening_window(
        risk_of(turned, level=0.9), rule="share", threshold=0.8, rng=np.random.default_rng(9)
    ).end
    np.testing.assert_allclose(
        [again.lower, again.upper], [ends[1].lower, ends[1].upper], **WINDOW_LIMIT
    )


def test_limits_from_draws_are_nearly_those_of_the_likelihood_where_cancers_are_many():
    people = followed(8000, seed=6, until=4.0)
    asked = {"distribution": "exponential", "interval": "wald"}
    fit = occult_cancer(people, birth="birth", rates=FLAT, **asked)
    both = [
        screening_window(risk_of(fit, 4.0), rule="share", threshold=0.8, interval=limits).end
        for limits in ("profile", "draws")
    ]
    assert both[0].method == "profile"
    wide = both[0].upper - both[0].lower
    assert abs(both[1].lower - both[0].lower) < 0.1 * wide
    assert abs(both[1].upper - both[0].upper) < 0.1 * wide


@pytest.mark.parametrize("kind", ["hidden", "bands", "ratios", "spline"])
def test_the_likelihood_elsewhere_is_that_of_the_fit(kind):
    people, common = followed(300, seed=7), {"birth": "birth", "rates": FLAT}
    if kind == "hidden":
        fit = occult_cancer(people, **common, distribution="weibull")
    elif kind == "spline":
        fit = excess_hazard(people, **common, shape="spline", breaks=[0.05, 5.0])
    else:
        scale = "relative" if kind == "ratios" else "additive"
        fit = excess_hazard(people, **common, breaks=[0, 0.5, 2, 6], scale=scale)
    value, slope = fit.log_likelihood_at(fit.parameters)
    np.testing.assert_allclose(value, fit.log_likelihood, **LIKELIHOOD)
    theta = fit.parameters + 0.05
    slope = fit.log_likelihood_at(theta)[1]
    step = 1e-5 * np.eye(len(theta))
    ups = [fit.log_likelihood_at(theta + s)[0] - fit.log_likelihood_at(theta - s)[0] for s in step]
    np.testing.assert_allclose(slope, np.array(ups) / 2e-5, **BY_DIFFERENCES)


@pytest.mark.parametrize("at", [None, {"sex": [0, 1]}])
def test_curves_of_several_rows_of_parameters_are_those_of_each(at):
    people = followed(200, seed=8)
    people["sex"] = np.arange(200) % 2
    formula = None if at is None else "sex"
    common = {"birth": "birth", "rates": FLAT, "formula": formula}
    hidden = occult_cancer(people, **common, distribution="exponential", interval="wald")
    bands = excess_hazard(people, **common, breaks=[0, 1, 6])
    time = np.array([0.0, 0.5, 4.0])
    for curve in (hidden.cumulative_at, hidden.residual_at, bands.cumulative_at):
        rows = curve.__self__.draws(3, rng=np.random.default_rng(1))
        wanted = np.stack([curve(time, at, row) for row in rows], axis=1)
        np.testing.assert_array_equal(curve(time, at, rows), wanted)


@pytest.mark.parametrize("kind", ["band", "everybody"])
def test_the_slope_of_the_fall_holds_for_parameters_on_a_bound(kind):
    if kind == "band":
        people = followed(200, seed=3).assign(
            event=lambda t: np.where(t["exit"] > 3.0, 0, t["event"])
        )
        fit = excess_hazard(people, birth="birth", rates=FLAT, breaks=[0, 1, 3, 6])
    else:
        people = pd.DataFrame({"exit": [0.5, 1.0, 2.0, 4.0, 6.0], "event": 1})
        with pytest.warns(match="on its bound"):
            fit = occult_cancer(people, distribution="exponential")
    risk = risk_of(fit)
    region = region_of(risk.engine.rows, risk.engine.source, ALLOWED**0.5)
    assert len(region.held) == 1
    point = region.middle + 0.3
    ups = [region.fall(point + s)[0] - region.fall(point - s)[0] for s in 1e-5 * np.eye(len(point))]
    np.testing.assert_allclose(region.fall(point)[1], np.array(ups) / 2e-5, **BY_DIFFERENCES)
    alone = np.zeros(len(point))
    alone[-1] = ALLOWED**0.5  # the limit that the fit itself gives
    assert region.fall(alone)[0] >= ALLOWED * (1 - 1e-6)
