"""Words that come from data, as they may be shown."""

from __future__ import annotations


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
