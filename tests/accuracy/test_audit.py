"""Published accuracy audited: rows of the literature, contradictions, laws, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraneo import audited_accuracy, diagnostic_accuracy, evidence, recovered_tables
from paraneo.errors import TableError

CELLS = ["tp", "fp", "fn", "tn"]
#: As the papers print them; the counts are those of the table of evidence.
PUBLISHED = [
    {"study": "Kaji", "n": 52, "positive": 7, "ppv": "71%", "npv": "89%"},
    {
        "study": "Chinoy (all IIM, 280-patient abstract)",
        "n": 280,
        "diseased": 16,
        "odds_ratio": "23",
        "odds_lower": "6.1",
        "odds_upper": "83.8",
    },
    {
        "study": "Trallero-Araguas (DM subset of 85 IIM)",
        "n": 65,
        "diseased": 14,
        "positive": 15,
        "odds_ratio": "23",
        "odds_lower": "5.23",
        "odds_upper": "101.2",
    },
    {
        "study": "Singapore cohort (Ann Acad Med Singap)",
        "n": 95,
        "positive": 36,
        "ppv": "63.9%",
        "odds_ratio": "19.1",
        "odds_lower": "6.1",
        "odds_upper": "59.8",
    },
    {"study": "Oldroyd (UKMYONET DM)", "n": 263, "positive": 55, "tp": 21, "npv": "85%"},
]


def one(**columns):
    return audited_accuracy({name: [value] for name, value in columns.items()}).summary().iloc[0]


def test_the_counts_of_published_studies_are_found_again(as_frame):
    rows = pd.DataFrame(PUBLISHED)
    audit = audited_accuracy(
        as_frame(rows.astype(object).where(rows.notna(), None).to_dict("list"))
    )
    checks = audit.summary()
    known = evidence.load("antibody_accuracy").set_index("study")[CELLS]
    assert not checks["flag"].any()
    np.testing.assert_array_equal(checks["solutions"], [1, 1, 1, 1, 2])
    for row in checks[checks["solutions"] == 1].itertuples():
        np.testing.assert_array_equal([row.tp, row.fp, row.fn, row.tn], known.loc[row.study])
    assert checks["odds_rule"].tolist() == ["", "exact", "woolf", "woolf", ""]
    # 15 % of 208 is 31 or 32, as the note in the evidence says
    tables = audit.solutions().query("study.str.startswith('Oldroyd')")
    assert tables[CELLS].to_numpy().tolist() == [[21, 34, 31, 177], [21, 34, 32, 176]]
    assert checks["sensitivity_least"].iloc[4] == pytest.approx(21 / 53)
    assert checks["instead"].iloc[4].startswith("Ask for the counts")
    assert "5 published rows: 4 have one table, 0 flagged" in repr(audit)


def test_counts_of_the_evidence_give_the_figures_worked_out_from_them():
    counted = evidence.load("antibody_accuracy").dropna(subset=CELLS)
    accuracy = diagnostic_accuracy(*(counted[cell] for cell in CELLS))
    shown = [f"{100 * x:.0f}%" for x in accuracy.sensitivity.value]
    checks = audited_accuracy(counted[["study", *CELLS, "n"]].assign(sensitivity=shown)).summary()
    assert (checks["verdict"] == "consistent").all()
    np.testing.assert_array_equal(checks[CELLS], counted[CELLS])


def test_a_figure_that_no_table_gives_is_named():
    row = one(n=52, positive=7, ppv="71%", npv="90%")
    assert row["flag"]
    assert row["solutions"] == 0
    assert "without npv (90%) 46 do" in row["reason"]
    assert "ppv" not in row["reason"]
    row = one(n=52, positive=7, ppv="71%", npv="89%", odds_ratio="20.0", odds_lower="3.1")
    assert row["reason"].startswith("No table gives all that is printed; without odds_lower")
    row = one(n=10, diseased=4, positive=3, ppv="50%", sensitivity="60%")
    assert "whichever single figure is left out" in row["reason"]


def test_counts_that_disagree_with_their_own_figures_are_flagged():
    row = one(tp=5, fp=2, fn=5, tn=40, n=53, sensitivity="60%", specificity="95.2%")
    assert row["verdict"] == "counts and figures disagree"
    assert row["reason"] == "The printed counts do not give the printed sensitivity (60%), n (53)."
    assert row["instead"].startswith("Use the counts tp/fp/fn/tn 5/2/5/40")
    assert one(tp=5, fp=2, fn=5, tn=40, sensitivity="50%")["verdict"] == "consistent"
    assert one(tp=5, fp=2, fn=5, tn=40)["verdict"].startswith("not checked: no figure")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"sensitivity": "60%"}, "neither the people nor"),
        ({"n": 3000, "sensitivity": "60%"}, "too many tables"),
        ({"n": 50, "diseased": 20, "sensitivity": None}, "no figure"),
    ],
)
def test_rows_that_print_too_little_are_not_checked(row, words):
    got = one(**row)
    assert words in got["verdict"]
    assert not got["flag"]
    assert np.isnan(got["solutions"])


@given(st.lists(st.lists(st.integers(1, 9), min_size=4, max_size=4), min_size=1, max_size=3))
def test_the_figures_of_a_table_are_never_flagged_and_one_study_is_as_many(tables):
    rows = []
    for cells in tables:
        own = diagnostic_accuracy(*cells)
        rows.append(
            {
                "n": sum(cells),
                "sensitivity": f"{100 * own.sensitivity.value:.1f}%",
                "specificity": f"{own.specificity.value:.2f}",
                "odds_ratio": f"{own.diagnostic_odds_ratio.value:.2f}",
            }
        )
    audit = audited_accuracy(pd.DataFrame(rows))
    assert not audit.summary()["flag"].any()
    solutions = audit.solutions()
    for label, row, cells in zip(audit.summary()["study"], rows, tables, strict=True):
        alone = recovered_tables(n=row["n"], printed={k: row[k] for k in row if k != "n"})
        found = solutions[solutions["study"] == label][CELLS].to_numpy().tolist()
        assert sorted(found) == sorted(alone.tables[CELLS].to_numpy().tolist())
        assert cells in found


def test_faults_are_told_together():
    with pytest.raises(TableError) as caught:
        audited_accuracy(
            {"n": [10.5, 50], "sensitivity": ["x", 78], "positive": [1, 60], "ppv": ["50%", "5%"]}
        )
    for words in ("not whole", "'x' is not a number", "looks like a percentage", "more than all"):
        assert words in str(caught.value)
    with pytest.raises(TableError, match="no such column"):
        audited_accuracy({"study": ["A"]})


@pytest.mark.parametrize("people", [float("inf"), 1e300])
def test_no_such_number_of_people_is_refused(people):
    table = {"study": ["a"], "n": [people], "positive": [7], "ppv": ["71%"], "npv": ["89%"]}
    with pytest.raises(TableError, match=r"'n' at row 0: (value is infinite|count is too large)"):
        audited_accuracy(table)


def test_of_too_many_people_no_table_is_looked_for():
    table = {"study": ["a"], "n": [1e12], "positive": [7], "ppv": ["71%"], "npv": ["89%"]}
    assert audited_accuracy(table).summary()["solutions"].isna().all()
