"""Directly standardised rates, cumulative rates and their comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate import doubts, guards
from paraneo.gate.arguments import NONNEGATIVE, PER, apply_rules, check_level, check_option, scale
from paraneo.gate.frames import as_table
from paraneo.gate.groups import group_named, read_groups
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.rates import StandardPopulation, bands, standard_population
from paraneo.rates.standard_populations import StandardName
from paraneo.results.bands import band_texts, with_bands
from paraneo.results.result import Result

from ._endpoints import check_endpoints
from ._standardised import (
    INTERVALS,
    WeightedRates,
    common_edges,
    compared,
    rate_limits,
    sums_in_cells,
    weighted_rates,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RateInterval = Literal["fay-feuer", "tiwari", "mid-p", "dobson", "normal", "log-normal"]

_OUTPUT = ("cases", "person_years", "crude_rate", "estimate", "lower", "upper", "std_error")
#: How many bands without person-years an error names.
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StandardisedRates(Result):
    """Rates of several groups, each as if its people had the ages of one standard.

    Attributes
    ----------
    groups : DataFrame
        The ``by`` columns, one row per group in the order of their labels.
    cases, person_years : array, shape (groups, ages)
    age_edges : array, shape (ages + 1,)
        The bands that were weighted: common to data and standard, within the ages of
        the data. Rates over other ages are not comparable.
    weights : array, shape (ages,)
        Of the standard in these bands, summing to 1.
    standard : StandardPopulation
    interval, level, per
        As asked for; rates are per ``per`` person-years.
    texts : mapping
        From the name of a time scale in ``by`` to the text of its band in each group.
    """

    groups: pd.DataFrame
    cases: Vector
    person_years: Vector
    age_edges: Vector
    weights: Vector
    standard: StandardPopulation
    interval: str
    level: float
    per: float
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def summary(self) -> pd.DataFrame:
        """Return one row per group.

        ``cases``, ``person_years``, ``crude_rate``; the standardised rate as
        ``estimate``, with ``lower``, ``upper`` and ``std_error``. All rates per ``per``.
        """
        sums = self._sums()
        low, high = rate_limits(sums, self.interval, self.level)
        cases, years = self.cases.sum(axis=1), self.person_years.sum(axis=1)
        error = sums.unit * np.sqrt(sums.variance)
        rates = (cases / years, sums.unit * sums.rate, low, high, error)
        values = (cases, years, *(self.per * rate for rate in rates))
        shown = with_bands(self.groups, self.texts)
        return shown.assign(**dict(zip(_OUTPUT, values, strict=True)))

    def compare(self, reference: Any) -> pd.DataFrame:
        """Compare each group's rate with that of a reference group.

        Parameters
        ----------
        reference : label, or tuple of labels
            A tuple where ``by`` has several columns.

        Returns
        -------
        DataFrame
            ``estimate``, ``lower``, ``upper`` of the ratio of standardised rates, by
            Wald limits of its logarithm, with their ``p_value``; ``difference``,
            ``difference_lower``, ``difference_upper`` per ``per`` person-years, by Wald
            limits. Where one of the two has no cases both are by the limits of the two rates
            (Donner and Zou's MOVER), and there is no p-value; with no case in either the ratio
            has the limits 0 and infinity.
        """
        faults = Faults("the arguments of compare")
        at = group_named(reference, self.groups, faults)
        if len(self.groups) < 2:
            faults.add("reference", "there is only one group", "Make rates of several, by by=")
        faults.raise_any()
        others = np.arange(len(self.groups)) != at
        columns = compared(self._sums(), others, at, self.interval, self.level)
        scaled = {n: self.per * x if n.startswith("diff") else x for n, x in columns.items()}
        kept: pd.DataFrame = with_bands(self.groups, self.texts)[others].reset_index(drop=True)
        return kept.assign(**scaled)

    def cumulative(self, *, start: float | None = None, end: float = 75.0) -> pd.DataFrame:
        """Return cumulative rates and risks between two ages.

        The cumulative rate is the sum over bands of width times rate; the risk
        1 - exp(-cumulative rate) is that of a person who does not die of other causes.

        Parameters
        ----------
        start, end : float
            Edges of age bands; ``start`` left out is the first of them.

        Returns
        -------
        DataFrame
            ``start``, ``end``, ``cumulative_rate``, ``rate_lower``, ``rate_upper``, and
            the risk as ``estimate``, ``lower``, ``upper``; limits of the same kind as
            those of the standardised rates.
        """
        first = float(self.age_edges[0]) if start is None else float(start)
        faults = Faults("the ages of the cumulative rate")
        if np.isinf(end):
            faults.add("end", "the last age band has no width", "Give a finite age")
        places = bands.kept_edges(self.age_edges, [first, end], "start and end", faults)
        faults.raise_any()
        kept = slice(places[0], places[-1])
        wide = np.diff(self.age_edges)[kept]
        sums = weighted_rates(self.cases[:, kept], self.person_years[:, kept], wide)
        low, high = rate_limits(sums, self.interval, self.level)
        rate = sums.unit * sums.rate
        return with_bands(self.groups, self.texts).assign(
            start=first,
            end=float(end),
            cumulative_rate=rate,
            rate_lower=low,
            rate_upper=high,
            estimate=-np.expm1(-rate),
            lower=-np.expm1(-low),
            upper=-np.expm1(-high),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the standardised rates with their confidence intervals."""
        from paraneo.plotting.forest import forest

        frame = self.summary()
        groups = self.groups.assign(**self.texts).itertuples(index=False)
        names = [" / ".join(map(str, row)) for row in groups]
        frame["group"] = names if self.groups.shape[1] else ["all"]
        label = f"Standardised rate per {self.per:,g} person-years ({100 * self.level:g}% CI)"
        return forest(frame, label="group", xlabel=label, reference=float("nan"), log=False, ax=ax)

    def _sums(self) -> WeightedRates:
        return weighted_rates(self.cases, self.person_years, self.weights)

    def _heading(self) -> str:
        ages = f"ages {self.age_edges[0]:g} to {self.age_edges[-1]:g}".replace("to inf", "and over")
        return (
            f"StandardisedRates per {self.per:,g} person-years, {ages}, "
            f"{100 * self.level:g}% CI, {self.interval}\n{self.standard.source}"
        )


@verb
def standardised_rates(
    data: Any,
    *,
    standard: StandardName | StandardPopulation | Any = "segi",
    by: str | Sequence[str] = (),
    interval: RateInterval = "fay-feuer",
    level: float = 0.95,
    per: float = PER,
    age: str = "age",
    age_codes: bands.AgeCodes | None = None,
    cases: str | None = None,
    person_years: str = "person_years",
) -> StandardisedRates:
    r"""Standardise rates directly to the ages of a standard population.

    With cases :math:`c_i` and person-years :math:`n_i` in band i, and weights
    :math:`w_i` that sum to 1 over the bands of the data,

    .. math:: r = \sum_i w_i c_i / n_i, \qquad v = \sum_i w_i^2 c_i / n_i^2.

    Parameters
    ----------
    data : frame, or a result with ``summary()``
        One or more rows per group and age band; they are summed. A rate table made
        from counts and a table of person-years will do.
    standard : str or frame
        As in `standard_population`: "segi", "who", "esp-1976", "esp-2013", "nordic", or a
        table of ages and weights. Where the bands of the data are finer they are added
        up to those of the standard, and where they are coarser the weights are.
    by : str or sequence of str
        Columns that make the groups.
    interval : str
        * ``"fay-feuer"``: gamma limits that take one more case where it weighs most. In
          simulation they never cover less than 95 %; hence the default.
        * ``"tiwari"``: narrower; the upper one takes one more case shared over the bands.
        * ``"mid-p"``: of the mixture of the two gamma distributions of "fay-feuer".
        * ``"dobson"``: exact limits of all cases, scaled by the root of v over the cases.
        * ``"normal"``, ``"log-normal"``: symmetric, by the square root of v. Like "dobson"
          they cover 71 to 87 % of the time with 5 or 20 cases where a few weigh much.

        Without cases the last three have no upper limit. Bands without weight do not count.
    level : float
        Of the confidence intervals, in (0, 1).
    per : float
        Person-years to which the result's rates refer.
    age, cases, person_years : str
        Columns: lower edges or labels of age bands, counts of 0 or more, and
        person-years. ``cases`` left out is "cases", or "observed" where there is none.
        A column ``age_end`` tells where bands end; the last one is open otherwise,
        unless its label ends. Results know the edges of their bands. Rows of unknown age
        are left out with a warning that counts their cases.
    age_codes : "5-year" or mapping, optional
        What codes of age groups mean, as in `rate_table`.

    Raises
    ------
    TableError
        Naming every fault at once, among them bands that cross those of the standard,
        and bands without person-years, whose rate is unknown.

    References
    ----------
    Fay MP, Feuer EJ. Stat Med 1997;16:791-801.
    doi:10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-#.
    Tiwari RC, Clegg LX, Zou Z. Stat Methods Med Res 2006;15:547-569.
    doi:10.1177/0962280206070621.
    Fay MP, Kim S. Biom J 2017;59:377-387. doi:10.1002/bimj.201600111.
    Zou GY, Donner A. Construction of confidence limits about effect measures: a general
    approach. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095.
    Dobson AJ, Kuulasmaa K, Eberle E, Scherer J. Stat Med 1991;10:457-462.
    doi:10.1002/sim.4780100317.

    Examples
    --------
    >>> young_town = {"age": ["0-39", "40-59", "60+"], "cases": [3, 12, 40],
    ...               "person_years": [1000, 900, 500]}
    >>> ages = {"age": [0, 40, 60], "weight": [0.5, 0.3, 0.2]}
    >>> result = standardised_rates(young_town, standard=ages, per=1000)
    >>> result.summary()[["crude_rate", "estimate", "lower", "upper"]].round(2)
       crude_rate  estimate  lower  upper
    0       22.92      21.5  16.17  28.16
    """
    population = standard_population(standard)
    faults = Faults("the table of cases and person-years")
    table = as_table(data)
    source = Columns(table, faults)
    check_endpoints(source, as_names(by), "by")
    check_option(interval, INTERVALS, "interval", faults)
    check_level(level, faults)
    bands.check_codes(age_codes, faults)
    unit = scale(per, "per", faults)
    counted = cases or ("cases" if source.has("cases") else "observed")
    events, years = (source.numbers(name) for name in (counted, person_years))
    groups, group = read_groups(source, by, taken=(counted, person_years, age))
    ages = _age_bands(source, age, _known_edges(data), age_codes)
    for known, name in ((events, counted), (years, person_years)):
        kept = np.where(ages.kept, known, 0.0)
        apply_rules(kept, name, NONNEGATIVE, faults, noted=faults.rows_of(name))
    faults.raise_any()
    common = _common(ages.edges, population, age, faults)
    faults.raise_any()
    rows = np.flatnonzero(ages.kept)
    own = np.where(ages.kept, group * len(ages.edges) + ages.code, -1)
    measured = (counted, np.where(ages.kept, events, 0.0)), (person_years, years)
    guards.check_people(source, *measured)
    guards.check_repeats(source, person_years, years, own)
    shape = (len(groups), len(common) - 1)
    place = bands.band_of(common, ages.edges[ages.code[rows]])
    cell = np.ravel_multi_index((group[rows], place), shape)
    size = len(groups) * (len(common) - 1)
    count, time = (sums_in_cells(cell, x[rows], size).reshape(shape) for x in (events, years))
    weights = _weights(population, common)
    _check_bands(time, weights, groups, common, person_years, faults)
    faults.raise_any()
    bands.warn_of_unknown(events, ages)
    doubts.warn_of_totals(source, (*groups, age, counted, person_years))
    doubts.warn_of_copies(source, np.where(ages.kept, years, 0.0))
    doubts.warn_of_many(*measured)
    weights /= weights.sum()
    return StandardisedRates(
        groups,
        count,
        time,
        common,
        weights,
        population,
        interval,
        level,
        unit,
        band_texts(source, list(groups), group),
    )


def _known_edges(data: Any) -> Vector | None:
    """Return the edges that a rate table or a table of person-years was made with."""
    bands = getattr(data, "bands", None)
    known = bands.get("age") if isinstance(bands, Mapping) else getattr(data, "age_edges", None)
    return None if known is None else np.asarray(known, dtype=np.float64)


def _age_bands(
    source: Columns, age: str, known: Vector | None, codes: bands.AgeCodes | None
) -> bands.Scale:
    """Return the age bands, from the first to the last with a row, and each row's."""
    if known is None or not source.has(age):
        return bands.read_scale(source, age, codes=codes)
    code = np.searchsorted(known, source.numbers(age))
    none = np.zeros(source.length, dtype=bool)
    return bands.Scale(known[code.min() : code.max() + 2], code - code.min(), none, none)


def _common(edges: Vector, standard: StandardPopulation, age: str, faults: Faults) -> Vector:
    """Return the edges of the bands to weight, or note that data and standard cross."""
    common, strange = common_edges(edges, standard.age_edges)
    if len(strange):
        shown = ", ".join(f"{edge:g}" for edge in strange[:8])
        own = ", ".join(f"{edge:g}" for edge in standard.age_edges)
        faults.add(
            age,
            f"bands cross those of the standard population at {shown}",
            f"Give bands that begin and end at edges of the standard: {own}",
        )
    return common


def _weights(standard: StandardPopulation, common: Vector) -> Vector:
    """Return the weights of the standard added up within the common edges."""
    band = bands.band_of(common, standard.age_edges[:-1])
    return sums_in_cells(band[band >= 0], standard.weights[band >= 0], len(common) - 1)


def _check_bands(
    time: Vector,
    weights: Vector,
    groups: pd.DataFrame,
    edges: Vector,
    name: str,
    faults: Faults,
) -> None:
    """Note groups with bands in which nobody was observed, and a standard without weight."""
    if weights.sum() == 0:
        faults.add("standard", "it has nobody at the ages of the data", "Choose another")
    empty = np.argwhere(time == 0)
    if not len(empty):
        return
    shown = []
    for group, band in empty[:_SHOWN]:
        labels = [f"{by} {groups[by].iloc[group]}" for by in groups.columns]
        shown.append(", ".join([*labels, f"age {edges[band]:g} to {edges[band + 1]:g}"]))
    more = f" and {len(empty) - _SHOWN} more" if len(empty) > _SHOWN else ""
    faults.add(
        name,
        f"no person-years in {'; '.join(shown)}{more}",
        "Merge age bands, or leave the group out",
    )
