"""Run a simulation study: `python -m benchmarks`, then `python -m benchmarks run NAME`."""

from __future__ import annotations

import argparse
import importlib
import platform
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import scipy

import paraneo

RESULTS = Path(__file__).parent / "results"
SIMULATIONS = Path(__file__).parent / "simulations"


def names() -> list[str]:
    """Return the studies, a file each."""
    return sorted(file.stem for file in SIMULATIONS.glob("[!_]*.py"))


def load(name: str):
    """Return the module of a study."""
    return importlib.import_module(f"benchmarks.simulations.{name}")


@contextmanager
def workers(count: int, dask: str | None) -> Iterator[Executor | None]:
    """Give what the work is spread over."""
    if dask:
        from distributed import Client

        with Client(dask) as client:
            yield client.get_executor()
    elif count > 1:
        with ProcessPoolExecutor(count) as pool:
            yield pool
    else:
        yield None


def keep(name: str, table: pd.DataFrame, seed: int | None) -> Path:
    """Write the small table of a study, with what it was made with."""
    made = (
        f"paraneo {paraneo.__version__}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"python {platform.python_version()}"
    )
    path = RESULTS / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    table.assign(seed="" if seed is None else seed, made_with=made).to_csv(
        path, index=False, float_format="%.6g"
    )
    return path


def main(words: list[str] | None = None) -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["list", "run"], default="list")
    parser.add_argument("name", nargs="?", help="one of the studies, or 'all'")
    parser.add_argument("--replicates", type=int, help="instead of the study's own number")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--dask", metavar="ADDRESS", help="of a running scheduler")
    parser.add_argument("--resume", metavar="FOLDER", help="checkpoint to go on with")
    given = parser.parse_args(words)
    if given.what == "list":
        for name in names():
            print(f"{name:24} {(load(name).__doc__ or '').splitlines()[0]}")
        return
    chosen = names() if given.name == "all" else [given.name]
    unknown = [name for name in chosen if name not in names()]
    if unknown:
        parser.error(f"there is no study {unknown[0]!r}; choose from: {', '.join(names())}")
    with workers(given.workers, given.dask) as executor:
        for name in chosen:
            study = load(name)
            table = study.results(
                replicates=given.replicates,
                seed=given.seed,
                executor=executor,
                checkpoint=None if given.resume is None else Path(given.resume) / name,
            )
            print(table.to_string(index=False, float_format=lambda x: f"{x:.4g}"))
            print(f"Kept in {keep(name, table, given.seed if study.RANDOM else None)}\n")


if __name__ == "__main__":
    main()
