"""The population's hazard along follow-up, net survival and crude probabilities."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from tests.support import HERE, kept, reference
from tests.tolerances import CLOSED_FORM, COARSE, EXACT, NUMERICAL, STOPPED_EARLY, SUMMED

from paraneo import (
    TableError,
    background_hazard,
    crude_probabilities,
    cumulative_incidence,
    net_survival,
    rate_table,
)
from paraneo.survival.net._net import sums_at
from paraneo.survival.net._net_people import grid_with

FOLDER = HERE / "reference" / "net_survival"
PEER = reference("net_survival")
YEAR = PEER["year_days"]
METHODS = ["pohar-perme", "ederer2", "ederer1", "hakulinen"]


def years(dates):
    """Return dates on the scale of the peer: days over its length of a year."""
    return (pd.to_datetime(dates) - pd.Timestamp("1970-01-01")).dt.days / YEAR


@pytest.fixture(scope="module")
def cohort():
    people = pd.read_csv(FOLDER / "people.csv")
    people["entry"] = years(people["entry"])
    people["birth"] = people["entry"] - people["age_days"] / YEAR
    people["exit"] = people["entry"] + people["days"] / YEAR
    rates = pd.read_csv(FOLDER / "rates.csv")
    rates["from"] = years(rates["year"].astype(str) + "-01-01")
    rates["rate"] = rates["per_day"] * YEAR
    # the last year is carried on, as the peer does unsaid
    table = rate_table(rates, rate="rate", period="from", by="sex", period_width=100)
    return people, {"birth": "birth", "entry": "entry", "exit": "exit", "rates": table}


def test_expected_hazards_agree_with_relsurv(cohort):
    people, columns = cohort
    found = background_hazard(people, **columns)
    assert_allclose(found.cumulative[:40], PEER["expected"], **SUMMED)


@pytest.mark.parametrize("method", METHODS)
def test_net_and_relative_survival_agree_with_relsurv(cohort, method):
    people, columns = cohort
    peer = PEER[method.replace("-", "_")]
    fine = method in METHODS[:2]
    some = people.iloc[:: PEER["every"]] if fine else people
    form = "exponential" if fine else "product"  # the peer's products have a factor a step
    result = net_survival(some, event="died", method=method, form=form, **columns)
    found = result.at(np.array(peer["days"]) / YEAR)
    close = NUMERICAL if fine else SUMMED
    assert_allclose(found["estimate"], peer["survival"], **close)
    assert_allclose(found["std_error"] / found["estimate"], peer["error"], **close)


@pytest.mark.parametrize("method", METHODS[:2])
def test_finer_steps_lead_relsurv_to_the_exact_integral(cohort, method):
    """Half the step halves what is left."""
    people, columns = cohort
    some = people.iloc[:: PEER["every"]]
    name = method.replace("-", "_")
    result = net_survival(some, event="died", method=method, form="exponential", **columns)
    left = []
    for peer in PEER["steps"][name]:
        exact = result.at(np.array(peer["days"]) / YEAR)["estimate"].iloc[0]
        left.append(abs(peer["survival"] / exact - 1.0))
    assert left[0] < 1e-5
    assert (np.array(left[1:]) < 0.6 * np.array(left[:-1])).all()


def shared_cohort():
    """Return the people and rates of a case kept outside, on the scale of the peer."""
    folder = kept("relsurv_rdata")
    people = pd.read_csv(folder / "data.csv")
    people["entry"] = years(people["entry"])
    people["birth"] = people["entry"] - people["age_days"] / YEAR
    people["exit"] = people["entry"] + people["time_days"] / YEAR
    rates = pd.read_csv(folder / "rates.csv")
    rates["from"] = years(rates["year"].astype(str) + "-01-01")
    rates["rate"] = rates["rate_per_day"] * YEAR
    table = rate_table(rates, rate="rate", period="from", by="sex", period_width=100)
    return people, {"birth": "birth", "entry": "entry", "exit": "exit", "rates": table}


@pytest.mark.parametrize(
    ("method", "far"),
    # what steps of a day, and weights that start anew at each exit, leave in the peer
    [
        ("ederer1", SUMMED),
        ("hakulinen", SUMMED),
        ("ederer2", STOPPED_EARLY),
        ("pohar-perme", COARSE),
    ],
)
def test_shared_relative_survival_case(method, far):
    people, columns = shared_cohort()
    peer = reference("relsurv_rdata")["relative_survival"][method]
    result = net_survival(people, event="status", method=method, interval="log", **columns)
    asked = np.array(peer["years"], dtype=float)
    assert result.at(asked)["at_risk"].tolist() == peer["n_risk"]
    if method != "pohar-perme":  # the peer holds the others constant from exit to exit
        exits = np.sort(people["exit"] - people["entry"])
        asked = exits[np.searchsorted(exits, asked, side="right") - 1]
    found = result.at(asked)
    assert_allclose(found["estimate"], peer["net_or_rel_surv"], **far)
    assert_allclose(found["std_error"], peer["se"], **far)
    assert_allclose(found["lower"], peer["lower"], **far)


def test_crude_probabilities_agree_with_relsurv(cohort):
    people, columns = cohort
    result = crude_probabilities(people, event="died", **columns)
    peer = PEER["crude"]
    found = result.at(np.array(peer["days"]) / YEAR).set_index("cause")
    for cause in ("disease", "population"):
        assert_allclose(found.loc[cause, "estimate"], peer[cause], **SUMMED)
        assert_allclose(found.loc[cause, "std_error"] ** 2, peer[f"var_{cause}"], **SUMMED)


def test_crude_probabilities_add_to_one_minus_observed_survival(cohort):
    people, columns = cohort
    total = crude_probabilities(people, event="died", **columns).summary()
    total = total.groupby("time")["estimate"].sum()
    died = people.assign(years=people["exit"] - people["entry"])
    observed = cumulative_incidence(died, exit="years", event="died").at(total.index)
    assert_allclose(total, observed["estimate"], **CLOSED_FORM)


RATES = rate_table(
    {
        "age": [0, 50, 0, 50, 0, 50, 0, 50],
        "year": [1990, 1990, 1990, 1990, 2000, 2000, 2000, 2000],
        "sex": ["F", "F", "M", "M"] * 2,
        "rate": [0.01, 0.02, 0.03, 0.04, 0.005, 0.015, 0.02, 0.03],
    },
    rate="rate",
    period="year",
    by="sex",
    period_width=20,
)
NAMES = {"birth": "born", "entry": "from", "exit": "to", "rates": RATES}


def test_one_life_by_hand():
    """Fifty in 1998 and followed from 1996 to 2003: three cells."""
    person = {"born": [1948.0], "from": [1996.0], "to": [2003.0], "sex": ["female"]}
    found = background_hazard(person, **NAMES)
    assert_allclose(found.cumulative, 2 * 0.01 + 2 * 0.02 + 3 * 0.015, **EXACT)
    assert_allclose(found.rate, 0.015)
    assert_allclose(found.hazard([2.0]), 0.01)  # the band that ends there
    assert_allclose(found.hazard([2.5]), 0.02)
    assert np.isnan(found.hazard([7.5])).all()
    assert_allclose(found.between(1, 3), 0.01 + 0.02, **EXACT)
    dated = {"born": ["1948-01-01"], "from": ["1996-01-01"], "to": ["2003-01-01"], "sex": ["F"]}
    found = background_hazard(dated, **NAMES)
    days = np.array([731, 730, 1096])  # 1996-97, 1998-99, 2000-02
    assert_allclose(found.cumulative, days @ [0.01, 0.02, 0.015] / 365.25, **EXACT)


def simulated(rng, n=60):
    entry = rng.uniform(1995, 2000, n)
    return pd.DataFrame(
        {
            "born": entry - rng.uniform(30, 70, n),
            "zero": entry,
            "from": entry + rng.choice([0, 0.5], n),
            "to": entry + 0.5 + np.ceil(np.minimum(rng.exponential(4, n), 15) * 50) / 50,
            "sex": rng.choice(["F", "M"], n),
            "died": rng.integers(0, 2, n),
        }
    )


@given(st.integers(0, 10_000))
def test_splitting_follow_up_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    people = simulated(rng)
    cut = (people["from"] + people["to"]) / 2
    both = pd.concat(
        [people.assign(to=cut, died=0), people.assign(**{"from": cut})], ignore_index=True
    ).sample(frac=1, random_state=seed)
    options = {**NAMES, "origin": "zero"}
    whole = background_hazard(people, **options).cumulative.sum()
    assert_allclose(background_hazard(both, **options).cumulative.sum(), whole, **EXACT)
    for method in METHODS[:2]:
        curves = [
            net_survival(data, event="died", method=method, form="exponential", **options).at(
                [1, 2, 4]
            )
            for data in (people, both)
        ]
        assert_allclose(curves[1]["estimate"], curves[0]["estimate"], **SUMMED)


@given(st.integers(0, 10_000))
def test_sums_of_those_at_risk_are_those_of_a_walk_of_each_through_all_times(seed):
    """Sums by rate beside sums person by person: two ways to the same numbers."""
    people = simulated(np.random.default_rng(seed))
    result = net_survival(people, event="died", **NAMES, origin="zero")
    (group,) = result._people
    grid, _ = grid_with(group, np.array([1.3, 2.0]))
    walk, quick = (sums_at(group, grid, beyond=beyond) for beyond in (True, False))
    assert_allclose(quick[:, :7], walk[:, :7], **SUMMED)


def test_without_deaths_in_the_population_net_survival_is_kaplan_meier():
    people = simulated(np.random.default_rng(1)).assign(sex="F")
    none = rate_table({"age": [0], "rate": [0.0]}, rate="rate")
    options = {**NAMES, "rates": none, "event": "died", "origin": "zero", "entry": "zero"}
    years_ = people.assign(t=people["to"] - people["zero"])
    wanted = cumulative_incidence(years_, exit="t", event="died").event_free([1, 2, 4])
    for method in METHODS:
        found = net_survival(people, method=method, **options).at([1, 2, 4])
        assert_allclose(found["estimate"], wanted["estimate"], **EXACT)
        assert found["at_risk"].tolist() == wanted["at_risk"].tolist()


def test_pohar_perme_integral_is_that_of_the_weighted_hazard():
    """The integral of sum(rate / S) / sum(1 / S) by brute force on a fine grid."""
    people = simulated(np.random.default_rng(2), n=8)
    people["died"] = (people["to"] - people["zero"]).rank() == 8
    options = {**NAMES, "entry": "zero", "event": "died"}
    found = net_survival(people, form="exponential", **options).at([3.0])["estimate"].iloc[0]
    background = background_hazard(people, **{**NAMES, "entry": "zero"})
    grid = np.linspace(0, 3, 30_001)
    middle, total = (grid[1:] + grid[:-1]) / 2, 0.0
    for t in middle:
        weight = np.exp(background.between(0, t)) * (background.exit >= t)
        hazard = np.nan_to_num(background.hazard(t))
        total += (weight @ hazard) / weight.sum() * (grid[1] - grid[0])
    assert_allclose(found, np.exp(total), **NUMERICAL)


def test_groups_pictures_and_text():
    people = simulated(np.random.default_rng(3)).assign(start=lambda x: x["zero"])
    options = {**NAMES, "entry": "start", "event": "died", "by": "sex"}
    net, crude = net_survival(people, **options), crude_probabilities(people, **options)
    alone = net_survival(people[people["sex"] == "F"], **options).at([2])["estimate"]
    assert_allclose(net.at([2])["estimate"].iloc[0], alone.iloc[0], **EXACT)
    assert len(net.plot().lines) == 2
    assert len(crude.plot().lines) == 4
    assert "NetSurvival (pohar-perme) of 60 people" in repr(net)
    assert background_hazard(people, **NAMES).plot().lines
    assert "60 rows" in repr(background_hazard(people, **NAMES))


GOOD = {"born": [1940.0], "from": [1995.0], "to": [2003.0], "sex": ["F"], "died": [1]}


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"to": [1995.0]}, {}, "'from' at row 0: entry is at or after 'to'"),
        ({"born": [1996.0]}, {}, "'from' at row 0: it lies before 'born'"),
        ({"to": [2030.0]}, {}, "'to' at row 0: the rate table has no rate for some of the time"),
        ({"sex": ["x"]}, {}, "the rate table has no group x"),
        ({"from": ["1995-01-01"]}, {}, "it holds dates where others hold plain numbers"),
        ({"died": [2]}, {}, "event 2 is not among those named"),
        ({}, {"method": "ederer3"}, "Did you mean 'ederer2'?"),
        ({}, {"interval": "logit"}, "there is no option 'logit'"),
    ],
)
def test_bad_input_is_reported(change, options, said):
    with pytest.raises(TableError) as error:
        net_survival({**GOOD, **change}, event="died", **NAMES, **options)
    assert said in str(error.value)


@pytest.mark.parametrize("method", METHODS)
def test_beyond_the_last_exit_nothing_is_known(method):
    flat = rate_table({"age": [0], "rate": [0.02]}, rate="rate")
    people = {"born": [1930.0] * 3, "start": [2000.0] * 3, "dead": [1, 0, 1]}
    people["stop"] = [2001.0, 2002.0, 2003.0]
    columns = {"birth": "born", "entry": "start", "exit": "stop", "event": "dead"}
    found = net_survival(people, **columns, rates=flat, method=method).at([2, 9])
    assert found["estimate"].notna().tolist() == [True, False]
