"""The pictures of person-years: lives in the Lexis diagram, ratios and rates by band."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from tests.tolerances import EXACT

from paraneo import incidence_ratios, lexis_diagram, person_years, poisson_limits, rate_table
from paraneo.errors import ArgumentError, TableError
from paraneo.follow_up.by_band import next_edges, ratio_bands, table_bands

LIVES = {"birth": "born", "entry": "from", "exit": "to"}
DATED = {
    "born": ["1950-07-01", "1940-01-01"],
    "from": ["2000-01-01", "1990-01-01"],
    "to": ["2002-01-01", "1999-07-02"],
    "ill": [1, 0],
}
COHORT = {
    "born": [1940.0, 1945.0, 1950.0, 1930.0],
    "from": [1980.0, 1980.0, 1985.0, 1981.0],
    "to": [1990.0, 1984.0, 1992.0, 1983.0],
    "ill": [1, 1, 0, 1],
    "sex": ["F", "M", "F", "M"],
}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def table():
    rates = rate_table({"age": [0, 50], "rate": [0.01, 0.03]}, rate="rate")
    bands = {"age": [30, 40, 50, 60], "follow_up": [0, 1, 5, np.inf]}
    return person_years(COHORT, **LIVES, event="ill", by="sex", rates=rates, **bands)


def lines(ax):
    return np.array([path.vertices for path in ax.collections[0].get_paths()])


def test_lives_in_dates_lie_at_their_ages_and_calendar_years(as_frame):
    ax = lexis_diagram(as_frame(DATED), **LIVES, event="ill", age=[50, 60], period=[1990, 2000])
    first, second = lines(ax)
    np.testing.assert_allclose(first[:, 0], [2000, 2002])
    np.testing.assert_allclose(first[:, 1], [49 + 184 / 366, 51 + 184 / 365])
    np.testing.assert_allclose(second, [[1990, 50], [1999 + 182 / 365, 59 + 182 / 365]])
    (dots,) = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots.get_xydata(), [first[1]])
    assert ax.get_aspect() == 1


def test_lives_in_numbers():
    got = lines(lexis_diagram(COHORT, **LIVES))
    np.testing.assert_allclose(got[0], [[1980, 40], [1990, 50]])


def test_of_many_lives_an_even_choice_is_drawn_and_said():
    ax = lexis_diagram(COHORT, **LIVES, most=2)
    assert ax.get_title() == "2 of 4 people"
    np.testing.assert_allclose(lines(ax)[:, 0, 0], [1980, 1981])


def test_lives_that_cannot_be_are_named():
    wrong = COHORT | {"to": [1979.0, 1984.0, 1992.0, 1983.0]}
    with pytest.raises(TableError, match="'to' at row 0: it lies before 'from'"):
        lexis_diagram(wrong, **LIVES)
    with pytest.raises(TableError, match="it holds dates where others hold plain numbers"):
        lexis_diagram(DATED | {"born": [1950.5, 1940.0]}, **LIVES)
    with pytest.raises(TableError, match="there is no such column"):
        lexis_diagram(COHORT, birth="birth", entry="from", exit="to")


def test_ratios_by_band_are_those_of_incidence_ratios(table):
    frame, scale = table_bands(
        table, table.summary(), None, ["sex"], ("observed", "expected"), 1.0, 0.95
    )
    assert scale == "follow_up"
    ratios = incidence_ratios(table, by=["sex", "follow_up"]).summary()
    for name in ("estimate", "lower", "upper"):
        np.testing.assert_allclose(frame[name], ratios[name], **EXACT)
    assert list(frame["end"]) == [1, 5, np.inf, 1, 5]
    assert list(frame["label"]) == ["F", "F", "F", "M", "M"]


def test_rates_by_band_by_hand(table):
    frame, _ = table_bands(table, table.summary(), "age", [], ("observed", None), 1000.0, 0.9)
    np.testing.assert_allclose(frame["estimate"], [1000 / 9, 1000 / 12, 1000 / 2], **EXACT)
    _, low, high = poisson_limits(1, level=0.9).summary().iloc[0]
    np.testing.assert_allclose(frame[["lower", "upper"]].to_numpy()[2], [500 * low, 500 * high])


def test_pictures_of_the_table(table):
    ax = table.plot()
    assert ax.get_xlabel() == "Years of follow-up"
    assert ax.get_ylabel() == "Observed / expected (95% CI)"
    ax = table.plot(over="age", by="sex", measure="rate", per=1000)
    assert ax.get_ylabel() == "Events per 1,000 person-years (95% CI)"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["F", "M"]


def test_a_picture_of_several_events_takes_the_one_that_is_named():
    rates = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    both = person_years(
        COHORT,
        **LIVES,
        event={"ill": "ill", "dead": "ill"},
        rates={"ill": rates, "dead": rates},
        age=[30, 60],
    )
    assert both.plot().get_ylabel().startswith("Observed / expected")
    both.plot(event="dead", measure="rate")
    with pytest.raises(ArgumentError, match="no endpoint 'gone'"):
        both.plot(event="gone")


def test_ratios_over_one_column_of_numbers(table):
    ratios = incidence_ratios(table, by=["sex", "follow_up"])
    frame = ratio_bands(ratios.summary(), "follow_up", ["sex", "follow_up"])
    assert list(frame["end"]) == [1, 5, 9, 1, 5]
    assert ratios.plot(over="follow_up").get_xlabel() == "Years of follow-up"
    with pytest.raises(ArgumentError, match="Choose from: follow_up"):
        ratios.plot(over="sex")


def test_pictures_that_cannot_be(table):
    with pytest.raises(ArgumentError, match="Choose from: follow_up, age"):
        table.plot(over="period")
    with pytest.raises(ArgumentError, match="no groups by 'site'"):
        table.plot(by="site")
    plain = person_years(pd.DataFrame(COHORT), **LIVES)
    with pytest.raises(ArgumentError, match="no bands of time"):
        plain.plot()


def test_the_last_band_is_as_wide_as_the_one_before():
    np.testing.assert_array_equal(next_edges(np.array([5.0, 0.0, 7.0])), [7, 5, 9])
    np.testing.assert_array_equal(next_edges(np.array([3.0])), [4])
