"""Pooling accuracy and pooling ratios beside metafor and lme4, one after the other.

Run ``python -m benchmarks.speed.pooling [number for R]``; what is printed is explained in
`pooling_accuracy` and `pooling_ratios`, which also run by themselves.
"""

from __future__ import annotations

import sys

from benchmarks.speed import pooling_accuracy, pooling_ratios


def main(number: int) -> None:
    """Print both tables."""
    pooling_accuracy.main(number)
    print()
    pooling_ratios.main(number)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
