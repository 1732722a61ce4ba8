"""Where tests find the values that somebody else computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
#: Reference cases that are not part of the project lie beside its folder, if anywhere.
SHARED = HERE.parents[1] / "shared" / "reference"


def reference(case: str) -> Any:
    """Return the values of a case kept with the project."""
    return json.loads((kept(case) / "values.json").read_text())


def kept(case: str) -> Path:
    """Return the folder of a case kept with the project."""
    return HERE / "reference" / case


def shared_folder(case: str) -> Path:
    """Return the folder of a case kept outside the project, or skip the test."""
    folder = SHARED / case
    if not folder.is_dir():
        pytest.skip(f"reference case {case} is not part of the project and not beside it")
    return folder


def shared_reference(case: str) -> Any:
    """Return the expected values of a case kept outside the project, or skip the test."""
    return json.loads((shared_folder(case) / "expected.json").read_text())
