"""A date that lies in the future is a slip wherever follow-up is read."""

from __future__ import annotations

import pytest
from tests.gate.calls import CALLS, PEOPLE, call

from paraneo import TableError

DATED = [name for name, (_, needed) in CALLS.items() if "birth" in needed]


@pytest.mark.parametrize("name", DATED)
def test_an_end_in_the_future(name: str) -> None:
    dates = {column: [f"{year}-07-01" for year in PEOPLE[column]] for column in ("born", "came")}
    left = [f"{year}-07-01" for year in PEOPLE["left"]]
    row = 4
    left[row] = "2050-07-01"
    if name == "follow_up_walk":
        left[0], row = left[4], 0
    with pytest.raises(TableError, match=f"'left' at row {row}: it lies in the future") as caught:
        call(name, {**dates, "left": left})
    assert "2050" not in str(caught.value)
