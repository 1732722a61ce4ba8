"""Results kept in a file: JSON that names what each part is, of which nothing is run."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import math
from collections.abc import Callable
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from paraneo._version import __version__
from paraneo.errors import Faults, FileError
from paraneo.gate.writing import written_whole

from .result import Result

#: Of the form of the file; it rises when older programs could not read a new one.
FORM = 1
_PACKAGE = "paraneo."
#: How what JSON has no word for is written.
_SPECIAL = {math.inf: "inf", -math.inf: "-inf"}


def save_result(result: Any, path: str | Path) -> Path:
    """Write a result into a file from which `load_result` makes it again.

    The file is JSON, packed by gzip; the same result makes the same bytes. Frames, as
    ``.summary()`` gives them, go into any other file by their own ``to_csv`` or ``to_parquet``.

    Parameters
    ----------
    result : Result
        Whatever a verb returned.
    path : str or Path
        Written whole or not at all.

    Returns
    -------
    Path

    Raises
    ------
    ArgumentError
        When it is no result.
    FileError
        When nothing can be written there, or a part of the result cannot be kept: a model's
        formula, a function of the user's, the risk of `cancer_risk`.

    Examples
    --------
    >>> import tempfile
    >>> import paraneo as pn
    >>> ratios = pn.incidence_ratios({"observed": [12], "expected": [6.7]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_result(ratios, Path(folder) / "ratios.paraneo").name
    'ratios.paraneo'
    """
    if not isinstance(result, Result):
        faults = Faults("the arguments of save_result")
        cure = "Give what a verb returned; frames have their own to_csv and to_parquet"
        faults.add("result", f"it is of type {type(result).__name__}", cure)
        faults.raise_any()
    content = _written(result)
    with written_whole(path) as part:
        part.write_bytes(content)
    return Path(path)


def _written(result: Result) -> bytes:
    """Return a result as the content of a file."""
    whole = {"paraneo": __version__, "form": FORM, "result": _told(result, type(result).__name__)}
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return gzip.compress(text.encode("utf-8"), mtime=0)


def load_result(path: str | Path) -> Any:
    """Return a result from the file that `save_result` wrote.

    Nothing in the file is run: only classes of this package are made from it, so that a file
    of somebody else's can be opened.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Result
        Of the class that was saved, with the same numbers to the last digit.

    Raises
    ------
    FileError
        When the file is absent, of another kind, of a newer form than this version reads, or
        holds a part that this version does not have.

    Examples
    --------
    >>> import tempfile
    >>> import paraneo as pn
    >>> ratios = pn.incidence_ratios({"observed": [12], "expected": [6.7]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_result(ratios, Path(folder) / "ratios.paraneo")
    ...     again = load_result(path)
    >>> again.summary().equals(ratios.summary())
    True
    """
    try:
        content = json.loads(gzip.decompress(Path(path).read_bytes()))
        form = content["form"]
    except OSError as error:
        why = error.strerror or "it is not a saved result"
        raise FileError(f"Cannot read '{path}': {why}.") from error
    except (ValueError, KeyError, TypeError, EOFError) as error:
        raise FileError(f"'{path}' is not a saved result of paraneo.") from error
    if form > FORM:
        made = content.get("paraneo")
        raise FileError(f"'{path}' was saved by paraneo {made}, which is newer. Install that.")
    try:
        return _read(content["result"])
    except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
        made = content.get("paraneo")
        cure = f"It was saved by paraneo {made}: use that version, or make it anew"
        raise FileError(f"'{path}' does not fit this version ({error}). {cure}.") from error


def _told(value: Any, where: str) -> Any:
    """Return a value as JSON has it; whatever is no plain value is a list with its kind first."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Enum):
        return ["enum", *_place(type(value), where), value.name]
    if isinstance(value, int):
        return value
    if isinstance(value, float | np.generic):
        return _number(value, where)
    for kind, write in _KINDS:
        if isinstance(value, kind):
            return write(value, where)
    if dataclasses.is_dataclass(value):
        fields = {
            one.name: _told(getattr(value, one.name), f"{where}.{one.name}")
            for one in dataclasses.fields(value)
            if one.init  # the others are found anew when they are asked for
        }
        return ["class", *_place(type(value), where), fields]
    if isinstance(value, type):
        return ["type", *_place(value, where)]
    if callable(value) and getattr(value, "__module__", "").startswith(_PACKAGE):
        return ["function", value.__module__, _named(value, where)]
    raise _unkept(value, where)


def _unkept(value: Any, where: str) -> FileError:
    kind = type(value).__name__
    return FileError(f"{where} is a {kind}, which cannot be kept in a file. Keep .summary() of it.")


def _named(value: Any, where: str) -> str:
    name = str(getattr(value, "__qualname__", ""))
    if "<" in name or not name:
        raise _unkept(value, where)
    return name


def _place(kind: type, where: str) -> tuple[str, str]:
    if not kind.__module__.startswith(_PACKAGE):
        raise _unkept(kind, where)
    return kind.__module__, kind.__qualname__


def _number(value: Any, where: str) -> Any:
    if isinstance(value, np.generic) and not isinstance(value, float):
        return ["number", value.dtype.str, _told(value.item(), where)]
    number = float(value)
    if math.isnan(number):
        return ["float", "nan"]
    return ["float", _SPECIAL[number]] if number in _SPECIAL else number


def _array(value: Any, where: str) -> Any:
    if value.dtype.kind in "OT":
        return ["objects", list(value.shape), [_told(one, where) for one in value.ravel().tolist()]]
    content = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
    return ["array", value.dtype.str, list(value.shape), content]


def _index(value: pd.Index[Any], where: str) -> Any:
    if isinstance(value, pd.RangeIndex):
        return ["range", value.start, value.stop, value.step, _told(value.name, where)]
    if isinstance(value, pd.MultiIndex):
        levels = [
            _array(np.asarray(value.get_level_values(k)), where) for k in range(value.nlevels)
        ]
        return ["levels", levels, [_told(name, where) for name in value.names]]
    return ["index", _column(value, where), _told(value.name, where)]


def _column(value: Any, where: str) -> Any:
    """Return a column with its kind, so that categories and nullable numbers come back."""
    if isinstance(value.dtype, pd.CategoricalDtype):
        categories = _column(pd.Series(value.dtype.categories), where)
        codes = _array(np.asarray(pd.Categorical(value).codes), where)
        return ["categories", categories, codes, bool(value.dtype.ordered)]
    if isinstance(value.dtype, np.dtype):
        return _array(value.to_numpy(), where)
    missing = _array(np.asarray(value.isna()), where)
    objects = _array(value.astype(object).where(~value.isna(), None).to_numpy(), where)
    return ["nullable", str(value.dtype), objects, missing]


def _frame(value: pd.DataFrame, where: str) -> Any:
    columns = [_column(value.iloc[:, k], where) for k in range(value.shape[1])]
    return ["frame", _index(value.columns, where), _index(value.index, where), columns]


def _series(value: pd.Series[Any], where: str) -> Any:
    return ["series", _told(value.name, where), _index(value.index, where), _column(value, where)]


def _mapping(value: Any, where: str) -> Any:
    kind = "proxy" if isinstance(value, MappingProxyType) else "mapping"
    pairs = [[_told(k, where), _told(v, f"{where}[{k!r}]")] for k, v in value.items()]
    return [kind, pairs]


def _several(value: Any, where: str) -> Any:
    items = [_told(one, where) for one in value]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return ["named", *_place(type(value), where), items]
    return ["tuple" if isinstance(value, tuple) else "list", items]


_KINDS: tuple[tuple[Any, Callable[[Any, str], Any]], ...] = (
    (np.ndarray, _array),
    (np.dtype, lambda value, _: ["dtype", value.str]),
    (pd.DataFrame, _frame),
    (pd.Series, _series),
    (pd.Index, _index),
    ((dict, MappingProxyType), _mapping),
    ((tuple, list), _several),
    (frozenset, lambda value, where: ["set", [_told(one, where) for one in sorted(value)]]),
)


def _read(told: Any) -> Any:
    if not isinstance(told, list):
        return told
    kind, *rest = told
    return _READERS[kind](*rest)


def _class(module: str, name: str) -> Any:
    if not module.startswith(_PACKAGE):
        raise ValueError(f"{module} is not part of this package")
    found = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _made(module: str, name: str, fields: dict[str, Any]) -> Any:
    kind = _class(module, name)
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise ValueError(f"{name} is no result")
    names = {one.name for one in dataclasses.fields(kind) if one.init}
    if names != set(fields):
        raise ValueError(f"{name} has other parts")
    made = object.__new__(kind)
    for field, value in fields.items():
        object.__setattr__(made, field, _read(value))
    for one in dataclasses.fields(kind):
        if not one.init and one.default_factory is not dataclasses.MISSING:
            object.__setattr__(made, one.name, one.default_factory())
    return made


def _named_tuple(module: str, name: str, items: list[Any]) -> Any:
    kind = _class(module, name)
    if not (isinstance(kind, type) and issubclass(kind, tuple)):
        raise ValueError(f"{name} is no tuple")
    return kind(*map(_read, items))


def _read_array(dtype: str, shape: list[int], content: str) -> Any:
    kind = np.dtype(dtype)
    return np.frombuffer(base64.b64decode(content), kind).reshape(shape).copy()


def _read_objects(shape: list[int], items: list[Any]) -> Any:
    array = np.empty(len(items), dtype=object)
    for place, one in enumerate(items):
        array[place] = _read(one)
    return array.reshape(shape)


def _read_levels(levels: list[Any], names: list[Any]) -> Any:
    return pd.MultiIndex.from_arrays([_read(one) for one in levels], names=list(map(_read, names)))


def _read_nullable(dtype: str, objects: Any, missing: Any) -> Any:
    values: Any = pd.Series(_read(objects), dtype=object)
    return values.mask(_read(missing)).astype(dtype).array


def _read_frame(columns: Any, index: Any, content: list[Any]) -> Any:
    rows = _read(index)
    frame = pd.DataFrame(
        {k: pd.Series(_read(one), index=rows) for k, one in enumerate(content)}, rows
    )
    frame.columns = _read(columns)
    return frame


def _function(module: str, name: str) -> Any:
    found = _class(module, name)
    if not callable(found) or isinstance(found, type):
        raise ValueError(f"{name} is no function")
    return found


_READERS: dict[str, Callable[..., Any]] = {
    "enum": lambda module, name, member: _class(module, name)[member],
    "class": _made,
    "type": _class,
    "function": _function,
    "named": _named_tuple,
    "number": lambda dtype, value: np.dtype(dtype).type(_read(value)),
    "float": float,
    "array": _read_array,
    "objects": _read_objects,
    "dtype": np.dtype,
    "range": lambda start, stop, step, name: pd.RangeIndex(start, stop, step, name=_read(name)),
    "index": lambda values, name: pd.Index(_read(values), name=_read(name)),
    "levels": _read_levels,
    "categories": lambda categories, codes, ordered: pd.Categorical.from_codes(
        _read(codes), categories=pd.Index(_read(categories)), ordered=ordered
    ),
    "nullable": _read_nullable,
    "frame": _read_frame,
    "series": lambda name, index, values: pd.Series(
        _read(values), index=_read(index), name=_read(name)
    ),
    "mapping": lambda pairs: {_read(k): _read(v) for k, v in pairs},
    "proxy": lambda pairs: MappingProxyType({_read(k): _read(v) for k, v in pairs}),
    "list": lambda items: list(map(_read, items)),
    "tuple": lambda items: tuple(map(_read, items)),
    "set": lambda items: frozenset(map(_read, items)),
}
