"""What every public function does before it begins: arguments that cannot be its own are named.

A misspelt or unknown argument, one that is missing, and one that is of another kind than its
annotation says get the package's own error, with the word that is used here and the cure. The
same holds of the methods of results, and of things that users make by hand.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from paraneo.errors import ArgumentError, Faults, InputError, ParaneoError

from .kinds import check_kinds

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

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


def verb(function: Callable[P, R], *, called: str | None = None) -> Callable[P, R]:
    """Make a function tell arguments that it does not have, lacks, or cannot be given.

    Parameters
    ----------
    called : str, optional
        How messages call it; left out, by its name.

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
    name = called or function.__name__

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:
            _raise_misfits(name, signature, args, kwargs)
            raise
        faults = Faults(f"the arguments of {name}")
        check_kinds(function, given, faults)
        if faults.found:
            raise _all_at_once(lambda: function(*args, **kwargs), faults) from None
        return function(*args, **kwargs)

    return checked


class Checked:
    """A class whose public methods say what they cannot be given, as verbs do.

    Examples
    --------
    >>> class Curve(Checked):
    ...     def at(self, time: float) -> float: ...
    >>> Curve().at("late")
    Traceback (most recent call last):
    paraneo.errors.ArgumentError: the arguments of Curve.at cannot be used:
      - 'time': 'late' cannot be used; it must be one number. Correct it
    """

    __slots__ = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, method in list(vars(cls).items()):
            own = inspect.isfunction(method) and not hasattr(method, "__wrapped__")
            if own and not name.startswith("_"):
                setattr(cls, name, verb(method, called=f"{cls.__name__}.{name}"))


def _all_at_once(call: Callable[[], object], faults: Faults) -> ParaneoError:
    """Return one error for arguments of a wrong kind and for all that the verb itself notes.

    Where the verb has its own words for an argument, those are taken.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call()
    except InputError as error:
        named = {str(fault.column) for fault in error.faults}
        others = [fault for fault in faults.found if str(fault.column) not in named]
        return type(error)(error.subject, (*error.faults, *others))
    except ParaneoError as error:  # such as that a file cannot be read
        return error
    except Exception:  # whatever comes of arguments that are known to be wrong
        pass
    return ArgumentError(faults.subject, faults.found)


def made_by_hand(cls: type[T]) -> type[T]:
    """Make a class say what it cannot be made of, as verbs do."""
    made: Any = verb(cls.__init__, called=cls.__name__)
    cls.__init__ = made  # type: ignore[method-assign]
    return cls


def _raise_misfits(
    name: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Raise one error for all arguments that a call has and should not, or lacks."""
    faults = Faults(f"the arguments of {name}")
    known = [word for word in signature.parameters if word != "self"]
    args = args[len(signature.parameters) - len(known) :]
    by_place = [
        word
        for word, parameter in signature.parameters.items()
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and word != "self"
    ]
    if len(args) > len(by_place):
        several = f"{len(by_place)} arguments are" if len(by_place) != 1 else "one argument is"
        others = ", ".join(f"{word}=…" for word in known[len(by_place) :])
        cure = f"Name the others: {others}" if others else "Leave out the others"
        faults.add(None, f"only {several} known by place", cure)
    for word in kwargs:
        if word not in known:
            faults.add(word, "there is no such argument", _meant(word, known))
        elif word in by_place[: len(args)]:
            faults.add(word, "it is given twice", "Give it by place or by name")
    given = {*by_place[: len(args)], *kwargs}
    for word in known:
        if word not in given and _is_needed(signature.parameters[word]):
            faults.add(word, "it is missing", "Supply it")
    faults.raise_any()


def _is_needed(parameter: inspect.Parameter) -> bool:
    several = parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    return parameter.default is parameter.empty and not several


def _meant(word: str, known: list[str]) -> str:
    for called in CALLED_HERE.get(word, "").split():
        if called in known:
            return f"It is called '{called}' here"
    near = get_close_matches(word, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known)}"
