"""The command line: `paraneo analyse`, `cohort`, `risk` and `schedule`, and their help."""

from . import commands, personal
from .app import app, main

__all__ = ["app", "commands", "main", "personal"]
