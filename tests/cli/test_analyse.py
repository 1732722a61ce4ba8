"""The main job from the command line: on the published figures, on a user's, on bad ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.tolerances import CLOSED_FORM, PRINTED
from typer.testing import CliRunner

from paraneo.cli import app

FILES = {
    "accuracy.csv",
    "predictive_values.csv",
    "natural_frequencies.csv",
    "incidence_ratios.csv",
    "predictive_values.png",
    "incidence_ratios.png",
    "pooled_accuracy.csv",
    "pooled_predictive_values.csv",
    "pooled_accuracy.png",
    "accuracy_by_study.png",
    "pooled_ratios.csv",
    "pooled_ratios.png",
    "ratio_curve.csv",
    "ratio_curve.png",
    "personal_risk.csv",
    "personal_windows.csv",
    "personal_schedules.csv",
    "personal_risk.png",
    "personal_timeline.png",
    "report.html",
}


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def said(result):
    """Return everything printed, without the line breaks of a narrow page."""
    return " ".join(result.output.split())


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """The main job on the figures that come with the package."""
    out = tmp_path_factory.mktemp("main_job") / "new" / "folder"
    return run("analyse", "--out", out), out


def test_it_writes_every_table_and_picture(embedded):
    result, out = embedded
    assert result.exit_code == 0, result.output
    assert {file.name for file in out.iterdir()} == FILES
    for file in out.glob("*.png"):
        assert file.read_bytes().startswith(b"\x89PNG")


def test_the_page_holds_what_is_printed_and_every_picture(embedded):
    _, out = embedded
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<img ") == len(list(out.glob("*.png")))
    for words in ("59.2 (44.9–72.1)", "5.11 (5.01–5.22)", "(4.13–6.25)", "FLAGGED: not from its"):
        assert words in page
    assert "Fit: reached an optimum" in page


def test_published_predictive_values_and_why_they_differ(embedded):
    result, out = embedded
    values = pd.read_csv(out / "predictive_values.csv")
    pooled = values[values["source"] == "Trallero-Araguas 2012, pooled"]
    pooled = pooled.set_index(["basis", "measure"])["estimate"]
    for basis, ppv, npv in (
        ("likelihood ratios", 0.582, 0.951),
        ("sensitivity, specificity", 0.592, 0.952),
    ):
        got = [pooled[basis, "ppv"], pooled[basis, "npv"]]
        np.testing.assert_allclose(got, [ppv, npv], **PRINTED[3])
    assert "Each figure was rounded by itself" in said(result)


def test_limits_that_cannot_be_right_are_named(embedded):
    result, out = embedded
    ratios = pd.read_csv(out / "incidence_ratios.csv").set_index("study")
    found = ratios.loc[["Chen 2010, DM", "Chen 2010, PM", "Stockton 2001, DM"], ["lower", "upper"]]
    np.testing.assert_allclose(found, [[4.13, 6.25], [1.48, 3.02], [5.72, 10.15]], **PRINTED[2])
    for words in ("Chen 2010, DM: ", "Chen 2010, PM: ", "4.13–6.25", "1.48–3.02"):
        assert words in said(result)
    assert "14.82–15.93" in said(result)


def test_published_figures_are_pooled(embedded):
    result, out = embedded
    told = said(result)
    assert "Pooled accuracy of 7 studies, exact binomial model" in told
    assert "without Chen 2010, whose printed CI cannot be right" in told
    assert "pooled over unequal windows" in told
    assert "sensitivity 64.3% (47.0–78.5), specificity 85.4% (81.4–88.7)" in told
    assert "(4.12–7.13)" in told
    ratios = pd.read_csv(out / "pooled_ratios.csv")
    assert (ratios["lower"] <= ratios["estimate"]).all()
    curve = pd.read_csv(out / "ratio_curve.csv")
    assert curve["estimate"].is_monotonic_decreasing


def test_the_third_answer_is_that_of_the_case_report_by_marker(embedded):
    result, out = embedded
    risks = pd.read_csv(out / "personal_risk.csv").pivot_table(
        index="marker", columns="time", values="estimate"
    )
    assert risks.columns.tolist() == [1, 3, 5]
    assert (risks.loc["negative"] < risks.loc["unknown"]).all()
    assert (risks.loc["unknown"] < risks.loc["positive"]).all()
    windows = pd.read_csv(out / "personal_windows.csv")
    assert sorted(windows["rule"].unique()) == ["excess", "ratio", "residual", "share"]
    ends = windows.pivot_table(index="rule", columns="marker", values="estimate")
    of_all = ends.drop("share")  # the marker belongs to the excess: its course is one for both
    assert (of_all["negative"] < of_all["positive"]).all()
    assert windows[["lower", "upper"]].isna().all(axis=None)
    schedules = pd.read_csv(out / "personal_schedules.csv")
    assert schedules.groupby("marker").size().tolist() == [4, 4, 4]
    assert "IMACS 2023, high risk" in set(schedules["schedule"])
    assert "When the cancer shows: a woman aged 43 with dermatomyositis" in said(result)
    assert "No CI: the ratios (Qiang 2017) come without one." in said(result)


def test_a_users_tables_are_pooled_or_it_is_said_why_not(tmp_path):
    two = tmp_path / "two.csv"
    row = {"tp": [31, 10], "fp": [12, 5], "fn": [9, 4], "tn": [148, 46]}
    pd.DataFrame({"study": ["A", "B"]} | row).to_csv(two, index=False)
    result = run("analyse", "--accuracy", two, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "Pooled accuracy of 2 studies" in said(result)
    pd.DataFrame({"study": ["A", "A"]} | row).to_csv(two, index=False)
    result = run("analyse", "--accuracy", two, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "were not pooled" in said(result)


def test_a_users_own_files(tmp_path):
    accuracy, ratios = tmp_path / "accuracy.csv", tmp_path / "ratios.parquet"
    pd.DataFrame({"study": ["A"], "tp": [31], "fp": [12], "fn": [9], "tn": [148]}).to_csv(
        accuracy, index=False
    )
    pd.DataFrame({"study": ["B"], "observed": [12], "expected": [6.7]}).to_parquet(ratios)
    out = tmp_path / "out"
    result = run(
        *(
            "analyse",
            "--accuracy",
            accuracy,
            "--ratios",
            ratios,
            "--prevalence",
            "10%",
            "--out",
            out,
        )
    )
    assert result.exit_code == 0, result.output
    values = pd.read_csv(out / "predictive_values.csv")[["estimate", "lower", "upper"]]
    printed = [[0.534483, 0.393875, 0.669816], [0.973684, 0.954090, 0.985047]]
    np.testing.assert_allclose(values, printed, **PRINTED[6])
    one = pd.read_csv(out / "incidence_ratios.csv").iloc[0]
    np.testing.assert_allclose([one["lower"], one["upper"]], [0.925459, 3.128595], **PRINTED[6])


def test_a_table_that_was_written_can_be_read(tmp_path):
    own = tmp_path / "own.csv"
    pd.DataFrame(RATIOS).to_csv(own, index=False)
    assert run("analyse", "--ratios", own, "--out", tmp_path / "one").exit_code == 0
    written = tmp_path / "one" / "incidence_ratios.csv"
    result = run("analyse", "--ratios", written, "--out", tmp_path / "two")
    assert result.exit_code == 0, result.output
    one, two = (pd.read_csv(tmp_path / name / "incidence_ratios.csv") for name in ("one", "two"))
    figures = ["estimate", "lower", "upper"]
    np.testing.assert_allclose(two[figures], one[figures], **CLOSED_FORM)


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("--accuracy", "accuracy.csv"),
        ("--accuracy", "pooled_accuracy.csv"),
        ("--ratios", "ratio_curve.csv"),
        ("--ratios", "pooled_ratios.csv"),
        ("--ratios", "incidence_ratios.csv"),
    ],
)
def test_analyse_takes_what_it_wrote(embedded, tmp_path, option, name):
    result = run("analyse", option, embedded[1] / name, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output


def test_bad_files_get_one_message_and_leave_nothing_behind(tmp_path):
    bad = tmp_path / "bad.csv"
    pd.DataFrame(
        {"study": list("abcd"), "tp": [1, -1, 2.5, 0], "fp": 1, "fn": [2, 2, 2, 0], "tn": 3}
    ).to_csv(bad, index=False)
    out = tmp_path / "out"
    result = run("analyse", "--accuracy", bad, "--out", out)
    assert result.exit_code == 1
    for words in (
        "'tp' at row 1: count is negative",
        "'tp' at row 2: count is not whole",
        "'tp' at row 3: nobody with the condition was counted",
    ):
        assert words in said(result)
    assert "Traceback" not in result.output
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--accuracy", "absent.csv"), "There is no file 'absent.csv'"),
        (("--prevalence", "170"), "probability is above 1"),
        (("--prevalence", "17"), "looks like a percentage"),
        (("--prevalence", "often"), "is not a number"),
        (("--prevalence", "7/5"), "'--prevalence': there are more events than people"),
        (("--ratios", "absent.csv", "--prevalence", "0.2"), "no meaning with --ratios alone"),
    ],
)
def test_arguments_that_cannot_be_used(words, told, tmp_path):
    result = run("analyse", *words, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert told in said(result)
    assert not (tmp_path / "out").exists()


TESTS = {"study": ["A"], "tp": [31], "fp": [12], "fn": [9], "tn": [148]}
RATIOS = {"study": ["B"], "observed": [12], "expected": [6.7]}


@pytest.mark.parametrize(
    ("option", "table", "files"),
    [
        ("--ratios", RATIOS, {"incidence_ratios.csv", "incidence_ratios.png", "report.html"}),
        (
            "--accuracy",
            TESTS,
            {
                *("accuracy.csv", "predictive_values.csv", "natural_frequencies.csv"),
                *("predictive_values.png", "report.html"),
            },
        ),
    ],
)
def test_one_table_alone_is_not_mixed_with_figures_of_the_package(tmp_path, option, table, files):
    pd.DataFrame(table).to_csv(tmp_path / "own.csv", index=False)
    result = run("analyse", option, tmp_path / "own.csv", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert {file.name for file in (tmp_path / "out").iterdir()} == files
    assert "Trallero" not in result.output
    assert "Chow" not in result.output


@pytest.mark.parametrize(
    ("label", "printed"),
    [
        ("Jones [c18]", "Jones [c18]"),
        ("[red]boo[/red]", "[red]boo[/red]"),
        ("[/]", "[/]"),
        ("\x1b]0;title\x07\x1b[31mRED", "\\x1b]0;title"),
        ("cost $5 or $\\alpha$", "cost $5 or $\\alpha$"),
    ],
)
def test_labels_are_printed_as_they_are_and_obeyed_by_nothing(tmp_path, label, printed):
    pd.DataFrame(RATIOS | {"study": [label]}).to_csv(tmp_path / "own.csv", index=False)
    result = run("analyse", "--ratios", tmp_path / "own.csv", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert printed in result.output
    assert "\x1b]" not in result.output


def test_a_run_that_fails_while_it_writes_leaves_the_folder_as_it_was(tmp_path, monkeypatch):
    out, own = tmp_path / "out", tmp_path / "own.csv"
    pd.DataFrame(RATIOS).to_csv(own, index=False)
    assert run("analyse", "--ratios", own, "--out", out).exit_code == 0
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    pd.DataFrame(RATIOS | {"observed": [24]}).to_csv(own, index=False)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("paraneo.report.HtmlReport.save", full)
    result = run("analyse", "--ratios", own, "--out", out)
    assert result.exit_code == 1
    assert "No space left on device" in said(result)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before


def test_the_folder_is_checked_before_the_work_begins(tmp_path, monkeypatch):
    (tmp_path / "out").write_text("a file")
    monkeypatch.setattr("paraneo.cli.published.run", lambda *_: pytest.fail("work was done"))
    result = run("analyse", "--out", tmp_path / "out" / "inside")
    assert result.exit_code == 1
    assert "is a file" in said(result)
    assert (tmp_path / "out").read_text() == "a file"


def test_help_names_the_columns():
    told = said(run("analyse", "--help"))
    for word in ("tp", "fp", "observed", "expected", "--prevalence", "--out"):
        assert word in told


def test_figures_that_no_table_gives_are_told(tmp_path):
    table = tmp_path / "accuracy.csv"
    table.write_text("study,tp,fp,fn,tn,sensitivity,specificity\nA,5,2,5,40,0.6,0.95\n")
    result = run("analyse", "--accuracy", table, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "A: The printed counts do not give the printed sensitivity (0.6)." in said(result)
    audit = pd.read_csv(tmp_path / "out" / "accuracy_audit.csv")
    assert audit["verdict"].tolist() == ["counts and figures disagree"]
