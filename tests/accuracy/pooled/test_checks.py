"""Whether one study moves a pooled accuracy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.tolerances import SETTLED_NODES, SUMMED

from paraneo.accuracy import pooled_accuracy
from paraneo.errors import ParaneoError

FIVE = pd.DataFrame(
    {
        "tp": [18, 31, 9, 44, 20],
        "fp": [4, 29, 0, 12, 3],
        "fn": [6, 5, 1, 31, 2],
        "tn": [70, 88, 35, 140, 90],
    }
)


@pytest.mark.parametrize("test", ["t", "z"])
def test_leaving_one_out_is_pooling_the_others(test):
    got = pooled_accuracy(FIVE, test=test).leave_one_out().set_index(["without", "measure"])
    for row in (0, 3):
        rest = pooled_accuracy(FIVE.drop(index=row), test=test)
        for measure in ("sensitivity", "specificity"):
            one = got.loc[(str(row + 1), measure), ["estimate", "lower", "upper"]]
            wanted = getattr(rest, measure)
            np.testing.assert_allclose(
                one.to_numpy(float), [wanted.value, wanted.lower, wanted.upper], **SETTLED_NODES
            )


def test_leaving_one_of_two_out_is_refused():
    with pytest.raises(ParaneoError, match="there are two studies"):
        pooled_accuracy(FIVE[:2]).leave_one_out()


def test_where_all_answers_left_are_right_limits_are_exact():
    table = FIVE[:3].assign(fn=[6, 0, 0])
    found = pooled_accuracy(table).leave_one_out().query("measure == 'sensitivity'")
    first = found.iloc[0]
    assert (first["estimate"], first["upper"]) == (1, 1)
    np.testing.assert_allclose(first["lower"], 0.025 ** (1 / 40), **SUMMED)  # of 40 people
