"""A person's risk as a table, a sentence and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from paraneo.gate.files import write_csv, written_whole
from paraneo.screening import CancerRisk

from .personal_inputs import person_risk, sources

CAUTION = "For research, not for the care of a person."


def run(given: dict[str, Any], *, cancer_free: float, out: Path) -> None:
    """Work out the risk, print it, and write a table and a picture."""
    risk = person_risk(given)
    if cancer_free:
        risk = risk.given(cancer_free)
    frame = risk.summary()
    last = risk.at(risk.horizon).iloc[0]
    console = Console()
    table = Table(title="Risk of a cancer from now until so many years after diagnosis")
    for heading in ("Years since diagnosis", "Risk, % (95% limits)", "Population, %"):
        table.add_column(heading, justify="right")
    for years, *percent in frame.to_numpy(dtype=np.float64):
        value, low, high, plain = (100 * share for share in percent)
        table.add_row(f"{years:g}", f"{value:.1f} ({low:.1f}–{high:.1f})", f"{plain:.1f}")
    console.print(table)
    console.print(sentence(given, risk, last), highlight=False, markup=False)
    for line in (sources(given), CAUTION):
        if line:
            console.print(line, highlight=False, markup=False)
    write_csv(frame, out / "risk.csv")
    with written_whole(out / "risk.png") as part:
        _picture(risk, part)
    console.print(f"Written into {out}: risk.csv, risk.png", highlight=False, markup=False)


def sentence(given: dict[str, Any], risk: CancerRisk, last: pd.Series) -> str:
    """Say the risk in people."""
    marked = {"positive": " with a positive antibody", "negative": " with a negative antibody"}
    group = {"female": "women", "male": "men"}.get(given["sex"], f"people ({given['sex']})")
    who = f"{group} aged {given['age']:g} at diagnosis{marked.get(given['marker'], '')}"
    years = "year" if risk.cancer_free_for == 1 else "years"
    free = (
        f", alive and without cancer after {risk.cancer_free_for:g} {years}"
        if risk.cancer_free_for
        else ""
    )
    low, high, mean, plain = np.round(
        1000 * last[["lower", "upper", "estimate", "population"]].to_numpy(dtype=np.float64)
    ).astype(int)
    ahead = risk.horizon - risk.cancer_free_for
    return (
        f"Of 1000 {who}{free}, about {mean} (95% limits {low} to {high}) get a cancer within the "
        f"next {ahead:g} years before they die of something else; of 1000 {group} of that age in "
        f"the population, about {plain}."
    )


def _picture(risk: CancerRisk, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
    risk.plot(ax)
    figure.savefig(path, dpi=150, format="png")
    plt.close("all")
