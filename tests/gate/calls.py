"""One call of every verb, for what is said in the same words by all that have an argument."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import paraneo
from paraneo import rate_table

RATES = rate_table({"age": [0, 60], "rate": [0.01, 0.03]}, rate="rate")
PEOPLE = {
    "born": [1940, 1950, 1945, 1948, 1938, 1952, 1941, 1947, 1944, 1946, 1943, 1949],
    "came": [2000, 2001, 2000, 2002, 2001, 2000, 2003, 2001, 2002, 2000, 2001, 2000],
    "left": [2003, 2007, 2005, 2004, 2008, 2009, 2006, 2003, 2009, 2002, 2006, 2004],
    "years": [3, 6, 5, 2, 7, 9, 3, 2, 7, 2, 5, 4],
    "what": [1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1],
    "sex": ["m", "f"] * 6,
    "risk": [0.1, 0.3, 0.5, 0.2, 0.4, 0.6, 0.3, 0.2, 0.5, 0.1, 0.4, 0.3],
}
#: The same, of whom none falls ill after the second year and the others are followed for long.
CEASED = {
    **PEOPLE,
    "came": [1980] * 12,
    "left": [1980.5, 2010, 1980.2, 1981, 1980.1, 2010, 1980.4, 1980.8, 2010, 1980.3, 2010, 1981.5],
}
CELLS = {
    "age": [0, 40, 60, 0, 40, 60],
    "sex": ["m", "m", "m", "f", "f", "f"],
    "observed": [3, 8, 12, 0, 9, 5],
    "expected": [1, 5, 9, 2, 4, 6],
    "person_years": [400, 300, 200, 500, 350, 100],
}
EVENT = {"event": "what"}
CURVE = {"exit": "years", **EVENT}
LIVES = {"birth": "born", "entry": "came", "exit": "left", **EVENT}
STANDARD = {"age": [0, 40, 60], "weight": [5, 3, 2]}
#: The table that a verb reads, and the arguments that it needs.
CALLS: dict[str, tuple[dict[str, list[Any]], dict[str, Any]]] = {
    "person_years": (PEOPLE, LIVES),
    "follow_up_walk": ({**PEOPLE, "who": list(range(12))}, {"person": 0, "id": "who", **LIVES}),
    "kaplan_meier": (PEOPLE, CURVE),
    "nelson_aalen": (PEOPLE, CURVE),
    "log_rank": (PEOPLE, {**CURVE, "by": "sex"}),
    "cox_regression": (PEOPLE, {**CURVE, "formula": "~ risk"}),
    "cumulative_incidence": (PEOPLE, CURVE),
    "life_table": (PEOPLE, {**CURVE, "breaks": [0, 2, 10]}),
    "net_survival": (PEOPLE, {**LIVES, "rates": RATES}),
    "crude_probabilities": (PEOPLE, {**LIVES, "rates": RATES}),
    "excess_hazard": (PEOPLE, {**LIVES, "rates": RATES, "origin": "came", "breaks": [0, 10]}),
    "occult_cancer": (
        CEASED,
        {**LIVES, "rates": RATES, "origin": "came", "distribution": "exponential"},
    ),
    "validated_risk": (PEOPLE, {**CURVE, "risk": "risk", "horizon": 4}),
    "decision_curve": (PEOPLE, {**CURVE, "risk": "risk", "horizon": 4}),
    "incidence_ratios": (CELLS, {}),
    "ratio_regression": (CELLS, {"formula": "~ age"}),
    "standardised_rates": (CELLS, {"standard": STANDARD, "cases": "observed"}),
    "rate_table": (
        {**CELLS, "age": [0, 40, 60] * 2},
        {"cases": "observed", "person_years": "person_years", "by": "sex"},
    ),
}


def verbs_with(argument: str) -> list[str]:
    """Return the verbs that take an argument; a walk takes those of person-years."""
    return [
        name
        for name in CALLS
        if argument in inspect.signature(_of(name)).parameters
        or (name == "follow_up_walk" and argument in ("by", "event", "cause"))
    ]


def call(name: str, changes: dict[str, Any] | None = None, **arguments: Any) -> Any:
    """Call a verb with some columns of its table changed, or dropped by None, and arguments."""
    table, needed = CALLS[name]
    columns = {**table, **(changes or {})}
    kept = {column: values for column, values in columns.items() if values is not None}
    return _of(name)(kept, **{**needed, **arguments})


def _of(name: str) -> Callable[..., Any]:
    verb: Callable[..., Any] = getattr(paraneo, name)
    return verb
