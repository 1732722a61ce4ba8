"""A unit that was mistaken is said; a ratio that is only high, or only low, is not."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from paraneo import RateTable, person_years, rate_table
from paraneo.cli import app
from paraneo.errors import ComparabilityWarning

#: Events of a rare cancer per 100 000 person-years, and the same truly per person-year.
PER_100_000 = {"age": [0, 40, 60], "rate": [0.2, 1.1, 2.3]}


def cohort(people: int, ill: int) -> pd.DataFrame:
    """Return people followed for ten years from 45 on, some of whom fell ill."""
    table = {"birth": 1950.0, "entry": 1995.0, "exit": 2005.0}
    return pd.DataFrame(table, index=range(people)).assign(ill=np.arange(people) < ill, other=0)


def rates(per: float) -> RateTable:
    """Return the rates, which are right where ``per`` is 100 000."""
    return rate_table(PER_100_000, rate="rate", per=per, highest_rate=np.inf)


def warned(data: pd.DataFrame, **options: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        person_years(data, birth="birth", entry="entry", exit="exit", **options)
    assert all(warning.category is ComparabilityWarning for warning in caught)
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize("per", [1.0, 100.0, 1000.0])
@pytest.mark.parametrize("ill", [0, 3, 9])
def test_rates_in_too_large_a_unit_are_said(per: float, ill: int) -> None:
    [told] = warned(cohort(50_000, ill), event="ill", rates=rates(per))
    assert told.startswith(f"{ill} events were observed ('observed') where ")
    assert "per=100_000" in told
    assert ("none at all" if not ill else "times fewer") in told


def test_rates_in_too_small_a_unit_are_said() -> None:
    [told] = warned(cohort(100_000, 25), event="ill", rates=rates(1e8))
    assert told.startswith("25 events were observed ('observed') where 0.011 are expected")
    assert ": 2,273 times more." in told


@pytest.mark.parametrize("ill", [1, 11, 330, 5_000])
def test_ratios_up_to_500_are_taken_for_what_they_are(ill: int) -> None:
    assert not warned(cohort(100_000, ill), event="ill", rates=rates(1e5))


def test_few_events_prove_nothing() -> None:
    assert not warned(cohort(400_000, 0), event="ill", rates=rates(1e5))
    assert not warned(cohort(10, 10), event="ill", rates=rates(1e5))


def test_events_are_held_against_the_rates_of_their_name_alone() -> None:
    people = cohort(50_000, 5)
    wrong, right = rates(1.0), rates(1e5)
    assert not warned(people, rates=wrong)
    other = {"ill": right, "other": right, "death": wrong}
    assert len(warned(people, event=["ill", "other"], rates=other)) == 0
    [told] = warned(people, event=["ill", "other"], rates={"ill": right, "other": wrong})
    assert "('observed of other')" in told
    assert "('expected of other')" in told
    [told] = warned(people, event={"cancer": "ill"}, rates=wrong)
    assert "('observed of cancer')" in told
    assert "('expected of cancer')" in told


def test_the_command_line_says_it_in_its_own_words(tmp_path: Any) -> None:
    files = tmp_path / "people.csv", tmp_path / "rates.csv"
    cohort(40_000, 4).to_csv(files[0], index=False)
    pd.DataFrame(PER_100_000).assign(rate=[0.2, 1.1, 1.3]).to_csv(files[1], index=False)
    words = [str(files[0]), "--rates", str(files[1]), "--event", "ill"]
    result = CliRunner().invoke(app, ["cohort", *words, "--out", str(tmp_path / "out")])
    said = re.sub(r"\s+", " ", result.output)
    assert result.exit_code == 0, result.output
    assert "Note. all: 4 events were observed" in said
    assert "give the rates --per 100000 where rates are per 100 000" in said
