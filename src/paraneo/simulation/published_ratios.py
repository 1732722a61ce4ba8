"""Simulated published ratios: observed over expected with printed limits, the truth known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from paraneo.errors import Faults
from paraneo.gate.arguments import (
    COUNT,
    NONNEGATIVE,
    PROBABILITY,
    check_fits,
    check_level,
    check_option,
    check_rng,
    numbers,
)
from paraneo.gate.verbs import verb
from paraneo.numerics.arrays import Vector
from paraneo.numerics.poisson_limits import limits_of_counts
from paraneo.results.result import Result

from ._draws import ABOVE, repeats, single
from .excess_hazards import PiecewiseRatio
from .ratio_truth import Effects, RatioTruth

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Rules by which limits are printed, and the interval of a count that each is.
RULES = {
    "exact": "exact",
    "byar": "byar",
    "mid-p": "mid-p",
    "log-normal": "log-wald",
    "symmetric": "wald",
}
MISPRINTS = np.array(["", "narrow", "decimal", "events"])
#: How many times too many events the limits of a "narrow" misprint rest on.
_TOO_MANY = 100
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SimulatedPublishedRatios(Result):
    """Ratios as studies print them, and what is true of them.

    Attributes
    ----------
    data : pandas.DataFrame
        As `summary` gives it.
    truth : RatioTruth
    latent : pandas.DataFrame
        What nobody sees, a row a printed row in the same order: the true ``ratio`` there, the
        study's own ``effect``, and ``misprint``: empty, "narrow" (limits of a hundred times the
        events), "decimal" (upper limit ten times too high) or "events" (another number of
        events printed).
    k : int
        Studies of each set.
    """

    data: pd.DataFrame
    truth: RatioTruth
    latent: pd.DataFrame
    k: int

    def summary(self) -> pd.DataFrame:
        """Return a row a printed ratio.

        ``replicate study observed expected sir ci_low ci_high decimals``, and with windows
        ``window_start_years window_end_years``. The rows of one replicate are what
        `pooled_ratios`, `audited_ratios` and `pooled_ratio_curve` take; set ``observed`` or
        ``expected`` aside to have them recovered from what is printed. A limit that its rule
        does not give (no event, log-normal) is missing.
        """
        return self.data.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the first set as a forest, a line at the true ratio (at 1 with a curve)."""
        from paraneo.plotting.forest import forest

        one = self.data[self.data["replicate"] == self.data["replicate"].iloc[0]]
        names = {"sir": "estimate", "ci_low": "lower", "ci_high": "upper"}
        frame = one.rename(columns=names).reset_index(drop=True)
        if "window_start_years" in frame:
            ends = frame["window_start_years"].map("{:g}".format) + "–"
            ends += frame["window_end_years"].map("{:g}".format)
            frame["study"] += ", years " + ends
        ratio = self.truth.ratio
        line = 1.0 if isinstance(ratio, PiecewiseRatio) else float(ratio)
        return forest(frame, label="study", xlabel="Observed / expected", reference=line, ax=ax)

    def _heading(self) -> str:
        sets = self.data["replicate"].nunique()
        wrong = int((self.latent["misprint"] != "").sum())
        return f"SimulatedPublishedRatios: {sets} sets of {self.k} studies, {wrong} rows misprinted"

    def _shown(self) -> pd.DataFrame:
        return self.data.head(6)


class _Rows(NamedTuple):
    """Printed rows of all sets, one after the other."""

    replicate: NDArray[np.intp]
    study: NDArray[np.intp]
    start: Vector
    end: Vector
    share: Vector


@verb
def simulated_published_ratios(
    k: int,
    *,
    rng: Generator,
    ratio: float | PiecewiseRatio = 2.0,
    tau: float = 0.3,
    effects: Effects = "log-normal",
    expected: tuple[float, float] = (5.0, 1.0),
    sizes: ArrayLike | None = None,
    windows: Sequence[Sequence[tuple[float, float]]] | None = None,
    rule: str = "exact",
    digits: int = 2,
    level: float = 0.95,
    misprinted: float = 0.0,
    replicates: int = 1,
) -> SimulatedPublishedRatios:
    r"""Draw published incidence ratios whose truth is known.

    Study i expects :math:`E_i` cancers and observes

    .. math:: O_i \sim \mathrm{Poisson}(E_i\, \rho\, e^{u_i}),

    with :math:`u_i` of mean 0 and standard deviation τ; it prints O, E, O/E and limits.

    Parameters
    ----------
    k : int
        Studies of a set.
    rng : numpy.random.Generator
    ratio : float or PiecewiseRatio
        ρ, of the average study on the log scale; by time since diagnosis where there are
        ``windows``, each then having its mean over the window.
    tau : float
        Standard deviation over studies of the log ratio, 0 or more.
    effects : {"log-normal", "gamma"}
        Distribution of :math:`e^u`.
    expected : (float, float)
        Median of a study's expected cancers, and standard deviation of their logarithm.
    sizes : array, shape (k,), optional
        Expected cancers of each study, such as those of a review at hand, instead of that
        distribution.
    windows : sequence of sequences of (start, end), optional
        Years since diagnosis. Each study takes one sequence, drawn evenly, and prints a ratio
        for each of its windows; its expected cancers are shared out by their width.
    rule : {"exact", "byar", "mid-p", "log-normal", "symmetric"}
        By which limits are made.
    digits : int
        Decimals to which ratio, limits and expected cancers are rounded.
    level : float
        Of the limits, in (0, 1).
    misprinted : float
        Probability of a row to carry one misprint.
    replicates : int
        How many such sets.

    Returns
    -------
    SimulatedPublishedRatios

    Raises
    ------
    ArgumentError
        Naming every fault at once.

    Notes
    -----
    Expected cancers are rounded before cases are drawn, to one unit of the last decimal at
    least, so that what is printed is what is true. Rows without an event can only have the
    misprint "events".

    References
    ----------
    Stijnen T, Hamza TH, Özdemir P. Stat Med 2010;29:3046-3067. doi:10.1002/sim.4040.

    Examples
    --------
    >>> made = simulated_published_ratios(6, rng=np.random.default_rng(1), ratio=2.5, tau=0.4)
    >>> list(made.summary())
    ['replicate', 'study', 'observed', 'expected', 'sir', 'ci_low', 'ci_high', 'decimals']
    >>> made.truth.ratio, round(made.truth.mean_ratio, 3)
    (2.5, 2.708)
    """
    faults = Faults("the simulated published ratios")
    check_rng(rng, faults)
    number, count = repeats(k, faults, "k"), repeats(replicates, faults)
    check_fits(30.0 * number * count, "k" if number > count else "replicates", faults)
    _check_law(ratio, tau, effects, windows, faults)
    _check_printing(rule, digits, level, misprinted, faults)
    size = _expected(expected, sizes, number, faults)
    patterns = _patterns(windows, faults)
    faults.raise_any()
    truth = RatioTruth(ratio if isinstance(ratio, PiecewiseRatio) else float(ratio), tau, effects)
    rows = _rows(count, number, patterns, rng)
    shape = (count, number)
    if sizes is None:
        total = size[0] * np.exp(size[1] * rng.standard_normal(shape))
    else:
        total = np.broadcast_to(size, shape)
    unit = 10.0**-digits
    cancers = total[rows.replicate, rows.study] * rows.share
    cancers = np.maximum(np.round(cancers, digits), unit)
    effect = truth.draw(shape, rng)[rows.replicate, rows.study]
    true = truth.over(rows.start, rows.end) * effect
    observed = rng.poisson(cancers * true)
    wrong = np.where(rng.random(len(true)) < misprinted, rng.integers(1, 4, len(true)), 0)
    wrong = np.where((wrong > 0) & (observed == 0), 3, wrong)
    data = _printed(rows, observed, cancers, wrong, rule, int(digits), level)
    if windows is not None:
        data["window_start_years"], data["window_end_years"] = rows.start, rows.end
    latent = pd.DataFrame({"ratio": true, "effect": effect, "misprint": MISPRINTS[wrong]})
    return SimulatedPublishedRatios(data, truth, latent, number)


def _check_law(ratio: Any, tau: float, effects: str, windows: Any, faults: Faults) -> None:
    if not isinstance(ratio, PiecewiseRatio):
        single(ratio, "ratio", ABOVE, faults)
    elif windows is None:
        faults.add("windows", "a curve has no ratio without windows", "Give windows, or a number")
    single(tau, "tau", NONNEGATIVE, faults)
    check_option(effects, get_args(Effects), "effects", faults)


def _check_printing(rule: str, digits: Any, level: float, wrong: float, faults: Faults) -> None:
    check_option(rule, RULES, "rule", faults)
    check_level(level, faults)
    single(wrong, "misprinted", PROBABILITY, faults)
    if single(digits, "digits", COUNT, faults) > _MOST_DIGITS:
        faults.add("digits", f"{digits!r} are more than anybody prints", "Give 0 to 9")


def _expected(distribution: Any, sizes: ArrayLike | None, k: int, faults: Faults) -> Vector:
    """Return median and deviation of the distribution, or the expected cancers of each study."""
    if sizes is not None:
        read = numbers(sizes, "sizes", ABOVE, faults)
        if read.shape != (k,):
            faults.add("sizes", f"has the shape {read.shape}, not {(k,)}", "Give one a study")
        return read
    read = numbers(distribution, "expected", (), faults)
    if read.shape != (2,):
        faults.add("expected", "takes two numbers", "Give a median and a standard deviation")
        return read
    numbers(read[0], "expected", ABOVE, faults)
    numbers(read[1], "expected", NONNEGATIVE, faults)
    return read


def _patterns(windows: Any, faults: Faults) -> list[Vector]:
    """Return the windows of each pattern, shape (windows, 2)."""
    if windows is None:
        return [np.array([[0.0, 1.0]])]
    known = len(faults.found)
    patterns = [numbers(pattern, "windows", NONNEGATIVE, faults) for pattern in windows]
    if not patterns or any(p.ndim != 2 or p.shape[-1] != 2 for p in patterns):
        cure = "Give sequences of pairs, such as [[(0, 1), (1, 5)], [(0, 5)]]"
        faults.add("windows", "are no sequences of windows", cure)
    elif len(faults.found) == known:
        for at, pattern in enumerate(patterns):
            ordered = pattern[np.argsort(pattern[:, 0])]
            backward = (ordered[:, 1] <= ordered[:, 0]).any()
            if backward or (ordered[1:, 0] < ordered[:-1, 1]).any():
                cure = "Let each end after it starts, and none overlap"
                faults.add("windows", "overlap or run backwards", cure, rows=[at])
    return patterns


def _rows(count: int, k: int, patterns: list[Vector], rng: Generator) -> _Rows:
    """Return the rows that the studies print: one, or one for each of their windows."""
    lengths = np.array([len(pattern) for pattern in patterns])
    chosen = rng.integers(len(patterns), size=count * k)
    study = np.repeat(np.arange(count * k), lengths[chosen])
    first = np.cumsum(lengths[chosen]) - lengths[chosen]
    place = np.arange(len(study)) - first[study] + (np.cumsum(lengths) - lengths)[chosen][study]
    start, end = np.concatenate(patterns)[place].T
    width = np.concatenate([np.diff(p)[:, 0] / np.diff(p).sum() for p in patterns])
    return _Rows(study // k, study % k, start, end, width[place])


def _printed(
    rows: _Rows,
    observed: NDArray[np.int64],
    cancers: Vector,
    wrong: NDArray[np.int64],
    rule: str,
    digits: int,
    level: float,
) -> pd.DataFrame:
    kind = MISPRINTS[wrong]
    times = np.where(kind == "narrow", _TOO_MANY, 1)
    limits = limits_of_counts(np.asarray(observed * times, np.float64), RULES[rule], level)
    low, high = (limit / (cancers * times) for limit in limits)
    high = np.where(kind == "decimal", 10 * high, high)
    known = np.isfinite(high)
    other = observed + np.maximum(3, observed // 2)
    shown = {"ratio": observed / cancers, "low": low, "high": np.where(known, high, 0.0)}
    ratio, low, high = (np.round(x, digits) for x in shown.values())
    return pd.DataFrame(
        {
            "replicate": rows.replicate,
            "study": np.array([f"Study {i + 1}" for i in range(rows.study.max() + 1)])[rows.study],
            "observed": np.where(kind == "events", other, observed),
            "expected": cancers,
            "sir": ratio,
            "ci_low": np.where(known, low, np.nan),
            "ci_high": np.where(known, high, np.nan),
            "decimals": digits,
        }
    )
