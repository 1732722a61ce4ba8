"""Ratio curves over unequal windows: against glmer, an integral, laws and bad input."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from tests.support import reference
from tests.tolerances import (
    CLOSED_FORM,
    COARSE,
    CONVERGED,
    EXACT,
    ITERATED,
    MONTE_CARLO_ERRORS,
    NUMERICAL,
    STOPPED_EARLY,
)

from paraneo import evidence, pooled_ratio_curve, pooled_ratios
from paraneo.errors import TableError
from paraneo.incidence.published._ratio_curve import Rows, band_shares, mean_decay, surface

#: How far the integrals of the reference are taken.
QUAD = {"epsabs": 0, "epsrel": 1e-11, "points": [0]}
WINDOWS = {
    "study": ["A", "A", "B", "B", "B", "B", "C", "D", "D"],
    "window_start_years": [0, 1, 0, 1, 3, 5, 0, 0, 5],
    "window_end_years": [1, 2, 1, 3, 5, 15, 1, 2, 10],
    "observed": [24, 14, 16, 10, 8, 8, 12, 15, 14],
    "expected": [4.0, 3.0, 4.0, 7.0, 6.0, 10.0, 2.3, 5.0, 8.0],
}
COUNTS = st.lists(
    st.tuples(st.integers(0, 60), st.floats(0.2, 40.0)), min_size=2, max_size=6
).filter(lambda rows: sum(o for o, _ in rows) > 0)


def frame(**more):
    return pd.DataFrame(WINDOWS).assign(**more)


def steps_of(curve):
    return getattr(curve, "values")  # noqa: B009 -- not a frame's values


def rows_and_mix():
    data = frame()
    edges = np.array([0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0])
    study = pd.factorize(data["study"])[0]
    rows = Rows(data["observed"].to_numpy(float), np.log(data["expected"].to_numpy()), study)
    start, end = data["window_start_years"].to_numpy(float), data["window_end_years"]
    return rows, band_shares(start, end.to_numpy(float), edges)


def test_likelihood_is_the_integral_over_each_studys_effect():
    rows, mix = rows_and_mix()
    gamma, v = np.log([4.6, 3.0, 2.0, 1.8, 1.5, 1.3]), 0.2
    mean = np.exp(rows.log_expected) * (mix @ np.exp(gamma))
    total = 0.0
    for study in range(4):
        mine = rows.study == study

        def f(u, mine=mine):
            each = stats.poisson.pmf(rows.counts[mine], mean[mine] * np.exp(u))
            return each.prod() * stats.norm.pdf(u, 0, v**0.5)

        total += np.log(integrate.quad(f, -4, 4, **QUAD)[0])
    np.testing.assert_allclose(surface(rows, mix, gamma, v)[0], total, **CLOSED_FORM)


def test_slopes_and_curvature_are_those_of_the_likelihood():
    rows, mix = rows_and_mix()
    at, step = np.append(np.log([4.0, 3.0, 2.5, 1.5, 1.2, 1.1]), 0.3), 1e-5
    _, slope, bend, _ = surface(rows, mix, at[:-1], at[-1])
    for j in range(len(at)):
        move = step * (np.arange(len(at)) == j)
        up, down = (surface(rows, mix, (at + s * move)[:-1], (at + s * move)[-1]) for s in (1, -1))
        np.testing.assert_allclose((up[0] - down[0]) / (2 * step), slope[j], **NUMERICAL)
        np.testing.assert_allclose((up[1] - down[1]) / (2 * step), bend[j], **STOPPED_EARLY)


def test_mean_of_a_decay_is_its_integral():
    mean, slope = mean_decay(np.array([0.5]), np.array([2.0]), np.log(0.7))
    area = integrate.quad(lambda t: np.exp(-0.7 * t), 0.5, 2.0)[0]
    np.testing.assert_allclose(mean, area / 1.5, **EXACT)
    up, down = (
        mean_decay(np.array([0.5]), np.array([2.0]), np.log(0.7) + s)[0] for s in (1e-6, -1e-6)
    )
    np.testing.assert_allclose(slope, (up - down) / 2e-6, **CONVERGED)


def test_windows_that_are_the_bands_match_a_mixed_model():
    case = reference("sir_meta")["curve"]
    data = pd.DataFrame({name: case[name] for name in ("study", "observed", "expected")})
    data["window_start_years"] = case["band"]
    data["window_end_years"] = data["window_start_years"].map({0: 1, 1: 5, 5: 12})
    found = pooled_ratio_curve(data, smoothing=0)
    np.testing.assert_allclose(np.log(steps_of(found)), case["log_ratio"], **STOPPED_EARLY)
    np.testing.assert_allclose(found.tau2.value, case["tau2"], **COARSE)


@given(COUNTS, st.sampled_from(["auto", 0, 3.0, np.inf]))
@settings(max_examples=20)
def test_one_window_for_all_gives_the_pooled_ratio(rows, smoothing):
    observed, expected = (list(part) for part in zip(*rows, strict=True))
    data = {
        "study": [str(i) for i in range(len(rows))],
        "observed": observed,
        "expected": expected,
        "window_start_years": [0.0] * len(rows),
        "window_end_years": [2.0] * len(rows),
    }
    curve, pooled = pooled_ratio_curve(data, smoothing=smoothing), pooled_ratios(data, test="z")
    if pooled.tau2.value > 5:  # there the two use different numbers of nodes
        return
    found = curve.summary()[["estimate", "lower", "upper"]].iloc[0]
    wanted = [pooled.estimate.value, pooled.estimate.lower, pooled.estimate.upper]
    np.testing.assert_allclose(found, wanted, **NUMERICAL)
    np.testing.assert_allclose(curve.tau2.value, pooled.tau2.value, **STOPPED_EARLY)
    np.testing.assert_allclose(curve.log_likelihood, pooled.log_likelihood, **ITERATED)


@pytest.mark.parametrize("shape", ["piecewise", "decay"])
def test_a_study_split_in_two_rows_order_and_units_change_nothing(shape):
    one = pooled_ratio_curve(frame(), shape=shape)
    split = pd.concat([frame(), frame().iloc[[0]]], ignore_index=True)
    split.loc[0, ["observed", "expected"]] = [10, 1.5]
    split.loc[9, ["observed", "expected"]] = [14, 2.5]
    mixed = frame().sample(frac=1, random_state=2)
    scaled = frame(expected=frame()["expected"] * 1000)
    months = frame(
        window_start_years=frame()["window_start_years"] * 12,
        window_end_years=frame()["window_end_years"] * 12,
    )
    for other, factor in ((split, 1), (mixed, 1), (scaled, 1000), (months, 1)):
        found = pooled_ratio_curve(other, shape=shape)
        np.testing.assert_allclose(steps_of(found) * factor, steps_of(one), **STOPPED_EARLY)
        np.testing.assert_allclose(found.tau2.value, one.tau2.value, **COARSE)
    months = pooled_ratio_curve(months, shape=shape)
    np.testing.assert_allclose(months.ratio([6, 48]), one.ratio([0.5, 4]), **STOPPED_EARLY)


def test_a_wide_window_and_a_narrow_one_tell_the_difference():
    data = {
        "study": ["a", "b"],
        "observed": [50, 60],
        "expected": [10.0, 20.0],
        "window_start_years": [0, 0],
        "window_end_years": [1, 2],
    }
    # The first says 5 in year 0 to 1; the second 3 on average, so 1 in year 1 to 2.
    found = pooled_ratio_curve(data, smoothing=0)
    np.testing.assert_allclose(steps_of(found), [5.0, 1.0], **CONVERGED)
    assert found.tau2.value == 0
    assert found.convergence.at_boundary == ("tau2",)


def test_more_smoothing_brings_the_steps_together_until_they_are_one():
    ranges = [
        np.ptp(np.log(steps_of(pooled_ratio_curve(frame(), smoothing=s))))
        for s in (0.3, 1, 30, 1e5)
    ]
    assert (np.diff(ranges) < 0).all()
    assert len(steps_of(pooled_ratio_curve(frame(), smoothing=np.inf))) == 1


def exact_windows(rho, factor=400.0):
    start, end = np.array([0, 0, 1, 1, 3, 5, 0.0]), np.array([1, 2, 2, 3, 5, 15, 5.0])
    mean = np.array(
        [integrate.quad(rho, a, b)[0] / (b - a) for a, b in zip(start, end, strict=True)]
    )
    return {
        "study": ["a", "b", "a", "c", "a", "a", "d"],
        "observed": np.round(factor * mean),
        "expected": np.round(factor * mean) / mean,
        "window_start_years": start,
        "window_end_years": end,
    }


def test_a_decay_that_made_the_counts_is_found_again():
    found = pooled_ratio_curve(exact_windows(lambda t: 1.4 + 6 * np.exp(-0.8 * t)), shape="decay")
    parameters = found.coefficients.set_index("term")["ratio"]
    np.testing.assert_allclose(parameters["plateau"], 1.4, **NUMERICAL)
    np.testing.assert_allclose(parameters["excess"], 6.0, **NUMERICAL)
    np.testing.assert_allclose(parameters["half_life"], np.log(2) / 0.8, **NUMERICAL)
    np.testing.assert_allclose(found.ratio([0.0, 20.0]), [7.4, 1.4], **STOPPED_EARLY)


def test_without_a_decay_a_constant_is_fitted_and_said():
    found = pooled_ratio_curve(exact_windows(lambda t: 2.0 + 0.0 * t), shape="decay")
    assert found.coefficients["term"].tolist() == ["plateau"]
    assert "excess" in found.convergence.at_boundary
    assert "constant ratio" in found.convergence.note
    np.testing.assert_allclose(found.ratio([0, 9]), 2.0, **ITERATED)


def test_limits_of_the_curve_are_those_of_draws_from_the_covariance():
    found = pooled_ratio_curve(frame())
    many, tails = 40_000, [0.025, 0.975]
    rows = found.coefficients
    draws = np.random.default_rng(1).multivariate_normal(rows["estimate"], found.covariance, many)
    error = np.sqrt(0.025 * 0.975 / many) / stats.norm.pdf(stats.norm.isf(0.025))
    near = MONTE_CARLO_ERRORS * error * rows["std_error"]
    for ends, side in zip(np.quantile(draws, tails, axis=0), ("lower", "upper"), strict=True):
        assert (np.abs(ends - rows[side]) < near).all()
        np.testing.assert_allclose(found.summary()[side], np.exp(rows[side]), **EXACT)


def test_information_of_a_decay_is_that_of_its_likelihood():
    found = pooled_ratio_curve(frame(), shape="decay")
    assert found.convergence.reached
    bands = found.at([0.0, 1.0, 4.0, 12.0])
    assert (bands["lower"] < bands["estimate"]).all()
    assert np.linalg.matrix_rank(found.covariance) == 3


def test_a_step_curve_can_be_asked_between_its_edges_alone(as_frame):
    found = pooled_ratio_curve(as_frame(WINDOWS))
    asked = found.ratio(np.array([[0.0, 0.99], [1.0, 15.0]]))
    np.testing.assert_array_equal(asked, steps_of(found)[[[0, 0], [1, -1]]])
    assert np.isnan(found.ratio([-0.1, 15.1])).all()
    assert np.isnan(found.at([20.0])["upper"][0])


def test_myositis_since_diagnosis():
    rows = evidence.load("sir_by_time")
    rows = rows[rows["ci_high"].notna() & ~rows["population"].str.contains("PM$|anti-")]
    steps = pooled_ratio_curve(rows, open_end=15)
    decay = pooled_ratio_curve(rows, open_end=15, shape="decay")
    assert steps.studies["study"].nunique() == 3
    assert (np.diff(steps_of(steps)) < 0).all()
    for found in (steps, decay):
        assert found.convergence.reached
        assert 6 < found.ratio(0.5) < 12
        assert found.ratio(10.0) < found.ratio(0.5) / 2
    short = pooled_ratio_curve(rows, open_end=10)
    assert np.abs(np.log(steps_of(short)[:3] / steps_of(steps)[:3])).max() < 0.05


@given(st.data())
@settings(max_examples=15)
def test_no_small_table_of_windows_ends_in_a_warning_or_a_nan(data):
    number = data.draw(st.integers(2, 5))
    rows = []
    for study in range(number):
        cuts = data.draw(
            st.lists(st.sampled_from([0, 1, 2, 3, 5, 10]), min_size=2, max_size=4, unique=True).map(
                sorted
            )
        )
        for a, b in itertools.pairwise(cuts):
            rows.append(
                (str(study), a, b, data.draw(st.integers(0, 30)), data.draw(st.floats(0.5, 9)))
            )
    columns = ["study", "window_start_years", "window_end_years", "observed", "expected"]
    frame = pd.DataFrame(rows, columns=columns)
    if frame["observed"].sum() == 0:
        return
    found = pooled_ratio_curve(frame)
    assert found.convergence.reached
    assert np.isfinite(found.summary().drop(columns="follow_up_band")).all(axis=None)
    assert found.tau2.lower <= found.tau2.value <= found.tau2.upper


STARTS, ENDS = WINDOWS["window_start_years"], WINDOWS["window_end_years"]


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({"window_start_years": [-1, *STARTS[1:]]}, {}, "before diagnosis"),
        ({"window_end_years": [0, *ENDS[1:]]}, {}, "does not end after"),
        ({"window_end_years": [*ENDS[:-1], np.inf]}, {}, "row 8: window is open"),
        ({"window_end_years": [1.5, *ENDS[1:]]}, {}, "rows 0, 1: windows of one"),
        (
            {
                "study": ["A"] * 9,
                "window_start_years": range(9),
                "window_end_years": range(1, 10),
            },
            {},
            "fewer than two studies",
        ),
        ({"observed": [0] * 9}, {}, "no row has a case"),
        (
            {"observed": [24, 14, 16, 10, 8, 0, 12, 15, 0]},
            {"smoothing": 0},
            "no case was seen in windows over 5 to 10",
        ),
        ({}, {"smoothing": 0}, "a ratio of 0 fits best in years 2 to 3 and 10 to 15"),
        ({}, {"breaks": [0, 0.5, 1, 15], "smoothing": 0}, "do not tell the bands apart"),
        ({}, {"breaks": [1, 15]}, "Let them run from 0 or before to 15 or later"),
        ({}, {"smoothing": -1}, "is not 0 or more"),
        ({"window_end_years": [*ENDS[:-1], np.inf]}, {"open_end": -3}, "no time in years"),
        ({}, {"shape": "piecwise"}, "Did you mean 'piecewise'?"),
        (
            {
                "study": list("AABBCCDDE"),
                "window_start_years": [0, 1] * 4 + [0],
                "window_end_years": [1, 2] * 4 + [1],
            },
            {"shape": "decay"},
            "cannot tell plateau",
        ),
    ],
)
def test_unusable_windows_are_refused_with_row_and_cure(change, options, words):
    with pytest.raises(TableError) as caught:
        pooled_ratio_curve(frame(**change), **options)
    assert words in str(caught.value)


@pytest.mark.parametrize("shape", ["piecewise", "decay"])
def test_plot_draws_curve_and_windows(shape):
    import matplotlib.pyplot as plt

    found = pooled_ratio_curve(frame(), shape=shape)
    axes = found.plot()
    assert axes.get_yscale() == "log"
    assert axes.get_xlim() == (0.0, 15.0)
    assert "9 windows of 4 studies" in repr(found)
    plt.close("all")
