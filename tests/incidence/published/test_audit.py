"""Published ratios under audit: known misprints, known rules, laws, a world by hand, bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tolerances import COARSE, EXACT, PRINTED

from paraneo import evidence
from paraneo.errors import ArgumentError, TableError
from paraneo.incidence import audited_ratios, incidence_ratios, poisson_limits, pooled_ratios

RULES = {
    "exact": "exact",
    "byar": "byar",
    "mid-p": "mid-p",
    "log-normal": "log-wald",
    "score": "score",
    "vandenbroucke": "vandenbroucke",
    "profile": "profile",
}
KUO = evidence.load("sir_by_time").query("population == 'PM' and study.str.startswith('Kuo')")


def ends(count, interval):
    """Return both confidence limits of a count."""
    found = poisson_limits(count, interval=interval)
    return np.array([found.lower, found.upper])


def one(**columns):
    return audited_ratios({name: [value] for name, value in columns.items()}).summary().iloc[0]


@pytest.mark.parametrize("name", ["sir_overall", "sir_by_time"])
def test_of_all_published_rows_only_the_misprinted_are_flagged(name, as_frame):
    table = evidence.load(name)
    if "measure" in table:  # an adjusted ratio is not its count over an expected one
        table = table[~table["study"].isin(["Heliyon 2024 (Taiwan claims)", "Mecoli 2023"])]
    figures = ["study", "observed", "expected", "sir", "ci_low", "ci_high"]
    audit = audited_ratios(as_frame(table[figures].to_dict("list"))).summary()
    assert len(audit) == len(table)
    misprinted = (table["study"] == "Chen 2010") | (table["ci_low"] > table["sir"])
    misprinted |= table["study"] == "Izuka 2022"  # limits that no count gives
    misprinted = misprinted.to_numpy()
    assert misprinted.sum() == {"sir_overall": 2, "sir_by_time": 6}[name]
    np.testing.assert_array_equal(audit["flag"], misprinted)
    checkable = table[["sir", "ci_low", "ci_high"]].notna().all(axis=1).to_numpy() & ~misprinted
    assert audit["verdict"][checkable].str.startswith("consistent").all()
    assert audit["verdict"][~checkable & ~misprinted].str.startswith("not checked").all()


def test_both_rows_of_chen_need_far_more_events_than_were_seen():
    table = evidence.load("sir_overall").query("study == 'Chen 2010'")
    audit = audited_ratios(table)
    np.testing.assert_allclose(audit.flagged["lower"], [4.13, 1.48], **PRINTED[2])
    np.testing.assert_allclose(audit.flagged["upper"], [6.25, 3.02], **PRINTED[2])
    np.testing.assert_array_equal(audit.flagged["estimate"], [5.11, 2.15])
    assert audit.flagged["implied_events"].round(-2).tolist() == [9200.0, 3700.0]
    assert "9 160 events" in audit.flagged["reason"][0]
    assert audit.flagged["instead"][0] == "Use 5.11 (4.13–6.25)."
    assert (audit.flagged["fewest"] > 3000).all()  # no count near those seen


def test_a_lower_limit_above_the_ratio_is_flagged_and_a_digit_too_many_found():
    row = audited_ratios(KUO).summary().iloc[0]
    assert row["flag"]
    assert row["verdict"] == "lower limit above the ratio"
    assert (row["lower"], row["upper"]) == (4.82, 15.93)
    assert row["instead"].startswith("4.82–15.93, if a digit too many was printed")
    # eleven events by the mid-p rule, worked out apart from the audit: any ratio that is
    # printed as 9.17 gives limits around the printed ones
    least, most = (ends(11, "mid-p") * ratio / 11 for ratio in (9.165, 9.175))
    half = PRINTED[2]["atol"]
    assert (least - half <= [4.82, 15.93]).all()
    assert (most + half >= [4.82, 15.93]).all()


def test_the_pooled_ratios_of_yang_are_symmetric():
    rows = audited_ratios(evidence.load("sir_overall").query("study.str.startswith('Yang Z')"))
    assert rows.summary()["rule"].tolist() == ["symmetric"] * 3
    assert rows.summary()["agrees_with"].tolist() == ["symmetric"] * 3
    assert rows.summary()["fewest"].isna().all()


def test_limits_taken_from_a_table_of_one_decimal_are_recognised():
    # O = 3: exact limits 0.6187 and 8.767 were tabled as 0.6 and 8.8, then divided.
    np.testing.assert_allclose(0.6 / 3 * 8.14, 1.63, **PRINTED[2])
    least, most = (8.8 / 3 * ratio for ratio in (8.135, 8.145))
    assert least - PRINTED[2]["atol"] <= 23.86 <= most
    rows = audited_ratios(evidence.load("sir_overall").query("study == 'Yang H 2017'")).summary()
    assert rows["rule"].tolist() == ["table"] * 4
    assert rows["rule_events"].tolist() == [34, 3, 4, 11]


def test_limits_recomputed_by_every_rule_are_those_of_the_count():
    long = audited_ratios({"observed": [12], "expected": [6.7]}).limits().set_index("rule")
    for rule, interval in {**RULES, "symmetric": "wald", "table": "exact"}.items():
        expected = ends(12, interval) / 6.7
        found = long.loc[rule, ["lower", "upper"]].to_numpy(dtype=float)
        np.testing.assert_allclose(found, expected, **EXACT)


@given(
    st.integers(1, 400),
    st.floats(0.2, 8),
    st.sampled_from(list(RULES)),
    st.integers(1, 3),
    st.booleans(),
)
def test_rounded_figures_of_any_rule_are_never_flagged(count, ratio, rule, decimals, counted):
    low, high = ends(count, RULES[rule])
    scale = ratio / count
    figures = [round(float(x), decimals) for x in (ratio, low * scale, high * scale)]
    row = one(
        observed=count if counted else np.nan,
        sir=figures[0],
        ci_low=figures[1],
        ci_high=figures[2],
        decimals=decimals,
    )
    assert not row["flag"], row
    if figures[0] > 0 and figures[2] > figures[1]:
        assert rule in row["agrees_with"].split(", ")
        if rule != "log-normal":
            assert row["fewest"] <= count <= row["most"]


@given(st.integers(5, 300), st.floats(0.5, 8), st.floats(1.5, 5))
def test_limits_far_narrower_than_the_count_allows_are_flagged(count, ratio, times):
    low, high = (float(x) * ratio / count for x in ends(count, "exact"))
    near_low, near_high = ratio - (ratio - low) / times, ratio + (high - ratio) / times
    figures = {"sir": ratio, "ci_low": near_low, "ci_high": near_high}
    row = one(observed=count, **{k: round(x, 3) for k, x in figures.items()}, decimals=3)
    assert row["flag"]
    np.testing.assert_allclose([row["lower"], row["upper"]], [low, high], **COARSE)


@settings(max_examples=8)
@given(st.permutations(range(6)))
def test_order_of_rows_is_irrelevant(order):
    table = evidence.load("sir_overall").iloc[:6]
    straight, shuffled = audited_ratios(table), audited_ratios(table.iloc[list(order)])
    pd.testing.assert_frame_equal(
        straight.summary().iloc[list(order)].reset_index(drop=True), shuffled.summary()
    )


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({"observed": 33, "n_patients": 643, "percent": 4.4}, "percentage disagrees"),
        ({"observed": 30, "expected": 10.0, "sir": 2.5}, "O, E and ratio disagree"),
        ({"observed": 9, "n_patients": 8}, "more events than people"),
        ({"sir": 2.0, "ci_low": 0.5, "ci_high": 1.5}, "upper limit below the ratio"),
        ({"sir": 2.00, "ci_low": 1.99, "ci_high": 9.91}, "no count gives it"),
        ({"observed": 20, "sir": 2.0, "ci_low": 1.9}, "not from its count"),
    ],
)
def test_each_contradiction_has_its_word(row, verdict):
    found = one(**row)
    assert found["flag"]
    assert found["verdict"] == verdict
    assert found["reason"]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({"observed": 33, "n_patients": 643, "percent": 5.1}, "not checked: no ratio"),
        ({"observed": 30, "expected": 10.0, "sir": 3.0}, "no limits printed"),
        ({"observed": 0, "sir": 0.0, "ci_low": 0.0, "ci_high": 3.1}, "consistent (exact)"),
        ({"observed": 20, "sir": 2.0, "ci_low": 1.2}, "consistent (exact)"),
        ({"sir": 2.0}, "not checked: neither count nor limits"),
        ({"sir": 2.0, "ci_high": 3.0}, "not checked: one limit and no count"),
    ],
)
def test_sound_or_scanty_rows_are_not_flagged(row, verdict):
    found = one(**row)
    assert not found["flag"]
    assert found["verdict"] == verdict


def test_where_ratio_and_counts_disagree_the_counts_are_used():
    found = one(observed=30, expected=10.0, sir=2.5, ci_low=2.0, ci_high=4.3)
    assert found["estimate"] == 3.0
    expected = ends(30, "exact") / 10
    np.testing.assert_allclose([found["lower"], found["upper"]], expected, **EXACT)


def test_columns_may_have_other_names():
    table = {"who": ["a"], "o": [12], "ratio": [1.79], "lo": [0.93], "hi": [3.13]}
    audit = audited_ratios(
        table, study="who", observed="o", ratio="ratio", lower="lo", upper="hi"
    ).summary()
    assert audit["study"][0] == "a"
    assert audit["agrees_with"][0].startswith("exact")


def test_faults_are_named_together():
    table = {"observed": [1.5, -1], "sir": [2, -3], "ci_low": [1, np.inf], "percent": [101, 0]}
    with pytest.raises(TableError) as caught:
        audited_ratios(table, lower="low", level=95)
    for part in ("not whole", "negative", "above 100", "no such column", "0.95"):
        assert part in str(caught.value)


def test_a_table_without_any_figure_is_refused():
    with pytest.raises((TableError, ArgumentError), match="sir"):
        audited_ratios({"study": ["a"]})


def test_the_answer_shows_itself_and_draws():
    import matplotlib.pyplot as plt

    audit = audited_ratios(evidence.load("sir_overall"))
    assert repr(audit).startswith("42 published ratios, 4 flagged")
    axes = audit.plot()
    assert sum(text.get_text().endswith("*") for text in axes.get_yticklabels()) == 4
    plt.close("all")


COHORT = {
    "sex": ["women", "men"],
    "observed": [12, 30],
    "expected": [6.7, 18.3],
    "person_years": [900.0, 1500.0],
}


@pytest.mark.parametrize("interval", ["exact", "mid-p", "byar"])
@pytest.mark.parametrize("read", [lambda result: result, lambda result: result.summary()])
def test_our_own_results_and_their_summaries_are_audited(interval, read):
    result = incidence_ratios(COHORT, by="sex", interval=interval)
    audit = audited_ratios(read(result)).summary()
    assert audit["study"].tolist() == ["men", "women"]
    np.testing.assert_array_equal(audit["printed_ratio"], result.summary()["estimate"])
    np.testing.assert_array_equal(audit["printed_upper"], result.summary()["upper"])
    assert (audit["rule"] == interval).all()
    assert audit["verdict"].str.startswith("consistent").all()
    wrong = result.summary().assign(upper=[1.8, 1.9])
    assert audited_ratios(wrong).summary()["flag"].all()


def test_the_level_of_a_result_is_known():
    result = incidence_ratios(COHORT, by="sex", level=0.9)
    assert not audited_ratios(result).summary()["flag"].any()
    assert audited_ratios(result.summary()).summary()["flag"].all()
    assert not audited_ratios(result.summary(), level=0.9).summary()["flag"].any()


def test_of_a_pooled_result_the_studies_alone_are_read():
    table = {"study": ["A", "B", "C"], "observed": [12, 20, 7], "expected": [6.7, 18.3, 2.1]}
    pooled = pooled_ratios(table)
    assert audited_ratios(pooled).summary()["study"].tolist() == ["A", "B", "C"]
    again = pooled_ratios(pooled)
    assert repr(again.estimate) == repr(pooled.estimate)
