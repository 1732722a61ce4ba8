"""Two tests on the same people, compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
from scipy import special

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, Rule, check_level, check_option
from paraneo.gate.frames import Table
from paraneo.gate.tables import Columns
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Limits, Vector
from paraneo.results.result import Result

from . import _paired
from ._ratios import log_limits
from .two_by_two import Design

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_YES_OR_NO = Rule(
    lambda x: ~np.isnan(x) & (x != 0) & (x != 1),
    "is neither 0 nor 1",
    "Code absent or negative as 0, present or positive as 1",
)
_MARK = (Rule(np.isnan, "value is missing", "Supply it or leave the person out"), _YES_OR_NO)
#: Row of a summary: measure, contrast, method, first, second, estimate, limits, test.
_Line = tuple[str, str, str, Vector, Vector, Vector, Limits, _paired.Contrast]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ComparedTests(Result):
    """Two tests on the same people.

    Attributes
    ----------
    with_condition, without_condition : array, shape (4,)
        People positive by both tests, by the first only, by the second only, by neither.
    first, second : str
        Names of the tests.
    design : str
        ``"cohort"`` or ``"case-control"``.
    level : float
        Of all confidence intervals.
    """

    with_condition: Vector
    without_condition: Vector
    first: str
    second: str
    design: str
    level: float

    def summary(self) -> pd.DataFrame:
        """Return one row a measure, contrast and method.

        Returns
        -------
        DataFrame
            ``measure contrast method``; ``first second``, the measure by each test;
            ``estimate lower upper`` of the contrast, second minus first or second over
            first; ``statistic`` (chi-squared with 1 df) and ``p_value``. NaN where a
            method gives no confidence interval or no test, or where nobody had such a result.
        """
        rows = [
            {
                "measure": measure,
                "contrast": contrast,
                "method": method,
                "first": float(first),
                "second": float(second),
                "estimate": float(estimate),
                "lower": float(limits.lower),
                "upper": float(limits.upper),
                "statistic": float(test.statistic),
                "p_value": float(test.p_value),
            }
            for measure, contrast, method, first, second, estimate, limits, test in self._lines()
        ]
        return pd.DataFrame(rows)

    def tests(self) -> pd.DataFrame:
        """Return the tests alone: ``measure contrast test statistic df p_value``.

        The statistic is χ² with 1 degree of freedom; the exact test has none.
        """
        frame = self.summary().dropna(subset="p_value").reset_index(drop=True).assign(df=1)
        frame = frame.rename(columns={"method": "test"})
        return frame[["measure", "contrast", "test", "statistic", "df", "p_value"]]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the ratios, second test over first, on a log axis."""
        from paraneo.plotting.forest import forest

        frame = self.summary().query("contrast == 'ratio'").reset_index(drop=True)
        frame = frame[frame["lower"].notna()].reset_index(drop=True)
        frame["measure"] = frame["measure"].str.replace("_", " ")
        label = f"{self.second} over {self.first} ({100 * self.level:g}% CI)"
        return forest(frame, label="measure", xlabel=label, ax=ax)

    def _heading(self) -> str:
        n, m = self.with_condition.sum(), self.without_condition.sum()
        return (
            f"{self.second} against {self.first}: {n:.0f} people with, {m:.0f} without the "
            f"condition ({self.design}), {100 * self.level:g}% CI"
        )

    def _lines(self) -> Iterator[_Line]:
        right_of_well = self.without_condition[::-1]
        yield from self._proportion("sensitivity", self.with_condition)
        yield from self._proportion("specificity", right_of_well)
        if self.design == "cohort":
            yield from self._predictive("ppv", positive=True)
            yield from self._predictive("npv", positive=False)
        for measure, positive in (
            ("positive_likelihood_ratio", True),
            ("negative_likelihood_ratio", False),
        ):
            first, second = self._likelihood_ratios(positive)
            ratio = _paired.likelihood_ratio_ratio(
                self.with_condition, self.without_condition, positive=positive
            )
            yield self._ratio(measure, "gu-pepe", first, second, ratio)

    def _proportion(self, measure: str, right: Vector) -> Iterator[_Line]:
        """Compare shares of the same people for whom either test is right."""
        _, b, c, _ = right
        n, first, second = right.sum(), right[0] + right[1], right[0] + right[2]
        shares = first / n, second / n
        estimate = (c - b) / n
        none = _no_limits(), _no_test()
        for method, limits, test in (
            ("mcnemar", none[0], _paired.mcnemar(b, c)),
            ("exact", none[0], _paired.exact_mcnemar(b, c)),
            ("wald", _paired.wald_difference(b, c, n, self.level), none[1]),
            ("bonett-price", _paired.bonett_price(b, c, n, self.level), none[1]),
            ("tango", _paired.tango(b, c, n, self.level), none[1]),
        ):
            yield measure, "difference", method, *shares, estimate, limits, test
        ratio = _paired.proportion_ratio(first, second, b, c)
        yield self._ratio(measure, "log", *shares, ratio)

    def _predictive(self, measure: str, *, positive: bool) -> Iterator[_Line]:
        ill, well = self.with_condition, self.without_condition
        first, second = _paired.predictive(ill, well, positive=positive)
        for method, weighted in (("leisenring", False), ("kosinski", True)):
            test = _paired.generalised_score(ill, well, positive=positive, weighted=weighted)
            yield (
                measure, "difference", method, first, second, second - first, _no_limits(), test
            )  # fmt: skip
        ratio = _paired.predictive_ratio(ill, well, positive=positive)
        yield self._ratio(measure, "moskowitz-pepe", first, second, ratio)

    def _likelihood_ratios(self, positive: bool) -> tuple[Vector, Vector]:
        found = []
        for marks in (_paired.FIRST, _paired.SECOND):
            shown = marks if positive else 1.0 - marks
            ill, well = self.with_condition, self.without_condition
            with np.errstate(divide="ignore", invalid="ignore"):
                found.append((ill @ shown / ill.sum()) / (well @ shown / well.sum()))
        return found[0], found[1]

    def _ratio(
        self, measure: str, method: str, first: Vector, second: Vector, ratio: _paired.Ratio
    ) -> _Line:
        limits = log_limits(ratio.value, ratio.std_error, self.level)
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = (np.log(ratio.value) / ratio.std_error) ** 2
        equal = (ratio.value == 1) & (ratio.std_error == 0)
        statistic = np.asarray(np.where(equal, 0.0, statistic))
        test = _paired.Contrast(statistic, np.asarray(special.chdtrc(1.0, statistic)))
        return measure, "ratio", method, first, second, ratio.value, limits, test


def _no_limits() -> Limits:
    return Limits(np.asarray(np.nan), np.asarray(np.nan))


def _no_test() -> _paired.Contrast:
    return _paired.Contrast(np.asarray(np.nan), np.asarray(np.nan))


@verb
def compare_tests(
    people: Table,
    *,
    first: str,
    second: str,
    condition: str = "condition",
    count: str | None = None,
    design: Design = "cohort",
    level: float = 0.95,
) -> ComparedTests:
    r"""Compare two tests done on the same people whose condition is known.

    With :math:`b` people right by the first test alone and :math:`c` by the second alone
    among :math:`n` with the condition, sensitivities differ by :math:`(c - b)/n`;
    McNemar's statistic is :math:`(b - c)^2/(b + c)`; the same among those without it for
    specificities.

    Parameters
    ----------
    people : frame or mapping
        One row a person; or one row a combination of results, with its number of people
        in ``count``.
    first, second : str
        Columns with the results of the two tests, 1 positive and 0 negative.
    condition : str
        Column with 1 for people with the condition, 0 for those without.
    count : str, optional
        Column with the number of people that a row stands for.
    design : {"cohort", "case-control"}, default "cohort"
        In a case–control study the proportion with the condition was chosen by the
        investigator; predictive values are then left out.
    level : float
        Of the two-sided confidence intervals, in (0, 1).

    Returns
    -------
    ComparedTests

    Raises
    ------
    TableError
        Naming every fault at once: columns that do not exist, values missing or neither 0
        nor 1, counts that are negative or not whole, nobody with or nobody without the condition.

    Notes
    -----
    Sensitivity and specificity: ``mcnemar`` and ``exact`` test, ``wald``, ``bonett-price``
    (one pair added to either disagreement) and ``tango`` (score) bound the difference; the
    last leaves out 0 exactly where McNemar's test rejects. Predictive values:
    ``leisenring`` and ``kosinski`` are score tests that treat a person positive by both
    tests as one cluster; ``moskowitz-pepe`` bounds their ratio. Likelihood ratios:
    ``gu-pepe`` bounds their ratio. Ratios are bounded on the log scale; with an empty cell
    in the numerator or denominator the ratio is 0, infinite or NaN and has no limits.
    Where no pair disagrees, McNemar's statistic is 0 and both p-values are 1.

    References
    ----------
    Tango 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B.
    Bonett & Price 2012, doi:10.3102/1076998611411915. Leisenring, Alonzo & Pepe 2000,
    doi:10.1111/j.0006-341X.2000.00345.x. Moskowitz & Pepe 2006,
    doi:10.1191/1740774506cn147oa. Gu & Pepe 2009, doi:10.1093/biostatistics/kxn025.
    Kosinski 2013, doi:10.1002/sim.5587.

    Examples
    --------
    Exercise test and chest-pain history in 1465 men (Weiner et al. 1979):

    >>> men = {"coronary": [1, 1, 1, 1, 0, 0, 0, 0], "exercise": [1, 1, 0, 0] * 2,
    ...        "history": [1, 0, 1, 0] * 2, "men": [786, 29, 183, 25, 69, 46, 176, 151]}
    >>> found = compare_tests(men, first="exercise", second="history", condition="coronary",
    ...                       count="men").summary().set_index(["measure", "method"])
    >>> found.loc[[("sensitivity", "tango"), ("ppv", "moskowitz-pepe")],
    ...           ["contrast", "first", "second", "estimate", "lower", "upper"]].round(3)
                                  contrast  first  second  estimate  lower  upper
    measure     method
    sensitivity tango           difference  0.797   0.947     0.151  0.125  0.178
    ppv         moskowitz-pepe       ratio  0.876   0.798     0.911  0.887  0.936
    """
    faults = Faults("the table of two tests")
    columns = Columns(people, faults)
    check_level(level, faults)
    check_option(design, get_args(Design), "design", faults)
    has, by_first, by_second = (columns.numbers(x, _MARK) for x in (condition, first, second))
    weight = np.ones(columns.length) if count is None else columns.numbers(count, COUNT)
    if first == second:
        faults.add("second", f"is the same column as first, '{first}'", "Name another test")
    if not faults.found:
        _need_both(float(weight @ has), float(weight @ (1 - has)), condition, faults)
    faults.raise_any()
    place = (2 * (1 - by_first) + (1 - by_second)).astype(np.int64)
    ill, well = (
        np.bincount(place, weight * group, minlength=4).astype(np.float64)
        for group in (has, 1 - has)
    )
    return ComparedTests(ill, well, first, second, design, float(level))


def _need_both(ill: float, well: float, condition: str, faults: Faults) -> None:
    for number, who in ((ill, "with"), (well, "without")):
        if number == 0:
            faults.add(
                condition,
                f"nobody is {who} the condition",
                "People with and without it are required",
            )
