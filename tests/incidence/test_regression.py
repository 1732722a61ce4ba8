"""Poisson regression of incidence ratios: R's figures, laws, infinite estimates, bad input."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from tests.support import reference
from tests.tolerances import CLOSED_FORM, CONVERGED, EXACT, ITERATED, SUMMED

from paraneo import TableError, incidence_ratios, person_years, rate_table, ratio_regression
from paraneo.errors import ArgumentError, ComparabilityWarning

FULL = "~ exposed + hired + C(since)"


@pytest.fixture(scope="module")
def values():
    return reference("ratio_regression")


@pytest.fixture(scope="module")
def refiners(values):
    return values["refiners"]


@pytest.fixture(scope="module")
def cells(refiners):
    return pd.DataFrame(refiners["cells"])


def same_model(ours, theirs):
    close = {**SUMMED, "err_msg": ours.formula}
    np.testing.assert_allclose(ours.coefficients["estimate"], theirs["coefficient"], **close)
    np.testing.assert_allclose(ours.covariance, theirs["covariance"], **ITERATED)
    np.testing.assert_allclose(ours.deviance, theirs["deviance"], **close)
    np.testing.assert_allclose(ours.log_likelihood, theirs["log_likelihood"], **close)
    assert ours.df_residual == theirs["df_residual"]
    assert ours.convergence.reached


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("full", FULL),
        ("exposed", "~ exposed"),
        ("trend", "~ exposed + hired + since"),
        ("crossed", "~ exposed * since + hired"),
    ],
)
def test_models_of_the_refiners_are_those_of_glm(refiners, cells, name, formula):
    theirs = dict(refiners[name])
    ours = ratio_regression(cells, formula=formula)
    if name == "crossed":  # R puts interactions last
        names = [c.replace("[T.", "").replace("]", "") for c in ours.coefficients["term"]]
        order = [theirs["term"].index(n.replace("Intercept", "(Intercept)")) for n in names]
        theirs["coefficient"] = np.array(theirs["coefficient"])[order]
        theirs["covariance"] = np.array(theirs["covariance"])[np.ix_(order, order)]
    same_model(ours, theirs)


def test_models_of_the_patients_are_those_of_glm(values):
    patients = pd.DataFrame(values["patients"]["cells"])
    by_band = patients.groupby("band", as_index=False).sum(numeric_only=True)
    same_model(ratio_regression(by_band, formula="~ band"), values["patients"]["any_trend"])
    other = ratio_regression(by_band, formula="~ band", observed="other")
    same_model(other, values["patients"]["other_trend"])
    for model, name in ((ratio_regression(by_band, formula="~ band"), "any"), (other, "other")):
        chi2, df = values["patients"]["tests"][name]
        np.testing.assert_allclose(model.tests()["statistic"], chi2, **SUMMED)
        assert list(model.tests()["df"]) == [df]
    spread = ratio_regression(by_band, formula="~ C(band)").tests()
    np.testing.assert_allclose(
        spread[["statistic", "df"]].to_numpy()[0],
        values["patients"]["tests"]["homogeneity"],
        **SUMMED,
    )


def test_terms_are_tested_as_anova_does(refiners, cells):
    def of(formula):
        frame = ratio_regression(cells, formula=formula).tests().set_index("term")
        assert (frame["test"] == "likelihood ratio").all()
        return frame[["statistic", "df"]]

    wanted = refiners["tests"]
    for term, name in (("exposed", "exposed"), ("hired", "hired"), ("C(since)", "since")):
        np.testing.assert_allclose(of(FULL).loc[term], wanted[name], **SUMMED)
    trend = of("~ exposed + hired + since").loc["since"]
    np.testing.assert_allclose(trend, wanted["trend"], **SUMMED)
    crossed = of("~ exposed * since + hired")
    np.testing.assert_allclose(crossed.loc["exposed:since"], wanted["crossed"], **SUMMED)
    # a main effect is tested in the model without the interaction
    np.testing.assert_allclose(crossed.loc["since"], wanted["trend"], **SUMMED)


def test_profile_limits_are_the_roots_that_r_finds(refiners, cells):
    result = ratio_regression(cells, formula=FULL, interval="profile").summary()
    ours = result[["lower", "upper"]].to_numpy()[:3]
    np.testing.assert_allclose(ours, refiners["profile"], **SUMMED)
    outside = (result["lower"] > 0) | (result["upper"] < 0)
    assert (outside == (result["p_value"] < 0.05)).all()


def test_wald_limits_and_p_values(cells):
    result = ratio_regression(cells, formula="~ exposed", level=0.9).summary()
    z = special.ndtri(0.95)
    expected = result["estimate"] + z * result["std_error"]
    np.testing.assert_allclose(result["upper"], expected, **CLOSED_FORM)
    np.testing.assert_allclose(result["ratio_upper"], np.exp(expected), **CLOSED_FORM)
    p = 2 * special.ndtr(-np.abs(result["estimate"] / result["std_error"]))
    np.testing.assert_allclose(result["p_value"], p, **CLOSED_FORM)


def test_overdispersion_is_that_of_r(refiners, cells):
    model = ratio_regression(cells, formula=FULL)
    scatter = model.overdispersion().set_index("test")
    wanted = [refiners["full"]["pearson"], refiners["full"]["deviance"], refiners["score"]]
    np.testing.assert_allclose(scatter["statistic"], wanted, **SUMMED)
    quasi = ratio_regression(cells, formula=FULL, dispersion="quasi-poisson")
    np.testing.assert_allclose(quasi.dispersion, refiners["quasi"]["dispersion"], **CONVERGED)
    pearson = scatter.loc["pearson", "statistic"] / quasi.df_residual
    np.testing.assert_allclose(quasi.dispersion, pearson, **EXACT)
    np.testing.assert_allclose(quasi.covariance, refiners["quasi"]["covariance"], **ITERATED)
    f = model.tests()["statistic"] / model.tests()["df"] / quasi.dispersion
    np.testing.assert_allclose(quasi.tests()["statistic"], f, **CLOSED_FORM)
    assert "dispersion" in repr(quasi)


@pytest.mark.parametrize("interval", ["log-wald", "profile"])
def test_an_estimated_dispersion_gives_limits_and_p_values_by_t(interval):
    cells = {"observed": [3, 18, 9, 2, 14, 25], "expected": [5, 9, 4, 6, 7, 19]}
    cells["x"] = [0, 1, 2, 0, 1, 3]
    options = {"interval": interval, "dispersion": "quasi-poisson"}
    fit = ratio_regression(cells, formula="~ x", **options, level=0.9)
    row = fit.summary().iloc[1]
    if interval == "log-wald":
        reach = stats.t.ppf(0.95, 4) * row["std_error"]
        sides = row["estimate"] - reach, row["estimate"] + reach
        np.testing.assert_allclose([row["lower"], row["upper"]], sides, **CLOSED_FORM)
        wald = row["estimate"] / row["std_error"]
        np.testing.assert_allclose(row["p_value"], 2 * stats.t.sf(abs(wald), 4), **CLOSED_FORM)
    else:
        # the profile's p-value is that of the F test of the term
        np.testing.assert_allclose(row["p_value"], fit.tests()["p_value"][0], **CONVERGED)
    at = (
        ratio_regression(cells, formula="~ x", **options, level=1 - row["p_value"])
        .summary()
        .iloc[1]
    )
    nearest = at["ratio_lower"] if row["estimate"] > 0 else at["ratio_upper"]
    np.testing.assert_allclose(nearest, 1, **ITERATED)


def test_a_dispersion_needs_cells_to_spare():
    cells = {"observed": [3, 8], "expected": [2, 3], "x": [0, 1]}
    with pytest.raises(TableError, match="no cells beyond the coefficients"):
        ratio_regression(cells, formula="~ x", dispersion="quasi-poisson")


def test_scatter_beyond_poisson_is_seen():
    rng = np.random.default_rng(20)
    expected = np.full(400, 3.0)
    plain = rng.poisson(expected)
    mixed = rng.poisson(expected * rng.gamma(2.0, 0.5, 400))
    for counts, seen in ((plain, False), (mixed, True)):
        found = ratio_regression({"observed": counts, "expected": expected}).overdispersion()
        assert ((found["p_value"] < 0.001) == seen).all()


def test_a_spline_is_the_one_of_r_in_another_basis(refiners, cells):
    model = ratio_regression(cells, formula="~ exposed + ns(since, knots=[25, 35])")
    np.testing.assert_allclose(model.deviance, refiners["bent"]["deviance"], **SUMMED)
    curve = model.curve("since", values=refiners["bent"]["since"], at={"exposed": "e2"})
    line, spread = (np.array(refiners["bent"][k]) for k in ("log_ratio", "std_error"))
    np.testing.assert_allclose(np.log(curve["estimate"]), line, **CONVERGED)
    upper = line + special.ndtri(0.975) * spread
    np.testing.assert_allclose(np.log(curve["upper"]), upper, **CONVERGED)


def test_a_curve_against_a_reference_is_one_there(cells):
    model = ratio_regression(cells, formula="~ exposed + ns(since, df=3)")
    relative = model.curve("since", values=[20, 40], at={"exposed": "e1"}, reference=20)
    np.testing.assert_array_equal(relative.loc[0, ["estimate", "lower", "upper"]], [1, 1, 1])
    whole = model.curve("since", values=[20, 40], at={"exposed": "e1"})["estimate"]
    np.testing.assert_allclose(relative["estimate"][1], whole[1] / whole[0], **EXACT)
    assert len(model.curve("since", at={"exposed": "e1"})) == 101
    by_group = model.curve("exposed", at={"since": 30.0})
    assert list(by_group["exposed"]) == ["e0", "e1", "e2", "e3", "e4"]


def test_bands_stand_for_their_lower_edges_or_their_middles():
    people = {
        "born": [1930.0] * 40,
        "start": [1980.0] * 40,
        "stop": [1990.0 + year / 4 for year in range(40)],
        "ill": [1, 0] * 20,
    }
    rates = rate_table({"age": [0, 55, 60], "rate": [0.001, 0.01, 0.02]}, rate="rate")
    table = person_years(
        people,
        birth="born",
        entry="start",
        exit="stop",
        event="ill",
        rates=rates,
        age=[50, 54, 64, 70],
    )
    lower = ratio_regression(table, formula="~ age")
    middle = ratio_regression(table, formula="~ age", bands="middle")
    by_hand = table.summary().assign(age=[52.0, 59.0, 67.0])
    given = ratio_regression(by_hand, formula="~ age")
    np.testing.assert_allclose(
        middle.coefficients["estimate"], given.coefficients["estimate"], **EXACT
    )
    assert abs(middle.coefficients["estimate"][1] - lower.coefficients["estimate"][1]) > 0.001
    assert middle.curve("age")["age"].iloc[[0, -1]].tolist() == [52.0, 67.0]


def test_one_ratio_for_all_is_that_of_incidence_ratios(cells):
    model = ratio_regression(cells)
    total = incidence_ratios(cells).summary()
    np.testing.assert_allclose(model.summary()["ratio"], total["estimate"], **EXACT)
    assert model.tests().empty


def test_categories_alone_give_the_ratios_of_the_strata(cells):
    model = ratio_regression(cells, formula="~ 0 + exposed")
    strata = incidence_ratios(cells, by="exposed").summary()
    np.testing.assert_allclose(model.summary()["ratio"], strata["estimate"], **EXACT)
    ratios = model.ratios(at={"exposed": ["e4", "e0"]})
    np.testing.assert_allclose(ratios["estimate"], strata["estimate"].iloc[[4, 0]], **EXACT)


def test_order_of_rows_and_unit_of_expected_change_nothing(cells, as_frame):
    one = ratio_regression(as_frame(cells), formula=FULL)
    shuffled = cells.sample(frac=1.0, random_state=4)
    other = ratio_regression(as_frame(shuffled), formula=FULL)
    pd.testing.assert_frame_equal(one.coefficients, other.coefficients, check_exact=True)
    pd.testing.assert_frame_equal(one.covariance, other.covariance, check_exact=True)
    double = ratio_regression(cells.assign(expected=2 * cells["expected"]), formula=FULL)
    np.testing.assert_allclose(double.covariance, one.covariance, **SUMMED)


# Estimates that are infinite

EMPTY = {
    "site": ["a", "a", "b", "b", "c", "c"],
    "time": ["0", "1", "0", "1", "0", "1"],
    "observed": [6, 4, 0, 0, 8, 1],
    "expected": [2.0, 3.0, 1.0, 1.5, 3.0, 2.0],
}


def test_a_level_without_events_is_zero_with_one_limit():
    model = ratio_regression(EMPTY, formula="~ site + time")
    row = model.summary().set_index("term").loc["site[T.b]"]
    assert row["ratio"] == 0
    assert row["ratio_lower"] == 0
    assert row["estimate"] == -np.inf
    assert np.isnan(row["std_error"])
    assert 0 < row["ratio_upper"] < 1
    assert 0 < row["p_value"] < 0.05
    assert model.convergence.reached
    assert model.convergence.at_boundary == ("site[T.b]",)
    assert "site[T.b]" in repr(model)
    rest = ratio_regression(
        {name: [v for v, s in zip(column, EMPTY["site"], strict=True) if s != "b"]
         for name, column in EMPTY.items()},
        formula="~ site + time",
    )  # fmt: skip
    finite = [0, 2, 3]
    estimates = model.coefficients["estimate"][finite], rest.coefficients["estimate"]
    np.testing.assert_allclose(*estimates, **SUMMED)
    np.testing.assert_allclose(model.log_likelihood, rest.log_likelihood, **EXACT)
    assert model.df_residual == rest.df_residual


def test_the_limit_of_no_events_solves_its_equation():
    """One stratum of none in E: loglik falls by mu, so the limit is chi2 / 2E."""
    lone = {"site": ["a", "b"], "observed": [100_000, 0], "expected": [100_000.0, 5.0]}
    upper = ratio_regression(lone, formula="~ 0 + site").summary()["ratio_upper"][1]
    np.testing.assert_allclose(upper, special.chdtri(1, 0.05) / 10.0, **SUMMED)


def test_no_events_in_the_reference_makes_the_others_infinite():
    cells = {**EMPTY, "site": ["b", "b", "a", "a", "c", "c"]}
    model = ratio_regression(cells, formula="~ site + time")
    result = model.summary().set_index("term")
    assert list(result.loc[["site[T.b]", "site[T.c]"], "ratio"]) == [np.inf, np.inf]
    assert result.loc["site[T.b]", "ratio_lower"] > 1
    ratios = model.ratios(at={"site": ["a", "b"], "time": ["0", "0"]})
    assert ratios["estimate"][0] == 0
    assert ratios["lower"][0] == 0
    assert 0 < ratios["upper"][0] < np.inf
    other = ratio_regression(EMPTY, formula="~ site + time").ratios(
        at={"site": ["a"], "time": ["0"]}
    )
    np.testing.assert_allclose(ratios["estimate"][1], other["estimate"][0], **SUMMED)


def test_a_trend_without_events_after_the_start_is_infinite_not_a_runaway():
    cells = {"year": [0, 1, 2], "observed": [4, 0, 0], "expected": [2.0, 2.0, 2.0]}
    model = ratio_regression(cells, formula="~ year")
    assert model.coefficients["estimate"][1] == -np.inf
    test = model.tests()
    by_hand = 2 * (4 * np.log(4 / 2) - 4) - 2 * (4 * np.log(4 / 6) - 4)
    np.testing.assert_allclose(test["statistic"], by_hand, **SUMMED)


def test_crossed_levels_without_events():
    cells = pd.DataFrame(
        {
            "a": ["x", "x", "y", "y"],
            "b": ["u", "v", "u", "v"],
            "observed": [3, 5, 4, 0],
            "expected": [1.0, 2.0, 2.0, 1.0],
        }
    )
    model = ratio_regression(cells, formula="~ a * b")
    assert list(np.isinf(model.coefficients["estimate"])) == [False, False, False, True]
    assert ratio_regression(cells, formula="~ a + b").convergence.at_boundary == ()


# Bad input


@pytest.mark.parametrize(
    ("change", "formula", "said"),
    [
        ({"same": [1] * 6}, "~ same", "covariate is the same in every row"),
        ({"twin": EMPTY["site"]}, "~ site + twin", "collinear"),
        ({"site": ["a", None, "b", "b", "c", "c"]}, "~ site", "'site' at row 1"),
        ({}, "~ sight", "Did you mean 'site'"),
        ({}, "observed ~ site", "left-hand side"),
        ({}, "~ site +", "cannot be read"),
        ({"observed": [1, -1, 2.5, 0, 0, 0]}, "~ site", "count is not whole"),
        ({"expected": [0.0, 3.0, 1.0, 1.5, 3.0, 2.0]}, "~ site", "cancers where none is expected"),
        ({"observed": [0] * 6}, "~ site", "no cancer was observed"),
        ({"expected": [2.0, 3.0, 0.0, 0.0, 3.0, 2.0]}, "~ site", "levels have no expected"),
    ],
)
def test_bad_input_is_named(change, formula, said):
    with pytest.raises(TableError, match=said):
        ratio_regression(EMPTY | change, formula=formula)


def test_options_and_curves_that_cannot_be():
    with pytest.raises(TableError, match="there is no option 'wald'"):
        ratio_regression(EMPTY, formula="~ site", interval="wald")
    with pytest.raises(TableError, match="only a PersonYears result has edges of bands"):
        ratio_regression(EMPTY, formula="~ site", bands="middle")
    model = ratio_regression(EMPTY, formula="~ site + time")
    with pytest.raises(ArgumentError, match="the ratio depends on it too"):
        model.curve("site")
    with pytest.raises(ArgumentError, match="is not a covariate"):
        model.curve("sight")
    with pytest.raises(TableError, match="levels that the model was fitted with"):
        model.ratios(at={"site": ["z"], "time": ["0"]})


def test_cells_without_expected_cancers_say_nothing_and_are_counted():
    cells = {name: [*column, column[0]] for name, column in EMPTY.items()}
    cells["observed"][-1], cells["expected"][-1] = 0, 0.0
    model = ratio_regression(cells, formula="~ site + time")
    assert model.excluded[["reason", "rows"]].to_numpy().tolist() == [["no expected cancers", 1]]
    assert ratio_regression(EMPTY, formula="~ site + time").excluded.empty
    assert "1 more without expected cancers" in repr(model)
    plain = ratio_regression(EMPTY, formula="~ site + time")
    pd.testing.assert_frame_equal(model.coefficients, plain.coefficients)


# Ages that are not comparable

BY_AGE = {
    "age": [40, 70, 40, 70],
    "site": ["a", "a", "b", "b"],
    "observed": [9, 3, 2, 20],
    "expected": [3.0, 0.5, 0.5, 9.0],
}


def test_groups_of_other_ages_are_warned_of_once():
    with pytest.warns(ComparabilityWarning, match="standardised_rates") as caught:
        ratio_regression(BY_AGE, formula="~ site")
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ratio_regression(BY_AGE, formula="~ site + age")
        ratio_regression(BY_AGE | {"expected": [3.0, 5.0, 0.5, 0.9]}, formula="~ site")


def test_pictures(cells):
    import matplotlib.pyplot as plt

    model = ratio_regression(cells, formula="~ exposed + ns(since, df=3)")
    assert len(model.plot().get_yticks()) == 4
    ax = model.plot_curve("since", at={"exposed": "e1"}, reference=20)
    assert ax.get_yscale() == "log"
    assert model.plot_curve("exposed", at={"since": 30.0}).get_xticks().size == 5
    plt.close("all")
