"""What all results that are a curve a group have in common: steps, times, text and picture."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import NONNEGATIVE, numbers
from paraneo.gate.kinds import Flat
from paraneo.numerics.arrays import Vector
from paraneo.numerics.round_times import round_times
from paraneo.results.result import Result

from .left_out import excluded_frame
from .records import group_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Observed(Protocol):
    """People of one group, of whom the ends of observation are known."""

    @property
    def exit(self) -> Vector:
        """End of observation of each."""


class GroupCurves(Result):
    """Curves over time, one or several a group, that can be asked at any times.

    A subclass has the attributes ``groups``, the ``by`` columns with one row a group, and
    ``level``; it says who is in each group, where its curves have their steps, what they are at
    some times, and what to call them.
    """

    __slots__ = ()
    groups: pd.DataFrame
    level: float
    #: What stands before a cause in the name of a curve.
    _cause_word = "cause "
    _xlabel = "Time"

    @abstractmethod
    def _observed(self) -> Sequence[Observed]:
        """Return the people of each group."""

    @abstractmethod
    def _steps(self, group: int) -> Vector:
        """Return the times of the steps of a group's curves, from 0 on."""

    @abstractmethod
    def _asked(self, group: int, times: Vector) -> pd.DataFrame:
        """Return a group's curves at some times, columns as in ``summary``."""

    @abstractmethod
    def _quantity(self) -> str:
        """Return what the curves show, for the axis of a picture."""

    def summary(self) -> pd.DataFrame:
        """Return every step: the ``by`` columns, time, at_risk, estimate, lower, upper, std_error.

        Where there are several causes, or one that competes, ``cause`` stands before ``time``.
        """
        return self._tidy([self._steps(k) for k in range(len(self.groups))])

    def at(self, times: Flat) -> pd.DataFrame:
        """Return the curves at some times, columns as in ``summary``; NaN beyond follow-up."""
        asked = asked_times(times)
        return self._tidy([asked] * len(self.groups))

    @property
    def excluded(self) -> pd.DataFrame:
        """What was read and left out: reason, rows, events, person_years."""
        left: pd.DataFrame | None = getattr(self, "_left_out", None)
        return excluded_frame() if left is None else left.copy()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curves with their confidence intervals, and the numbers at risk below."""
        from paraneo.plotting.curves import curves

        frame = self.summary()
        marks = round_times(float(frame["time"].max()))
        below = self.at(marks)
        if "cause" in below:
            first = below["cause"].iloc[0]
            below = below[below["cause"].map(lambda cause: cause == first)]
        below = below.assign(label=np.repeat(group_names(self.groups), len(marks)))
        return curves(
            frame.assign(label=self._labels(frame)),
            below,
            xlabel=self._xlabel,
            ylabel=f"{self._quantity()} ({100 * self.level:g}% CI)",
            top=self._top(),
            legend=", ".join(map(str, self.groups.columns)),
            ax=ax,
        )

    def _top(self) -> float | None:
        """Return the upper end of the axis, None for what the curves need."""
        return None

    def _shown(self) -> pd.DataFrame:
        return self.at(round_times(max(float(part.exit.max()) for part in self._observed())))

    def _heading(self) -> str:
        return f"{type(self).__name__} of {self._size()} people"

    def _size(self) -> int:
        return sum(len(part.exit) for part in self._observed())

    def _tidy(self, times: Sequence[Vector]) -> pd.DataFrame:
        return labelled(self.groups, [self._asked(k, t) for k, t in enumerate(times)])

    def _labels(self, frame: pd.DataFrame) -> pd.Series[str]:
        """Return the name of each row's curve: its group, and its cause where there are several."""
        by = list(self.groups)
        name = pd.Series("" if by or "cause" in frame else "all", index=frame.index)
        if by:
            name = frame[by].astype(str).agg(" / ".join, axis=1)
        if "cause" in frame and (not by or len(frame["cause"].unique()) > 1):
            name = name + (", " if by else "") + self._cause_word + frame["cause"].astype(str)
        return name


def asked_times(times: Flat) -> Vector:
    """Return times asked for as an array, or raise an error."""
    faults = Faults("the times asked for")
    asked = np.atleast_1d(numbers(times, "times", NONNEGATIVE, faults))
    faults.raise_any()
    return asked


def labelled(groups: pd.DataFrame, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the frames of all groups below each other, the labels before them."""
    whose = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
    labels = groups.iloc[whose].reset_index(drop=True)
    return pd.concat([labels, pd.concat(frames, ignore_index=True)], axis=1)
