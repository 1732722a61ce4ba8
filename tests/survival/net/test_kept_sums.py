"""Sums that are kept, with times put between them, are those made anew."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from tests.tolerances import SUMMED

from paraneo import crude_probabilities, load_result, net_survival, rate_table, save_result
from paraneo.survival.net import _net_people

RATES = rate_table({"age": [0, 60, 70, 80], "rate": [0.01, 0.03, 0.08, 0.2]}, rate="rate")
NAMES = {"birth": "born", "entry": "in", "exit": "out", "event": "dead", "rates": RATES}


def people(n=80):
    rng = np.random.default_rng(6)
    born, start = 1930 + 20 * rng.random(n), 2000 + 3 * rng.random(n)
    long = np.ceil(8 * rng.exponential(0.7, n) * 12) / 12
    late = np.where(rng.random(n) < 0.4, long * rng.random(n), 0.0)
    return pd.DataFrame(
        {"born": born, "from": start, "in": start + late, "out": start + long,
         "dead": rng.integers(0, 2, n), "arm": rng.choice(["a", "b"], n)}
    )  # fmt: skip


@pytest.mark.parametrize(
    "made",
    [
        lambda d: net_survival(d, **NAMES, origin="from", by="arm"),
        lambda d: net_survival(d, **NAMES, origin="from", form="exponential"),
        lambda d: net_survival(d, **NAMES, origin="from", method="ederer2"),
        lambda d: crude_probabilities(d, **NAMES, origin="from", by="arm"),
    ],
)
def test_times_put_between_kept_sums_change_nothing(made, monkeypatch):
    table = people()
    asked = [0.0, 0.013, 0.5, 0.51, 0.52, 2.0, 3.3333, 6.0]
    fit = made(table)
    found = [fit.at(asked), fit.at([1.0, 1.01]), fit.summary(), fit.at(asked)]
    assert fit._kept
    monkeypatch.setattr(_net_people, "FEW", -1)
    anew = made(table)
    wanted = [anew.at(asked), anew.at([1.0, 1.01]), anew.summary(), anew.at(asked)]
    for one, other in zip(found, wanted, strict=True):
        pd.testing.assert_index_equal(one.columns, other.columns)
        numbers = one.select_dtypes("number").columns
        assert_allclose(one[numbers], other[numbers], **SUMMED)


def test_what_is_kept_is_no_part_of_a_saved_result(tmp_path):
    fit = net_survival(people(), **NAMES, origin="from")
    before = save_result(fit, tmp_path / "before").read_bytes()
    asked = fit.at([0.5])
    assert save_result(fit, tmp_path / "after").read_bytes() == before
    pd.testing.assert_frame_equal(load_result(tmp_path / "after").at([0.5]), asked)
