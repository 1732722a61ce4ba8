"""Every picture on inputs that are hard to draw: no text is cut off, none lies on another."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.plotting.reading import out_of_place
from tests.tolerances import CLOSED_FORM

import paraneo as pn
from paraneo import simulation
from paraneo.plotting.hazard_curve import hazard_curve
from paraneo.plotting.timeline import timeline

LONG = "Women and men of the northern counties who were never seen at a hospital"
HARD = [LONG, "$x_1$ [red]b[/red] <b>&</b>", "_hidden", "b"]
INF = float("inf")
RATES = pn.rate_table({"age": [0, 60], "rate": [0.01, 0.03]}, rate="rate")
PEOPLE = {
    "born": [1940, 1950, 1945, 1948, 1938, 1952, 1941, 1947, 1944, 1946, 1943, 1949] * 2,
    "came": [2000, 2001, 2000, 2002, 2001, 2000, 2003, 2001, 2002, 2000, 2001, 2000] * 2,
    "left": [2003, 2007, 2005, 2004, 2008, 2009, 2006, 2003, 2009, 2002, 2006, 2004] * 2,
    "years": [3, 6, 5, 2, 7, 9, 3, 2, 7, 2, 5, 4] * 2,
    "what": [1, 0, 2, 1, 1, 0, 1, 2, 0, 1, 0, 1] * 2,
    "died": [1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1] * 2,
    "marker": [1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0] * 2,
    "test": [1, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0] * 2,
    "well": [0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0] * 2,
    "score": [0.6, 0.3, 0.2, 0.5, 0.4, 0.1, 0.7, 0.35, 0.25, 0.55, 0.45, 0.15] * 2,
    "group": HARD * 6,
}
ONE = {name: values[:1] for name, values in PEOPLE.items()}
NO_EVENT = PEOPLE | {"what": [0] * 24, "died": [0] * 24}
STUDIES = {
    "study": [f"{LONG} {k}" for k in range(3)] + HARD[1:],
    "tp": [12, 20, 7, 33, 14, 9],
    "fp": [3, 9, 5, 4, 0, 7],
    "fn": [2, 8, 4, 3, 6, 0],
    "tn": [30, 44, 21, 60, 15, 38],
    "observed": [12, 20, 0, 33, 4, 9],
    "expected": [7, 18, 2, 21, 5, 6],
}
DATED = {"birth": "born", "entry": "came", "exit": "left", "rates": RATES}
FOLLOWED = {"exit": "years", "event": "what", "competing": 2}
FALLING = {
    "start": [0, 1, 3],
    "end": [1, 3, 10],
    "estimate": [7.0, 4.0, 3.0],
    "lower": [4.0, 3.0, 2.0],
    "upper": [12.0, 6.0, 4.0],
}


def counts(n: int, label: Callable[[int], str] = str) -> dict[str, Any]:
    """Return groups with observed and expected, the first without an event."""
    return {
        "group": [label(k) for k in range(n)],
        "observed": [3 * (k % 7) for k in range(n)],
        "expected": [1.5 + k % 3 for k in range(n)],
    }


def bands(edges: list[float], observed: list[int]) -> Any:
    data = {"follow_up": edges, "observed": observed, "expected": [2.0] * len(edges)}
    return pn.incidence_ratios(data, by="follow_up")


@cache
def risk(limits: bool = True, **more: Any) -> Any:
    table = FALLING if limits else {name: FALLING[name] for name in ("start", "end", "estimate")}
    given = {"age": 60, "year": 2020, "horizon": 6} | more
    return pn.cancer_risk(table, rates=RATES, mortality=RATES, **given)


def people(**more: Any) -> Any:
    return pn.person_years(
        PEOPLE, event="died", origin="came", **DATED, follow_up=[0, 1, 3, 5, INF], **more
    )


@cache
def study() -> Any:
    def generate(rng: np.random.Generator, n: int) -> Any:
        return rng.normal(size=n)

    def mean(x: Any) -> dict[str, float]:
        se = float(np.std(x, ddof=1)) / len(x) ** 0.5
        at = float(np.mean(x))
        return {"estimate": at, "std_error": se, "lower": at - 2 * se, "upper": at + 2 * se}

    return simulation.simulation_study(
        simulation.design_grid(n=[5, 50]),
        generate,
        {HARD[1]: mean, LONG: mean},
        replicates=20,
        seed=1,
    )


TEST = {"sensitivity": 0.8, "mean_sojourn": 0.9}
PLOTS: dict[str, Callable[[], Any]] = {
    "ratio, one row": lambda: pn.incidence_ratios(counts(1), by="group").plot(),
    "ratios, all of one": lambda: pn.incidence_ratios(counts(3)).plot(),
    "ratios, many rows": lambda: pn.incidence_ratios(
        counts(60, "group {}".format), by="group"
    ).plot(),
    "ratios, long labels": lambda: pn.incidence_ratios(
        counts(4, lambda k: HARD[k]), by="group"
    ).plot(),
    "ratios, no events": lambda: pn.incidence_ratios(
        counts(3) | {"observed": [0, 0, 0]}, by="group"
    ).plot(),
    "ratios, great and small": lambda: pn.incidence_ratios(
        {"group": ["a", "b"], "observed": [900, 1], "expected": [0.5, 700.0]}, by="group"
    ).plot(),
    "ratios, on given axes": lambda: pn.incidence_ratios(counts(4), by="group").plot(axes()),
    "ratios over bands": lambda: bands([0, 1, 5, 10], [9, 0, 3, 2]).plot(over="follow_up"),
    "one band": lambda: bands([0], [9]).plot(over="follow_up"),
    "bands by long groups": lambda: pn.incidence_ratios(
        {
            "follow_up": [0, 1] * 4,
            "group": np.repeat(HARD, 2),
            "observed": [9, 0, 3, 2] * 2,
            "expected": [2.0] * 8,
        },
        by=["follow_up", "group"],
    ).plot(over="follow_up"),
    "trend": lambda: bands([0, 1, 5], [9, 4, 3]).trend().plot(),
    "person-years, open band": lambda: people().plot(),
    "person-years, by group": lambda: people(by="group").plot(by="group"),
    "person-years, rates": lambda: people().plot(measure="rate"),
    "regression": lambda: pn.ratio_regression(
        people(by="group"), formula="~ C(group) + C(follow_up)"
    ).plot(),
    "regression, curve": lambda: pn.ratio_regression(
        people(by="group"), formula="~ C(group)"
    ).plot_curve("group"),
    "regression, curve of numbers": lambda: pn.ratio_regression(
        people(), formula="~ follow_up"
    ).plot_curve("follow_up"),
    "standardised rates": lambda: pn.standardised_rates(
        {
            "age": [0, 40, 60] * 2,
            "sex": np.repeat(HARD[:2], 3),
            "observed": [0, 8, 12, 0, 9, 5],
            "person_years": [400, 300, 200, 500, 350, 100],
        },
        standard={"age": [0, 40, 60], "weight": [5, 3, 2]},
        by="sex",
        cases="observed",
    ).plot(),
    "accuracy": lambda: pn.diagnostic_accuracy(31, 12, 9, 148).plot(),
    "accuracy of many": lambda: pn.diagnostic_accuracy(
        [31] * 30, [0] * 30, [9] * 30, [148] * 30
    ).plot(),
    "predictive values, one": lambda: pn.predictive_values(
        pn.diagnostic_accuracy(31, 12, 9, 148),
        pn.Prevalence(17, 100, window=f"within 3 years, {LONG}"),
    ).plot(),
    "predictive values, many": lambda: pn.predictive_values(
        pn.diagnostic_accuracy(31, 0, 9, 148), np.linspace(0, 1, 30)
    ).plot(),
    "predictive values without limits": lambda: pn.predictive_values(
        pn.published_accuracy(sensitivity=0.8, specificity=0.9), [0.1, 0.2]
    ).plot(),
    "pooled accuracy": lambda: pn.pooled_accuracy(STUDIES).plot(),
    "pooled accuracy, forest": lambda: pn.pooled_accuracy(STUDIES).plot(kind="forest"),
    "pooled accuracy, funnel": lambda: pn.pooled_accuracy(STUDIES).plot(kind="funnel"),
    "pooled ratios, funnel": lambda: pn.pooled_ratios(STUDIES).plot(kind="funnel"),
    "nomogram": lambda: pn.predictive_values(
        pn.diagnostic_accuracy(31, 12, 9, 148), pn.Prevalence(17, 100, window="within 3 years")
    ).plot(kind="nomogram"),
    "people tested": lambda: pn.people_tested(pn.diagnostic_accuracy(31, 12, 9, 148), 0.17).plot(),
    "timeline": lambda: timeline(
        pd.DataFrame(
            {"label": HARD[:2], "start": 0.0, "end": [5.0, INF], "lower": [3.0, 4], "upper": INF}
        ),
        pd.DataFrame({"label": [HARD[2]] * 3 + [LONG + "!"], "time": [0.0, 1, 2, 0]}),
        horizon=10,
    ),
    "verified": lambda: pn.verified_accuracy(
        231, 32, 27, 54, unverified_positive=166, unverified_negative=140
    ).plot(),
    "compared tests": lambda: pn.compare_tests(
        PEOPLE, first="test", second="marker", condition="died"
    ).plot(),
    "pooled ratios": lambda: pn.pooled_ratios(STUDIES).plot(),
    "pooled ratios by group": lambda: pn.pooled_ratios(
        STUDIES | {"kind": [LONG, "b"] * 3}, formula="~ kind"
    ).plot(),
    "pooled curve": lambda: pn.pooled_ratio_curve(
        {
            "study": np.repeat([LONG, *HARD[1:3]], 2),
            "start": [0, 1] * 3,
            "end": [1, 5] * 3,
            "observed": [20, 0, 12, 9, 30, 11],
            "expected": [5.0, 2, 3, 4, 6, 5],
        }
    ).plot(),
    "audited": lambda: pn.audited_ratios(
        {
            "study": HARD,
            "observed": [95, 3, 0, 9],
            "sir": [5.11, 1.5, 0.0, 2.0],
            "ci_low": [5.01, 0.3, 0.0, 0.9],
            "ci_high": [5.22, 4.4, 2.0, 3.8],
        }
    ).plot(),
    "rates": lambda: RATES.plot(),
    "rates by group": lambda: pn.rate_table(
        {"age": [0, 60] * 4, "rate": [0.0, 0.01] * 4, "group": np.repeat(HARD, 2)},
        rate="rate",
        by="group",
    ).plot(),
    "background": lambda: pn.background_hazard(PEOPLE, **DATED).plot(),
    "kaplan-meier, one": lambda: pn.kaplan_meier(ONE, **FOLLOWED).plot(),
    "kaplan-meier, groups": lambda: pn.kaplan_meier(PEOPLE, **FOLLOWED, by="group").plot(),
    "cumulative incidence": lambda: pn.cumulative_incidence(PEOPLE, **FOLLOWED, by="group").plot(),
    "no event": lambda: pn.kaplan_meier(NO_EVENT, **FOLLOWED).plot(),
    "nelson-aalen": lambda: pn.nelson_aalen(PEOPLE, **FOLLOWED, by="marker").plot(),
    "cox": lambda: pn.cox_regression(PEOPLE, **FOLLOWED, formula="~ C(group)").plot(),
    "net survival": lambda: pn.net_survival(PEOPLE, event="died", **DATED, by="marker").plot(),
    "crude probabilities": lambda: pn.crude_probabilities(PEOPLE, event="died", **DATED).plot(),
    "life table": lambda: pn.life_table(
        PEOPLE,
        origin="came",
        birth="born",
        exit="left",
        event="died",
        rates=RATES,
        breaks=[0, 2, 4, 10],
        by="group",
    ).plot(),
    **{
        f"excess {scale}, {kind}": lambda scale=scale, kind=kind: pn.excess_hazard(
            PEOPLE, event="died", **DATED, breaks=[0, 3, 10], scale=scale
        ).plot(kind=kind)
        for scale, kind in (
            ("additive", "hazard"),
            ("additive", "survival"),
            ("relative", "ratio"),
        )
    },
    **{
        f"occult, {kind}": lambda kind=kind: pn.occult_cancer(
            {"exit": [0.1, 0.3, 0.4, 0.8, 9, 9, 10, 10, 10, 10], "event": [1] * 4 + [0] * 6},
            distribution="exponential",
        ).plot(kind=kind)
        for kind in ("hazard", "residual")
    },
    "risk": lambda: risk().plot(),
    "risk without limits": lambda: risk(limits=False).plot(),
    "risk of several": lambda: risk(age=(50, 60, 70, 80, 85)).plot(),
    "marker hazards": lambda: pn.marker_hazards(
        ([0, 5, 10], [0.03, 0.01]),
        [1, 3, 8],
        accuracy=pn.published_accuracy(sensitivity=0.6, specificity=0.9),
        window=5,
        background=0.005,
    ).plot(),
    **{
        f"window by {rule}, {threshold}": lambda rule=rule, threshold=threshold: (
            pn.screening_window(risk(), rule=rule, threshold=threshold, draws=50).plot()
        )
        for rule, threshold in (
            ("ratio", 2.0),
            ("ratio", 6.0),
            ("share", 0.9),
            ("excess", 5.0),
            ("residual", 0.01),
        )
    },
    "visits": lambda: pn.screening_yield(risk(), [0, 1, 2.5], **TEST).plot(),
    "many visits": lambda: pn.screening_yield(risk(), np.arange(0, 6, 0.25), **TEST).plot(),
    "one visit": lambda: pn.screening_yield(risk(), [0], **TEST).plot(),
    "schedules": lambda: pn.compare_schedules(
        risk(), {LONG: [0], HARD[1]: [0, 1], "yearly": [0, 1, 2], "again": [0, 1, 2.1]}, **TEST
    ).plot(),
    "frontier": lambda: pn.schedule_frontier(risk(), 5, **TEST).plot(),
    "validated risk": lambda: pn.validated_risk(
        PEOPLE, risk="score", exit="years", event="what", horizon=5, groups=2
    ).plot(),
    "validated risk by group": lambda: pn.validated_risk(
        PEOPLE, risk="score", exit="years", event="what", horizon=5, groups=2, by="marker"
    ).plot(),
    "decisions": lambda: pn.decision_curve(
        PEOPLE, marker="marker", exit="years", event="what", horizon=5, thresholds=[0.1, 0.2, 0.3]
    ).plot(),
    "decisions, one threshold": lambda: pn.decision_curve(
        PEOPLE, marker="marker", exit="years", event="what", horizon=5, thresholds=[0.2]
    ).plot(),
    "lexis": lambda: pn.lexis_diagram(
        PEOPLE, birth="born", entry="came", exit="left", event="died"
    ),
    "lexis of one": lambda: pn.lexis_diagram(ONE, birth="born", entry="came", exit="left"),
    "coverage": lambda: simulation.exact_coverage(
        "binomial",
        interval=["wald", "exact", "wilson"],
        n=[10, 20],
        truth=np.linspace(0.01, 0.5, 9),
    ).plot(),
    "coverage map": lambda: simulation.exact_coverage(
        "binomial", interval="exact", n=[5, 10, 15, 20], truth=np.linspace(0.1, 0.5, 5)
    ).plot(),
    "study": lambda: study().plot(truth=0),
    "study, zip": lambda: study().plot(truth=0, kind="zip", by="n"),
    "study, nested loop": lambda: study().plot(truth=0, kind="nested-loop", by="n"),
    "simulated diagnostic": lambda: simulation.simulated_diagnostic_study(
        rng=np.random.default_rng(1), sensitivity=0.8, specificity=0.95, n=200, prevalence=0.1
    ).plot(),
    "simulated accuracy": lambda: simulation.simulated_accuracy_studies(
        8,
        rng=np.random.default_rng(1),
        distribution=simulation.BivariateAccuracy(0.7, 0.95, between=(0.6, 0.8), correlation=-0.4),
    ).plot(),
    "simulated ratios": lambda: simulation.simulated_published_ratios(
        6, rng=np.random.default_rng(1), ratio=2.5, tau=0.4
    ).plot(),
    "simulated cohort": lambda: simulation.simulated_cohort(
        200,
        rng=np.random.default_rng(1),
        rates=0.01,
        mortality=0.02,
        excess=simulation.PiecewiseExcess([0, 1], [0.1, 0.01]),
        follow_up=5,
    ).plot(),
}


def test_an_excess_below_zero_is_seen() -> None:
    frame = pd.DataFrame({"time": [0.0, 1, 1, 5], "estimate": [-0.0008, -0.0008, 0.02, 0.02]})
    frame = frame.assign(lower=frame["estimate"] - 0.001, upper=frame["estimate"] + 0.01)
    ax = hazard_curve(frame, None, ylabel="Excess hazard per year")
    assert ax.get_ylim()[0] < -0.0008
    below = hazard_curve(frame.assign(estimate=-frame["estimate"].abs()), None, ylabel="Excess")
    assert below.get_ylim()[0] < -0.02


@pytest.mark.parametrize("name", ["rates", "person-years, open band"])
def test_an_open_band_is_drawn_open(name: str) -> None:
    ax = PLOTS[name]()
    patches = {patch.get_linestyle() for patch in ax.patches}
    dashes = [dash for lines in ax.collections for _, dash in lines.get_linestyle()]
    assert ":" in patches or any(dash is not None for dash in dashes)


def test_what_is_nothing_or_without_end_stands_at_the_edge() -> None:
    ax = PLOTS["regression"]()
    marks = {line.get_marker() for line in ax.lines}
    assert ">" in marks
    assert "<" in {line.get_marker() for line in PLOTS["ratios, no events"]().lines}


def test_a_nomogram_is_read_along_straight_lines() -> None:
    ax = PLOTS["nomogram"]()
    table = pn.diagnostic_accuracy(31, 12, 9, 148)
    ratios = (table.positive_likelihood_ratio.value, table.negative_likelihood_ratio.value)
    lines = [line for line in ax.lines if line.get_marker() == "o"]
    assert len(lines) == 2
    for line, ratio in zip(lines, ratios, strict=True):
        middle = float(np.mean(line.get_ydata()))
        np.testing.assert_allclose(middle, np.log(ratio) / 2, **CLOSED_FORM)
    with pytest.raises(pn.ArgumentError, match="one prevalence and one test"):
        pn.predictive_values(table, [0.1, 0.2]).plot(kind="nomogram")


def test_options_of_a_study_go_where_they_belong() -> None:
    drawn = study().plot(truth=0, measure="bias")
    assert drawn.get_xlabel().startswith("bias")


def axes() -> Any:
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(7, 4), layout="constrained")[1]


@pytest.mark.parametrize("name", PLOTS)
def test_no_text_is_cut_off_or_lies_on_another(name: str) -> None:
    drawn = np.ravel(PLOTS[name]())[0]
    assert not out_of_place(drawn.figure)
