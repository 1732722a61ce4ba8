"""Which classes the unknown items leave open: held against trying every completion."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from paraneo.criteria._unknowns import settle

ORDER = ("none", "some", "many")
vectors = st.tuples(st.integers(0, 3), st.integers(0, 1))
items = st.dictionaries(
    st.sampled_from("abcde"), st.lists(vectors, min_size=1, max_size=3), min_size=1
)


def by_count(total):
    count, outside = total
    return "outside" if outside > 1 else ORDER[min(count // 3, 2)]


@given(items)
def test_settling_agrees_with_trying_every_completion(parts):
    names = list(parts)
    completions = [
        dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*parts.values())
    ]

    def class_of(completion):
        return by_count([sum(column) for column in zip(*completion.values(), strict=True)])

    found = {class_of(completion) for completion in completions}
    deciding = {
        name
        for completion in completions
        for name in names
        for part in parts[name]
        if class_of(completion | {name: part}) != class_of(completion)
    }
    settled = settle(parts, by_count, order=ORDER, outside="outside")
    assert set(settled.possible) == found
    assert set(settled.deciding) == deciding
    assert settled.category == min(found, key=(*ORDER, "outside").index)
