"""What every command can be asked about its output."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from paraneo.cli import app

ACCURACY = "study,tp,fp,fn,tn\nA,31,12,9,148\nB,20,15,10,160\nC,9,4,2,70\n"
RATIOS = "study,observed,expected,sir,ci_low,ci_high\nA,12,6.7,1.79,0.93,3.13\nB,,,5.36,4.12,6.87\n"
RISK = ("risk", "--age", 43, "--marker", "positive")


def run(*words, **environment):
    return CliRunner().invoke(app, [str(word) for word in words], env=environment)


@pytest.fixture
def studies(tmp_path):
    (tmp_path / "accuracy.csv").write_text(ACCURACY)
    return tmp_path / "accuracy.csv"


@pytest.mark.parametrize(("form", "first"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_pictures_are_written_in_the_form_asked_for(studies, tmp_path, form, first):
    out = tmp_path / "out"
    result = run("analyse", "--accuracy", studies, "--format", form, "--out", out, "--quiet")
    assert result.exit_code == 0, result.output
    assert result.output == ""
    drawn = [file for file in out.iterdir() if file.suffix not in (".csv", ".html")]
    assert {file.suffix for file in drawn} == {f".{form}"}
    assert all(file.read_bytes().startswith(first) for file in drawn)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<img ") == len(drawn)


def test_the_same_input_makes_the_same_bytes(studies, tmp_path):
    for out in ("one", "two"):
        assert run(
            "analyse", "--accuracy", studies, "--format", "svg", "--out", tmp_path / out, "-q"
        )
    for file in (tmp_path / "one").iterdir():
        text = file.read_text(encoding="utf-8").replace("/one", "/two")
        assert text == (tmp_path / "two" / file.name).read_text(encoding="utf-8"), file.name


def test_json_holds_the_tables_that_are_written(tmp_path):
    result = run(*RISK, "--json", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found["tables"]) == {"risk", "risk_sensitivity"}
    frame = pd.read_csv(tmp_path / "risk.csv")
    pd.testing.assert_frame_equal(
        pd.DataFrame(found["tables"]["risk"])[["time", "estimate"]],
        frame[["time", "estimate"]],
        check_dtype=False,
    )
    assert found["command"] == f"paraneo risk --age 43.0 --marker positive --out {tmp_path} --json"


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (RISK, "Risk of cancer: women aged 43 with dermatomyositis"),
        (
            ("schedule", "--age", 43, "--visits", "yearly=0,1,2", "--visits", "once=0"),
            "Schedules of visits: women aged 43 with dermatomyositis",
        ),
    ],
)
def test_a_person_has_a_page_too(tmp_path, words, title):
    result = run(*words, "--date", "1 December 2026", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"<h1>{title}</h1>" in page
    for said in (
        "Made on 1 December 2026.",
        "For research, not for the care of a person.",
        "https://doi.org/10.1177/1203475416665601",
        "with death from other causes competing",
        f"paraneo {words[0]} --age 43.0",
    ):
        assert said in page
    assert page.count("<img ") == len(list(tmp_path.glob("*.png")))


def test_a_page_says_what_went_in_and_lets_nothing_in(studies, tmp_path):
    run("analyse", "--accuracy", studies, "--out", tmp_path, "--prevalence", "17%")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Accuracy of 3 sources: A, B, C." in page
    assert "By the accuracy pooled from 3 studies:" in page
    assert "default-src 'none'" in page
    assert "http-equiv" in page
    for technical in ("evidence.load", "C(", "[T.", "largest gradient 0", "ppv</t", "_lower"):
        assert technical not in page, technical


def test_a_number_of_events_that_is_not_printed_stands_in_one_version(tmp_path):
    """Kuo 2011 prints no count: 59 to 64 events fit, of which pooling uses 63."""
    (tmp_path / "ratios.csv").write_text(RATIOS)
    result = run("analyse", "--ratios", tmp_path / "ratios.csv", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "(59 to 64 events)" in " ".join(result.output.replace("│", " ").split())
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "consistent (59 to 64 events)" in page
    assert "59 events" not in page.replace("59 to 64 events", "")
    assert not {file.name for file in (tmp_path / "out").iterdir()} & {"accuracy.csv"}


@pytest.mark.parametrize("columns", [70, 140])
def test_tables_are_as_wide_as_the_terminal(tmp_path, columns):
    result = run(*RISK, "--out", tmp_path, COLUMNS=str(columns))
    longest = max(map(len, result.output.splitlines()))
    assert longest <= columns
    if columns == 140:
        assert longest > 118


@pytest.mark.parametrize("words", [("-h",), ("risk", "-h"), ("analyse", "--help")])
def test_help_is_short_to_ask_for(words):
    result = run(*words, COLUMNS="100")
    assert result.exit_code == 0
    assert "Usage" in result.output
    if len(words) > 1:
        for option in ("--format", "--json", "--quiet", "--date"):
            assert option in result.output
