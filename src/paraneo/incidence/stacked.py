"""Incidence ratios in one table, as papers print them: by sex, by age, by time, by site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import check_level, check_option
from paraneo.gate.frames import as_table
from paraneo.gate.groups import by_names
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.poisson_limits import LIMITS, limits_of_counts, p_values
from paraneo.results.bands import band_texts
from paraneo.results.result import Result

from ._endpoints import ENDPOINT
from ._suppression import masked_cells
from .poisson_limits import PoissonInterval
from .ratios import incidence_ratios

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EVERYBODY = "all"
#: What stands for a masked number, whether it is small or hides one that is.
MASK = "–"
_NUMBERS = ("observed", "estimate", "lower", "upper", "p_value")
_HEADS = {
    ENDPOINT: "Site",
    "dimension": "By",
    "stratum": "Stratum",
    "person_years": "Person-years",
    "observed": "Observed",
    "expected": "Expected",
    "ratio": "SIR",
    "interval": "CI",
    "p_value": "p",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StackedRatios(Result):
    """Incidence ratios of all people and by each of several columns, one below the other.

    Attributes
    ----------
    frame : DataFrame
        As ``summary()`` gives it.
    interval, level
        As asked for.
    suppress : int or None
        Counts from 1 up to below this are masked.
    """

    frame: pd.DataFrame
    interval: str
    level: float
    suppress: int | None

    def summary(self) -> pd.DataFrame:
        """Return one row a site and stratum.

        ``endpoint`` where there are several; ``dimension`` ("all", or the column) and
        ``stratum``; ``person_years observed expected estimate lower upper p_value``, NaN where
        they are masked, which ``masked`` says.
        """
        return self.frame.copy()

    def printed(self) -> pd.DataFrame:
        """Return the table in text: two decimals, p-values down to <0.001, what is masked as –."""
        frame, hidden = self.frame, self.frame["masked"].to_numpy(dtype=bool)
        texts = {
            "person_years": [f"{x:,.0f}" for x in frame["person_years"]],
            "observed": [f"{x:,.0f}" for x in frame["observed"]],
            "expected": [f"{x:,.2f}" for x in frame["expected"]],
            "ratio": [_two(x) for x in frame["estimate"]],
            "interval": [
                f"{_two(a)} to {_two(b)}" if np.isfinite(a) else MASK
                for a, b in zip(frame["lower"], frame["upper"], strict=True)
            ],
            "p_value": [_p(x) for x in frame["p_value"]],
        }
        for name in ("observed", "ratio", "interval", "p_value"):
            pairs = zip(texts[name], hidden, strict=True)
            texts[name] = [MASK if out else text for text, out in pairs]
        labels = [name for name in (ENDPOINT, "dimension", "stratum") if name in frame]
        shown = frame[labels].astype(str).assign(**texts)
        if frame["person_years"].isna().all():
            shown = shown.drop(columns="person_years")
        heads = _HEADS | {"interval": f"{100 * self.level:g}% CI"}
        return shown.rename(columns=heads)

    def to_markdown(self) -> str:
        """Return the printed table as Markdown."""
        shown = self.printed()
        names = [_cell(name) for name in shown]
        words = {"Site", "By", "Stratum"}
        ruled = [":---" if name in words else "---:" for name in shown]
        rows = [names, ruled, *([_cell(x) for x in row] for row in shown.to_numpy().tolist())]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def to_latex(self) -> str:
        """Return the printed table as LaTeX, with the rules of the package booktabs."""
        shown = self.printed()
        words = {"Site", "By", "Stratum"}
        form = "".join("l" if name in words else "r" for name in shown)
        return str(shown.to_latex(index=False, escape=True, column_format=form))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw one forest of all rows that are not masked."""
        from paraneo.plotting.forest import forest

        frame = self.frame[~self.frame["masked"] & (self.frame["expected"] > 0)]
        parts = [frame[name] for name in (ENDPOINT,) if name in frame]
        strata = [
            "all" if dimension == EVERYBODY else f"{str(dimension).replace('_', ' ')}: {stratum}"
            for dimension, stratum in zip(frame["dimension"], frame["stratum"], strict=True)
        ]
        columns = [*parts, pd.Series(strata, index=frame.index)]
        labels = [", ".join(map(str, row)) for row in zip(*columns, strict=True)]
        xlabel = f"Observed / expected cancers ({100 * self.level:g}% CI)"
        return forest(frame.assign(label=labels), label="label", xlabel=xlabel, ax=ax)

    def _heading(self) -> str:
        hidden = int(self.frame["masked"].sum())
        masked = (
            f"; counts below {self.suppress} masked, {hidden} rows with those that hide them"
            if self.suppress
            else ""
        )
        return f"Incidence ratios, {100 * self.level:g}% CI, {self.interval}{masked}"

    def _shown(self) -> pd.DataFrame:
        return self.printed()


@verb
def stacked_ratios(
    data: Any,
    *,
    by: str | Sequence[str] = (),
    interval: PoissonInterval = "exact",
    level: float = 0.95,
    suppress: int | None = None,
    total: str | None = None,
) -> StackedRatios:
    """Stack incidence ratios of all people and by each of several columns in one table.

    Parameters
    ----------
    data : frame, or a result with ``summary()``
        Such as `person_years` gives: ``observed``, ``expected`` and, where there are,
        ``person_years`` and several ``endpoint``, each of which has rows of its own.
    by : str or sequence of str
        Columns, by each of which the ratios are given in turn.
    interval, level
        As in `incidence_ratios`.
    suppress : int, optional
        Mask counts from 1 up to below this, with all that they could be worked out from,
        and as many other counts as needed: from those that are shown and their totals,
        nobody can tell of a masked small count more than that it is small.
    total : str, optional
        The endpoint that is the sum of all others, if any is, for which masking has to
        allow.

    Returns
    -------
    StackedRatios

    Raises
    ------
    TableError, ArgumentError
        As `incidence_ratios`.

    Notes
    -----
    A stratum in which nothing is expected has no ratio. Masked counts, small and others, look
    alike, or else their kind would tell of them. The guarantee is about this one table: what
    is printed elsewhere of the same people can undo it.

    Examples
    --------
    >>> table = {"sex": ["f", "m"], "observed": [3, 20], "expected": [2.0, 14.6]}
    >>> print(stacked_ratios(table, by="sex", suppress=5).to_markdown())
    | By | Stratum | Observed | Expected | SIR | 95% CI | p |
    | :--- | :--- | ---: | ---: | ---: | ---: | ---: |
    | all | all | 23 | 16.60 | 1.39 | 0.88 to 2.08 | 0.158 |
    | sex | f | – | 2.00 | – | – | – |
    | sex | m | – | 14.60 | – | – | – |
    """
    faults = Faults("the arguments of stacked_ratios")
    check_option(interval, LIMITS, "interval", faults)
    check_level(level, faults)
    whole = isinstance(suppress, int | np.integer) and not isinstance(suppress, bool)
    if suppress is not None and not (whole and suppress >= 2):
        faults.add("suppress", f"{suppress!r} must be a whole number of 2 or more", "Such as 5")
    names = by_names(by, faults, taken=(ENDPOINT, "dimension", "stratum", "masked"))
    faults.raise_any()
    table = as_table(data)
    source = Columns(table, Faults("the table of observed and expected cancers"))
    endpoints = [ENDPOINT] if source.has(ENDPOINT) else []
    checked = incidence_ratios(data, by=endpoints, interval=interval, level=level)
    frame = _read(source, [*endpoints, *names], checked.person_years)
    parts = [_sums(frame, endpoints, None)]
    parts += [_sums(frame, endpoints, name) for name in names]
    rows = pd.concat(parts, ignore_index=True)
    if endpoints:
        order = {name: k for k, name in enumerate(dict.fromkeys(frame[ENDPOINT]))}
        rows = rows.iloc[np.argsort(rows[ENDPOINT].map(order).to_numpy(), kind="stable")]
        rows = rows.reset_index(drop=True)
    rows = _with_ratios(rows, interval, level)
    hidden = np.zeros(len(rows), dtype=bool)
    if suppress is not None:
        hidden = _masked(rows, int(suppress), total)
        rows[list(_NUMBERS)] = rows[list(_NUMBERS)].astype(np.float64)
        rows.loc[hidden, list(_NUMBERS)] = np.nan
    return StackedRatios(rows.assign(masked=hidden), interval, level, suppress)


def _read(source: Columns, names: Sequence[str], years: NDArray[np.float64]) -> pd.DataFrame:
    """Return the rows with the labels asked for as text, bands by theirs, and counts."""
    columns: dict[str, Any] = {}
    source.require(names)
    source.faults.raise_any()
    for name in names:
        series = source.native(name)
        code = np.arange(source.length)
        texts = band_texts(source, (name,), code).get(name)
        columns[name] = np.asarray(series)
        columns[f"{name} text"] = list(texts) if texts is not None else [str(x) for x in series]  # type: ignore[union-attr]
    for name in ("observed", "expected"):
        columns[name] = source.numbers(name)
    known = source.has("person_years") and np.isfinite(years).all()
    columns["person_years"] = source.numbers("person_years") if known else np.nan
    return pd.DataFrame(columns)


def _sums(frame: pd.DataFrame, endpoints: list[str], name: str | None) -> pd.DataFrame:
    """Return sums by endpoint and, where it is named, a column."""
    counts = ["person_years", "observed", "expected"]
    keys = [*endpoints, *([name, f"{name} text"] if name else [])]
    if keys:
        sums = frame.groupby(keys, sort=True, observed=True)[counts].sum(min_count=1).reset_index()
    else:
        sums = frame[counts].sum(min_count=1).to_frame().T
    stratum = sums[f"{name} text"] if name else EVERYBODY
    labelled = sums.assign(dimension=name or EVERYBODY, stratum=stratum)
    return labelled[[*endpoints, "dimension", "stratum", *counts]]


def _with_ratios(rows: pd.DataFrame, interval: str, level: float) -> pd.DataFrame:
    observed = rows["observed"].to_numpy(dtype=np.float64)
    expected = rows["expected"].to_numpy(dtype=np.float64)
    base = np.where(expected > 0, expected, np.nan)
    low, high = limits_of_counts(observed, interval, level)
    p = np.full(len(rows), np.nan)
    some = expected > 0
    p[some] = p_values(observed[some], expected[some], interval)
    return rows.assign(
        observed=observed.astype(np.int64),
        estimate=observed / base,
        lower=low / base,
        upper=high / base,
        p_value=p,
    )


def _masked(rows: pd.DataFrame, below: int, total: str | None) -> NDArray[np.bool_]:
    """Return which rows are masked, given how they add up."""
    labels = rows[ENDPOINT] if ENDPOINT in rows else pd.Series("", index=rows.index)
    place = {
        key: k for k, key in enumerate(zip(labels, rows["dimension"], rows["stratum"], strict=True))
    }
    names = list(dict.fromkeys(labels))
    faults = Faults("the arguments of stacked_ratios")
    if total is not None and total not in names:
        cure = f"Choose from: {', '.join(map(str, names))}"
        faults.add("total", f"there is no endpoint {total!r}", cure)
    faults.raise_any()
    keys = list(place)
    sums = []
    for name, dimension in dict.fromkeys(key[:2] for key in keys if key[1] != EVERYBODY):
        parts = [place[key] for key in keys if key[:2] == (name, dimension)]
        sums.append((place[name, EVERYBODY, EVERYBODY], parts))
    strata = dict.fromkeys(key[1:] for key in keys if total is not None and key[0] == total)
    for stratum in strata:
        parts = [place[key] for key in keys if key[1:] == stratum and key[0] != total]
        sums.append((place[total, *stratum], parts))
    return masked_cells(rows["observed"].to_numpy(dtype=np.float64), sums, below)


def _two(number: float) -> str:
    """Return a number with two decimals.

    >>> _two(1.005), _two(float("nan")), _two(float("inf"))
    ('1.00', '–', '∞')
    """
    if np.isnan(number):
        return MASK
    return f"{number:,.2f}" if np.isfinite(number) else "∞"


def _p(number: float) -> str:
    """Return a p-value as papers print it.

    >>> _p(0.0321), _p(0.0004), _p(1.0)
    ('0.032', '<0.001', '1.000')
    """
    if np.isnan(number):
        return MASK
    return "<0.001" if number < 0.001 else f"{number:.3f}"


def _cell(text: object) -> str:
    """Return text that does not end a cell of a Markdown table."""
    return str(text).replace("|", "\\|").replace("\n", " ")
