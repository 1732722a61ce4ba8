"""A measure of a prediction, with what each person does to it."""

from __future__ import annotations

from typing import NamedTuple

from paraneo.numerics.arrays import Vector


class Measured(NamedTuple):
    """A number and the derivative of it with respect to how often each person counts, (n,)."""

    value: float
    influence: Vector
