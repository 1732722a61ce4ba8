"""The main job: from published figures to predictive values and checked ratios."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console
from rich.table import Table

from paraneo.accuracy import Prevalence
from paraneo.gate.files import read_table, write_csv, written_whole

from . import accuracies, pages, pictures, pooling, published_ratios, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Columns on a page that is no terminal; narrower ones break numbers apart.
PAGE_WIDTH = 118


def run(accuracy: Path | None, ratios: Path | None, prevalence: str, out: Path) -> None:
    """Do the whole job; nothing is written before everything is worked out."""
    given = accuracies.read_prevalence(prevalence)
    if accuracy is None:
        printed, subject = accuracies.embedded(), "the embedded accuracy table"
    else:
        printed, subject = read_table(accuracy), f"'{accuracy}'"
    sources = accuracies.read_sources(printed, subject)
    audit = accuracies.audit(printed, subject)
    left_out = ""
    if ratios is None:
        table, left_out = published_ratios.embedded()
        checked = published_ratios.check(table, "the embedded table of ratios")
    else:
        checked = published_ratios.check(read_table(ratios), f"'{ratios}'")
    if accuracy is None and ratios is None:
        together = pooling.embedded(given)
    else:
        own = [None if path is None else read_table(path) for path in (accuracy, ratios)]
        together = pooling.of_files(own[0], own[1], given)
    values = accuracies.values_at(sources, given)
    people = accuracies.frequencies(sources, given)
    notes = accuracies.notes(sources, values)
    if audit is not None:
        notes += [
            f"{r['study']}: {r['reason']} {r['instead']}" for _, r in audit.flagged.iterrows()
        ]

    console = Console()
    if not console.is_terminal:
        console = Console(width=PAGE_WIDTH)
    _show_accuracy(console, values, people, notes, given)
    _show_ratios(console, checked, left_out)
    for words in together.told:
        console.print(words, highlight=False, markup=False)
    console.print()

    written: list[tuple[str, Callable[[Path], None]]] = [
        ("accuracy.csv", lambda p: write_csv(accuracies.measures(sources), p)),
        ("predictive_values.csv", lambda p: write_csv(values, p)),
        ("natural_frequencies.csv", lambda p: write_csv(people, p)),
        ("incidence_ratios.csv", lambda p: write_csv(checked, p)),
        ("predictive_values.png", lambda p: _save(pictures.over_prevalence(sources, given), p)),
        ("incidence_ratios.png", lambda p: _save(pictures.ratios(checked), p)),
        *pooling.files(together),
    ]
    if audit is not None:
        tables = audit.summary()
        written.append(("accuracy_audit.csv", lambda p: write_csv(tables, p)))
    with console.status("Writing tables and pictures …"):
        for name, write in written:
            write(out / name)
        pages.of_published(
            out,
            share=_share(given),
            values=values,
            people=people,
            notes=notes,
            checked=checked,
            left_out=left_out,
            together=together.told,
        ).save(out / pages.NAME)
    names = ", ".join([*(name for name, _ in written), pages.NAME])
    console.print(f"Written into {out}: {names}", highlight=False, markup=False)


def _save(figure: Figure, path: Path) -> None:
    with written_whole(path) as part:
        figure.savefig(part, dpi=150, format="png")
    pictures.close(figure)


def _share(given: float | Prevalence) -> float:
    return float(given.estimate.value if isinstance(given, Prevalence) else given)


def _show_accuracy(
    console: Console,
    values: pd.DataFrame,
    people: pd.DataFrame,
    notes: list[str],
    given: float | Prevalence,
) -> None:
    title = f"What a result means at a prevalence of {100 * _share(given):.3g} %"
    console.print(_table(shown.values(values), title, (3, 2, 2, 2)))
    title = "The same in people: of 1000 tested"
    console.print(_table(shown.people(people), title, (3, 2, None, None, None, None)))
    for note in notes:
        console.print(f"Note. {note}", highlight=False, markup=False)
    console.print()


def _show_ratios(console: Console, checked: pd.DataFrame, left_out: str) -> None:
    title = "Published incidence ratios, limits recomputed from the count (exact, 95%)"
    console.print(_table(shown.ratios(checked), title, (4, None, 3, 3, 2, 3)))
    for said in [*shown.flagged(checked), *filter(None, [left_out])]:
        console.print(said, highlight=False, markup=False)
    console.print()


def _table(frame: pd.DataFrame, title: str, widths: tuple[int | None, ...]) -> Table:
    """Return a frame to print, columns as wide as told in proportion, words to the left."""
    table = Table(title=title)
    for heading, width in zip(frame.columns, widths, strict=True):
        words = heading in ("Source", "From", "Verdict")
        table.add_column(str(heading), justify="left" if words else "right", ratio=width)
    for row in frame.itertuples(index=False):
        table.add_row(*map(str, row))
    return table
