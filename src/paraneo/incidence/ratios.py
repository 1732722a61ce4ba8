"""Standardised incidence ratios from observed and expected counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from paraneo.errors import Faults
from paraneo.follow_up import PersonYears
from paraneo.gate.arguments import (
    COUNT,
    EXCESS_PER,
    NONNEGATIVE,
    Rule,
    apply_rules,
    check_level,
    check_option,
    optional,
    scale,
)
from paraneo.gate.frames import as_table
from paraneo.gate.groups import one_each, read_groups
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.unit_check import warn_of_unit
from paraneo.gate.verbs import verb
from paraneo.numerics.poisson_limits import LIMITS
from paraneo.results.bands import band_texts

from . import _age_structure
from ._endpoints import check_endpoints
from ._ratios import IncidenceRatios
from ._standardised import sums_in_cells
from .poisson_limits import PoissonInterval

__all__ = ["IncidenceRatios", "incidence_ratios"]

_EMPTY = "Leave out or merge empty groups"
_OBSERVED = (
    Rule(
        np.isnan,
        "value is missing",
        "Where only the total of several rows is known, write it in one of them and 0 in the "
        "others: their expected cancers count as well",
    ),
    *optional(COUNT),
)


@verb
def incidence_ratios(
    data: Any,
    *,
    by: str | Sequence[str] = (),
    interval: PoissonInterval = "exact",
    level: float = 0.95,
    per: float = EXCESS_PER,
    observed: str = "observed",
    expected: str = "expected",
    person_years: str | None = None,
) -> IncidenceRatios:
    """Divide observed by expected cancers, with confidence intervals, in each group.

    Parameters
    ----------
    data : frame, or a result with ``summary()``
        Rows are summed within groups. Sums are taken in the order of the values, so
        that the order of rows does not change a digit. With a column ``age``, rows of
        unknown age, and of all ages beside rows by age, are left out with a warning that
        counts them.
    by : str or sequence of str
        Columns that make the groups; none pools all rows.
    interval, level
        As in `poisson_limits`.
    per : float
        Person-years to which excess rates refer; by the convention of the field 10,000 by
        default, while rates of `standardised_rates` are per 100,000.
    observed, expected : str
        Columns of counts and of expected cancers; the latter above 0 in each group.
    person_years : str, optional
        Column of person-years; left out, "person_years" where there is one. Excess
        rates are NaN where they are not known in any row.

    Raises
    ------
    TableError
        Naming every fault of columns, rows and options at once.

    Warns
    -----
    ComparabilityWarning
        When observed and expected are so far apart that only a mistaken unit explains it,
        or all rows of one age have the same person-years, as in a table by cancer site.

    Notes
    -----
    The ratio is O / E, O being Poisson with mean ρE and E known without error; its limits are
    those of the mean of O, divided by E. The excess rate is ``per`` (O - E) / person-years.

    References
    ----------
    Breslow NE, Day NE. Statistical Methods in Cancer Research II. IARC 1987, ch. 2-3.

    Examples
    --------
    >>> result = incidence_ratios({"observed": [5, 7], "expected": [2.7, 4.0]})
    >>> result.summary()[["estimate", "lower", "upper"]].round(3)
       estimate  lower  upper
    0     1.791  0.925  3.129
    """
    faults = Faults("the table of observed and expected cancers")
    table = as_table(data)
    source = Columns(table, faults)
    by = as_names(by)
    check_endpoints(source, by, "by")
    check_option(interval, LIMITS, "interval", faults)
    check_level(level, faults)
    unit = scale(per, "per", faults)
    time = person_years or "person_years"
    known = person_years is not None or source.has(time)
    cases, mean = source.numbers(observed), source.numbers(expected)
    years = source.numbers(time) if known else np.full(len(cases), np.nan)
    known = person_years is not None or not np.isnan(years).all()
    groups, code = read_groups(source, by, taken=(observed, expected, time))
    ages = one_each(source, "age") if source.has("age") and "age" not in by else None
    out = _age_structure.beside_known(ages, code)
    rules = [(observed, cases, _OBSERVED), (expected, mean, NONNEGATIVE)]
    rules += [(time, years, NONNEGATIVE)] * known
    for name, values, rule in rules:
        if source.has(name):
            noted = faults.rows_of(name)
            apply_rules(np.where(out, 0.0, values), name, rule, faults, noted=noted)
    kept, size = code[~out], len(groups)
    count, *rest = (sums_in_cells(kept, x[~out], size) for x in (cases, mean, years))
    sums = dict(zip((expected, time), rest, strict=True))
    for name, total in sums.items():
        source.rows_where((total <= 0)[code], name, "the group's sum is not above zero", _EMPTY)
    faults.raise_any()
    measured = (observed, cases), (expected, mean), (time, years)
    _age_structure.warn_of_rows(source, out, by, *measured)
    if not isinstance(data, PersonYears):  # which has said so itself
        warn_of_unit(int(count.sum()), sums[expected].sum(), (observed, expected), rates=False)
    if ages is not None and known:
        _age_structure.warn_of_repeats(table, time, years[~out], kept, ages[~out])
    by_age = None
    if ages is not None:
        by_age = _age_structure.expected_by_age(kept, ages[~out], mean[~out])
    return IncidenceRatios(
        groups,
        observed=count,
        expected=sums[expected],
        person_years=sums[time],
        interval=interval,
        level=level,
        per=unit,
        expected_by_age=by_age,
        texts=band_texts(source, by, code),
    )
