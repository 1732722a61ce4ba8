"""`paraneo cohort --endpoint`: many cancers from files, read by the other commands as written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.tolerances import SUMMED
from typer.testing import CliRunner

from paraneo import incidence_ratios, index_cohort, rate_table
from paraneo.cli import app
from paraneo.evidence import simulated_registry, site_groups

KEPT = ["Breast", "Colorectum", "Lung", "Prostate"]


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    registry = simulated_registry(2500)
    groups = {name: site_groups()[name] for name in KEPT}
    rates = registry.rates[registry.rates["endpoint"].isin(KEPT)]
    cohort = index_cohort(
        registry.tumours,
        registry.people,
        death="death",
        ends="emigration",
        study_end=registry.study_end,
        groups=groups,
        lag_months=2,
        rule="all",  # so that all are at risk of all until one exit, which is what a file says
    )
    cohort.data.rename(columns={"event": "site"}).to_csv(folder / "people.csv", index=False)
    rates.rename(columns={"endpoint": "site"}).to_csv(folder / "rates.csv", index=False)
    table = rate_table(rates, rate="rate", period="year", by=["endpoint", "sex"])
    counted = cohort.person_years(rates=table, by="sex", follow_up=[0, 1, 5, np.inf])
    return folder, counted


WORDS = ("--endpoint", "site", "--origin", "index_date", "--by", "sex", "--follow-up", "0,1,5,inf")


@pytest.fixture(scope="module")
def out(files):
    folder, _ = files
    asked = ["cohort", folder / "people.csv", "--rates", folder / "rates.csv", *WORDS]
    result = run(*asked, "--out", folder / "out")
    assert result.exit_code == 0, result.output
    return folder / "out", result.output


def test_it_writes_what_the_functions_give(files, out):
    folder, printed = out
    _, counted = files
    table = pd.read_csv(folder / "person_years.csv")
    pd.testing.assert_frame_equal(table, counted.summary(), check_dtype=False)
    many = pd.read_csv(folder / "many_ratios.csv").set_index("endpoint")
    ratios = incidence_ratios(counted, by="endpoint")
    np.testing.assert_allclose(many.loc[KEPT, "estimate"], ratios.summary()["estimate"], **SUMMED)
    np.testing.assert_allclose(many.loc[KEPT, "p_holm"], ratios.adjusted().p_adjusted, **SUMMED)
    together = pd.read_csv(folder / "incidence_ratios.csv")
    assert together.loc[0, "observed"] == counted.summary()["observed"].sum()
    one = pd.read_csv(folder / "incidence_ratios_lung.csv")
    assert one.loc[0, "observed"] == many.loc["Lung", "observed"]
    # lung cancers can be had by everybody, so that the years of all are those of lung cancer
    np.testing.assert_allclose(together["person_years"], one["person_years"], **SUMMED)
    for name in ("table.png", "volcano.png", "funnel.png", "caterpillar.png", "table.tex"):
        assert (folder / name).stat().st_size > 0
    assert "| Prostate |" in (folder / "table.md").read_text()
    assert "no rates for the group" in " ".join(printed.split())


@pytest.mark.parametrize("name", ["incidence_ratios", "incidence_ratios_lung"])
def test_its_files_are_what_risk_and_analyse_read(out, tmp_path, name):
    file = out[0] / f"{name}.csv"
    risk = run("risk", "--age", 60, "--horizon", 4, "--ratios", file, "--out", tmp_path / "risk")
    assert risk.exit_code == 0, risk.output
    assert (tmp_path / "risk" / "risk.csv").exists()
    read = run("analyse", "--ratios", file, "--out", tmp_path / "read")
    assert read.exit_code == 0, read.output


def test_small_counts_are_in_none_of_the_files(files, tmp_path):
    folder, counted = files
    asked = ["cohort", folder / "people.csv", "--rates", folder / "rates.csv", *WORDS]
    result = run(*asked, "--suppress", 20, "--out", tmp_path / "masked")
    assert result.exit_code == 0, result.output
    written = {path.name for path in (tmp_path / "masked").iterdir()}
    assert written == {"table.csv", "table.md", "table.tex", "table.png"}
    table = pd.read_csv(tmp_path / "masked" / "table.csv")
    assert not table["observed"].between(1, 19).any()
    assert table["masked"].any()
    assert (counted.summary()["observed"] > 0).any()


def test_what_has_no_meaning_is_said(files, tmp_path):
    folder, _ = files
    asked = ["cohort", folder / "people.csv", "--rates", folder / "rates.csv", *WORDS]
    result = run(*asked, "--formula", "~ sex", "--out", tmp_path / "no")
    assert result.exit_code == 1
    assert "--formula" in result.output
    assert not (tmp_path / "no").exists()
    wrong = run(*asked, "--censored", "nothing", "--out", tmp_path / "no")
    assert wrong.exit_code == 1
    assert "no event" in wrong.output
