"""What parameters and functions are, as text that is the same in every process."""

from __future__ import annotations

import hashlib
import inspect
import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import pandas as pd

PLAIN = (bool, int, float, complex, str, bytes, type(None))


def canonical(values: Mapping[str, Any]) -> str:
    """Return parameters as text that does not depend on their order."""
    return json.dumps(values, sort_keys=True, default=_plain, allow_nan=True)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    shown = repr(value)
    # what is shown may be shortened, in no certain order, or a place in memory
    if callable(value) or _parts(value) is not None or " at 0x" in shown:
        return _described(value, frozenset())
    return shown


def source(function: Callable[..., Any]) -> str:
    """Return the name of a function and a digest of its text and of what it carries along."""
    return _source(function, frozenset())


def _source(function: Any, within: frozenset[int]) -> str:
    inner = inspect.unwrap(function.func if isinstance(function, partial) else function)
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    text = [_text(inner), _described(_carried(function), within | {id(function)})]
    return f"{name} {_digest(chr(0).join(text).encode())}"


def _text(function: Any) -> str:
    """Return the text of a function, or of the class of an object that can be called."""
    named = hasattr(function, "__qualname__")
    try:
        return inspect.getsource(function if named else type(function))
    except (OSError, TypeError):
        return str((function if named else type(function)).__qualname__)


def _carried(function: Any) -> Any:
    """Return what a function has beside its text: arguments, defaults, what it closes over."""
    if isinstance(function, partial):
        return function.func, function.args, function.keywords
    function = inspect.unwrap(function)
    if isinstance(function, MethodType):
        return function.__self__, function.__func__
    if isinstance(function, FunctionType):
        cells = [_content(cell) for cell in function.__closure__ or ()]
        return function.__defaults__, function.__kwdefaults__, cells
    return getattr(function, "__dict__", None) if not inspect.isclass(function) else None


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _described(value: Any, within: frozenset[int]) -> str:
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, ModuleType) or inspect.isclass(value):
        return str(getattr(value, "__qualname__", value.__name__))
    if id(value) in within:
        return "itself"
    inside = within | {id(value)}
    parts = _parts(value)
    if parts is not None:
        return f"{type(value).__qualname__}{[_described(part, inside) for part in parts]}"
    if callable(value):
        return _source(value, within)
    if getattr(value, "__dict__", None):  # its class by name alone: a module may be moved
        return f"{type(value).__qualname__}{_described(vars(value), inside)}"
    return f"{type(value).__qualname__} {_pickled(value)}"


def _parts(value: Any) -> list[Any] | None:
    """Return what something is made of, or None where that is not known."""
    if isinstance(value, np.ndarray):
        held = value.tolist() if value.dtype.hasobject else _digest(value.tobytes())
        return [str(value.dtype), list(value.shape), held]
    if isinstance(value, (pd.DataFrame, pd.Series)):
        rows = pd.util.hash_pandas_object(value).to_numpy()
        names = list(value.columns) if isinstance(value, pd.DataFrame) else value.name
        return [names, rows]
    if isinstance(value, Mapping):
        return sorted(value.items(), key=repr)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, (list, tuple)):
        return list(value)
    if is_dataclass(value):
        return [(one.name, getattr(value, one.name)) for one in fields(value)]
    return None


def _pickled(value: Any) -> str:
    try:
        return _digest(pickle.dumps(value, protocol=4))
    except Exception:  # whatever cannot be sent is identified by what it shows of itself
        shown = repr(value)
        return "" if " at 0x" in shown else shown


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]
