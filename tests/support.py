"""Where tests find the values that somebody else computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
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


def bivariate_by_grid(theta, studies):
    """Return the bivariate binomial log-likelihood, without coefficients, by a sum over a grid.

    ``theta`` holds both means and a, b, c; ``studies`` (n, t, 4) the t tables of each study as
    true positives, diseased, true negatives, healthy. A mean may be one a table of a study.
    """
    t = np.linspace(-8, 8, 161)
    weight = np.exp(-0.5 * t**2) / np.sqrt(2 * np.pi) * (t[1] - t[0])
    mean1, mean2, a, b, c = theta
    total = 0.0
    for tables in np.asarray(studies, float):
        log = np.zeros((len(t), len(t)))
        first, second = (np.broadcast_to(m, len(tables)) for m in (mean1, mean2))
        for (tp, diseased, tn, healthy), eta1, eta2 in zip(tables, first, second, strict=True):
            e1 = eta1 + a * t[:, None]
            e2 = eta2 + b * t[:, None] + c * t
            log = log + tp * e1 - diseased * np.logaddexp(0, e1)
            log = log + tn * e2 - healthy * np.logaddexp(0, e2)
        total += np.log(weight @ np.exp(log - log.max()) @ weight) + log.max()
    return total
