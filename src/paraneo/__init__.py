"""Cancer risk around an index disease: antibodies, incidence ratios and time to cancer.

Analyses stand here; readers of rate files in `paraneo.rates`, simulation and planning of studies
in `paraneo.simulation`, classification criteria in `paraneo.criteria`, and the published figures
that come with the package in `paraneo.evidence`.
"""

import lazy_loader

# A name is loaded when it is first asked for: `__init__.pyi` says where it is found.
_loaded, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name in __all__:
        return _loaded(name)
    from ._called import room_or_reason

    return room_or_reason(name)
