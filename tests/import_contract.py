"""The contract that what begins with an underscore stays inside its folder."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output


class PrivateFiles(Contract):
    """No module imports ``folder._file`` unless it lies in ``folder`` or below it."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        broken = [
            (importer, imported)
            for imported in sorted(graph.modules)
            if (folder := _folder_of_private(imported)) is not None
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if importer != folder and not importer.startswith(f"{folder}.")
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        pairs: list[tuple[Any, Any]] = check.metadata["broken"]
        for importer, imported in pairs:
            output.print_error(f"{importer} imports {imported}", bold=False)


def _folder_of_private(module: str) -> str | None:
    """Return the folder that a module is private to; None where it is private to none."""
    parts = module.split(".")
    for place, part in enumerate(parts):
        if part.startswith("_") and not part.startswith("__"):
            return ".".join(parts[:place])
    return None
