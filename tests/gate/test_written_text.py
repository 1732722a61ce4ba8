"""Numbers, ages and marks of missing values as people write them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from paraneo.gate.missing_marks import is_missing
from paraneo.gate.written_ages import read_band
from paraneo.gate.written_numbers import read_numbers

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (["1,5", "12,345"], [1.5, 12.345]),
        (["0,512", "1,234"], [0.512, 1.234]),
        (["1,234,567", "5"], [1234567, 5]),
        (["1.234.567,8", "1.000,0"], [1234567.8, 1000]),
        (["1'234.5", "2’000.5"], [1234.5, 2000.5]),
        (["1 234,5", "1\xa0000,5", "1\u202f000 000"], [1234.5, 1000.5, 1e6]),
        (["12%", "3.5 %"], [0.12, 0.035]),
        (["−3", "+4", " 5 ", ".5", "1e-5", "2E3"], [-3, 4, 5, 0.5, 1e-5, 2000]),
        (["inf", "-Infinity"], [INF, -INF]),
        (
            ["<5", "~", "-", "Suppressed", "Not Applicable", "Unreliable", ".", "..", "NA", ".A"],
            None,
        ),
        (["999", "7"], [999, 7]),
        ([1, 2.5, None, "1,234"], [1, 2.5, NAN, 1234]),
        ([True, np.float32(2), np.int8(3)], [1, 2, 3]),
    ],
)
def test_numbers_are_read_as_they_are_written(written, numbers):
    read = read_numbers(written)
    assert read.doubtful is None
    assert not read.unread.any()
    assert_array_equal(read.numbers, [NAN] * len(written) if numbers is None else numbers)


@pytest.mark.parametrize("written", [["1,234", "12,345"], ["1.512", "31.250"], ["1,234", "1234"]])
def test_what_can_be_read_in_two_ways_is_not_read(written):
    assert read_numbers(written).doubtful is not None
    values = {mark: read_numbers(written, decimal=mark).numbers for mark in (".", ",")}
    assert {float(values[mark][0]) for mark in values} in ({1.234, 1234.0}, {1.512, 1512.0})
    assert read_numbers(written, likely=",").numbers[0] == values[","][0]


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        (["yes", "1"], [True, False]),
        (["12%", "3"], [True, False]),
        (["1,23,4", "5"], [True, False]),
        (["1.234,5", "1,234.5"], [True, False]),
        ([0.1, "1,5"], [False, True]),
        (["~5", ">5"], [True, True]),
        ([np.datetime64("2000-01-01"), 3], [True, False]),
    ],
)
def test_what_is_no_number_is_marked(written, wrong):
    assert_array_equal(read_numbers(written).unread, wrong)


def test_999_is_missing_only_where_it_is_named():
    assert_array_equal(read_numbers(["999", "5", 999], missing=[999]).numbers, [NAN, 5, NAN])


@pytest.mark.parametrize(
    "value", ["", " ", "n/a", "NaN", ".Z", ": c", "***", "< 5", "≤4", None, NAN]
)
def test_marks_of_missing_values(value):
    assert is_missing(value)


@pytest.mark.parametrize("value", ["0", 0, "no", "unknown", "S", False, 999])
def test_other_words_are_no_marks(value):
    assert not is_missing(value)


AGES = {
    (0, 1): [
        "Under 1",
        "Under 1 year",
        "Less than 1 year",
        "< 1 year",
        "<1",
        "Y_LT1",
        "[0, 1)",
        "less than one year",
        "Under one",
        "<1y",
        "0 to <1",
        "Below 1 yr",
    ],
    (1, 4): [
        "1-4 years",
        "01-04",
        "1 to 4",
        "1–4",
        "Y1-4",
        "from 1 to 4 years",
        "Age 1-4",
        "1‑4",
        "1−4",
        "1-4y",
        "1 thru 4",
        "1 - 4 years old",
        "1~4",
        "1..4",
        "[1,4]",
        "age1-4",
        "age_1_4",
        "1 till 4",
        "1 up to 4",
        "Y1T4",
        "1 yr - 4 yrs",
        "(1-4)",
        "01-04 y.o.",
    ],
    (20, 24): ["20 to 24 years", "20_24", "20-24 year olds", "aged 20-24", "20 through 24"],
    (85, INF): [
        *("85+", "85 +", "85 plus", "85 or older", "85 years or over", "85 years and over"),
        *("85 & over", "85 or more", "85+ years", "≥85", ">= 85", "Y_GE85", "[85, inf)"),
        *("> = 85", "85+y", "85 y and over", "[85,∞)", "85-inf", "85 - highest", "85 and above"),
        *("85 years of age and older", "aged 85+", "85 years & older"),
    ],
    (0, NAN): ["0", "00", "00 years", 0, 0.0, "Y0"],
    (1988, 1992): ["1988-1992", "1988-92", "1988 to 1992", "1988/1992"],
    (2018, NAN): ["2018", "2018 (provisional)"],
}


@pytest.mark.parametrize(("band", "label"), [(b, x) for b, labels in AGES.items() for x in labels])
def test_bands_are_read_as_offices_write_them(band, label):
    assert_array_equal(read_band(label)[:2], band)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Unknown", "unknown"),
        ("Age unknown", "unknown"),
        ("Not Stated", "unknown"),
        ("UNK", "unknown"),
        ("NS", "unknown"),
        ("N.S.", "unknown"),
        ("n/k", "unknown"),
        ("Not reported", "unknown"),
        ("Y_UNK", "unknown"),
        ("Other/unknown", "unknown"),
        ("All age groups", "total"),
        ("All ages, total", "total"),
        ("Grand total", "total"),
        ("Y_TOT", "total"),
        ("TOTAL", "total"),
        ("All ages", "total"),
        ("", "missing"),
        (".", "missing"),
        ("?", ""),
        ("> 84", ""),
        ("Over 85", ""),
        ("85-", ""),
        ("0-11 months", ""),
        ("6 months", ""),
        ("0-27 days", ""),
        ("40 44", ""),
        ("14-Oct", ""),
        ("5-9 months", ""),
        ("(0, 5]", ""),
        ("old", ""),
    ],
)
def test_labels_without_a_band_say_what_they_are(label, kind):
    assert read_band(label).kind == kind
