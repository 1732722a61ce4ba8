"""Codes turned into the words that they stand for, as ``recode`` says and never by a guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults

Recode = Mapping[str, Mapping[Any, Any]]


def check_recode(recode: Any, faults: Faults) -> Recode:
    """Return what codes mean, by column; empty where it cannot be used, which is noted."""
    cure = "Write recode={'sex': {1: 'male', 2: 'female'}}"
    if recode is None:
        return {}
    if not isinstance(recode, Mapping):
        faults.add("recode", f"it is of type {type(recode).__name__}", cure)
        return {}
    for name, words in recode.items():
        if not isinstance(words, Mapping) or not words:
            faults.add("recode", f"it does not say what the codes of '{name}' mean", cure)
            return {}
    return recode


def recoded(
    column: pd.Series[Any], words: Mapping[Any, Any]
) -> tuple[pd.Series[Any], NDArray[np.bool_]]:
    """Return a column with its codes replaced, and where it holds a value that is no code.

    1, 1.0 and "1" are one code. A word that codes are turned into may stand there already.

    Examples
    --------
    >>> column, unknown = recoded(pd.Series([1.0, 3.0, None]), {1: "male", 2: "female"})
    >>> column.tolist(), unknown.tolist()
    (['male', 3.0, None], [False, True, False])
    """
    known = {as_written(code).strip(): word for code, word in words.items()}
    place, distinct = pd.factorize(column)
    kept = list(words.values())
    found: NDArray[Any] = np.empty(len(distinct) + 1, dtype=object)
    unknown = np.zeros(len(distinct) + 1, dtype=bool)
    for k, value in enumerate(distinct):
        code = as_written(value).strip()
        found[k] = known.get(code, value)
        unknown[k] = code not in known and value not in kept
    return pd.Series(found[place], index=column.index, name=column.name), unknown[place]


def as_written(value: Any) -> str:
    """Return a label as text; a whole number is written without its decimals."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value)
