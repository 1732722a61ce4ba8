"""The one way in which kernels of this package's accuracy part are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile at the first call and keep the result for later processes."""
    made: Callable[P, R] = njit(cache=True, nogil=True, error_model="numpy")(function)
    return made
