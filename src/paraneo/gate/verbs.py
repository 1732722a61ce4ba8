"""What every public function does before it begins: an argument it does not have is named.

A misspelt or unknown argument, or one that is missing, gets the package's own error, with the
word that is used here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from paraneo.errors import Faults

P = ParamSpec("P")
R = TypeVar("R")

#: Words that other programs, or earlier drafts of this one, use for an argument.
#: Of several words here, the first that the verb has is meant.
CALLED_HERE = {
    "limits": "interval",
    "variance": "std_error dispersion interval",
    "ci": "interval",
    "conf_level": "level",
    "alpha": "level",
    "law": "distribution",
    "law_formula": "time_formula",
    "death": "cause",
    "alive": "censored",
    "status": "event",
    "seed": "rng",
    "random_state": "rng",
    "group": "by",
    "strata": "by",
    "x": "at",
    "newdata": "at",
}


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function tell arguments that it does not have, and those that it lacks.

    Examples
    --------
    >>> @verb
    ... def halved(number, *, interval="exact"): ...
    >>> halved(3, limits="exact")
    Traceback (most recent call last):
    paraneo.errors.ArgumentError: the arguments of halved cannot be used:
      - 'limits': there is no such argument. It is called 'interval' here
    """
    signature = inspect.signature(function)

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            _raise_misfits(function.__name__, signature, args, kwargs)
        return function(*args, **kwargs)

    return checked


def _raise_misfits(
    name: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Raise one error for all arguments that a call has and should not, or lacks."""
    faults = Faults(f"the arguments of {name}")
    known = list(signature.parameters)
    by_place = [
        word
        for word, parameter in signature.parameters.items()
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    if len(args) > len(by_place):
        several = f"{len(by_place)} arguments are" if len(by_place) != 1 else "one argument is"
        cure = f"Name the others: {', '.join(f'{word}=…' for word in known[len(by_place) :])}"
        faults.add(None, f"only {several} known by place", cure)
    for word in kwargs:
        if word not in known:
            faults.add(word, "there is no such argument", _meant(word, known))
        elif word in by_place[: len(args)]:
            faults.add(word, "it is given twice", "Give it by place or by name")
    given = {*by_place[: len(args)], *kwargs}
    for word, parameter in signature.parameters.items():
        if parameter.default is inspect.Parameter.empty and word not in given:
            faults.add(word, "it is missing", "Supply it")
    faults.raise_any()


def _meant(word: str, known: list[str]) -> str:
    for called in CALLED_HERE.get(word, "").split():
        if called in known:
            return f"It is called '{called}' here"
    near = get_close_matches(word, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known)}"
