"""The public face of the package, and what importing it costs."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import paraneo


@pytest.mark.parametrize("heavy", ["matplotlib", "lifelines", "statsmodels", "numba"])
def test_importing_paraneo_loads_no_heavy_library(heavy):
    code = f"import sys, paraneo; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_is_there_and_explained():
    assert dir(paraneo) == sorted(set(paraneo.__all__))
    for name in paraneo.__all__:
        thing = getattr(paraneo, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, name


def test_the_readme_has_the_command_that_is_run_before_a_change_is_taken():
    root = Path(__file__).parents[1]
    commands = [
        line
        for line in (root / ".ci" / "run").read_text().splitlines()
        if line.startswith("python3 -m venv")
    ]
    assert len(commands) == 1
    assert commands[0] in (root / "README.md").read_text().splitlines()
