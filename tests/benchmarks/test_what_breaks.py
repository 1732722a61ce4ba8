"""What six mistakes cost: the kept table, and the direction of each on fresh data."""

from __future__ import annotations

import pandas as pd
import pytest
from benchmarks.__main__ import RESULTS
from benchmarks.simulations import what_breaks as study

from paraneo.numerics.rng import stream

#: Wrong over right estimate, on whatever data: more than the first, less than the second.
WORSE_BY = {
    "frozen age": (1.5, 3.0),
    "immortal time": (0.7, 1.0),
    "prevalent cases": (1.0, 1.5),
    "1 - Kaplan-Meier": (1.0, 1.4),
    "case-control table": (1.2, 3.0),
    "window": (2.0, 20.0),
}


def estimates(answer):
    """Return the estimates of a method as a list."""
    frame = answer if isinstance(answer, pd.DataFrame) else pd.DataFrame([answer])
    return frame["estimate"].astype(float).tolist()


def test_what_the_page_says():
    table = pd.read_csv(RESULTS / "what_breaks.csv").set_index(["mistake", "n", "way"])
    right = table.xs("right", level="way")
    near = right["bias"].abs() <= 4 * right["bias_mcse"]
    assert (near | (right["relative_bias"].abs() < 0.025)).all()
    assert ((right["coverage"] - 0.95).abs() <= 4 * (0.95 * 0.05 / 1000) ** 0.5).all()
    wrong = table.xs("wrong", level="way").droplevel("n")
    for mistake, share, covered in (
        ("frozen age", 1.02, 0.0),
        ("immortal time", -0.08, 0.89),
        ("prevalent cases", 0.16, 0.73),
        ("1 - Kaplan-Meier", 0.09, 0.81),
        ("case-control table", 0.59, 0.0),
    ):
        assert abs(wrong.loc[mistake, "relative_bias"] - share) < 0.006
        assert abs(wrong.loc[mistake, "coverage"] - covered) < 0.006
    yearly = table.xs("wrong, yearly ratios", level="way")["mean"]
    assert yearly["window"].round(1).to_dict() == {400: 2.1, 4000: 3.0}


@pytest.mark.parametrize("scenario", study.scenarios()[:6], ids=lambda s: s["mistake"])
def test_each_mistake_goes_the_way_it_must_on_the_same_data(scenario):
    given = {name: value for name, value in scenario.items() if name != "key"}
    low, high = WORSE_BY[scenario["mistake"]]
    for number in range(4):
        data = study.data(stream(5, scenario["key"], number), **given)
        (right,) = estimates(study.right(data))
        answer = study.wrong(data)
        wrong = estimates(pd.DataFrame(answer) if isinstance(answer, list) else answer)
        assert low < wrong[-1] / right < high, (number, right, wrong)


def test_the_study_runs_and_names_every_way():
    table = study.results(replicates=2)
    assert table.groupby(["mistake", "n"], sort=False)["way"].agg(list).tolist() == [
        *[["right", "wrong"]] * 5,
        *[["right", "wrong, yearly ratios", "wrong, last cancer"]] * 2,
    ]
    assert (table["convergence"] == 1).all()
