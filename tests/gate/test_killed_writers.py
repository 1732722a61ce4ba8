"""Some of the kills of `tests.killed_writers`, which makes a hundred by command."""

from __future__ import annotations

import pytest
from tests.killed_writers import tried


@pytest.mark.parametrize("name", ["folder"])
def test_what_a_killed_writer_leaves_is_whole(name):
    ends = tried(5, 5, [name])[name]
    assert ends["mixed"] == ends["lost"] == ends["litter"] == 0
    assert sum(ends.values()) == 5
