"""Words that come from data, as they may be shown."""

from __future__ import annotations

import re

#: What stands between the factors of an interaction; labels of levels may hold it too.
_BETWEEN = re.compile(r":(?![^\[]*\])")
_LEVEL = re.compile(r"^(?:C\()?([^()\[\]]+?)(?:, [^()]*)?\)?\[(?:T\.)?([^\]]*)\]$")
#: What makes several columns of one, in formulas.
_CURVES = ("ns", "cr", "bs", "cs", "poly")
_SPLINE = re.compile(r"^(\w+)\(([^(),]+)(?:, [^()]*)?\)\[(\d+)\]$")


def printable(text: str) -> str:
    r"""Return text whose control characters are written out, so that nothing obeys them.

    >>> printable("\x1b[31mred")
    '\\x1b[31mred'
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def plain_term(term: str) -> str:
    """Return a term of a regression as it is called in a table for readers.

    >>> [plain_term(x) for x in ("C(age)[T.50.0]", "sex[T.m]", "ns(age, df=3)[2]", "a[T.b]:x", "x")]
    ['age: 50', 'sex: m', 'age (spline term 2)', 'a: b × x', 'x']
    """
    return " × ".join(map(_plain_part, _BETWEEN.split(term)))


def _plain_part(part: str) -> str:
    if (spline := _SPLINE.fullmatch(part)) and spline[1] in _CURVES:
        return f"{spline[2]} (spline term {spline[3]})"
    if level := _LEVEL.fullmatch(part):
        return f"{level[1]}: {level[2].removesuffix('.0')}"
    return part
