"""Several endpoints at once: the rates of each, and which of them are counted together.

People are walked once for all endpoints that share their time at risk: one column of exit and
rates for the same groups. What is missing for one endpoint is so missing for it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from paraneo.errors import Faults
from paraneo.gate.events import Events
from paraneo.rates import RateTable

if TYPE_CHECKING:
    from ._request import Request

#: The column of the result, and of rates unless another is named.
ENDPOINT = "endpoint"
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Event:
    """A type of event: a 0/1 column, or a column and what its codes mean.

    Attributes
    ----------
    number : int
        Which of the causes that the codes tell apart.
    """

    name: str
    column: str
    codes: Events | None = None
    number: int = 1


def split_rates(table: RateTable, column: str) -> dict[str, RateTable]:
    """Return the rates of each endpoint, by one of the table's columns of groups."""
    rest = tuple(name for name in table.by if name != column)
    found = {}
    for label, rows in table.groups.groupby(column, sort=False, observed=True).indices.items():
        counts = (
            None if cells is None else cells[rows] for cells in (table.cases, table.person_years)
        )
        cases, person_years = counts
        groups = table.groups.iloc[rows][list(rest)].reset_index(drop=True)
        found[str(label)] = replace(
            table,
            rates=table.rates[rows],
            by=rest,
            groups=groups,
            cases=cases,
            person_years=person_years,
        )
    return found


def rates_of_endpoints(
    rates: Any, column: str, names: Iterable[str] | None, faults: Faults
) -> dict[str, RateTable]:
    """Return the rates of every endpoint that there are any of, by its name.

    Parameters
    ----------
    rates : RateTable, mapping from name to RateTable, or None
    column : str
        The column of groups of a single table that tells endpoints apart.
    names : iterable of str or None
        The endpoints that are counted; None takes those of the rates.
    """
    if rates is None:
        return {}
    wanted = None if names is None else list(names)
    if isinstance(rates, Mapping):
        tables = {str(name): table for name, table in rates.items()}
    elif not isinstance(rates, RateTable):
        tables = {"": rates}
    elif column in rates.by:
        tables = split_rates(rates, column)
    elif wanted is not None and len(wanted) == 1:
        return {wanted[0]: rates}
    else:
        said = f"it has no column '{column}', and does not say whose rates it holds"
        cure = "Make it by that column, name another in endpoint, or pass {name: rates}"
        faults.add("rates", said, cure)
        return {}
    for name, table in tables.items():
        if not isinstance(table, RateTable):
            said = f"it is of type {type(table).__name__}, not a RateTable"
            where = f"rates['{name}']" if name else "rates"
            faults.add(where, said, "Make one of your table by rate_table(...)")
    if not faults.found:
        _check_names(wanted or (), tables, faults)
    return tables


def _check_names(names: Iterable[str], tables: Mapping[str, Any], faults: Faults) -> None:
    """Note endpoints that there are no rates of."""
    without = [name for name in names if name not in tables]
    if not without:
        return
    near = {name: get_close_matches(name, tables, n=1, cutoff=0.5) for name in without}
    shown = ", ".join(
        f"'{name}'" + (f" (is it '{near[name][0]}'?)" if near[name] else "")
        for name in without[:_SHOWN]
    )
    more = f" and {len(without) - _SHOWN} more" if len(without) > _SHOWN else ""
    held = ", ".join(list(tables)[:_SHOWN]) + (" …" if len(tables) > _SHOWN else "")
    cure = f"Rates are there of: {held}. Add the others, or leave these endpoints out"
    faults.add("rates", f"there are none of the endpoint {shown}{more}", cure)


def parts_of(asked: Request) -> list[Request]:
    """Return the same question for each set of endpoints that share their time at risk."""
    if not asked.endpoints:
        return [asked]
    parts: dict[Any, list[str]] = {}
    for name in asked.events:
        table = asked.tables.get(name)
        key = None if table is None else _time_at_risk(table, drop=asked.missing_rates == "drop")
        parts.setdefault((asked.exit_of(name), key), []).append(name)
    return [_asked_of(asked, leave, names) for (leave, _), names in parts.items()]


def _asked_of(asked: Request, leave: str, names: Iterable[str]) -> Request:
    """Return the question for some of the endpoints, whose follow-up ends in one column."""
    wanted = set(names)
    return replace(
        asked,
        exit=leave,
        events={name: event for name, event in asked.events.items() if name in wanted},
        tables={name: table for name, table in asked.tables.items() if name in wanted},
    )


def walks_of(asked: Request, parts: Sequence[Request]) -> dict[frozenset[int], Request]:
    """Return the questions that people of each kind can be asked at once.

    Those who are at risk of the endpoints of several parts, such as of all sites of women, are
    walked once for all of them.

    Returns
    -------
    mapping
        From the numbers of the parts that people may be at risk of to the question for them
        together. Empty where parts cannot be joined.
    """
    tables = list(asked.tables.values())
    if len(parts) < 2 or len(asked.exits) > 1 or not tables or len(tables) < len(asked.events):
        return {}
    if asked.missing_rates == "drop" and not _whole(tables):
        return {}
    widest = max(tables, key=lambda table: len(table.by))
    if any(table.by not in ((), widest.by) for table in tables):
        return {}
    first = [next(iter(part.tables.values())) for part in parts]
    groups = [set(table.groups.astype(str).itertuples(index=False, name=None)) for table in first]
    patterns = {
        frozenset(k for k, own in enumerate(groups) if label in own or not first[k].by)
        for label in set().union(*groups)
    }
    leave = asked.exits[0]
    return {
        pattern: _asked_of(asked, leave, [name for k in pattern for name in parts[k].events])
        for pattern in patterns
        if pattern
    }


def _whole(tables: Sequence[RateTable]) -> bool:
    """Return whether tables have the same bands and no rate is missing."""
    first = tables[0]
    return all(
        np.array_equal(table.age_edges, first.age_edges)
        and np.array_equal(table.period_edges, first.period_edges)
        and not np.isnan(table.rates).any()
        for table in tables
    )


def _time_at_risk(table: RateTable, *, drop: bool) -> Any:
    """Return what two tables share whose rates are known for the same groups and cells."""
    groups = tuple(table.groups.astype(str).itertuples(index=False, name=None))
    if not drop:
        return table.by, frozenset(groups)
    edges = table.age_edges.tobytes(), table.period_edges.tobytes()
    return table.by, groups, edges, np.isnan(table.rates).tobytes()
