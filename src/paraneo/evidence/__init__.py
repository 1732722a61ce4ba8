"""The published figures that come with the package, each row with its source.

Names of the tables: `names`. What each holds: `describe`. One table as a frame: `load`.
Every publication the figures come from: `sources`. Groups of cancer sites: `site_groups`. A
registry to try everything on, simulated from known rates and ratios: `simulated_registry`.
"""

from .registry import SimulatedRegistry, simulated_registry
from .site_groups import site_groups
from .tables import NOT_ESTABLISHED, describe, load, names, sources

__all__ = [
    "NOT_ESTABLISHED",
    "SimulatedRegistry",
    "describe",
    "load",
    "names",
    "simulated_registry",
    "site_groups",
    "sources",
]
