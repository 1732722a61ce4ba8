"""Absolute risk: against numerical integration, by hand, and as properties."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from tests.screening.worlds import RATIOS, tables
from tests.tolerances import CLOSED_FORM, COARSE, EXACT, ITERATED

from paraneo import (
    cancer_risk,
    diagnostic_accuracy,
    incidence_ratios,
    marker_hazards,
    pooled_accuracy,
    pooled_ratio_curve,
    published_accuracy,
    rate_table,
    screening_window,
)
from paraneo.errors import ArgumentError, InputError, ParaneoError
from paraneo.screening._marker import share_of_group

RATES, MORTALITY = tables()
#: Quantiles of 20,000 draws beside a normal approximation, in parts of the limit.
DRAWN = dict.fromkeys(COARSE, 0.04)
ACCURACY = diagnostic_accuracy(31, 12, 9, 148)
#: One that the model allows over any window.
MILD = diagnostic_accuracy(18, 40, 22, 120)
WORLD = {"rates": RATES, "mortality": MORTALITY}
CLOSED = RATIOS.assign(end=[0.5, 1.0, 3.0, 10.0])
WOMAN = {"age": 43.3, "sex": "female", "year": 2008.6, **WORLD}


def risk(model=RATIOS, **options):
    return cancer_risk(model, **(WOMAN | {"horizon": 10.0} | options))


def integrated(ratio, times, person=WOMAN, mortality_ratio=1.0):
    """Return the crude risk by an integrator that knows nothing of grids."""
    group = RATES.group_codes({"sex": [person["sex"]]})

    def slope(t, state):
        age, year = person["age"] + t, person["year"] + t
        cancer = float(RATES.rates_at(age, year, group)[0]) * ratio(t)
        dying = mortality_ratio(t) if callable(mortality_ratio) else mortality_ratio
        death = float(MORTALITY.rates_at(age, year, group)[0]) * dying
        alive = np.exp(-state[1])
        return [cancer * alive, cancer + death]

    # stop at every jump, so that the order of the integrator holds
    jumps = {0.0, 0.5, 1.0, 3.0, *times, *(a - person["age"] for a in (50, 60))}
    jumps |= {y - person["year"] for y in (2010, 2020)}
    stops = sorted(t for t in jumps if 0 <= t <= max(times))
    state, found = np.zeros(2), {0.0: 0.0}
    for a, b in itertools.pairwise(stops):
        inner = (a + 1e-13, b - 1e-13)
        state = solve_ivp(slope, inner, state, method="DOP853", **EXACT).y[:, -1]
        found[b] = state[0]
    return np.array([found[t] for t in times])


def step(t):
    return RATIOS["estimate"].to_numpy()[np.searchsorted([0.5, 1.0, 3.0], t, side="right")]


def test_closed_form_is_the_integral():
    times = [0.25, 1.0, 2.7, 10.0]
    got = risk(mortality_ratio=1.7).at(times)["estimate"]
    np.testing.assert_allclose(got, integrated(step, times, mortality_ratio=1.7), **CLOSED_FORM)


def test_mortality_of_the_diseased_may_change_with_time():
    times = [0.25, 1.0, 2.7, 10.0]
    got = risk(mortality_ratio={"start": [0, 1], "estimate": [5.6, 2.6]}).at(times)["estimate"]
    wanted = integrated(step, times, mortality_ratio=lambda t: 5.6 if t < 1 else 2.6)
    np.testing.assert_allclose(got, wanted, **CLOSED_FORM)
    for wrong in ([1.0, 2.0], {"start": [1, 2], "estimate": [5.6, 2.6]}):
        with pytest.raises(InputError, match="'mortality_ratio': "):
            risk(mortality_ratio=wrong)


def test_deaths_of_the_cancer_itself_do_not_compete():
    """Who dies of the cancer was diagnosed before: 0.05 a year less 0.02 leaves 0.03."""
    flat, whole, own, other = (
        rate_table({"age": [0], "rate": [rate]}, rate="rate") for rate in (0.01, 0.05, 0.02, 0.03)
    )
    person = {"age": 60, "year": 2010, "rates": flat, "horizon": 10}
    model = {"start": [0], "end": [np.inf], "estimate": [4.0]}
    one = cancer_risk(model, mortality=whole, cancer_mortality=own, mortality_ratio=2, **person)
    two = cancer_risk(model, mortality=other, mortality_ratio=2, **person)
    np.testing.assert_allclose(one.at([1, 9]).to_numpy(), two.at([1, 9]).to_numpy(), **CLOSED_FORM)
    hazard = 0.04 + 2 * 0.03
    by_hand = 0.04 / hazard * -np.expm1(-hazard * 9)
    np.testing.assert_allclose(one.at(9)["estimate"], by_hand, **CLOSED_FORM)
    with pytest.raises(ParaneoError, match=r"at age 60 it is 0.02 a year, lower than that of the"):
        cancer_risk(model, mortality=own, cancer_mortality=whole, **person)


def test_ratios_of_one_give_the_population():
    plain = {"start": [0, 2], "end": [2, np.inf], "estimate": [1.0, 1.0]}
    frame = risk(plain).at(np.arange(1, 11))
    np.testing.assert_allclose(frame["estimate"], frame["population"], **EXACT)
    np.testing.assert_allclose(
        frame["population"], integrated(lambda _t: 1.0, range(1, 11)), **CLOSED_FORM
    )


def test_two_years_worked_by_hand():
    flat = rate_table({"age": [0], "rate": [0.02]}, rate="rate")
    death = rate_table({"age": [0], "rate": [0.03]}, rate="rate")
    model = {"start": [0, 1], "end": [1, 5], "estimate": [3.0, 1.0]}
    one = cancer_risk(model, age=50, year=2000, rates=flat, mortality=death, horizon=2)
    first = 0.06 / 0.09 * (1 - np.exp(-0.09))
    second = np.exp(-0.09) * 0.02 / 0.05 * (1 - np.exp(-0.05))
    np.testing.assert_allclose(one.at([1, 2])["estimate"], [first, first + second], **EXACT)
    later = one.given(1).within(1)["estimate"]
    np.testing.assert_allclose(later, 0.02 / 0.05 * (1 - np.exp(-0.05)), **EXACT)
    net = cancer_risk(
        model, age=50, year=2000, rates=flat, mortality=death, horizon=2, estimand="net"
    )
    np.testing.assert_allclose(net.at(2)["estimate"], 1 - np.exp(-0.08), **EXACT)


@given(st.floats(0.1, 4.9), st.floats(0.1, 5.0), st.sampled_from([None, "positive", "negative"]))
def test_conditional_risks_chain_to_the_marginal(s, width, marker):
    whole = risk(accuracy=MILD, marker=marker, estimand="net")
    before, after = whole.at([s, s + width])["estimate"]
    later = whole.given(s).within(width)["estimate"].iloc[0]
    np.testing.assert_allclose(1 - after, (1 - before) * (1 - later), **CLOSED_FORM)


@given(st.floats(0.05, 10.0), st.floats(0.0, 7.5))
def test_marker_groups_mix_to_the_whole(t, window_less):
    window = 10.0 - window_less
    options = {"accuracy": MILD, "accuracy_window": window}
    alone = {name: risk(marker=name, **options) for name in ("positive", "negative")}
    engine = alone["positive"].engine
    positives = engine.positives(engine.rows)
    share = share_of_group(positives, engine.ahead(engine.rows, 0.0))[0, 0]
    parts = [alone[name].at(t)["estimate"].iloc[0] for name in ("positive", "negative")]
    mixed = share * parts[0] + (1 - share) * parts[1]
    np.testing.assert_allclose(mixed, risk().at(t)["estimate"].iloc[0], **CLOSED_FORM)


@pytest.mark.parametrize("model", [RATIOS, CLOSED])
@pytest.mark.parametrize("marker", ["positive", "negative"])
def test_the_horizon_does_not_change_the_risk_before_it(model, marker):
    """The marker's excess ends where the model does, not where somebody stops asking."""
    horizons = (3.0, 6.0, 10.0) + ((14.0,) if model is RATIOS else ())
    found = [
        risk(model, accuracy=MILD, accuracy_window=3.0, marker=marker, horizon=horizon)
        for horizon in horizons
    ]
    for one in found[1:]:
        np.testing.assert_allclose(
            one.at([0.4, 1, 3]).to_numpy(), found[0].at([0.4, 1, 3]).to_numpy(), **CLOSED_FORM
        )
        later = one.given(1.0).at([2, 3])["estimate"]
        np.testing.assert_allclose(later, found[0].given(1.0).at([2, 3])["estimate"], **CLOSED_FORM)


def test_after_ten_years_an_open_excess_is_the_same_for_both_groups():
    options = {"accuracy": MILD, "accuracy_window": 3.0, "horizon": 15.0, "estimand": "net"}
    one, other = (risk(marker=name, **options).given(11.0) for name in ("positive", "negative"))
    whole = risk(estimand="net", horizon=15.0).given(11.0).at([12, 14])["estimate"]
    np.testing.assert_allclose(one.at([12, 14])["estimate"], whole, **CLOSED_FORM)
    np.testing.assert_allclose(other.at([12, 14])["estimate"], whole, **CLOSED_FORM)
    early = risk(marker="positive", **options).given(9.0).at([9.9])["estimate"].iloc[0]
    assert early > risk(estimand="net", horizon=15.0).given(9.0).at([9.9])["estimate"].iloc[0]
    open_end = ([0, 1, np.inf], [0.1, 0.02])
    split = marker_hazards(open_end, [5, 9, 11, 20], positives=(0.8, 0.1), background=0.01, draws=1)
    shown = split.hazards()
    np.testing.assert_allclose(shown.loc[2:, ["positive", "negative"]], 0.02, **EXACT)
    assert (shown.loc[:1, "positive"] > 0.02).all()
    same = marker_hazards(open_end, [5], positives=(0.8, 0.1), background=0.01, draws=1).hazards()
    np.testing.assert_allclose(same.iloc[0], shown.iloc[0], **EXACT)


def test_years_that_no_table_covers_stand_in_for_what_is_still_to_come():
    """A person at the end of the tables has a risk with a marker, as without one."""
    late = {"year": 2026.0, "accuracy": MILD, "accuracy_window": 3.0, "horizon": 3.0}
    row = risk(CLOSED, marker="positive", **late).at(3).iloc[0]
    assert row["lower"] < row["estimate"] < row["upper"]
    flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    dated = rate_table({"age": [0], "period": [2000], "rate": [0.01]}, rate="rate", period="period",
                       period_width=10)  # fmt: skip
    options = {"age": 50, "mortality": flat, "accuracy": MILD, "marker": "positive"}
    one, other = (
        cancer_risk(CLOSED, year=2006, rates=rates, horizon=3, **options).at(3)
        for rates in (flat, dated)
    )
    np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), **CLOSED_FORM)


@pytest.mark.parametrize("free", [0.0, 0.4, 2.0])
def test_groups_of_a_marker_that_wanes_mix_to_the_whole(free):
    """Also of windows and schedules, and the study sees its own sensitivity in each band."""
    waning = {"start": [0, 0.7], "end": [0.7, 3], "estimate": [0.55, 0.4]}
    options = {"accuracy": MILD, "sensitivity_by_time": waning, "estimand": "net"}
    whole, times = risk(**options), np.array([0.5, 0.7, 1.0, 2.5, 3.0, 9.0]) + free
    times = times[times <= 10]
    alone = {name: whole.with_marker(name).given(free) for name in ("positive", "negative")}
    engine = alone["positive"].engine
    ahead = engine.ahead(engine.rows, free)
    share = share_of_group(engine.positives(engine.rows), ahead)[0, 0]
    assert ahead.shape[-1] == 2
    parts = [alone[name].at(times)["estimate"] for name in ("positive", "negative")]
    mixed = share * parts[0] + (1 - share) * parts[1]
    np.testing.assert_allclose(mixed, whole.given(free).at(times)["estimate"], **CLOSED_FORM)
    if not free:
        positive = share * alone["positive"].at([0.7, 3.0])["estimate"].to_numpy()
        every = whole.at([0.7, 3.0])["estimate"].to_numpy()
        seen = [positive[0] / every[0], (positive[1] - positive[0]) / (every[1] - every[0])]
        np.testing.assert_allclose(seen, waning["estimate"], **CLOSED_FORM)
        left = 1 - (share - positive[1]) / (1 - every[1])
        np.testing.assert_allclose(left, 120 / 160, **CLOSED_FORM)
    later = whole.given(free, marker="positive").at(times)["estimate"]
    assert (later > whole.given(free).at(times)["estimate"]).all()


def test_a_useless_test_changes_nothing():
    useless = published_accuracy(sensitivity=0.3, specificity=0.7)
    times = [1, 4, 10]
    for marker in ("positive", "negative"):
        got = risk(accuracy=useless, marker=marker).at(times)["estimate"]
        np.testing.assert_allclose(got, risk().at(times)["estimate"], **EXACT)


@pytest.mark.parametrize("start", [0.0, 2.0])
def test_predictive_values_over_the_window_are_those_of_the_study(start):
    """Within its own window an accuracy of all first cancers is Bayes with the net risk."""
    whole = risk(estimand="net", accuracy=MILD, accuracy_window=3.0)
    later = whole.given(start, marker="positive")
    prevalence = whole.given(start).within(3)["estimate"].iloc[0]
    se, sp = 18 / 40, 120 / 160
    ppv = se * prevalence / (se * prevalence + (1 - sp) * (1 - prevalence))
    np.testing.assert_allclose(later.within(3)["estimate"].iloc[0], ppv, **CLOSED_FORM)
    if start == 0.0:
        got = whole.predictive_values(3).set_index("measure")["estimate"]
        npv = sp * (1 - prevalence) / (sp * (1 - prevalence) + (1 - se) * prevalence)
        np.testing.assert_allclose([got["ppv"], got["npv"]], [ppv, npv], **CLOSED_FORM)


def test_no_marker_takes_anybody_below_the_population_and_nothing_jumps_where_a_study_ends():
    cut = np.arange(0.0, 10.01, 0.25)
    yearly = {}
    for marker in ("positive", "negative"):
        one = risk(accuracy=ACCURACY, accuracy_window=2.0, marker=marker, estimand="net")
        found = one.engine.curves(one.engine.rows, 0.0, cut)
        yearly[marker] = np.diff(found.cumulative[0, 0]) / np.diff(found.background[0, 0])
        assert (yearly[marker] >= 1).all()
    ends = int(np.searchsorted(cut, 2.0))
    for ratio in yearly.values():
        assert 0.7 < ratio[ends] / ratio[ends - 1] < 1.3  # the window's end is no edge


def test_an_accuracy_that_the_model_contradicts_is_named_with_its_figures():
    with pytest.raises(ParaneoError, match="92 % over 10 years contradict the model: 164 %"):
        risk(accuracy=published_accuracy(sensitivity=0.9, specificity=0.92), marker="positive")
    one = risk(
        accuracy=published_accuracy(sensitivity=(0.78, 0.45, 0.94), specificity=(0.89, 0.82, 0.93)),
        marker="negative",
    )
    assert "Its confidence limits allow 100 %, which is taken" in repr(one)
    row = one.at(5).iloc[0]
    assert one.interval == "draws"
    assert row["lower"] <= row["estimate"] < row["upper"]


def test_cancers_before_the_diagnosis_are_part_of_what_a_study_counted():
    options = {"accuracy": ACCURACY, "accuracy_window": 3.0, "marker": "positive"}
    forwards, both = risk(**options), risk(before=(4.0, 2.0), **options)
    natural = float(RATES.rates_at(42.3, 2007.6, RATES.group_codes({"sex": ["female"]}))[0]) * 2
    np.testing.assert_allclose(both.engine.before, [[natural, 3 * natural]], **EXACT)
    assert forwards.at(5)["estimate"].item() != both.at(5)["estimate"].item()
    assert "those before it left out" in repr(forwards)
    assert "a ratio of 4 over the 2 years before it" in repr(both)


@pytest.mark.parametrize("specificity", [1.0, 0.9])
def test_rounding_never_becomes_a_person(specificity):
    """A hazard that sums to 42 and a test without false positives: risks stay risks."""
    much = {"start": [0, 5], "end": [5, np.inf], "excess": [8.0, 0.4]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = risk(
            much,
            accuracy=published_accuracy(sensitivity=0.5, specificity=specificity),
            accuracy_window=0.1,
        )
        for marker in ("positive", "negative"):
            try:
                own = one.given(6.0, marker=marker)
            except ArgumentError:
                continue
            found = own.at([6.5, 8, 10])["estimate"]
            assert ((found >= 0) & (found <= 1)).all()


def test_a_figure_without_limits_never_counts_as_known():
    wide = risk().at(5).iloc[0]
    one_missing = risk(RATIOS.assign(upper=[np.nan, *RATIOS["upper"][1:]])).at(5).iloc[0]
    assert one_missing["upper"] - one_missing["lower"] > 0.97 * (wide["upper"] - wide["lower"])
    none = RATIOS.assign(lower=[np.nan, *RATIOS["lower"][1:]], upper=[np.nan, *RATIOS["upper"][1:]])
    assert risk(none).at(5)[["lower", "upper"]].isna().all(axis=None)
    assert "no CI, as the ratios came without one" in repr(risk(none))


def test_degrees_of_freedom_of_an_accuracy_are_carried():
    """Of the accuracy alone: on the log-log scale limits by t are wider by qt(0.975, 5)/1.96."""
    tables = {"tp": [18, 31, 9, 44, 20, 33], "fp": [8, 29, 6, 22, 13, 30]}
    tables |= {"fn": [6, 15, 4, 31, 8, 19], "tn": [70, 88, 35, 140, 90, 77]}
    known = {"start": [0], "end": [np.inf], "excess": [0.05], "lower": [0.05], "upper": [0.05]}
    halves, spreads = [], []
    for test in ("z", "t"):
        accuracy = pooled_accuracy(tables, test=test)
        row = risk(known, accuracy=accuracy, marker="positive").at(5).iloc[0]
        low, middle, high = np.log(-np.log1p(-row[["lower", "estimate", "upper"]].astype(float)))
        np.testing.assert_allclose(high - middle, middle - low, **CLOSED_FORM)
        halves.append(high - middle)
        split = marker_hazards(
            ([0, 10], [0.06]), [2], accuracy=accuracy, window=5, background=0.01, draws=4000
        ).summary()
        first = split[split["marker"] == "positive"].iloc[0]
        spreads.append(np.log(first["upper"] / first["lower"]))
    assert halves[0] > 0
    wide = 2.570581835636 / 1.959963984540
    np.testing.assert_allclose(halves[1] / halves[0], wide, **ITERATED)
    assert 1.2 < spreads[1] / spreads[0] < 1.4  # the same stream of draws, further out


def test_a_band_without_a_cancer_has_its_upper_limit_in_the_risk():
    """A ratio of 0 (0 to 3): the upper limit of the risk is that of a ratio of 3."""
    flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    person = {"age": 60, "year": 2010, "rates": flat, "mortality": flat, "horizon": 10}
    sure = {"start": [0, 1], "end": [1, np.inf], "estimate": [4.0, 0.0]}
    sure |= {"lower": [4.0, 0.0], "upper": [4.0, 3.0]}
    one = cancer_risk(sure, **person, draws=20_000)
    assert one.interval == "draws"
    row, top = one.at(10).iloc[0], cancer_risk(sure | {"estimate": [4.0, 3.0]}, **person)
    first = one.at(1)["estimate"].iloc[0]
    np.testing.assert_allclose(row[["estimate", "lower"]].astype(float), first, **CLOSED_FORM)
    np.testing.assert_allclose(row["upper"], top.at(10)["estimate"].iloc[0], **DRAWN)
    done = screening_window(one, rule="ratio", threshold=2.0)
    assert (done.end.value, done.end.lower, done.end.upper) == (1.0, 1.0, np.inf)
    none = cancer_risk(sure | {"upper": [4.0, np.nan]}, **person)
    assert none.at(5)[["lower", "upper"]].isna().all(axis=None)
    # an excess of 0 likewise
    more = {"start": [0, 1], "end": [1, np.inf], "excess": [0.05, 0.0]}
    more |= {"lower": [0.05, 0.0], "upper": [0.05, 0.02]}
    found = cancer_risk(more, **person, accuracy=MILD, accuracy_window=3, marker="positive")
    row = found.at(10).iloc[0]
    assert 0 < row["estimate"] < row["upper"]


def test_delta_limits_agree_with_draws():
    times = [0.5, 2, 10]
    for marker in (None, "positive"):
        delta = risk(accuracy=MILD, marker=marker).at(times)
        drawn = risk(
            accuracy=MILD,
            marker=marker,
            interval="draws",
            draws=20_000,
            rng=np.random.default_rng(4),
        ).at(times)
        for side in ("lower", "upper"):
            np.testing.assert_allclose(delta[side], drawn[side], **DRAWN)
        np.testing.assert_allclose(delta["estimate"], drawn["estimate"], **EXACT)


def test_limits_of_one_constant_ratio_are_those_of_its_own_limits():
    flat = {"start": [0], "end": [np.inf], "estimate": [3.0], "lower": [2.0], "upper": [4.5]}
    got = risk(flat, estimand="net").at(5)
    for side, ratio in (("lower", 2.0), ("upper", 4.5)):
        alone = risk({"start": [0], "end": [np.inf], "estimate": [ratio]}, estimand="net").at(5)
        np.testing.assert_allclose(got[side], alone["estimate"], **ITERATED)


@pytest.mark.parametrize("level", [0.8, 0.99])
def test_the_level_of_a_risk_is_not_that_of_the_ratios_it_came_from(level):
    counts = {"follow_up": [0, 1], "observed": [40, 90], "expected": [8, 45]}
    asked = [
        incidence_ratios(counts, by="follow_up", interval="log-wald", level=own)
        for own in (0.95, 0.5)
    ]
    usual = asked[0].summary()
    table = usual.assign(start=[0, 1], end=[1, np.inf])[["start", "end", "estimate"]]
    table = table.assign(lower=usual["lower"], upper=usual["upper"])
    found = [risk(model, level=level).at([0.5, 4]) for model in (*asked, table)]
    for other in found[1:]:
        pd.testing.assert_frame_equal(other, found[0])


def test_many_people_in_one_call_are_each_themselves():
    people = {
        "age": [43.3, 61.0, 70.5],
        "sex": ["female", "M", "F"],
        "year": [2008.6, 2001.0, 2011],
    }
    marker = ["positive", None, "negative"]
    both = risk(accuracy=MILD, marker=marker, **people).given(0.5).at([1, 6])
    for k in range(3):
        one = {name: column[k] for name, column in people.items()}
        alone = risk(accuracy=MILD, marker=marker[k], **one).given(0.5).at([1, 6])
        part = both[both["person"] == k].drop(columns="person").reset_index(drop=True)
        pd.testing.assert_frame_equal(part, alone, **EXACT)


def test_higher_ratios_and_mortality_move_risk_as_they_must():
    high = RATIOS.assign(estimate=RATIOS["estimate"] * 1.2, upper=RATIOS["upper"] * 1.2)
    assert risk(high).at(10)["estimate"].iloc[0] > risk().at(10)["estimate"].iloc[0]
    assert risk(mortality_ratio=3).at(10)["estimate"].iloc[0] < risk().at(10)["estimate"].iloc[0]


@pytest.mark.parametrize("shape", ["piecewise", "decay"])
def test_a_pooled_curve_gives_the_risk_of_its_own_ratios(shape):
    studies = pd.DataFrame(
        {
            "study": ["a", "a", "b", "b", "c"],
            "start": [0, 1, 0, 2, 0],
            "end": [1, 5, 2, 12, 12],
            "observed": [20, 12, 18, 9, 40],
            "expected": [3.0, 6.0, 5.0, 7.0, 20.0],
        }
    )
    pooled = pooled_ratio_curve(studies, start="start", end="end", shape=shape)
    table = pd.DataFrame({"start": pooled.edges[:-1], "end": pooled.edges[1:]})
    table["estimate"] = pooled.values  # noqa: PD011 - an array, not a frame
    times = [0.5, 3, 10]
    own, other = risk(pooled).at(times), risk(table).at(times)
    np.testing.assert_allclose(own["estimate"], other["estimate"], **EXACT)
    assert (own["lower"] < own["estimate"]).all()


def test_many_people_fit_in_one_call():
    many = risk(age=np.linspace(30, 80, 2000)).at(5)
    assert len(many) == 2000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"horizon": 0}, "must be above zero"),
        ({"model": RATIOS.head(2)}, "the last window ends at 1 years, the horizon is 10"),
        ({"year": 2040.0}, "does not cover age 43.3 in 2040"),
        ({"sex": "unknown"}, "no such group"),
        ({"sex": None}, "it differs by sex"),
        ({"marker": "maybe", "accuracy": ACCURACY}, "'maybe' is not a marker result"),
        ({"marker": "positive"}, "requires an accuracy"),
        ({"age": -3}, "value is negative"),
        ({"age": 1950}, "it is above 120"),
        ({"limits": "draws"}, "It is called 'interval' here"),
        ({"rng": 3}, "default_rng"),
        ({"accuracy_window": 12.0, "model": CLOSED}, "the last window ends at 10 years"),
        ({"before": 3.0}, "must be a ratio and a number of years"),
        ({"model": 3.0}, "is not a model of the hazard"),
        ({"model": RATIOS.drop(columns="estimate")}, "no such column"),
        ({"model": RATIOS.drop(index=1)}, "does not begin where the one before"),
        ({"estimand": "gross"}, "no option 'gross'"),
        ({"covariates": {"x": [1]}}, "a table of ratios has no covariates"),
    ],
)
def test_risks_that_cannot_be_had(options, words):
    with pytest.raises((ArgumentError, ValueError), match=words):
        risk(**options)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda r: r.at(11), "beyond the horizon"),
        (lambda r: r.given(10), "not below the horizon"),
        (lambda r: r.given(2).at(1), "before the cancer-free time"),
        (lambda r: r.given(2, marker="positive"), "without an accuracy"),
        (lambda r: r.predictive_values(2), "made without one"),
        (lambda r: r.within(0), "above zero"),
        (lambda r: r.given(9).within(2), "'width': goes beyond the horizon"),
    ],
)
def test_questions_that_a_risk_cannot_answer(ask, words):
    with pytest.raises(ArgumentError, match=words):
        ask(risk())


def test_a_result_obtained_later_says_nothing_of_the_time_before():
    later = risk(accuracy=MILD).given(2, marker="positive")
    with pytest.raises(ArgumentError, match="lies before the marker was obtained, 2 years"):
        later.given(1)
    assert later.given(2).at(5)["estimate"].item() == later.at(5)["estimate"].item()


def test_it_says_that_it_is_for_research():
    assert "For research, not for the care of a person" in repr(risk())


def test_plot_draws():
    import matplotlib.pyplot as plt

    axes = risk().plot()
    assert "Years since diagnosis" in axes.get_xlabel()
    plt.close("all")
