"""One call of every public function, class and method, all arguments of which are in order."""

from __future__ import annotations

import inspect
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tests.gate.calls import CALLS as TABLES
from tests.gate.calls import CELLS, LIVES, PEOPLE, RATES

import paraneo
from paraneo import simulation

SPACES = ("paraneo", "paraneo.rates", "paraneo.simulation", "paraneo.criteria", "paraneo.evidence")
#: Pure carriers of what a verb worked out: they are not made by hand.
MADE_BY_VERBS = {
    *("BohanPeter1975", "ClassificationScore", "EularAcr2017", "Imacs2023", "Pns2004"),
    *("CohortTruth", "ExactCoverage", "Performance", "SimulationStudy", "StudySize", "RateTable"),
    *("SimulatedAccuracyStudies", "SimulatedCohort", "SimulatedDiagnosticStudy"),
    *("SimulatedPublishedRatios", "StandardPopulation", "DiagnosticTruth", "RatioTruth"),
    *("Bootstrap", "PooledImputations", "SimulatedRegistry"),
}
STUDIES = {
    "study": ["a", "b", "c", "d", "e", "f"],
    "observed": [12, 20, 7, 33, 4, 9],
    "expected": [7.0, 18, 2, 21, 5, 6],
    "tp": [12, 20, 7, 33, 14, 9],
    "fp": [3, 9, 5, 4, 2, 7],
    "fn": [2, 8, 4, 3, 6, 1],
    "tn": [30, 44, 21, 60, 15, 38],
}
PRINTED = {
    "study": ["a", "b", "c"],
    "observed": [12, 20, 7],
    "expected": [7.0, 18, 2],
    "sir": [1.71, 1.11, 3.5],
    "ci_low": [0.89, 0.68, 1.41],
    "ci_high": [2.99, 1.72, 7.21],
}
WINDOWS = {
    "study": ["a", "a", "b", "b"],
    "window_start_years": [0, 1, 0, 2],
    "window_end_years": [1, 5, 2, 10],
    "observed": [20, 12, 30, 18],
    "expected": [3.0, 8, 6, 12],
}
CURVE_OF_RATIOS = {
    "start": [0, 1, 2],
    "end": [1, 2, 50],
    "estimate": [6.0, 5.0, 4.0],
    "lower": [4.0, 3.5, 3],
    "upper": [9, 7, 5],
}
SCREENED = {
    "first": [1, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0],
    "second": [1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0],
    "condition": [1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1],
}
PANEL = {
    "x": [1, 1, 0, 0],
    "y": [1, 0, 1, 0],
    "diseased": [20, 10, 5, 15],
    "healthy": [1, 4, 6, 80],
}
PRINTED_VALUES = {"study": ["a"], "n": [83], "positive": [7], "ppv": ["71%"], "npv": ["89%"]}
RESULTS = {
    "method": ["a", "b"] * 4,
    "replicate": [0, 0, 1, 1, 2, 2, 3, 3],
    "estimate": [0.9, 1.0, 1.1, 1.2, 1.0, 1.0, 1.4, 1.3],
    "std_error": [0.2, 0.2, 0.3, 0.2, 0.2, 0.1, 0.2, 0.2],
    "lower": [0.5, 0.6, 0.5, 0.8, 0.6, 0.8, 1.0, 0.9],
    "upper": [1.3, 1.4, 1.7, 1.6, 1.4, 1.2, 1.8, 1.7],
}
TUMOURS = {
    "id": [1, 1, 2, 2, 3],
    "site": ["C50.1", "C34.0", "C18.2", "C18.7", "C61"],
    "date": ["2000-01-10", "2002-02-03", "2001-05-05", "2003-01-01", "2004-07-01"],
}
REGISTERED = {
    "id": [1, 2, 3],
    "birth": ["1940-01-01", "1938-06-01", "1950-02-02"],
    "died": [None, "2006-03-01", None],
}
PERSON = {"age": 58, "year": 2000, "rates": RATES, "mortality": RATES, "horizon": 6}
TEST = {"sensitivity": 0.8, "mean_sojourn": 0.5}
DIAGNOSTIC = {"sensitivity": 0.8, "specificity": 0.9, "prevalence": 0.2}


class Call(NamedTuple):
    """A function, the arguments that it takes by place, and those by name."""

    function: Callable[..., Any]
    by_place: tuple[Any, ...]
    by_name: Mapping[str, Any]


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def draw(scenario: Mapping[str, Any], rng: np.random.Generator) -> Any:
    """Draw numbers of one scenario of a study."""
    return rng.normal(scenario["mean"], 1.0, 5)


def mean(data: Any) -> dict[str, float]:
    """Estimate a mean."""
    return {"estimate": float(np.mean(data)), "truth": 0.0}


def _mean_of(table: Any) -> dict[str, float]:
    """Estimate the mean of a column."""
    return {"estimate": float(np.mean(table["x"]))}


@cache
def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="paraneo-face-"))


@cache
def rates_file() -> Path:
    path = folder() / "rates.csv"
    path.write_text("age,sex,rate\n0,f,0.001\n60,f,0.01\n0,m,0.002\n60,m,0.02\n")
    return path


@cache
def saved_result() -> Path:
    return Path(paraneo.save_result(thing("diagnostic_accuracy"), folder() / "saved.paraneo"))


@cache
def database() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", check_same_thread=False)
    made.execute("create table people (age int, n int)")
    made.execute("insert into people values (1, 2)")
    return made


def _functions() -> dict[str, Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]]:
    """Return what each function of the face is called with; made anew for each call."""
    risk = lambda: thing("cancer_risk")  # noqa: E731
    own: dict[str, Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]] = {
        "audited_accuracy": lambda: ((PRINTED_VALUES,), {}),
        "audited_ratios": lambda: ((PRINTED,), {}),
        "background_hazard": lambda: (
            (PEOPLE,),
            {"birth": "born", "entry": "came", "exit": "left", "rates": RATES},
        ),
        "best_schedule": lambda: ((risk(), 2), TEST | {"candidates": [0, 1, 2]}),
        "cancer_risk": lambda: ((CURVE_OF_RATIOS,), dict(PERSON)),
        "compare_schedules": lambda: ((risk(), {"one": [0], "two": [0, 1]}), dict(TEST)),
        "compare_tests": lambda: ((SCREENED,), {"first": "first", "second": "second"}),
        "diagnostic_accuracy": lambda: ((31, 12, 9, 148), {}),
        "html_report": lambda: (({"Part": ["words", risk()]},), {"title": "t", "pictures": False}),
        "implied_count": lambda: ((2.0, 1.0, 3.7), {}),
        "lexis_diagram": lambda: (
            (PEOPLE,),
            {"birth": "born", "entry": "came", "exit": "left", "event": "what"},
        ),
        "marker_hazards": lambda: (
            (([0, 1, 4], [0.05, 0.03]), [0.5, 2.0]),
            {"positives": (0.8, 0.1), "background": 0.01, "draws": 20},
        ),
        "panel_accuracy": lambda: ((PANEL,), {}),
        "poisson_limits": lambda: (([3, 8],), {}),
        "pooled_accuracy": lambda: ((STUDIES,), {"model": "normal"}),
        "pooled_ratio_curve": lambda: ((WINDOWS,), {"open_end": 12.0}),
        "pooled_ratios": lambda: ((STUDIES,), {}),
        "predictive_values": lambda: ((thing("diagnostic_accuracy"), 0.17), {}),
        "published_accuracy": lambda: (
            (),
            {"sensitivity": (0.8, 0.7, 0.9), "specificity": (0.9, 0.85, 0.94)},
        ),
        "query": lambda: ((database(), "select * from people"), {}),
        "recovered_tables": lambda: (
            (),
            {"n": 40, "diseased": 12, "printed": {"sensitivity": "75%", "specificity": "93%"}},
        ),
        "rogan_gladen_prevalence": lambda: ((30, 200), {"sensitivity": 0.8, "specificity": 0.9}),
        "schedule_frontier": lambda: ((risk(), 2), TEST | {"candidates": [0, 1, 2]}),
        "screening_window": lambda: ((risk(),), {"rule": "ratio", "threshold": 4.5}),
        "screening_yield": lambda: ((risk(), [0, 1]), dict(TEST)),
        "verified_accuracy": lambda: (
            (31, 12, 9, 148),
            {"unverified_positive": 5, "unverified_negative": 40},
        ),
        "Estimate": lambda: ((0.5, 0.4, 0.6), {}),
        "Prevalence": lambda: ((17, 100), {}),
        "standard_population": lambda: (("segi",), {}),
        "BivariateAccuracy": lambda: ((0.8, 0.9), {}),
        "HiddenCancer": lambda: ((0.1, 0.5), {}),
        "PiecewiseExcess": lambda: (([0, 1], [0.1, 0.01]), {}),
        "PiecewiseRatio": lambda: (([0, 1], [5.0, 2.0]), {}),
        "SplineExcess": lambda: (([1, 3], [0.1, 0.15]), {}),
        "SimulatedMarker": lambda: ((0.8, 0.9), {}),
        "ThresholdAccuracy": lambda: ((2.0, 0.1), {}),
        "design_grid": lambda: ((), {"mean": [0.0, 1.0]}),
        "exact_coverage": lambda: (
            ("poisson",),
            {"interval": "exact", "truth": [2.0]},
        ),
        "expected_needed": lambda: ((), {"true_ratio": 2.0}),
        "people_needed": lambda: ((0.8,), {"half_width": 0.1}),
        "performance": lambda: ((RESULTS,), {"truth": 1.0}),
        "predictive_people_needed": lambda: (("ppv",), DIAGNOSTIC | {"half_width": 0.2}),
        "ratio_power": lambda: ((5.0,), {"true_ratio": 2.0}),
        "replicates_needed": lambda: (("coverage",), {"mcse": 0.01}),
        "simulated_accuracy_studies": lambda: (
            (4,),
            {"rng": rng(), "distribution": simulation.BivariateAccuracy(0.8, 0.9)},
        ),
        "simulated_cohort": lambda: (
            (50,),
            {"rng": rng(), "rates": 0.01, "excess": simulation.HiddenCancer(0.1, 0.5)},
        ),
        "simulated_diagnostic_study": lambda: ((), {"rng": rng(), "n": 100, **DIAGNOSTIC}),
        "simulated_published_ratios": lambda: ((4,), {"rng": rng()}),
        "simulation_study": lambda: (
            ([{"mean": 0.0}], draw, {"by_mean": mean}),
            {"replicates": 2, "seed": 1},
        ),
        "window_patients_needed": lambda: (
            (5.0,),
            {"start": 1.0, "rates": 0.02, "against": 2.0, "true_ratio": 1.0},
        ),
        "bootstrap": lambda: (
            ({"x": [1.0, 2.0, 4.0, 3.0]}, _mean_of),
            {"replicates": 3},
        ),
        "captioned": lambda: (("words", "what they say"), {}),
        "expected_survival": lambda: (
            (PEOPLE,),
            {"birth": "born", "origin": "came", "rates": RATES, "times": [1.0, 2.0]},
        ),
        "load_result": lambda: ((saved_result(),), {}),
        "save_result": lambda: ((thing("diagnostic_accuracy"), folder() / "again.paraneo"), {}),
        "fine_gray_regression": lambda: (
            (PEOPLE,),
            {"exit": "years", "event": "what", "formula": "~ risk"},
        ),
        "index_cohort": lambda: (
            (TUMOURS, REGISTERED),
            {"death": "died", "study_end": "2010-12-31"},
        ),
        "mantel_haenszel": lambda: (
            (CELLS,),
            {"group": "sex", "reference": "m", "by": "age"},
        ),
        "people_tested": lambda: ((thing("diagnostic_accuracy"), 0.2), {}),
        "pooled_imputations": lambda: (
            ([paraneo.Estimate(x, x - 0.2, x + 0.2, 0.1) for x in (0.5, 0.6)],),
            {"scale": "identity"},
        ),
        "reconciled_risk": lambda: ((risk(),), {}),
        "simulated_registry": lambda: ((200,), {}),
        "site_groups": lambda: ((), {}),
        "stacked_ratios": lambda: ((CELLS,), {"by": "sex"}),
        "bohan_peter_1975": lambda: ((), {"rash": True}),
        "eular_acr_2017": lambda: ((), {"age_at_onset": 50.0, "heliotrope": True}),
        "imacs_2023": lambda: ((), {"age_at_onset": 50.0, "antibodies": ["tif1-gamma"]}),
        "pns_2004": lambda: ((), {"syndrome": "classical"}),
        "describe": lambda: ((), {}),
        "load": lambda: (("sir_by_time",), {}),
        "names": lambda: ((), {}),
        "sources": lambda: (("sir_by_time",), {}),
    }
    for name, (table, needed) in TABLES.items():
        own[name] = lambda table=table, needed=needed: ((table,), dict(needed))
    for name in paraneo.rates.__all__:
        if name.startswith("read_"):
            more = {"cancers": 1} if name == "read_ci5" else {}
            more |= {"rate": "rate", "by": "sex"} if name == "read_rate_table" else {}
            own[name] = lambda more=more: ((rates_file(),), dict(more))
    own["excess_hazard"] = lambda: (
        (PEOPLE,),
        {**LIVES, "rates": RATES, "origin": "came", "breaks": [0, 3, 10]},
    )
    return own


#: Methods that need arguments, those of every result: .summary(), .plot() and the rest need none.
METHODS: dict[str, Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "*.at": lambda: (([1.0, 2.0],), {}),
    "NewSetting.quantiles": lambda: (([0.1, 0.9],), {}),
    "PanelAccuracy.posterior": lambda: ((0.2,), {}),
    "PooledAccuracy.at": lambda: (({"observed": 10},), {}),
    "DiagnosticAccuracy.natural_frequencies": lambda: ((0.2,), {}),
    "Prevalence.at_level": lambda: ((0.9,), {}),
    "BackgroundHazard.between": lambda: ((0.0, 1.0), {}),
    "BackgroundHazard.hazard": lambda: (([1.0],), {}),
    "PooledRatios.ratios": lambda: ((), {"at": {"study": ["a"]}}),
    "PooledRatioCurve.ratio": lambda: (([1.0],), {}),
    "IncidenceRatios.compare": lambda: (("m",), {}),
    "RatioRegression.curve": lambda: (("age",), {}),
    "RatioRegression.plot_curve": lambda: (("age",), {}),
    "RatioRegression.ratios": lambda: ((), {"at": {"age": [10, 50]}}),
    "StandardisedRates.compare": lambda: (("m",), {}),
    "StandardisedRates.cumulative": lambda: ((), {"end": 60.0}),
    "RateTable.group_codes": lambda: (({"sex": ["m"]},), {}),
    "RateTable.rates_at": lambda: ((50.0,), {}),
    "HtmlReport.save": lambda: ((folder() / "page.html",), {}),
    "CancerRisk.given": lambda: ((1.0,), {}),
    "CancerRisk.predictive_values": lambda: ((1.0,), {}),
    "CancerRisk.with_marker": lambda: (("positive",), {}),
    "CancerRisk.within": lambda: ((1.0,), {}),
    "DecisionCurve.against": lambda: (("all",), {}),
    "BivariateAccuracy.draw": lambda: (((3,), rng()), {}),
    "ThresholdAccuracy.draw": lambda: (((3,), rng()), {}),
    "RatioTruth.draw": lambda: (((3,), rng()), {}),
    "*.share_within": lambda: ((0.5, 0.9), {}),
    "RatioTruth.over": lambda: ((0.0, 1.0), {}),
    "*.predictive_values": lambda: ((0.2,), {}),
    "CohortTruth.predictive_values": lambda: ((3.0,), {}),
    "CohortTruth.cumulative_incidence": lambda: (([1.0, 2.0],), {}),
    "CohortTruth.share_shown": lambda: ((1.0, 5.0), {}),
    "*.hazard": lambda: (([1.0, 2.0],), {}),
    "*.cumulative": lambda: (([1.0],), {}),
    "*.time_at": lambda: (([0.05],), {}),
    "*.residual": lambda: (([1.0],), {}),
    "*.shown": lambda: (([1.0],), {}),
    "PiecewiseRatio.ratio": lambda: (([1.0],), {}),
    "SimulatedMarker.positive_at": lambda: (([1.0],), {}),
    "Performance.wide": lambda: (("bias",), {}),
    "SimulationStudy.data": lambda: ((1, 0), {}),
    "SimulationStudy.replay": lambda: ((1, 0), {}),
    "SimulationStudy.performance": lambda: ((), {"truth": 0.0}),
    "SimulationStudy.plot": lambda: ((), {"truth": 0.0}),
    "SimulationStudy.write": lambda: ((folder() / "study.csv",), {}),
    "*.cumulative_hazard": lambda: (([1.0],), {}),
    "*.survival_function": lambda: (([1.0],), {}),
    "*.draws": lambda: ((3,), {"rng": rng()}),
    "*.cumulative_at": lambda: (([1.0],), {}),
    "*.rates_at": lambda: (([1.0],), {}),
    "*.residual_at": lambda: (([1.0],), {}),
    "*.ratio": lambda: (([1.0],), {}),
    "ExcessHazard.likelihood_ratio_test": lambda: (("risk",), {}),
    "ExcessHazard.wald_test": lambda: (("risk",), {}),
    "ExcessHazard.time_dependence_test": lambda: (("risk",), {}),
    "CumulativeIncidence.given": lambda: ((2.0,), {}),
    "CumulativeIncidence.mean_time_lost": lambda: ((4.0,), {}),
    "LifeTable.standardised": lambda: (("sex",), {}),
}
#: Results whose methods need another call than that of the verb alone.
ASKED: dict[str, dict[str, Any]] = {
    "incidence_ratios": {"by": "sex"},
    "standardised_rates": {"by": "sex"},
    "excess_hazard": {"formula": "~ risk"},
    "life_table": {"by": "sex"},
    "cumulative_incidence": {"by": "sex"},
    "person_years": {"age": [0, 50, 60, 70], "rates": RATES},
    "pooled_accuracy": {"formula": "~ observed"},
    "validated_risk": {"risk": ["risk", "other"]},
    "simulated_cohort": {"marker": simulation.SimulatedMarker(0.8, 0.9)},
}
#: Things to hold that are parts of a result.
PARTS: dict[str, Callable[[], Any]] = {
    "NewSetting": lambda: (
        paraneo.predictive_values(paraneo.pooled_accuracy(STUDIES, model="normal"), 0.2).new_setting
    ),
    "RatioTrend": lambda: paraneo.incidence_ratios(
        {**CELLS, "age": [0, 40, 60] * 2}, by="age"
    ).trend(),
    "CohortTruth": lambda: thing("simulated_cohort").truth,
    "DiagnosticTruth": lambda: thing("simulated_diagnostic_study").truth,
    "RatioTruth": lambda: thing("simulated_published_ratios").truth,
}
#: What serves the inside of the package, though its name has no line before it.
INNER = ("log_likelihood_at", "logit_moments", "cuts", "expected_by", "parts")


@cache
def thing(name: str) -> Any:
    """Return what a function of the face gives for its example."""
    if name in PARTS:
        return PARTS[name]()
    function = _of(name)
    if name == "cancer_risk":
        accuracy = {"accuracy": thing("diagnostic_accuracy"), "accuracy_window": 3.0}
        return function(CURVE_OF_RATIOS, **PERSON, **accuracy, draws=50)
    by_place, by_name = functions()[name]()
    if name == "validated_risk":
        by_place = ({**PEOPLE, "other": PEOPLE["risk"][::-1]},)
    return function(*by_place, **{**by_name, **ASKED.get(name, {})})


@cache
def functions() -> dict[str, Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]]:
    return _functions()


def _of(name: str) -> Callable[..., Any]:
    for space in SPACES:
        if name in import_module(space).__all__:
            found: Callable[..., Any] = getattr(import_module(space), name)
            return found
    raise LookupError(name)


def _public_methods(held: Any) -> Iterator[str]:
    for name in sorted(dir(type(held))):
        if name.startswith("_") or name in INNER:
            continue
        if inspect.isfunction(getattr(type(held), name, None)):
            yield name


@cache
def names_of_functions() -> tuple[str, ...]:
    """Return every function and class of the face that is called with arguments."""
    found = {}
    for space in SPACES:
        for name in import_module(space).__all__:
            one = getattr(import_module(space), name)
            error = inspect.isclass(one) and issubclass(one, Exception | Warning)
            if callable(one) and not error and name not in MADE_BY_VERBS:
                found[name] = one
    return tuple(sorted(name for name in found if name in functions()))


def without_example() -> list[str]:
    """Return the functions of the face that are not called, since no example is written."""
    every = {name for space in SPACES for name in import_module(space).__all__}
    return sorted(
        name
        for name in every
        if inspect.isfunction(getattr(_owner(name), name, None)) and name not in functions()
    )


def _owner(name: str) -> Any:
    spaces = map(import_module, SPACES)
    return next(space for space in spaces if name in space.__all__)


def call_of_function(name: str) -> Call:
    return Call(_of(name), *functions()[name]())


@cache
def names_of_methods() -> tuple[tuple[str, str], ...]:
    """Return the holder, by the function that makes it, and the name of every method."""
    found, classes = [], set()
    for name in (*names_of_functions(), *PARTS):
        if name in ("query", "read_ci5") or (
            name.startswith("read_") and name != "read_rate_table"
        ):
            continue
        held = thing(name)
        kind = type(held)
        if kind in classes or not kind.__module__.startswith("paraneo"):
            continue
        classes.add(kind)
        found += [(name, method) for method in _public_methods(held)]
    return tuple(found)


def call_of_method(name: str, method: str) -> Call:
    held = thing(name)
    own = f"{type(held).__name__}.{method}"
    example = METHODS.get(own) or METHODS.get(f"*.{method}")
    return Call(getattr(held, method), *(example() if example else ((), {})))
