"""The published figures that come with the package, each row with its source.

Names of the tables: `names`. One table as a frame: `load`.
"""

from .tables import load, names

__all__ = ["load", "names"]
