"""What is done of a study, kept on disk: a folder with the design and a file a block."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy

from paraneo._version import __version__
from paraneo.errors import FileError, ParaneoError
from paraneo.gate.writing import clear_litter, is_litter, written_whole

from .identity import canonical, source
from .replicates import COLUMNS, Block, Row, as_frame

DESIGN, BLOCKS = "design.json", "blocks"


class CheckpointError(ParaneoError):
    """A checkpoint belongs to another design or another version."""


def fingerprint(
    scenarios: Mapping[int, Mapping[str, Any]],
    generate: Callable[..., Any],
    methods: Mapping[str, Callable[..., Any]],
    seed: int,
    size: int,
) -> dict[str, Any]:
    """Return what a checkpoint must have been made with to be gone on with."""
    return {
        "seed": seed,
        "block size": size,
        "scenarios": {str(key): canonical(values) for key, values in scenarios.items()},
        "generate": source(generate),
        "methods": {name: source(method) for name, method in methods.items()},
        "order of methods": list(methods),
        "versions": {
            "paraneo": __version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "python": ".".join(platform.python_version_tuple()[:2]),
        },
    }


class Checkpoint:
    """The folder of a study that can be gone on with.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    design : dict
        From `fingerprint`.

    Raises
    ------
    CheckpointError
        Where the folder holds another design; the difference is named.
    FileError
        Where the folder cannot be written.
    """

    def __init__(self, folder: str | Path, design: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        before = self.folder / DESIGN
        for place in (self.folder, self.folder / BLOCKS):
            clear_litter(place)
        try:
            is_folder, there = self.folder.is_dir(), self.folder.exists()
            begun, filled = (
                before.exists(),
                is_folder and not all(map(is_litter, self.folder.iterdir())),
            )
        except OSError as error:
            raise FileError(
                f"'{folder}' cannot be looked into: {error.strerror}. Name another folder."
            ) from error
        if there and not is_folder:
            raise FileError(f"'{self.folder}' is not a folder. Name one to keep the blocks in.")
        if begun:
            self._compare(before, design)
        elif filled:
            raise CheckpointError(
                f"'{self.folder}' is not empty and is not a checkpoint. Name another folder."
            )
        else:
            with written_whole(before) as part:
                part.write_text(json.dumps(design, indent=1, sort_keys=True), encoding="utf-8")

    def _compare(self, file: Path, design: Mapping[str, Any]) -> None:
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"'{file}' cannot be read ({error}). Name another folder."
            ) from error
        found = differences(kept, json.loads(json.dumps(design)))
        if found:
            raise CheckpointError(
                f"The checkpoint in '{self.folder}' belongs to another study:\n"
                + "\n".join(f"  - {line}" for line in found)
                + "\nGo on with the same study, or name another folder."
            )

    def load(self, block: Block) -> pd.DataFrame | None:
        """Return a finished block, or None."""
        file = self._file(block)
        if not file.exists():
            return None
        try:
            frame = pd.read_parquet(file)
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"'{file}' is damaged ({error}). Delete it, and its replicates are run again."
            ) from error
        if list(frame.columns) != list(COLUMNS):
            raise CheckpointError(f"'{file}' is not of this study. Name another folder.")
        return frame

    def keep(self, block: Block, rows: Sequence[Row]) -> None:
        """Write a finished block, whole or not at all."""
        try:
            write_replicates(as_frame(rows), self._file(block))
        except FileError as error:
            raise FileError(
                f"{error} What was finished before is kept in '{self.folder}': "
                "put that right, and the same call goes on from there."
            ) from error

    def _file(self, block: Block) -> Path:
        return self.folder / BLOCKS / f"{block.name}.parquet"


def write_replicates(frame: pd.DataFrame, path: str | Path) -> None:
    """Write replicates as Parquet: the same table gives the same bytes."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:  # pragma: no cover
        raise FileError(
            "Keeping results needs pyarrow. Install it with: pip install 'paraneo[parquet]'."
        ) from error
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    with written_whole(path) as part:
        pq.write_table(table, part, compression="zstd", store_schema=False)


def differences(kept: Mapping[str, Any], wanted: Mapping[str, Any], where: str = "") -> list[str]:
    """Say in words in what two designs differ."""
    found = []
    for key in sorted({*kept, *wanted}):
        name = f"{where} {key}".strip()
        if key not in kept:
            found.append(f"{name}: new, was not there before")
        elif key not in wanted:
            found.append(f"{name}: was there before, is gone")
        elif isinstance(kept[key], Mapping) and isinstance(wanted[key], Mapping):
            found += differences(kept[key], wanted[key], where=name.rstrip("s"))
        elif kept[key] != wanted[key]:
            found.append(f"{name}: was {kept[key]}, is {wanted[key]}")
    return found
