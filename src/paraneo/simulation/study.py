"""A simulation study: scenarios, replicates and methods, on any number of workers."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from paraneo.errors import Faults
from paraneo.gate.arguments import check_fits
from paraneo.gate.verbs import verb
from paraneo.results.result import Result

from .design import check_importable, check_numbers, read_methods, read_scenarios
from .performance import Performance, performance
from .running.checkpoint import Checkpoint, fingerprint, write_replicates
from .running.replicates import Block, Generator, Method, Row, as_frame, run_block
from .running.together import run_block_together

#: Replicates handed to a worker at a time; part of the design, so that blocks can be resumed.
BLOCK_SIZE = 50
#: Blocks under way at once: enough for any pool, few enough to wait in memory.
UNDER_WAY = 256

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SimulationStudy(Result):
    """The replicates of a simulation study.

    Attributes
    ----------
    replicates : pandas.DataFrame
        One row a scenario, replicate, method and estimand: ``scenario replicate method
        estimand estimate std_error lower upper p_value converged status message
        warnings``. ``status`` is "ok", "failed", "timed out" or "no data" (the data could
        not be made); what was said then stands in ``message``.
    scenarios : pandas.DataFrame
        ``scenario`` (the key) and the parameters.
    seed : int
    generate, methods
        As they were given, so that a replicate can be run again.
    time_limit : float or None
    batch : int or None
        How many replicates the functions take at once, None where they take one.
    """

    replicates: pd.DataFrame
    scenarios: pd.DataFrame
    seed: int
    generate: Generator
    methods: Mapping[str, Method]
    time_limit: float | None
    batch: int | None = None

    def summary(self) -> pd.DataFrame:
        """Return the replicates with the parameters of their scenario beside them."""
        return self.replicates.merge(self.scenarios, on="scenario", how="left", validate="m:1")

    def performance(self, **options: Any) -> Performance:
        """Return the performance measures; options as in `paraneo.simulation.performance`."""
        return performance(self, **options)

    def failures(self) -> pd.DataFrame:
        """Return how many replicates ended how: ``scenario method status message n``."""
        bad = self.replicates[self.replicates["status"] != "ok"]
        keys = ["scenario", "method", "status", "message"]
        return bad.groupby(keys, sort=True).size().rename("n").reset_index()

    def data(self, scenario: int, replicate: int) -> Any:
        """Return the data of one replicate, made anew."""
        from paraneo.numerics.rng import stream

        block = self._block(scenario, replicate)
        own = stream(self.seed, scenario, replicate)
        return self.generate(own if self.batch is None else [own], **block.parameters)

    def replay(self, scenario: int, replicate: int) -> pd.DataFrame:
        """Run one replicate alone again and return its rows.

        Raises
        ------
        ArgumentError
            Where the study has no such scenario, or the replicate is negative.
        """
        block = self._block(scenario, replicate)
        run = _runner(self.batch)
        return as_frame(run(block, self.generate, self.methods, self.seed, self.time_limit))

    def write(self, path: str | Path) -> None:
        """Write the replicates as one Parquet file: the same study gives the same bytes."""
        write_replicates(self.replicates, path)

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the performance.

        Options are those of `Performance.plot`, and of `paraneo.simulation.performance` where
        the truth, or what it is measured by, has to be said.
        """
        drawn = {name: options.pop(name) for name in ("kind", "measure") if name in options}
        return self.performance(**options).plot(ax, **drawn)

    def _block(self, scenario: int, replicate: int) -> Block:
        faults = Faults("the replicate")
        rows = self.scenarios[self.scenarios["scenario"] == scenario]
        if rows.empty:
            faults.add("scenario", f"there is no scenario {scenario!r}", "See .scenarios")
        if replicate < 0:
            faults.add("replicate", f"{replicate!r} is negative", "Replicates start at 0")
        faults.raise_any()
        parameters = rows.drop(columns="scenario").to_dict("records")[0]
        return Block(
            int(scenario), {str(k): v for k, v in parameters.items()}, replicate, replicate + 1
        )

    def _heading(self) -> str:
        bad = int((self.replicates["status"] != "ok").sum())
        return (
            f"{len(self.scenarios)} scenarios, {len(self.methods)} methods, seed {self.seed}: "
            f"{len(self.replicates)} rows, {bad} of them failures"
        )

    def __repr__(self) -> str:
        head = self.replicates.head(6).to_string(index=False, float_format=lambda x: f"{x:.6g}")
        return f"{self._heading()}\n{head}\n…"


@verb
def simulation_study(
    scenarios: Any,
    generate: Generator,
    methods: Mapping[str, Method] | Sequence[Method],
    *,
    replicates: int,
    seed: int,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    progress: bool | Progress | None = None,
    time_limit: float | None = None,
    batch: int | None = None,
) -> SimulationStudy:
    """Run methods on simulated data, scenario by scenario, replicate by replicate.

    The random stream of a replicate depends on the seed, the scenario's key and the
    replicate's number alone. So the table is the same to the last byte for any
    executor and any number of workers, after a resumed run, and with scenarios or
    replicates added later; and one replicate can be run again alone.

    Parameters
    ----------
    scenarios : frame, or sequence of mappings
        One scenario a row: the parameters handed to ``generate``. A whole number under
        ``key``, 0 or more, is the scenario's lasting name in the random tree; left out,
        it is made of the parameters themselves.
    generate : callable
        ``generate(rng, **parameters)`` returns the data of one replicate, drawing from
        the numpy generator ``rng`` alone.
    methods : mapping from name to callable, or sequence of named functions
        ``method(data)`` returns a mapping with ``estimate`` and, where it has them,
        ``std_error lower upper p_value converged`` and ``estimand``; or a list of such
        mappings or a frame, one row an estimand.
    replicates : int
        How many of each scenario, 1 or more.
    seed : int
        Of the whole study, 0 or more.
    executor : concurrent.futures.Executor, optional
        Where the work is spread: a ``ProcessPoolExecutor``, a Dask client's
        ``get_executor()``, an ``MPIPoolExecutor``; without one, in this process. It is
        not shut down. With processes the functions have to be importable, that is
        written in a module, not typed in as you go.
    checkpoint : path, optional
        A folder that keeps finished blocks. A run that was stopped goes on from there;
        a checkpoint of another design or version is refused. Of ``generate`` and methods
        the text, defaults and arguments bound to them are compared; what they call in
        turn is not.
    progress : bool or callable, optional
        ``True``: a bar with rate and time left; a callable gets (done, total)
        replicates. Left out, a bar where somebody is at a terminal.
    time_limit : float, optional
        Seconds that making the data, or a method, may take in one replicate.
    batch : int, optional
        Hand over so many replicates at once, which is many times faster where they are
        small: ``generate`` then gets a list of generators, one a replicate, and a method's
        answer is a frame with a column ``replicate`` that counts them from 0.
        `simulated_cohort` takes such a list; the verbs take ``by="replicate"``.

    Returns
    -------
    SimulationStudy

    Raises
    ------
    ArgumentError
        Naming every fault at once: no scenario, no method, a key used twice or
        negative, functions that cannot be sent to other processes.
    CheckpointError
        Where the checkpoint is another study's; the difference is named.
    FileError
        Where the folder cannot be written. Nothing that was finished is lost.

    Notes
    -----
    A method that raises, returns something else, returns NaN or does not end is a row
    with its ``status`` and ``message``, never a hole; warnings stand in ``warnings``. A
    time limit takes hold between two steps of Python: compiled code that never returns
    cannot be stopped by it. A batch in which anything failed, warned or took too long is
    halved until it is known in which replicate; what a method says of one replicate must
    not depend on those beside it.

    References
    ----------
    Morris, White & Crowther 2019, doi:10.1002/sim.8086.

    Examples
    --------
    >>> def sample(rng, n): return rng.normal(size=n)
    >>> def mean(data):
    ...     return {"estimate": data.mean(), "std_error": data.std(ddof=1) / len(data) ** 0.5}
    >>> study = simulation_study([{"n": 20}], sample, [mean], replicates=200, seed=1)
    >>> study.performance(truth=0.0).wide("convergence").iloc[0].tolist()
    [1.0]
    """
    faults = Faults("the simulation study")
    read = read_scenarios(scenarios, faults)
    named = read_methods(methods, faults)
    check_numbers(replicates, seed, batch, time_limit, faults)
    if not faults.found:
        check_fits(30.0 * replicates * len(read) * len(named), "replicates", faults)
    if isinstance(executor, ProcessPoolExecutor):
        check_importable(generate, named, faults)
    faults.raise_any()
    kept, size = None, BLOCK_SIZE if batch is None else batch
    if checkpoint is not None:
        made = fingerprint(read, generate, named, seed, size)
        kept = Checkpoint(checkpoint, made if batch is None else made | {"batch": batch})
    blocks = _blocks(read, replicates, size)
    with _shown(progress, len(read) * replicates) as advance:
        work = partial(
            _runner(batch), generate=generate, methods=named, seed=seed, limit=time_limit
        )
        frames = _run(blocks, work, executor, kept, advance)
    return SimulationStudy(
        replicates=pd.concat([frames[block.name] for block in blocks], ignore_index=True),
        scenarios=_scenario_frame(read),
        seed=seed,
        generate=generate,
        methods=named,
        time_limit=time_limit,
        batch=batch,
    )


def _runner(batch: int | None) -> Callable[..., list[Row]]:
    return run_block if batch is None else run_block_together


def _scenario_frame(read: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame([{"scenario": key} | dict(values) for key, values in read.items()])


def _blocks(read: Mapping[int, Mapping[str, Any]], replicates: int, size: int) -> list[Block]:
    return [
        Block(key, values, first, min(first + size, replicates))
        for key, values in read.items()
        for first in range(0, replicates, size)
    ]


def _run(
    blocks: Sequence[Block],
    work: Callable[[Block], list[Row]],
    executor: Executor | None,
    kept: Checkpoint | None,
    advance: Callable[[int], None],
) -> dict[str, pd.DataFrame]:
    """Return the frame of every block, from the checkpoint or freshly run."""
    frames: dict[str, pd.DataFrame] = {}
    todo: list[Block] = []
    for block in blocks:
        before = None if kept is None else kept.load(block)
        if before is None:
            todo.append(block)
        else:
            frames[block.name] = before
            advance(block.last - block.first)
    for block, rows in _finished(todo, work, executor):
        if kept is not None:
            kept.keep(block, rows)
        frames[block.name] = as_frame(rows)
        advance(block.last - block.first)
    return frames


def _finished(
    todo: Sequence[Block], work: Callable[[Block], list[Row]], executor: Executor | None
) -> Iterator[tuple[Block, list[Row]]]:
    """Yield blocks with their rows as they are done."""
    if executor is None:
        for block in todo:
            yield block, work(block)
        return
    waiting = iter(todo)
    under_way: dict[Future[Any], Block] = {}
    try:
        for block in itertools.islice(waiting, UNDER_WAY):
            under_way[executor.submit(work, block)] = block
        while under_way:
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                block = under_way.pop(future)
                yield block, future.result()
                for fresh in itertools.islice(waiting, 1):
                    under_way[executor.submit(work, fresh)] = fresh
    finally:
        for future in under_way:
            future.cancel()


@contextmanager
def _shown(progress: bool | Progress | None, total: int) -> Iterator[Callable[[int], None]]:
    """Give a function that takes note of finished replicates."""
    if callable(progress):
        count = [0]

        def report(more: int) -> None:
            count[0] += more
            progress(count[0], total)

        yield report
    elif progress is True or (progress is None and sys.stderr.isatty()):
        from ._bar import bar

        with bar(total) as advance:
            yield advance
    else:
        yield lambda _more: None
