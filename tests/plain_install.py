"""Every verb with a polars frame, where nothing but the plain install and polars is there.

Run by `.ci/run` in an environment of its own, as ``python -m tests.plain_install``.
"""

from __future__ import annotations

import importlib.util
import sys

import polars
from tests.gate.calls import CALLS, call

import paraneo


def main() -> int:
    """Return how many verbs say another thing of a polars frame than of plain columns."""
    if extra := [name for name in ("pyarrow", "distributed") if importlib.util.find_spec(name)]:
        print(f"This is not the plain install: {', '.join(extra)} can be imported.")
        return 1
    wrong = 0
    for name, (table, needed) in CALLS.items():
        frame = polars.DataFrame(table, strict=False)
        if repr(getattr(paraneo, name)(frame, **needed)) != repr(call(name)):
            print(f"{name}: a polars frame gives another result than its columns")
            wrong += 1
    print(f"Plain install: {len(CALLS) - wrong} of {len(CALLS)} verbs read polars frames.")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
