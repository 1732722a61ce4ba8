"""What a job worked out, on one page for clinicians: its sentences, tables and pictures."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from paraneo import evidence
from paraneo.report import HtmlReport, captioned, html_report, methods_of, people_tested

from . import shown
from .console import Files
from .output import CURRENT

if TYPE_CHECKING:
    from .accuracies import Source
    from .cohort import Analysis
    from .pooling import Together
    from .published import Ratios, Tests
    from .third_answer import ThirdAnswer

NAME = "report.html"
#: Pictures that browsers show; of other forms the page makes its own.
SHOWN = (".png", ".svg")
#: What each picture shows, for those who do not see it too.
WORDS = {
    "predictive_values": "Positive and negative predictive value by prevalence, a panel a source, "
    "with 95% CI; the dashed line is the prevalence above.",
    "pooled_accuracy": "Left, sensitivity and specificity of each study with the pooled point and "
    "its regions; right, pooled predictive values by prevalence.",
    "accuracy_by_study": "Sensitivity and specificity of each study and pooled, with 95% CI.",
    "incidence_ratios": "Ratios of observed to expected cancers with 95% CI, on a log scale; the "
    "dashed line is no difference.",
    "pooled_ratios": "Ratios of the studies, the pooled ratio, and where the ratio of a further "
    "study is predicted to lie.",
    "ratio_curve": "Ratio of observed to expected cancers by years since diagnosis, pooled, with "
    "the windows of the studies.",
    "personal_risk": "Risk of cancer by years since diagnosis and antibody result; dashed, that of "
    "the population.",
    "personal_timeline": "Above, how long by each rule an excess of cancers remains; below, when "
    "the visits of each schedule are.",
    "regression": "Ratios of incidence ratios with 95% CI.",
    "cumulative_incidence": "Proportion with the event by years of follow-up, with 95% CI; other "
    "events compete.",
    "excess_hazard": "Events beyond those of the population, by years of follow-up, with 95% CI.",
    "lexis": "Each person's follow-up by calendar year and age; a dot is an event.",
    "risk": "Risk of cancer by years since diagnosis; dashed, that of the population.",
    "schedules": "Cancers that each visit finds, a panel a schedule.",
    "timeline": "When the visits of each schedule are.",
}
_HOW = (
    "Intervals are 95% confidence intervals. Each table can be saved from this page; the files "
    "beside it hold the same numbers with all their digits, and further columns."
)
#: What a DOI looks like among other identifiers.
_DOI = re.compile(r"10\.\d{4,9}/[^\s;]+")
#: Of so many sources people tested are shown where nothing is pooled.
MOST_TESTED = 3


def of_published(
    folder: Path,
    files: Files,
    tests: Tests | None,
    ratios: Ratios | None,
    together: Together,
    third: ThirdAnswer | None = None,
) -> HtmlReport:
    """Return the page of published figures; pictures are taken from the folder."""
    with _pictures(folder, files) as drawn:
        parts: dict[str, Any] = {"What went in, and what was left out": _went_in(tests, ratios)}
        if tests is not None:
            parts[tests.title] = [
                captioned(shown.values(tests.values), tests.title),
                *drawn("predictive_values"),
                *tests.notes,
            ]
            parts["People tested"] = [
                *_tested(tests, together),
                captioned(shown.people(tests.people), shown.PEOPLE_TITLE),
            ]
        parts["Accuracy of the studies"] = drawn("accuracy_by_study", "pooled_accuracy")
        if ratios is not None:
            parts["Incidence ratios as printed, checked against their counts"] = [
                captioned(shown.ratios(ratios.checked), shown.RATIOS_TITLE),
                *drawn("incidence_ratios"),
                *shown.flagged(ratios.checked),
            ]
        said, fits = _without_fits(together.said)
        parts["Studies pooled"] = [*said, *drawn("pooled_ratios")]
        parts["Ratio by time since diagnosis"] = drawn("ratio_curve")
        if third is not None:
            tables = iter(third.tables().items())
            for heading, frame in tables:
                parts[heading] = [captioned(frame, heading)]
            first, second, _ = third.tables()
            parts[first] += drawn("personal_risk")
            parts[second] += drawn("personal_timeline")
            parts["When the cancer shows: notes"] = [third.of_visits, *third.said]
        parts["How the models fit"] = fits
        results = [
            *_counted(tests),
            *filter(None, [together.accuracy, together.ratios, together.curve]),
            *(list(third.curves.values())[:1] if third else []),
        ]
        tables_used = ("antibody_accuracy", "antibody_pooled", "sir_overall", "sir_by_time")
        bundled = third is not None
        return _page(
            parts,
            "What antibodies and incidence ratios say",
            _HOW,
            results,
            sources=_cited(tables_used) if bundled else (),
        )


def of_cohort(
    folder: Path,
    files: Files,
    found: Analysis,
    *,
    file: Path,
    source: str,
    ratios: pd.DataFrame,
) -> HtmlReport:
    """Return the page of a cohort; pictures are taken from the folder."""
    row = found.total.summary().iloc[0]
    people = (
        f"{row['observed']:,.0f} events were observed among {len(found.cohort):,d} rows of "
        f"{file.name}, {row['expected']:,.2f} expected from the population's rates: a ratio of "
        f"{row['estimate']:.2f} (95% CI {row['lower']:.2f} to {row['upper']:.2f})."
    )
    with _pictures(folder, files) as drawn:
        bands = [f"ratio_by_{name}" for name in found.table.bands]
        courses = found.courses.frames()
        parts: dict[str, Any] = {
            "What went in, and what was left out": [
                people,
                source,
                *_left_out(found.table.excluded, "Left out, and why"),
                *_left_out(found.table.borrowed, "Person-time assigned the nearest rate"),
            ],
            "Observed and expected": [
                captioned(ratios, shown.COHORT_TITLE),
                *drawn("incidence_ratios"),
            ],
            "Over time": drawn(*bands),
            "Tests of homogeneity and of trend": found.tests,
            **{
                heading: [captioned(frame, heading), *drawn(name)]
                for (heading, frame), name in zip(
                    shown.courses(courses).items(), courses, strict=True
                )
            },
            "Standardised rates": [] if found.standardised is None else found.standardised,
            "Model of the ratio": []
            if found.model is None
            else [found.model, *drawn("regression")],
            "Notes": found.notes,
            "Follow-up": drawn("lexis"),
        }
        both = [found.model, found.standardised, found.courses.risk, found.courses.excess]
        results = [found.table, found.total, *both]
        title = f"Cancers of the cohort {file.name}"
        return _page(parts, title, _HOW, [one for one in results if one is not None])


def of_person(
    folder: Path,
    files: Files,
    *,
    title: str,
    words: Iterable[str],
    tables: Mapping[str, Any],
    pictures: Iterable[str],
    notes: Iterable[str],
    sources: Iterable[str],
    results: Iterable[Any],
) -> HtmlReport:
    """Return the page of one person: sentences, tables and pictures, then notes."""
    with _pictures(folder, files) as drawn:
        headings = list(tables)
        parts: dict[str, Any] = {"In short": list(words)}
        for heading in headings:
            parts[heading] = [captioned(tables[heading], heading)]
        parts[headings[0]] += drawn(*pictures)
        parts["What it rests on"] = list(notes)
        return _page(parts, title, _HOW, results, sources=sources)


def _page(
    parts: Mapping[str, Any],
    title: str,
    introduction: str,
    results: Iterable[Any],
    *,
    sources: Iterable[str] = (),
) -> HtmlReport:
    asked = CURRENT.get()
    methods, theirs = methods_of(results)
    return html_report(
        {heading: under for heading, under in parts.items() if _any(under)},
        title=title,
        introduction=introduction,
        pictures=False,
        methods=methods,
        sources=[*sources, *theirs],
        command=asked.command,
        date=asked.date,
    )


def _without_fits(said: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return sentences on results, and apart from them those on how a search ended."""
    parts = [one.partition(" Fit: ") for one in said]
    return [first for first, _, _ in parts], [f"Fit: {fit}" for _, _, fit in parts if fit]


def _counted(tests: Tests | None) -> list[Any]:
    """Return an accuracy whose intervals are worked out here, for the methods, if there is one."""
    if tests is None:
        return []
    return [source.accuracy for source in tests.sources if source.basis == "counts"][:1]


def _went_in(tests: Tests | None, ratios: Ratios | None) -> list[str]:
    said = []
    if tests is not None:
        names = list(dict.fromkeys(source.name for source in tests.sources))
        said.append(f"Accuracy of {len(names)} sources: {', '.join(names)}.")
    if ratios is not None:
        flags = int(ratios.checked["flag"].sum())
        said.append(
            f"{len(ratios.checked)} published incidence ratios, of which {flags} contradict "
            "themselves; what is used in place of those is said below."
        )
        said += [ratios.left_out] if ratios.left_out else []
    return said


def _tested(tests: Tests, together: Together) -> list[Any]:
    """Return people tested: by the pooled accuracy, else by that of the first sources."""
    from .accuracies import share

    prevalence = share(tests.prevalence)
    if together.accuracy is not None:
        number = len(together.accuracy.studies)
        return [
            f"By the accuracy pooled from {number} studies:",
            people_tested(together.accuracy, prevalence),
        ]
    found: list[Any] = []
    for source in _known(tests.sources)[:MOST_TESTED]:
        found += [f"By the accuracy of {source.name}:", people_tested(source.accuracy, prevalence)]
    return found


def _known(sources: Iterable[Source]) -> list[Source]:
    from .accuracies import BASES, RATIOS

    return [source for source in sources if source.basis != BASES[RATIOS]]


def _left_out(frame: pd.DataFrame, words: str) -> list[Any]:
    return [captioned(frame, words)] if len(frame) else []


def _cited(tables: Iterable[str]) -> list[str]:
    """Return the publications behind tables of the evidence."""
    said: list[str] = []
    for name in tables:
        for row in evidence.sources(name).itertuples(index=False):
            doi = _DOI.search(str(row.doi_or_pmid))
            known = f", doi:{doi[0]}" if doi else f", {row.doi_or_pmid}"
            line = f"{row.source_citation}{known}"
            said += [line] if line not in said else []
    return said


@contextmanager
def _pictures(folder: Path, files: Files) -> Iterator[Any]:
    """Give what finds the pictures that were drawn; where no browser shows them, it draws anew."""
    with tempfile.TemporaryDirectory() as own:

        def drawn(*names: str) -> list[Any]:
            found = []
            for name in names:
                path = folder / f"{name}.{CURRENT.get().form.value}"
                if f"{name}.png" not in files:
                    continue
                if path.suffix not in SHOWN:
                    path = Path(own) / f"{name}.svg"
                    files[f"{name}.png"](path)
                found.append(captioned(path, WORDS.get(name, _over(name))))
            return found

        yield drawn


def _over(name: str) -> str:
    what = (
        name.removeprefix("ratio_by_").replace("_", "-").replace("follow-up", "years of follow-up")
    )
    return f"Ratio of observed to expected events by {what}, with 95% CI; an open band is dotted."


def _any(under: Any) -> bool:
    return bool(len(under)) if isinstance(under, list | pd.DataFrame) else True
