"""The main job: from published figures to predictive values and checked ratios."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from paraneo._files import read_table, write_csv, written_whole
from paraneo.accuracy import Prevalence

from . import accuracies, pictures, pooling, published_ratios

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
    names = ", ".join(name for name, _ in written)
    console.print(f"Written into {out}: {names}", highlight=False, markup=False)


def _save(figure: Figure, path: Path) -> None:
    with written_whole(path) as part:
        figure.savefig(part, dpi=150, format="png")
    pictures.close(figure)


def _percent(row: pd.Series) -> str:
    if pd.isna(row["lower"]):
        return f"{100 * row['estimate']:.1f} (no limits published)"
    return f"{100 * row['estimate']:.1f} ({100 * row['lower']:.1f}–{100 * row['upper']:.1f})"


def _show_accuracy(
    console: Console,
    values: pd.DataFrame,
    people: pd.DataFrame,
    notes: list[str],
    given: float | Prevalence,
) -> None:
    share = given.estimate.value if isinstance(given, Prevalence) else given
    table = Table(title=f"What a result means at a prevalence of {100 * share:.3g} %")
    table.add_column("Source", ratio=3)
    table.add_column("From", ratio=2)
    for heading in ("PPV, % (95% limits)", "NPV, % (95% limits)"):
        table.add_column(heading, justify="right", ratio=2)
    for name, part in values.groupby(["source", "basis"], sort=False):
        cells = {row["measure"]: _percent(row) for _, row in part.iterrows()}
        table.add_row(*map(str, name), cells["ppv"], cells["npv"])
    console.print(table)
    table = Table(title="The same in people: of 1000 tested")
    table.add_column("Source", ratio=3)
    table.add_column("From", ratio=2)
    names = {
        "true_positives": "positive, cancer",
        "false_positives": "positive, none",
        "false_negatives": "negative, cancer",
        "true_negatives": "negative, none",
    }
    for heading in names.values():
        table.add_column(heading, justify="right")
    for _, row in people.iterrows():
        table.add_row(row["source"], row["basis"], *(f"{row[name]:.0f}" for name in names))
    console.print(table)
    for note in notes:
        console.print(f"Note. {note}", highlight=False, markup=False)
    console.print()


def _show_ratios(console: Console, checked: pd.DataFrame, left_out: str) -> None:
    table = Table(title="Published incidence ratios, limits recomputed from the count (exact, 95%)")
    table.add_column("Source", ratio=4)
    table.add_column("Observed", justify="right")
    for heading in ("Ratio, printed limits", "Recomputed"):
        table.add_column(heading, justify="right", ratio=3)
    table.add_column("Events the printed limits imply", justify="right", ratio=2)
    table.add_column("Verdict", ratio=3)
    for _, row in checked.iterrows():
        printed = _limits(row["printed_lower"], row["printed_upper"], row["decimals"])
        known = row["printed_ratio"] if pd.notna(row["printed_ratio"]) else row["estimate"]
        table.add_row(
            row["source"],
            "" if pd.isna(row["observed"]) else f"{row['observed']:.0f}",
            "" if pd.isna(known) else f"{known:.{row['decimals']}f} {printed}",
            _limits(row["exact_lower"], row["exact_upper"], 2),
            "" if pd.isna(row["implied_events"]) else f"{row['implied_events']:,.3g}",
            f"FLAGGED: {row['verdict']}" if row["flag"] else row["verdict"],
        )
    console.print(table)
    for _, row in checked[checked["flag"]].iterrows():
        said = f"{row['source']}: {row['reason']} {row['instead']}"
        console.print(said, highlight=False, markup=False)
    if left_out:
        console.print(left_out, highlight=False, markup=False)
    console.print()


def _limits(lower: float, upper: float, decimals: int) -> str:
    if np.isnan([lower, upper]).all():
        return ""
    low, high = (("?" if np.isnan(x) else f"{x:.{decimals}f}") for x in (lower, upper))
    return f"({low}–{high})"
