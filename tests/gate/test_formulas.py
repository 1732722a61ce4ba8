"""Design matrices from formulas: their columns, other rows, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from tests.tolerances import CLOSED_FORM

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
MORE = {
    "mixed": [1, 3, "x", 2],
    "typed": ["1", "2", "3", "o"],
    "written": ["1", "2", "3,5", "5"],
    "years lived": [1, 4, 5, 2],
}


def made(formula, as_frame=dict):
    faults = Faults("the table")
    rows = {**ROWS, **MORE} if as_frame is dict else ROWS
    result = design(Columns(as_frame(rows), faults), formula)
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
        ("~ ns.__globals__['os'].system('true')", "cannot be read"),
        ("~ log(age - 40)", "infinite or undefined"),
        ("~ age + mixed", "'mixed' at row 2: 'x' is text in a column of numbers"),
        ("~ typed", "'typed' at row 3: 'o' is not a number. Correct it, or write C(typed)"),
        (5, "5 is not a formula"),
        ("~ age | site", "several parts"),
    ],
)
def test_unusable_formulas_are_refused_with_the_reason(formula, words):
    with pytest.raises(TableError) as caught:
        made(formula)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("~ np.log(age)", "np.log() is not a function of formulas"),
        ("~ {age + 1}", "it has a block of Python in { }"),
        ("~ {open('x', 'w')} + age", "it has a block of Python in { }"),
        ("~ age.real", "there is no column 'age.real', and a formula has no attributes"),
        ("~ I(age.real)", "'age.real' is not allowed"),
        ("~ open('x')", "open() is not a function of formulas"),
        ("~ Q(open('x'))", "open() is not a function of formulas"),
        ("~ C(site, levels=[s for s in site])", "is not allowed"),
        ("~ I((lambda: age)())", "is not a function of formulas"),
        ("~ age[0]", "is neither a column nor a function"),
        ("~ hashed(site)", "hashed() is not a function of formulas"),
        ("~ I(log)", "log is a function: write log()"),
        ("~ I(9 ** 9 ** 9)", "must be a column to a power of at most 10"),
        ("~ I('a' * 999999999)", "is no arithmetic of numbers"),
        ("~ bs(age, df=1000000)", "bs() with 1000000 degrees of freedom"),
        ("~ (age + site) ** 99", "the power 99 of terms is beyond 3"),
        ("~ " + " * ".join(["age", "site"] * 20), "it multiplies too many terms"),
    ],
)
def test_a_formula_calls_only_the_functions_that_are_allowed(formula, words):
    with pytest.raises(TableError) as caught:
        made(formula)
    assert words in str(caught.value)
    assert "functions C(), I(), Q()" in str(caught.value)


@pytest.mark.parametrize(
    "formula",
    [
        "C(site, Treatment('ovary'))",
        *("I(age > 50)", "I(age ** 2)", "Q('years lived')", "`years lived`", "bs(age, df=3)"),
        *("center(age)", "0 + cr(age, df=3)", "exp(age / 100)", "log(age)", "ns(age, df=2)"),
        *("poly(age, 2)", "scale(age)", "sqrt(age)", "age:site", "0 + site"),
    ],
)
def test_each_allowed_function_makes_the_same_columns_again(formula):
    result = made(formula)
    again = result.rows({name: values[:2] for name, values in (ROWS | MORE).items()})
    np.testing.assert_allclose(again, result.matrix[:2], **CLOSED_FORM)


def test_a_formula_runs_nothing_before_it_is_refused(tmp_path):
    goal = tmp_path / "written"
    for text in ("{{open('{0}', 'w')}}", "Q(open('{0}', 'w').name)", "I(open('{0}', 'w'))"):
        with pytest.raises(TableError):
            made(text.format(goal))
    assert not goal.exists()


def test_numbers_in_writing_are_numbers_and_categories_where_c_says_so():
    result = made("written")
    assert result.columns == ("Intercept", "written")
    np.testing.assert_array_equal(result.matrix[:, 1], [1.0, 2.0, 3.5, 5.0])
    assert made("C(typed)").columns[1:] == ("C(typed)[T.2]", "C(typed)[T.3]", "C(typed)[T.o]")
    with pytest.raises(TableError, match="'many' is not a number"):
        result.rows({"written": ["many"]})


@pytest.mark.parametrize("categories", [["a", "b", "none"], ["none", "a", "b"]])
def test_categories_that_no_row_has_are_left_out(categories):
    group = pd.Categorical(["a", "b", "b", "a"], categories=categories)
    faults = Faults("the table")
    result = design(Columns(pd.DataFrame({"group": group}), faults), "group")
    faults.raise_any()
    assert result.columns == ("Intercept", "group[T.b]")
    np.testing.assert_array_equal(result.rows({"group": ["b", "a"]}), [[1, 1], [1, 0]])


@pytest.mark.parametrize("formula", ["age", "age + site", "0 + site + age", "ns(age, df=2)"])
def test_coefficients_of_the_standardised_matrix_are_given_back(formula):
    result = made(formula)
    scaled, back = result.standardised()
    gamma = np.arange(1.0, 1 + scaled.shape[1])
    np.testing.assert_allclose(result.matrix @ back @ gamma, scaled @ gamma, **CLOSED_FORM)


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
