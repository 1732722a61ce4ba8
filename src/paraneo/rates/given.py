"""A rate table that is given as an argument, or what was given in its place."""

from __future__ import annotations

from typing import Any

from paraneo.errors import Faults
from paraneo.gate.files import is_path

from .rate_table import RateTable


def given_rates(
    value: Any, faults: Faults, name: str = "rates", *, optional: bool = False
) -> RateTable | None:
    """Return a rate table that a verb was given, noting what is none.

    Parameters
    ----------
    value : object
    name : str
        The argument, as its caller knows it.
    optional : bool
        Whether it may be left out.

    Examples
    --------
    >>> faults = Faults("the table of follow-up")
    >>> given_rates(0.01, faults)
    >>> print(faults.found[0])
    'rates': it is of type float, not a RateTable. Make one of your table by rate_table(...)
    """
    if isinstance(value, RateTable) or (value is None and optional):
        return value
    said = "no rates are given" if value is None else f"it is of type {type(value).__name__}"
    what = "" if value is None else ", not a RateTable"
    faults.add(name, f"{said}{what}", _cure(value))
    return None


def _cure(value: Any) -> str:
    """Return how to make a rate table of what was given."""
    if is_path(value):
        return "Read the file by a reader of paraneo.rates, such as read_rate_table(...)"
    return "Make one of your table by rate_table(...)"
