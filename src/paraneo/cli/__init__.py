"""The command line: `paraneo analyse` and its help."""

from .app import app, main

__all__ = ["app", "main"]
