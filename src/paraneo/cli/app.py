"""What can be typed after `paraneo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paraneo import __version__
from paraneo.errors import ParaneoError

app = typer.Typer(
    name="paraneo",
    no_args_is_help=True,
    add_completion=False,
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


@app.command()
def analyse(
    accuracy: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet, one row a study: `study` and either tp, fp, fn, tn (people), "
            "or sensitivity, specificity (proportions, with _lower and _upper if known), or "
            "positive_likelihood_ratio, negative_likelihood_ratio. Without it: the published "
            "antibody studies that come with paraneo.",
        ),
    ] = None,
    ratios: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet, one row a ratio: `study`, observed (cancers), expected or sir, "
            "and the printed limits ci_low, ci_high if there are any. Without it: the published "
            "ratios that come with paraneo.",
        ),
    ] = None,
    prevalence: Annotated[
        str,
        typer.Option(
            help="The share with cancer among those tested: 0.17, 17%, or counted, such as "
            "17/100, whose own uncertainty is then carried.",
        ),
    ] = "0.17",
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where tables (CSV) and pictures (PNG) go.")
    ] = Path("paraneo-results"),
) -> None:
    """Read published accuracy and incidence ratios, check them, and show what they mean.

    Says what a positive and a negative antibody result mean at a prevalence, and
    recomputes the limits of each published incidence ratio from its count, naming those
    whose printed limits cannot be right.
    """
    from .analysis import run

    try:
        run(accuracy, ratios, prevalence, out)
    except ParaneoError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def main() -> None:
    """Run the command line."""
    app(prog_name="paraneo")
