"""Limits and p-values of Poisson counts against R."""

import numpy as np
import pandas as pd
import pytest
from tests.support import kept, reference
from tests.tolerances import CLOSED_FORM, SUMMED

from paraneo.incidence import poisson_limits
from paraneo.numerics.poisson_limits import p_values

OURS = reference("poisson_ci")
SOLVED = ("mid-p", "profile")
#: Names of the methods in the table kept beside the project, and how close each is had.
SHARED = {
    "exact": "exact",
    "mid-p": "midp",
    "byar": "byar",
    "vandenbroucke": "vandenbroucke",
    "score": "score",
    "log-wald": "logwald",
    "profile": "lr",
}


@pytest.mark.parametrize("interval", SHARED)
def test_limits_agree_with_r(interval):
    rows = [row for row in OURS["limits"] if row["limits"].get(interval)]
    assert len(rows) >= 36
    for row in rows:
        found = poisson_limits(row["count"], interval=interval, level=row["level"])
        close = SUMMED if interval in SOLVED else CLOSED_FORM
        np.testing.assert_allclose([found.lower, found.upper], row["limits"][interval], **close)


@pytest.mark.parametrize("interval", ["exact", "mid-p"])
def test_p_values_agree_with_r(interval):
    rows = pd.DataFrame(OURS["p_values"])
    observed, expected = (rows[c].to_numpy(float) for c in ("observed", "expected"))
    found = p_values(observed, expected, interval)
    np.testing.assert_allclose(found, rows[interval].astype(float), **SUMMED)


@pytest.mark.parametrize("interval", SHARED)
def test_limits_agree_with_the_large_grid(interval):
    table = pd.read_csv(kept("poisson_grid") / "data.csv")
    peer = reference("poisson_grid")
    close = SUMMED if interval in SOLVED else CLOSED_FORM
    for level, part in table.groupby("level"):
        limits = poisson_limits(part["observed"].to_numpy(), interval=interval, level=level)
        for found, side in ((limits.lower, "lo"), (limits.upper, "hi")):
            wanted = np.array(
                [np.nan if x is None else float(x) for x in peer[f"{SHARED[interval]}_{side}"]]
            )[part.index]
            known = np.isfinite(wanted)
            got = found / part["expected"].to_numpy()
            np.testing.assert_allclose(got[known], wanted[known], **close)
