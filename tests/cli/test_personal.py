"""`paraneo risk` and `paraneo schedule`: tables, a sentence, pictures, and what cannot be asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.tolerances import EXACT
from typer.testing import CliRunner

from paraneo.cli import app


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def said(result):
    return " ".join(result.output.split())


def test_a_risk_is_told_as_table_sentence_and_picture(tmp_path):
    result = run("risk", "--age", 43, "--marker", "positive", "--cancer-free", 1, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    frame = pd.read_csv(tmp_path / "risk.csv")
    assert frame["time"].tolist() == [2, 3, 4, 5]
    assert (frame["lower"] < frame["estimate"]).all()
    assert (frame["population"] < frame["lower"]).all()
    people = round(1000 * frame["estimate"].iloc[-1])
    assert "Of 1000 women aged 43 at diagnosis with a positive antibody, alive" in said(result)
    assert f"cancer after 1 year, about {people} (95% CI" in said(result)
    assert "For research, not for the care of a person." in said(result)
    assert "Trallero-Araguás 2012" in said(result)
    assert (tmp_path / "risk.png").read_bytes().startswith(b"\x89PNG")


def test_ratios_of_ones_own(tmp_path):
    own = tmp_path / "own.csv"
    pd.DataFrame({"start": [0], "end": [50], "estimate": [1.0]}).to_csv(own, index=False)
    result = run("risk", "--age", 60, "--sex", "male", "--ratios", own, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    frame = pd.read_csv(tmp_path / "o" / "risk.csv")
    np.testing.assert_allclose(frame["estimate"], frame["population"], **EXACT)


def test_schedules_are_compared(tmp_path):
    result = run(
        *("schedule", "--age", 60, "--visits", "once=0", "--visits", "often=0,0.5,1,2"),
        *("--horizon", 5, "--out", tmp_path),
    )
    assert result.exit_code == 0, result.output
    frame = pd.read_csv(tmp_path / "schedules.csv").set_index("schedule")
    assert frame.loc["often", "screen_detected"] > frame.loc["once", "screen_detected"]
    assert "0, 0.5, 1, 2" in said(result)
    assert (tmp_path / "schedules.png").read_bytes().startswith(b"\x89PNG")


def test_schedules_of_those_without_cancer_begin_then(tmp_path):
    result = run("schedule", "--age", 60, "--cancer-free", 1, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    visits = pd.read_csv(tmp_path / "schedules.csv").set_index("schedule")["visits"]
    assert visits["yearly for 3 years"] == "1, 2, 3, 4"
    assert float(visits["once"]) == 1


def test_no_error_names_an_option_of_another_argument(tmp_path):
    words = ("schedule", "--age", 43, "--marker", "positive", "--sensitivity", 80)
    result = run(*words, "--out", tmp_path / "out")
    assert "'--sensitivity': probability is above 1" in said(result)
    assert "--test-sensitivity" not in said(result)
    result = run("schedule", "--age", 43, "--test-specificity", 90, "--out", tmp_path / "out")
    assert "'--test-specificity': probability is above 1" in said(result)
    result = run("risk", "--age", 43, "--sex", "nobody", "--out", tmp_path / "out")
    assert "female" in said(result)
    assert "rates.groups" not in said(result)


def test_schedules_without_names_include_the_best_ones(tmp_path):
    result = run("schedule", "--age", 60, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    frame = pd.read_csv(tmp_path / "schedules.csv").set_index("schedule")
    assert (
        frame.loc["best 4 visits", "screen_detected"]
        >= frame.loc["yearly for 3 years", "screen_detected"]
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("risk", "--age", 43, "--marker", "maybe"), "'--marker': there is no option 'maybe'"),
        (("risk", "--age", 43, "--sex", "nobody"), "'--sex': there is no such group"),
        (("risk", "--age", 143), "'--age': it is above 120"),
        (("risk", "--age", 43, "--cancer-free", 9), "'--cancer-free': is not below the horizon"),
        (("risk", "--age", 43, "--sensitivity", 0.7), "'--sensitivity': it has no meaning"),
        (("risk", "--age", 43, "--accuracy-window", 2), "'--accuracy-window': it has no meaning"),
        (("schedule", "--age", 43, "--test-sensitivity", 80), "'--test-sensitivity': probab"),
        (("schedule", "--age", 43, "--visits", "a=1", "--visits", "a=2"), "'a' is named twice"),
        (("risk", "--age", 43, "--horizon", 0), "must be above zero"),
        (("risk", "--age", 43, "--horizon", 30), "'--horizon': "),
        (("risk", "--age", 43, "--ratios", "absent.csv"), "There is no file"),
        (("schedule", "--age", 60, "--visits", "yearly"), "Write NAME=YEARS"),
        (("schedule", "--age", 60, "--visits", "a=1,0"), "'--visits': "),
        (("schedule", "--age", 60, "--mean-sojourn", 0), "'--mean-sojourn': must be above zero"),
    ],
)
def test_what_cannot_be_asked(words, told, tmp_path):
    result = run(*words, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert told in said(result)
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()
