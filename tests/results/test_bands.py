"""Every table with bands names them in one way, beside their lower edges."""

import numpy as np
import pandas as pd
import pytest

from paraneo import (
    excess_hazard,
    incidence_ratios,
    life_table,
    person_years,
    pooled_ratio_curve,
    rate_table,
    ratio_regression,
    standardised_rates,
)
from paraneo.results.bands import band_labels

RATES = rate_table(
    {"age": [0, 60, 80], "period": [2000] * 3, "rate": [0.01, 0.03, 0.09]},
    rate="rate",
    period="period",
    period_width=30,
)
PEOPLE = pd.DataFrame(
    {
        "born": np.linspace(1925, 1950, 40),
        "from": 2001.0,
        "to": np.linspace(2001.2, 2015, 40),
        "ill": [1, 0] * 20,
    }
)
LIVES = {"birth": "born", "entry": "from", "exit": "to", "event": "ill"}
TABLE = person_years(
    PEOPLE,
    **LIVES,
    age=[40, 70, 80, np.inf],
    period=[2000, 2005, 2020],
    follow_up=[0, 0.5, 1, 10, np.inf],
    rates=RATES,
)
FOLLOW_UP = ["0 to 0.5", "0.5 to 1", "1 to 10", "10+"]


def test_the_text_of_bands():
    assert band_labels([-np.inf, 20, 85.5, np.inf]) == ["under 20", "20 to 85.5", "85.5+"]
    assert band_labels([-np.inf, np.inf]) == ["all"]


def test_person_years_name_their_bands_beside_the_edges_and_in_their_order():
    frame = TABLE.summary()
    names = ["age", "age_band", "period", "period_band", "follow_up", "follow_up_band"]
    assert list(frame)[:6] == names
    assert set(frame["period_band"]) == {"2000 to 2005", "2005 to 2020"}
    for row in frame.itertuples():
        assert row.age_band.startswith(f"{row.age:g}")
    by_edge = frame.sort_values("follow_up")["follow_up_band"]
    assert by_edge.unique().tolist() == FOLLOW_UP


@pytest.mark.parametrize("by", ["follow_up", "follow_up_band"])
def test_incidence_ratios_by_band_carry_the_text(by):
    found = incidence_ratios(TABLE, by=by)
    assert found.summary()["follow_up_band"].tolist() == FOLLOW_UP
    other = incidence_ratios(TABLE, by="follow_up").summary()
    for name in ("observed", "estimate", "lower"):
        assert found.summary()[name].tolist() == other[name].tolist()
    shown = [text.get_text() for text in found.plot().get_yticklabels()]
    assert set(FOLLOW_UP) <= set(shown)


def test_ratios_compared_by_band_carry_the_text():
    found = incidence_ratios(TABLE, by="follow_up").compare(1.0)
    assert found["follow_up_band"].tolist() == [x for x in FOLLOW_UP if x != "1 to 10"]


def test_a_text_that_does_not_belong_to_one_band_is_not_taken():
    frame = TABLE.summary().assign(follow_up_band=lambda x: x["age_band"])
    assert "follow_up_band" not in incidence_ratios(frame, by="follow_up").summary()


def test_regression_and_standardised_rates_read_tables_with_text():
    model = ratio_regression(TABLE, formula="~ C(follow_up)")
    edges = ratio_regression(TABLE.summary().filter(regex="^(?!.*_band)"), formula="~ C(follow_up)")
    np.testing.assert_array_equal(model.summary()["estimate"], edges.summary()["estimate"])
    rates = standardised_rates(TABLE, by="period", standard="segi")
    assert rates.summary()["period_band"].tolist() == ["2000 to 2005", "2005 to 2020"]


def test_a_group_may_not_be_called_as_the_text_of_bands():
    with pytest.raises(ValueError, match="'age_band': it is named in by"):
        person_years(PEOPLE.assign(age_band="x"), **LIVES, by="age_band")


def test_rate_tables_excess_hazards_and_life_tables_name_their_bands():
    rates = RATES.summary()
    assert rates["age_band"].tolist() == ["0 to 60", "60 to 80", "80+"]
    assert rates["period_band"].tolist() == ["2000 to 2030"] * 3
    fit = excess_hazard(PEOPLE, **LIVES, breaks=[0, 5, 20], rates=RATES)
    assert fit.calibration()["follow_up_band"].tolist() == ["0 to 5", "5 to 20"]
    assert fit.calibration()["follow_up"].tolist() == [0, 5]
    times = pd.DataFrame({"t": [0.5, 1.5, 1.8, 3.0], "event": [1, 0, 1, 1]})
    table = life_table(times, exit="t", event="event", breaks=[0, 1, 2, 4]).summary()
    assert table["follow_up_band"].tolist()[:3] == ["0 to 1", "1 to 2", "2 to 4"]
    rows = {"study": ["a", "a", "b"],
            "observed": [9, 8, 9], "expected": [2.0, 4.0, 3.0],
            "window_start_years": [0, 1, 0], "window_end_years": [1, np.inf, np.inf]}  # fmt: skip
    curve = pooled_ratio_curve(rows, breaks=[0, 1, 20], open_end=20)
    assert curve.summary()["follow_up_band"].tolist() == ["0 to 1", "1 to 20"]
