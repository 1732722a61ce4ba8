"""From replicates to a small table: bias, coverage, and whether they are as near as asked."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Opens the name of what is counted in each replicate and shown as a column of its own.
COUNTED = "count: "
#: Relative bias that is small whatever its Monte Carlo error.
SMALL = 0.02
#: Monte Carlo errors that bias and coverage may lie off.
ERRORS = 4.0
#: Share of cohorts in which an estimate is to be found.
FOUND = 0.99


def row(estimand, found, truth, *, relative=False):
    """Return an estimate with limits less its truth, or over it less 1.

    ``found`` has estimate, lower and upper. An estimate that is missing counts as infinite,
    that is as not finished.
    """
    sides = np.array([found[side] for side in ("estimate", "lower", "upper")], dtype=float)
    sides = sides / truth - 1 if relative else sides - truth
    estimate = np.inf if np.isnan(sides[0]) else sides[0]
    return {"estimand": estimand, "estimate": estimate, "lower": sides[1], "upper": sides[2]}


def count(name, value):
    """Return a number of which the mean over replicates is shown, in a column of this name.

    Where the name is that of an estimand it stands beside that alone; see `verdicts`.
    """
    return {"estimand": COUNTED + name, "estimate": float(value)}


def with_misses(wide) -> pd.Series:
    """Return the coverage among all with an estimate, one without an interval being a miss."""
    return wide["estimate", "coverage"] * (1 - wide["estimate", "without_interval"])


def verdicts(study, replicates, *, methods=False, then="events_then") -> pd.DataFrame:
    """Return one row a scenario and estimand (and method) of a study whose truths are 0.

    ``bias_fine``: within four Monte Carlo errors of 0, or under 0.02; ``coverage_fine``: within
    four Monte Carlo errors of 0.95, ``coverage_mcse`` being the error at 0.95. Both are over
    the replicates with a finite estimate, one without an interval being a miss; ``finished`` is
    their share of all. ``then`` names the
    column of what is counted for each estimand.
    """
    found = study.performance(truth=0.0).summary()
    index = ["scenario", "estimand", "method"]
    wide = found.pivot_table(index=index, columns="measure", values=["estimate", "mcse"])
    order = pd.MultiIndex.from_frame(study.replicates[index].drop_duplicates())
    wide = wide.reindex(order[order.isin(wide.index)])
    wide = wide[wide["estimate", "finished"] > 0]
    done = wide["estimate", "finished"]
    bias, error = wide["estimate", "bias"], wide["mcse", "bias"]
    covered = with_misses(wide)
    noise = np.sqrt(0.95 * 0.05 / done)
    table = pd.DataFrame(
        {
            "bias": bias, "bias_mcse": error,
            "bias_fine": (bias.abs() <= ERRORS * error) | (bias.abs() < SMALL),
            "coverage": covered, "coverage_mcse": noise,
            "coverage_fine": (covered - 0.95).abs() <= ERRORS * noise,
            "finished": done / replicates,
            "replicates": replicates,
        }
    ).reset_index()  # fmt: skip
    counted = table["estimand"].str.startswith(COUNTED)
    means = wide["estimate", "mean"].reset_index()[counted.to_numpy()]
    means.columns = ["scenario", "estimand", "method", "mean"]
    means["estimand"] = means["estimand"].str.removeprefix(COUNTED)
    table = table[~counted]
    own = means["estimand"].isin(table["estimand"])
    beside = means[~own].pivot_table(
        index="scenario", columns="estimand", values="mean", sort=False
    )
    if own.any():
        beside_each = means[own].rename(columns={"mean": then})
        table = table.merge(beside_each, on=index, how="left", validate="1:1")
    head = study.scenarios.merge(beside.reset_index(), on="scenario")
    whole = head.merge(table, on="scenario", validate="1:m").drop(columns="scenario")
    return whole if methods else whole.drop(columns="method")


def holds_from(table: pd.DataFrame, by: str | list[str], events: str = "events") -> pd.DataFrame:
    """Return from how many events on each estimand has an estimate and fine bias and coverage.

    The least mean number of events at which it has, and at all settings richer than it;
    missing where it has not even at the richest. An estimate is to be found in 99 of 100.
    """
    rows = []
    table = table.assign(estimate_fine=table["finished"] >= FOUND)
    for key, part in table.groupby([*np.atleast_1d(by), "estimand"], sort=False):
        rich = part.sort_values(events, ascending=False)
        row = dict(zip([*np.atleast_1d(by), "estimand"], key, strict=True))
        for what in ("bias", "coverage", "estimate"):
            good = rich[f"{what}_fine"].cummin()
            row[f"{what} from"] = rich.loc[good, events].min()
        rows.append(row)
    return pd.DataFrame(rows)
