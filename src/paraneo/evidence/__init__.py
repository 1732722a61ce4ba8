"""The published figures that come with the package, each row with its source.

Names of the tables: `names`. What each holds: `describe`. One table as a frame: `load`.
Every publication the figures come from: `sources`.
"""

from .tables import NOT_ESTABLISHED, describe, load, names, sources

__all__ = ["NOT_ESTABLISHED", "describe", "load", "names", "sources"]
