"""Tables found again from printed figures: published ones, laws, contradictions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraneo import diagnostic_accuracy, recovered_tables
from paraneo.accuracy._table_search import fits_of, possible_tables, read_figure
from paraneo.errors import ArgumentError, Faults

CELLS = ["tp", "fp", "fn", "tn"]


def test_kaji_2007_has_one_table():
    found = recovered_tables(n=52, positive=7, printed={"ppv": "71%", "npv": "89%"})
    assert found.unique
    assert found.tables[CELLS].to_numpy().tolist() == [[5, 2, 5, 40]]


def test_chinoy_2007_from_odds_ratio_and_exact_limits():
    # 280 patients, 16 with cancer; odds ratio 23 with limits 6.1 to 83.8
    found = recovered_tables(
        n=280,
        diseased=16,
        printed={"odds_ratio": "23", "odds_lower": "6.1", "odds_upper": "83.8"},
        interval="exact",
    )
    assert [8, 11, 8, 253] in found.tables[CELLS].to_numpy().tolist()


def test_trallero_2010_from_odds_ratio_and_woolf_limits():
    found = recovered_tables(
        n=65, printed={"odds_ratio": "23", "odds_lower": "5.23", "odds_upper": "101.2"}
    )
    assert [10, 5, 4, 46] in found.tables[CELLS].to_numpy().tolist()


@given(st.lists(st.integers(1, 14), min_size=4, max_size=4))
def test_a_table_is_among_those_found_from_its_own_figures(cells):
    tp, fp, fn, tn = cells
    one = diagnostic_accuracy(tp, fp, fn, tn)
    found = recovered_tables(
        n=sum(cells),
        printed={
            "sensitivity": f"{100 * one.sensitivity.value:.0f}%",
            "specificity": f"{one.specificity.value:.2f}",
            "odds_ratio": f"{one.diagnostic_odds_ratio.value:.1f}",
        },
    )
    assert cells in found.tables[CELLS].to_numpy().tolist()


def test_every_table_with_the_margins_is_tried():
    found = recovered_tables(n=6, printed={"prevalence": "50%"})
    # 3 with and 3 without the condition, 0 to 3 positive in each
    assert len(found.tables) == 16
    np.testing.assert_array_equal(found.tables[CELLS].sum(axis=1), 6)


@pytest.mark.parametrize("n", [40, 90])
def test_bounds_of_the_true_positives_lose_no_table(n):
    """The same as a look through every table there is."""
    rng = np.random.default_rng(n)
    every, _ = possible_tables(n, None, None)
    for tp, fp, fn, tn in rng.multinomial(n, [0.3, 0.1, 0.2, 0.4], 4):
        shares = {"sensitivity": tp / (tp + fn), "specificity": tn / (tn + fp),
                  "ppv": tp / (tp + fp), "npv": tn / (tn + fn)}  # fmt: skip
        named = rng.choice(list(shares), 2, replace=False)
        printed = {name: f"{100 * shares[name]:.0f}%" for name in named}
        found = recovered_tables(n=n, printed=printed).tables[["tp", "fp", "fn", "tn"]]
        read = {name: read_figure(value, name, Faults("")) for name, value in printed.items()}
        kept = every[:, fits_of(every, read)].T
        assert sorted(map(tuple, found.to_numpy())) == sorted(map(tuple, kept))


def test_a_thousand_people_need_no_margin():
    printed = {"sensitivity": "76.0%", "specificity": "89.3%", "prevalence": "30.00%"}
    found = recovered_tables(n=1000, printed=printed)
    assert found.tables[["tp", "fp", "fn", "tn"]].to_numpy().tolist() == [[228, 75, 72, 625]]


def test_figures_that_contradict_each_other_leave_no_table():
    found = recovered_tables(n=52, positive=7, printed={"ppv": "65%"})
    assert found.tables.empty
    assert "No table gives all printed figures" in repr(found)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 10, "printed": {"ppv": "often"}}, "is not a number"),
        ({"n": 10, "printed": {"ppv": 71}}, "looks like a percentage"),
        ({"n": 10, "printed": {"accuracy": "0.5"}}, "no option 'accuracy'"),
        ({"n": 10, "printed": {}}, "at least one figure is required"),
        ({"n": 10, "positive": 11, "printed": {"ppv": "0.5"}}, "more than all 10"),
        ({"n": 100_000, "printed": {"ppv": "0.5"}}, "Give diseased or positive"),
    ],
)
def test_figures_that_cannot_be_searched(options, words):
    with pytest.raises(ArgumentError, match=words):
        recovered_tables(**options)
