"""Where a screening window ends: by hand, as properties, and what cannot be asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from tests.screening.worlds import RATIOS, tables

from paraneo import cancer_risk, rate_table, screening_window
from paraneo.errors import ArgumentError

RATES, MORTALITY = tables()
WOMAN = {"age": 43.3, "sex": "female", "year": 2008.6, "rates": RATES, "mortality": MORTALITY}
RISK = cancer_risk(RATIOS, **WOMAN, horizon=10.0)
FLAT = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
#: Linear interpolation between 48 times a year of a curve that bends.
INTERPOLATED = 2e-3


def flat_risk(model, horizon=8.0, **options):
    return cancer_risk(
        model, age=50, year=2000, rates=FLAT, mortality=FLAT, horizon=horizon, **options
    )


def test_ratio_rule_ends_at_the_cut_of_the_table():
    for threshold, end in ((11.9, 0.5), (5.0, 1.0), (3.0, 1.0), (2.9, 3.0), (12.0, 0.0)):
        assert screening_window(RISK, rule="ratio", threshold=threshold).end.value == end
    none = screening_window(RISK, rule="ratio", threshold=1.2)
    assert none.end.value == np.inf
    assert "does not end within the 10 years" in repr(none)


def test_share_rule_by_hand():
    model = {"start": [0, 2], "end": [2, 8], "estimate": [5.0, 1.5]}
    done = screening_window(flat_risk(model, estimand="net"), rule="share", threshold=0.8)

    def excess(t):
        early, late = min(t, 2.0), max(t - 2.0, 0.0)
        return (4 / 5) * (1 - np.exp(-0.05 * early)) + np.exp(-0.1) * (0.5 / 1.5) * (
            1 - np.exp(-0.015 * late)
        )

    wanted = brentq(lambda t: excess(t) - 0.8 * excess(8.0), 0.1, 8)
    assert abs(done.end.value - wanted) < INTERPOLATED


def test_excess_rule_by_hand():
    # with one ratio after two years the excess of the next year is the same at any time
    model = {"start": [0, 2], "end": [2, 8], "estimate": [5.0, 1.5]}
    later = 1000 * 0.005 / 0.025 * (1 - np.exp(-0.025))
    for threshold, found in ((later * 1.001, True), (later * 0.999, False)):
        done = screening_window(flat_risk(model), rule="excess", threshold=threshold)
        assert np.isfinite(done.end.value) == found
        if found:
            assert 1.9 < done.end.value <= 2.0


def test_residual_rule_of_a_table_is_the_excess_still_to_come():
    model = {"start": [0, 2], "end": [2, 8], "estimate": [5.0, 1.0]}
    done = screening_window(flat_risk(model), rule="residual", threshold=0.02)
    # 0.04/0.06 (1 - exp(-0.06 w)) = 0.02 with w years left to the end of the excess
    left = -np.log(1 - 0.02 * 0.06 / 0.04) / 0.06
    assert abs(done.end.value - (2 - left)) < INTERPOLATED


@given(st.sampled_from(["ratio", "excess", "residual"]), st.floats(0.01, 0.9), st.floats(0.01, 0.9))
def test_a_laxer_threshold_never_lengthens_a_window(rule, one, other):
    scale = {"ratio": 14.0, "excess": 60.0, "residual": 0.4}[rule]
    low, high = sorted((one * scale, other * scale))
    ends = [screening_window(RISK, rule=rule, threshold=t, draws=1).end.value for t in (low, high)]
    assert ends[1] <= ends[0]


def test_a_larger_share_takes_longer():
    ends = [
        screening_window(RISK, rule="share", threshold=t, draws=1).end.value
        for t in (0.2, 0.5, 0.9, 0.99)
    ]
    assert ends == sorted(ends)


def test_limits_hold_the_estimate_and_figures_without_limits_have_none():
    done = screening_window(RISK, rule="share", threshold=0.8)
    assert done.end.lower < done.end.value < done.latest_end < done.end.upper
    unknown = screening_window(
        cancer_risk(RATIOS[["start", "end", "estimate"]], **WOMAN, horizon=10.0),
        rule="share",
        threshold=0.8,
    )
    assert unknown.end.value == done.end.value
    assert np.isnan([unknown.end.lower, unknown.end.upper, unknown.latest_end]).all()
    again = screening_window(RISK, rule="share", threshold=0.8)
    assert again.end.upper == done.end.upper


def test_an_end_that_is_not_sure_to_be_within_the_data_says_so():
    done = screening_window(RISK, rule="ratio", threshold=1.5)
    assert done.end.value == 3.0
    assert 0 < done.not_within_data < 0.5
    assert done.end.upper == np.inf


def test_a_window_starts_from_the_time_that_is_given():
    done = screening_window(RISK.given(2.0), rule="ratio", threshold=3.5)
    assert done.end.value == 2.0


@pytest.mark.parametrize("ratio", [0.8, 1.0])
def test_where_there_is_no_excess_no_share_of_it_ever_shows(ratio):
    model = {"start": [0], "end": [np.inf], "estimate": [ratio]}
    done = screening_window(flat_risk(model), rule="share", threshold=0.9)
    assert (done.end.value, done.no_excess) == (np.inf, True)
    assert "there is no excess of cancers" in repr(done)


def test_years_without_any_background_cancer_have_no_ratio():
    none = rate_table({"age": [0, 52], "rate": [0.0, 0.01]}, rate="rate")
    model = {"start": [0, 4], "end": [4, np.inf], "estimate": [5.0, 1.0]}
    early = cancer_risk(model, age=50, year=2000, rates=none, mortality=FLAT, horizon=8.0)
    done = screening_window(early, rule="ratio", threshold=1.5)
    assert done.end.value == 4.0
    assert done.curve["estimate"].isna().equals(done.curve["time"] < 2.0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rule": "ratios", "threshold": 1}, "Did you mean 'ratio'"),
        ({"rule": "share", "threshold": 90}, "not a proportion below 1"),
        ({"rule": "ratio", "threshold": 0}, "must be above zero"),
        ({"rule": "ratio", "threshold": [2, 3]}, "must be one number"),
        ({"rule": "ratio", "threshold": 2, "interval": "delta"}, "interval"),
        ({"rule": "ratio", "threshold": 2, "draws": 0}, "too few for limits"),
        ({"rule": "ratio", "threshold": 2, "rng": 3}, "default_rng"),
        ({"rule": "excess", "threshold": 5, "width": 10}, "as long as the horizon"),
    ],
)
def test_windows_that_cannot_be_had(options, words):
    with pytest.raises(ArgumentError, match=words):
        screening_window(RISK, **options)


def test_several_people_are_refused():
    both = cancer_risk(RATIOS, **(WOMAN | {"age": [43, 50]}), horizon=5.0)
    with pytest.raises(ArgumentError, match="2 people"):
        screening_window(both, rule="ratio", threshold=2)


@pytest.mark.parametrize("rule", ["ratio", "share", "excess", "residual"])
def test_plots_draw(rule):
    import matplotlib.pyplot as plt

    threshold = {"ratio": 2.0, "share": 0.8, "excess": 5.0, "residual": 0.02}[rule]
    axes = screening_window(RISK, rule=rule, threshold=threshold, draws=50).plot()
    assert "Years since diagnosis" in axes.get_xlabel()
    plt.close("all")
