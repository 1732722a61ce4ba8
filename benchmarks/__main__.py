"""Run simulation studies: `python -m benchmarks` lists them, `run NAME` runs one, `run` all."""

from __future__ import annotations

import argparse
import importlib
import inspect
import platform
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import scipy

import paraneo
from paraneo.errors import FileError, ParaneoError
from paraneo.gate.writing import written_whole

#: Seconds that a scheduler may take to answer.
PATIENCE = 20
#: Of the kept tables.
SEED = 2026
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
        with cluster(dask) as executor:
            yield executor
    elif count > 1:
        with ProcessPoolExecutor(count) as pool:
            yield pool
    else:
        yield None


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Give the workers of a Dask scheduler, all of which must find the studies."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ParaneoError("Dask is missing. pip install 'paraneo[distributed]'") from error
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ParaneoError(f"There is no Dask scheduler at {address!r}: {error}") from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise ParaneoError(f"{address!r} has no worker. Start one: dask worker {address}")
        try:
            client.run(find_studies)
            client.run_on_scheduler(find_studies)
        except Exception as error:
            raise ParaneoError(
                f"Scheduler or workers cannot import the studies ({error}). Start them with the "
                "project's folder and its src in PYTHONPATH."
            ) from error
        yield client.get_executor()


def find_studies() -> None:
    """Import what every process of a cluster needs."""
    importlib.import_module("benchmarks.simulations.counts")


def keep(name: str, table: pd.DataFrame, seed: int | None, folder: Path) -> Path:
    """Write the small table of a study, with what it was made with."""
    made = (
        f"paraneo {paraneo.__version__}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"python {platform.python_version()}"
    )
    path = folder / f"{name}.csv"
    try:
        with written_whole(path) as part:
            table.assign(seed="" if seed is None else seed, made_with=made).to_csv(
                part, index=False, float_format="%.6g"
            )
    except FileError as error:
        raise FileError(f"{error} Run with --resume, and no replicate is lost.") from error
    return path


def check_results(folder: Path) -> None:
    """Fail before the work where its table could not be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with written_whole(folder / ".try") as part:
            part.touch()
        (folder / ".try").unlink()
    except (FileError, OSError) as error:
        raise FileError(f"No results can be kept in '{folder}': {error}") from error


def folder_of(given: argparse.Namespace) -> Path | None:
    """Return where tables go: those of a smaller or another study never where the kept ones are."""
    if given.out is not None:
        return Path(given.out)
    other = given.replicates is not None or given.people is not None or given.seed != SEED
    return None if other else RESULTS


def count(word: str) -> int:
    """Read a whole number from 1 on."""
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number from 1 on")
    return int(word)


def takes_people(name: str) -> bool:
    """Return whether the number of people of a study's cohorts can be changed."""
    return "people" in inspect.signature(load(name).results).parameters


def run(name: str, given: argparse.Namespace, executor: Executor | None) -> None:
    """Run a study, show its table and keep it."""
    study, folder = load(name), folder_of(given)
    more = {} if given.people is None else {"people": given.people}
    table = study.results(
        **more,
        replicates=given.replicates,
        seed=given.seed,
        executor=executor,
        checkpoint=None if given.resume is None else Path(given.resume) / name,
    )
    print(table.to_string(index=False, float_format=lambda x: f"{x:.4g}"))
    if folder is None:
        print("Not kept, as this is not the study as it stands; --out FOLDER keeps it elsewhere.\n")
    else:
        print(f"Kept in {keep(name, table, given.seed if study.RANDOM else None, folder)}\n")


def main(words: list[str] | None = None) -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["list", "run"], default="list")
    parser.add_argument("name", nargs="?", default="all", help="a study; left out, every one")
    parser.add_argument("--replicates", type=count, help="instead of the study's own number")
    parser.add_argument("--people", type=count, help="a cohort, instead of the study's own number")
    parser.add_argument("--out", metavar="FOLDER", help="for the tables, instead of the kept ones'")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=count, default=1, help="processes")
    parser.add_argument("--dask", metavar="ADDRESS", help="of a running scheduler")
    parser.add_argument("--resume", metavar="FOLDER", help="checkpoint to go on with")
    given = parser.parse_args(words)
    if given.what == "list":
        for name in names():
            print(f"{name:24} {(load(name).__doc__ or '').splitlines()[0]}")
        return
    if given.name not in ("all", *names()):
        parser.error(f"there is no study {given.name!r}; choose from: {', '.join(names())}")
    chosen = names() if given.name == "all" else [given.name]
    if given.people is not None and (no := [name for name in chosen if not takes_people(name)]):
        parser.error(f"--people: {', '.join(no)} has no number of people of its own to change")
    try:
        if (folder := folder_of(given)) is not None:
            check_results(folder)
        with workers(given.workers, given.dask) as executor:
            for name in chosen:
                run(name, given, executor)
    except ParaneoError as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
