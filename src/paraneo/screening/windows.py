"""When one may stop looking: the end of the time in which looking is worth it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from paraneo._arguments import POSITIVE, check_option, numbers
from paraneo._estimate import Estimate, Vector
from paraneo._result import Result
from paraneo.errors import Faults

from ._group_curves import GroupCurves, group_curves
from .risk import CAUTION, CancerRisk

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rule = Literal["ratio", "share", "excess", "residual"]
#: Pieces of a year in which curves are followed.
STEPS_A_YEAR = 48
#: An excess that is a smaller part of the risk is none but rounding.
NO_EXCESS = 1e-12
#: What each rule's curve is, with its unit.
CURVES = {
    "ratio": "cancer hazard / population's",
    "share": "share of the excess cancers that have shown",
    "excess": "excess cancers per 1000 in the next {width}",
    "residual": "probability that a cancer is still hidden",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScreeningWindow(Result):
    """The time after diagnosis in which looking for a cancer is worth it, by one rule.

    Attributes
    ----------
    end : Estimate
        Years after diagnosis; infinite where the rule is not met within the data.
    rule : str
    threshold : float
    not_within_data : float
        The share of draws of the parameters in which the rule is not met.
    curve : pandas.DataFrame
        What the rule looks at: ``years estimate lower upper``.
    horizon : float
        Years up to which the data reach.
    """

    end: Estimate
    rule: str
    threshold: float
    not_within_data: float
    curve: pd.DataFrame
    horizon: float
    _label: str

    def summary(self) -> pd.DataFrame:
        """Return one row: ``rule threshold estimate lower upper not_within_data``."""
        frame = self.end.summary()
        frame.insert(0, "rule", self.rule)
        frame.insert(1, "threshold", self.threshold)
        frame["not_within_data"] = self.not_within_data
        return frame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curve with its limits, the threshold and the window."""
        from paraneo.plotting.window import window_plot

        return window_plot(
            self.curve, self.summary(), label=self._label, horizon=self.horizon, ax=ax
        )

    def _heading(self) -> str:
        value, low, high = self.end.value, self.end.lower, self.end.upper
        words = [
            f"{x:.3g}" if np.isfinite(x) else f"not within the {self.horizon:g} years of data"
            for x in (float(value), float(low), float(high))
        ]
        return (
            f"Window by {self._label}, threshold {self.threshold:g}: ends after {words[0]} years "
            f"({100 * self.end.level:g}% limits {words[1]} to {words[2]})\n{CAUTION}"
        )


def screening_window(
    risk: CancerRisk,
    *,
    rule: Rule,
    threshold: float,
    width: float = 1.0,
    draws: int = 1000,
    rng: np.random.Generator | None = None,
) -> ScreeningWindow:
    """Return when looking for a cancer stops being worth it, by a stated rule.

    Parameters
    ----------
    risk : CancerRisk
        Of one person; a marker and time without cancer that it is given count.
    rule : {"ratio", "share", "excess", "residual"}
        The window ends at the first time from which, to the end of the data, …
        ``ratio``: the cancer hazard is at most ``threshold`` times the population's;
        ``share``: at least the share ``threshold`` of all excess cancers has shown;
        ``excess``: those alive without cancer run at most ``threshold`` excess cancers per
        1000 in the next ``width`` years; ``residual``: the probability that those alive
        without cancer still have a hidden one is at most ``threshold``. With a
        hidden-cancer model and no marker that is its own posterior probability;
        otherwise it is the excess risk still to come within the horizon.
    threshold : float
        Above 0; a share or probability below 1.
    width : float
        Years, for ``excess``.
    draws : int
        Of the parameters, for the limits; 1 or more, better 1000.
    rng : numpy.random.Generator, optional
        Left out, always the same stream.

    Returns
    -------
    ScreeningWindow

    Raises
    ------
    ArgumentError
        Where the risk is of several people, or a number is outside its range.

    Notes
    -----
    "All excess cancers" means those within the horizon of the risk: ask for one as long
    as the data. The limits are quantiles of the window's end over draws of the
    parameters from their normal approximation; an upper limit that is infinite says that
    the data do not show an end.

    In 500 invented cohorts a setting 95% limits cover 0.91 to 0.95 with 280 cancers, and 0.90
    with 76, 50 of them hidden at diagnosis: the true end lies above the upper limit in 6 and
    in 9 of 100. With fewer than a few hundred cancers ask for a risk with ``level=0.99``.

    Examples
    --------
    >>> from paraneo import cancer_risk, rate_table
    >>> flat = rate_table({"age": [0], "rate": [0.01]}, rate="rate")
    >>> ratios = {"start": [0, 1, 3], "end": [1, 3, 10], "estimate": [7.0, 2.0, 1.1]}
    >>> risk = cancer_risk(ratios, age=60, year=2020, rates=flat, mortality=flat, horizon=10)
    >>> screening_window(risk, rule="ratio", threshold=1.5).end.value
    3.0
    """
    faults = Faults("the screening window")
    known = check_option(rule, CURVES, "rule", faults)
    limit = numbers(threshold, "threshold", POSITIVE, faults)
    if limit.ndim:
        faults.add("threshold", "must be one number", "Ask for one window after the other")
        limit = np.full((), np.nan)
    if not isinstance(draws, int | np.integer) or draws < 1:
        faults.add("draws", f"{draws!r} is too few for limits", "Give 1000 or more")
    stream = _generator(rng, faults)
    if known and rule in ("share", "residual") and limit >= 1:
        faults.add("threshold", f"{threshold!r} is no proportion below 1", "Such as 0.9 or 0.01")
    wide = numbers(width, "width", POSITIVE, faults)
    if risk.size > 1:
        faults.add("risk", f"is that of {risk.size} people", "Ask for one person at a time")
    elif known and rule == "excess" and wide >= risk.horizon - risk.cancer_free_for:
        faults.add("width", "is as long as the horizon", "Make it shorter, or the horizon longer")
    faults.raise_any()
    times = _times(risk, rule, float(wide))
    rows = risk._rows.drawn(draws, stream)
    found = group_curves(risk, rows, times)
    at, curve = _CURVE[rule](risk, found, times, float(wide), rows.theta)
    ends = np.array([_end(rule, at, row, float(limit)) for row in curve])
    tail = (1 - risk.level) / 2
    drawn = ends[1:] if len(ends) > 1 else ends
    low = np.quantile(drawn, tail, method="lower")
    high = np.quantile(drawn, 1 - tail, method="higher")
    rest = curve[1:] if len(curve) > 1 else curve
    lower, upper = np.quantile(rest, [tail, 1 - tail], axis=0)
    frame = pd.DataFrame({"years": at, "estimate": curve[0], "lower": lower, "upper": upper})
    return ScreeningWindow(
        end=Estimate(ends[0], low, high, level=risk.level, method="draws"),
        rule=rule,
        threshold=float(limit),
        not_within_data=float(np.mean(np.isinf(drawn))),
        curve=frame,
        horizon=risk.horizon,
        _label=CURVES[rule].format(width="year" if wide == 1 else f"{float(wide):g} years"),
    )


def _generator(rng: Any, faults: Faults) -> np.random.Generator:
    if rng is not None and not isinstance(rng, np.random.Generator):
        faults.add("rng", f"{rng!r} is no generator", "Pass numpy.random.default_rng(seed)")
    return rng if isinstance(rng, np.random.Generator) else np.random.default_rng(0)


def _times(risk: CancerRisk, rule: str, width: float) -> Vector:
    """Return the times at which curves are worked out."""
    start, end = risk.cancer_free_for, risk.horizon
    if rule == "excess":
        step = width / int(np.ceil(width * STEPS_A_YEAR))
        many = int(np.floor((end - start) / step + 1e-9)) + 1
        return np.asarray(start + step * np.arange(many), dtype=np.float64)
    many = int(np.ceil((end - start) * STEPS_A_YEAR)) + 1
    even = np.asarray(np.linspace(start, end, many), dtype=np.float64)
    own = risk._source.edges
    inside = own[(own > start) & (own < end)]
    # an even time next to one of the model's own adds nothing but rounding
    far = np.abs(even[:, None] - inside).min(axis=1, initial=np.inf) > 1e-9
    return np.asarray(np.unique(np.concatenate([even[far], inside])), dtype=np.float64)


def _ratio(
    _risk: CancerRisk, found: GroupCurves, times: Vector, _width: float, _theta: Vector
) -> tuple[Vector, Vector]:
    hazard = np.diff(-np.log1p(-found.net), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return times[:-1], hazard / np.diff(found.background)


def _share(
    _risk: CancerRisk, found: GroupCurves, times: Vector, _width: float, _theta: Vector
) -> tuple[Vector, Vector]:
    total = found.excess[:, -1:]
    some = total > NO_EXCESS * found.risk[:, -1:]
    return times, np.where(some, found.excess / np.where(some, total, 1.0), np.nan)


def _excess(
    _risk: CancerRisk, found: GroupCurves, times: Vector, width: float, _theta: Vector
) -> tuple[Vector, Vector]:
    ahead = int(np.ceil(width * STEPS_A_YEAR))
    more = found.excess[:, ahead:] - found.excess[:, :-ahead]
    return times[:-ahead], 1000 * more / found.alive[:, :-ahead]


def _residual(
    risk: CancerRisk, found: GroupCurves, times: Vector, _width: float, theta: Vector
) -> tuple[Vector, Vector]:
    if risk._source.residual is not None and risk._sign[0] == 0:
        rows = [risk._source.residual(row, risk._at, times)[0] for row in theta]
        return times, np.stack(rows)
    return times, (found.excess[:, -1:] - found.excess) / found.alive


_CURVE: dict[str, Callable[..., tuple[Vector, Vector]]] = {
    "ratio": _ratio,
    "share": _share,
    "excess": _excess,
    "residual": _residual,
}


def _end(rule: str, times: Vector, curve: Vector, threshold: float) -> float:
    """Return the first time from which the rule is met to the end; infinite where never."""
    met = curve >= threshold if rule == "share" else curve <= threshold * (1 + 1e-12)
    if rule == "ratio":
        met |= np.isnan(curve)  # no cancer at all there, with or without the disease
    elif np.isnan(curve).any():
        return np.inf
    if not met[-1]:
        return np.inf
    last = np.flatnonzero(~met)
    if len(last) == 0:
        return float(times[0])
    k = int(last[-1])
    if rule == "ratio":
        return float(times[k + 1])
    part = (threshold - curve[k]) / (curve[k + 1] - curve[k])
    return float(times[k] + part * (times[k + 1] - times[k]))
