"""The published tables: sources, notes, kinds of columns, and figures as transcribed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from tests.support import HERE

from paraneo import evidence
from paraneo.errors import ArgumentError
from paraneo.evidence._columns import NUMBERS, WHOLE

#: The transcriptions that the shipped tables were edited from, if they lie beside the project.
ORIGINALS = HERE.parents[1] / "shared" / "evidence"
TABLES = evidence.names()
#: Not transcribed but derived, and tested beside their derivation.
DERIVED = {"us_cancer_rates", "us_mortality_2014"}
#: Rows left out: doubles under a source of less weight, and one that nobody can cite.
DROPPED = re.compile("^Omnihealth|^droracle.ai$")
IDENTIFIER = re.compile(r"10\.\d{4,}/\S+|PMID \d+|PMC\d+|\(report, no DOI\)$")
WORKSHOP_WORDS = re.compile(
    r"\b(?:seen|excerpt|from memory|brief|seed|unverified|as above|computed here|app|"
    r"omnihealth|droracle|medicalalgorithms|reachable|paraphrased|inference)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_says_where_it_comes_from(name):
    table = evidence.load(name)
    assert (table["source_citation"].str.len() > 8).all()
    for identifier, note in zip(table["doi_or_pmid"], table["note"], strict=True):
        if identifier == evidence.NOT_ESTABLISHED:
            assert "DOI not established" in note
        else:
            assert IDENTIFIER.search(identifier), identifier


@pytest.mark.parametrize("name", TABLES)
def test_words_speak_to_a_reader_of_the_published_tables(name):
    for column, values in evidence.load(name).items():
        if values.dtype == object:
            assert not values[values.str.contains(WORKSHOP_WORDS)].tolist(), column


def _originals(name: str) -> Path:
    path = ORIGINALS / f"{name}.csv"
    if not path.is_file():
        pytest.skip("the transcriptions are not part of the project and not beside it")
    return path


@pytest.mark.parametrize("name", [name for name in TABLES if name not in DERIVED])
def test_figures_are_those_of_the_transcription(name):
    original = pd.read_csv(_originals(name), dtype=str, keep_default_na=False)
    original = original[~original["source_citation"].str.contains(DROPPED)]
    shipped = pd.read_csv(evidence.tables._DATA / f"{name}.csv", dtype=str, keep_default_na=False)
    edited = {"source_citation", "doi_or_pmid", "note", "study", "antibody"}
    assert len(shipped) == len(original)
    if name == "sir_by_time":  # given as printed, where the transcription leaves out a misprint
        misprint = original["note"].str.contains("14.82")
        original.loc[misprint, "ci_low"] = "14.82"
    for column in set(original.columns) - edited:
        assert_array_equal(shipped[column].to_numpy(), original[column].to_numpy(), column)


@pytest.mark.parametrize("name", TABLES)
def test_columns_have_one_kind_whatever_their_rows_hold(name):
    table = evidence.load(name)
    for column, values in table.items():
        if (name, column) == ("eular_acr_2017", "value"):
            assert values.dtype == object
        elif column in WHOLE:
            assert values.dtype == np.int64
        elif column in NUMBERS:
            assert values.dtype == np.float64
        else:
            assert values.map(type).eq(str).all(), column


def test_open_ends_are_infinite_and_missing_figures_are_not_numbers():
    times = evidence.load("sir_by_time")
    assert np.isinf(times["window_end_years"]).sum() == 2
    assert times["observed"].isna().all()


def _note(name: str, study: str, population: str) -> str:
    rows = evidence.load(name).query("study == @study and population == @population")
    return str(rows["note"].iloc[0])


def test_known_misprints_are_told():
    assert "Misprint" in _note("sir_overall", "Chen 2010", "DM")
    assert "Misprint" in _note("sir_overall", "Chen 2010", "PM")
    assert "9.5% CI" in _note("sir_overall", "Zantos 1994 (meta-analysis)", "DM")
    assert "Misprint" in _note("sir_by_time", "Kuo (Taiwan 2003-2007)", "PM")
    printed = evidence.load("sir_by_time").query("ci_low > sir")
    assert printed[["population", "sir", "ci_low", "ci_high"]].to_numpy().tolist() == [
        ["PM", 9.17, 14.82, 15.93]
    ]
    assert "below the overall" in _note("sir_by_age", "Qiang 2017", "DM")


def test_describe_has_a_line_for_every_table():
    told = evidence.describe()
    assert list(told.columns) == ["name", "holds", "rows", "sources"]
    assert told["name"].tolist() == evidence.names()
    assert (told["holds"].str.len() > 20).all()
    assert (told["rows"] > 0).all()
    assert (told["sources"] > 0).all()


def test_sources_cover_every_row():
    cited = evidence.sources()
    assert cited.groupby("name")["rows"].sum().to_dict() == (
        evidence.describe().set_index("name")["rows"].to_dict()
    )
    one = evidence.sources("imacs_validation")
    assert one["rows"].tolist() == [3, 3]
    assert one["doi_or_pmid"].tolist() == ["10.1093/rheumatology/keae504", "not established"]


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("sir_overal", "Did you mean 'sir_overall'?"),
        ("SIR_by_time.csv", "'sir_by_time'"),
        (3, "Choose from: antibody_accuracy, "),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(asked, hint):
    with pytest.raises(ArgumentError, match=re.escape(hint)):
        evidence.load(asked)
    with pytest.raises(ArgumentError, match="there is no table"):
        evidence.sources(asked)


def test_a_row_without_an_identifier_is_in_no_default_computation():
    from paraneo.cli.accuracies import embedded

    studies = evidence.load("antibody_accuracy")
    unnamed = studies[studies["doi_or_pmid"] == evidence.NOT_ESTABLISHED]
    assert len(unnamed) == 1
    assert not embedded()["study"].str.contains("Singapore").any()
