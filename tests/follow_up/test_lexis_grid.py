"""The pass over a grid holds to the last digit what the pass without a grid does."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraneo import person_years, rate_table
from paraneo.follow_up import _lexis_grid, _walks

COLUMNS = {"birth": "born", "entry": "start", "exit": "stop", "event": ["ill", "dead"], "id": "id"}
FIRST = np.datetime64("1900-01-01")


def rates(scale, holes):
    """Return rates for two sexes by uneven bands, some of them missing."""
    rows = [(s, a, y) for s in "fm" for a in (0, 20, 21, 40.5, 60) for y in range(1900, 1990, 18)]
    frame = pd.DataFrame(rows, columns=["sex", "age", "year"])
    values = scale * (1 + np.arange(len(frame))) / 3
    values[list(holes)] = np.nan
    frame["rate"] = values
    return rate_table(frame, rate="rate", period="year", by="sex", highest_rate=float("inf"))


def cohort(draw, civil):
    """Return some people, several spells each, many of them ending at cuts."""
    count = draw(st.integers(1, 6))
    rows = []
    for person in range(count):
        born = draw(st.integers(0, 35 * 12))
        at = born + draw(st.integers(0, 500))
        for _ in range(draw(st.integers(1, 3))):
            last = at + draw(st.integers(0, 180))
            who = (draw(st.sampled_from("fm")), draw(st.integers(0, 1)), draw(st.integers(0, 1)))
            rows.append((person, born, at, last, *who))
            at = last + draw(st.integers(0, 12))
    people = pd.DataFrame(rows, columns=["id", "born", "start", "stop", "sex", "ill", "dead"])
    shift = draw(st.integers(0, 2))
    people["first"] = np.maximum(people["start"] - draw(st.integers(0, 30)), people["born"])
    for name in ("born", "start", "stop", "first"):
        if civil:
            months = np.datetime64("1900-01") + people[name].to_numpy().astype("timedelta64[M]")
            people[name] = months.astype("datetime64[D]").astype("datetime64[s]") + (
                np.timedelta64(shift, "D")
            )
        else:
            people[name] = 1900 + people[name] / 12
    return people


@st.composite
def questions(draw):
    civil = draw(st.booleans())
    how = {"data": cohort(draw, civil), **COLUMNS}
    bands = {
        "age": [0, 20, 40.5, 41, 70],
        "period": [1905, 1930.25, 1960],
        "follow_up": [0, 1 / 12, 0.1, 2, 10],
    }
    how |= {name: edges for name, edges in bands.items() if draw(st.booleans())}
    how["by"] = draw(st.sampled_from([(), "sex", ("sex", "dead")]))
    how["origin"] = draw(st.sampled_from([None, "first"]))
    how["window"] = draw(st.sampled_from([None, (2 / 12, 5)]))
    how["zero_time"] = draw(st.sampled_from(["exclude", "include", "half_day"]))
    how["missing_rates"] = draw(st.sampled_from(["nearest", "drop"]))
    holes = draw(st.sets(st.integers(0, 49), max_size=30))
    one, two = rates(1e-3, holes), rates(2.5, ())
    each = [{"ill": one, "dead": two}, {"ill": one, "dead": one}, None]
    how["rates"] = draw(st.sampled_from(each))
    return how


def digits(result):
    """Return every digit that a table of person-years holds."""
    found = []
    for totals in (part.totals for part in result.parts):
        strata, *arrays = totals.occupied()
        cells = strata, [array.tobytes() for array in arrays]
        found.append((cells, totals.others.tobytes(), totals.missing.sum()))
    return found


@pytest.mark.filterwarnings("ignore::paraneo.errors.ComparabilityWarning")
@given(questions())
def test_with_and_without_a_grid_no_digit_differs(question):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_walks, "worthwhile", lambda spells, *_: len(spells.start) > 0)
        on_grid = person_years(**question)
        patch.setattr(_walks, "worthwhile", lambda *_: False)
        without = person_years(**question)
    assert digits(on_grid) == digits(without)


def many(count):
    rng = np.random.default_rng(8)
    start = rng.integers(10_000, 20_000, count)
    days = {"born": start - rng.integers(0, 30_000, count), "start": start}
    days["stop"] = start + rng.integers(1, 9000, count)
    frame = {name: (FIRST + value).astype("datetime64[s]") for name, value in days.items()}
    frame |= {"sex": rng.choice(["f", "m"], count), "ill": rng.integers(0, 2, count)}
    return pd.DataFrame(frame | {"dead": rng.integers(0, 2, count), "id": np.arange(count)})


HOW = {
    **{name: column for name, column in COLUMNS.items() if name != "id"},
    "age": [*range(0, 100, 5), np.inf],
    "period": [1900, 1940, 1950, 2000],
    "by": "sex",
    "rates": dict.fromkeys(["ill", "dead"], rates(1e-3, ())),
    "missing_rates": "nearest",
}


@pytest.fixture
def on_grid(monkeypatch):
    """Whether each batch was counted on a grid."""
    taken = []

    def noted(*of_batch):
        taken.append(_lexis_grid.worthwhile(*of_batch))
        return taken[-1]

    monkeypatch.setattr(_walks, "worthwhile", noted)
    return taken


@pytest.mark.parametrize("civil", [True, False])
def test_a_batch_longer_than_a_run_of_the_grid(civil, on_grid, monkeypatch):
    """The packed sums of a place are emptied before they could overflow."""
    people = many(_lexis_grid.RUN + 5000)
    if not civil:
        for name in ("born", "start", "stop"):
            people[name] = 1900 + (people[name] - pd.Timestamp(FIRST)) / pd.Timedelta(days=365.25)
    whole = person_years(people, **HOW, batch_rows=10**6)
    parts = person_years(people, **HOW, batch_rows=7000)
    assert on_grid == [True] * 12
    monkeypatch.setattr(_walks, "worthwhile", lambda *_: False)
    assert digits(whole) == digits(parts) == digits(person_years(people, **HOW))


def test_two_processes_give_the_digits_of_one():
    people = many(9000)
    alone = person_years(people, **HOW)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as two:
        spread = person_years(people, **HOW, executor=two)
    assert digits(spread) == digits(alone)


def test_no_grid_for_too_many_kinds_of_people_or_births_across_a_thousand_years(on_grid):
    people = many(3000).assign(place=np.arange(3000) // 2)
    yearly = pd.DataFrame([(a, y) for a in range(90) for y in range(1900, 2000)])
    yearly = yearly.set_axis(["age", "year"], axis=1).assign(rate=0.01)
    each = {
        **HOW,
        "by": ["sex", "place"],
        "rates": dict.fromkeys(
            ["ill", "dead"],
            rate_table(yearly, rate="rate", period="year", highest_rate=float("inf")),
        ),
    }
    assert person_years(people, **each).summary()["n"].sum() > 3000
    long_ago = [np.datetime64(f"{year}-01-01", "s") for year in ("0800", "0800", "0801")]
    people.loc[0, ["born", "start", "stop"]] = long_ago
    person_years(people, **HOW)
    assert on_grid
    assert not any(on_grid)
