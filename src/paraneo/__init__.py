"""Cancer risk around an index disease: antibodies, incidence ratios and time to cancer."""

from ._estimate import Estimate
from ._version import __version__
from .errors import ArgumentError, ParaneoError, ParaneoWarning, TableError

__all__ = [
    "ArgumentError",
    "Estimate",
    "ParaneoError",
    "ParaneoWarning",
    "TableError",
    "__version__",
]


def __dir__() -> list[str]:
    return __all__
