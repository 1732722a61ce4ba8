"""Tables as they are read, in a terminal and on a page."""

from __future__ import annotations

import numpy as np
import pandas as pd

from paraneo.report import whole_people

#: Where people of 1000 tested end up.
_PEOPLE = {
    "true_positives": "positive, cancer",
    "false_positives": "positive, none",
    "false_negatives": "negative, cancer",
    "true_negatives": "negative, none",
}
PEOPLE_TITLE = "Natural frequencies: expected results per 1000 people tested"
RATIOS_TITLE = "Published incidence ratios, 95% CI recomputed from the count (exact)"
COHORT_TITLE = "Observed and expected events, with exact 95% CI"


def values(frame: pd.DataFrame) -> pd.DataFrame:
    """Return both predictive values with their confidence intervals, a row a source."""
    rows = []
    for (source, basis), part in frame.groupby(["source", "basis"], sort=False):
        cells = {row["measure"]: _percent(row) for _, row in part.iterrows()}
        rows.append((str(source), str(basis), cells["ppv"], cells["npv"]))
    columns = ["Source", "From", "PPV, % (95% CI)", "NPV, % (95% CI)"]
    return pd.DataFrame(rows, columns=columns)


def people(frame: pd.DataFrame) -> pd.DataFrame:
    """Return expected results per 1000 people tested, a row a source."""
    columns = {"Source": frame["source"], "From": frame["basis"]}
    counts = whole_people(frame[list(_PEOPLE)], 1000)
    whole = {heading: counts[:, k].astype(str) for k, heading in enumerate(_PEOPLE.values())}
    return pd.DataFrame(columns | whole)


def ratios(checked: pd.DataFrame) -> pd.DataFrame:
    """Return printed ratios beside what their counts give, a row a ratio."""
    rows = []
    for _, row in checked.iterrows():
        decimals = row["decimals"]
        printed = _limits(row["printed_lower"], row["printed_upper"], decimals)
        known = row["printed_ratio"] if pd.notna(row["printed_ratio"]) else row["estimate"]
        rows.append(
            (
                row["study"],
                "" if pd.isna(row["observed"]) else f"{row['observed']:.0f}",
                "" if pd.isna(known) else f"{known:.{decimals}f} {printed}",
                _limits(row["exact_lower"], row["exact_upper"], 2),
                _three_digits(row["implied_events"]),
                f"FLAGGED: {row['verdict']}" if row["flag"] else _verdict(row),
            )
        )
    columns = [
        "Study",
        "Observed",
        "Ratio, printed 95% CI",
        "Exact 95% CI",
        "Events implied by the printed CI",
        "Verdict",
    ]
    return pd.DataFrame(rows, columns=columns)


#: By what courses over time are multiplied where they are printed, and their headings.
COURSES = {
    "cumulative_incidence": (100, "Cumulative incidence, other events competing, %"),
    "excess_hazard": (1000, "Excess hazard, per 1000 person-years"),
}


def cohort(ratios: pd.DataFrame) -> pd.DataFrame:
    """Return observed and expected, a row a stratum of each dimension."""
    columns = {
        "By": ratios["dimension"],
        "Stratum": ratios["stratum"],
        "Person-years": [f"{x:,.1f}" for x in ratios["person_years"]],
        "Observed": [f"{x:,d}" for x in ratios["observed"]],
        "Expected": [f"{x:,.2f}" for x in ratios["expected"]],
        "Ratio": [f"{x:.2f}" for x in ratios["estimate"]],
        "95% CI": [
            f"{low:.2f}–{high:.2f}"
            for low, high in zip(ratios["lower"], ratios["upper"], strict=True)
        ],
        "p": [f"{x:.2g}" for x in ratios["p_value"]],
    }
    return pd.DataFrame(columns)


def courses(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the cumulative incidence and the excess hazard as printed, under their headings."""
    found = {}
    for name, frame in frames.items():
        per, heading = COURSES[name]
        percent = frame[["estimate" if "estimate" in frame else "excess", "lower", "upper"]] * per
        columns = [c for c in frame.columns if c not in (*percent, "std_error")]
        shown = frame[columns].rename(columns=lambda c: c.replace("_", " ").capitalize())
        shown = shown.map(lambda x: f"{x:g}" if isinstance(x, float) else str(x))
        values = percent.to_numpy(dtype=np.float64)
        shown["Estimate"] = [f"{x:.2f}" for x in values[:, 0]]
        shown["95% CI"] = [f"{low:.2f}–{high:.2f}" for low, high in values[:, 1:]]
        found[heading] = shown
    return found


def _verdict(row: pd.Series) -> str:
    """Return a verdict; where no count is printed, with all counts that the interval allows.

    So no count stands here that another rule would make another of.
    """
    low, high = row["fewest"], row["most"]
    words = str(row["verdict"])
    if pd.notna(row["observed"]) or pd.isna(low) or not words.startswith("consistent"):
        return words
    return f"consistent ({low:.0f}{f' to {high:.0f}' if high > low else ''} events)"


def flagged(checked: pd.DataFrame) -> list[str]:
    """Return why each flagged ratio is flagged, and what to use instead."""
    rows = checked[checked["flag"]]
    return [f"{row['study']}: {row['reason']} {row['instead']}" for _, row in rows.iterrows()]


def _percent(row: pd.Series) -> str:
    if pd.isna(row["lower"]):
        return f"{100 * row['estimate']:.1f} (no CI published)"
    return f"{100 * row['estimate']:.1f} ({100 * row['lower']:.1f}–{100 * row['upper']:.1f})"


def _three_digits(number: float) -> str:
    """Return a number rounded to three digits, without an exponent.

    >>> [_three_digits(x) for x in (9156.3, 62.64, float("nan"))]
    ['9,160', '62.6', '']
    """
    if np.isnan(number):
        return ""
    rounded = float(f"{number:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"


def _limits(lower: float, upper: float, decimals: int) -> str:
    if np.isnan([lower, upper]).all():
        return ""
    low, high = (("?" if np.isnan(x) else f"{x:.{decimals}f}") for x in (lower, upper))
    return f"({low}–{high})"
