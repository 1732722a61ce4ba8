"""A person's risk as tables, a sentence and a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.errors import InputError
from paraneo.screening import CancerRisk

from . import disease, pages
from .console import CAUTION, csv, grid, page, picture, say, write
from .personal_inputs import Person, person_of, varied

#: Whose uncertainty is not in an interval.
BY_CI = "The 95% CI holds the uncertainty of {parts}, not that of population rates and mortality."


def run(given: dict[str, Any], out: Path) -> None:
    """Work out the risk, print it, and write tables and a picture."""
    person = person_of(given)
    risk = person.risk()
    frame = yearly(risk)
    moved = variations(person, risk)
    console = page()
    console.print(grid(shown(frame), "Risk of cancer, by years since diagnosis"))
    start = f"{risk.cancer_free_for:g} years after it" if risk.cancer_free_for else "diagnosis"
    say(
        console,
        f"Counted from {start}, among those alive without cancer then. The last column is the "
        "hazard of cancer in that year over the population's.",
        sentence(person, risk),
        uncertainty(person, risk),
    )
    console.print(grid(shown_variations(moved), "How the risk moves", words=("Assumed",)))
    say(console, *said_of(person, risk), CAUTION)
    files: dict[str, Callable[[Path], object]] = {
        "risk.csv": csv(frame),
        "risk_sensitivity.csv": csv(moved),
        "risk.png": picture(risk.plot, size=(6.5, 4.2)),
    }
    files[pages.NAME] = lambda path: pages.of_person(
        path.parent,
        files,
        title=f"Risk of cancer: {people(person)} aged {person.age:g} with {person.disease}",
        words=[sentence(person, risk), uncertainty(person, risk), CAUTION],
        tables={
            "Risk of cancer, by years since diagnosis": shown(frame),
            "How the risk moves with what it rests on": shown_variations(moved),
        },
        pictures=["risk"],
        notes=said_of(person, risk)[:-1] if person.sources else said_of(person, risk),
        sources=person.sources,
        results=[risk],
    ).save(path)
    write(console, out, files)


def yearly(risk: CancerRisk) -> pd.DataFrame:
    """Return the risk by time, and the ratio of hazards to the population's in each interval."""
    frame = risk.summary()
    start, times = risk.cancer_free_for, frame["time"].to_numpy()
    engine = risk.engine
    whole = engine.curves(engine.rows.first, start, times)
    own, natural = (
        np.diff(part[0, 0], prepend=0.0) for part in (whole.cumulative, whole.background)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["hazard_ratio"] = own / natural
    return frame


def variations(person: Person, risk: CancerRisk) -> pd.DataFrame:
    """Return the risk under other assumptions: ``assumed time estimate``, NaN where none can be."""
    times = _times(risk)
    frames = [risk.at(times)[["time", "estimate"]].assign(assumed="as above")]
    for name, other in varied(person):
        try:
            found = other.risk().at(times)[["time", "estimate"]]
        except InputError:
            found = pd.DataFrame({"time": times, "estimate": np.nan})
        frames.append(found.assign(assumed=name))
    return pd.concat(frames, ignore_index=True)[["assumed", "time", "estimate"]]


def _times(risk: CancerRisk) -> list[float]:
    first = risk.cancer_free_for + 1.0
    return [first, risk.horizon] if first < risk.horizon else [risk.horizon]


def shown_variations(moved: pd.DataFrame) -> pd.DataFrame:
    """Return them as they are printed, in percent."""
    wide = moved.pivot_table(
        index="assumed", columns="time", values="estimate", sort=False, dropna=False
    )
    frame = pd.DataFrame({"Assumed": list(wide.index)})
    for time in map(float, wide.columns):
        by = f"By {time:g} year{'s' * (time != 1)}, %"
        frame[by] = ["contradiction" if np.isnan(x) else f"{100 * x:.1f}" for x in wide[time]]
    return frame


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a risk as it is printed, in percent."""
    percent = 100 * frame[["estimate", "lower", "upper", "population"]]
    return pd.DataFrame(
        {
            "Years": [f"{years:.3g}" for years in frame["time"]],
            "Risk, % (95% CI)": [
                f"{value:.1f}" + (f" ({low:.1f}–{high:.1f})" if low < high else " (no CI)")
                for value, low, high, _ in percent.to_numpy(dtype=np.float64)
            ],
            "Population, %": [f"{plain:.1f}" for plain in percent["population"]],
            "Ratio in that year": [f"{ratio:.1f}" for ratio in frame["hazard_ratio"]],
        }
    )


def people(person: Person) -> str:
    """Return who is counted."""
    if not ("sex" in person.rates.by or "sex" in person.mortality.by):
        return "people"
    return {"female": "women", "male": "men"}.get(person.sex, f"people ({person.sex})")


def sentence(person: Person, risk: CancerRisk) -> str:
    """Say the risk in people."""
    marked = {"positive": " and a positive antibody", "negative": " and a negative antibody"}
    group = people(person)
    who = f"{group} aged {person.age:g} with {person.disease}{marked.get(person.marker, '')}"
    years = "year" if risk.cancer_free_for == 1 else "years"
    free = (
        f", alive and without cancer {risk.cancer_free_for:g} {years} after the diagnosis"
        if risk.cancer_free_for
        else ""
    )
    last = risk.at(risk.horizon).iloc[0]
    low, high, mean, plain = 1000 * last[["lower", "upper", "estimate", "population"]].to_numpy(
        dtype=np.float64
    )
    made = f" (95% CI {low:.0f} to {high:.0f})" if low < high else " (no CI)"
    ahead = risk.horizon - risk.cancer_free_for
    within = f"the next {ahead:g} years" if ahead != 1 else "a year"
    return (
        f"Of 1000 {who}{free}, about {mean:.0f}{made} are diagnosed with cancer "
        f"within {within}; of 1000 {group} of that age in the population, about "
        f"{plain:.0f}. Death from other causes competes, at {person.dying.name}."
    )


def uncertainty(person: Person, risk: CancerRisk) -> str:
    """Say what the interval holds, or why there is none."""
    given = {"the ratios": person.ratios, "the accuracy": person.accuracy}
    missing = [f"{part} ({given[part].name})" for part in risk.engine.rows.unknown]  # type: ignore[union-attr]
    if missing:
        came = "come" if len(missing) > 1 or "ratios" in missing[0] else "comes"
        return (
            f"No CI: {' and '.join(missing)} {came} without one. The table below shows how far "
            "the answer moves."
        )
    parts = "the ratios and of the accuracy" if person.accuracy else "the ratios"
    return BY_CI.format(parts=parts)


def said_of(person: Person, risk: CancerRisk) -> list[str]:
    """Return what was assumed, and the sources."""
    said = [f"{note}." for note in risk.notes]
    if person.ratios.name != "your ratios":
        said.append(disease.of_age(person.disease, person.age, person.horizon))
    if person.sources:
        said.append(f"Sources: {'; '.join(person.sources)}.")
    return said
