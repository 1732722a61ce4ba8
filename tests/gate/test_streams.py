"""Every verb that draws takes a generator, and says the same of what is none."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import paraneo
from paraneo import (
    ArgumentError,
    cancer_risk,
    diagnostic_accuracy,
    marker_hazards,
    rate_table,
    screening_window,
    simulation,
)
from paraneo.simulation import BivariateAccuracy

FLAT = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
RATIOS = {"start": [0, 1], "end": [1, 10], "estimate": [7.0, 1.5], "lower": [5, 1], "upper": [9, 2]}
PERSON: dict[str, Any] = {"age": 60, "year": 2020, "rates": FLAT, "mortality": FLAT, "horizon": 10}
BANDS = ([0, 5, 10], [0.03, 0.01])
TESTED: dict[str, Any] = {"accuracy": diagnostic_accuracy(60, 20, 40, 200), "window": 5}


def of_window(**rng: Any) -> Any:
    risk = cancer_risk(RATIOS, **PERSON)
    return screening_window(risk, rule="ratio", threshold=2, interval="draws", **rng)


#: Where the stream may be left out, and is then a fixed one.
FIXED: dict[str, Callable[..., Any]] = {
    "cancer_risk": lambda **rng: cancer_risk(RATIOS, interval="draws", **PERSON, **rng),
    "marker_hazards": lambda **rng: marker_hazards(BANDS, [1, 4], **TESTED, **rng),
    "screening_window": of_window,
}
#: What makes data has to be given one.
MAKERS: dict[str, Callable[..., Any]] = {
    "simulated_accuracy_studies": lambda rng: simulation.simulated_accuracy_studies(
        3, rng=rng, distribution=BivariateAccuracy(0.8, 0.8)
    ),
    "simulated_cohort": lambda rng: simulation.simulated_cohort(5, rng=rng, rates=0.01),
    "simulated_diagnostic_study": lambda rng: simulation.simulated_diagnostic_study(
        rng=rng, sensitivity=0.8, specificity=0.9, n=50, prevalence=0.2
    ),
    "simulated_published_ratios": lambda rng: simulation.simulated_published_ratios(3, rng=rng),
}


def test_every_verb_with_a_stream_is_here() -> None:
    named = {
        name
        for room in (paraneo, simulation)
        for name in room.__all__
        if inspect.isfunction(verb := getattr(room, name))
        and "rng" in inspect.signature(verb).parameters
    }
    # the bootstrap names the seed that it took from its stream, given or not
    assert named == {*FIXED, *MAKERS, "bootstrap"}


@pytest.mark.parametrize("name", [*FIXED, *MAKERS])
@pytest.mark.parametrize("wrong", [3, np.random.RandomState(1), "seed"])
def test_what_is_no_generator(name: str, wrong: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        {**FIXED, **MAKERS}[name](rng=wrong)
    said = f"it is of type {type(wrong).__name__}, not a numpy Generator"
    cure = "Pass numpy.random.default_rng(seed)"
    assert [str(fault) for fault in caught.value.faults] == [f"'rng': {said}. {cure}"]


def said_of(result: Any) -> str:
    return " ".join([*repr(result).split(), *getattr(result, "notes", ())])


@pytest.mark.parametrize("name", FIXED)
def test_without_one_the_stream_is_fixed_and_named(name: str) -> None:
    first, again = FIXED[name](), FIXED[name]()
    named = FIXED[name](rng=np.random.default_rng(0))
    other = FIXED[name](rng=np.random.default_rng(1))
    assert repr(first) == repr(again)
    assert first.summary().equals(named.summary())
    assert not first.summary().equals(other.summary())
    assert "seed 0" in said_of(first)
    assert "seed" not in said_of(named)
