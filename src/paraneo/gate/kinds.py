"""What kind of thing each argument is, read from the annotation that the caller sees, and checked.

A number, a whole number, a pair, an array, a name, an option word, a yes or no, a mapping, a
path, a generator of random numbers, an executor, an axes, or something of this package: what is
none of what its annotation allows is a fault, before anything is made of it. What a table holds
is not looked at here, and neither is whether a number lies in its range: a verb tells that with
all other faults.
"""

from __future__ import annotations

import inspect
import math
import os
import types
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from numbers import Real
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

import numpy as np
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.numerics.arrays import Vector

from .arguments import MOST_COUNTED, check_option, check_rng

#: Names in annotations that stand for one kind, whatever they are defined as.
_BY_NAME = ("ArrayLike", "Vector", "Flat", "Times", "Axes")
#: What is read where its columns are read.
_READ_ELSEWHERE = ("Table", "Recode", "RateTable")
#: Above it nothing more is said of a value than its type.
_SHOWN = 40


#: Numbers in one row, and times since an origin: what annotations say by these names.
Flat = ArrayLike
Times = ArrayLike


class Kind(NamedTuple):
    """One of the things that an argument may be: how it is known, and what it is called."""

    fits: Callable[[Any], bool]
    called: str


class Asked(NamedTuple):
    """What an argument may be: kinds, of which one has to fit, or option words."""

    kinds: tuple[Kind, ...]
    words: tuple[Any, ...]
    generator: bool
    default: Any


def check_kinds(function: Callable[..., Any], given: Mapping[str, Any], faults: Faults) -> None:
    """Note every argument that is nothing of what the annotation of a function allows."""
    known = _asked(function)
    for name, value in given.items():
        asked = known.get(name)
        if asked is not None and value is not asked.default:
            _check(name, value, asked, faults)
        elif asked is None and _is_masked(value):
            faults.add(name, "it is masked", "Fill in what is masked, or leave it out")


def _check(name: str, value: Any, asked: Asked, faults: Faults) -> None:
    fits = any(kind.fits(value) for kind in asked.kinds) or _is_among(value, asked.words)
    if fits or (value is None and asked.default == ()):
        return
    if asked.generator:
        check_rng(value, faults)
    elif asked.words and (isinstance(value, str) or not asked.kinds):
        check_option(value, [word for word in asked.words if isinstance(word, str)], name, faults)
    else:
        wanted = [kind.called for kind in asked.kinds]
        wanted += [f"'{word}'" for word in asked.words]
        needed = " or ".join(dict.fromkeys(wanted))
        faults.add(name, f"{_said(value)}; it must be {needed}", "Correct it")


def _said(value: Any) -> str:
    """Return what is wrong with a value that is of no kind asked for."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        return "it is masked"
    if isinstance(value, float) and math.isnan(value):
        return "it is missing (NaN)"
    if value is None:
        return "it is missing (None)"
    if _is_number(value, missing=True) and not _is_number(value):
        return "it is too large"
    plain = isinstance(value, str | int | float) and len(repr(value)) <= _SHOWN
    return f"{value!r} cannot be used" if plain else f"it is of type {type(value).__name__}"


@cache
def _asked(function: Callable[..., Any]) -> dict[str, Asked]:
    """Return what each argument of a function may be; nothing of those that may be anything."""
    inner = inspect.unwrap(function)
    names = _Names(getattr(inner, "__globals__", {}))
    found = {}
    for name, parameter in inspect.signature(inner).parameters.items():
        several = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if several or parameter.annotation is parameter.empty:
            continue
        written = parameter.annotation
        hint = eval(written, {}, names) if isinstance(written, str) else written
        asked = _of_hints(list(_alternatives(hint)), parameter.default)
        if asked is not None:
            found[name] = asked
    return found


class _Names(dict[str, Any]):
    """What annotations speak of; a name that is known to the type checker alone is a class."""

    def __missing__(self, name: str) -> Any:
        if name in _BUILT_IN:
            return _BUILT_IN[name]
        return type(name, (), {})

    def __getitem__(self, name: str) -> Any:
        if name in _READ_ELSEWHERE:
            return Any
        return type(name, (), {}) if name in _BY_NAME else super().__getitem__(name)


_BUILT_IN = {one.__name__: one for one in (float, int, str, bool, tuple, list, dict, object)}


def _alternatives(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, types.UnionType):
        for one in get_args(hint):
            yield from _alternatives(one)
    else:
        yield hint


def _of_hints(hints: list[Any], default: Any) -> Asked | None:
    """Return what is asked for; None where anything may be given."""
    words = [word for hint in hints if get_origin(hint) is Literal for word in get_args(hint)]
    others = [hint for hint in hints if get_origin(hint) is not Literal]
    kinds = [_kind(hint, default) for hint in others]
    if any(kind is None for kind in kinds):
        return None
    generator = any(hint is np.random.Generator for hint in hints)
    return Asked(
        tuple(kind for kind in kinds if kind is not None), tuple(words), generator, default
    )


def _kind(hint: Any, default: Any = None) -> Kind | None:
    """Return how what an annotation asks for is known; None where it may be anything."""
    origin, parts = get_origin(hint) or hint, get_args(hint)
    if hint is None or hint is type(None):
        return Kind(lambda value: value is None, "None")
    if hint is float:
        missing = isinstance(default, float) and math.isnan(default)
        return Kind(lambda value: _is_number(value, missing=missing), "one number")
    if origin is tuple:
        return _tuple_of(parts)
    if origin in (Sequence, Iterable, list):
        return _several_of(parts[0] if parts else Any)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        frames = parts[1:] and getattr(parts[1], "__name__", "") == "ArrayLike"
        return Kind(_is_mapping if frames else _is_plain_mapping, "a mapping")
    if origin is Callable:
        return Kind(callable, "a function")
    return _PLAIN[hint] if isinstance(hint, Hashable) and hint in _PLAIN else _of_class(hint)


def _of_class(hint: Any) -> Kind | None:
    """Return how an object of a class is known: by its name where only that is at hand."""
    if not isinstance(hint, type):
        return None
    name = hint.__name__
    if name in _BY_CLASS:
        return _BY_CLASS[name]
    if getattr(hint, "_is_protocol", False):
        needed = [word for word in vars(hint) if not word.startswith("_")]
        return Kind(lambda value: all(hasattr(value, word) for word in needed), f"a {name}")
    own = hint.__module__.startswith("paraneo") and vars(hint).get("__slots__") != ()
    if own or issubclass(hint, Mapping):
        return Kind(lambda value: _is_a(value, name), f"a {name}")
    return None


def _is_a(value: Any, name: str) -> bool:
    return any(one.__name__ == name for one in type(value).__mro__)


def _tuple_of(parts: tuple[Any, ...]) -> Kind:
    if len(parts) == 2 and parts[1] is Ellipsis:
        return _several_of(parts[0])
    inner = [_of_hints(list(_alternatives(part)), None) for part in parts]

    def fits(value: Any) -> bool:
        if isinstance(value, str | bytes | Mapping | set | frozenset) or _is_masked(value):
            return False
        if not hasattr(value, "__len__") or getattr(value, "ndim", 1) != 1:
            return False
        return len(value) == len(inner) and all(map(_is_of, value, inner))

    return Kind(fits, "a pair of numbers" if len(inner) == 2 else f"{len(inner)} values")


def _several_of(part: Any) -> Kind:
    inner = _of_hints(list(_alternatives(part)), None)
    called = "names" if part is str else "several values"

    def fits(value: Any) -> bool:
        if isinstance(value, str | bytes | Mapping | type) or _is_masked(value):
            return False
        if not isinstance(value, Iterable) or getattr(value, "ndim", 1) != 1:
            return False
        return isinstance(value, Iterator) or all(_is_of(one, inner) for one in value)

    return Kind(fits, called)


def _is_of(value: Any, asked: Asked | None) -> bool:
    if asked is None:
        return True
    return any(kind.fits(value) for kind in asked.kinds) or _is_among(value, asked.words)


def _is_among(value: Any, words: tuple[Any, ...]) -> bool:
    return any(type(value) is not bool and value is word for word in words) or (
        isinstance(value, str) and value in words
    )


def _is_masked(value: Any) -> bool:
    return isinstance(value, np.ma.MaskedArray) and bool(np.ma.is_masked(value))


def _is_number(value: Any, *, missing: bool = False) -> bool:
    """Return whether a value is one real number, and not missing unless that is allowed."""
    if isinstance(value, bool | np.bool_) or _is_masked(value):
        return False
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iuf":
        value = value.item()
    if not isinstance(value, Real | Decimal | Fraction):
        return False
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return missing
    return missing or not math.isnan(number)


def _is_whole(value: Any) -> bool:
    """Return whether a value is a whole number that doubles hold."""
    if not _is_number(value):
        return False
    number = float(value)
    return math.isfinite(number) and number == math.floor(number) and abs(number) <= MOST_COUNTED


def _is_plain_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_mapping(value: Any) -> bool:
    """Return whether a value maps names to something; a frame does so to its columns."""
    return isinstance(value, Mapping) or (hasattr(value, "columns") and hasattr(value, "keys"))


def _is_name(value: Any) -> bool:
    """Return whether a value can be the name of a column, or a text."""
    return isinstance(value, str) and "\0" not in value


def _is_path(value: Any) -> bool:
    if isinstance(value, bytes) or not isinstance(value, str | os.PathLike):
        return False
    return "\0" not in os.fspath(value)


def _is_array(value: Any) -> bool:
    """Return whether a value can be an array of numbers, some of which may be missing."""
    return _as_array(value) is not None


def _is_flat(value: Any) -> bool:
    """Return whether a value is a number or several in a row, none of which is missing."""
    array = _as_array(value)
    return array is not None and array.ndim < 2 and not np.isnan(array).any()


def _is_times(value: Any) -> bool:
    """Return whether a value is an array of times, none of which is missing or negative."""
    array = _as_array(value)
    return array is not None and bool((array >= 0).all())


def _as_array(value: Any) -> Vector | None:
    """Return a value as an array of floats; None where it cannot be one."""
    if isinstance(value, Mapping | set | frozenset | str | bytes | type | slice | Iterator):
        return None
    if value is None or callable(value) or _is_masked(value) or hasattr(value, "columns"):
        return None
    try:
        array = np.asarray(value)
        cells = array.flat if array.dtype.kind == "O" else ()
        if array.dtype.kind not in "biufO" or not all(map(_is_cell, cells)):
            return None
        return array.astype(np.float64)
    except (ValueError, TypeError, OverflowError):
        return None


def _is_cell(value: Any) -> bool:
    return value is None or isinstance(value, Real | Decimal)


_PLAIN: dict[Any, Kind] = {
    int: Kind(_is_whole, "a whole number"),
    str: Kind(_is_name, "a name"),
    bool: Kind(lambda value: isinstance(value, bool | np.bool_), "True or False"),
    Path: Kind(_is_path, "a path"),
    np.random.Generator: Kind(
        lambda value: isinstance(value, np.random.Generator), "a numpy Generator"
    ),
}
_BY_CLASS: dict[str, Kind] = {
    "ArrayLike": Kind(_is_array, "numbers"),
    "Vector": Kind(_is_array, "numbers"),
    "Flat": Kind(_is_flat, "a number or several in one row, none of them missing"),
    "Times": Kind(_is_times, "times of 0 or more, none of them missing"),
    "Executor": Kind(lambda value: callable(getattr(value, "submit", None)), "an executor"),
    "Axes": Kind(lambda value: hasattr(value, "figure"), "an axes of matplotlib"),
}
