"""Simulated meta-analyses of the accuracy of a test, whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, PROBABILITY, Rule, check_fits, check_rng, numbers
from paraneo.gate.verbs import verb
from paraneo.results.result import Result

from ._draws import ABOVE, WHOLE, Counts, repeats, single, some_of
from .accuracy_distributions import AccuracyDistribution
from .diagnostic import CELLS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DESIGNS = np.array(["cohort", "case-control"])
_SHARE = (*PROBABILITY, Rule(lambda x: (x == 0) | (x == 1), "has no logit", "Move it inside"))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SimulatedAccuracyStudies(Result):
    """Two-by-two tables of the studies of simulated meta-analyses, and what is true of them.

    Attributes
    ----------
    data : pandas.DataFrame
        As `summary` gives it.
    truth : AccuracyDistribution
        The distribution the studies were drawn from: ``mean between_study median marginal`` and
        ``predictive_values(prevalence)``.
    latent : pandas.DataFrame
        What nobody sees, a row a study in the same order: true ``sensitivity specificity
        prevalence`` (NaN in a case–control study), and what the distribution has behind them.
    k : int
        Studies of each meta-analysis.
    """

    data: pd.DataFrame
    truth: AccuracyDistribution
    latent: pd.DataFrame
    k: int

    def summary(self) -> pd.DataFrame:
        """Return a row a study: ``replicate study design tp fp fn tn``.

        `pooled_accuracy` takes the rows of one replicate as they are. For all at once,
        ``data["tp"].to_numpy().reshape(-1, k)`` is the array of meta-analyses by studies.
        """
        return self.data.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the studies of the first replicate, with the true point and curve."""
        from paraneo.accuracy.pooled.sroc import curve, hsroc, region
        from paraneo.plotting.accuracy.sroc import sroc_plot

        one = self.data[self.data["replicate"] == self.data["replicate"].iloc[0]]
        tp, fp, fn, tn = (one[cell].to_numpy(np.float64) for cell in CELLS)
        studies = one.assign(sensitivity=tp / (tp + fn), specificity=tn / (tn + fp))
        truth = self.truth
        names = ("false_positive_rate", "sensitivity")
        rate = np.linspace(0.002, 0.998, 250)
        parameters = hsroc(truth.mean, truth.between_study)
        assert parameters is not None
        line = pd.DataFrame(dict(zip(names, (rate, curve(parameters, rate)), strict=True)))
        border = region(truth.mean, truth.between_study, 0.95, None, 181)
        values = pd.DataFrame({"measure": ["sensitivity", "specificity"], "estimate": truth.median})
        around = pd.DataFrame(dict(zip(names, border, strict=True)))
        return sroc_plot(
            studies,
            values,
            curve=line,
            confidence=None,
            prediction=around,
            level=0.95,
            name="Truth",
            ax=ax,
        )

    def _heading(self) -> str:
        first, second = self.truth.median
        return (
            f"SimulatedAccuracyStudies: {len(self.data) // self.k} meta-analyses of {self.k} "
            f"studies, sensitivity {first:.4g}, specificity {second:.4g}"
        )

    def _shown(self) -> pd.DataFrame:
        return self.data.head(6)


@verb
def simulated_accuracy_studies(
    k: int,
    *,
    rng: Generator,
    distribution: AccuracyDistribution,
    people: tuple[float, float] = (100.0, 0.6),
    prevalence: tuple[float, float] = (0.3, 0.5),
    case_control: float = 0.0,
    case_share: float = 0.5,
    sizes: ArrayLike | None = None,
    replicates: int = 1,
) -> SimulatedAccuracyStudies:
    r"""Draw the studies of a meta-analysis of accuracy whose truth is known.

    A study's true logit Se and logit Sp come from the distribution, the numbers with and without
    the condition from its design, and its right answers are binomial given both.

    Parameters
    ----------
    k : int
        Studies of a meta-analysis.
    rng : numpy.random.Generator
    distribution : BivariateAccuracy or ThresholdAccuracy
        Of true sensitivity and specificity over studies.
    people : (float, float)
        Median of the people in a study, and standard deviation of its logarithm: log-normal,
        rounded, 2 at least.
    prevalence : (float, float)
        Median over cohort studies of the prevalence, and standard deviation of its logit.
    case_control : float
        Probability of a study to be a case–control one.
    case_share : float
        Share of the people of such a study that have the condition, strictly between 0 and 1.
    sizes : array, shape (k, 2), optional
        Numbers with and without the condition in each study, such as those of a review at
        hand; the three distributions above are then not used.
    replicates : int
        How many such meta-analyses.

    Returns
    -------
    SimulatedAccuracyStudies

    Raises
    ------
    ArgumentError
        Naming every fault at once.

    Notes
    -----
    Nobody publishes the sensitivity of a test in no patients: the number with the condition
    is binomial in a cohort study given that it is neither 0 nor everybody. True accuracy does not
    depend on size, design or prevalence.

    References
    ----------
    Chu H, Cole SR. J Clin Epidemiol 2006;59:1331-1332. doi:10.1016/j.jclinepi.2006.06.011.

    Examples
    --------
    >>> from paraneo.simulation import BivariateAccuracy
    >>> distribution = BivariateAccuracy(0.7, 0.95, between=(0.6, 0.8), correlation=-0.4)
    >>> made = simulated_accuracy_studies(
    ...     8, rng=np.random.default_rng(1), distribution=distribution
    ... )
    >>> list(made.summary())
    ['replicate', 'study', 'design', 'tp', 'fp', 'fn', 'tn']
    >>> made.truth.median
    array([0.7 , 0.95])
    """
    faults = Faults("the simulated meta-analyses")
    check_rng(rng, faults)
    number, count = repeats(k, faults, "k"), repeats(replicates, faults)
    check_fits(24.0 * number * count, "k" if number > count else "replicates", faults)
    if not hasattr(distribution, "between_study"):
        faults.add(
            "distribution",
            f"expected a distribution of accuracy, and this is {distribution!r}",
            "Give BivariateAccuracy or ThresholdAccuracy",
        )
    _check_pair(people, "people", ABOVE, faults)
    _check_pair(prevalence, "prevalence", _SHARE, faults)
    single(case_control, "case_control", PROBABILITY, faults)
    single(case_share, "case_share", _SHARE, faults)
    fixed = None if sizes is None else _fixed(sizes, number, faults)
    faults.raise_any()
    shape = (count, number)
    if fixed is None:
        chosen = rng.random(shape) < case_control
        ill, well, share = _sizes(people, prevalence, chosen, case_share, rng)
    else:
        chosen, share = np.zeros(shape, dtype=bool), np.full(shape, np.nan)
        ill, well = (np.broadcast_to(fixed[:, i], shape) for i in (0, 1))
    drawn = distribution.draw(shape, rng)
    true = {name: expit(drawn[f"logit_{name}"]) for name in ("sensitivity", "specificity")}
    tp, tn = rng.binomial(ill, true["sensitivity"]), rng.binomial(well, true["specificity"])
    cells = dict(zip(CELLS, (tp, well - tn, ill - tp, tn), strict=True))
    data = pd.DataFrame(
        {
            "replicate": np.repeat(np.arange(count), number),
            "study": np.tile([f"Study {i + 1}" for i in range(number)], count),
            "design": "sizes given" if fixed is not None else DESIGNS[chosen.ravel().astype(int)],
        }
        | {name: value.ravel() for name, value in cells.items()}
    )
    behind = {name: x for name, x in drawn.items() if not name.startswith("logit_")}
    latent = {name: x.ravel() for name, x in (true | {"prevalence": share} | behind).items()}
    return SimulatedAccuracyStudies(data, distribution, pd.DataFrame(latent), number)


def _check_pair(
    value: tuple[float, float], name: str, first: tuple[Rule, ...], faults: Faults
) -> None:
    read = numbers(value, name, (), faults)
    if read.shape != (2,):
        faults.add(name, "takes two numbers", "Give a median and a standard deviation")
        return
    numbers(read[0], name, first, faults)
    numbers(read[1], name, NONNEGATIVE, faults)


def _fixed(sizes: ArrayLike, k: int, faults: Faults) -> Counts:
    read = numbers(sizes, "sizes", WHOLE, faults)
    if read.shape != (k, 2):
        cure = "Give a row a study: with the condition, without it"
        faults.add("sizes", f"has the shape {read.shape}, not {(k, 2)}", cure)
    with np.errstate(invalid="ignore"):
        return read.astype(np.int64)


def _sizes(
    people: tuple[float, float],
    prevalence: tuple[float, float],
    chosen: NDArray[np.bool_],
    case_share: float,
    rng: Generator,
) -> tuple[Counts, Counts, NDArray[np.float64]]:
    """Return numbers with and without the condition, and the prevalence of cohort studies."""
    drawn = people[0] * np.exp(people[1] * rng.standard_normal(chosen.shape))
    n = np.maximum(np.round(drawn), 2).astype(np.int64)
    share = expit(logit(prevalence[0]) + prevalence[1] * rng.standard_normal(chosen.shape))
    cases = np.clip(np.round(n * case_share), 1, n - 1).astype(np.int64)
    ill = np.where(chosen, cases, some_of(n, share, rng))
    return ill, n - ill, np.where(chosen, np.nan, share)
