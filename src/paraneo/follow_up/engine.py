"""The time engine as other rooms use it: moments, lives cut into pieces, and rates along them."""

from ._background_rate import background_rate
from ._moments import moments
from ._pieces import Pieces, hazard_before, pieces

__all__ = ["Pieces", "background_rate", "hazard_before", "moments", "pieces"]
