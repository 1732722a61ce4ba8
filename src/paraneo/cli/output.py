"""What every command can be asked about its output: form of pictures, JSON, silence, the date."""

from __future__ import annotations

import inspect
import json
import shlex
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

PANEL = "Output"


class Form(StrEnum):
    """How pictures are written."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


@dataclass(frozen=True, slots=True)
class Output:
    """How a command answers.

    Attributes
    ----------
    form : Form
        Of pictures.
    as_json, quiet : bool
        Whether tables are printed as JSON, or nothing is printed.
    date : str
        Shown on the page.
    command : str
        What was typed.
    """

    form: Form = Form.png
    as_json: bool = False
    quiet: bool = False
    date: str = ""
    command: str = ""


_USUAL = Output()
CURRENT: ContextVar[Output] = ContextVar("output", default=_USUAL)
_OPTIONS: dict[str, tuple[Any, Any]] = {
    "form": (
        Annotated[
            Form, typer.Option("--format", help="How pictures are written.", rich_help_panel=PANEL)
        ],
        Form.png,
    ),
    "as_json": (
        Annotated[
            bool,
            typer.Option("--json", help="Print the tables as JSON.", rich_help_panel=PANEL),
        ],
        False,
    ),
    "quiet": (
        Annotated[
            bool,
            typer.Option("--quiet", "-q", help="Print nothing but errors.", rich_help_panel=PANEL),
        ],
        False,
    ),
    "date": (
        Annotated[
            str,
            typer.Option(
                help="Shown on the page. Without it none, so that the same input makes the "
                "same page.",
                rich_help_panel=PANEL,
            ),
        ],
        "",
    ),
}


def with_output(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options on its output."""
    signature = inspect.signature(command, eval_str=True)
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in _OPTIONS.items()
    ]

    @wraps(command)
    def run(*args: Any, **given: Any) -> None:
        asked = {name: given.pop(name) for name in _OPTIONS}
        token = CURRENT.set(Output(**asked, command=_typed(given.pop("context"))))
        try:
            command(*args, **given)
        finally:
            CURRENT.reset(token)

    parameters = [*signature.parameters.values(), context, *own]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _typed(context: typer.Context) -> str:
    """Return the command as it would be typed, with the options that were given."""
    words = ["paraneo", str(context.info_name)]
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        value = context.params[name]
        option = max(parameter.opts, key=len)
        for one in value if isinstance(value, list | tuple) else [value]:
            said = shlex.quote(str(one))
            if parameter.param_type_name == "argument":
                words.append(said)
            else:
                words += [option] if one is True else [option, said]
    return " ".join(words)


def print_json(tables: Mapping[str, pd.DataFrame], folder: str) -> None:
    """Print tables, each a list of rows, with all digits; what is missing or infinite is null."""
    rows = {
        name: json.loads(frame.to_json(orient="records", double_precision=15))
        for name, frame in tables.items()
    }
    command = CURRENT.get().command
    json.dump({"command": command, "folder": folder, "tables": rows}, sys.stdout, indent=1)
    sys.stdout.write("\n")
