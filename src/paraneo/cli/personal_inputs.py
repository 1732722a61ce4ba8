"""The person, the population and the ratios behind `paraneo risk` and `paraneo schedule`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paraneo.accuracy import DiagnosticAccuracy, published_accuracy
from paraneo.errors import Faults, TableError
from paraneo.evidence import load
from paraneo.gate.arguments import check_option
from paraneo.gate.files import read_table
from paraneo.incidence import pooled_ratio_curve
from paraneo.rates import RateTable, rate_table
from paraneo.screening import CancerRisk, cancer_risk

from .console import option, options

#: The published ratios of all myositis by time since diagnosis, each with a CI.
STUDIES = ("Chow 1995", "Buchbinder 2001")
#: Where the open window of Buchbinder 2001 is taken to end, in years.
OPEN_END = 10.0
#: Years within which the studies of an antibody counted cancers, where none are given.
USUAL_WINDOW = 3.0
#: Confidence limits of the pooled sensitivity and specificity in Trallero-Araguás 2012.
PUBLISHED = {"sensitivity": (0.78, 0.45, 0.94), "specificity": (0.89, 0.82, 0.93)}
#: The options that the arguments of verbs come from.
NAMES = {
    **{
        name: option(name)
        for name in (
            *("age", "sex", "year", "horizon", "rates", "mortality", "mortality_ratio"),
            *("accuracy_window", "sensitivity", "specificity", "marker"),
        )
    },
    "cancer_free_for": "--cancer-free",
    "model": "--ratios",
}
MARKERS = {"positive": "positive", "negative": "negative", "unknown": None}


def person_risk(given: dict[str, Any]) -> CancerRisk:
    """Return the risk that the options of the command line describe."""
    marker = _marker(given)
    accuracy = None if marker is None else _accuracy(given)
    window = USUAL_WINDOW if given["accuracy_window"] is None else given["accuracy_window"]
    rates = _rates(given["rates"], "us_cancer_rates")
    mortality = _rates(given["mortality"], "us_mortality_2014")
    model = _ratios(given["ratios"])
    with options(NAMES):
        risk = cancer_risk(
            model,
            age=given["age"],
            sex=given["sex"],
            year=given["year"],
            rates=rates,
            mortality=mortality,
            horizon=given["horizon"],
            accuracy=accuracy,
            marker=marker,
            accuracy_window=min(window, given["horizon"]) if accuracy else None,
            mortality_ratio=given["mortality_ratio"],
        )
        return risk.given(given["cancer_free"]) if given["cancer_free"] else risk


def _accuracy(given: dict[str, Any]) -> DiagnosticAccuracy:
    own = {name: given[name] for name in PUBLISHED if given[name] is not None}
    figures: dict[str, Any] = dict(PUBLISHED)
    with options(NAMES):
        if not own:
            return published_accuracy(**figures)
        alone = {name: figure[0] for name, figure in PUBLISHED.items()}
        return published_accuracy(**alone | own)


def sources(given: dict[str, Any]) -> str:
    """Say where the figures come from that the user did not give."""
    said = []
    if given["ratios"] is None:
        said.append(
            "ratios pooled from Chow 1995 (doi:10.1007/BF00051675) and Buchbinder 2001 "
            f"(doi:10.7326/0003-4819-134-12-200106190-00008), 'over 5 years' taken as 5 to "
            f"{OPEN_END:g}"
        )
    if given["rates"] is None:
        said.append("coarse US cancer rates derived from Siegel 2014 (doi:10.3322/caac.21208)")
    if given["mortality"] is None:
        said.append("US mortality of 2014")
    own = given["sensitivity"] is not None and given["specificity"] is not None
    if given["marker"] != "unknown" and not own:
        said.append("accuracy of anti-TIF1-gamma: Trallero-Araguás 2012 (doi:10.1002/art.33379)")
    return f"Sources: {'; '.join(said)}." if said else ""


def _marker(given: dict[str, Any]) -> str | None:
    """Return the result, noting options that say nothing without one."""
    faults = Faults("the options")
    check_option(given["marker"], MARKERS, "--marker", faults)
    if given["marker"] == "unknown":
        for name in (*PUBLISHED, "accuracy_window"):
            if given[name] is not None:
                cure = "Give --marker positive or negative, or leave it out"
                faults.add(option(name), "it has no meaning without a result", cure)
    faults.raise_any()
    return MARKERS[given["marker"]]


def _ratios(path: Path | None) -> Any:
    if path is not None:
        return read_table(path)
    table = load("sir_by_time")
    table = table[table["study"].isin(STUDIES)]
    return pooled_ratio_curve(table, open_end=OPEN_END)


def _rates(path: Path | None, name: str) -> RateTable:
    table = load(name) if path is None else read_table(path)
    by = "sex" if "sex" in table.columns else ()
    period = "period" if "period" in table.columns else None
    try:
        return rate_table(table, rate="rate", by=by, period=period)
    except TableError as error:
        raise TableError(f"'{path}'", error.faults) from None
