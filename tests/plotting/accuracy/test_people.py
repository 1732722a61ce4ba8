"""Icons of people: as many as there are, of each kind as many as were counted."""

from __future__ import annotations

from paraneo.plotting.accuracy.people import KINDS, people_plot


def test_each_person_is_an_icon_of_their_kind():
    counts = dict(zip(KINDS, (3, 0, 41, 6), strict=True))
    ax = people_plot(counts)
    drawn = [len(marks.get_offsets()) for marks in ax.collections] or [
        len(line.get_xdata()) for line in ax.lines
    ]
    assert sum(drawn) == 50
    assert sorted(n for n in drawn if n) == [3, 6, 41]
    words = " ".join(text.get_text() for text in ax.get_legend().get_texts())
    assert all(f"{n} " in words for n in (3, 41, 6))
