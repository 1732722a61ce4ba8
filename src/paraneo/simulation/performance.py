"""How well methods did over the replicates of a simulation study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, PROBABILITY, check_level, check_option, optional
from paraneo.gate.frames import as_table
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector, normal_quantile
from paraneo.results.result import Result

from . import _measures as m

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Every measure, in the order of the summary.
MEASURES = (
    "replicates", "finished", "convergence", "mean", "bias",
    "relative_bias", "empirical_se", "model_se", "relative_error", "mse",
    "without_interval", "coverage", "coverage_worst_case", "bias_eliminated_coverage", "rejection",
    "rejection_worst_case", "relative_precision",
)  # fmt: skip
#: Column of how many replicates a share is of, while the table is made.
AMONG = "\0among"
#: What the columns of replicates may hold, where they hold anything.
RULES = {"std_error": NONNEGATIVE, "p_value": PROBABILITY}
#: Counts have no Monte Carlo error.
COUNTS = ("replicates", "finished")
#: Shares of replicates, whose limits are Wilson's.
SHARES = (
    "convergence",
    "without_interval",
    "coverage",
    "coverage_worst_case",
    "bias_eliminated_coverage",
    "rejection",
    "rejection_worst_case",
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Performance(Result):
    """Performance measures with their Monte Carlo errors.

    Attributes
    ----------
    measures : pandas.DataFrame
        As `summary` gives it.
    replicates : pandas.DataFrame
        The replicates, one row a method: the columns of ``by``, ``method``,
        ``replicate estimate std_error lower upper truth finished``.
    by : tuple of str
        Columns that tell scenarios apart.
    level : float
        Of the limits of replicates and of measures.
    notes : tuple of str
        In how many replicates a method gave no standard error or no interval.
    """

    measures: pd.DataFrame
    replicates: pd.DataFrame
    by: tuple[str, ...]
    level: float
    notes: tuple[str, ...] = ()

    def summary(self) -> pd.DataFrame:
        """Return ``by… method measure estimate mcse lower upper``, a row a measure.

        ``mcse`` is the Monte Carlo standard error, unknown with one replicate; ``lower`` and
        ``upper`` are the normal limits that it gives, and Wilson's for shares of replicates.
        """
        return self.measures.copy()

    def _heading(self) -> str:
        first = f"Performance, with Monte Carlo errors and {100 * self.level:g}% CI"
        return "\n".join([first, *self.notes])

    def wide(self, measure: str) -> pd.DataFrame:
        """Return one measure, scenarios down and methods across.

        Raises
        ------
        ArgumentError
            Where there is no measure of this name.
        """
        faults = Faults("the measure")
        check_option(measure, MEASURES, "measure", faults)
        faults.raise_any()
        part = self.measures[self.measures["measure"] == measure]
        if not self.by:
            return part.set_index("method")[["estimate"]].T
        return part.pivot_table(
            index=list(self.by), columns="method", values="estimate", dropna=False, sort=False
        )

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: Literal["lollipop", "zip", "nested-loop"] = "lollipop",
        measure: str = "coverage",
    ) -> Axes:
        """Draw a measure with its Monte Carlo limits, or the intervals themselves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        kind : {"lollipop", "zip", "nested-loop"}
            ``lollipop``: a row a scenario and method; ``zip``: every replicate's
            interval, ranked by how far its estimate is from the truth, those that miss
            it in red; ``nested-loop``: one line a method over all scenarios, the
            factors stepped below.
        measure : str
            Which one; ``zip`` needs none.
        """
        from paraneo.plotting import simulation as drawings

        faults = Faults("the plot of the performance")
        check_option(kind, ("lollipop", "zip", "nested-loop"), "kind", faults)
        check_option(measure, MEASURES, "measure", faults)
        faults.raise_any()
        if kind == "zip":
            return drawings.zip_plot(self.replicates, by=self.by, level=self.level, ax=ax)
        part = self.measures[self.measures["measure"] == measure]
        target = {"coverage": self.level, "bias_eliminated_coverage": self.level}.get(
            measure.removesuffix("_worst_case"), 0.0 if measure != "convergence" else 1.0
        )
        draw = drawings.lollipop if kind == "lollipop" else drawings.nested_loop
        return draw(part, by=self.by, measure=measure, target=target, ax=ax)


@verb
def performance(
    results: Any,
    *,
    truth: float | str = "truth",
    by: str | Sequence[str] = ("scenario", "estimand"),
    method: str = "method",
    replicate: str = "replicate",
    estimate: str = "estimate",
    std_error: str = "std_error",
    lower: str = "lower",
    upper: str = "upper",
    p_value: str = "p_value",
    null: float = 0.0,
    reference: str | None = None,
    level: float = 0.95,
) -> Performance:
    """Measure bias, precision, coverage and power over the replicates of a study.

    Parameters
    ----------
    results : SimulationStudy or frame
        One row a replicate and method.
    truth : float or str
        The true value, or the column that holds it.
    by : str or sequence of str
        Columns that tell scenarios (and estimands) apart; those that the table does
        not have among the default ones are left out.
    method, replicate, estimate, std_error : str
        Columns. ``std_error`` may be absent where limits are given, and then the
        measures that need it are NaN; a missing one is left out of those measures.
    lower, upper : str
        Columns of limits at ``level``. Where both are absent, or a method gives none for
        an estimand in any row, they are estimate ∓ z·std_error.
    p_value : str
        Column of p-values. Absent, a method rejects where its limits leave out
        ``null``.
    null : float
        The value that the test is of, on the scale of the estimates.
    reference : str, optional
        The method to which the precision of others is related; left out, the first.
    level : float
        In (0, 1). A test rejects at 1 − level.

    Returns
    -------
    Performance

    Raises
    ------
    TableError
        Naming every fault at once: absent columns, text for numbers, a replicate that
        a method has twice, a truth that is missing, standard errors that are negative or
        infinite, a lower limit above the upper one, p-values outside [0, 1].

    Notes
    -----
    A replicate has *finished* where its estimate is finite (and ``status``, where there
    is such a column, is "ok"). The usual measures are over those; that flatters a
    method which fails where it is hard. So ``convergence`` is their share, and
    ``coverage_worst_case`` and ``rejection_worst_case`` count every failure as an
    interval that misses and a test that does not reject. A replicate with an estimate and no
    interval is left out of ``coverage`` and ``rejection``, counted in ``without_interval`` and in
    the notes, and a failure in the worst case. Relative quantities are
    proportions, not percentages: a ``relative_error`` of −0.05 means standard errors
    five per cent too small.

    References
    ----------
    Morris, White & Crowther 2019, doi:10.1002/sim.8086, table 6; White 2010, Stata
    Journal 10:369, doi:10.1177/1536867X1001000305 (relative precision).

    Examples
    --------
    >>> replicates = {"method": ["a"] * 4, "replicate": [0, 1, 2, 3],
    ...               "estimate": [0.9, 1.1, 1.0, 1.4], "std_error": [0.1, 0.1, 0.2, 0.1]}
    >>> done = performance(replicates, truth=1.0).summary().set_index("measure")
    >>> done.loc[["bias", "coverage"], ["estimate", "mcse"]].round(3)
              estimate   mcse
    measure
    bias          0.10  0.108
    coverage      0.75  0.217
    """
    table = as_table(results)
    faults = Faults("the table of replicates")
    source = Columns(table, faults)
    check_level(level, faults)
    names = _strata(source, by)
    frame = pd.DataFrame({name: source.labels(name) for name in names})
    frame["method"] = source.labels(method)
    frame["replicate"] = source.labels(replicate)
    if frame.duplicated().any():
        rows = np.flatnonzero(frame.duplicated().to_numpy())
        faults.add(replicate, "a method has this replicate twice", "Keep one", rows=list(rows))
    frame["estimate"] = source.numbers(estimate)
    given = {"std_error": std_error, "lower": lower, "upper": upper, "p_value": p_value}
    for name, column in given.items():
        rules = optional(RULES.get(name, ()))
        frame[name] = source.numbers(column, rules) if source.has(column) else np.nan
    _note_limits(source, frame, lower, upper)
    frame["truth"] = _truth(source, truth, len(frame))
    if not (source.has(std_error) or (source.has(lower) and source.has(upper))):
        faults.add(std_error, "there is neither a standard error nor limits", "Name one of them")
    status = source.text("status") if source.has("status") else np.full(len(frame), "ok")
    faults.raise_any()
    frame["finished"] = np.isfinite(frame["estimate"].to_numpy()) & (status == "ok")
    _fill_limits(frame, [name for name in ("estimand",) if name in names], level)
    measured = _measured(frame, names, reference, null, level)
    return Performance(measured, frame, names, level, _notes(frame, names))


def _note_limits(source: Columns, frame: pd.DataFrame, lower: str, upper: str) -> None:
    """Note intervals of which one limit alone is given, or whose limits are crossed."""
    crossed = (frame["lower"] > frame["upper"]).to_numpy()
    source.rows_where(crossed, lower, f"lies above '{upper}'", "Check which is which")
    one = frame[["lower", "upper"]].isna().sum(axis=1).to_numpy() == 1
    name = upper if source.has(lower) else lower
    cure = "Give both, infinity where there is no bound, or neither"
    source.rows_where(one, name, "one limit is given without the other", cure)


def _notes(frame: pd.DataFrame, by: tuple[str, ...]) -> tuple[str, ...]:
    """Say where a method that gives standard errors, or intervals, gave none of a replicate."""
    done = frame[frame["finished"]]
    gaps = {
        "no standard error": done["std_error"].isna(),
        "no interval": done["lower"].isna() & done["upper"].isna(),
    }
    keys = [done[name] for name in (*by, "method")]
    said = []
    for what, gap in gaps.items():
        some = gap & ~gap.groupby(keys, dropna=False).transform("all")
        for name, number in some.groupby(done["method"], sort=False).sum().items():
            if number:
                left_out = (
                    f"left out of the measures that need {'it' if 'error' in what else 'one'}"
                )
                said.append(f"{name}: {what} in {number} of its finished replicates, {left_out}.")
    return tuple(said)


def _fill_limits(frame: pd.DataFrame, estimand: list[str], level: float) -> None:
    """Give normal limits to a method that never says any of its own for an estimand."""
    known = frame["lower"].notna() | frame["upper"].notna()
    none = ~known.groupby([frame[name] for name in ("method", *estimand)]).transform("any")
    reach = normal_quantile(level) * frame.loc[none, "std_error"]
    frame.loc[none, "lower"] = frame.loc[none, "estimate"] - reach
    frame.loc[none, "upper"] = frame.loc[none, "estimate"] + reach


def _strata(source: Columns, by: str | Sequence[str]) -> tuple[str, ...]:
    names = as_names(by)
    if names == ("scenario", "estimand"):
        return tuple(name for name in names if source.has(name))
    return names


def _truth(source: Columns, truth: float | str, length: int) -> Vector:
    if not isinstance(truth, str):
        known = float(truth)
        if not np.isfinite(known):
            source.faults.add("truth", f"{truth!r} is no finite number", "Give the true value")
        return np.full(length, known)
    values = source.numbers(truth)
    if source.has(truth):
        source.rows_where(
            np.isnan(values), truth, "the true value is missing", "Give it for every row"
        )
    return values


def _measured(
    frame: pd.DataFrame, by: tuple[str, ...], reference: str | None, null: float, level: float
) -> pd.DataFrame:
    methods = frame["method"].drop_duplicates().tolist()
    faults = Faults("the reference method")
    base = reference if reference is not None else methods[0]
    if base not in methods:
        shown = ", ".join(map(str, methods))
        faults.add("reference", f"there is no method {base!r}", f"Choose from: {shown}")
    faults.raise_any()
    rows: list[dict[str, Any]] = []
    groups = frame.groupby(list(by), sort=False) if by else [((), frame)]
    for labels, scenario in groups:
        key = dict(zip(by, labels, strict=True))
        one = scenario[(scenario["method"] == base) & scenario["finished"]]
        beside = one.set_index("replicate")["estimate"]
        for name, part in scenario.groupby("method", sort=False):
            for measure, found in _of_one(part, beside, null, level).items():
                rows.append(key | {"method": name, "measure": measure} | found)
    table = pd.DataFrame(rows).rename(columns={"value": "estimate"})
    z = normal_quantile(level)
    table["lower"] = table["estimate"] - z * table["mcse"]
    table["upper"] = table["estimate"] + z * table["mcse"]
    share = table["measure"].isin(SHARES)
    value, among = (table.loc[share, name].to_numpy(float) for name in ("estimate", AMONG))
    table.loc[share, "lower"], table.loc[share, "upper"] = m.wilson(value, among, z)
    return table.drop(columns=AMONG)


def _of_one(
    part: pd.DataFrame, beside: pd.Series, null: float, level: float
) -> dict[str, dict[str, float]]:
    """Return every measure of one method in one scenario, shares with how many they are of."""
    n, done = len(part), part[part["finished"]]
    value, error, low, high, p, truth = (
        done[name].to_numpy(dtype=np.float64)
        for name in ("estimate", "std_error", "lower", "upper", "p_value", "truth")
    )
    centre = float(np.mean(value)) if len(value) else np.nan
    covers, rejects = (low <= truth) & (truth <= high), _rejects(low, high, p, null, level)
    known = ~np.isnan(low)
    tested = known | ~np.isnan(p)
    bias = m.mean(value - truth)
    true = float(truth[0]) if len(truth) and np.all(truth == truth[0]) else np.nan
    scale = 1 / true if true != 0 else np.nan
    both = done.set_index("replicate")["estimate"]
    shared = both.index.intersection(beside.index)
    found = {
        "replicates": m.Measured(n, np.nan),
        "finished": m.Measured(len(done), np.nan),
        "convergence": m.proportion(part["finished"].to_numpy()),
        "mean": m.mean(value),
        "bias": bias,
        "relative_bias": m.Measured(bias.value * scale, abs(bias.mcse * scale)),
        "empirical_se": m.empirical_se(value),
        "model_se": m.model_se(error),
        "relative_error": m.relative_error(value, error),
        "mse": m.mean((value - truth) ** 2),
        "without_interval": m.proportion(~known),
        "coverage": m.proportion(covers[known]),
        "coverage_worst_case": m.proportion(covers, n),
        "bias_eliminated_coverage": m.proportion(((low <= centre) & (centre <= high))[known]),
        "rejection": m.proportion(rejects[tested]),
        "rejection_worst_case": m.proportion(rejects, n),
        "relative_precision": m.relative_precision(
            both.loc[shared].to_numpy(), beside.loc[shared].to_numpy()
        ),
    }
    if not known.any():
        found |= {name: m.UNKNOWN for name in found if "coverage" in name}
    if not tested.any():
        found |= {name: m.UNKNOWN for name in found if "rejection" in name}
    among = {"convergence": n, "coverage_worst_case": n, "rejection_worst_case": n}
    among |= {"without_interval": len(done), "rejection": int(tested.sum())}
    return {
        name: {**one._asdict(), AMONG: among.get(name, int(known.sum()))}
        for name, one in found.items()
    }


def _rejects(low: Vector, high: Vector, p: Vector, null: float, level: float) -> NDArray[np.bool_]:
    by_limits = (low >= null) | (high <= null)
    return np.asarray(np.where(np.isnan(p), by_limits, p <= 1 - level))
