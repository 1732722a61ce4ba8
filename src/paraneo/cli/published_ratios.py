"""Published ratios held against the limits that their own counts give."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo._arguments import COUNT, NONNEGATIVE, POSITIVE, optional
from paraneo._estimate import Vector
from paraneo._tables import Columns, Labels
from paraneo.errors import Faults
from paraneo.evidence import load
from paraneo.incidence import PoissonInterval, implied_count, poisson_limits

#: In the order in which equally good rules are named.
RULES: tuple[PoissonInterval, ...] = (
    "exact",
    "byar",
    "mid-p",
    "log-wald",
    "score",
    "vandenbroucke",
    "profile",
    "wald",
)
LEVEL = 0.95
#: Printed limits that imply this many times more or fewer events than were counted
#: cannot come from that count by any rule.
FAR = 2.0
COLUMNS = {
    "observed": optional(COUNT),
    "expected": optional(POSITIVE),
    "sir": optional(NONNEGATIVE),
    "ci_low": optional(NONNEGATIVE),
    "ci_high": optional(NONNEGATIVE),
}


def embedded() -> tuple[pd.DataFrame, str]:
    """Return the published incidence ratios, and a sentence on what was left out."""
    overall, by_time = load("sir_overall"), load("sir_by_time")
    ratios = overall[(overall["measure"] == "SIR") & overall["sir"].notna()]
    other = len(overall) - len(ratios)
    labels = ratios["study"] + ", " + ratios["population"]
    labels += np.where(ratios["sex"] == "both", "", ", " + ratios["sex"])
    ends = by_time["window_end_years"]
    spans = [
        f"{start:g}+" if np.isinf(end) else f"{start:g}–{end:g}"
        for start, end in zip(by_time["window_start_years"], ends, strict=True)
    ]
    later = by_time["study"] + ", " + by_time["population"] + ", year " + spans
    parts = [
        frame[["observed", "expected", "sir", "ci_low", "ci_high"]].assign(study=label)
        for frame, label in ((ratios, labels), (by_time, later))
    ]
    said = (
        f"{other} published rows are no incidence ratios, or print none (odds ratios, hazard "
        "ratios, pooled ratios), and are left out here; evidence.load('sir_overall') has them."
    )
    return pd.concat(parts, ignore_index=True), said


def check(table: pd.DataFrame, subject: str) -> pd.DataFrame:
    """Return each ratio with recomputed limits, what its printed ones imply, and a verdict."""
    faults = Faults(subject)
    columns = Columns(table, faults)
    names = columns.text("study")
    read = {
        name: columns.numbers(name, rules) if columns.has(name) else np.full(columns.length, np.nan)
        for name, rules in COLUMNS.items()
    }
    observed, expected = read["observed"], read["expected"]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(np.isnan(read["sir"]), observed / expected, read["sir"])
    columns.rows_where(
        np.isnan(ratio) & ~_broken(faults, columns.length),
        "sir",
        "the row has no ratio",
        "Give sir, or observed and expected",
    )
    faults.raise_any()
    return _checked(names, read, ratio)


def _broken(faults: Faults, length: int) -> NDArray[np.bool_]:
    """Return the rows already told of, so that none is named for two reasons."""
    rows = np.zeros(length, dtype=bool)
    for fault in faults.found:
        rows[list(fault.rows)] = True
    return rows


def _checked(names: Labels, read: dict[str, Vector], ratio: Vector) -> pd.DataFrame:
    observed, expected = read["observed"], read["expected"]
    low, high = read["ci_low"], read["ci_high"]
    decimals = _decimals(np.where(np.isnan(read["sir"]), np.nan, ratio), low, high)
    unit = 10.0 ** -decimals.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(observed > 0, ratio / observed, 1.0 / expected)
    limits = {rule: _limits(observed, rule) for rule in RULES}
    # A ratio printed as 7.7 was anything from 7.65 to 7.75; its limits may be rounded or cut.
    slack = unit * (1.0 + np.where(np.isnan(read["sir"]), 0.0, 0.5))
    with np.errstate(invalid="ignore", divide="ignore"):
        fits = {
            rule: (np.abs(lower * scale - low) <= slack * np.fmax(1.0, lower / observed))
            & (np.abs(upper * scale - high) <= slack * np.fmax(1.0, upper / observed))
            for rule, (lower, upper) in limits.items()
        }
    implied = implied_count(ratio, low, high, LEVEL)
    frame = pd.DataFrame(
        {
            "source": names,
            "observed": observed,
            "expected": np.where(np.isnan(expected), 1.0 / scale, expected),
            "estimate": ratio,
            "lower": limits["exact"][0] * scale,
            "upper": limits["exact"][1] * scale,
            "printed_lower": low,
            "printed_upper": high,
            "decimals": decimals,
            "implied_events": implied,
        }
    )
    known = ~np.isnan(observed) & ~np.isnan(low) & ~np.isnan(high)
    rows = range(len(frame))
    agreeing = [", ".join(r for r in RULES if fits[r][i]) if known[i] else "" for i in rows]
    frame["agrees_with"] = agreeing
    said = [_verdict(frame.iloc[i], bool(known[i]), float(read["expected"][i])) for i in rows]
    frame["verdict"] = [verdict for verdict, _ in said]
    frame["reason"] = [reason for _, reason in said]
    return frame


def _limits(observed: Vector, rule: PoissonInterval) -> tuple[Vector, Vector]:
    known = ~np.isnan(observed)
    lower, upper = poisson_limits(np.where(known, observed, 0.0), interval=rule, level=LEVEL)
    return np.where(known, lower, np.nan), np.where(known, upper, np.nan)


def _decimals(*columns: Vector) -> Vector:
    """Return how many decimals a row was printed with: the most of its numbers."""
    counted = [
        [0 if np.isnan(x) else len(f"{x:.6g}".partition(".")[2]) for x in column]
        for column in columns
    ]
    most = np.max(counted, axis=0)
    known = ~np.isnan(columns[0])
    return np.asarray(np.where(known, most, 2))


def _verdict(row: pd.Series, known: bool, expected: float) -> tuple[str, str]:
    """Return a word or two for the table, and a sentence where something is wrong."""
    low, high, ratio = row["printed_lower"], row["printed_upper"], row["estimate"]
    printed = f"{low:.{row['decimals']}f}–{high:.{row['decimals']}f}"
    if low > ratio or high < ratio:
        return "misprint", f"the printed limits {printed} do not hold the ratio {ratio:g}."
    if expected > 0 and row["observed"] >= 0:
        apart = abs(row["observed"] / expected - ratio) * expected
        if apart > max(0.05 * row["observed"], 1.0):
            return "O, E and ratio disagree", (
                f"{row['observed']:.0f} observed over {expected:g} expected is "
                f"{row['observed'] / expected:.2f}, not {ratio:g}."
            )
    if not known:
        return ("not checked: no count" if np.isnan(row["observed"]) else "no limits printed"), ""
    if row["agrees_with"]:
        return f"agrees ({row['agrees_with'].split(', ')[0]})", ""
    again = f"{row['lower']:.2f}–{row['upper']:.2f}"
    times = row["implied_events"] / row["observed"]
    if not 1 / FAR <= times <= FAR:
        return "cannot be right", (
            f"{row['observed']:.0f} events give exact limits of {again}; limits as near to each "
            f"other as {printed} need about {float(f'{row.implied_events:.3g}'):.0f} events. "
            f"Use {again}."
        )
    return "differs", f"no usual rule gives {printed} from {row['observed']:.0f} events ({again})."
