"""The public face of the package, and what importing it costs."""

from __future__ import annotations

import inspect
import subprocess
import sys

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
