"""Time to cancer at n people: Aalen-Johansen, piecewise and spline regression, beside others.

Run ``python -m benchmarks.speed.survival [n] [--without-lifelines]``: what
``cumulative_incidence`` and ``excess_hazard`` here print, one after the other.
"""

from __future__ import annotations

import sys

from benchmarks.speed import cumulative_incidence, excess_hazard


def main(n: int, *, with_lifelines: bool) -> None:
    """Run both."""
    cumulative_incidence.main(n, with_lifelines=with_lifelines)
    excess_hazard.main(n, with_lifelines=with_lifelines)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 100_000, with_lifelines="--without-lifelines" not in sys.argv)
