"""What the studies say together: pooled accuracy, pooled ratios and the ratio over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from paraneo.accuracy import PooledAccuracy, pooled_accuracy, predictive_values
from paraneo.errors import ParaneoError
from paraneo.incidence import PooledRatioCurve, PooledRatios, pooled_ratios

from . import disease
from .accuracies import COUNTS
from .console import Files, csv, picture

PREVALENCES = np.linspace(0.01, 0.6, 60)
MISPRINTED = "Chen 2010"
BY_T = "95% CI by the t distribution, which allows for few studies."


@dataclass(frozen=True, slots=True)
class Together:
    """Pooled results, None where there is nothing to pool, and what is to be said of them."""

    accuracy: PooledAccuracy | None
    ratios: PooledRatios | None
    curve: PooledRatioCurve | None
    said: tuple[str, ...]


def embedded(prevalence: Any) -> Together:
    """Pool the published figures that come with the package."""
    tables = disease.tables_of_dermatomyositis()
    accuracy = pooled_accuracy(tables)
    ratios = disease.population_based("DM")
    pooled = pooled_ratios(ratios)
    without = pooled_ratios(ratios[ratios["study"] != MISPRINTED])
    curve = disease.curve()
    said = (
        _of_accuracy(accuracy, prevalence),
        f"Pooled incidence ratio of dermatomyositis, {len(ratios)} population-based "
        f"studies, Poisson–normal model: "
        f"{_shown(pooled)}; without {MISPRINTED}, whose printed CI cannot be right: "
        f"{_shown(without)}. With it, its count is used and not its CI. "
        f"{BY_T}",
        _of_curve(curve),
    )
    return Together(accuracy, pooled, curve, said)


def of_files(
    accuracy: pd.DataFrame | None, ratios: pd.DataFrame | None, prevalence: Any
) -> Together:
    """Pool a user's tables where they can be pooled; say why where they cannot."""
    said: list[str] = []
    tables = None
    if accuracy is not None and set(COUNTS) <= set(accuracy.columns):
        counted = accuracy.dropna(subset=list(COUNTS))
        tables = _tried(lambda: pooled_accuracy(counted), "tables of accuracy", len(counted), said)
    pooled = None
    if ratios is not None:
        given = ratios
        pooled = _tried(lambda: pooled_ratios(given), "ratios", len(given), said)
    if tables is not None:
        said.append(_of_accuracy(tables, prevalence))
    if ratios is not None and pooled is not None:
        said.append(f"Pooled incidence ratio, Poisson–normal model: {_shown(pooled)}. {BY_T}")
    return Together(tables, pooled, None, tuple(said))


def files(found: Together) -> Files:
    """Return what is written of the pooled results: names and how."""
    written: dict[str, Callable[[Path], object]] = {}
    panel = (6.0, 4.8)
    if found.accuracy is not None:
        values = predictive_values(found.accuracy, PREVALENCES)
        written["pooled_accuracy.csv"] = csv(found.accuracy.summary())
        written["pooled_predictive_values.csv"] = csv(values.summary())
        written["pooled_accuracy.png"] = picture(found.accuracy.plot, values.plot, size=panel)
        written["accuracy_by_study.png"] = partial(_by_study, found.accuracy)
    if found.ratios is not None:
        written["pooled_ratios.csv"] = csv(found.ratios.summary())
        written["pooled_ratios.png"] = picture(found.ratios.plot, size=(9.5, 4.5))
    if found.curve is not None:
        written["ratio_curve.csv"] = csv(found.curve.summary())
        written["ratio_curve.png"] = picture(found.curve.plot, size=panel)
    return written


def _by_study(accuracy: PooledAccuracy, path: Path) -> None:
    """Draw sensitivity and specificity of each study side by side."""
    from paraneo.plotting.accuracy.paired_forest import size_of

    size = size_of([str(name) for name in accuracy.studies["study"]])
    picture(partial(accuracy.plot, kind="forest"), size=size)(path)


def _tried(work: Callable[[], Any], what: str, rows: int, said: list[str]) -> Any:
    if rows < 2:  # nothing to pool
        return None
    try:
        return work()
    except ParaneoError as error:
        said.append(f"The {what} were not pooled: {error}")
        return None


def _of_accuracy(accuracy: PooledAccuracy, prevalence: Any) -> str:
    se, sp = accuracy.sensitivity, accuracy.specificity
    values = predictive_values(accuracy, prevalence)

    def percent(one: Any) -> str:
        return f"{100 * one.value:.1f}% ({100 * one.lower:.1f}–{100 * one.upper:.1f})"

    return (
        f"Pooled accuracy of {len(accuracy.studies)} studies, exact binomial model: sensitivity "
        f"{percent(se)}, specificity {percent(sp)}; PPV {percent(values.ppv)}, NPV "
        f"{percent(values.npv)}. {BY_T} Fit: {accuracy.convergence}."
    )


def _shown(pooled: PooledRatios) -> str:
    one = pooled.estimate
    return f"{one.value:.2f} ({one.lower:.2f}–{one.upper:.2f})"


def _of_curve(curve: PooledRatioCurve) -> str:
    bands = ", ".join(
        f"{start:g}–{end:g} years {value:.1f} ({low:.1f}–{high:.1f})"
        for start, end, value, low, high in curve.summary()[
            ["start", "end", "estimate", "lower", "upper"]
        ].to_numpy(dtype=np.float64)
    )
    studies = ", ".join(disease.BY_TIME)
    return (
        f"Ratio by time since diagnosis of myositis, pooled over unequal windows "
        f"({studies}; 'over 5 years' taken as 5 to {disease.OPEN_END:g}): {bands}."
    )
