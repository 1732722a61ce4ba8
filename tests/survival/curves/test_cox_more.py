"""Cox models: exact ties, changing covariates, curves, proportionality, separation and penalty."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats
from tests.support import HERE, reference
from tests.tolerances import CONVERGED, EXACT, ITERATED, NUMERICAL, SUMMED

from paraneo import ArgumentError, ConvergenceWarning, TableError, cox_regression

VALUES = reference("cox_more")
DATA = pd.read_csv(HERE / "reference" / "survival" / "data.csv")
SEVERAL = {"formula": "~ x + age", "exit": "year", "event": "any"}
LATE = {"formula": "~ x", "exit": "out", "entry": "age", "event": "any", "strata": "sex"}
CHANGING = {"formula": "~ z + age", "exit": "stop", "entry": "start", "event": "hit", "id": "id"}
#: A cohort in which everybody with the mark has the event, and early.
SEPARATE = {"t": [1, 2, 3, 4, 5, 6], "what": [1, 1, 1, 0, 0, 0], "mark": [1, 1, 1, 0, 0, 0],
            "age": [3, 1, 2, 2, 1, 3]}  # fmt: skip
NAMES = {"exit": "t", "event": "what"}


@pytest.fixture(params=["mgus2", "pbc"])
def study(request):
    data = DATA[DATA["study"] == request.param].reset_index(drop=True)
    made = data.assign(
        out=np.round(data["age"] + data["time"], 6),
        any=(data["event"] > 0).astype(int),
        year=np.ceil(data["time"]),
        w=1 + data["id"] % 3,
        ip=1 / (0.2 + (data["id"] % 5) / 8),
    )
    return made, VALUES[request.param]


def halves(data):
    """Everybody's time in two rows, with a covariate that changes between them."""
    first = data.assign(start=0.0, stop=data["time"] / 2, hit=0, z=data["id"] % 2)
    other = (data["id"] % 3 == 0).astype(int)
    second = data.assign(start=data["time"] / 2, stop=data["time"], hit=data["any"], z=other)
    return pd.concat([first, second], ignore_index=True)


def agrees(fit, wanted):
    assert_allclose(fit.coefficients["estimate"], np.ravel(wanted["coef"]), **ITERATED)
    assert_allclose(fit.covariance, np.atleast_2d(wanted["vcov"]), **ITERATED)
    assert_allclose([fit.null_log_likelihood, fit.log_likelihood], wanted["loglik"], **SUMMED)
    assert_allclose(fit.tests()["statistic"][2], wanted["score"], **SUMMED)


def test_exact_ties_agree_with_coxph(study):
    data, values = study
    small = data.iloc[:150]
    agrees(cox_regression(small, ties="exact", **SEVERAL), values["exact"])
    fit = cox_regression(small, ties="exact", strata="sex", **SEVERAL)
    agrees(fit, values["exact_strata"])
    assert fit.survival_function([3.0], {"x": 0, "age": 60})["lower"].notna().all()


def test_covariates_that_change_and_fractional_weights_agree_with_coxph(study):
    data, values = study
    agrees(cox_regression(halves(data), **CHANGING), values["changing"])
    fit = cox_regression(halves(data), cluster="id", **CHANGING)
    agrees(fit, values["changing_cluster"])
    agrees(cox_regression(data, weights="ip", **SEVERAL), values["inverse"])
    with pytest.raises(TableError, match="rows of one person overlap"):
        cox_regression(halves(data).assign(start=0.0), **CHANGING)


@pytest.mark.parametrize("transform", ["km", "rank", "log", "identity"])
def test_tests_of_proportional_hazards_agree_with_cox_zph(study, transform):
    data, values = study
    fits = {
        "efron": cox_regression(data, **SEVERAL),
        "breslow": cox_regression(data, ties="breslow", **SEVERAL),
        "strata": cox_regression(data, strata="sex", **SEVERAL),
        "weights": cox_regression(data, weights="w", **SEVERAL),
        "late": cox_regression(data, **LATE),
    }
    for name, fit in fits.items():
        found, wanted = fit.time_dependence_test(transform), values["zph"][name][transform]
        assert_allclose(found["statistic"], wanted["chisq"], **ITERATED)
        assert found["df"].tolist() == wanted["df"]
        assert found["term"].iloc[-1] == "all"


def test_predicted_curves_agree_with_survfit(study):
    data, values = study
    at = pd.DataFrame({"x": [1, 0.5], "age": [60, 75]})
    fits = {
        "efron": cox_regression(data, **SEVERAL),
        "breslow": cox_regression(data, ties="breslow", **SEVERAL),
        "weights": cox_regression(data, weights="w", **SEVERAL),
        "strata": cox_regression(data, strata="sex", **SEVERAL),
    }
    for name, fit in fits.items():
        asked = at.iloc[:1] if name == "strata" else at
        found, wanted = fit.survival_function([3, 6, 10], asked), values["curve"][name]
        if name != "strata":  # their rows are times, ours people
            wanted = {key: np.reshape(v, (2, 3)).ravel() for key, v in wanted.items()}
        for ours, theirs in (("estimate", "surv"), ("lower", "lower"), ("upper", "upper")):
            assert_allclose(found[ours], wanted[theirs], **ITERATED)
        assert_allclose(found["std_error"], wanted["se"], **ITERATED)
        hazard = fit.cumulative_hazard([3, 6, 10], asked)["estimate"]
        assert_allclose(hazard, wanted["cumhaz"], **ITERATED)
    one = fit.survival_function([3], {"x": 1, "age": 60, "sex": data["sex"].iloc[0]})
    assert one["sex"].tolist() == [data["sex"].iloc[0]]
    assert fit.survival_function(at=at).groupby(["sex", "row"])["time"].min().eq(0).all()


def test_residuals_agree_with_coxph(study):
    data, values = study
    fit = cox_regression(data, **SEVERAL)
    assert_allclose(fit.residuals()["residual"][:40], values["martingale"], **ITERATED)
    assert_allclose(fit.residuals("score")[:40], values["score"], **NUMERICAL)
    shown = fit.residuals("schoenfeld").groupby("time").sum().to_numpy()
    assert_allclose(shown.sum(axis=0), 0.0, atol=SUMMED["rtol"] * len(data) * 10)
    assert len(fit.residuals("schoenfeld")) == fit.events


def test_a_covariate_that_separates_has_an_infinite_ratio_with_a_profile_limit():
    with pytest.warns(ConvergenceWarning, match="separated from those without by mark"):
        fit = cox_regression(SEPARATE, formula="~ mark", **NAMES)
    row = fit.coefficients.iloc[0]
    assert row["ratio"] == row["ratio_upper"] == np.inf
    b = row["lower"]

    def log_likelihood(b):
        left = np.array([3, 2, 1])
        return np.sum(b - np.log(left * np.exp(b) + 3))

    assert_allclose(-2 * (np.log(6) + log_likelihood(b)), stats.chi2.ppf(0.95, 1), **SUMMED)
    turned = {**SEPARATE, "mark": [0, 0, 0, 1, 1, 1]}
    with pytest.warns(ConvergenceWarning):
        other = cox_regression(turned, formula="~ mark", **NAMES).coefficients.iloc[0]
    assert other["ratio"] == other["ratio_lower"] == 0.0
    assert_allclose(other["upper"], -b, **CONVERGED)
    assert np.isnan(fit.tests()["statistic"][1])
    with pytest.raises(ArgumentError, match="Pass penalty='firth'"):
        fit.time_dependence_test()


def test_the_other_effects_beside_an_infinite_one_are_estimated():
    """In the limit only those with the mark are at risk, so that the mark drops out."""
    with pytest.warns(ConvergenceWarning):
        fit = cox_regression(SEPARATE, formula="~ mark + age", **NAMES)
    few = {name: values[:3] for name, values in SEPARATE.items()}
    alone = cox_regression(few, formula="~ age", **NAMES)
    assert_allclose(fit.coefficients["estimate"][1], alone.coefficients["estimate"][0], **NUMERICAL)
    assert_allclose(fit.covariance.iloc[1, 1], alone.covariance.iloc[0, 0], **NUMERICAL)


def test_without_events_nothing_is_known_and_that_is_said():
    with pytest.warns(ConvergenceWarning, match="there are no events"):
        fit = cox_regression({**SEPARATE, "what": [0] * 6}, formula="~ mark + age", **NAMES)
    found = fit.coefficients
    assert found["estimate"].isna().all()
    assert (found["upper"] - found["lower"]).eq(np.inf).all()


def test_a_covariate_that_is_the_same_within_every_stratum_is_named():
    people = {**SEPARATE, "arm": list("ababab"), "group": [1, 2, 1, 2, 1, 2]}
    with pytest.warns(ConvergenceWarning, match="do not differ, or not alone, in group"):
        fit = cox_regression(people, formula="~ age + group", strata="arm", **NAMES)
    assert fit.coefficients["estimate"].isna().all()


def test_firth_s_penalty_by_hand():
    """One event among one with the mark and one without: p^1.5 (1 - p)^0.5 is highest at 3/4."""
    people = {"t": [1, 2], "what": [1, 0], "mark": [1, 0]}
    fit = cox_regression(people, formula="~ mark", penalty="firth", interval="profile", **NAMES)
    row = fit.coefficients.iloc[0]
    assert_allclose(row["estimate"], np.log(3), **CONVERGED)
    highest = fit.log_likelihood + np.log(np.std(people["mark"]))
    assert_allclose(highest, 1.5 * np.log(0.75) + 0.5 * np.log(0.25), **EXACT)

    def fall(b):
        p = 1 / (1 + np.exp(-b))
        return 2 * (highest - 1.5 * np.log(p) - 0.5 * np.log1p(-p)) - 3.841458820694124

    assert_allclose(row["lower"], optimize.brentq(fall, -9, 1), **ITERATED)
    assert_allclose(row["upper"], optimize.brentq(fall, 2, 20), **ITERATED)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_firth_s_estimate_is_where_the_penalised_likelihood_is_highest(study, ties):
    """The penalty from the information of plain fits, its slope by differences."""
    data, _ = study
    names = {"exit": "year", "event": "any", "strata": "sex", "ties": ties}
    few = data.iloc[:80].assign(mark=lambda d: (d["any"] == 1) & (d["id"] % 4 == 0))
    few["mark"] = few["mark"].astype(int)
    fit = cox_regression(few, formula="~ mark + x + age", penalty="firth", **names)
    from paraneo.survival.curves._cox_likelihood import log_likelihood

    m = fit._model

    def value(b):
        at = log_likelihood(m.x, m.setting, b)
        return at.value + 0.5 * np.linalg.slogdet(-at.hessian)[1]

    step = 1e-4
    for one in np.eye(3):
        slope = (value(m.point + step * one) - value(m.point - step * one)) / (2 * step)
        assert abs(slope) < step**2 * len(few)
    assert_allclose(value(m.point), fit.log_likelihood, **EXACT)
    other = cox_regression(
        few.assign(age=few["age"] * 1e9, x=few["x"] - 2000), formula="~ mark + x + age",
        penalty="firth", **names,
    )  # fmt: skip
    scale = [1, 1, 1e9]
    found = other.coefficients["estimate"] * scale
    assert_allclose(found, fit.coefficients["estimate"], **CONVERGED)


def test_profile_limits_are_where_the_likelihood_has_fallen(study):
    data, _ = study
    fit = cox_regression(data, formula="~ age", exit="year", event="any", interval="profile")
    wide = cox_regression(data, formula="~ age", exit="year", event="any").coefficients
    for side in ("lower", "upper"):  # near Wald, but not the same
        gap = fit.coefficients[side] - wide[side]
        assert (abs(gap) > 0).all()
        assert (abs(gap) < wide["std_error"] / 5).all()
    m = fit._model
    from paraneo.survival.curves._cox_likelihood import log_likelihood

    for side in ("lower", "upper"):
        b = fit.coefficients[side].to_numpy() * m.spread
        fall = fit.log_likelihood - log_likelihood(m.x, m.setting, b).value
        assert_allclose(2 * fall, stats.chi2.ppf(0.95, 1), **SUMMED)


def test_before_the_first_event_the_curve_has_an_exact_upper_limit():
    people = {"t": [2, 3, 4, 5], "what": [0, 1, 1, 0], "age": [0, 1, 0, 1]}
    fit = cox_regression(people, formula="~ age", **NAMES)
    ratio = fit.coefficients["ratio"][0]
    found = fit.cumulative_hazard([1.0, 2.5], {"age": 0})
    most = -np.log(0.025) / np.array([2 + 2 * ratio, 1 + 2 * ratio])
    assert_allclose(found[["estimate", "lower"]], 0.0, **EXACT)
    assert_allclose(found["upper"], most, **SUMMED)
    assert fit.cumulative_hazard([6.0])["estimate"].isna().all()


def test_what_exact_ties_do_not_support_is_named():
    with pytest.raises(TableError, match="'penalty': exact ties do not support it") as caught:
        cox_regression(SEPARATE, formula="~ age", ties="exact", penalty="firth", cluster="mark",
                       **NAMES)  # fmt: skip
    assert len(caught.value.faults) == 2
