"""The stacked table: what it prints, and that masked counts cannot be worked out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize
from tests.tolerances import EXACT

from paraneo import incidence_ratios, stacked_ratios
from paraneo.errors import ArgumentError, TableError
from paraneo.incidence._suppression import masked_cells


def cells(rng=None, sites=("colon", "lung"), most=30):
    rng = np.random.default_rng(4) if rng is None else rng
    rows = [
        (site, sex, age, f"{age:g}+" if age == 70 else f"{age:g} to {age + 20:g}", since)
        for site in sites
        for sex in ("f", "m")
        for age in (30.0, 50.0, 70.0)
        for since in ("early", "late")
    ]
    names = ["endpoint", "sex", "age", "age_band", "since"]
    frame = pd.DataFrame(rows, columns=names)
    frame["observed"] = rng.integers(0, most, len(frame))
    frame["expected"] = rng.uniform(0.5, 9.0, len(frame))
    return frame.assign(person_years=frame["expected"] * 100)


def test_each_block_is_what_incidence_ratios_give():
    frame = cells()
    found = stacked_ratios(frame, by=["sex", "age", "since"])
    table = found.summary()
    assert len(table) == 2 * (1 + 2 + 3 + 2)
    assert list(table["dimension"].unique()) == ["all", "sex", "age", "since"]
    assert list(table.loc[table["dimension"] == "age", "stratum"][:3]) == [
        *("30 to 50", "50 to 70", "70+")
    ]
    for name in ("sex", "age", "since"):
        ratios = incidence_ratios(frame, by=["endpoint", name]).summary()
        block = table[table["dimension"] == name]
        for column in ("observed", "expected", "person_years", "estimate", "lower", "upper"):
            np.testing.assert_allclose(block[column], ratios[column], **EXACT)
        np.testing.assert_allclose(block["p_value"], ratios["p_value"], **EXACT)
    assert len(found.plot().get_yticklabels()) == len(table)
    assert found.plot().get_yticklabels()[1].get_text() == "colon, sex: f"


def test_one_site_without_labels_and_a_stratum_where_nothing_is_expected():
    frame = pd.DataFrame(
        {"sex": ["f", "m"], "observed": [0, 2], "expected": [0.0, 1.0], "person_years": [5.0, 9.0]}
    )
    table = stacked_ratios(frame, by="sex").summary()
    assert list(table["stratum"]) == ["all", "f", "m"]
    assert table.loc[1, ["estimate", "p_value"]].isna().all()
    assert list(table["observed"]) == [2, 0, 2]
    text = stacked_ratios(frame.drop(columns="person_years"), by="sex").printed()
    assert "Person-years" not in text
    assert text.loc[1, "SIR"] == "–"


def test_texts_of_a_paper():
    frame = pd.DataFrame({"sex": ["f", "m"], "observed": [200, 30], "expected": [100.0, 27.5]})
    found = stacked_ratios(frame.assign(person_years=[12345.6, 800]), by="sex")
    lines = found.to_markdown().splitlines()
    assert lines[0] == ("| By | Stratum | Person-years | Observed | Expected | SIR | 95% CI | p |")
    assert lines[3] == "| sex | f | 12,346 | 200 | 100.00 | 2.00 | 1.73 to 2.30 | <0.001 |"
    latex = found.to_latex()
    assert latex.startswith("\\begin{tabular}{llrrrrrr}\n\\toprule")
    assert "95\\% CI" in latex
    assert "$<$0.001" in latex or "<0.001" in latex
    odd = stacked_ratios(frame.assign(sex=["a|b", "c_d%"]), by="sex")
    assert "| a\\|b |" in odd.to_markdown()
    assert "c\\_d\\%" in odd.to_latex()


def sums_of(table, total=None):
    """Return the equations that a reader of a table writes down, as rows and totals."""
    sums = []
    endpoint = table["endpoint"]
    for name in endpoint.unique():
        whole = table.index[(endpoint == name) & (table["dimension"] == "all")][0]
        for dimension in set(table["dimension"]) - {"all"}:
            own = (endpoint == name) & (table["dimension"] == dimension)
            sums.append((whole, list(table.index[own])))
    if total:
        for _, rows in table.groupby(["dimension", "stratum"]):
            here = rows["endpoint"] == total
            sums.append((rows.index[here][0], list(rows.index[~here])))
    return sums


def recovered(table, sums):
    """Return which masked counts an attacker narrows down, and to what, in whole numbers."""
    hidden = table["masked"].to_numpy()
    shown = table["observed"].to_numpy()
    place = {cell: k for k, cell in enumerate(np.flatnonzero(hidden))}
    matrix, right = [], []
    for whole, parts in sums:
        row, value = np.zeros(len(place)), 0.0
        for cell, sign in [(whole, -1.0), *((part, 1.0) for part in parts)]:
            if hidden[cell]:
                row[place[cell]] += sign
            else:
                value -= sign * shown[cell]
        matrix.append(row)
        right.append(value)
    ranges = {}
    for cell, k in place.items():
        ends = []
        for sign in (1.0, -1.0):
            goal = np.zeros(len(place))
            goal[k] = sign
            equal = optimize.LinearConstraint(np.array(matrix), right, right)
            bounds = optimize.Bounds(0, 10_000)
            found = optimize.milp(
                goal, constraints=equal, integrality=np.ones(len(place)), bounds=bounds
            )
            ends.append(sign * found.fun)
        ranges[cell] = tuple(ends)
    return ranges


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("total", [None, "all sites"])
def test_masked_counts_cannot_be_worked_out_by_linear_programming(seed, total):
    rng = np.random.default_rng(seed)
    frame = cells(rng, most=int(rng.integers(2, 9)))
    if total:
        keys = ["sex", "age", "age_band", "since"]
        every = frame.groupby(keys, as_index=False)[["observed", "expected", "person_years"]].sum()
        frame = pd.concat([every.assign(endpoint=total), frame], ignore_index=True)
    truth = stacked_ratios(frame, by=["sex", "age", "since"]).summary()
    table = stacked_ratios(frame, by=["sex", "age", "since"], suppress=5, total=total).summary()
    small = truth["observed"].between(1, 4)
    assert table.loc[small, "masked"].all()
    if not small.any():
        assert not table["masked"].any()
        return
    ranges = recovered(table, sums_of(truth, total))
    for cell in truth.index[small]:
        low, high = ranges[cell]
        assert low <= 1
        assert high >= 4
    shown = ["observed", "estimate", "lower", "upper", "p_value"]
    assert table.loc[table["masked"], shown].isna().all(axis=None)
    kept = ~table["masked"]
    pd.testing.assert_series_equal(
        table.loc[kept, "observed"], truth.loc[kept, "observed"], check_dtype=False
    )


def test_without_a_second_cell_the_attack_succeeds():
    """Small counts alone masked: the attack of the test above finds the one that is left."""
    frame = pd.DataFrame({"sex": ["f", "m"], "observed": [3, 20], "expected": [2.0, 14.6]})
    truth = stacked_ratios(frame.assign(endpoint="x"), by="sex").summary()
    naive = truth.assign(masked=truth["observed"] < 5)
    assert recovered(naive, sums_of(truth)) == {1: (3.0, 3.0)}
    masked = stacked_ratios(frame.assign(endpoint="x"), by="sex", suppress=5)
    assert list(masked.summary()["masked"]) == [False, True, True]
    assert "2 rows" in repr(masked)


def test_masking_leaves_large_counts_and_zeros_where_it_can():
    count = np.array([53.0, 3, 50, 0, 53, 26, 27, 53])
    sums = [(0, [1, 2, 3]), (4, [5, 6])]
    assert list(np.flatnonzero(masked_cells(count, sums, 5))) == [1, 2]
    nobody = masked_cells(np.array([10.0, 0, 10]), [(0, [1, 2])], 5)
    assert not nobody.any()


def test_what_cannot_be_stacked():
    frame = cells()
    with pytest.raises(TableError, match="'place'"):
        stacked_ratios(frame, by="place")
    with pytest.raises(ArgumentError, match="suppress"):
        stacked_ratios(frame, by="sex", suppress=1)
    with pytest.raises(ArgumentError, match="there is no endpoint 'all'"):
        stacked_ratios(frame, by="sex", suppress=5, total="all")
    with pytest.raises(ArgumentError, match="'endpoint'"):
        stacked_ratios(frame, by="endpoint")
