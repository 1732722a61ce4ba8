"""A bar for long work: how far it is, how fast it goes, how long it will take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f} a second")


@contextmanager
def bar(total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error; the function given takes what was done since."""
    with Progress(
        TextColumn("replicates"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
    ) as shown:
        task = shown.add_task("replicates", total=total)
        yield lambda more: shown.advance(task, more)
