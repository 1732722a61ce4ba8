"""The slider over prevalence: every figure it can show, worked out here and not in the page."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .people_tested import KINDS, PeopleTested

#: Icons in a row, and how far apart they stand.
ACROSS, APART = 50, 10
NAMES = {
    "true_positives": "positive result, with the condition",
    "false_positives": "positive result, without it",
    "false_negatives": "negative result, with the condition",
    "true_negatives": "negative result, without it",
}


@dataclass(frozen=True, slots=True)
class Slider:
    """People tested at many prevalences.

    ``figures`` is JSON: of each prevalence what is shown, as text. ``start`` is the one shown
    first. ``icons`` has a place and a kind for each person.
    """

    figures: str
    start: int
    last: int
    shown: dict[str, str]
    icons: tuple[tuple[int, int, str], ...]
    width: int
    height: int
    per: int
    names: dict[str, str]
    percent: str
    kind: str = "slider"


def slider(tested: PeopleTested) -> Slider:
    """Return the piece of a page."""
    rows = [_words(tested, place) for place in range(len(tested.table))]
    start = tested._place()
    counts = [int(rows[start][name]) for name in KINDS]
    kinds = [name for name, n in zip(KINDS, counts, strict=True) for _ in range(n)]
    places = [
        (APART * (k % ACROSS) + APART // 2, APART * (k // ACROSS) + APART // 2, kind)
        for k, kind in enumerate(kinds)
    ]
    return Slider(
        figures=json.dumps(rows, ensure_ascii=False, separators=(",", ":")),
        start=start,
        last=len(rows) - 1,
        shown=rows[start],
        icons=tuple(places),
        width=APART * ACROSS,
        height=APART * -(-tested.per // ACROSS),
        per=tested.per,
        names=NAMES,
        percent=f"{100 * tested.level:g}%",
    )


def _words(tested: PeopleTested, place: int) -> dict[str, str]:
    row = tested.table.iloc[place]
    found = {"prevalence": f"{100 * row['prevalence']:.3g}%"}
    for name in ("ppv", "npv"):
        low, high = row[f"{name}_lower"], row[f"{name}_upper"]
        found[name] = f"{100 * row[name]:.1f}%"
        found[f"{name}_interval"] = (
            f"{100 * low:.1f}% to {100 * high:.1f}%" if low <= high else "not known"
        )
    counts = {name: str(int(row[name])) for name in KINDS}
    positive = int(row["true_positives"] + row["false_positives"])
    both = {"positives": str(positive), "negatives": str(tested.per - positive)}
    return found | counts | both
