"""What every result has in common: it shows itself as its tidy frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape

import pandas as pd

from paraneo.gate.verbs import Checked


class Result(Checked, ABC):
    """A complete, frozen answer whose text, table and picture come from one frame."""

    __slots__ = ()

    @abstractmethod
    def summary(self) -> pd.DataFrame:
        """Return the tidy frame; its column names are part of the public promise."""

    def _heading(self) -> str:
        """Return the line above the frame; a subclass may say more."""
        return type(self).__name__

    def _shown(self) -> pd.DataFrame:
        """Return the frame to show; a subclass with a long summary shows less."""
        return self.summary()

    def __repr__(self) -> str:
        frame = self._shown().to_string(index=False, float_format=lambda x: f"{x:.6g}")
        return f"{self._heading()}\n{frame}"

    def _repr_html_(self) -> str:
        frame = self._shown().to_html(index=False, float_format=lambda x: f"{x:.4g}", border=0)
        heading = escape(self._heading()).replace("\n", "<br>")
        return f"<p>{heading}</p>{frame}"
