"""How an estimate prints: as in a paper, with its interval by the field's name."""

from __future__ import annotations

import pytest

from paraneo import Estimate, diagnostic_accuracy, predictive_values
from paraneo.results.estimate import three_digits

TABLE = diagnostic_accuracy(31, 12, 9, 148)


@pytest.mark.parametrize(
    ("interval", "name"),
    [
        ("exact", "Clopper-Pearson"),
        ("wilson", "Wilson"),
        ("jeffreys", "Jeffreys"),
        ("agresti-coull", "Agresti-Coull"),
        ("wald", "Wald"),
    ],
)
def test_a_proportion_names_its_interval_as_the_field_does(interval, name):
    got = repr(diagnostic_accuracy(31, 12, 9, 148, interval=interval).sensitivity)
    assert got.startswith("0.775 (95% CI 0.")
    assert got.endswith(f", {name})")


def test_only_a_bayesian_interval_is_a_credible_one():
    bayes = repr(predictive_values(TABLE, 0.1, interval="bayes").ppv)
    assert "(95% credible interval 0.400 to 0.676, " in bayes
    assert "CI" not in bayes
    assert "credible" not in repr(predictive_values(TABLE, 0.1).ppv)


def test_a_further_setting_has_a_prediction_interval():
    one = Estimate(0.5, 0.2, 0.8, level=0.9, kind="prediction")
    assert repr(one) == "0.500 (90% prediction interval 0.200 to 0.800)"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (0.7, "0.700"),
        (0.61546, "0.615"),
        (10.33, "10.3"),
        (99.96, "100"),
        (999.7, "1000"),
        (12345.6, "12346"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_three_significant_digits_without_powers_of_ten(number, text):
    assert three_digits(number) == text
