"""Excess hazards: what they must obey, a small world by hand, bounds, and bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import optimize
from tests.tolerances import (
    COARSE,
    EXACT,
    EXCESS_LAW,
    ITERATED,
    MONTE_CARLO_ERRORS,
    NUMERICAL,
    RATIO_QUADRATURE,
    STOPPED_EARLY,
    SUMMED,
)

from paraneo import (
    ConvergenceWarning,
    TableError,
    excess_hazard,
    person_years,
    poisson_limits,
    rate_table,
)
from paraneo.survival.excess._likelihood import piecewise

RATES = rate_table(
    {
        "age": [0, 50, 60, 70] * 2,
        "sex": ["f"] * 4 + ["m"] * 4,
        "rate": [0.001, 0.008, 0.02, 0.05, 0.002, 0.01, 0.03, 0.06],
    },
    rate="rate",
    by="sex",
)
EDGES = [0, 1, 3, np.inf]


def cohort(n=400, seed=3, excess=0.08, late=True):
    """Return simulated people; times are years from a diagnosis in calendar year ``origin``."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    x = rng.normal(size=n)
    birth, origin = 1940 + 10 * rng.random(n), 2000 + 5 * rng.random(n)
    known = np.array([0.015 if s == "f" else 0.02 for s in sex])
    time = rng.exponential(1 / (known + excess * np.exp(0.5 * x)))
    end = np.minimum(time, 1 + 7 * rng.random(n))
    entry = np.where(rng.random(n) < 0.3, 0.3 * end, 0.0) if late else np.zeros(n)
    return pd.DataFrame(
        {
            "birth": birth, "origin": origin, "entry": origin + entry, "exit": origin + end,
            "event": (time <= end).astype(int), "sex": sex, "x": x,
        }
    )  # fmt: skip


def visited(table, width, seed=4):
    """Return the table with most events known to lie in an interval about as wide as this."""
    rng = np.random.default_rng(seed)
    begin = table["exit"] - width * rng.random(len(table))
    between = (table["event"] == 1) & (rng.random(len(table)) < 0.7)
    begin = np.maximum(begin, table["origin"])
    return table.assign(
        low=np.where(between, begin, np.nan), high=np.where(between, begin + width, np.nan)
    )


def fitted(table, **options):
    asked = {
        "birth": "birth", "origin": "origin", "entry": "entry", "rates": RATES,
        "formula": "x", "breaks": EDGES,
    }  # fmt: skip
    if "low" in table:
        asked |= {"lower": "low", "upper": "high"}
    return excess_hazard(table, **(asked | options))


WAYS = {
    "additive bands": {},
    "relative bands": {"scale": "relative"},
    "spline": {"shape": "spline", "breaks": 1},
    "changing effect": {"time_varying": "x"},
    "changing spline": {"shape": "spline", "breaks": [0.05, 1, 7], "time_varying": "x"},
    "ratio spline": {"scale": "relative", "shape": "spline", "breaks": 1},
    "changing ratio": {
        "scale": "relative",
        "shape": "spline",
        "breaks": [0.1, 1, 5],
        "time_varying": "x",
    },
    "strata": {"by": "sex"},
    "spline strata": {"shape": "spline", "breaks": 1, "by": "sex"},
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))


def same(one, other):
    assert one.convergence.reached
    assert_allclose(one.parameters, other.parameters, **EXCESS_LAW)
    assert_allclose(one.covariance, other.covariance, **EXCESS_LAW)
    assert_allclose(one.log_likelihood, other.log_likelihood, **EXCESS_LAW)


@ways
def test_order_of_rows_and_their_splitting_change_nothing(way):
    table = visited(cohort(), 0.5)
    whole = fitted(table, **way)
    same(fitted(table.sample(frac=1.0, random_state=1), **way), whole)
    middle = table["entry"] + 0.4 * (table["low"].fillna(table["exit"]) - table["entry"])
    middle = np.maximum(middle, table["entry"])  # an interval may begin before entry
    cut = middle > table["entry"]
    first = table[cut].assign(exit=middle, event=0, low=np.nan, high=np.nan)
    same(fitted(pd.concat([first, table.assign(entry=middle)]), **way), whole)


@ways
def test_gradient_and_hessian_against_finite_differences(way):
    model = fitted(visited(cohort(), 0.5), **way)._fitted.model
    rng = np.random.default_rng(5)
    theta = model.start() + 0.05 * rng.normal(size=model.size)
    at, step = model.objective(theta), 1e-5
    for k, direction in enumerate(np.eye(model.size)):
        up, down = (model.objective(theta + sign * step * direction) for sign in (1, -1))
        slope = (up.value - down.value) / (2 * step)
        assert_allclose(slope, at.gradient[k], **COARSE)
        bend = (up.gradient - down.gradient) / (2 * step)
        assert_allclose(bend, at.hessian[k], **COARSE)


@pytest.mark.parametrize("way", [{}, {"scale": "relative"}, {"by": "sex"}, {"rates": None}])
def test_linear_algebra_and_the_compiled_pass_give_the_same(way):
    model = fitted(cohort(), **way)._fitted.model
    theta = model.back @ model.start() + 0.1
    one = model.raw_objective(theta)
    value, gradient, hessian = piecewise(model.rows, theta, np.empty((0, model.size)))
    assert_allclose(one.value, value + model.offset, **EXACT)
    assert_allclose(one.gradient, gradient, **SUMMED)
    assert_allclose(one.hessian, hessian, **SUMMED)


def test_days_and_years_give_the_same():
    table = visited(cohort(late=False), 0.5)
    columns = ["exit", "low", "high"]
    years = table.assign(**{c: table[c] - table["origin"] for c in columns})
    days = years.assign(**{c: years[c] * 365.25 for c in columns})
    plain = {"birth": None, "origin": None, "entry": None, "rates": None}
    one = fitted(years, **plain)
    other = fitted(days, breaks=[0, 365.25, 3 * 365.25, np.inf], **plain)
    shift = np.log(365.25) * np.array([1, 1, 1, 0])
    assert_allclose(other.parameters + shift, one.parameters, **EXCESS_LAW)
    assert_allclose(other.covariance, one.covariance, **EXCESS_LAW)
    smooth, slow = (fitted(t, shape="spline", breaks=1, **plain) for t in (years, days))
    assert_allclose(slow.parameters[1:], smooth.parameters[1:], **EXCESS_LAW)


@pytest.mark.parametrize("scale", ["additive", "relative"])
def test_narrow_intervals_tend_to_exact_times(scale):
    table = cohort()
    exact = fitted(table, scale=scale)
    gaps = [
        np.abs(fitted(visited(table, width), scale=scale).parameters - exact.parameters).max()
        for width in (1e-1, 1e-3, 1e-5)
    ]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-4


@ways
def test_truncation_at_zero_is_no_truncation(way):
    table = cohort(late=False)
    same(fitted(table, **way), fitted(table, **(way | {"origin": None})))
    same(fitted(table, **way), fitted(table.assign(entry=table["origin"]), **way))


def test_a_profile_of_late_entries_with_intervals_is_bounded():
    """Without truncating the interval too, the likelihood would rise without end."""
    table = visited(cohort(n=60), 2.0)
    assert (table["low"] < table["entry"]).any()
    model = fitted(table, formula=None, breaks=[0, np.inf])._fitted.model
    values = [model.objective(np.array([t])).value for t in np.linspace(-40, 6, 93)]
    top = int(np.argmax(values))
    assert 0 < top < 92
    assert (np.diff(values[top:]) < 0).all()
    assert (np.diff(values[: top + 1]) >= -1e-9).all()


@ways
def test_an_interval_begins_no_earlier_than_entry(way):
    """The event is known to lie after entry: [S(max(L, E)) - S(R)] / S(E)."""
    table = visited(cohort(), 2.0)
    assert (table["low"] < table["entry"]).any()
    later = table.assign(low=np.maximum(table["low"], table["entry"]))
    same(fitted(table, **way), fitted(later, **way))


def test_late_entry_with_an_interval_by_hand():
    """Seen from 1 on, found in (0.5, 2]; another free until 3: 1 - exp(-h) times exp(-3 h)."""
    table = {"begin": [1.0, 0.0], "exit": [np.nan, 3.0], "event": [1, 0],
             "low": [0.5, np.nan], "high": [2.0, np.nan]}  # fmt: skip
    fit = excess_hazard(table, entry="begin", lower="low", upper="high", breaks=[0, np.inf])
    assert_allclose(np.exp(fit.parameters), np.log(4 / 3), **EXACT)


def test_small_world_by_hand():
    """Three people, one band: the score (1/(b + e) summed) = years has its root by hand."""
    table = pd.DataFrame(
        {"birth": [1950.0] * 3, "entry": [2005.0] * 3, "exit": [2006.0, 2007.0, 2008.0],
         "event": [1, 0, 1], "sex": ["f", "f", "f"]}
    )  # fmt: skip
    fit = fitted(table, origin=None, formula=None, breaks=[0, np.inf])
    assert_allclose(np.exp(fit.parameters), 2 / 6 - 0.008, **EXACT)
    expected = 2 * np.log(2 / 6) - 6 * (2 / 6 - 0.008)
    assert_allclose(fit.log_likelihood, expected, **EXACT)
    ratio = fitted(table, origin=None, formula=None, breaks=[0, np.inf], scale="relative")
    assert_allclose(np.exp(ratio.parameters), 2 / (6 * 0.008), **EXACT)


@pytest.mark.parametrize("scale", ["additive", "relative"])
def test_without_covariates_the_closed_form_is_the_answer_at_once(scale):
    """Events over person-years, or over expected events where the baseline is a ratio."""
    table = cohort()
    rates = {} if scale == "additive" else {"rates": RATES}
    fit = fitted(table, formula=None, scale=scale, **({"rates": None} | rates))
    counted = person_years(
        table, birth="birth", origin="origin", entry="entry", exit="exit", event="event",
        follow_up=EDGES, rates=RATES,
    ).summary()  # fmt: skip
    bands = counted.groupby("follow_up")[["observed", "person_years", "expected"]].sum()
    below = bands["person_years"] if scale == "additive" else bands["expected"]
    assert_allclose(fit.parameters, np.log(bands["observed"] / below), **EXCESS_LAW)
    assert fit.convergence.iterations == 1
    found = np.sqrt(np.diag(fit.covariance))
    assert_allclose(found, 1.0 / np.sqrt(bands["observed"]), **EXCESS_LAW)


@pytest.mark.parametrize("scale", ["additive", "relative"])
def test_cells_of_person_years_give_what_rows_give(scale):
    table = cohort(late=False).assign(x=lambda t: (t["x"] > 0).astype(int))
    rates = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    cells = person_years(
        table, birth="birth", entry="entry", exit="exit", event="event",
        rates=rates, follow_up=EDGES, by="x",
    )  # fmt: skip
    rows = fitted(table, rates=rates, scale=scale)
    same(excess_hazard(cells, scale=scale, formula="x"), rows)
    by = fitted(table, rates=rates, scale=scale, formula=None, by="x")
    same(excess_hazard(cells, scale=scale, by="x"), by)


def test_a_ratio_that_is_a_power_of_time_is_a_weibull_over_a_constant_background():
    table = cohort(n=800, late=False)
    rates = rate_table({"age": [0], "rate": [0.02]}, rate="rate")
    ratio = fitted(table, rates=rates, scale="relative", shape="spline", breaks=[0.5, 5])
    weibull = fitted(table, rates=None, shape="spline", breaks=[0.5, 5])
    level, slope, effect = ratio.parameters
    expected = [np.log(0.02) + level - np.log(slope + 1), slope + 1, effect]
    assert_allclose(weibull.parameters, expected, **RATIO_QUADRATURE)
    assert_allclose(ratio.log_likelihood, weibull.log_likelihood, **RATIO_QUADRATURE)
    time = [0.2, 2.0, 6.0]
    assert_allclose(
        ratio.cumulative_hazard(time)["estimate"],
        weibull.cumulative_hazard(time)["estimate"] - 0.02 * np.array(time),
        **RATIO_QUADRATURE,
    )


def test_dates_meet_the_expected_events_of_person_years():
    table = cohort(late=False)
    for name in ("birth", "origin", "entry", "exit"):
        days = np.round((table[name] - 1970) * 365.25).astype(int).to_numpy()
        table[name] = days.astype("datetime64[D]")
    cells = person_years(
        table, birth="birth", entry="entry", exit="exit", event="event", rates=RATES
    ).summary()
    fit = fitted(table, scale="relative", formula=None, breaks=[0, np.inf])
    ratio = cells["observed"] / cells["expected"]
    assert_allclose(np.exp(fit.parameters), ratio, **EXACT)
    years = (table["exit"] - table["origin"]).dt.days / 365.25
    assert_allclose(fit.follow_up, years.max(), **EXACT)


def test_without_more_events_than_expected_the_limit_is_one_sided():
    high = rate_table({"age": [0], "rate": [0.5]}, rate="rate")
    fit = fitted(cohort(), rates=high, formula=None)
    got = fit.coefficients
    assert (got["estimate"] == -np.inf).all()
    assert (got["lower"] == -np.inf).all()
    assert np.isfinite(got["upper"]).all()
    assert fit.convergence.reached
    assert len(fit.convergence.at_boundary) == 3
    curve = fit.hazard([0.5])
    assert_allclose(curve[["estimate", "lower"]], 0.0)
    assert_allclose(curve["upper"], np.exp(got["upper"].iloc[0]), **EXACT)
    model = fit._fitted.model
    drop = [
        fit.log_likelihood - model.objective(np.array([u, -np.inf, -np.inf])).value
        for u in got["upper"].iloc[:1]
    ]
    assert_allclose(drop, 0.5 * 1.959963984540054**2, **ITERATED)


def test_limits_of_a_cumulative_excess_before_and_after_a_band_without_any():
    # four events in the 11 person-years of the first band, none in the 10 of the second
    ends = [0.25, 0.5, 0.75, 0.5, *[1.5] * 4, *[3.0] * 4, 2.0]
    people = {"exit": ends, "event": [1] * 4 + [0] * 9}
    years = 2.0 + 9.0, 4 * 0.5 + 4 * 2.0 + 1.0
    fit = excess_hazard(people, breaks=[0, 1, 3], interval="wald")
    rate, spread = 4 / years[0], np.exp(1.959963984540054 / 2)
    most = 1.959963984540054**2 / 2 / years[1]  # the profile of no events: exp(-most * years)
    got = fit.cumulative_hazard([1.0, 2.0])
    assert_allclose(got.iloc[0, 1:], [rate, rate / spread, rate * spread], **SUMMED)
    above = np.hypot(rate * (spread - 1), most)
    assert_allclose(got.iloc[1, 1:], [rate, rate / spread, rate + above], **SUMMED)


def test_a_group_without_excess_is_bounded_and_the_rest_fitted():
    table = cohort(n=800)
    healthy = rate_table(
        {"sex": ["f", "m"], "age": [0, 0], "rate": [0.01, 0.6]}, rate="rate", by="sex"
    )
    fit = fitted(table, rates=healthy, formula="sex")
    got = fit.coefficients.set_index("term")
    assert got["estimate"]["sex[T.m]"] == -np.inf
    assert np.isfinite(got["upper"]["sex[T.m]"])
    alone = fitted(table[table["sex"] == "f"], rates=healthy, formula=None)
    assert_allclose(got["estimate"].iloc[:3], alone.parameters, **ITERATED)
    with pytest.warns(ConvergenceWarning, match="choose another reference level"):
        turned = fitted(table, rates=healthy, formula="C(sex, Treatment('m'))")
    assert not turned.convergence.reached
    assert turned.coefficients["estimate"].isna().all()


def test_an_effect_in_a_band_without_events_is_unknown_and_the_rest_are_fitted():
    table = cohort(late=False)
    late = (table["exit"] - table["origin"] > 3) & (table["event"] == 1)
    fit = fitted(table[~late], rates=None, birth="birth", time_varying="x")
    got = fit.coefficients.set_index("term")["estimate"]
    assert got["log_excess[3, inf)"] == -np.inf
    assert np.isnan(got["x[3, inf)"])
    assert fit.convergence.reached
    early = fitted(table[~late], rates=None, breaks=[0, 1, 3], time_varying="x")
    assert_allclose(got[["x[0, 1)", "x[1, 3)"]], early.parameters[2:], **EXCESS_LAW)


def test_tests_agree_with_each_other_and_residuals_sum_to_zero():
    table = visited(cohort(n=2000), 0.3)
    fit = fitted(table)
    ratio, wald = fit.likelihood_ratio_test("x"), fit.wald_test("x")
    assert abs(ratio["statistic"].item() / wald["statistic"].item() - 1.0) < 0.1
    assert ratio["df"].item() == 1
    changing = fit.time_dependence_test("x")
    assert changing["df"].item() == 1
    assert changing["p_value"].item() > 0.001
    assert_allclose(fitted(table, scale="relative").residuals().sum(), 0.0, **STOPPED_EARLY)
    assert_allclose(fit.residuals("deviance") > 0, fit.residuals() > 0)
    table = fit.calibration("risk")
    assert table["observed"].sum() == fit.events
    assert_allclose(fit.calibration()["expected"].sum(), table["expected"].sum(), **SUMMED)
    robust = np.diag(fit.robust_covariance) / np.diag(fit.covariance)
    assert ((robust > 0.7) & (robust < 1.4)).all()


def test_robust_variance_of_split_records_needs_the_cluster():
    table = cohort().assign(id=range(400))
    middle = (table["entry"] + table["exit"]) / 2
    split = pd.concat([table.assign(exit=middle, event=0), table.assign(entry=middle)])
    whole = fitted(table).robust_covariance
    assert_allclose(fitted(split, cluster="id").robust_covariance, whole, **ITERATED)


def test_curves_fit_together():
    fit = fitted(cohort(), shape="spline", breaks=1)
    at = {"x": [0.0, 1.0]}
    time = np.linspace(0.5, 5, 10)
    total = fit.cumulative_hazard(time, at)
    assert list(total) == ["row", "time", "estimate", "lower", "upper"]
    assert_allclose(np.exp(-total["estimate"]), fit.survival_function(time, at)["estimate"])
    step = 1e-5
    slope = (fit.cumulative_at(time + step, at) - fit.cumulative_at(time - step, at)) / (2 * step)
    assert_allclose(slope, fit.rates_at(time, at), **NUMERICAL)
    assert_allclose(fit.hazard(time, at)["estimate"], np.ravel(slope), **NUMERICAL)
    known = fit.hazard([2.0], {"x": 1.0}, background=0.01, kind="total")["estimate"]
    assert_allclose(fit.ratio([2.0], {"x": 1.0}, background=0.01)["estimate"], known / 0.01)
    drawn = fit.draws(4000, rng=np.random.default_rng(1))
    spread = drawn.std(axis=0) / np.sqrt(np.diag(fit.covariance))
    assert (abs(spread - 1.0) < MONTE_CARLO_ERRORS / np.sqrt(2 * len(drawn))).all()
    ratios = fitted(cohort(), scale="relative")
    assert_allclose(
        ratios.hazard([0.5], kind="total", background=0.02)["estimate"],
        0.02 * ratios.ratio([0.5])["estimate"],
    )


#: Only women have events.
WOMEN = {"event": lambda t: t["event"] * (t["sex"] == "f")}


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"exit": lambda t: t["entry"] - 0.01}, {}, "entry is at or after 'exit'"),
        ({"low": lambda t: t["high"] + 1}, {}, "lower end lies above 'high'"),
        ({"event": lambda t: t["event"].where(t["x"] < 1, 0.5)}, {}, "is not among those named"),
        (WOMEN, {"by": "sex", "shape": "spline", "breaks": 1}, "there is no event in m"),
        ({"birth": 1900.0}, {"rates": rate_table({"age": ["0-50"], "rate": [0.1]}, rate="rate")},
         "has no rate for some of the time"),
        ({}, {"rates": rate_table({"age": [0], "rate": [0.0]}, rate="rate"), "scale": "relative"},
         "the background hazard is 0 at the event"),
        ({}, {"rates": None, "scale": "relative"}, "a ratio needs a background hazard"),
        ({}, {"breaks": [50, 60]}, "all follow-up ends before the first, 50"),
        ({}, {"shape": "spline", "breaks": [50, 60]}, "before the first knot, 50"),
        ({}, {"breaks": [0, 1, 50, 60]}, "nobody was followed within 50 to 60"),
        ({}, {"shape": "splines"}, "Did you mean 'spline'"),
        ({}, {"birth": None}, "the rates need the age"),
        ({}, {"formula": "0 + sex"}, "it leaves out the intercept"),
        ({}, {"time_varying": "y"}, "there is no effect 'y'"),
        ({"sex": "unknown"}, {}, "the rate table has no group unknown"),
    ],
)  # fmt: skip
def test_bad_input_has_one_clear_error(change, options, said):
    table = visited(cohort(), 0.5)
    with pytest.raises(TableError, match=said) as caught:
        fitted(table.assign(**change), **options)
    assert len(caught.value.faults) == 1, caught.value


def test_what_lies_outside_the_bands_is_counted():
    table = cohort(late=False)
    fit = fitted(table, breaks=[0, 1, 2])
    beyond = ((table["exit"] - table["origin"] > 2) & (table["event"] == 1)).sum()
    assert fit.excluded["events"].item() == beyond
    assert fit.events == table["event"].sum() - beyond
    with pytest.raises(ValueError, match="no follow-up beyond 2 years"):
        fit.hazard([3])


def test_a_search_that_fails_gives_no_numbers():
    """No one covariate separates those with events, but a sum of the two does."""
    a, b = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9))
    event = (np.abs(a + b) < 1e-9) & (np.abs(a) < 0.9)
    far = ~event & (a + b > -0.1)
    table = pd.DataFrame(
        {"a": a[~far], "b": b[~far], "event": event[~far].astype(int), "exit": 1.0 + a[~far] ** 2}
    )
    with pytest.warns(ConvergenceWarning):
        fit = excess_hazard(table, formula="a + b", breaks=[0, np.inf])
    assert not fit.convergence.reached
    assert np.isnan(fit.parameters).all()
    assert np.isnan(fit.log_likelihood)
    assert np.isnan(fit.hazard([0.5])["estimate"]).all()


def test_every_kind_of_frame_will_do(as_frame):
    table = cohort()
    columns = as_frame({name: table[name].to_list() for name in table})
    same(fitted(columns), fitted(table))


def test_pictures(tmp_path):
    fit = fitted(cohort(), by="sex", formula=None)
    for kind in ("hazard", "ratio", "survival"):
        assert fit.plot(kind=kind).get_xlabel() == "Years"
    named = [text.get_text() for text in fit.plot().get_legend().get_texts()]
    assert named == [str(label) for label in sorted(cohort()["sex"].unique())]
    fit = fitted(cohort(), shape="spline", breaks=1, formula="x + sex")
    axes = fit.plot(at={"x": [0.0, 1.0], "sex": cohort()["sex"].iloc[0]})
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["x = 0.0", "x = 1.0"]


def test_a_curve_before_anybody_is_under_observation_has_no_background_and_warns_of_nothing():
    table = cohort()
    table = table[table["exit"] > table["origin"] + 0.6]
    table = table.assign(entry=np.maximum(table["entry"], table["origin"] + 0.5))
    fit = excess_hazard(
        table, birth="birth", origin="origin", entry="entry", rates=RATES, by="sex",
        scale="relative", shape="spline",
    )  # fmt: skip
    assert np.isfinite(fit.ratio([1.0, 2.0])["estimate"]).all()
    assert fit.plot(kind="ratio").get_xlabel() == "Years"


def hardly_above(events: int, people: int, rate: float, band: float = 1.0) -> pd.DataFrame:
    """People of 50 followed for a year, and then for one more in which nobody is at risk."""
    return pd.DataFrame(
        {
            "birth": -50.0,
            "entry": 0.0,
            "exit": band,
            "event": (np.arange(people) < events).astype(int),
        }
    ).assign(rate=rate)


TIMES = {"birth": "birth", "entry": "entry", "exit": "exit", "event": "event", "origin": "entry"}


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize(("events", "rate"), [(10, 0.0098), (10, 0.0075), (40, 0.0399)])
def test_an_excess_hardly_above_none_has_the_limits_of_its_count(events, rate, level):
    """All of a band's hazard is a Poisson rate, and the background's is known."""
    people = hardly_above(events, 1000, rate)
    rates = rate_table({"age": [0], "rate": [rate]}, rate="rate")
    fit = excess_hazard(people, **TIMES, rates=rates, breaks=[0, np.inf], level=level)
    count = poisson_limits(events, interval="profile", level=level)
    got = fit.hazard([0.5]).iloc[0, 1:]
    assert fit.coefficients["std_error"].iloc[0] > 1.1
    wanted = [events / 1000, max(count.lower / 1000, rate), count.upper / 1000]
    assert_allclose(got, np.array(wanted) - rate, **ITERATED)
    total = fit.cumulative_hazard([1.0]).iloc[0, 1:]
    assert_allclose(total, got, **ITERATED)


def test_every_band_has_the_limits_of_its_count_and_they_make_those_of_the_sum():
    first = hardly_above(60, 1000, 0.01)
    later = hardly_above(10, 1000, 0.01, band=2.0).assign(entry=1.0)
    people = pd.concat([first, later.assign(birth=-50.0)]).assign(zero=0.0)
    times = TIMES | {"origin": "zero"}
    rate = 0.0098
    rates = rate_table({"age": [0], "rate": [rate]}, rate="rate")
    fit = excess_hazard(people, **times, rates=rates, breaks=[0, 1, np.inf])
    clear, hardly = fit.hazard([0.5, 1.5]).to_numpy()[:, 1:]
    for got, events in ((clear, 60), (hardly, 10)):
        count = poisson_limits(events, interval="profile")
        wanted = np.array([events, max(count.lower, 1000 * rate), count.upper]) / 1000 - rate
        assert_allclose(got, wanted, **ITERATED)
    both = fit.cumulative_hazard([2.0]).to_numpy()[0, 1:]
    assert_allclose(both[0], clear[0] + hardly[0], **ITERATED)
    off = np.hypot(clear[1:] - clear[0], hardly[1:] - hardly[0])
    assert_allclose(both[1:], both[0] + np.array([-1, 1]) * off, **ITERATED)
    wald = excess_hazard(people, **times, rates=rates, breaks=[0, 1, np.inf], interval="wald")
    error = wald.coefficients["std_error"][0]
    sides = clear[0] * np.exp(np.array([-1, 1]) * 1.959963984540054 * error)
    assert_allclose(wald.hazard([0.5]).to_numpy()[0, 2:], sides, **ITERATED)


def test_limits_by_profile_with_a_covariate_are_where_refits_have_fallen():
    rng = np.random.default_rng(8)  # a band without excess, one hardly above, one clear
    n = 1500
    people = pd.DataFrame({"birth": -50.0, "entry": 0.0, "x": rng.integers(0, 2, n)})
    people["exit"] = rng.uniform(0.5, 3.0, n)
    risk = 0.0105 * people["exit"] + 0.02 * people["x"]
    people["event"] = (rng.uniform(size=n) < risk).astype(int)
    rates = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    fit = excess_hazard(people, **TIMES, rates=rates, breaks=[0, 1, 2, np.inf], formula="x")
    error = fit.coefficients["std_error"]
    assert list(error[:3] > 1.1) == [False, True, False]
    assert fit.parameters[0] == fit.coefficients["lower"].iloc[1] == -np.inf
    others = np.isfinite(fit.parameters)
    others[1] = False
    point = fit.parameters.copy()
    point[1] = fit.coefficients["upper"].iloc[1]

    def worse(values):
        point[others] = values
        return -fit.log_likelihood_at(point)[0]

    tight = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000}
    best = optimize.minimize(worse, point[others], method="Nelder-Mead", options=tight)
    fall = 1.959963984540054**2 / 2
    assert_allclose(fit.log_likelihood + best.fun, fall, **ITERATED)
    own = fit.hazard([1.5], at={"x": 0}).iloc[0]
    assert_allclose(own["upper"], np.exp(point[1]), **EXCESS_LAW)
    assert own["lower"] == 0.0


def test_baselines_without_effects_in_common_are_those_of_each_stratum_alone():
    """Strata with intervals, delayed entry, a band without events and one hardly above none."""
    rng = np.random.default_rng(5)
    n = 900
    people = pd.DataFrame({"birth": -rng.uniform(40, 80, n), "entry": rng.uniform(0, 0.5, n)})
    people["exit"] = people["entry"] + rng.uniform(0.2, 3.0, n)
    people["event"] = (rng.uniform(size=n) < 0.04 * people["exit"]).astype(int)
    known = (people["event"] == 1) & (rng.uniform(size=n) < 0.5)
    people["low"] = people["exit"].where(known)
    people["high"] = (people["exit"] + 0.4).where(known)
    people["clinic"] = rng.permutation(np.repeat(["a", "b", "c"], n // 3))
    people["zero"] = 0.0
    people = people.drop(
        people.index[(people["clinic"] == "b") & (people["exit"] < 1) & (people["event"] == 1)]
    )
    asked = TIMES | {"origin": "zero", "lower": "low", "upper": "high", "breaks": [0, 1, 2, 4]}
    asked["rates"] = rate_table({"age": [0, 60], "rate": [0.012, 0.03]}, rate="rate")
    whole = excess_hazard(people, by="clinic", **asked)
    alone = [excess_hazard(rows, **asked) for _, rows in people.groupby("clinic")]
    error = whole.coefficients["std_error"]
    assert (error > 1.1).any()
    assert (error < 1.1).any()
    assert error.isna().any()
    numbers = [fit.coefficients.drop(columns="term") for fit in (whole, *alone)]
    assert_allclose(numbers[0], np.vstack(numbers[1:]), **EXCESS_LAW)
    assert_allclose(whole.log_likelihood, sum(fit.log_likelihood for fit in alone), **EXCESS_LAW)
    for at, fit in zip(({"clinic": c} for c in "abc"), alone, strict=True):
        for curve in ("hazard", "cumulative_hazard"):
            found = getattr(whole, curve)([0.5, 1.5, 2.5], at=at)
            assert_allclose(found, getattr(fit, curve)([0.5, 1.5, 2.5]), **EXCESS_LAW)
    assert whole.convergence.at_boundary == tuple(
        f"{name} {clinic}"
        for clinic, fit in zip("abc", alone, strict=True)
        for name in fit.convergence.at_boundary
    )
    for k, fit in enumerate(alone):
        own = slice(3 * k, 3 * k + 3)
        assert_allclose(whole.covariance.iloc[own, own], fit.covariance, **EXCESS_LAW)
        others = whole.covariance.iloc[own].drop(columns=list(whole.names[own]))
        assert ((others == 0) | others.isna()).all(axis=None)


def test_strata_with_an_effect_in_common_are_still_fitted_together():
    rng = np.random.default_rng(6)
    people = pd.DataFrame({"exit": rng.exponential(2.0, 200), "x": rng.normal(size=200)})
    people = people.assign(event=1, clinic=np.arange(200) % 2)
    fit = excess_hazard(people, breaks=[0, 1, np.inf], by="clinic", formula="x")
    assert_allclose(fit.log_likelihood_at(fit.parameters)[1], 0.0, **ITERATED | {"atol": 1e-5})


def test_a_plot_by_stratum_counts_those_at_risk_in_each_and_shows_bands_without_excess():
    people = pd.DataFrame({"exit": [0.5, 1.0, 2.0, 4.0, 3.0, 4.0], "event": [1, 1, 0, 0, 1, 0]})
    people["clinic"] = list("aabbbb")
    fit = excess_hazard(people, breaks=[0, 2, np.inf], by="clinic")
    nobody = fit.hazard([2.5], at={"clinic": "a"}).iloc[0]
    assert list(nobody) == [2.5, 0.0, 0.0, np.inf]
    axes = fit.plot()
    shown = [text.get_text() for part in axes.figure.axes for text in part.texts]
    assert "6" not in shown
    assert {"2", "4"} <= set(shown)
    assert axes.get_ylim()[0] < 0
