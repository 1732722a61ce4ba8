"""Published ratios checked against the confidence limits that their own figures give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, NONNEGATIVE, POSITIVE, Rule, check_level, optional
from paraneo.gate.frames import Table
from paraneo.gate.tables import Columns, Labels
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from ._audit import RULES, Agreement, Printed, bound_and_free, likeliest, rule_limits
from ._audit_verdicts import CUT_OFF, Row, judge
from ._implied import implied_events
from ._study_counts import level_of, named, study_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NUMBERS = ("observed", "expected", "ratio", "lower", "upper", "n", "percent", "decimals")
#: Decimals of a row that prints no number at all.
_USUAL_DECIMALS = 2
_PERCENT = (*NONNEGATIVE, Rule(lambda x: x > 100, "percentage is above 100", "Check the figure"))
_RULES_OF_COLUMNS = {
    "observed": optional(COUNT),
    "expected": optional(POSITIVE),
    "ratio": optional(NONNEGATIVE),
    "lower": optional(NONNEGATIVE),
    "upper": optional(NONNEGATIVE),
    "n": optional(COUNT),
    "percent": optional(_PERCENT),
    "decimals": optional(COUNT),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AuditedRatios(Result):
    """Published ratios with a verdict on each.

    Attributes
    ----------
    checks : DataFrame
        What ``summary()`` shows.
    recomputed : DataFrame
        What ``limits()`` shows.
    level : float
        Of all confidence intervals.
    """

    checks: pd.DataFrame
    recomputed: pd.DataFrame
    level: float

    def summary(self) -> pd.DataFrame:
        """Return one row a published row, in its order.

        Returns
        -------
        DataFrame
            ``study``; ``observed expected`` as printed, or the expected number that the
            ratio implies; ``estimate lower upper``, **what to use**: the printed figures
            where they are sound, else those that the count gives, else NaN; ``basis``
            says which. ``printed_ratio printed_lower printed_upper``;
            ``implied_events``, the number whose exact limits are as far apart as those
            printed; ``fewest most``, the events that could give the printed figures by
            any rule of a count (NaN where none could); ``rule`` and ``rule_events``, what the
            authors most likely used; ``agrees_with``, every rule that agrees; ``verdict``;
            ``flag``, True where the figures contradict each other; ``reason`` and
            ``instead``, in a sentence each.
        """
        return self.checks.copy()

    def limits(self) -> pd.DataFrame:
        """Return the confidence limits recomputed by every rule, a row a study and rule.

        Returns
        -------
        DataFrame
            ``study rule events estimate lower upper deviation agrees``. ``events`` is the
            printed count, or else the one that brings the rule nearest to the printed
            limits. ``deviation`` is how far the printed figures are from agreeing, in half
            units of their last digit: up to 1 is rounding, up to 2 figures cut off.
            ``table`` is the exact rule with limits of the count read from a table of one
            decimal.
        """
        return self.recomputed.copy()

    @property
    def flagged(self) -> pd.DataFrame:
        """The rows of ``summary()`` whose figures contradict each other."""
        return self.checks[self.checks["flag"]].reset_index(drop=True)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what to use, with the printed limits in grey below; flagged rows are starred."""
        from paraneo.plotting.forest import forest

        frame = self.checks[self.checks["estimate"].notna()].copy()
        stars = np.where(frame["flag"], " *", "")
        frame["study"] = frame["study"].astype(str) + stars
        return forest(
            frame.reset_index(drop=True),
            label="study",
            xlabel=f"Observed / expected ({100 * self.level:g}% CI; * flagged)",
            name="to be used",
            second=("printed_lower", "printed_upper"),
            second_name="printed",
            ax=ax,
        )

    def _heading(self) -> str:
        return f"{len(self.checks)} published ratios, {len(self.flagged)} flagged"

    def __repr__(self) -> str:
        shown = ["study", "estimate", "lower", "upper", "basis", "implied_events", "verdict"]
        frame = self.checks[shown].to_string(index=False, float_format=lambda x: f"{x:.6g}")
        return f"{self._heading()}\n{frame}"


@verb
def audited_ratios(
    studies: Table | Result,
    *,
    study: str = "study",
    observed: str = "observed",
    expected: str = "expected",
    ratio: str = "sir",
    lower: str = "ci_low",
    upper: str = "ci_high",
    n: str = "n_patients",
    percent: str = "percent",
    decimals: str = "decimals",
    level: float | None = None,
) -> AuditedRatios:
    r"""Check published incidence ratios and their limits against each other.

    A ratio :math:`O/E` and its limits are a count, and limits of that count, all divided by
    one expected number. So they must agree with each other, whatever :math:`E` is, to
    within rounding. Each row is held against nine rules: ``exact`` (Garwood), ``byar``,
    ``mid-p``, ``log-normal`` (ratio × or ÷ :math:`\exp(z/\sqrt O)`), ``symmetric``
    (:math:`O \pm z\sqrt O`), ``score``, ``vandenbroucke``, ``profile``, and ``table``: exact
    limits of the count read from a table of one decimal, then divided.

    Parameters
    ----------
    studies : frame, mapping, or a result such as `IncidenceRatios`
        One row a published ratio. Whatever a row does not print is left empty.
    study, observed, expected, ratio, lower, upper : str
        Columns: label, events, expected events, ratio O/E, and its confidence limits. Those
        that the table does not have are taken as not printed; where "sir", "ci_low" or
        "ci_high" is not there, "estimate", "lower" or "upper" is read, as our own results
        have them. Without a column "study" the columns of text that are none of these
        make the label.
    n, percent : str
        Columns of people, and of the percentage of them (0 to 100) that had the event.
    decimals : str
        Column of the decimals printed. Where it is missing, ratio and limits count as
        printed with as many as the longest of them has; a table that lost its trailing
        zeros (6.0–10.0) should give this column.
    level : float, optional
        Of the published intervals, in (0, 1); left out, that of a result, and 0.95 for a
        table.

    Returns
    -------
    AuditedRatios

    Raises
    ------
    TableError
        Naming every fault at once: counts negative or not whole, ratios or limits negative
        or infinite, percentages above 100, a column named that does not exist.

    Notes
    -----
    A row is flagged, and ``reason`` says why, when the limits do not stand on either side
    of the ratio; when no rule gives them from the printed count; when no count at all gives
    them by any rule; when observed, expected and ratio, or observed, people and percentage
    disagree. Figures that a rule explains when digits are cut off rather than rounded are
    not flagged. Adjusted and pooled ratios, which rest on no count, can follow
    ``log-normal`` and ``symmetric`` with any number of events, whole or not.

    That a row is not flagged says that its figures are possible, not that they are true.

    References
    ----------
    Ulm K. Am J Epidemiol 1990;131:373-375. doi:10.1093/oxfordjournals.aje.a115507.

    Examples
    --------
    >>> row = {"study": ["Chen 2010"], "observed": [95], "sir": [5.11],
    ...        "ci_low": [5.01], "ci_high": [5.22]}
    >>> audit = audited_ratios(row)
    >>> print(audit.flagged["reason"][0])
    95 events give exact limits of 4.13–6.25; limits as near to each other as 5.01–5.22
    need about 9 160 events.
    >>> audit.flagged[["estimate", "lower", "upper"]].round(2)
       estimate  lower  upper
    0      5.11   4.13   6.25
    """
    faults = Faults("the table of published ratios")
    columns = Columns(study_table(studies), faults)
    level = level_of(studies, level)
    check_level(level, faults)
    ratio, lower, upper = (named(columns, name) for name in (ratio, lower, upper))
    names = (observed, expected, ratio, lower, upper, n, percent, decimals)
    usual = ("observed", "expected", "sir", "ci_low", "ci_high", "n_patients", "percent")
    read = {
        part: columns.numbers(name, _RULES_OF_COLUMNS[part])
        if columns.has(name) or name not in (*usual, "decimals")
        else np.full(columns.length, np.nan)
        for part, name in zip(_NUMBERS, names, strict=True)
    }
    labels = columns.text(study) if columns.has(study) or study != "study" else None
    if labels is None and not faults.found:
        labels = _own_labels(columns, names)
    if not any(map(columns.has, (observed, ratio, lower, upper))):
        columns.require([ratio])
    faults.raise_any()
    label = np.arange(columns.length).astype(object) if labels is None else labels
    return _audited(pd.Series(label, name="study"), read, float(level))


def _own_labels(columns: Columns, used: tuple[str, ...]) -> Labels | None:
    """Return the text in the columns that hold no figures, as our own results label rows."""
    series = {name: columns.native(name) for name in columns.names if name not in used}
    words = [
        name for name, one in series.items() if one is not None and one.dtype.kind not in "biufcM"
    ]
    if not words:
        return None
    parts = zip(*(columns.text(name) for name in words), strict=True)
    return np.array([" / ".join(part) for part in parts], dtype=object)


def _audited(label: pd.Series, read: dict[str, Vector], level: float) -> AuditedRatios:
    printed = _printed(read)
    found, free = bound_and_free(printed, level, CUT_OFF)
    rows = [_row(i, read, printed, found, free, level) for i in range(len(label))]
    judged = [judge(row) for row in rows]
    choice = likeliest(found.deviation)
    at = np.arange(len(label))
    explained = np.array([bool(row.agreeing) for row in rows])
    rules = np.array(list(RULES))
    expected = np.where(np.isnan(read["expected"]), _implied_expected(printed), read["expected"])
    checks = pd.DataFrame(
        {
            "study": label,
            "observed": read["observed"],
            "expected": expected,
            "estimate": [j.estimate for j in judged],
            "lower": [j.lower for j in judged],
            "upper": [j.upper for j in judged],
            "basis": [j.basis for j in judged],
            "printed_ratio": read["ratio"],
            "printed_lower": read["lower"],
            "printed_upper": read["upper"],
            "decimals": [row.decimals for row in rows],
            "implied_events": [row.implied for row in rows],
            "fewest": [row.fewest for row in rows],
            "most": [row.most for row in rows],
            "rule": np.where(explained, rules[choice], ""),
            "rule_events": np.where(explained, found.events[choice, at], np.nan),
            "agrees_with": [", ".join(row.agreeing) for row in rows],
            "verdict": [j.verdict for j in judged],
            "flag": [j.flag for j in judged],
            "reason": [j.reason for j in judged],
            "instead": [j.instead for j in judged],
        }
    )
    return AuditedRatios(checks, _recomputed(label, printed, found, level), level)


def _printed(read: dict[str, Vector]) -> Printed:
    ratio, observed, expected = read["ratio"], read["observed"], read["expected"]
    counted = _decimals(ratio, read["lower"], read["upper"])
    decimals = np.where(np.isnan(read["decimals"]), counted, read["decimals"])
    with np.errstate(invalid="ignore"):
        quotient = observed / expected
    return Printed(
        ratio=np.where(np.isnan(ratio), quotient, ratio),
        lower=read["lower"],
        upper=read["upper"],
        observed=observed,
        expected=expected,
        half=0.5 * 10.0**-decimals,
        expected_half=0.5 * 10.0 ** -_decimals(expected),
    )


def _decimals(*columns: Vector) -> Vector:
    """Return the most decimals that a row's numbers have."""
    counted = [[_places(x) for x in column] for column in columns]
    most = np.max(counted, axis=0)
    return np.asarray(np.where(most < 0, _USUAL_DECIMALS, most), dtype=np.float64)


def _places(number: float) -> int:
    return -1 if np.isnan(number) else len(f"{number:.10g}".partition(".")[2])


def _implied_expected(printed: Printed) -> Vector:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(printed.ratio > 0, printed.observed / printed.ratio, np.nan)


def _row(
    i: int,
    read: dict[str, Vector],
    printed: Printed,
    found: Agreement,
    free: Agreement,
    level: float,
) -> Row:
    low, high, ratio = printed.lower[i], printed.upper[i], printed.ratio[i]
    both = not np.isnan(low) and not np.isnan(high)
    one = not np.isnan(printed.observed[i]) and not (np.isnan(low) and np.isnan(high))
    implied = implied_events(ratio, low, high, level) if low <= ratio <= high else np.nan
    whole = [k for k, rule in enumerate(RULES) if rule not in ("log-normal", "symmetric")]
    fits = [k for k in whole if not np.isnan(free.fewest[k, i])] if both else []
    near = [rule for k, rule in enumerate(RULES) if found.deviation[k, i] <= CUT_OFF]
    return Row(
        printed=Printed(*(part[i : i + 1] for part in printed)),
        n=float(read["n"][i]),
        percent=float(read["percent"][i]),
        decimals=round(-np.log10(2 * printed.half[i])),
        implied=float(implied),
        fewest=float(min((free.fewest[k, i] for k in fits), default=np.nan)),
        most=float(max((free.most[k, i] for k in fits), default=np.nan)),
        agreeing=tuple(near) if (both or one) and not np.isnan(ratio) else (),
        any_count=bool((free.deviation[:, i] <= CUT_OFF).any()),
        deviation=float(found.deviation[:, i].min()),
        level=level,
    )


def _recomputed(label: pd.Series, printed: Printed, found: Agreement, level: float) -> pd.DataFrame:
    frames = []
    for k, rule in enumerate(RULES):
        events = np.where(np.isnan(printed.observed), found.events[k], printed.observed)
        known = ~np.isnan(events)
        limits = rule_limits(rule, np.where(known, events, 0.0), level)
        with np.errstate(divide="ignore", invalid="ignore"):
            from_ratio = events / printed.ratio
            mean = np.where(np.isnan(printed.expected), from_ratio, printed.expected)
            low, high = (np.where(known, x, np.nan) / mean for x in limits)
        frames.append(
            pd.DataFrame(
                {
                    "row": np.arange(len(label)),
                    "study": label,
                    "rule": rule,
                    "events": events,
                    "estimate": events / mean,
                    "lower": low,
                    "upper": high,
                    "deviation": found.deviation[k],
                    "agrees": found.deviation[k] <= CUT_OFF,
                }
            )
        )
    long = pd.concat(frames, ignore_index=True)
    return long.sort_values("row", kind="stable", ignore_index=True)
