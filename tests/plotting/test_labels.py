"""Labels from data are drawn as they are written."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import paraneo as pn
from paraneo.plotting.by_band import by_band
from paraneo.plotting.curves import curves
from paraneo.plotting.style import log_marks

HARD = ["cost $5 to $9", r"$\frac{1}$", "_hidden", "\x1b[31mred", "[red]x[/red]"]


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def drawn(ax):
    """Draw the figure, as a formula that cannot be read fails only then, and return its texts."""
    ax.figure.canvas.draw()
    texts = [*ax.get_yticklabels(), *ax.get_xticklabels()]
    texts += ax.get_legend().get_texts() if ax.get_legend() else []
    return [text.get_text().replace(r"\$", "$").strip() for text in texts]


def test_a_forest_names_groups_as_they_are_written():
    data = {"group": HARD, "observed": [3] * 5, "expected": [2.0] * 5}
    texts = drawn(pn.incidence_ratios(data, by="group").plot())
    for label in ("cost $5 to $9", r"$\frac{1}$", "_hidden", r"\x1b[31mred", "[red]x[/red]"):
        assert label in texts


@pytest.mark.parametrize("draw", [curves, by_band])
def test_a_legend_names_all_groups_as_they_are_written(draw):
    frame = pd.DataFrame({"label": np.repeat(HARD, 2), "time": [0.0, 1.0] * 5, "estimate": 0.5})
    frame = frame.assign(lower=0.2, upper=0.8, start=frame["time"], end=frame["time"] + 1)
    texts = drawn(draw(frame, xlabel="Years ($t$)", ylabel="Risk"))
    for label in ("cost $5 to $9", r"$\frac{1}$", "_hidden", r"\x1b[31mred", "[red]x[/red]"):
        assert label in texts


def test_marks_of_a_long_axis_are_powers_of_ten():
    assert log_marks(0.09, 11)[1] == ["0.1", "0.2", "0.5", "1", "2", "5", "10"]
    assert log_marks(0.009, 110)[1] == ["0.01", "0.1", "1", "10", "100"]
