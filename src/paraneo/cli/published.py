"""The main job: from published figures to predictive values and checked ratios."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paraneo.accuracy import AuditedAccuracy, Prevalence, predictive_values
from paraneo.errors import Faults
from paraneo.gate.files import read_table

from . import accuracies, pages, pooling, published_ratios, shown, third_answer
from .console import csv, grid, page, picture, say, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import Console

USUAL_PREVALENCE = "0.17"
GRID = np.linspace(0.01, 0.6, 60)


@dataclass(frozen=True, slots=True)
class Tests:
    """What the accuracy of each source means at a prevalence."""

    prevalence: float | Prevalence
    sources: list[accuracies.Source]
    values: pd.DataFrame
    people: pd.DataFrame
    audit: AuditedAccuracy | None
    notes: list[str]

    @property
    def title(self) -> str:
        """Say at which prevalence."""
        return (
            f"What a result means at a prevalence of {100 * accuracies.share(self.prevalence):.3g}%"
        )


@dataclass(frozen=True, slots=True)
class Ratios:
    """Published ratios with what their counts give, and a sentence on what was left out."""

    checked: pd.DataFrame
    left_out: str


def run(accuracy: Path | None, ratios: Path | None, prevalence: str | None, out: Path) -> None:
    """Do the whole job; nothing is written before everything is worked out."""
    bundled = accuracy is None and ratios is None
    if accuracy is None and ratios is not None and prevalence is not None:
        faults = Faults("the options")
        faults.add("--prevalence", "it has no meaning with --ratios alone", "Name --accuracy too")
        faults.raise_any()
    given = accuracies.read_prevalence(prevalence or USUAL_PREVALENCE)
    tests = _tests(accuracy, given) if bundled or accuracy is not None else None
    published = _ratios(ratios) if bundled or ratios is not None else None
    if bundled:
        together = pooling.embedded(given)
    else:
        together = pooling.of_files(
            None if accuracy is None else accuracies.in_rows(read_table(accuracy)),
            None if ratios is None else published_ratios.of_studies(ratios),
            given,
        )
    third = third_answer.third_answer() if bundled else None
    console = page()
    files: dict[str, Callable[[Path], object]] = {}
    if tests is not None:
        _show_tests(console, tests)
        files |= _files_of_tests(tests)
    if published is not None:
        _show_ratios(console, published)
        files["incidence_ratios.csv"] = csv(published.checked)
        files["incidence_ratios.png"] = partial(_forest, published.checked)
    say(console, *together.said)
    console.print()
    files |= pooling.files(together)
    if third is not None:
        third_answer.show(console, third)
        files |= third_answer.files(third)
    files[pages.NAME] = lambda path: pages.of_published(
        path.parent, files, tests, published, together, third
    ).save(path)
    write(console, out, files)


def _tests(path: Path | None, prevalence: float | Prevalence) -> Tests:
    if path is None:
        printed, subject = accuracies.embedded(), "the embedded accuracy table"
    else:
        printed, subject = accuracies.in_rows(read_table(path)), f"'{path}'"
    sources = accuracies.read_sources(printed, subject)
    audit = accuracies.audit(printed, subject)
    values = accuracies.values_at(sources, prevalence)
    notes = accuracies.notes(sources, values)
    if audit is not None:
        flagged = audit.flagged.to_dict("records")
        notes += [f"{row['study']}: {row['reason']} {row['instead']}" for row in flagged]
    people = accuracies.frequencies(sources, prevalence)
    return Tests(prevalence, sources, values, people, audit, notes)


def _ratios(path: Path | None) -> Ratios:
    if path is None:
        table, left_out = published_ratios.embedded()
        return Ratios(published_ratios.check(table, "the embedded table of ratios"), left_out)
    return Ratios(published_ratios.check(published_ratios.read(path), f"'{path}'"), "")


def _show_tests(console: Console, tests: Tests) -> None:
    words = ("Source", "From")
    values, people = shown.values(tests.values), shown.people(tests.people)
    console.print(grid(values, tests.title, words=words, widths=(3, 2, 2, 2)))
    widths = (3, 2, *[None] * 4)
    console.print(grid(people, shown.PEOPLE_TITLE, words=words, widths=widths))
    say(console, *(f"Note. {note}" for note in tests.notes))
    console.print()


def _show_ratios(console: Console, ratios: Ratios) -> None:
    widths = (4, None, 3, 3, 2, 3)
    frame = shown.ratios(ratios.checked)
    console.print(grid(frame, shown.RATIOS_TITLE, words=("Study", "Verdict"), widths=widths))
    say(console, *shown.flagged(ratios.checked), ratios.left_out)
    console.print()


def _files_of_tests(tests: Tests) -> dict[str, Callable[[Path], object]]:
    files: dict[str, Callable[[Path], object]] = {
        "accuracy.csv": csv(accuracies.measures(tests.sources)),
        "predictive_values.csv": csv(tests.values),
        "natural_frequencies.csv": csv(tests.people),
        "predictive_values.png": picture(
            *(partial(_over_prevalence, tests.prevalence, source) for source in tests.sources),
            size=(4.2, 3.4),
            across=3,
        ),
    }
    if tests.audit is not None:
        files["accuracy_audit.csv"] = csv(tests.audit.summary())
    return files


def _over_prevalence(prevalence: float | Prevalence, source: accuracies.Source, ax: Axes) -> None:
    """Draw predictive values of one source over prevalence."""
    from paraneo.plotting.style import plain_label

    predictive_values(source.accuracy, GRID).plot(ax=ax)
    ax.axvline(accuracies.share(prevalence), color="0.4", linewidth=0.8, linestyle="--")
    title = "\n".join(textwrap.wrap(f"{source.name} ({source.basis})", 44))
    ax.set_title(plain_label(title), fontsize=9)


def _forest(checked: pd.DataFrame, path: Path) -> None:
    """Draw the ratios with the interval to use, and the printed one."""
    from paraneo.plotting.forest import MARGIN, ROW_HEIGHT, forest

    bounded = checked[["estimate", "lower", "upper"]].notna().all(axis="columns")
    frame = checked[bounded if bounded.any() else ~bounded].reset_index(drop=True)
    frame["study"] += np.where(frame["flag"], " *", "")
    picture(
        lambda ax: forest(
            frame,
            label="study",
            xlabel="Observed / expected cancers (log scale, 95% CI; * flagged)",
            name="exact, where a count is printed",
            second=("printed_lower", "printed_upper"),
            second_name="printed",
            ax=ax,
        ),
        size=(11.0, MARGIN + ROW_HEIGHT * len(frame)),
    )(path)
