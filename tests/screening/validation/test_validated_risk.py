"""Predicted risks against cohorts: R, by hand, by brute force, as properties, in known worlds."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import mannwhitneyu
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from tests.support import HERE, reference
from tests.tolerances import (
    BY_DIFFERENCES,
    CLOSED_FORM,
    COARSE,
    EXACT,
    ITERATED,
    MONTE_CARLO_ERRORS,
    NONPARAMETRIC,
    NUMERICAL,
    SUMMED,
)

from paraneo import cumulative_incidence, decision_curve, validated_risk
from paraneo.errors import ParaneoWarning, TableError

COLUMNS = {"risk": "risk", "exit": "years", "event": "what", "competing": 2}
#: Monte Carlo: so many standard errors off happens once in 16 000 looks.
ERRORS = 4


def world(n, seed, *, censored=True, late=False, ties=False):
    """Return people with a risk score, cancer and death; times independent given the score."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=n)
    cancer = rng.exponential(1 / (0.06 * np.exp(0.8 * score)))
    death = rng.exponential(1 / 0.05, n)
    out = np.minimum(cancer, death)
    what = np.where(cancer < death, 1, 2)
    if censored:
        lost = rng.uniform(2, 12, n)
        what = np.where(lost < out, 0, what)
        out = np.minimum(out, lost)
    both = 0.06 * np.exp(0.8 * score) + 0.05
    truth = (both - 0.05) / both * -np.expm1(-5 * both)
    frame = pd.DataFrame({"score": score, "risk": truth, "years": out, "what": what})
    if late:
        frame["entry"] = np.where(rng.random(n) < 0.3, 0.0, rng.uniform(0, 4, n))
        frame = frame[frame["entry"] < frame["years"]].reset_index(drop=True)
    if ties:
        frame["years"] = np.ceil(frame["years"] * 4) / 4
        if late:
            frame["entry"] = np.floor(frame["entry"] * 4) / 4
    return frame


def measures(data, **options):
    given_ = {**COLUMNS, "horizon": 5.0, **options}
    return validated_risk(data, **given_).summary().set_index("measure")


def test_weights_are_those_that_r_redistributes_to_the_right():
    wanted = reference("risk_validation")
    data = pd.read_csv(HERE / "reference" / "survival" / "data.csv")
    data = data[data["study"] == "mgus2"]
    data["risk"] = 1 / (1 + np.exp(2.5 - 0.1 * data["x"] + 0.02 * (data["age"] - 70)))
    columns = {"risk": "risk", "exit": "time", "event": "event", "horizon": 10}
    found = validated_risk(data, **columns).summary().set_index("measure")["estimate"]
    for name in ("observed", "brier", "auc", "auc_event_free"):
        np.testing.assert_allclose(found[name], wanted[name], **NONPARAMETRIC)
    curve = decision_curve(data, **columns, thresholds=wanted["thresholds"]).summary()
    mine = curve.loc[curve["strategy"] == "risk", "estimate"]
    np.testing.assert_allclose(mine, wanted["net_benefit"], **NONPARAMETRIC)


def test_without_censoring_all_is_plain():
    data = world(400, 1, censored=False)
    data["risk"] = data["risk"].round(2)  # with ties
    case = (data["what"] == 1) & (data["years"] <= 5)
    free = data["years"] > 5
    risk = data["risk"]
    found = measures(data)["estimate"]

    def rank(control):
        u = mannwhitneyu(risk[case], risk[control]).statistic
        return u / (case.sum() * control.sum())

    wanted = {
        "observed": case.mean(),
        "expected": risk.mean(),
        "observed/expected": case.mean() / risk.mean(),
        "brier": ((case - risk) ** 2).mean(),
        "scaled_brier": 1 - ((case - risk) ** 2).mean() / (case.mean() * (1 - case.mean())),
        "auc": rank(~case),
        "auc_event_free": rank(free),
    }
    np.testing.assert_allclose(found[list(wanted)], list(wanted.values()), **EXACT)


def test_calibration_without_censoring_is_that_of_logistic_regression():
    """By statsmodels, with its sandwich (HC0) errors."""
    data = world(400, 3, censored=False)
    case = ((data["what"] == 1) & (data["years"] <= 5)).to_numpy().astype(float)
    line = logit(data["risk"].to_numpy())
    found = measures(data)
    one = np.ones((len(data), 1))
    flat = GLM(case, one, family=Binomial(), offset=line).fit(cov_type="HC0", tol=1e-14)
    both = GLM(case, np.column_stack([one, line]), family=Binomial())
    both = both.fit(cov_type="HC0", tol=1e-14)
    for name, fit, k in (("intercept", flat, 0), ("slope", both, 1)):
        row = found.loc[f"calibration_{name}"]
        np.testing.assert_allclose(row["estimate"], fit.params[k], **ITERATED)
        np.testing.assert_allclose(row["std_error"], fit.bse[k], **ITERATED)
        np.testing.assert_allclose(row["upper"] - row["lower"], 3.919928 * fit.bse[k], **NUMERICAL)
    curve = smooth_by_hand(data["risk"].to_numpy(), case)
    np.testing.assert_allclose(found.loc["ici", "estimate"], curve, **COARSE)


def smooth_by_hand(risk, case):
    """Return the mean distance of the risks from a local line at each of them."""
    near, off = int(np.ceil(0.75 * len(risk))), []
    for centre in risk:
        reach = np.sort(np.abs(risk - centre))[near - 1]
        kernel = np.clip(1 - (np.abs(risk - centre) / (reach * (1 + 1e-9))) ** 3, 0, None) ** 3
        height = np.polyfit(risk - centre, case, 1, w=np.sqrt(kernel))[1]
        off.append(abs(centre - np.clip(height, 0, 1)))
    return np.mean(off)


def test_true_risks_through_censoring_have_intercept_0_and_slope_1():
    data = world(4000, 8)
    found = measures(data)
    for name, wanted in (("intercept", 0.0), ("slope", 1.0)):
        row = found.loc[f"calibration_{name}"]
        assert abs(row["estimate"] - wanted) < MONTE_CARLO_ERRORS * row["std_error"]
    worse = data.assign(risk=expit(0.5 + 2 * logit(data["risk"])))
    slope = measures(worse).loc["calibration_slope"]
    np.testing.assert_allclose(
        slope["estimate"], found.loc["calibration_slope", "estimate"] / 2, **ITERATED
    )
    assert measures(worse).loc["ici", "estimate"] > found.loc["ici", "estimate"]


@pytest.mark.parametrize("what", [0, 1])
def test_where_everybody_or_nobody_is_a_case_nothing_is_made_up(what):
    data = {"years": [2.0, 3.0, 6.0, 7.0], "what": [what] * 4, "risk": [0.2, 0.4, 0.3, 0.6]}
    if not what:
        data["years"] = [6.0] * 4
    else:
        data["years"] = [1.0, 2.0, 3.0, 4.0]
    found = measures(pd.DataFrame(data))["estimate"]
    assert found["observed"] == what
    unknown = ["scaled_brier", "auc", "calibration_intercept", "calibration_slope"]
    assert found[unknown].isna().all()


def test_without_censoring_errors_are_the_classical_ones():
    data = world(300, 2, censored=False)
    case = ((data["what"] == 1) & (data["years"] <= 5)).to_numpy()
    risk, n = data["risk"].to_numpy(), len(data)
    found = measures(data)
    p = case.mean()
    assert found.loc["observed", "std_error"] == pytest.approx(
        np.sqrt(p * (1 - p) / n), rel=EXACT["rtol"]
    )
    # DeLong's variance, with the numbers of cases and controls as divisors
    wins = (risk[case][:, None] > risk[~case]) + 0.5 * (risk[case][:, None] == risk[~case])
    auc = wins.mean()
    variance = wins.mean(axis=1).var() / case.sum() + wins.mean(axis=0).var() / (~case).sum()
    wanted = np.sqrt(variance) / (auc * (1 - auc))
    assert found.loc["auc", "std_error"] == pytest.approx(wanted, rel=CLOSED_FORM["rtol"])


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("ties", [False, True])
def test_observed_is_the_aalen_johansen_curve_with_its_jackknife_error(late, ties):
    data = world(500, 3, late=late, ties=ties)
    entry = "entry" if late else None
    options = {"exit": "years", "event": "what", "entry": entry}
    curve = cumulative_incidence(data, **options, std_error="jackknife").at([5.0]).iloc[0]
    found = measures(data, entry=entry).loc["observed"]
    columns = ["estimate", "lower", "upper", "std_error"]
    np.testing.assert_allclose(
        found[columns].astype(float), curve[columns].astype(float), **NONPARAMETRIC
    )


@pytest.mark.parametrize("late", [False, True])
def test_groups_are_aalen_johansen_within_each(late):
    data = world(600, 4, late=late)
    entry = "entry" if late else None
    done = validated_risk(data, **COLUMNS, horizon=5, entry=entry, groups=[0.1, 0.3])
    data["group"] = np.digitize(data["risk"], [0.1, 0.3])
    options = {"exit": "years", "event": "what", "entry": entry, "by": "group"}
    wanted = cumulative_incidence(data, **options, std_error="jackknife").at([5.0])
    columns = ["estimate", "lower", "upper", "std_error"]
    np.testing.assert_allclose(done.groups[columns], wanted[columns], **NONPARAMETRIC)
    assert done.groups["n"].tolist() == data["group"].value_counts(sort=False).sort_index().tolist()
    if not late:
        plain = data.groupby("group")["risk"].mean()
        np.testing.assert_allclose(done.groups["predicted"], plain, **EXACT)


def by_definition(data, times):
    """Return observed, expected, Brier and both AUCs of people who count so many times."""
    out, entry, risk = (data[name].to_numpy() for name in ("years", "entry", "risk"))
    what = data["what"].to_numpy()
    weight, free_share = np.zeros(len(out)), 1.0
    for t in np.unique(out[(what > 0) & (out <= 5)]):
        at_risk = times[(entry < t) & (out >= t)].sum()
        now = (out == t) & (what > 0)
        weight[now] = free_share * times[now] / at_risk
        free_share *= 1 - times[now].sum() / at_risk
    known = (what > 0) & (out <= 5)
    free = ~known & (out >= 5) & (entry < 5)
    weight[free] = free_share * times[free] / times[free].sum()
    case = known & (what == 1)
    wins = np.sign(risk[:, None] - risk) / 2 + 0.5

    def auc(control):
        a, b = weight * case, weight * control
        return a @ wins @ b / (a.sum() * b.sum())

    mean = weight @ risk
    brier = weight @ (case - risk) ** 2
    o = weight @ case
    return np.array([o, mean, o / mean, brier, 1 - brier / (o * (1 - o)), auc(~case), auc(free)])


def test_influences_are_derivatives_of_the_definition():
    data = world(60, 5, late=True, ties=True)
    done = validated_risk(data, **COLUMNS, horizon=5, entry="entry")
    once = np.ones(len(data))
    more = ("calibration_intercept", "calibration_slope", "ici")
    found = {name: one for name, one in done._measured[0][0].items() if name not in more}
    np.testing.assert_allclose(
        [one.value for one in found.values()], by_definition(data, once), **NONPARAMETRIC
    )
    step = 1e-5
    for i in range(0, len(data), 7):
        more, less = once.copy(), once.copy()
        more[i] += step
        less[i] -= step
        slope = (by_definition(data, more) - by_definition(data, less)) / (2 * step)
        mine = [one.influence[i] for one in found.values()]
        np.testing.assert_allclose(mine, slope, **BY_DIFFERENCES)
    for one in found.values():
        assert abs(one.influence.sum()) < 1e-12


def test_by_hand_with_late_entry():
    # at 1: 3 at risk, a cancer: S = 2/3; at 2: 4 at risk (two came), a death: S = 1/2;
    # at 4: 2 at risk (one lost at 3), a cancer: S = 1/4; one is seen to 5
    people = {
        "entry": [0, 0, 0, 1, 1.5],
        "years": [1, 2, 3, 4, 5],
        "what": [1, 2, 0, 1, 0],
        "risk": [0.8, 0.4, 0.9, 0.3, 0.2],
    }
    found = measures(people, entry="entry", groups=1)["estimate"]
    weight = np.array([1 / 3, 1 / 6, 0, 1 / 4, 1 / 4])
    case = np.array([1, 0, 0, 1, 0])
    risk = np.array(people["risk"])
    assert found["observed"] == pytest.approx(7 / 12)
    assert found["expected"] == pytest.approx(weight @ risk)
    assert found["brier"] == pytest.approx(weight @ (case - risk) ** 2)
    # of the pairs only the cancer at 4 against the death is the wrong way round
    wrong = (1 / 4) * (1 / 6)
    assert found["auc"] == pytest.approx(1 - wrong / (7 / 12 * 5 / 12))
    assert found["auc_event_free"] == 1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_laws(seed, late):
    data = world(120, seed, late=late, ties=True)
    options = {"entry": "entry"} if late else {}
    found = measures(data, **options)
    order = np.random.default_rng(seed).permutation(len(data))
    shuffled = measures(data.iloc[order], **options)
    np.testing.assert_allclose(shuffled["estimate"], found["estimate"], **NONPARAMETRIC)
    np.testing.assert_allclose(shuffled["std_error"], found["std_error"], **NONPARAMETRIC)
    bent = measures(data.assign(risk=data["risk"] ** 3 / 2), **options)
    assert bent.loc["auc", "estimate"] == found.loc["auc", "estimate"]
    useless = measures(data.assign(risk=0.2), **options)
    assert useless.loc["auc", "estimate"] == pytest.approx(0.5, rel=EXACT["rtol"])
    twice = measures(pd.concat([data, data]), **options)
    np.testing.assert_allclose(twice["estimate"], found["estimate"], **NONPARAMETRIC)
    # the observed risk for all has no skill, and each error shrinks by the root of 2
    flat = measures(data.assign(risk=found.loc["observed", "estimate"]), **options)
    assert abs(flat.loc["scaled_brier", "estimate"]) < 1e-12
    assert flat.loc["observed/expected", "estimate"] == pytest.approx(1, rel=EXACT["rtol"])
    plain = ["observed", "brier", "auc"]
    np.testing.assert_allclose(
        twice.loc[plain, "std_error"] * np.sqrt(2), found.loc[plain, "std_error"], **NONPARAMETRIC
    )
    times = ["years", "entry"] if late else ["years"]
    months = data.assign(**{name: 12 * data[name] for name in times})
    monthly = measures(months, **options, horizon=60)
    np.testing.assert_allclose(monthly["estimate"], found["estimate"], **NONPARAMETRIC)


@pytest.mark.parametrize("late", [False, True])
def test_known_world_comes_back_through_censoring_and_late_entry(late):
    everybody = world(400_000, 6, censored=False)
    truth = measures(everybody)["estimate"]
    found = measures(world(40_000, 7, late=late), entry="entry" if late else None)
    plain = ["observed", "expected"]
    off = (found["estimate"] - truth)[plain] / found["std_error"][plain]
    assert (off.abs() < ERRORS).all()
    for name in ("brier", "auc", "auc_event_free"):
        a, b = (np.log(x / (1 - x)) for x in (found.loc[name, "estimate"], truth[name]))
        assert abs(a - b) < ERRORS * found.loc[name, "std_error"]
    # the true risks are calibrated
    assert found.loc["observed/expected", "lower"] < 1 < found.loc["observed/expected", "upper"]


def test_late_entry_left_out_of_account_is_wrong():
    # the same people, their early time counted as though it had been watched
    data = world(40_000, 7, late=True)
    right = measures(data, entry="entry").loc["observed"]
    wrong = measures(data).loc["observed"]
    assert right["estimate"] - wrong["estimate"] > 10 * right["std_error"]


def test_limits_cover():
    truth = measures(world(400_000, 6, censored=False))["estimate"]
    runs = [measures(world(400, 100 + k, late=True), entry="entry", groups=1) for k in range(150)]
    for name in ("observed", "brier", "auc"):
        inside = [run.loc[name, "lower"] < truth[name] < run.loc[name, "upper"] for run in runs]
        # 95 % of 150 less 4 Monte Carlo errors
        assert np.mean(inside) > 0.95 - ERRORS * np.sqrt(0.95 * 0.05 / len(runs))


def test_who_enters_after_the_horizon_says_nothing():
    data = world(300, 18, late=True)
    early = data[data["entry"] < 2].reset_index(drop=True)
    assert len(early) < len(data)
    options = {"entry": "entry", "horizon": 2.0, "groups": 1}
    columns = ["estimate", "std_error"]
    np.testing.assert_allclose(
        measures(data, **options)[columns], measures(early, **options)[columns], **NONPARAMETRIC
    )


def test_two_risks_are_compared_in_the_same_people():
    data = world(800, 8).assign(noise=lambda d: d["risk"].sample(frac=1, random_state=1).to_numpy())
    data["same"] = data["risk"]
    done = validated_risk(
        data, risk=["risk", "same", "noise"], exit="years", event="what", horizon=5
    )
    frame = done.differences().set_index(["risk", "measure"])
    assert (frame.loc["same", ["estimate", "std_error"]] == 0).all(axis=None)
    whole = done.summary().set_index(["risk", "measure"])["estimate"]
    auc = frame.loc[("noise", "auc")]
    assert auc["estimate"] == pytest.approx(whole["noise", "auc"] - whole["risk", "auc"])
    assert auc["upper"] < 0
    assert auc["p_value"] < 0.001
    swapped = done.differences("noise").set_index(["risk", "measure"])
    assert swapped.loc[("risk", "auc"), "estimate"] == pytest.approx(-auc["estimate"])


def test_curve_is_a_local_line():
    data = world(300, 9, censored=False)
    curve = validated_risk(data, **COLUMNS, horizon=5).curve(points=7, span=0.5)
    case = ((data["what"] == 1) & (data["years"] <= 5)).to_numpy(dtype=float)
    risk = data["risk"].to_numpy()
    for at, value in zip(curve["predicted"], curve["estimate"], strict=True):
        distance = np.abs(risk - at)
        reach = np.sort(distance)[149] * (1 + 1e-9)
        kernel = np.clip(1 - (distance / reach) ** 3, 0, None) ** 3
        line = np.polyfit(risk, case, 1, w=np.sqrt(kernel))
        assert value == pytest.approx(np.clip(np.polyval(line, at), 0, 1), abs=SUMMED["rtol"])


def test_curve_of_true_risks_is_the_diagonal():
    curve = validated_risk(world(30_000, 10, late=True), **COLUMNS, horizon=5, entry="entry").curve(
        points=10, span=0.3
    )
    inner = curve.iloc[1:-1]
    off = (inner["estimate"] - inner["predicted"]).abs()
    assert (off < ERRORS * inner["std_error"]).all()


def test_curve_of_one_risk_for_all_is_the_observed_risk():
    done = validated_risk(world(200, 11).assign(risk=0.3), **COLUMNS, horizon=5)
    curve = done.curve()
    assert len(curve) == len(done.groups) == 1
    observed = done.summary().set_index("measure").loc["observed"]
    assert curve.loc[0, "estimate"] == pytest.approx(observed["estimate"])
    assert curve.loc[0, "std_error"] == pytest.approx(observed["std_error"])


def test_each_group_of_by_is_checked_by_itself():
    data = world(600, 12).assign(sex=lambda d: np.where(np.arange(len(d)) % 2, "f", "m"))
    both = validated_risk(data, **COLUMNS, horizon=5, by="sex")
    for sex, part in data.groupby("sex"):
        alone = validated_risk(part, **COLUMNS, horizon=5)
        for whole, own in (
            (both.summary(), alone.summary()),
            (both.groups, alone.groups),
            (both.curve(points=5), alone.curve(points=5)),
        ):
            mine = whole[whole["sex"] == sex].drop(columns="sex").reset_index(drop=True)
            pd.testing.assert_frame_equal(mine, own)


def test_net_benefit_without_censoring_is_the_formula():
    data = world(400, 13, censored=False).assign(marker=lambda d: d["score"] > 0.5)
    at = np.array([0.05, 0.2, 0.4])
    done = decision_curve(data, **COLUMNS, horizon=5, marker="marker", thresholds=at)
    frame = done.summary().set_index("strategy")
    case = ((data["what"] == 1) & (data["years"] <= 5)).to_numpy()
    odds = at / (1 - at)
    np.testing.assert_allclose(
        frame.loc["all", "estimate"], case.mean() - (1 - case.mean()) * odds, **EXACT
    )
    assert (frame.loc["none", ["estimate", "lower", "upper", "screened"]] == 0).all(axis=None)
    looked = data["marker"].to_numpy()
    wanted = (looked & case).mean() - (looked & ~case).mean() * odds
    np.testing.assert_allclose(frame.loc["marker", "estimate"], wanted, **EXACT)
    above = data["risk"].to_numpy()[:, None] >= at
    wanted = (above & case[:, None]).mean(0) - (above & ~case[:, None]).mean(0) * odds
    np.testing.assert_allclose(frame.loc["risk", "estimate"], wanted, **EXACT)
    np.testing.assert_allclose(frame.loc["risk", "screened"], above.mean(0), **EXACT)
    # the error is that of a mean over people
    each = looked[:, None] * np.where(case[:, None], 1.0, -odds)
    np.testing.assert_allclose(
        frame.loc["marker", "std_error"], each.std(axis=0) / np.sqrt(len(data)), **NONPARAMETRIC
    )


def test_net_benefit_against_another_strategy():
    data = world(500, 14, late=True).assign(everyone=1)
    done = decision_curve(
        data, **COLUMNS, horizon=5, entry="entry", marker="everyone", thresholds=[0.1, 0.3]
    )
    whole = done.summary().set_index("strategy")
    less = done.against("all").set_index("strategy")
    assert set(less.index) == {"none", "everyone", "risk"}
    assert (less.loc["everyone", ["estimate", "std_error"]] == 0).all(axis=None)
    np.testing.assert_allclose(
        less.loc["risk", "estimate"],
        np.subtract(whole.loc["risk", "estimate"], np.array(whole.loc["all", "estimate"])),
        **NONPARAMETRIC,
    )
    np.testing.assert_allclose(less.loc["none", "estimate"], -whole.loc["all", "estimate"])
    np.testing.assert_allclose(whole.loc["all", "screened"], 1.0)


def test_true_risks_are_never_worse_than_all_or_none():
    data = world(200_000, 15, censored=False)
    at = [0.05, 0.15, 0.3, 0.5]
    frame = decision_curve(data, **COLUMNS, horizon=5, thresholds=at).summary()
    wide = frame.pivot_table(index="threshold", columns="strategy", values="estimate")
    assert (wide["risk"] > wide[["all", "none"]].max(axis=1) - 1e-3).all()


def test_default_thresholds_and_pictures():
    data = world(300, 16).assign(other=lambda d: d["risk"] / 2, positive=lambda d: d["score"] > 0)
    both = {**COLUMNS, "risk": ["risk", "other"]}
    curve = decision_curve(data, **both, marker="positive", horizon=5)
    assert 0 < curve.thresholds.min() < curve.thresholds.max() < 1
    ax = curve.plot()
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["all", "none", "positive", "risk", "other"]
    ax = validated_risk(data, **both, horizon=5).plot()
    assert "Predicted risk by 5" in ax.get_xlabel()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["perfect", "risk", "other"]
    plt.close("all")


def test_horizon_that_is_an_exit_of_all_is_seen():
    # everybody is followed for five years: those who leave then are seen up to then
    data = world(200, 17, censored=False)
    cut = data.assign(
        years=data["years"].clip(upper=5), what=np.where(data["years"] > 5, 0, data["what"])
    )
    pd.testing.assert_frame_equal(measures(cut), measures(data))


def test_group_without_follow_up_is_missing_and_no_case_gives_no_auc():
    people = {"years": [1, 6, 6, 2, 3], "what": [1, 0, 0, 0, 0], "risk": [0.2, 0.2, 0.2, 0.7, 0.7]}
    groups = validated_risk(people, **COLUMNS, horizon=5, groups=[0.5]).groups
    assert groups["estimate"].isna().tolist() == [False, True]
    late = {"years": [6, 6, 7], "what": [0, 1, 1], "risk": [0.1, 0.2, 0.3]}
    found = measures(late)
    assert found.loc["observed", "estimate"] == 0
    assert np.isnan(found.loc["auc", "estimate"])


def test_faults_are_told_together():
    people = {
        "years": [1, 2, 3],
        "what": [1, 2, 0],
        "risk": [20.0, 0.1, np.nan],
        "sex": list("mff"),
    }
    with pytest.raises(TableError) as caught:
        validated_risk(people, **COLUMNS, horizon=-1, groups=0, level=95)
    text = str(caught.value)
    for part in (
        "'risk' at row 0: probability is above 1; it looks like a percentage. Divide it by 100",
        "'risk' at row 2: value is missing",
        "'horizon': must be above zero",
        "'groups': 0 is too few. Give 1 or more",
        "'level': 95 does not lie strictly between 0 and 1. Write 0.95",
    ):
        assert part in text
    with pytest.raises(TableError, match=r"'groups'.*rising risks between 0 and 1"):
        validated_risk({**people, "risk": [0.1] * 3}, **COLUMNS, horizon=2, groups=[0.5, 0.2])


def test_horizon_beyond_follow_up_is_a_fault():
    people = {"years": [1, 2, 3], "what": [1, 2, 0], "risk": [0.2, 0.1, 0.3]}
    with pytest.raises(TableError, match="ends at 3, before the horizon of 5"):
        validated_risk(people, **COLUMNS, horizon=5)
    gap = {"entry": [0, 0, 3], "years": [1, 2, 6], "what": [1, 2, 0], "risk": [0.2, 0.1, 0.3]}
    with pytest.raises(TableError, match="nobody is left under observation"):
        validated_risk(gap, **COLUMNS, horizon=5, entry="entry")


def test_nobody_observed_from_the_start_is_said():
    people = {"entry": [1, 1, 1], "years": [2, 6, 6], "what": [1, 0, 0], "risk": [0.4, 0.1, 0.2]}
    with pytest.warns(ParaneoWarning, match="nobody is observed before 1"):
        validated_risk(people, **COLUMNS, horizon=5, entry="entry")


def test_faults_of_decision_curves():
    people = {"years": [1, 2, 6], "what": [1, 2, 0], "risk": [0.2, 0.1, 0.3], "all": [1, 0, 2]}
    with pytest.raises(TableError) as caught:
        decision_curve(people, **COLUMNS, horizon=5, marker="all", thresholds=[0, 0.2])
    text = str(caught.value)
    assert "'all': a strategy of this name exists already" in text
    assert "'all' at row 2: marker is neither 0 nor 1" in text
    assert "'thresholds': do not all lie between 0 and 1" in text
    done = decision_curve(people, **COLUMNS, horizon=5, thresholds=[0.1])
    with pytest.raises(ValueError, match="there is no strategy 'some'"):
        done.against("some")
