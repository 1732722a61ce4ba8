"""The person, the population and the ratios behind `paraneo risk` and `paraneo schedule`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paraneo.accuracy import published_accuracy
from paraneo.errors import Faults
from paraneo.evidence import load
from paraneo.gate.files import read_table
from paraneo.incidence import pooled_ratio_curve
from paraneo.rates import RateTable, rate_table
from paraneo.screening import CancerRisk, cancer_risk

#: The published ratios of all myositis by time since diagnosis, each with limits.
STUDIES = ("Chow 1995", "Buchbinder 2001")
#: Where the open window of Buchbinder 2001 is taken to end, in years.
OPEN_END = 10.0
#: Limits of the pooled sensitivity and specificity in Trallero-Araguás 2012.
PUBLISHED = {"sensitivity": (0.78, 0.45, 0.94), "specificity": (0.89, 0.82, 0.93)}
MARKERS = {"positive": "positive", "negative": "negative", "unknown": None}


def person_risk(given: dict[str, Any]) -> CancerRisk:
    """Return the risk that the options of the command line describe."""
    marker = _marker(given["marker"])
    accuracy = None
    if marker is not None:
        figures: dict[str, Any] = {name: given[name] for name in PUBLISHED}
        if all(figures[name] == PUBLISHED[name][0] for name in PUBLISHED):
            figures = dict(PUBLISHED)
        accuracy = published_accuracy(**figures)
    return cancer_risk(
        _ratios(given["ratios"]),
        age=given["age"],
        sex=given["sex"],
        year=given["year"],
        rates=_rates(given["rates"], "us_cancer_rates"),
        mortality=_rates(given["mortality"], "us_mortality_2014"),
        horizon=given["horizon"],
        accuracy=accuracy,
        marker=marker,
        accuracy_window=min(given["accuracy_window"], given["horizon"]) if accuracy else None,
        mortality_ratio=given["mortality_ratio"],
    )


def sources(given: dict[str, Any]) -> str:
    """Say where the figures come from that the user did not give."""
    told = []
    if given["ratios"] is None:
        told.append(
            "ratios pooled from Chow 1995 (doi:10.1007/BF00051675) and Buchbinder 2001 "
            f"(doi:10.7326/0003-4819-134-12-200106190-00008), 'over 5 years' taken as 5 to "
            f"{OPEN_END:g}"
        )
    if given["rates"] is None:
        told.append("coarse US cancer rates derived from Siegel 2014 (doi:10.3322/caac.21208)")
    if given["mortality"] is None:
        told.append("US mortality of 2014")
    if given["marker"] != "unknown":
        told.append("accuracy of anti-TIF1-gamma: Trallero-Araguás 2012 (doi:10.1002/art.33379)")
    return f"Sources: {'; '.join(told)}." if told else ""


def _marker(word: str) -> str | None:
    faults = Faults("--marker")
    if word not in MARKERS:
        faults.add("marker", f"{word!r} is no result", "Write positive, negative or unknown")
    faults.raise_any()
    return MARKERS[word]


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
    return rate_table(table, rate="rate", by=by, period=period)
