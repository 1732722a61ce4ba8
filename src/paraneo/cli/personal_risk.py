"""A person's risk as a table, a sentence and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.screening import CancerRisk

from .console import CAUTION, csv, grid, page, picture, say, write
from .personal_inputs import person_risk, sources


def run(given: dict[str, Any], out: Path) -> None:
    """Work out the risk, print it, and write a table and a picture."""
    risk = person_risk(given)
    frame = risk.summary()
    console = page()
    start = f"{risk.cancer_free_for:g} years after it" if risk.cancer_free_for else "diagnosis"
    console.print(grid(shown(frame), "Risk of cancer, by years since diagnosis"))
    say(console, f"Counted from {start}, among those alive without cancer then.")
    say(
        console,
        sentence(given, risk, risk.at(risk.horizon).iloc[0]),
        *(f"{note}." for note in risk.notes if given["marker"] != "unknown"),
        sources(given),
        CAUTION,
    )
    write(console, out, {"risk.csv": csv(frame), "risk.png": picture(risk.plot, size=(6.5, 4.2))})


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a risk as it is printed, in percent."""
    percent = 100 * frame[["estimate", "lower", "upper", "population"]]
    return pd.DataFrame(
        {
            "Years": [f"{years:g}" for years in frame["time"]],
            "Risk, % (95% CI)": [
                f"{value:.1f}" + (f" ({low:.1f}–{high:.1f})" if np.isfinite(low) else " (no CI)")
                for value, low, high, _ in percent.to_numpy(dtype=np.float64)
            ],
            "Population, %": [f"{plain:.1f}" for plain in percent["population"]],
        }
    )


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
    low, high, mean, plain = 1000 * last[["lower", "upper", "estimate", "population"]].to_numpy(
        dtype=np.float64
    )
    made = f" (95% CI {low:.0f} to {high:.0f})" if np.isfinite(low) else ""
    ahead = risk.horizon - risk.cancer_free_for
    return (
        f"Of 1000 {who}{free}, about {mean:.0f}{made} are diagnosed with cancer "
        f"within the next {ahead:g} years; of 1000 {group} of that age in the population, about "
        f"{plain:.0f}. Death from other causes competes."
    )
