"""Many replicates at once: one call of ``generate`` and of each method for a whole block.

Whatever is amiss with a block is looked for by halving it, down to the replicate in which it
lies, so that a failure, a warning or a method that does not end is the row of its own
replicate and of no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from paraneo.numerics.rng import stream

from .replicates import (
    FIGURES,
    NO_DATA,
    OK,
    Block,
    Generator,
    Method,
    Row,
    WrongAnswerError,
    answers,
    empty,
    guarded,
)

#: The column of a batched answer that tells its replicates apart, counted from 0.
REPLICATE = "replicate"


def run_block_together(
    block: Block,
    generate: Generator,
    methods: Mapping[str, Method],
    seed: int,
    limit: float | None,
) -> list[Row]:
    """Return the rows of a block, replicates rising, methods in their order."""
    data, status, message, said = _data(block, generate, seed, limit)
    if status != OK and _count(block) > 1:
        halves = (run_block_together(h, generate, methods, seed, limit) for h in _halves(block))
        return [row for half in halves for row in half]
    if status != OK:
        what, place = f"generate: {message}", (block.scenario, block.first)
        return [(*place, name, "", *empty(), NO_DATA, what, said) for name in methods]
    found = [
        _answered(block, data, name, method, generate, seed, limit)
        for name, method in methods.items()
    ]
    return [row for replicate in zip(*found, strict=True) for rows in replicate for row in rows]


def _data(
    block: Block, generate: Generator, seed: int, limit: float | None
) -> tuple[Any, str, str, str]:
    streams = [stream(seed, block.scenario, r) for r in range(block.first, block.last)]
    return guarded(lambda: generate(streams, **block.parameters), _for_all(limit, block))


def _answered(
    block: Block,
    data: Any,
    name: str,
    method: Method,
    generate: Generator,
    seed: int,
    limit: float | None,
) -> list[list[Row]]:
    """Return a list of rows for each replicate of a block."""
    work = partial(_asked, method, data, _count(block))
    found, status, message, said = guarded(work, _for_all(limit, block))
    if (status != OK or said) and _count(block) > 1:
        rows = []
        for half in _halves(block):
            part, again, why, _ = _data(half, generate, seed, limit)
            if again == OK:
                rows += _answered(half, part, name, method, generate, seed, limit)
            else:
                what = (name, "", *empty(), NO_DATA, f"generate: {why}", "")
                rows += [[(half.scenario, r, *what)] for r in range(half.first, half.last)]
        return rows
    if status != OK:
        return [[(block.scenario, block.first, name, "", *empty(), status, message, said)]]
    return [
        [(block.scenario, block.first + k, name, *figures, OK, "", said) for figures in rows]
        for k, rows in enumerate(found)
    ]


def _asked(method: Method, data: Any, count: int) -> list[list[tuple[Any, ...]]]:
    """Return (estimand, figures…) of each replicate."""
    answer = method(data)
    frame = pd.DataFrame(answer) if isinstance(answer, Mapping) else answer
    if not isinstance(frame, pd.DataFrame) or REPLICATE not in frame:
        raise WrongAnswerError(
            f"the method returned {type(answer).__name__}, not a frame with '{REPLICATE}' and "
            "'estimate'"
        )
    place = frame[REPLICATE].to_numpy()
    if not np.array_equal(np.unique(place), np.arange(count)):
        raise WrongAnswerError(f"the method did not answer for each of {count} replicates")
    rest = frame.drop(columns=REPLICATE)
    if count == 1:
        return [answers(rest)]
    return _parted(rest, place, count)


def _parted(frame: pd.DataFrame, place: Any, count: int) -> list[list[tuple[Any, ...]]]:
    """Return the rows of each replicate; what `answers` would refuse is refused here too."""
    strange = set(frame) - {*FIGURES, "estimand"}
    if strange or "estimate" not in frame or frame["estimate"].isna().any():
        raise WrongAnswerError("an answer cannot be kept")
    nothing = np.full(len(frame), np.nan)
    estimands = frame["estimand"].astype(str).tolist() if "estimand" in frame else [""] * len(frame)
    figures = [
        frame[name].to_numpy(dtype=np.float64).tolist() if name in frame else nothing.tolist()
        for name in FIGURES
    ]
    rows: list[list[tuple[Any, ...]]] = [[] for _ in range(count)]
    for k, *row in zip(place.tolist(), estimands, *figures, strict=True):
        rows[int(k)].append(tuple(row))
    if len(set(zip(place.tolist(), estimands, strict=True))) < len(frame):
        raise WrongAnswerError("an estimand is reported twice")
    return rows


def _count(block: Block) -> int:
    return block.last - block.first


def _halves(block: Block) -> tuple[Block, Block]:
    middle = (block.first + block.last) // 2
    return replace(block, last=middle), replace(block, first=middle)


def _for_all(limit: float | None, block: Block) -> float | None:
    return None if limit is None else limit * _count(block)
