"""Every reader reads the same awkward numbers, ages and marks of missing values alike."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.tolerances import EXACT

from paraneo import TableError
from paraneo.rates import (
    read_cdc_wonder,
    read_globocan,
    read_popmort,
    read_r_ratetable,
    read_rate_table,
    read_seerstat,
)

INF = float("inf")


def _counts(columns, reader, **options):
    def read(path, rows):
        lines = ["\t".join(columns)]
        lines += ["\t".join(["Female", *map(str, row)]) for row in rows]
        path.write_text("\n".join(lines), encoding="utf-8")
        return reader(path, **options)

    return read


#: Readers of counts: sex, age, cases, people.
READERS = {
    "plain": _counts(
        ["sex", "age", "cases", "n"], read_rate_table, cases="cases", person_years="n", decimal="."
    ),
    "globocan": _counts(["Sex", "Age", "Cases", "Population"], read_globocan),
    "seerstat": _counts(["Sex", "Age recode", "Count", "Population"], read_seerstat),
    "wonder": _counts(["Sex", "Ten-Year Age Groups", "Deaths", "Population"], read_cdc_wonder),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "ages",
    [
        ["Under 1", "1-4 years", "5 or older"],
        ["< 1 year", "1 to 4", "5 years and over"],
        ["Less than 1 year", "01-04 years", "05+ years"],
        ["Y_LT1", "Y1-4", "Y_GE5"],
        ["00 years", "[1, 5)", "5+"],
    ],
)
@pytest.mark.parametrize(
    "people", [["100,000", "400,000", "1,200,000"], ["100000", "4e5", "1 200 000"]]
)
def test_readers_of_counts_read_ages_and_people_alike(tmp_path, reader, ages, people):
    rows = list(zip(ages, [4, 8, 1200], people, strict=True))
    table = READERS[reader](tmp_path / "a.txt", rows)
    assert_array_equal(table.age_edges, [0, 1, 5, INF])
    assert_allclose(table.rates.ravel(), [4e-5, 2e-5, 1e-3], **EXACT)


MARKS = [
    "",
    ".",
    "..",
    "-",
    "~",
    "^",
    "NA",
    "n/a",
    "<5",
    "Suppressed",
    "Not Applicable",
    "Unreliable",
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("mark", MARKS)
def test_readers_of_counts_know_the_same_marks(tmp_path, reader, mark):
    rows = [
        ("0-4", mark, "50000"),
        ("5+", "7", "70000"),
        ("Unknown", "3", mark),
        ("All ages", 10, 120000),
    ]
    table = READERS[reader](tmp_path / "a.txt", rows)
    assert_array_equal(table.rates.ravel(), [np.nan, 1e-4])
    assert table.provenance["left_out"] == "3 cases of unknown age"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("word", ["ten", "5?", "1.2.3", "~5"])
def test_readers_of_counts_refuse_the_same_words(tmp_path, reader, word):
    with pytest.raises(TableError, match="is not a number"):
        READERS[reader](tmp_path / "a.txt", [("0-4", word, "50000"), ("5+", "7", "70000")])
    with pytest.raises(TableError, match="is not a band"):
        READERS[reader](tmp_path / "a.txt", [("0-4", 3, 50000), (f"old {word}", 7, 70000)])


#: Readers of one column of rates: its unit in years, and how a rate is written there.
RATES = {
    "plain": (read_rate_table, "sex,age,rate", {"rate": "rate", "per": 100_000}),
    "globocan": (read_globocan, "sex,age,rate", {}),
    "r": (read_r_ratetable, "sex,age,rate", {"year": None}),
}


@pytest.mark.parametrize("reader", RATES)
@pytest.mark.parametrize(
    ("separator", "comma"), [(";", True), ("\t", True), (";", False), ("|", False)]
)
def test_readers_of_rates_know_the_decimal_mark(tmp_path, reader, separator, comma):
    read, head, options = RATES[reader]
    lines = [head, "female,0-4,0.0125", "female,5+,0.05"]
    text = "\n".join(lines).replace(",", separator)
    path = tmp_path / "a.csv"
    path.write_text(text.replace(".", ",") if comma else text)
    rates = read(path, **options).rates.ravel()
    assert_allclose(rates[1] / rates[0], 0.05 / 0.0125, **EXACT)


@pytest.mark.parametrize("mark", [".", ","])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_thousands_that_may_be_decimals_are_refused(tmp_path, separator, mark):
    lines = ["sex,age,cases,population", "F,0-39,4,412.350", "F,40-59,5,300.100", "F,60+,9,150.000"]
    path = tmp_path / "a.txt"
    text = "\n".join(lines).replace(",", separator).replace("2.3", f"2{mark}3")
    path.write_text(text.replace("0.", f"0{mark}"))
    names = {"cases": "cases", "person_years": "population"}
    with pytest.raises(TableError, match=r"can be read in two ways, as 412350 or as 412\.35"):
        read_rate_table(path, **names)
    table = read_rate_table(path, **names, decimal="," if mark == "." else ".")
    assert_allclose(table.person_years.ravel(), [412350, 300100, 150000], **EXACT)
    assert_allclose(read_globocan(path).person_years.ravel(), [412350, 300100, 150000], **EXACT)


def test_popmort_reads_decimal_commas(tmp_path):
    path = tmp_path / "popmort.csv"
    path.write_text("sex;_age;_year;prob\n1;60;2000;0,98\n1;61;2000;0,975\n")
    assert_allclose(read_popmort(path).rates.ravel(), -np.log([0.98, 0.975]), **EXACT)
