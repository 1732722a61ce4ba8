"""The command line: `paraneo analyse`, `paraneo risk`, `paraneo schedule` and their help."""

from . import personal
from .app import app, main

__all__ = ["app", "main", "personal"]
