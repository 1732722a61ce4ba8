"""How much more cancer there is than expected."""

from ._implied import implied_count
from .poisson_limits import PoissonInterval, poisson_limits

__all__ = ["PoissonInterval", "implied_count", "poisson_limits"]
