"""The short way through the gate against the long one: the same ticks, or nothing at all."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraneo import person_years
from paraneo.errors import Faults
from paraneo.follow_up._dated_spells import dated_ticks
from paraneo.gate.tables import Columns

NAMES = ("born", "start", "stop")
UNITS = ("s", "ms", "us", "ns")
MOST_DAYS = 43_831.0
#: A day by which none of the people below is dead, whatever today is.
SINCE, UNTIL = -25_000, 15_000


def people(born: list[int], start: list[int], stop: list[int], unit: str = "s") -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: np.array(days, "datetime64[D]").astype(f"datetime64[{unit}]")
            for name, days in zip(NAMES, (born, start, stop), strict=True)
        }
    )


def ticks(frame: pd.DataFrame, names: tuple[str, ...] = NAMES) -> np.ndarray | None:
    return dated_ticks(Columns(frame, Faults("")), names, MOST_DAYS)


@given(
    st.lists(
        st.lists(st.integers(SINCE, UNTIL), min_size=3, max_size=3).map(sorted),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(UNITS),
)
def test_ticks_are_half_days(rows: list[list[int]], unit: str) -> None:
    frame = people(*map(list, zip(*rows, strict=True)), unit=unit)
    np.testing.assert_array_equal(ticks(frame), 2 * np.array(rows).T)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("born", "NaT"),
        ("start", "NaT"),
        ("stop", "1999-12-31T12:00"),
        ("stop", str(date.today() + timedelta(days=2))),
        ("stop", "1989-12-31"),
        ("born", "1990-01-02"),
        ("born", "1879-12-29"),
    ],
)
def test_whatever_is_at_fault_goes_the_long_way(column: str, value: str, unit: str) -> None:
    frame = people([-7305, -7305], [7305, 7305], [10_957, 10_957], unit)
    assert ticks(frame) is not None
    frame.loc[1, column] = np.datetime64(value, unit)
    assert ticks(frame) is None


def test_other_columns_go_the_long_way() -> None:
    frame = people([0], [7305], [10_957])
    assert ticks(frame.assign(start=["1990-01-01"])) is None
    assert ticks(frame.assign(start=[1990.0])) is None
    assert ticks(frame.assign(start=frame["start"].dt.tz_localize("UTC"))) is None


def test_columns_of_one_block_are_read_as_they_are() -> None:
    """Columns taken from one array lie in memory with gaps between their values."""
    days = np.array([[0, 7305, 10_957], [30, 7400, 9000]])
    block = days.astype("datetime64[D]").astype("datetime64[s]")
    frame = pd.DataFrame(block, columns=list(NAMES))
    np.testing.assert_array_equal(ticks(frame), 2 * days.T)


def test_both_ways_give_the_same_table() -> None:
    rng = np.random.default_rng(5)
    start = rng.integers(3000, 12_000, 300)
    frame = people(
        list(start - rng.integers(7000, 30_000, 300)),
        list(start),
        list(start + rng.integers(0, 3000, 300)),
    )
    frame["ill"] = rng.integers(0, 2, 300)
    asked = {"birth": "born", "entry": "start", "exit": "stop", "event": "ill"}
    bands = {"age": [20, 40, 62.5, 90], "period": [1978, 1990, 2012], "follow_up": [0, 0.5, 8]}
    text = frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in NAMES})
    assert ticks(text) is None
    quick, long = (
        person_years(data, **asked, **bands, zero_time="half_day").summary()
        for data in (frame, text)
    )
    pd.testing.assert_frame_equal(quick, long, check_exact=True)
