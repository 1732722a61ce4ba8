"""Standard populations for the direct standardisation of rates by age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, check_option
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from . import bands

StandardName = Literal["segi", "who", "esp-1976", "esp-2013", "nordic"]

#: Weights of 0-4, 5-9, … as printed, with all the bands that were published.
_PRINTED: dict[str, tuple[str, str]] = {
    "segi": (
        "World standard: Segi 1960, as modified by Doll, Payne and Waterhouse, Cancer "
        "Incidence: A Technical Report, UICC 1966",
        "12000 10000 9000 9000 8000 8000 6000 6000 6000 6000 5000 4000 4000 3000 2000 1000 500 500",
    ),
    "who": (
        "WHO world standard 2000-2025: Ahmad et al. 2001, GPE Discussion Paper 31, World "
        "Health Organization; per million",
        "88569 86870 85970 84670 82171 79272 76073 71475 65877 60379 "
        "53681 45484 37187 29590 22092 15195 9097 4398 1500 400 50",
    ),
    "esp-1976": (
        "European standard 1976: Waterhouse et al., Cancer Incidence in Five Continents "
        "III, IARC 1976",
        "8000 7000 7000 7000 7000 7000 7000 7000 7000 7000 7000 6000 5000 4000 3000 2000 1000 1000",
    ),
    "esp-2013": (
        "European standard 2013: Eurostat, Revision of the European Standard Population, "
        "2013, doi:10.2785/11470",
        "5000 5500 5500 5500 6000 6000 6500 7000 7000 7000 7000 6500 6000 5500 5000 4000 2500 1500 "
        "800 200",
    ),
    "nordic": (
        "Nordic standard 2000: Engholm et al. 2010, Acta Oncol 49:725-736, "
        "doi:10.3109/02841861003782017",
        "5900 6600 6200 5800 6100 6800 7300 7300 7000 6900 7400 6100 4800 4100 3900 3500 2400 1900",
    ),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StandardPopulation(Result):
    """How many people of each age a rate is to be standardised to.

    Attributes
    ----------
    name, source : str
        What it is called and where its figures were published.
    age_edges : array, shape (ages + 1,)
    weights : array, shape (ages,)
        As printed; only their proportions matter.
    """

    name: str
    source: str
    age_edges: Vector
    weights: Vector

    def summary(self) -> pd.DataFrame:
        """Return one row per age band: ``age``, ``age_end``, ``weight``."""
        ends = {"age": self.age_edges[:-1], "age_end": self.age_edges[1:]}
        return pd.DataFrame(ends | {"weight": self.weights})

    def _heading(self) -> str:
        return f"StandardPopulation {self.name}. {self.source}"


@verb
def standard_population(standard: StandardName | Any) -> StandardPopulation:
    """Return a standard population by name, or read one from a table.

    Parameters
    ----------
    standard : str or frame
        "segi" (world 1960), "who" (world 2000-2025, up to 100+), "esp-1976", "esp-2013" (up
        to 95+) or "nordic"; those without an age here end in 85+;
        or a table with columns ``age`` (lower edges or labels such as "85+") and
        ``weight``.

    Raises
    ------
    ArgumentError, TableError
        For an unknown name, or a table whose bands or weights cannot be used.

    Examples
    --------
    >>> standard_population("segi").weights.sum()
    np.float64(100000.0)
    """
    if isinstance(standard, StandardPopulation):
        return standard
    if isinstance(standard, str):
        faults = Faults("the standard population")
        check_option(standard, _PRINTED, "standard", faults)
        faults.raise_any()
        source, printed = _PRINTED[standard]
        weights = np.array(printed.split(), np.float64)
        edges = np.append(5.0 * np.arange(len(weights)), np.inf)
        return StandardPopulation(standard, source, edges, weights)
    faults = Faults("the table of the standard population")
    columns = Columns(standard, faults)
    weights = columns.numbers("weight", NONNEGATIVE)
    ages = bands.read_scale(columns, "age")
    if len(np.unique(ages.code[ages.kept])) < ages.kept.sum():
        faults.add("age", "two rows hold the same age", "Keep one of them")
    weights = weights[ages.kept]
    if not faults.found and weights.sum() == 0:
        faults.add("weight", "all weights are 0", "Give at least one above 0")
    faults.raise_any()
    order = np.argsort(ages.code[ages.kept])
    return StandardPopulation("own", "As given.", ages.edges, weights[order])
