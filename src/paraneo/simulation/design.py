"""The design of a simulation study: scenarios with lasting keys, methods with names."""

from __future__ import annotations

import hashlib
import itertools
import math
import pickle
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import POSITIVE, check_fits, numbers
from paraneo.gate.verbs import verb

from .running.identity import canonical
from .running.replicates import Generator, Method

#: Keys are drawn from so many values when a scenario has none of its own.
KEY_BITS = 48


@verb
def design_grid(**factors: Iterable[Any]) -> list[dict[str, Any]]:
    """Return every combination of the factors' levels: the scenarios of a full design.

    Parameters
    ----------
    **factors : iterable
        The levels of each factor, under the name that `simulation_study` passes on.

    Returns
    -------
    list of dict
        A scenario each, the last factor changing fastest; none where a factor has no level.

    Examples
    --------
    >>> design_grid(n=[50, 100], share=[0.1])
    [{'n': 50, 'share': 0.1}, {'n': 100, 'share': 0.1}]
    """
    names = list(factors)
    faults = Faults("the design")
    for name, levels in factors.items():
        if not isinstance(levels, Iterable) or getattr(levels, "ndim", 1) == 0:
            faults.add(name, "its levels are not several", "Give a list of them")
    faults.raise_any()
    levels_of = {name: list(levels) for name, levels in factors.items()}
    check_fits(50.0 * math.prod(map(len, levels_of.values())), "the grid", faults)
    faults.raise_any()
    return [
        dict(zip(names, levels, strict=True)) for levels in itertools.product(*levels_of.values())
    ]


def read_scenarios(given: Any, faults: Faults) -> dict[int, dict[str, Any]]:
    """Return the scenarios by their keys, noting what is wrong with them."""
    rows: list[Any]
    if isinstance(given, pd.DataFrame):
        rows = given.to_dict("records")
    else:
        rows = list(given) if isinstance(given, Sequence) else [given]
    if not rows:
        faults.add("scenarios", "there is none", "Give at least one, such as {'n': 100}")
    read: dict[int, dict[str, Any]] = {}
    for at, row in enumerate(rows):
        if not isinstance(row, Mapping):
            faults.add("scenarios", f"{row!r} must be a mapping", "Give parameter names", rows=[at])
            continue
        values = {str(name): value for name, value in row.items() if name != "key"}
        key = row.get("key", _key_of(values))
        if isinstance(key, bool) or not isinstance(key, int | np.integer) or key < 0:
            faults.add("key", f"{key!r} must be a whole number from 0 on", "Correct it", rows=[at])
        elif int(key) in read:
            cure = "Give each scenario a key of its own"
            same = "the scenario is named twice" if "key" not in row else f"{key} is used twice"
            faults.add("key", same, cure, rows=[at])
        else:
            read[int(key)] = values
    return read


def _key_of(values: Mapping[str, Any]) -> int:
    digest = hashlib.sha256(canonical(values).encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - KEY_BITS)


def read_methods(
    given: Mapping[str, Method] | Sequence[Method], faults: Faults
) -> dict[str, Method]:
    """Return the methods by their names."""
    if isinstance(given, Mapping):
        named = {str(name): method for name, method in given.items()}
    else:
        named = {}
        for method in given:
            name = getattr(method, "__name__", repr(method))
            if name in named:
                faults.add("methods", f"two are called '{name}'", "Pass a mapping with names")
            named[name] = method
    if not named:
        faults.add("methods", "there is none", "Give at least one function")
    for name in [name for name, method in named.items() if not callable(method)]:
        faults.add("methods", f"'{name}' cannot be called", "Pass a function of the data")
    return named


def check_numbers(
    replicates: int, seed: int, batch: int | None, limit: float | None, faults: Faults
) -> None:
    """Note a count, seed or time limit that cannot be."""
    size = 1 if batch is None else batch
    for name, value, least in (
        ("replicates", replicates, 1),
        ("seed", seed, 0),
        ("batch", size, 1),
    ):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < least:
            faults.add(name, f"{value!r} must be a whole number from {least} on", "Correct it")
    if limit is not None:
        numbers(limit, "time_limit", POSITIVE, faults)


def check_importable(generate: Generator, methods: Mapping[str, Method], faults: Faults) -> None:
    """Note functions that cannot be sent to another process."""
    for name, function in {"generate": generate, **methods}.items():
        try:
            pickle.dumps(function)
        except (pickle.PicklingError, AttributeError, TypeError):
            faults.add(
                name,
                "cannot be sent to other processes",
                "Define it at the top of a module, not inside another function",
            )
