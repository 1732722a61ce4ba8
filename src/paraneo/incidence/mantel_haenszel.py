"""Two groups' rates compared within strata, after Mantel and Haenszel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import special

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, POSITIVE, check_level, check_option
from paraneo.gate.frames import as_table
from paraneo.gate.tables import Columns, as_names
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Limits, Vector, normal_quantile
from paraneo.numerics.roots import roots
from paraneo.results.estimate import Estimate
from paraneo.results.result import Result
from paraneo.results.tests import frame_of_tests

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MantelHaenszelInterval = Literal["score", "log-wald"]
#: Where the search for a log ratio ends on either side.
FARTHEST = 60.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MantelHaenszel(Result):
    """One group's rate against another's, the same in all strata.

    Attributes
    ----------
    ratio, difference : Estimate
        Of the rates; the difference is per ``per`` person-years.
    strata : DataFrame
        ``observed person_years`` of both groups, a row a stratum.
    group, reference
        Labels of the two groups.
    per, level : float
    """

    ratio: Estimate
    difference: Estimate
    strata: pd.DataFrame
    group: Any
    reference: Any
    per: float
    level: float
    _counts: tuple[Vector, Vector, Vector, Vector]

    def summary(self) -> pd.DataFrame:
        """Return ``measure estimate lower upper method``, the ratio and the difference."""
        parts = {"rate ratio": self.ratio, "rate difference": self.difference}
        frame = pd.concat([one.summary() for one in parts.values()], ignore_index=True)
        frame.insert(0, "measure", list(parts))
        return frame.assign(method=[one.method for one in parts.values()])

    def tests(self) -> pd.DataFrame:
        """Test that the ratio is 1, and that it is the same in all strata.

        ``test statistic df p_value``: Mantel and Haenszel's χ² without correction, and the
        likelihood ratio of strata with a ratio of their own, of those with cases.
        """
        a, b, first, second = self._counts
        cases, share = a + b, first / (first + second)
        spread = float((cases * share * (1 - share)).sum())
        gap = float((a - cases * share).sum())
        chi2 = gap**2 / spread if spread > 0 else np.nan
        some = cases > 0
        df = max(int(some.sum()) - 1, 0)
        apart = np.nan
        if df and 0 < a.sum() < cases.sum():
            top = _conditional(_best(self._counts), self._counts)
            full = special.xlogy(a, a / np.where(some, cases, 1.0))
            full += special.xlogy(b, b / np.where(some, cases, 1.0))
            apart = 2 * max(float(full.sum()) - top, 0.0)
        names = ["Mantel-Haenszel", "homogeneity, likelihood ratio"]
        values, dfs = np.array([chi2, apart]), np.array([1, df])
        return frame_of_tests(names, values, dfs, special.chdtrc(dfs, values))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the ratio with its limits."""
        from paraneo.plotting.forest import forest

        frame = self.summary()[:1]
        return forest(frame, label="measure", xlabel=f"{self.group} over {self.reference}", ax=ax)

    def _heading(self) -> str:
        return (
            f"{self.group} against {self.reference} in {len(self.strata)} strata, "
            f"{100 * self.level:g}% CI"
        )


@verb
def mantel_haenszel(
    data: Any,
    *,
    group: str = "group",
    reference: Any,
    by: str | Sequence[str] = (),
    observed: str = "observed",
    person_years: str = "person_years",
    interval: MantelHaenszelInterval = "score",
    per: float = 1.0,
    level: float = 0.95,
) -> MantelHaenszel:
    r"""Compare the rates of two groups within strata such as age and sex.

    With a and b the cases and T₁ and T₀ the person-years of the group and the reference in a
    stratum, T their sum,

    .. math:: R = \frac{\sum a T_0/T}{\sum b T_1/T}, \quad
        D = \frac{\sum (a T_0 - b T_1)/T}{\sum T_0 T_1/T}.

    Parameters
    ----------
    data : frame or result
        A row a group and stratum; rows of one are added up.
    group, reference : str, label
        Column of the two groups, and the label of the one that is compared with.
    by : str or sequence of str
        Columns of the strata; left out, there is one.
    observed, person_years : str
        Columns of cases and person-years.
    interval : {"score", "log-wald"}, default "score"
        Of the ratio: where the score test given the cases of each stratum is not significant,
        which has limits where a group has no case; or from Greenland and Robins' variance of
        log R, which does not.
    per : float
        Person-years of the difference.
    level : float
        In (0, 1).

    Returns
    -------
    MantelHaenszel

    Raises
    ------
    TableError
        Naming every fault at once: other than two groups, no stratum with both, counts that are
        none, no such label.

    Notes
    -----
    A stratum with person-years of one group alone says nothing and is left out. With no case in
    the reference the ratio is infinite, with none in the group 0. The difference has Greenland
    and Robins' variance, or where that is 0 (no case at all) the exact limits of each group's
    rate over all its person-years.

    References
    ----------
    Greenland & Robins 1985, doi:10.2307/2530643; Rothman, Greenland & Lash 2008, Modern
    Epidemiology, ch. 15.

    Examples
    --------
    >>> table = {"age": ["<60", "<60", "60+", "60+"], "group": ["DM", "none", "DM", "none"],
    ...          "observed": [14, 5, 22, 31], "person_years": [1200, 2300, 800, 2100]}
    >>> mantel_haenszel(table, reference="none", by="age").ratio
    2.45 (95% CI 1.53 to 3.82, Mantel-Haenszel, score)
    """
    faults = Faults("the table of rates")
    source = Columns(as_table(data), faults)
    check_level(level, faults)
    check_option(interval, get_args(MantelHaenszelInterval), "interval", faults)
    names = as_names(by)
    columns = {name: source.labels(name) for name in (group, *names)}
    cases = source.numbers(observed, COUNT)
    years = source.numbers(person_years, POSITIVE)
    if not (np.isfinite(per) and per > 0):
        faults.add("per", f"{per!r} must be a number of person-years", "Give one above 0")
    faults.raise_any()
    frame = pd.DataFrame(columns).assign(_cases=cases, _years=years)
    labels = frame[group].drop_duplicates().tolist()
    if len(labels) != 2:
        shown = ", ".join(map(str, labels[:12]))
        faults.add(group, f"has {len(labels)} groups ({shown})", "Keep the two to be compared")
    if reference not in labels:
        cure = f"Choose from: {', '.join(map(str, labels[:12]))}"
        faults.add("reference", f"there is no group {reference!r}", cure)
    faults.raise_any()
    other = next(label for label in labels if label != reference)
    frame["_all"] = ""  # so that there is a stratum where none is named
    wide = frame.pivot_table(
        index=["_all", *names], columns=group, values=["_cases", "_years"], aggfunc="sum",
        sort=False, observed=True,
    ).dropna()  # fmt: skip
    if wide.empty:
        faults.add(", ".join(names) or None, "no stratum has both groups", "Take wider strata")
        faults.raise_any()
    parts = [wide[kind][which].to_numpy(np.float64)
             for kind in ("_cases", "_years") for which in (other, reference)]  # fmt: skip
    counts = (parts[0], parts[1], parts[2], parts[3])
    strata = wide.index.to_frame(index=False).drop(columns="_all")
    said = (f"observed, {other}", f"observed, {reference}", f"person_years, {other}",
            f"person_years, {reference}")  # fmt: skip
    strata = strata.assign(**dict(zip(said, counts, strict=True)))
    ratio, difference = _ratio(counts, interval, level), _difference(counts, float(per), level)
    return MantelHaenszel(
        ratio, difference, strata, other, reference, float(per), float(level), counts
    )


def _ratio(counts: tuple[Vector, Vector, Vector, Vector], interval: str, level: float) -> Estimate:
    a, b, first, second = counts
    total = first + second
    above, below = float((a * second / total).sum()), float((b * first / total).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.divide(above, below))
        variance = ((a + b) * first * second / total**2).sum() / (above * below)
    error = float(np.sqrt(variance))
    if interval == "score" or not np.isfinite(error):
        limits, how = _score(counts, level), "score"
    else:
        half = normal_quantile(level) * error
        limits, how = Limits(value * np.exp(-half), value * np.exp(half)), "log-wald"
    low, high = min(float(limits.lower), value), max(float(limits.upper), value)
    if np.isnan(value):
        low, high = 0.0, np.inf
    return Estimate(value, low, high, error, level, f"Mantel-Haenszel, {how}")


def _shares(log_ratio: Vector, first: Vector, second: Vector) -> Vector:
    """Return the chance that a case of each stratum is of the group."""
    with np.errstate(over="ignore"):
        return special.expit(np.asarray(log_ratio)[..., None] + np.log(first) - np.log(second))


def _score(counts: tuple[Vector, Vector, Vector, Vector], level: float) -> Limits:
    """Return the ratios at which the score test given each stratum's cases has the level."""
    a, b, first, second = counts
    cases, z = a + b, normal_quantile(level)

    def distance(t: Vector) -> Vector:
        p = _shares(t, first, second)
        gap = (a - cases * p).sum(axis=-1)
        spread = (cases * p * (1 - p)).sum(axis=-1)
        return np.asarray(gap / np.sqrt(np.maximum(spread, 1e-300)))

    ends, lower, upper = (np.array([-FARTHEST]), np.array([FARTHEST])), 0.0, np.inf
    if a.sum() > 0:
        lower = float(np.exp(roots(lambda t: distance(t) - z, *ends))[0])
    if b.sum() > 0:
        upper = float(np.exp(roots(lambda t: distance(t) + z, *ends))[0])
    return Limits(np.asarray(lower), np.asarray(upper))


def _conditional(log_ratio: float, counts: tuple[Vector, Vector, Vector, Vector]) -> float:
    a, b, first, second = counts
    p = _shares(np.asarray(log_ratio), first, second)
    return float((special.xlogy(a, p) + special.xlogy(b, 1 - p)).sum())


def _best(counts: tuple[Vector, Vector, Vector, Vector]) -> float:
    """Return the log ratio that is likeliest given each stratum's cases."""
    a, b, first, second = counts

    def slope(t: Vector) -> Vector:
        return np.asarray((a - (a + b) * _shares(t, first, second)).sum(axis=-1))

    return float(roots(slope, np.array([-FARTHEST]), np.array([FARTHEST]))[0])


def _difference(
    counts: tuple[Vector, Vector, Vector, Vector], per: float, level: float
) -> Estimate:
    a, b, first, second = counts
    total = first + second
    weight = first * second / total
    value = float(((a * second - b * first) / total).sum() / weight.sum())
    variance = float((weight**2 * (a / first**2 + b / second**2)).sum() / weight.sum() ** 2)
    error = float(np.sqrt(variance))
    half = normal_quantile(level) * error
    low, high, how = value - half, value + half, "Mantel-Haenszel, Wald"
    if a.sum() == 0 or b.sum() == 0:  # such a rate is not known exactly: its own exact limit joins
        tail = -np.log((1 - level) / 2)
        reach = (tail / first.sum() if a.sum() == 0 else 0.0,
                 tail / second.sum() if b.sum() == 0 else 0.0)  # fmt: skip
        low, high = value - np.hypot(half, reach[1]), value + np.hypot(half, reach[0])
        how = "Mantel-Haenszel, exact where there is no case"
    return Estimate(per * value, per * low, per * high, per * error, level, how)
