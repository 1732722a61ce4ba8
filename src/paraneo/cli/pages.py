"""What a job worked out, on one page: its sentences, tables and pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from paraneo.report import HtmlReport, html_report

from . import shown

if TYPE_CHECKING:
    from .cohort import Analysis
    from .published import Ratios, Tests
    from .third_answer import ThirdAnswer

NAME = "report.html"
_HOW = (
    "Intervals are 95% confidence intervals. The tables beside this page hold the same numbers "
    "with all their digits, and further columns."
)


def of_published(
    folder: Path,
    tests: Tests | None,
    ratios: Ratios | None,
    together: Iterable[str],
    third: ThirdAnswer | None = None,
) -> HtmlReport:
    """Return the page of published figures; pictures are taken from the folder."""
    parts: dict[str, Any] = {}
    if tests is not None:
        drawn = _pictures(folder, "predictive_values")
        parts[tests.title] = [shown.values(tests.values), *drawn, *tests.notes]
        parts[shown.PEOPLE_TITLE] = shown.people(tests.people)
    if ratios is not None:
        parts[shown.RATIOS_TITLE] = [
            shown.ratios(ratios.checked),
            *_pictures(folder, "incidence_ratios"),
            *shown.flagged(ratios.checked),
            *filter(None, [ratios.left_out]),
        ]
    parts["Studies pooled"] = [
        *together,
        *_pictures(folder, "pooled_accuracy", "pooled_ratios", "ratio_curve"),
    ]
    if third is not None:
        parts |= third.tables()
        parts["When the cancer shows: notes"] = [
            *_pictures(folder, "personal_risk"),
            third.of_visits,
            *third.said,
        ]
    return html_report(
        {heading: under for heading, under in parts.items() if len(under)},
        title="What antibodies and incidence ratios say",
        introduction=_HOW,
    )


def of_cohort(
    folder: Path, found: Analysis, *, file: Path, source: str, ratios: pd.DataFrame
) -> HtmlReport:
    """Return the page of a cohort; pictures are taken from the folder."""
    bands = [f"ratio_by_{name}" for name in found.table.bands]
    parts: dict[str, Any] = {
        "Observed and expected": [ratios, *_pictures(folder, "incidence_ratios")],
        "Over time": _pictures(folder, *bands),
        "Tests of homogeneity and of trend": found.tests,
        **{
            heading: [frame, *_pictures(folder, name)]
            for (heading, frame), name in zip(
                shown.courses(found.courses.frames()).items(), found.courses.frames(), strict=True
            )
        },
        "Standardised rates": [] if found.standardised is None else found.standardised,
        "Model of the ratio": []
        if found.model is None
        else [found.model, *_pictures(folder, "regression")],
        "Notes": found.notes,
        "Exclusions": found.table.excluded,
        "Person-time assigned the nearest available rate": found.table.borrowed,
        "Follow-up": _pictures(folder, "lexis"),
    }
    return html_report(
        {heading: under for heading, under in parts.items() if _any(under)},
        title=f"Cancers of the cohort {file.name}",
        introduction=f"{source}\n\n{_HOW}",
        pictures=False,
    )


def _pictures(folder: Path, *names: str) -> list[Path]:
    """Return those of the pictures that were drawn."""
    return [path for name in names if (path := folder / f"{name}.png").exists()]


def _any(under: Any) -> bool:
    return bool(len(under)) if isinstance(under, list | pd.DataFrame) else True
