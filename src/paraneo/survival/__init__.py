"""When the cancer shows: incidence over time, with death competing."""

from .cumulative_incidence import CumulativeIncidence, cumulative_incidence

__all__ = [
    "CumulativeIncidence",
    "cumulative_incidence",
]
