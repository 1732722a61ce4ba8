"""What can be typed after `paraneo`."""

from __future__ import annotations

from typing import Annotated

import typer

from paraneo import __version__

app = typer.Typer(
    name="paraneo",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    help="Cancer risk around dermatomyositis and other index diseases. "
    "Start with `paraneo analyse`, which needs nothing but a folder to write into.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"paraneo {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say which version."),
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


def main() -> None:
    """Run the command line."""
    app(prog_name="paraneo")
