"""Design matrices from formulas: their columns, other rows, and what is refused."""

import numpy as np
import pytest

from paraneo.errors import Faults, TableError
from paraneo.gate.formulas import design
from paraneo.gate.tables import Columns
from paraneo.results.convergence import Convergence

ROWS = {
    "age": [40.0, 50.0, 60.0, 70.0],
    "twice": [80.0, 100.0, 120.0, 140.0],
    "site": ["lung", "ovary", "lung", "colon"],
    "same": [1, 1, 1, 1],
    "gap": [1.0, None, 2.0, 3.0],
}


def made(formula, as_frame=dict):
    faults = Faults("the table")
    result = design(Columns(as_frame(ROWS), faults), formula)
    faults.raise_any()
    return result


def test_no_formula_is_a_column_of_ones(as_frame):
    np.testing.assert_array_equal(made(None, as_frame).matrix, np.ones((4, 1)))


def test_categories_become_columns_and_levels_are_remembered(as_frame):
    result = made("~ site", as_frame)
    assert result.columns == ("Intercept", "site[T.lung]", "site[T.ovary]")
    assert not result.numeric
    np.testing.assert_array_equal(result.rows({"site": ["ovary", "colon"]}), [[1, 0, 1], [1, 0, 0]])


def test_transforms_remember_the_rows_they_were_made_on():
    result = made("center(age)")
    np.testing.assert_allclose(result.rows({"age": [55.0]}), [[1, 0]])


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("~ same", "'same': covariate is the same in every row"),
        ("~ age + twice", "collinear: twice"),
        ("~ aeg", "'aeg': there is no such column. Did you mean 'age'?"),
        ("~ gap", "'gap' at row 1: covariate is missing"),
        ("age ~ site", "left-hand side"),
        ("~ (age", "cannot be read"),
        ("~ np.log(age - 40)", "infinite or undefined"),
    ],
)
def test_unusable_formulas_are_refused_with_the_reason(formula, words):
    with pytest.raises(TableError) as caught:
        made(formula)
    assert words in str(caught.value)


def test_a_level_never_seen_is_not_taken_for_the_reference():
    with pytest.raises(TableError, match="cannot be applied"):
        made("~ site").rows({"site": ["skin"]})


def test_how_a_search_ended_can_be_read():
    assert str(Convergence(True, 1, 0.0)) == (
        "reached an optimum after 1 iteration (largest gradient 0)"
    )
    story = str(Convergence(False, 9, 0.5, ("tau2",), "one study alone"))
    assert story.startswith("stopped short")
    assert story.endswith("on its bound: tau2; one study alone")
