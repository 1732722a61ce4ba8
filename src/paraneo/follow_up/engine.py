"""The time engine as other rooms use it: lives cut into pieces, and rates along them.

It is compiled: whoever needs moments alone asks `follow_up.moments`, which is not.
"""

from ._background_rate import background_rate
from ._pieces import Pieces, hazard_before, integral, pieces

__all__ = ["Pieces", "background_rate", "hazard_before", "integral", "pieces"]
