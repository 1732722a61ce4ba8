"""What a model formula may say: names of columns, and calls of a few functions.

A formula is code that comes from outside, from a file or a command line. It is read into
tokens, and what is Python in it into a tree, before anything of it is run.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from itertools import pairwise
from typing import Any, NamedTuple

from paraneo.errors import Faults

#: The functions that formulas may call.
FUNCTIONS = (
    *("C", "I", "Q", "Treatment", "bs", "center", "cr", "exp", "log", "ns", "poly"),
    *("scale", "sqrt"),
)
ALLOWED = (
    "A formula has column names, + - * / : ** ( ) and the functions "
    f"{', '.join(f'{name}()' for name in FUNCTIONS)}; make other columns beforehand"
)
#: Operators that multiply terms: more of them, or a higher power, never come to an end.
MOST_PRODUCTS, HIGHEST_POWER, LONGEST = 12, 3, 10_000
#: The degrees of freedom or degree beyond which no curve is fitted.
MOST_DF = 100
_CURVES = ("bs", "cr", "ns", "poly")
_PLAIN = (
    *(ast.Expression, ast.Load, ast.Constant, ast.Name, ast.Call, ast.keyword),
    *(ast.List, ast.Tuple, ast.UnaryOp, ast.UAdd, ast.USub, ast.BinOp, ast.Add, ast.Sub),
    *(ast.Mult, ast.Div, ast.Pow, ast.Compare, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq),
    ast.NotEq,
)


class Words(NamedTuple):
    """The columns that a formula names: all of them, and those that stand within C()."""

    columns: frozenset[str]
    categories: frozenset[str]


def read_words(formula: Any, name: str, columns: Collection[str], faults: Faults) -> Words | None:
    """Return what a formula names; None, with the fault noted, where it may not be run.

    Parameters
    ----------
    formula : str
    name : str
        The argument that holds it, for messages.
    columns : collection of str
        Of the table: a name with a point in it is one of these or nothing.
    """
    if not isinstance(formula, str):
        faults.add(name, f"{formula!r} is not a formula", "Write one such as '~ a + b'")
        return None
    if len(formula) > LONGEST:
        faults.add(name, f"it has {len(formula)} characters", f"Keep it below {LONGEST}")
        return None
    from formulaic.parser import DefaultFormulaParser

    try:
        tokens = list(DefaultFormulaParser().get_tokens(formula))
        trees = [_tree(str(token.token)) for token in tokens if token.kind.value == "python"]
    except Exception as error:  # formulaic raises many kinds
        faults.add(name, f"it cannot be read ({first_line(error)})", "Write '~ a + b'")
        return None
    names = {str(token.token) for token in tokens if token.kind.value == "name"}
    problems = [
        _too_large(tokens),
        *(_braces(formula, token) for token in tokens),
        *(_dotted(word, columns) for word in names),
        *(_refused(tree) for tree, _ in trees),
    ]
    for problem in filter(None, problems):
        faults.add(name, problem, ALLOWED)
        return None
    found, categories = set(names), set[str]()
    for tree, quoted in trees:
        _collect(tree, quoted, found, categories, inside=False)
    return Words(frozenset(found), frozenset(categories))


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, without its full stop."""
    text = str(error).strip().splitlines()
    return text[0].rstrip(".") if text else type(error).__name__


def _tree(code: str) -> tuple[ast.Expression, dict[str, str]]:
    """Return the tree of a piece of Python, and the names in backticks that it holds."""
    from formulaic.utils.code import sanitize_variable_names

    quoted: dict[str, str] = {}
    return ast.parse(sanitize_variable_names(code, {}, quoted), mode="eval"), quoted


def _braces(formula: str, token: Any) -> str | None:
    start = token.source_start or 0
    braces = token.kind.value == "python" and formula[start : start + 1] == "{"
    return "it has a block of Python in { }" if braces else None


def _dotted(word: str, columns: Collection[str]) -> str | None:
    if "." not in word or word in columns:
        return None
    return f"there is no column {word!r}, and a formula has no attributes"


def _too_large(tokens: list[Any]) -> str | None:
    """Return why the products of terms would be too many."""
    words = [(token.kind.value, str(token.token)) for token in tokens]
    signs = [word for kind, word in words if kind == "operator"]
    powers = {sign for sign in signs if "**" in sign or "^" in sign}
    products = [sign for sign in signs if set(sign) & set("*/^") or sign == "in"]
    if len(products) > MOST_PRODUCTS or sum(sign in powers for sign in signs) > 1:
        return f"it multiplies too many terms ({len(products)} products)"
    for (kind, word), (_, power) in pairwise(words):
        high = not power.isdigit() or int(power) > HIGHEST_POWER
        if kind == "operator" and word in powers and high:
            return f"the power {power} of terms is beyond {HIGHEST_POWER}"
    return None


def _refused(tree: ast.Expression) -> str | None:
    """Return what a tree has that formulas may not have."""
    if not isinstance(tree.body, ast.Call):
        return f"{ast.unparse(tree)!r} is neither a column nor a function of columns"
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            problem = _call(node)
        elif isinstance(node, ast.BinOp):
            problem = _arithmetic(node)
        elif isinstance(node, ast.Name):
            bare = node.id in FUNCTIONS and id(node) not in called
            problem = f"{node.id} is a function: write {node.id}()" if bare else None
        else:
            known = isinstance(node, _PLAIN)
            if isinstance(node, ast.Constant):
                known = isinstance(node.value, str | int | float | bool | None)
            problem = None if known else f"{ast.unparse(node)!r} is not allowed in a formula"
        if problem:
            return problem
    return None


def _call(call: ast.Call) -> str | None:
    """Return why a call is not one of the functions, or would give too many columns."""
    if not isinstance(call.func, ast.Name) or call.func.id not in FUNCTIONS:
        return f"{ast.unparse(call.func)}() is not a function of formulas"
    if call.func.id not in _CURVES:
        return None
    given = [word.value for word in call.keywords if word.arg in ("df", "degree")]
    for value in (*call.args[1:], *given):
        number = value.value if isinstance(value, ast.Constant) else None
        if isinstance(number, int | float) and not number <= MOST_DF:
            return f"{call.func.id}() with {number} degrees of freedom"
    return None


def _arithmetic(node: ast.BinOp) -> str | None:
    """Return why the two sides of an arithmetic sign are not numbers of moderate size."""
    for side in (node.left, node.right):
        text = isinstance(side, ast.Constant) and not isinstance(side.value, int | float)
        if text or isinstance(side, ast.List | ast.Tuple):
            return f"{ast.unparse(node)!r} is no arithmetic of numbers"
    if isinstance(node.op, ast.Pow):
        power = node.right.operand if isinstance(node.right, ast.UnaryOp) else node.right
        names = any(isinstance(part, ast.Name) for part in ast.walk(node.left))
        size = power.value if isinstance(power, ast.Constant) else None
        if not (names and isinstance(size, int | float) and size <= 10):
            return f"{ast.unparse(node)!r} must be a column to a power of at most 10"
    return None


def _collect(
    node: ast.AST, quoted: dict[str, str], found: set[str], categories: set[str], *, inside: bool
) -> None:
    """Gather the columns that a tree names."""
    if isinstance(node, ast.Name):
        word = quoted.get(node.id, node.id)
        found.add(word)
        if inside:
            categories.add(word)
    elif isinstance(node, ast.Call):
        function = getattr(node.func, "id", "")
        if function == "Q" and node.args and isinstance(node.args[0], ast.Constant):
            found.add(str(node.args[0].value))
            if inside:
                categories.add(str(node.args[0].value))
        for child in (*node.args, *node.keywords):
            _collect(child, quoted, found, categories, inside=inside or function == "C")
    else:
        for child in ast.iter_child_nodes(node):
            _collect(child, quoted, found, categories, inside=inside)
