"""Bias, coverage and means of a study, a row a scenario and method."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._verdicts import with_misses


def figures(found, by: list[str], replicates: int) -> pd.DataFrame:
    """Return a row a scenario, method and estimand.

    ``finished`` is the share of replicates in which the method gave an answer at all; bias,
    coverage and mean are over those, one without an interval being a miss. Estimates and limits
    are less their truth.
    """
    table = found.performance(truth=0.0, by=[*by, "estimand"]).summary()
    table = table[table["estimand"] != ""]
    index = [*by, "method", "estimand"]
    wide = table.pivot_table(index=index, columns="measure", values=["estimate", "mcse"])
    parts = {"finished": wide["estimate", "finished"] / replicates}
    for measure in ("bias", "coverage", "mean"):
        parts[measure] = wide["estimate", measure]
        parts[f"{measure}_mcse"] = wide["mcse", measure]
    parts["coverage"] = with_misses(wide)
    return pd.DataFrame(parts)


def flat(measures: pd.DataFrame, wanted: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Return columns named as ``wanted``, each from an estimand and a measure, with its error."""
    columns = {}
    for name, (estimand, measure) in wanted.items():
        one = measures.xs(estimand, level="estimand")
        columns[name] = one[measure]
        if measure != "finished":
            columns[f"{name}_mcse"] = one[f"{measure}_mcse"]
    return pd.DataFrame(columns)


def row(estimand: str, estimate: float, limits=(np.nan, np.nan), truth: float = 0.0, **rest):
    """Return one answer, less its truth."""
    lower, upper = (float(x) - truth for x in limits)
    return {"estimand": estimand, "estimate": float(estimate) - truth, "lower": lower,
            "upper": upper} | rest  # fmt: skip
