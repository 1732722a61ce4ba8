"""Published accuracy read critically: of which two-by-two tables a row can be."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, POSITIVE, check_level, optional
from paraneo.gate.frames import Table
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from ._table_search import ODDS, PROPORTIONS, read_figure
from ._table_verdicts import CELLS, Printed, Verdict, judged

FIGURES = (*PROPORTIONS, *ODDS)
MARGINS = ("n", "diseased", "positive")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AuditedAccuracy(Result):
    """Published accuracy figures, each row with the tables that could give it.

    Attributes
    ----------
    checks : DataFrame
        See `summary`.
    found : DataFrame
        See `solutions`.
    level : float
        Of the published confidence intervals of odds ratios.
    """

    checks: pd.DataFrame
    found: pd.DataFrame
    level: float

    def summary(self) -> pd.DataFrame:
        """Return the verdict on each row.

        Returns
        -------
        DataFrame
            ``study n``; ``solutions``, how many tables give all that is printed (NaN where
            none could be looked for); ``tp fp fn tn`` where there is exactly one, else NaN;
            the least and the greatest ``sensitivity`` and ``specificity`` among them, as
            ``sensitivity_least`` and so on; ``odds_rule``, by which the confidence limits of
            the odds ratio can have been made; ``verdict``; ``flag``, True where no table of whole
            numbers gives the printed figures; ``reason`` and ``instead``, in a sentence each.
        """
        return self.checks.copy()

    def solutions(self) -> pd.DataFrame:
        """Return every table that gives a row's figures: ``study solution tp fp fn tn``."""
        return self.found.copy()

    @property
    def flagged(self) -> pd.DataFrame:
        """The rows of ``summary()`` whose figures contradict each other."""
        return self.checks[self.checks["flag"]].reset_index(drop=True)

    def _heading(self) -> str:
        one = int((self.checks["solutions"] == 1).sum())
        count = len(self.checks)
        return f"{count} published rows: {one} have one table, {len(self.flagged)} flagged"

    def __repr__(self) -> str:
        shown = ["study", "solutions", *CELLS, "verdict"]
        frame = self.checks[shown].to_string(index=False, float_format=lambda x: f"{x:.6g}")
        return f"{self._heading()}\n{frame}"


@verb
def audited_accuracy(
    studies: Table, *, study: str = "study", level: float = 0.95
) -> AuditedAccuracy:
    """Check published accuracy figures against each other, a row a study.

    Every two-by-two table of whole numbers with a row's people and margins is tried; those
    that give each printed figure, rounded as it was printed, are listed (`recovered_tables`
    does so for one study).

    Parameters
    ----------
    studies : frame or mapping
        One row a study. Columns are read by these names, and whatever a row does not print
        is left empty: ``n`` (people), ``diseased`` and ``positive`` (how many of them had
        the condition, and a positive test); ``tp fp fn tn``; ``sensitivity specificity ppv
        npv prevalence positive_share``; ``odds_ratio odds_lower odds_upper``. Proportions
        above 1 need a percent sign: write figures as text with all printed digits, such as
        ``"71%"`` or ``"23.0"``; a number stands for its shortest text.
    study : str
        Column of labels; rows are numbered from 1 without it.
    level : float
        Of the printed confidence intervals of odds ratios, which may be Woolf's or exact.

    Returns
    -------
    AuditedAccuracy

    Raises
    ------
    TableError
        Naming every fault at once: counts that are negative or not whole, figures that are
        not numbers, percentages without their sign, a table without any of these columns.

    Notes
    -----
    A row is flagged, and ``reason`` says why, when no table gives all its figures. Where
    leaving out a single one makes them agree, ``reason`` names it, and ``instead`` gives
    the tables that are left. A row that is not flagged has possible figures, not true ones;
    with several tables the counts are not known, whichever of them is the nicest.

    Examples
    --------
    >>> rows = {"study": ["Kaji 2007", "a slip"], "n": [52, 52], "positive": [7, 7],
    ...         "ppv": ["71%", "71%"], "npv": ["89%", "90%"]}
    >>> audit = audited_accuracy(rows)
    >>> audit
    2 published rows: 1 have one table, 1 flagged
        study  solutions  tp  fp  fn  tn         verdict
    Kaji 2007          1   5   2   5  40       one table
       a slip          0 NaN NaN NaN NaN no table at all
    >>> print(audit.flagged["reason"][0])
    No table gives all that is printed; without npv (90%) 46 do.
    """
    faults = Faults("the table of published accuracy")
    columns = Columns(studies, faults)
    check_level(level, faults)
    printed = _read(columns, faults)
    labels = (
        columns.text(study)
        if columns.has(study) or study != "study"
        else np.array([str(row + 1) for row in range(columns.length)], dtype=object)
    )
    faults.raise_any()
    verdicts = [judged(row, float(level)) for row in printed]
    rows = [
        _row(label, *pair)
        for label, pair in zip(labels, zip(printed, verdicts, strict=True), strict=True)
    ]
    return AuditedAccuracy(pd.DataFrame(rows), _solutions(labels, verdicts), float(level))


def _read(columns: Columns, faults: Faults) -> list[Printed]:
    """Return what each row prints; what is wrong is noted in ``faults``."""
    count = columns.length
    people = (*COUNT, *POSITIVE)
    counts: dict[str, Vector] = {}
    for name in (*MARGINS, *CELLS):
        rules = optional(people if name == "n" else COUNT)
        known = columns.has(name)
        counts[name] = columns.numbers(name, rules) if known else np.full(count, np.nan)
    for name in ("diseased", "positive"):
        columns.rows_where(
            counts[name] > counts["n"], name, "is more than all people", "Check both counts"
        )
    texts = {name: _texts(columns, name) for name in FIGURES if columns.has(name)}
    if not texts and not any(map(columns.has, CELLS)):
        columns.require(["sensitivity"])
    rows: list[Printed] = []
    for i in range(count):
        given = {name: column[i] for name, column in texts.items() if column[i]}
        found = Faults("the row", in_table=True)
        ranges = {name: read_figure(text, name, found) for name, text in given.items()}
        for fault in found.found:
            faults.add(fault.column, fault.problem, fault.remedy, rows=[i])
        whole = {
            name: int(x[i])
            for name, x in counts.items()
            if np.isfinite(x[i]) and x[i] == np.floor(x[i])
        }
        rows.append(Printed(whole, given, ranges))
    return rows


def _texts(columns: Columns, name: str) -> list[str]:
    """Return a column as text, numbers at their shortest, "" where nothing is printed."""
    series = columns.native(name)
    values: list[Any] = [] if series is None else series.tolist()
    return [
        "" if pd.isna(x) else (f"{x:.10g}" if isinstance(x, Real) else str(x).strip())
        for x in values
    ]


def _row(label: Any, printed: Printed, verdict: Verdict) -> dict[str, Any]:
    tables = verdict.tables
    number = tables.shape[1]
    row: dict[str, Any] = {"study": label, "n": printed.people}
    row["solutions"] = number if verdict.looked else np.nan
    row |= {name: tables[k, 0] if number == 1 else np.nan for k, name in enumerate(CELLS)}
    for name in ("sensitivity", "specificity"):
        top, bottom = PROPORTIONS[name](*tables)
        share = top[bottom > 0] / bottom[bottom > 0]
        row[f"{name}_least"] = share.min() if share.size else np.nan
        row[f"{name}_most"] = share.max() if share.size else np.nan
    return row | {
        "odds_rule": verdict.rule,
        "verdict": verdict.verdict,
        "flag": verdict.flag,
        "reason": verdict.reason,
        "instead": verdict.instead,
    }


def _solutions(labels: Any, verdicts: list[Verdict]) -> pd.DataFrame:
    number = [verdict.tables.shape[1] for verdict in verdicts]
    cells = np.concatenate([verdict.tables for verdict in verdicts], axis=1).astype(np.int64)
    frame = pd.DataFrame({"study": np.repeat(labels, number)})
    frame["solution"] = np.concatenate([np.arange(1, k + 1) for k in number]).astype(np.int64)
    return frame.assign(**dict(zip(CELLS, cells, strict=True)))
