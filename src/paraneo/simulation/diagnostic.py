"""Simulated diagnostic studies: two-by-two tables whose accuracy is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import PROBABILITY, check_fits, check_rng, numbers
from paraneo.gate.verbs import Checked, verb
from paraneo.numerics.arrays import Vector
from paraneo.results.result import Result

from ._draws import WHOLE, predictive_pair, repeats, single

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELLS = ("tp", "fp", "fn", "tn")
UNVERIFIED = ("unverified_positive", "unverified_negative")


@dataclass(frozen=True)
class DiagnosticTruth(Checked):
    """What is true of a simulated diagnostic study, in closed form.

    Attributes
    ----------
    sensitivity, specificity : float
        In [0, 1].
    prevalence : float
        Of the people tested; NaN in the case–control design, where the investigator chose it.
    verified : (float, float)
        Shares of positive and of negative tests whose condition is found out.
    """

    sensitivity: float
    specificity: float
    prevalence: float = np.nan
    verified: tuple[float, float] = (1.0, 1.0)

    @property
    def positive_likelihood_ratio(self) -> float:
        """Se/(1 − Sp); infinite at a specificity of 1."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.float64(self.sensitivity) / (1 - self.specificity))

    @property
    def negative_likelihood_ratio(self) -> float:
        """(1 − Se)/Sp."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return float((1 - self.sensitivity) / np.float64(self.specificity))

    @property
    def diagnostic_odds_ratio(self) -> float:
        """LR+/LR−."""
        with np.errstate(divide="ignore", invalid="ignore"):
            plus, minus = self.positive_likelihood_ratio, self.negative_likelihood_ratio
            return float(np.float64(plus) / minus)

    def predictive_values(self, prevalence: ArrayLike | None = None) -> tuple[Vector, Vector]:
        """Return PPV and NPV at a prevalence, or at the study's own.

        Raises
        ------
        ArgumentError
            Where the study is a case–control one and no prevalence is given.
        """
        faults = Faults("the truth of the simulated study")
        if prevalence is None and np.isnan(self.prevalence):
            faults.add(
                "prevalence",
                "a case–control study has none of its own",
                "Give that of the people who are to be tested",
            )
        asked = self.prevalence if prevalence is None else prevalence
        share = numbers(asked, "prevalence", PROBABILITY, Faults("") if faults.found else faults)
        faults.raise_any()
        return predictive_pair(self.sensitivity, self.specificity, share)

    def cells(self) -> pd.Series:
        """Return the probability of each cell for somebody tested, NaN without a prevalence.

        ``tp fp fn tn`` of people whose condition is found out, then ``unverified_positive``
        and ``unverified_negative``; they sum to 1.
        """
        ill, well = self.prevalence, 1 - self.prevalence
        positive, negative = self.verified
        tp, fp = ill * self.sensitivity, well * (1 - self.specificity)
        fn, tn = ill * (1 - self.sensitivity), well * self.specificity
        shares = (tp * positive, fp * positive, fn * negative, tn * negative)
        left = ((tp + fp) * (1 - positive), (fn + tn) * (1 - negative))
        return pd.Series([*shares, *left], index=[*CELLS, *UNVERIFIED])

    @property
    def naive(self) -> tuple[float, float]:
        """Sensitivity and specificity among verified people alone, which is what they tend to.

        With all positive tests verified and a tenth of the negative ones, a sensitivity of
        0.6 looks like 0.94. NaN where nobody with, or nobody without, the condition is verified.
        """
        positive, negative = self.verified
        found = (self.sensitivity * positive, (1 - self.sensitivity) * negative)
        cleared = (self.specificity * negative, (1 - self.specificity) * positive)
        first, second = (x / (x + y) if x + y > 0 else np.nan for x, y in (found, cleared))
        return float(first), float(second)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SimulatedDiagnosticStudy(Result):
    """Two-by-two tables of a simulated study, one or many, and what is true of it.

    Attributes
    ----------
    data : pandas.DataFrame
        As `summary` gives it.
    truth : DiagnosticTruth
    design : str
        "cohort" or "case-control".
    """

    data: pd.DataFrame
    truth: DiagnosticTruth
    design: Literal["cohort", "case-control"]

    def summary(self) -> pd.DataFrame:
        """Return a row a replicate: ``replicate tp fp fn tn``.

        With partial verification the four cells hold verified people, and
        ``unverified_positive unverified_negative`` the others. The columns are the
        arguments of `diagnostic_accuracy` and `verified_accuracy`.
        """
        return self.data.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the true predictive values over the prevalence."""
        from paraneo.plotting.accuracy.predictive_values import predictive_values_plot

        share = np.linspace(0.005, 0.995, 199)
        parts = [
            pd.DataFrame({"prevalence": share, "measure": name, "estimate": value})
            for name, value in zip(("ppv", "npv"), self.truth.predictive_values(share), strict=True)
        ]
        frame = pd.concat(parts, ignore_index=True)
        frame["lower"] = frame["upper"] = frame["estimate"]
        return predictive_values_plot(frame, ax=ax)

    def _heading(self) -> str:
        truth = self.truth
        return (
            f"SimulatedDiagnosticStudy ({self.design}): {len(self.data)} tables, "
            f"sensitivity {truth.sensitivity:g}, specificity {truth.specificity:g}"
        )

    def _shown(self) -> pd.DataFrame:
        return self.data.head(6)


@verb
def simulated_diagnostic_study(
    *,
    rng: Generator,
    sensitivity: float,
    specificity: float,
    n: int | None = None,
    prevalence: float | None = None,
    diseased: int | None = None,
    healthy: int | None = None,
    verified: tuple[float, float] = (1.0, 1.0),
    replicates: int = 1,
) -> SimulatedDiagnosticStudy:
    r"""Draw the two-by-two table of a study whose accuracy is known.

    In the cohort design ``n`` people are tested, a binomial number of whom have the condition.
    In the case–control design the numbers with and without it are fixed. Given the condition,
    test results are independent, and so is verification given the test's result.

    Parameters
    ----------
    rng : numpy.random.Generator
    sensitivity, specificity : float
        In [0, 1].
    n, prevalence : int and float
        People tested, and the probability of each to have the condition: the cohort design.
    diseased, healthy : int
        People with and without the condition: the case–control design.
    verified : (float, float)
        Shares of positive and of negative tests whose condition is found out, in [0, 1];
        cohort design only.
    replicates : int
        How many such studies.

    Returns
    -------
    SimulatedDiagnosticStudy

    Raises
    ------
    ArgumentError
        Naming every fault at once; also where both designs are mixed, or neither is given.

    Notes
    -----
    Small studies are left as chance makes them, with empty cells, or with nobody who has the
    condition.

    References
    ----------
    Begg CB, Greenes RA. Biometrics 1983;39:207-215. doi:10.2307/2530820 (verification).

    Examples
    --------
    >>> made = simulated_diagnostic_study(rng=np.random.default_rng(1), sensitivity=0.8,
    ...                                   specificity=0.95, n=200, prevalence=0.1)
    >>> list(made.summary()), int(made.summary().iloc[0, 1:].sum())
    (['replicate', 'tp', 'fp', 'fn', 'tn'], 200)
    >>> [round(float(x), 3) for x in made.truth.predictive_values()]
    [0.64, 0.977]
    """
    faults = Faults("the simulated diagnostic study")
    check_rng(rng, faults)
    single(sensitivity, "sensitivity", PROBABILITY, faults)
    single(specificity, "specificity", PROBABILITY, faults)
    count = repeats(replicates, faults)
    check_fits(24.0 * count, "replicates", faults)
    design = _design(n, prevalence, diseased, healthy, faults)
    shares = _verified(verified, design, faults)
    faults.raise_any()
    if design == "cohort":
        assert n is not None
        assert prevalence is not None
        ill = rng.binomial(int(n), float(prevalence), count)
        well = int(n) - ill
    else:
        assert diseased is not None
        assert healthy is not None
        ill, well = (np.full(count, int(x), dtype=np.int64) for x in (diseased, healthy))
    tp, tn = rng.binomial(ill, sensitivity), rng.binomial(well, specificity)
    people = dict(zip(CELLS, (tp, well - tn, ill - tp, tn), strict=True))
    data = pd.DataFrame({"replicate": np.arange(count)} | people)
    if shares != (1.0, 1.0):
        _leave_unverified(data, shares, rng)
    share = np.nan if prevalence is None else float(prevalence)
    truth = DiagnosticTruth(float(sensitivity), float(specificity), share, shares)
    return SimulatedDiagnosticStudy(data, truth, design)


def _design(
    n: int | None,
    prevalence: float | None,
    diseased: int | None,
    healthy: int | None,
    faults: Faults,
) -> Literal["cohort", "case-control"]:
    """Return which design the arguments speak of, noting what is wrong with them."""
    cohort = {"n": n, "prevalence": prevalence}
    control = {"diseased": diseased, "healthy": healthy}
    given = [name for name, value in (cohort | control).items() if value is not None]
    if given not in (["n", "prevalence"], ["diseased", "healthy"]):
        faults.add(
            None,
            f"{' and '.join(given) or 'nothing'} given, which is neither design",
            "Give n and prevalence (cohort), or diseased and healthy (case–control)",
        )
    for name in given:
        value = (cohort | control)[name]
        assert value is not None
        rules = PROBABILITY if name == "prevalence" else WHOLE
        single(value, name, rules, faults)
    return "case-control" if "diseased" in given or "healthy" in given else "cohort"


def _verified(given: tuple[float, float], design: str, faults: Faults) -> tuple[float, float]:
    shares = numbers(given, "verified", PROBABILITY, faults)
    if shares.shape != (2,):
        faults.add("verified", "takes two numbers", "Give those of positive and negative tests")
        return 1.0, 1.0
    if design == "case-control" and (shares < 1).any():
        faults.add(
            "verified",
            "everybody's condition is known in a case–control study",
            "Leave it out, or give n and prevalence",
        )
    return float(shares[0]), float(shares[1])


def _leave_unverified(data: pd.DataFrame, shares: tuple[float, float], rng: Generator) -> None:
    for name, cells, share in zip(UNVERIFIED, (("tp", "fp"), ("fn", "tn")), shares, strict=True):
        kept = {cell: rng.binomial(data[cell].to_numpy(), share) for cell in cells}
        data[name] = sum(data[cell].to_numpy() - kept[cell] for cell in cells)
        for cell in cells:
            data[cell] = kept[cell]
