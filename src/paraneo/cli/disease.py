"""What is published for a disease: ratios by time, accuracy of the antibody, mortality."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from paraneo.accuracy import diagnostic_accuracy, pooled_accuracy, published_accuracy
from paraneo.evidence import NOT_ESTABLISHED, load
from paraneo.incidence import pooled_ratio_curve, pooled_ratios

from .accuracies import COUNTS

DISEASES = ("dermatomyositis", "polymyositis", "myositis")
#: The studies of all myositis that print ratios by time with a CI, and the end of "over 5".
BY_TIME, OPEN_END = ("Chow 1995", "Buchbinder 2001"), 10.0
#: Hospital series see people who were referred; registers see all.
ONE_CENTRE = "one centre"
CURVE = (
    "ratios of all myositis pooled from Chow 1995 (doi:10.1007/BF00051675) and Buchbinder 2001 "
    f"(doi:10.7326/0003-4819-134-12-200106190-00008), 'over 5 years' taken as 5 to {OPEN_END:g}"
)
TRALLERO = "Trallero-Araguás 2012 (doi:10.1002/art.33379)"
_SHORT = {"dermatomyositis": "DM", "polymyositis": "PM"}


@dataclass(frozen=True, slots=True)
class Published:
    """A figure, or a table of figures, with a short name and its source."""

    name: str
    value: Any
    source: str


@cache
def curve() -> Any:
    """Return the curve of ratios of all myositis."""
    table = load("sir_by_time")
    return pooled_ratio_curve(table[table["study"].isin(BY_TIME)], open_end=OPEN_END)


def population_based(population: str) -> pd.DataFrame:
    """Return the incidence ratios of a disease from registers, those with a CI."""
    table = load("sir_overall")
    return table[
        (table["measure"] == "SIR")
        & (table["population"] == population)
        & (table["sex"] == "both")
        & table["ci_low"].notna()
        & ~table["country"].str.contains(ONE_CENTRE)
        & (table["doi_or_pmid"] != NOT_ESTABLISHED)
    ]


@cache
def ratios(disease: str) -> tuple[Published, ...]:
    """Return the ratios to use for a disease, then others to hold beside them."""
    if disease == "dermatomyositis":
        return _of_dermatomyositis()
    if disease == "polymyositis":
        return _of_polymyositis()
    frame = curve().summary()[["start", "end", "estimate", "lower", "upper"]]
    return (Published("all myositis", curve(), CURVE), *at_limits(frame, "ratios"))


def _of_dermatomyositis() -> tuple[Published, ...]:
    table = load("sir_by_time")
    qiang = table[(table["study"].str.startswith("Qiang 2017")) & (table["population"] == "DM")]
    kuo = table[table["study"].str.startswith("Kuo") & (table["population"] == "DM")].iloc[0]
    usual = _by_time(qiang)
    high = usual.assign(estimate=[kuo["sir"], *usual["estimate"][1:]])
    source = (
        "ratios of dermatomyositis by time: Qiang 2017 (doi:10.1177/1203475416665601), published "
        f"without a CI, 'over 5 years' taken as 5 to {OPEN_END:g}"
    )
    return (
        Published("Qiang 2017", usual, source),
        Published("ratios low: those of all myositis", curve(), CURVE),
        Published(f"ratios high: {kuo['sir']:g} in the first year (Kuo 2011)", high, "Kuo 2011"),
    )


def _of_polymyositis() -> tuple[Published, ...]:
    studies = population_based("PM")
    one = pooled_ratios(studies).estimate
    frame = pd.DataFrame(
        {"start": [0.0], "end": OPEN_END}
        | {"estimate": [one.value], "lower": one.lower, "upper": one.upper}
    )
    source = (
        f"one ratio of polymyositis for all years, pooled from {len(studies)} registers "
        f"({', '.join(studies['study'])}); none by time is published with a CI that can be right"
    )
    return (
        Published("one ratio for all years", frame, source),
        *at_limits(frame, "ratio"),
        Published("ratios by time: those of all myositis", curve(), CURVE),
    )


def _by_time(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "start": table["window_start_years"].to_numpy(),
            "end": np.minimum(table["window_end_years"].to_numpy(dtype=np.float64), OPEN_END),
            "estimate": table["sir"].to_numpy(),
        }
    )


def at_limits(frame: pd.DataFrame, what: str) -> tuple[Published, ...]:
    """Return the same ratios at their lower and their upper confidence limits."""
    found = []
    column = "estimate" if "estimate" in frame else "excess"
    for word, side in (("low", "lower"), ("high", "upper")):
        if side in frame and (frame[side] >= 0).all() and np.isfinite(frame[side]).all():
            moved = frame[["start", "end"]].assign(**{column: frame[side]})
            name = f"{what} {word}: at the {side} confidence limit"
            found.append(Published(name, moved, ""))
    return tuple(found)


def without_surveillance(ratios: Published) -> Published | None:
    """Return the ratios if all that the first years have more were found by closer looking.

    The furthest that surveillance may go: the first ratio is then that of the time after it. None
    where there is but one ratio, or where the first is not the higher one.
    """
    value = ratios.value
    frame = pd.DataFrame(value.summary() if hasattr(value, "summary") else value)
    if not {"start", "end", "estimate"} <= set(frame.columns):
        return None
    frame = frame.apply(pd.to_numeric, errors="coerce").sort_values("start").reset_index(drop=True)
    if len(frame) < 2 or not frame["estimate"][0] > frame["estimate"][1]:
        return None
    sides = ["estimate", *(side for side in ("lower", "upper") if side in frame)]
    frame.loc[0, sides] = frame.loc[1, sides]
    until = float(frame["end"][0])
    name = f"surveillance: up to {until:g} year{'s' * (until != 1)} the ratio of the time after it"
    return Published(name, frame[["start", "end", *sides]], "")


def tables_of_dermatomyositis() -> pd.DataFrame:
    """Return the tables of anti-TIF1-gamma in dermatomyositis, whose source can be cited."""
    tables = load("antibody_accuracy").dropna(subset=list(COUNTS))
    tables = tables[
        tables["antibody"].str.contains("TIF1")
        & (tables["population"] == "DM")
        & (tables["doi_or_pmid"] != NOT_ESTABLISHED)
    ]
    return tables.assign(study=tables["study"] + " " + tables["year"].astype(str))


@cache
def accuracies(disease: str) -> tuple[Published, ...]:
    """Return the accuracy of anti-TIF1-gamma in a disease, then another beside it; or none."""
    pooled = load("antibody_pooled")
    pooled = pooled[(pooled["meta_analysis"] == "Trallero-Araguas") & (pooled["year"] == 2012)]
    pooled = pooled.set_index("measure")[["estimate", "ci_low", "ci_high"]].astype(float) / 100
    figures: dict[str, Any] = {
        name: tuple(pooled.loc[name]) for name in ("sensitivity", "specificity")
    }
    earliest = Published(
        "accuracy of Trallero-Araguás 2012", published_accuracy(**figures), TRALLERO
    )
    if disease == "polymyositis":
        return ()
    if disease == "myositis":
        table = load("antibody_accuracy")
        row = table[(table["population"] == "IIM") & table["tn"].notna()].iloc[0]
        own = diagnostic_accuracy(*(row[name] for name in COUNTS))
        source = "accuracy of anti-TIF1-gamma in all myositis: Chinoy 2007 (PMID 17392346)"
        return Published("accuracy of Chinoy 2007", own, source), earliest
    tables = tables_of_dermatomyositis()
    source = (
        f"accuracy of anti-TIF1-gamma pooled from the {len(tables)} tables of dermatomyositis "
        f"({', '.join(tables['study'])})"
    )
    return Published("accuracy pooled", pooled_accuracy(tables), source), earliest


@cache
def mortality(disease: str) -> Published:
    """Return by how much a disease multiplies mortality, from which years on."""
    table = load("mortality_ratios")
    first = table[(table["population"] == "IIM without cancer")].iloc[0]
    later = table[table["study"] == "Dobloug 2015"].set_index("population")
    ratio = float(later["ratio"][_SHORT.get(disease, "DM")])
    steps = {"start": [0.0, 1.0], "estimate": [float(first["ratio"]), ratio]}
    of = "" if disease in _SHORT else " of dermatomyositis"
    source = (
        f"mortality ratio {first['ratio']:g} ({first['ci_low']:g} to {first['ci_high']:g}) in year "
        "one, of myositis without cancer (Hočevar 2021, doi:10.3389/fmed.2021.801078), and "
        f"{ratio:g}{of} later (Dobloug 2015, doi:10.1016/j.semarthrit.2015.06.005, no CI published)"
    )
    return Published(words_of(steps), steps, source)


def words_of(steps: dict[str, list[float]]) -> str:
    """Say by how much mortality is multiplied.

    >>> words_of({"start": [0.0, 1.0], "estimate": [5.55, 2.6]})
    '5.55 times that of the population, from 1 year on 2.6 times'
    """
    first, *more = zip(steps["start"], steps["estimate"], strict=True)
    later = (
        f", from {start:g} year{'s' * (start != 1)} on {ratio:g} times" for start, ratio in more
    )
    return f"{first[1]:g} times that of the population{''.join(later)}"


def of_age(disease: str, age: float, horizon: float) -> str:
    """Say to which ages ratios are carried at which nobody saw them."""
    to = f"{age:g} to {age + horizon:g}"
    said = f"The ratios are of all ages together and are carried to ages {to}"
    table = load("sir_by_age")
    table = table[(table["population"] == _SHORT.get(disease, "")) & table["age_low"].notna()]
    if table.empty:
        return f"{said}; the evidence has none by age."
    parts = [
        f"{row['sir']:g} at {row['age_low']:g} "
        + (f"to {row['age_high']:g}" if np.isfinite(row["age_high"]) else "and over")
        for _, row in table.iterrows()
    ]
    lowest = float(table["age_low"].min())
    young = f" Nobody under {lowest:g} was among them." if age < lowest else ""
    by_age = f"By age, over all years, {table['study'].iloc[0]} has {' and '.join(parts)}."
    return f"{said}. {by_age}{young}"
