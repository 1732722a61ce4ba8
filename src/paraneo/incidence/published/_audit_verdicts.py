"""What is to be said of one published ratio, and what to use in its stead."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ._audit import RULES as ALL_RULES
from ._audit import SHAPES, Printed, agreement, likeliest, ratio_deviation, rule_limits

#: Half units of the last digit that rounding or cutting off digits explains.
CUT_OFF = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    """One published row and what the rules said of it."""

    printed: Printed
    n: float
    percent: float
    decimals: int
    implied: float
    fewest: float
    most: float
    agreeing: tuple[str, ...]
    any_count: bool
    deviation: float
    level: float

    def shown(self, *numbers: float) -> str:
        """Return numbers as the row prints them, joined by dashes."""
        return "–".join("?" if np.isnan(x) else f"{x:.{self.decimals}f}" for x in numbers)


@dataclass(slots=True)
class Verdict:
    """What is said of one row, and the figures to use."""

    estimate: float
    lower: float
    upper: float
    basis: str = "printed"
    verdict: str = ""
    flag: bool = False
    reason: str = ""
    instead: str = ""
    words: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def object_to(self, word: str, reason: str) -> None:
        """Note a contradiction."""
        self.flag = True
        self.words.append(word)
        self.reasons.append(reason)


def judge(row: Row) -> Verdict:
    """Return what is said of a row."""
    p = row.printed
    ratio, low, high, observed = (float(x[0]) for x in (p.ratio, p.lower, p.upper, p.observed))
    said = Verdict(ratio, low, high, basis="" if np.isnan(ratio) else "printed")
    limits_printed = 2 - np.isnan([low, high]).sum()
    _check_parts(row, said)
    if low > ratio or high < ratio or low > high:
        _misplaced(row, said)
    elif limits_printed > np.isnan(observed) and not np.isnan(ratio):
        _check_limits(row, said)
    elif not said.flag:
        _little_printed(row, said)
    if said.flag and not np.isnan(observed) and said.basis == "printed":
        _use_count(row, said)
    said.verdict = "; ".join(said.words)
    said.reason = " ".join(said.reasons)
    return said


def _check_parts(row: Row, said: Verdict) -> None:
    """Compare observed with expected and ratio, and with people and percentage."""
    p = row.printed
    observed, expected, ratio = float(p.observed[0]), float(p.expected[0]), float(p.ratio[0])
    if float(ratio_deviation(p)[0]) > CUT_OFF:
        quotient = observed / expected
        said.object_to(
            "O, E and ratio disagree",
            f"{observed:.0f} observed over {expected:g} expected is {quotient:.{row.decimals}f}, "
            f"not {row.shown(ratio)}.",
        )
    if np.isnan(observed + row.n):
        return
    if observed > row.n:
        said.object_to(
            "more events than people", f"{observed:.0f} events are more than {row.n:.0f} people."
        )
    elif row.n > 0 and not np.isnan(row.percent):
        share = 100 * observed / row.n
        places = len(f"{row.percent:.10g}".partition(".")[2])
        if abs(share - row.percent) > CUT_OFF * 0.5 * 10.0**-places:
            said.object_to(
                "percentage disagrees",
                f"{observed:.0f} of {row.n:.0f} is {share:.{places}f} %, not {row.percent:g} %.",
            )


def _check_limits(row: Row, said: Verdict) -> None:
    p = row.printed
    low, high, observed = float(p.lower[0]), float(p.upper[0]), float(p.observed[0])
    if row.agreeing:
        if not said.flag:
            cut = ", digits cut off" if row.deviation > 1 else ""
            said.words.append(f"consistent ({_told(row)}{cut})")
        return
    printed = row.shown(low, high)
    if not np.isnan(observed):
        exact = row.shown(*_exact(row))
        reason = f"{observed:.0f} events give exact limits of {exact}; "
        if np.isnan(row.implied) or abs(row.implied - observed) < 0.5 * np.sqrt(observed) + 1:
            reason += f"no usual rule gives {printed}."
        else:
            reason += (
                f"limits as near to each other as {printed} need about "
                f"{_rounded(row.implied)} events."
            )
        said.object_to("not from its count", reason)
    elif not row.any_count:
        said.object_to(
            "no count gives it",
            f"no number of events gives {printed} around {row.shown(float(p.ratio[0]))} "
            "by any usual rule.",
        )
        said.lower = said.upper = np.nan
        said.basis = "ratio only"
        said.instead = "Ask for the count or leave the limits out."


def _told(row: Row) -> str:
    """Return the likeliest rule, with its events where they were not printed."""
    found = agreement(row.printed, row.level, CUT_OFF)
    k = int(likeliest(found.deviation)[0])
    rule = list(ALL_RULES)[k]
    if not np.isnan(row.printed.observed[0]):
        return rule
    about = "as of about " if rule in SHAPES else ""
    return f"{rule}, {about}{float(found.events[k, 0]):.0f} events"


def _misplaced(row: Row, said: Verdict) -> None:
    """Say that the limits leave out the ratio, and look for the digit too many."""
    p = row.printed
    ratio, low, high = float(p.ratio[0]), float(p.lower[0]), float(p.upper[0])
    wrong = "lower limit above the ratio" if low > ratio else "upper limit below the ratio"
    said.object_to(
        wrong,
        f"the printed limits {row.shown(low, high)} do not hold the ratio {row.shown(ratio)}.",
    )
    if not np.isnan(p.observed[0]):
        return
    corrected = _corrected(row)
    said.lower, said.upper, said.basis = np.nan, np.nan, "ratio only"
    said.instead = "Ask for the count or leave the limits out."
    if len(corrected) == 1:
        said.lower, said.upper, told = corrected[0]
        said.basis = "printed, one digit struck out"
        said.instead = (
            f"{row.shown(said.lower, said.upper)}, if a digit too many was printed: "
            f"these are limits of the ratio ({told}). Ask for the count."
        )


def _corrected(row: Row) -> list[tuple[float, float, str]]:
    """Return the limits that agree once one digit of the misplaced one is struck out."""
    p = row.printed
    side = "lower" if p.lower[0] > p.ratio[0] else "upper"
    text = row.shown(float(getattr(p, side)[0]))
    struck = {text[:i] + text[i + 1 :] for i in range(len(text)) if text[i].isdigit()}
    # striking out a decimal would change how finely the limit is printed
    same = sorted(s for s in struck if len(s.partition(".")[2]) == row.decimals and s[:1] != ".")
    found = []
    for candidate in same:
        tried = p._replace(**{side: np.array([float(candidate)])})
        if not tried.lower[0] <= p.ratio[0] <= tried.upper[0]:
            continue
        trial = agreement(tried, row.level, CUT_OFF)
        if trial.deviation.min() <= 1.0:
            k = int(likeliest(trial.deviation)[0])
            told = f"{list(ALL_RULES)[k]}, {trial.events[k, 0]:.0f} events"
            found.append((float(tried.lower[0]), float(tried.upper[0]), told))
    return found


def _little_printed(row: Row, said: Verdict) -> None:
    p = row.printed
    if np.isnan(p.ratio[0]):
        said.words.append("not checked: no ratio")
    elif not np.isnan(p.observed[0]):
        said.words.append("no limits printed")
        _use_count(row, said)
        said.instead = f"Limits from the count: {row.shown(*_exact(row))}."
    elif np.isnan(p.lower[0]) and np.isnan(p.upper[0]):
        said.words.append("not checked: neither count nor limits")
    else:
        said.words.append("not checked: one limit and no count")


def _use_count(row: Row, said: Verdict) -> None:
    """Put the exact limits of the count in place of what is printed."""
    p = row.printed
    if np.isnan(p.ratio[0]):
        return
    said.lower, said.upper = _exact(row)
    said.basis = "exact limits of the count"
    if not np.isnan(p.expected[0]):
        said.estimate = float(p.observed[0] / p.expected[0])
        said.basis = "observed / expected, exact limits"
    said.instead = f"Use {row.shown(said.estimate)} ({row.shown(said.lower, said.upper)})."


def _exact(row: Row) -> tuple[float, float]:
    p = row.printed
    lower, upper = rule_limits("exact", p.observed, row.level)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = p.ratio / p.observed if np.isnan(p.expected[0]) else 1.0 / p.expected
    return float(lower[0] * scale[0]), float(upper[0] * scale[0])


def _rounded(events: float) -> str:
    """Return a number of events to three figures, thousands set apart."""
    return f"{float(f'{events:.3g}'):,.0f}".replace(",", " ")
