"""Confidence limits of a Poisson mean from the count alone."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from paraneo.errors import Faults
from paraneo.gate.arguments import COUNT, check_level, check_option, numbers
from paraneo.gate.verbs import verb
from paraneo.numerics.poisson_limits import LIMITS, limits_of_counts
from paraneo.results.estimate import Estimate

PoissonInterval = Literal[
    "exact", "mid-p", "byar", "vandenbroucke", "score", "wald", "log-wald", "profile"
]


@verb
def poisson_limits(
    count: ArrayLike, *, interval: PoissonInterval = "exact", level: float = 0.95
) -> Estimate:
    """Give the mean of a Poisson count a confidence interval.

    Divide the limits by the expected count for those of a standardised incidence
    ratio, or by person-years for those of a rate.

    Parameters
    ----------
    count : number or array of numbers
        Events counted: whole numbers of 0 or more. Every distinct count is worked
        out once, so that many strata cost little.
    interval : str
        With O the count, z the normal deviate and α = 1 - ``level``:

        * ``"exact"`` (Garwood): P(X ≥ O; lower) = α/2 = P(X ≤ O; upper). Coverage
          is never below the level. At 0: 0 to -log(α/2).
        * ``"mid-p"``: as exact, with half of P(X = O) in each tail. Narrower;
          coverage is near the level on average. At 0: 0 to -log(α).
        * ``"byar"``: O(1 - 1/(9O) - z/(3√O))³ and the same with O + 1 and +z. At 0
          the lower limit is 0. Some programs print under this name a formula with
          O + ½ in both limits; it is not this one.
        * ``"vandenbroucke"``: (√O ± z/2)², the lower root cut off at 0. At 0: 0 to
          z²/4 (0.96 at 95 %), far too low; take another method there.
        * ``"score"``: O + z²/2 ± z√(O + z²/4). At 0: 0 to z².
        * ``"wald"``: O ± z√O, cut off at 0. At 0: 0 to infinity, since no standard
          error can be had. Too low on both sides for small counts.
        * ``"log-wald"``: O exp(±z/√O). At 0: 0 to infinity, likewise.
        * ``"profile"``: the likelihood-ratio statistic 2{m - O - O log(m/O)} equals
          z². At 0: 0 to z²/2.
    level : float
        In (0, 1), such as 0.95.

    Returns
    -------
    Estimate
        The count as ``value``, with ``lower`` and ``upper``, all of the count's shape.

    Raises
    ------
    ArgumentError
        For counts that are negative, missing, infinite or not whole, an unknown
        interval, or a level outside (0, 1); all faults at once.

    Notes
    -----
    ``"exact"`` is the default since it never covers less than the level: by enumeration at
    95 %, 0.98 on average for means of 2 to 5 events and 0.96 for 30 to 100. ``"mid-p"`` covers
    0.96 and 0.95 there, at the least 0.92; ``"profile"`` and ``"vandenbroucke"`` 0.85 at the least.

    Below a level of about one half, limits other than "exact", "vandenbroucke",
    "wald", "score", "log-wald" and "profile" may lie to one side of the count.

    References
    ----------
    Garwood F. Biometrika 1936;28:437-442. doi:10.1093/biomet/28.3-4.437.
    Vandenbroucke JP. Am J Epidemiol 1982;115:303-304.
    doi:10.1093/oxfordjournals.aje.a113306.
    Breslow NE, Day NE. Statistical Methods in Cancer Research II. IARC 1987, p. 69.
    Cohen GR, Yang SY. Mid-P confidence intervals for the Poisson expectation. Stat Med
    1994;13:2189-2203.

    Examples
    --------
    >>> poisson_limits([0, 12]).summary().round(3)
       estimate  lower   upper
    0       0.0  0.000   3.689
    1      12.0  6.201  20.962
    """
    faults = Faults("the arguments of poisson_limits")
    counts = numbers(count, "count", COUNT, faults)
    check_option(interval, LIMITS, "interval", faults)
    check_level(level, faults)
    faults.raise_any()
    limits = limits_of_counts(counts, interval, level)
    return Estimate(counts, *limits, level=level, method=interval)
