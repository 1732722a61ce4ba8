"""Every regression gives its coefficients in one frame, on one scale, with one covariance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.tolerances import EXACT

import paraneo as pn
from paraneo.results.coefficients import COLUMNS, coefficient_frame, covariance_frame


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(2026)
    x = rng.normal(size=400)
    time = rng.exponential(3.0 / np.exp(0.4 * x))
    return pd.DataFrame(
        {"x": x, "exit": np.minimum(time, 6.0).round(6), "event": (time < 6).astype(int)}
    )


@pytest.fixture(scope="module")
def cells(people):
    band = pd.qcut(people["x"], 8, labels=False)
    grouped = people.assign(band=band).groupby("band")
    return pd.DataFrame(
        {
            "x": grouped["x"].mean(),
            "observed": grouped["event"].sum(),
            "expected": grouped["exit"].sum() / 4,
        }
    ).reset_index(drop=True)


@pytest.fixture(scope="module")
def studies():
    rng = np.random.default_rng(5)
    x = np.linspace(-1, 1, 12)
    tp = rng.binomial(60, 1 / (1 + np.exp(-1 - 0.5 * x)))
    fp = rng.binomial(80, 1 / (1 + np.exp(1.5 - 0.3 * x)))
    return pd.DataFrame({"tp": tp, "fn": 60 - tp, "fp": fp, "tn": 80 - fp, "x": x})


FITS = {
    "excess_hazard": lambda people, _cells, _studies: pn.excess_hazard(
        people, breaks=[0, 1, np.inf], formula="x"
    ),
    "cox_regression": lambda people, _cells, _studies: pn.cox_regression(
        people, exit="exit", event="event", formula="x"
    ),
    "ratio_regression": lambda _people, cells, _studies: pn.ratio_regression(cells, formula="x"),
    "pooled_accuracy": lambda _people, _cells, studies: pn.pooled_accuracy(studies, formula="x"),
    "pooled_ratios": lambda _people, cells, _studies: pn.pooled_ratios(cells, formula="x"),
}


@pytest.mark.parametrize("verb", FITS)
def test_coefficients_have_the_same_columns_and_scale(verb, people, cells, studies):
    fit = FITS[verb](people, cells, studies)
    frame = fit.coefficients
    part = 1 if verb == "pooled_accuracy" else 0
    assert tuple(frame.columns[part:]) == COLUMNS
    assert frame.index.equals(pd.RangeIndex(len(frame)))
    for ratio, log in (
        ("ratio", "estimate"),
        ("ratio_lower", "lower"),
        ("ratio_upper", "upper"),
    ):
        np.testing.assert_allclose(frame[ratio], np.exp(frame[log]), **EXACT)
    x = frame[frame["term"] == "x"]
    assert len(x) == 1 + part
    assert (x["lower"] < x["estimate"]).all()
    assert (x["estimate"] < x["upper"]).all()
    assert (x["p_value"] < 1).all()
    assert isinstance(fit.covariance, pd.DataFrame)
    assert list(fit.covariance.index) == list(fit.covariance.columns)
    errors = np.sqrt(np.diag(fit.covariance))
    finite = np.isfinite(frame["std_error"]).to_numpy()
    np.testing.assert_allclose(frame["std_error"][finite], errors[finite], **EXACT)


def test_the_effect_of_one_covariate_is_a_log_ratio_in_each(people, cells, studies):
    excess, cox, ratio = (
        FITS[verb](people, cells, studies).coefficients.set_index("term").loc["x", "estimate"]
        for verb in ("excess_hazard", "cox_regression", "ratio_regression")
    )
    assert 0.2 < excess < 0.6
    assert 0.2 < cox < 0.6
    assert 0.2 < ratio < 0.6


def test_an_infinite_coefficient_has_the_ratio_0_or_infinity():
    frame = coefficient_frame(
        ["a", "b"],
        estimate=[-np.inf, np.inf],
        std_error=[np.nan, np.nan],
        lower=[-np.inf, 1.0],
        upper=[0.5, np.inf],
        p_value=[np.nan, np.nan],
    )
    assert frame["ratio"].tolist() == [0.0, np.inf]


def test_a_covariance_has_its_terms_on_both_sides():
    frame = covariance_frame(["a", "b"], [[1.0, 0.5], [0.5, 2.0]])
    assert frame.loc["a", "b"] == frame.loc["b", "a"] == 0.5
