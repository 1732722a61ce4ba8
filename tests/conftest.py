"""Fixtures shared by all tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import matplotlib as mpl
import pandas as pd
import polars as pl
import pytest

mpl.use("Agg")

hypothesis.settings.register_profile("paraneo", deadline=None, max_examples=60, derandomize=True)
hypothesis.settings.load_profile("paraneo")


@pytest.fixture(params=[pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def as_frame(request: pytest.FixtureRequest) -> Callable[[dict[str, Any]], Any]:
    """Make a frame of each kind from a dict of columns."""
    return request.param


@pytest.fixture(autouse=True)
def _no_picture_stays_open() -> Iterator[None]:
    """Close what a test has drawn, so that no later test meets many open pictures."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
